//! What a value must be, checked while the file is read, so that the error names line and column by itself.

use super::CheckConfig;
use serde::{Deserialize, Deserializer, de::Error};
use std::path::PathBuf;

/// More rows than this make a line of the log long and a page unreadable.
const MOST_ROWS: usize = 200;
/// A day: a dear source read less often than that explains nothing.
const LONGEST_INTERVAL: u32 = 86_400;
/// All checks of a run must be over before cron starts the next.
const LONGEST_TIMEOUT: u32 = 30;
/// A longer text is no line of a message.
const LONGEST_LINE: usize = 500;
/// More than anybody keeps.
const LONGEST_HISTORY: u32 = 3_650;
/// A longer name fits no list.
const LONGEST_NAME: usize = 64;

/// A path that means the same wherever the program is started: cron starts it in another folder than the user.
pub(super) fn absolute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    let path = PathBuf::deserialize(deserializer)?;
    if path.starts_with("~") {
        return Err(D::Error::custom("`~` is not expanded here, write the path from / on"));
    }
    if !path.is_absolute() {
        return Err(D::Error::custom("must be a path from / on, cron starts in another folder"));
    }
    Ok(path)
}

/// The same for a path that may be absent.
pub(super) fn optional_absolute<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<PathBuf>, D::Error> {
    absolute(deserializer).map(Some)
}

/// A text of one line, that is shown as it is.
pub(super) fn line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let line = String::deserialize(deserializer)?;
    if line.trim().is_empty() || line.chars().any(char::is_control) {
        return Err(D::Error::custom("must be a text of one line"));
    }
    if line.len() > LONGEST_LINE {
        return Err(D::Error::custom(format!("must be at most {LONGEST_LINE} bytes long")));
    }
    Ok(Some(line))
}

/// How many rows of a list are kept.
pub(super) fn rows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let rows = usize::deserialize(deserializer)?;
    if rows > MOST_ROWS {
        return Err(D::Error::custom(format!("must be at most {MOST_ROWS}")));
    }
    Ok(rows)
}

/// Entries of a list, each under a name of its own.
pub(super) fn distinct<T, E: Error>(all: &[T], name: impl Fn(&T) -> &str, what: &str) -> Result<(), E> {
    for (index, one) in all.iter().enumerate() {
        if all[..index].iter().any(|other| name(other) == name(one)) {
            return Err(E::custom(format!("there are two {what} of the name `{}`", name(one))));
        }
    }
    Ok(())
}

/// Seconds, up to a day.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let seconds = u32::deserialize(deserializer)?;
    if seconds > LONGEST_INTERVAL {
        return Err(D::Error::custom(format!("must be at most {LONGEST_INTERVAL} seconds, which is a day")));
    }
    Ok(seconds)
}

/// Days, up to ten years.
pub(super) fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let days = u32::deserialize(deserializer)?;
    if !(1..=LONGEST_HISTORY).contains(&days) {
        return Err(D::Error::custom(format!("must be 1 to {LONGEST_HISTORY} days")));
    }
    Ok(days)
}

/// A quota of traffic.
pub(super) fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if !number.is_finite() || number <= 0.0 {
        return Err(D::Error::custom("must be more than 0"));
    }
    Ok(number)
}

/// A day of the month; in a shorter month its last day.
pub(super) fn day_of_month<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let day = u8::deserialize(deserializer)?;
    if !(1..=31).contains(&day) {
        return Err(D::Error::custom("must be a day of the month, 1 to 31"));
    }
    Ok(day)
}

/// The seconds that a check may take.
pub(super) fn timeout<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let seconds = u32::deserialize(deserializer)?;
    if !(1..=LONGEST_TIMEOUT).contains(&seconds) {
        return Err(D::Error::custom(format!(
            "must be 1 to {LONGEST_TIMEOUT} seconds: cron starts the next run after 60"
        )));
    }
    Ok(seconds)
}

/// A check's name, which becomes a key of the log.
pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.trim().is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(D::Error::custom(format!(
            "must be a name of at most {LONGEST_NAME} bytes, without control characters"
        )));
    }
    Ok(name)
}

/// Names or patterns of services. One that begins with a dash would be an option.
pub(super) fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    for name in &names {
        if name.trim().is_empty()
            || name.starts_with('-')
            || name.contains('/')
            || name.chars().any(char::is_control)
        {
            return Err(D::Error::custom(format!(
                "`{}` is not the name of a service, like \"nginx\" or \"php*-fpm\"",
                name.escape_debug()
            )));
        }
    }
    Ok(names)
}

/// A program and its arguments.
pub(super) fn command<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    if words.first().is_none_or(String::is_empty) {
        return Err(D::Error::custom("must name a program"));
    }
    if words.iter().any(|word| word.contains('\0')) {
        return Err(D::Error::custom("must not hold zero bytes"));
    }
    if words.len() == 1 && words[0].contains(' ') {
        return Err(D::Error::custom(
            "is not given to a shell, write each word by itself: [\"service\", \"--status-all\"]",
        ));
    }
    Ok(words)
}

/// Checks, each under a name of its own.
pub(super) fn checks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<CheckConfig>, D::Error> {
    let checks = Vec::<CheckConfig>::deserialize(deserializer)?;
    distinct(&checks, |check| &check.name, "checks")?;
    Ok(checks)
}
