//! What sends this host's log on: the lines and units of `install --ship`, and whether what they name is there.

use super::timer::{self, Text};
use super::{Finding, Patient};
use crate::cli::schedule::ship::{NAME, told};

/// Looks for lines that send a log by rsync. Nobody has to send any.
pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let units = timer::unit_text(patient, NAME).into_iter();
    let texts: Vec<Text> = timer::texts(patient).0.into_iter().chain(units).collect();
    let lines =
        texts.iter().flat_map(|(place, text)| text.lines().map(move |line| (place, line.trim_start())));
    let sending = lines.filter(|(_, line)| !line.starts_with('#'));
    sending
        .filter_map(|(place, line)| Some(judge(patient, &place.display().to_string(), line, told(line)?)))
        .collect()
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
