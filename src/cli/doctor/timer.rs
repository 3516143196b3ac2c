//! What starts the runs: crontabs and systemd's timers, read as files; and whether a cron runs at all.

use super::{Finding, Patient};
use crate::cli::schedule;
use std::io;
use std::path::{Path, PathBuf};

/// Where crons keep the crontabs of users: Debian and BusyBox, Red Hat, SUSE, Alpine.
const SPOOLS: [&str; 4] =
    ["var/spool/cron/crontabs", "var/spool/cron", "var/spool/cron/tabs", "etc/crontabs"];

/// Names of the daemons, as `/proc/PID/comm` has them.
const CRONS: [&str; 4] = ["cron", "crond", "fcron", "cronie"];

/// What was found of one command.
struct Starts {
    /// Where a line starts it, and the program in it.
    found: Vec<(PathBuf, PathBuf)>,
    /// What could not be read.
    hidden: Vec<PathBuf>,
}

/// Looks for what starts samples and pages. `grows`: the log has a new sample; `is_regular`: they come as by a clock.
/// `renders`: this machine is not sampled, it shows what others send.
pub(super) fn check(patient: &Patient, grows: bool, is_regular: bool, renders: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut by_cron = false;
    for run in schedule::runs("", None, patient.pushes) {
        let starts = look(patient, run.name);
        by_cron |= starts.found.iter().any(|(place, _)| !place.to_string_lossy().ends_with(".service"));
        findings.extend(judge(patient, run.name, &starts, grows, is_regular || renders));
    }
    if by_cron && !grows && !cron_runs(patient) {
        findings.push(Finding::wrong(
            "no cron runs on this machine: its crontabs are not looked at",
            "start it, and at each boot: systemctl enable --now cron (on Red Hat: crond)",
        ));
    }
    // One program that is gone stands in two lines.
    findings.dedup();
    findings
}

fn judge(patient: &Patient, command: &str, starts: &Starts, grows: bool, is_regular: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (place, program) in &starts.found {
        if program.is_absolute()
            && !patient.prefix.join(program.strip_prefix("/").unwrap_or(program)).exists()
        {
            findings.push(Finding::wrong(
                format!("{} starts {}, which is not there", place.display(), program.display()),
                "run `cronograph install` with the program where it will stay, like /usr/local/bin/cronograph",
            ));
        }
    }
    if !findings.is_empty() {
        return findings;
    }
    match (starts.found.first(), starts.hidden.first()) {
        (Some((place, _)), _) => {
            findings.push(Finding::well(format!("{} starts `cronograph {command}`", place.display())))
        }
        // Something does start it, the log shows it; or this machine is not sampled.
        (None, _) if command == "sample" && is_regular => {}
        // The pages look at the rules as well; without a channel nobody misses it.
        (None, _) if command == "check" && !patient.has_channels => {}
        (None, Some(hidden)) => findings.push(Finding::unknown(
            format!("whether a crontab starts `cronograph {command}`: {} may not be read", hidden.display()),
            "crontab -l | grep cronograph",
        )),
        (None, None) if command == "sample" && grows => findings.push(Finding::wrong(
            "nothing starts `cronograph sample`: no crontab, no timer; the last samples do not come regularly, as by hand",
            "run `cronograph install`",
        )),
        (None, None) => findings.push(Finding::wrong(
            format!("nothing starts `cronograph {command}`: no crontab, no timer"),
            "run `cronograph install`",
        )),
    }
    findings
}

/// Returns the file that starts a command if it was written within the last seconds.
pub(super) fn started_since(patient: &Patient, command: &str, seconds: i64) -> Option<PathBuf> {
    let is_new = |place: &Path| {
        let modified = fs_err::metadata(place).and_then(|metadata| metadata.modified()).ok()?;
        let modified = jiff::Timestamp::try_from(modified).ok()?.as_second();
        ((patient.now - seconds)..=patient.now + 1).contains(&modified).then_some(())
    };
    let starts = look(patient, command).found.into_iter();
    starts.map(|(place, _)| place).find(|place| is_new(place).is_some())
}

/// A file, and what is in it.
pub(super) type Text = (PathBuf, String);

