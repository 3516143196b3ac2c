//! The way of this host's log to another machine: the lines and units of `install --ship`, whether what they name is
//! there, and whether the log
//! arrives.

use super::timer::{self, Text};
use super::{Finding, Patient, Verdict};
use crate::base::format;
use crate::base::words::Lang;
use crate::cli::schedule::ship::{NAME, SHIPPED, notes_success, told};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// The log is late after so many missed runs, and after so many seconds.
const LATE_RUNS: i64 = 3;
const LATE_SECONDS: i64 = 900;

/// Looks for lines that send a log by rsync. Nobody has to send any.
pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let units = timer::unit_text(patient, NAME).into_iter();
    let texts: Vec<Text> = timer::texts(patient).0.into_iter().chain(units).collect();
    let lines =
        texts.iter().flat_map(|(place, text)| text.lines().map(move |line| (place, text, line.trim_start())));
    let sending = lines.filter(|(_, _, line)| !line.starts_with('#'));
    let judge = |(place, text, line): (&PathBuf, &String, &str)| {
        let (folder, to) = told(line)?;
        let place = place.display().to_string();
        let late = notes_success(text, &folder).then(|| late(patient, &place, line, &to)).flatten();
        let found = judge(patient, &place, line, (folder, to));
        Some(if found.verdict == Verdict::Well { late.unwrap_or(found) } else { found })
    };
    sending.filter_map(judge).collect()
}

/// Makes the finding that the log of this host has not arrived for a while.
fn late(patient: &Patient, place: &str, line: &str, to: &str) -> Option<Finding> {
    let minutes = match line.strip_prefix("*/").and_then(|rest| rest.split(' ').next()) {
        Some(minutes) => minutes.parse().ok()?,
        None if line.starts_with('*') => 1,
        // Of a unit its timer knows.
        None => 60,
    };
    let sent = fs_err::metadata(patient.layout.folder().join(SHIPPED)).map(|metadata| metadata.mtime());
    let when = match sent {
        Ok(sent) if patient.now - sent <= LATE_SECONDS.max(LATE_RUNS * 60 * minutes) => return None,
        #[expect(clippy::cast_precision_loss, reason = "seconds of some years are exact in an f64")]
        Ok(sent) => format!("since {}", format::age((patient.now - sent) as f64, Lang::En)),
        Err(_) => "yet".to_owned(),
    };
    Some(Finding::wrong(
        format!("{place} sends the log of {} to {to}, but it has not arrived {when}", patient.layout.host()),
        "start that command by hand as the user that it runs as: what ssh or rsync says is the reason",
    ))
}

fn judge(patient: &Patient, place: &str, line: &str, (folder, to): (String, String)) -> Finding {
    let own = patient.layout.folder();
    let again = "run `cronograph install --ship` again, or take the line out";
    // Only what begins with / is a path of ours; the home of the key's user is not looked for.
    let words = line.split([' ', '\'', '"', '=']).filter(|word| word.starts_with('/'));
    let program = |word: &&str| word.ends_with("/rsync") || word.ends_with("/flock");
    let mut needed = words.clone().filter(program).chain(key(line).filter(|key| key.starts_with('/')));
    if let Some(lost) = needed.find(|path| !patient.path(path.trim_start_matches('/')).exists()) {
        return Finding::wrong(format!("{place} sends the log to {to}, but there is no {lost}"), again);
    }
    if std::path::Path::new(&folder) != own {
        let host = patient.layout.host();
        return Finding::wrong(
            format!("{place} sends {folder}, but the log of {host} lies in {}", own.display()),
            again,
        );
    }
    Finding::well(format!("{place} sends the log of {} to {to}", patient.layout.host()))
}

/// The key that ssh is given.
fn key(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(" -i ")?;
    rest.split([' ', '\'', '"']).next()
}
