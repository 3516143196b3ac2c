//! The units of systemd.service(5) and systemd.timer(5), for hosts without cron.

use super::Run;
use std::path::{Path, PathBuf};

/// One unit file.
pub(super) struct Unit {
    /// Its path.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// The timer of a run.
pub(super) fn timer_name(run: &Run) -> String {
    format!("cronograph-{}.timer", run.name)
}

/// A service and a timer for each run.
pub(super) fn units(folder: &Path, runs: &[Run]) -> Vec<Unit> {
    let unit = |name: String, text: String| Unit { path: folder.join(name), text };
    runs.iter()
        .flat_map(|run| {
            let service = format!("cronograph-{}.service", run.name);
            [unit(service, service_text(run)), unit(timer_name(run), timer_text(run))]
        })
        .collect()
}

/// Not hardened by mounts of its own (`PrivateTmp=`, `ProtectHome=`): a sample must see the host's file systems.
fn service_text(run: &Run) -> String {
    let command = |arguments: &Vec<String>| {
        let words: Vec<String> = arguments.iter().map(|argument| word(argument)).collect();
        format!("ExecStart={}\n", words.join(" "))
    };
    let commands: String = run.commands.iter().map(command).collect();
    format!(
        "# Written by `cronograph install`.\n[Unit]\nDescription={}\n\n[Service]\nType=oneshot\n{}\
         SuccessExitStatus=3\nNoNewPrivileges=yes\nNice=10\nTimeoutStartSec=10min\n",
        run.description, commands
    )
}

/// systemd starts a service only if it does not run already: no runs overlap.
fn timer_text(run: &Run) -> String {
    format!(
        "# Written by `cronograph install`.\n[Unit]\nDescription={}\n\n[Timer]\nOnCalendar={}\nAccuracySec=1s\n\n\
         [Install]\nWantedBy=timers.target\n",
        run.description, run.calendar
    )
}

/// A word of `ExecStart=`: quotes for spaces, and the two signs that systemd expands, doubled.
fn word(argument: &str) -> String {
    let expanded = argument.replace('%', "%%").replace('$', "$$");
    let plain = |c: char| c.is_alphanumeric() || "-_./:@+,=%$".contains(c);
    if expanded.chars().all(plain) {
        return expanded;
    }
    format!("\"{}\"", expanded.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_systemd_would_take_apart() {
        assert_eq!(word("/usr/bin/cronograph"), "/usr/bin/cronograph");
        assert_eq!(word("/srv/100%/$x"), "/srv/100%%/$$x");
        assert_eq!(word("/my \"disk\"/c"), r#""/my \"disk\"/c""#);
    }
}
