//! Which experiment would find the cause: the command to `probe` where an event near the onset, a control group or
//! cronograph itself points to one; else how to look for it. Only for memory that no list of processes shows.

use super::super::part::{Group, Part};
use super::Owner;
use super::companion::Companion;
use crate::event::{Change, Event, Kind};

/// So many fit on a line.
const MOST: usize = 3;
/// A command that only the reader knows.
const OF_CRON: &str = "cronograph probe --env cron -- CMD";
const OF_ANYTHING: &str = "cronograph probe --stdout all -- CMD";
const OF_SCRIPTS: &str = "cronograph bisect";
/// Folders whose files are jobs by themselves.
const JOBS: [&str; 4] = ["/etc/cron.hourly/", "/etc/cron.daily/", "/etc/cron.weekly/", "/etc/cron.monthly/"];

/// The experiments, likeliest first; `CMD` stands for a command that the reader has to name.
pub(super) fn experiments(
    part: Part,
    owner: &Owner,
    grows_with: &[Companion],
    events: &[Event],
) -> Vec<String> {
    let is_hidden = matches!(
        part.group(),
        Group::SlabUnreclaimable | Group::KernelOther | Group::Unaccounted | Group::Shared
    );
    if !is_hidden || matches!(owner, Owner::Process(_) | Owner::Program { .. }) {
        return Vec::new();
    }
    let mut found: Vec<String> = Vec::new();
    let mut add = |command: Option<String>| found.extend(command);
    if let Owner::Cronograph(suspect) = owner {
        add((suspect.kind == "check").then(|| of_check(&suspect.name)).flatten());
    }
    for event in events.iter().filter(|event| event.change != Some(Change::Removed)) {
        match event.kind {
            Kind::Config => add(check_of(&event.subject).and_then(of_check)),
            Kind::InitScript if is_plain(&event.subject) && event.subject.contains("/init.d/") => {
                add(Some(format!("cronograph probe -- {} status", event.subject)));
                add(Some(OF_SCRIPTS.to_owned()));
            }
            Kind::Crontab => add(Some(of_crontab(&event.subject))),
            _ => {}
        }
    }
    let by_cron = |known: &Companion| {
        let unit = known.instance.rsplit('/').next().unwrap_or_default();
        known.metric.starts_with("cgroup.") && ["cron.service", "crond.service"].contains(&unit)
    };
    add(grows_with.iter().any(by_cron).then(|| OF_CRON.to_owned()));
    if found.is_empty() {
        found.extend([OF_ANYTHING, OF_SCRIPTS].map(str::to_owned));
    }
    let mut kept: Vec<String> = Vec::new();
    for command in found {
        if !kept.contains(&command) {
            kept.push(command);
        }
    }
    kept.truncate(MOST);
    kept
}

fn of_check(name: &str) -> Option<String> {
    is_plain(name).then(|| format!("cronograph probe --check {name}"))
}

/// `services` of `check services`, an entry that is new, and of `check.services.command`, a key that changed.
fn check_of(subject: &str) -> Option<&str> {
    let whole = subject.strip_prefix("check ");
    whole.or_else(|| Some(subject.strip_prefix("check.")?.rsplit_once('.')?.0))
}

fn of_crontab(path: &str) -> String {
    if JOBS.iter().any(|folder| path.starts_with(folder)) && is_plain(path) {
        format!("cronograph probe --env cron -- {path}")
    } else {
        OF_CRON.to_owned()
    }
}

/// Whether a shell takes it as it is.
fn is_plain(text: &str) -> bool {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || "-_./@:+".contains(letter);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(letters)
}

#[cfg(test)]
mod tests {
    use super::super::Unit;
    use super::*;

    fn of(kind: Kind, subject: &str) -> Vec<String> {
        let event = Event::of(0, kind, Change::Added, subject);
        experiments(Part::SlabUnreclaimable, &Owner::Nobody, &[], &[event])
    }

    #[test]
    fn events_point_to_a_command() {
        assert_eq!(of(Kind::Config, "check services"), ["cronograph probe --check services"]);
        assert_eq!(of(Kind::Config, "check.services.command"), ["cronograph probe --check services"]);
        let init = ["cronograph probe -- /etc/init.d/agent status", "cronograph bisect"];
        assert_eq!(of(Kind::InitScript, "/etc/init.d/agent"), init);
        assert_eq!(
            of(Kind::Crontab, "/etc/cron.daily/backup"),
            ["cronograph probe --env cron -- /etc/cron.daily/backup"]
        );
        assert_eq!(of(Kind::Crontab, "/etc/cron.d/backup"), ["cronograph probe --env cron -- CMD"]);
    }

    #[test]
    fn a_control_group_of_cron_points_to_its_jobs() {
        let group = Companion {
            metric: "cgroup.slab_unreclaimable",
            instance: "system.slice/cron.service".to_owned(),
            unit: Unit::Bytes,
            delta: 1.0,
            share: Some(1.0),
        };
        assert_eq!(
            experiments(Part::PerCpu, &Owner::Nobody, &[group], &[]),
            ["cronograph probe --env cron -- CMD"]
        );
    }

    #[test]
    fn without_a_hint_it_says_how_to_look() {
        let general = ["cronograph probe --stdout all -- CMD", "cronograph bisect"];
        assert_eq!(of(Kind::Note, "moved house"), general);
        assert_eq!(of(Kind::Config, "site.title"), general);
        assert_eq!(
            of(Kind::InitScript, "/etc/init.d/$(reboot)"),
            general,
            "no shell is given what it would run"
        );
        let anonymous = experiments(Part::Anonymous, &Owner::Nobody, &[], &[]);
        assert!(anonymous.is_empty(), "a list of processes shows it");
    }
}
