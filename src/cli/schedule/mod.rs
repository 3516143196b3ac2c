//! What starts the runs: lines in a crontab, or systemd's timers. `install` puts them there, `uninstall` takes
//! exactly them out again, `doctor` looks for them.

mod block;
mod cron;
mod machine;
mod plan;
mod systemd;

pub(super) use machine::Machine;
pub(super) use plan::{Change, Place, Plan};

use std::path::Path;

/// A line that is started again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// `sample`, `check`, `site` or `push`.
    pub name: &'static str,
    /// What it is for, in systemd's words.
    pub description: &'static str,
    /// When, for cron.
    pub cron: &'static str,
    /// When, for systemd.
    pub calendar: &'static str,
    /// The program and its arguments.
    pub arguments: Vec<String>,
}

/// What is to be started: a sample each minute, and after it the look at the rules and, where it is wanted, the push; the pages
/// every five minutes, two minutes after the full five, when the other jobs of the machine are done.
pub(super) fn runs(binary: &str, config: Option<&Path>, pushes: bool) -> Vec<Run> {
    let arguments = |command: &str| {
        let mut arguments = vec![binary.to_owned(), command.to_owned()];
        // All are started at once: look and push wait for the minute's sample.
        arguments.extend(["check", "push"].contains(&command).then(|| "--wait".to_owned()));
        if let Some(path) = config {
            arguments.extend(["--config".to_owned(), path.to_string_lossy().into_owned()]);
        }
        arguments
    };
    let push = Run {
        name: "push",
        description: "Send what is new to an engine of metrics",
        cron: "* * * * *",
        calendar: "*:0/1",
        arguments: arguments("push"),
    };
    let mut runs = vec![
        Run {
            name: "sample",
            description: "Take a sample of this host",
            cron: "* * * * *",
            calendar: "*:0/1",
            arguments: arguments("sample"),
        },
        Run {
            name: "check",
            description: "Look at the rules and send what is news",
            cron: "* * * * *",
            calendar: "*:0/1",
            arguments: arguments("check"),
        },
        Run {
            name: "site",
            description: "Render the pages of all hosts",
            cron: "2-59/5 * * * *",
            calendar: "*:2/5",
            arguments: arguments("site"),
        },
    ];
    runs.extend(pushes.then_some(push));
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_by_the_minutes_sample_waits_for_it() {
        let runs = runs("/c", Some(Path::new("/x.toml")), true);
        let commands: Vec<String> = runs.iter().map(|run| run.arguments.join(" ")).collect();
        assert_eq!(
            commands,
            [
                "/c sample --config /x.toml",
                "/c check --wait --config /x.toml",
                "/c site --config /x.toml",
                "/c push --wait --config /x.toml"
            ]
        );
        assert!(!super::runs("/c", None, false).iter().any(|run| run.name == "push"));
    }
}
