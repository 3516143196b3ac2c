//! The configuration: every mistake that a run would stumble over, each with its place, beside all else that is found.

use super::Finding;
use crate::cli::{Context, output};
use crate::config::ConfigError;

/// What of the file stops the runs. Where it cannot be understood, all else is looked at by the defaults.
pub(super) fn check(context: &Context, mistake: Option<ConfigError>) -> Vec<Finding> {
    if let Some(mistake) = mistake {
        let hint = mistake.hint().unwrap_or_else(|| "mend it: until then no run works".to_owned());
        return vec![
            Finding::wrong(format!("the configuration: {mistake}"), hint),
            Finding::note("what follows was looked at without that file, by the defaults"),
        ];
    }
    let wrong = |error: &anyhow::Error| {
        let hint = output::hint(error).unwrap_or_else(|| "correct it in the configuration".to_owned());
        Finding::wrong(format!("the configuration: {}", output::chain(error)), hint)
    };
    context.mistakes().iter().map(wrong).collect()
}
