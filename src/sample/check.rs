//! Commands that the user lets `sample` run (`[[check]]` of the configuration), and how they went. They run after the line is
//! written, which they never delay: a line has the results since the line before it.

use super::metric::record;
use super::{Collector, Context, SampleError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Results by the checks' names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Checks(pub BTreeMap<String, CheckRun>);

record! {
    /// One run of a check.
    pub struct CheckRun in "check" {
        /// The exit code; absent where a signal ended it.
        exit_code "exit_code" u64 Gauge Count;
        /// The signal that ended it.
        signal "signal" u64 Gauge Count;
        /// How long it took.
        seconds "seconds" f64 Gauge Seconds;
        /// 1 where it was killed at the timeout.
        killed "killed" u64 Gauge Count;
        also {
            /// When it was started, unix time.
            t: i64,
            /// The first line of its output.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            output: Option<String>,
            /// Why it could not be started.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            error: Option<String>,
        }
    }
}

impl CheckRun {
    /// Whether it did not end as it should.
    pub fn has_failed(&self) -> bool {
        self.exit_code != Some(0) || self.killed.unwrap_or(0) > 0
    }
}

impl Collector for Checks {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        let results = context.previous.results.clone();
        Ok((!results.is_empty()).then_some(Self(results)))
    }
}