/// The texts of all crontabs, and those that may not be read.
pub(super) fn texts(patient: &Patient) -> (Vec<Text>, Vec<PathBuf>) {
    let (mut texts, mut hidden) = (Vec::new(), Vec::new());
    let is_busybox = schedule::has_busybox_cron(&patient.prefix);
    let mut places = if is_busybox { Vec::new() } else { vec![patient.path("etc/crontab")] };
    let system = (!is_busybox).then_some("etc/cron.d");
    for folder in system.into_iter().chain(SPOOLS) {
        match files(&patient.path(folder)) {
            Ok(files) => places.extend(files),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                hidden.push(patient.path(folder))
            }
            Err(_) => {}
        }
    }
    for place in places {
        match fs_err::read(&place) {
            Ok(text) => texts.push((place, String::from_utf8_lossy(&text).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => hidden.push(place),
            Err(_) => {}
        }
    }
    (texts, hidden)
}

/// Looks through all places for lines that start a command.
fn look(patient: &Patient, command: &str) -> Starts {
    let (texts, hidden) = texts(patient);
    let mut starts = Starts { found: Vec::new(), hidden };
    for (place, text) in texts {
        let lines = text.lines().filter_map(|line| program_of(line, command));
        starts.found.extend(lines.map(|program| (place.clone(), program)));
    }
    starts.found.extend(unit(patient, command));
    starts
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs_err::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
}

/// The program of a crontab's line that starts a command of ours.
fn program_of(line: &str, command: &str) -> Option<PathBuf> {
    let line = line.trim_start();
    if line.starts_with('#') {
        return None;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.windows(2).position(|pair| is_ours(pair[0]) && pair[1].trim_matches('\'') == command)?;
    // cron masks its own sign; quotes are the shell's. A path with spaces is not taken apart here.
    let program = words[at].replace(r"\%", "%");
    let quoted = program.ends_with('\'') && !program.starts_with('\'');
    Some(PathBuf::from(if quoted { "cronograph" } else { program.trim_matches('\'') }))
}

fn is_ours(word: &str) -> bool {
    let word = word.trim_matches('\'');
    word == "cronograph" || word.ends_with("/cronograph")
}

/// The service that an enabled timer of systemd starts.
pub(super) fn unit_text(patient: &Patient, command: &str) -> Option<Text> {
    let user = patient.home.as_ref().map(|home| home.join(".config/systemd/user"));
    let system = patient.path("etc/systemd/system");
    let folders = [Some(system), user].into_iter().flatten();
    folders
        .filter(|folder| folder.join(format!("timers.target.wants/cronograph-{command}.timer")).is_symlink())
        .find_map(|folder| {
            let place = folder.join(format!("cronograph-{command}.service"));
            let text = fs_err::read_to_string(&place).ok()?;
            Some((place, text))
        })
}

/// That service, and the program that it starts.
fn unit(patient: &Patient, command: &str) -> Option<(PathBuf, PathBuf)> {
    let (place, text) = unit_text(patient, command)?;
    let start = text.lines().find_map(|line| line.strip_prefix("ExecStart="))?;
    let program = start.split_whitespace().next()?.to_owned();
    let quoted = program.starts_with('"');
    Some((place, PathBuf::from(if quoted { "cronograph".to_owned() } else { program.replace("%%", "%") })))
}

/// Whether a cron is among the processes. Where they cannot be seen, it is believed to be.
fn cron_runs(patient: &Patient) -> bool {
    let Ok(processes) = files(&patient.path("proc")) else { return true };
    let names: Vec<String> =
        processes.iter().filter_map(|process| fs_err::read_to_string(process.join("comm")).ok()).collect();
    // One process only: ourselves, behind hidepid.
    names.len() <= 1 || names.iter().any(|name| CRONS.contains(&name.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_program_in_a_line() {
        let program = |line: &str| program_of(line, "sample").map(|path| path.display().to_string());
        let found = Some("/usr/local/bin/cronograph".to_owned());
        assert_eq!(program("* * * * * /usr/local/bin/cronograph sample"), found);
        assert_eq!(program(" * * * * * root nice /usr/local/bin/cronograph sample --config /x"), found);
        assert_eq!(
            program("@reboot sleep 5; '/srv/100\\%/cronograph' sample"),
            Some("/srv/100%/cronograph".to_owned())
        );
        assert_eq!(program("* * * * * '/srv/my disk/cronograph' sample"), Some("cronograph".to_owned()));
        assert_eq!(program("* * * * * /usr/local/bin/cronograph site"), None);
        assert_eq!(program("# * * * * * /usr/local/bin/cronograph sample"), None);
    }
}
