//! What the user lets `sample` ask (`[[target]]` of the configuration): whether a port, a page, a host, a name answers, as seen
//! from here. They are asked after the line is written, which they never delay: a line has the results since the line before it.

use super::metric::record;
use super::{Collector, Context, SampleError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Results by the targets' names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Targets(pub BTreeMap<String, TargetRun>);

record! {
    /// How a target answered once.
    pub struct TargetRun in "target" {
        /// 1 where it answered as it should, 0 where not; absent where it could not be asked.
        up "up" u64 Gauge Count;
        /// How often in a row it has not answered, where it has not.
        misses "misses" u64 Gauge Count;
        /// How long it took: tcp, to connect; http, to the end of the answer; icmp, the mean way there and back; dns, to the answer.
        seconds "seconds" f64 Gauge Seconds;
        /// Share of the echoes without answer (icmp).
        loss "loss" f64 Gauge Ratio;
        /// Status of the answer (http).
        status "status" u64 Gauge Count;
        /// Time until the certificate ends (https), at `t`; negative when it has ended.
        certificate "certificate" i64 Gauge Seconds;
        also {
            /// When it was asked, unix time.
            t: i64,
            /// What was asked: `tcp`, `http`, `icmp`, `dns`.
            #[serde(default)]
            kind: String,
            /// How often it is asked; 0: with each sample.
            #[serde(default = "a_minute", skip_serializing_if = "is_a_minute")]
            interval: u32,
            /// Why it is not up.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            error: Option<String>,
        }
    }
}

fn a_minute() -> u32 {
    60
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_a_minute(seconds: &u32) -> bool {
    *seconds == a_minute()
}

/// Results are believed for so many intervals: an older one is of a target that nobody asks any more.
const BELIEVED_INTERVALS: i64 = 5;

impl TargetRun {
    /// Whether it says something of the time `now`, where samples come each `step` seconds.
    pub fn is_fresh(&self, now: i64, step: i64) -> bool {
        now.saturating_sub(self.t) <= BELIEVED_INTERVALS * i64::from(self.interval).max(step).max(60)
    }
}

impl Collector for Targets {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        let answers = context.previous.answers.clone();
        Ok((!answers.is_empty()).then_some(Self(answers)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_interval_costs_no_byte_of_the_log() {
        let run =
            TargetRun { t: 5, kind: "tcp".to_owned(), interval: 60, up: Some(1), ..TargetRun::default() };
        let line = serde_json::to_string(&run).unwrap();
        assert_eq!(line, r#"{"t":5,"kind":"tcp","up":1}"#);
        assert_eq!(serde_json::from_str::<TargetRun>(&line).unwrap(), run);
    }

    #[test]
    fn results_age_by_their_interval() {
        let run = |interval| TargetRun { t: 1_000, interval, ..TargetRun::default() };
        assert!(run(60).is_fresh(1_300, 60) && !run(60).is_fresh(1_301, 60));
        assert!(run(0).is_fresh(1_300, 60) && run(0).is_fresh(2_500, 300), "cron may be slower");
        assert!(run(600).is_fresh(4_000, 60) && !run(600).is_fresh(4_001, 60));
    }
}
