//! What starts the runs: lines in a crontab, or systemd's timers. `install` puts them there, `uninstall` takes
//! exactly them out again, `doctor` looks for them.

mod block;
mod cron;
mod machine;
mod plan;
pub(super) mod ship;
mod systemd;

pub(super) use machine::{Machine, has_busybox_cron};
pub(super) use plan::{Change, Place, Plan};

use std::path::Path;

/// A line that is started again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// `sample`, `check`, `site`, `push` or `ship`.
    pub name: &'static str,
    /// What it is for, in systemd's words.
    pub description: &'static str,
    /// When, for cron.
    pub cron: String,
    /// When, for systemd.
    pub calendar: String,
    /// The program and its arguments; of several, each is started when the one before went well.
    pub commands: Vec<Vec<String>>,
    /// Seconds that cron waits before, which starts everything at the full minute; `calendar` has them.
    pub delay: Option<u8>,
    /// Stands before each command under cron, which would start a run though the last one still goes on.
    pub alone: Option<Vec<String>>,
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
    let every_minute = ("* * * * *", "*:0/1");
    let run = |name, description, (cron, calendar): (&str, &str)| Run {
        name,
        description,
        cron: cron.to_owned(),
        calendar: calendar.to_owned(),
        commands: vec![arguments(name)],
        delay: None,
        alone: None,
    };
    let mut runs = vec![
        run("sample", "Take a sample of this host", every_minute),
        run("check", "Look at the rules and send what is news", every_minute),
        run("site", "Render the pages of all hosts", ("2-59/5 * * * *", "*:2/5")),
    ];
    runs.extend(pushes.then(|| run("push", "Send what is new to an engine of metrics", every_minute)));
    runs
}

/// Everything that `install` may have written, by name.
pub(super) fn all_runs() -> Vec<Run> {
    let mut all = runs("cronograph", None, true);
    all.push(ship::named());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_by_the_minutes_sample_waits_for_it() {
        let runs = runs("/c", Some(Path::new("/x.toml")), true);
        let commands: Vec<String> = runs.iter().map(|run| run.commands[0].join(" ")).collect();
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
