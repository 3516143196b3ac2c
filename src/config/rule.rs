//! `[[rule]]` and `[messages]`: what the user wants to be told of, and when. Conditions are text here; what they mean, the
//! stage `alert` says.

use serde::{Deserialize, Deserializer, de::Error};
use std::fmt;

/// `[[rule]]`: a rule of the user's, or what is different about a built-in one of the same name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleConfig {
    /// Its name.
    #[serde(deserialize_with = "super::field::name")]
    pub name: String,
    /// The hosts it is for, a name or a pattern; absent: all.
    pub host: Option<String>,
    /// When it holds: `memory.unavailable_percent > 90`.
    pub when: Option<String>,
    /// When it is critical: `> 97`, or a whole condition.
    pub critical: Option<String>,
    /// When it is over: `< 85`, or a whole condition; absent: when it does not hold.
    pub clear: Option<String>,
    /// How long it must hold.
    #[serde(rename = "for")]
    pub hold: Option<Span>,
    /// How long it must be over.
    pub clear_for: Option<Span>,
    /// How bad it is.
    pub severity: Option<Severity>,
    /// Whether it is looked at.
    pub enabled: Option<bool>,
    /// The only instances it is for: names or patterns.
    pub only: Option<Vec<String>>,
    /// Instances it is not for.
    pub except: Option<Vec<String>>,
    /// Whether a message says that it is over.
    pub resolve: Option<bool>,
    /// What is said of it in place of value and limit; `{instance}`, `{value}` and `{limit}` are filled in.
    #[serde(default, deserialize_with = "super::field::line")]
    pub text: Option<String>,
    /// The first command to run; it is shown, never run.
    #[serde(default, deserialize_with = "super::field::line")]
    pub command: Option<String>,
}

/// How bad what a rule finds is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something to know: it is shown, no message is sent.
    Note,
    /// Should be looked at.
    Warning,
    /// Something fails or is about to.
    Critical,
}

/// `[messages]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MessagesConfig {
    /// Where the pages are, for links: `https://status.example.org/`.
    #[serde(deserialize_with = "page_address")]
    pub address: Option<String>,
    /// From when to when only what is critical is told, in the zone of the pages: `23:00-07:00`.
    pub quiet: Option<Quiet>,
    /// How long after a message what still holds is told again; absent: never.
    pub remind: Option<Span>,
}

/// A span of time, written as `90s`, `10m`, `2h`, `3d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(
    /// Seconds.
    pub i64,
);

const UNITS: [(&str, i64); 5] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
/// A year: longer is a mistake.
const LONGEST: i64 = 366 * 86_400;

impl Span {
    /// Reads one; of several parts, like `1h30m`, the sum.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut total: i64 = 0;
        while !rest.is_empty() {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
            let number: i64 = rest[..digits].parse().ok()?;
            let tail = rest[digits..].trim_start();
            let (unit, seconds) = UNITS.iter().find(|(unit, _)| tail.starts_with(unit))?;
            total = total.checked_add(number.checked_mul(*seconds)?)?;
            rest = tail[unit.len()..].trim_start();
        }
        (!text.trim().is_empty() && total <= LONGEST).then_some(Self(total))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, seconds): &&(&str, i64)| self.0 != 0 && self.0 % seconds == 0;
        let (unit, seconds) = UNITS.iter().find(fits).unwrap_or(&("s", 1));
        write!(formatter, "{}{unit}", self.0 / seconds)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom("must be a time like \"90s\", \"10m\", \"2h\", \"3d\""))
    }
}

/// Hours of the day: minutes after midnight, the second may be the next day's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// From this minute on …
    pub from: u16,
    /// … up to this one.
    pub until: u16,
}

impl Quiet {
    fn parse(text: &str) -> Option<Self> {
        let (from, until) = text.split_once('-')?;
        let quiet = Self { from: minute(from)?, until: minute(until)? };
        (quiet.from != quiet.until).then_some(quiet)
    }

    /// Whether a minute of the day lies in it.
    pub fn holds(self, minute: u16) -> bool {
        if self.from < self.until {
            (self.from..self.until).contains(&minute)
        } else {
            minute >= self.from || minute < self.until
        }
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    (hour < 24 && minute < 60).then_some(60 * hour + minute)
}

impl fmt::Display for Quiet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, until) = (self.from, self.until);
        write!(formatter, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)
    }
}

impl<'de> Deserialize<'de> for Quiet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("must be hours like \"23:00-07:00\""))
    }
}

fn page_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let plain = |letter: char| !letter.is_control() && !letter.is_whitespace();
    if !(text.starts_with("https://") || text.starts_with("http://")) || !text.chars().all(plain) {
        return Err(D::Error::custom("must be an address like \"https://status.example.org/\""));
    }
    Ok(Some(format!("{}/", text.trim_end_matches('/'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written() {
        for (text, seconds, written) in [
            ("90s", 90, "90s"),
            ("10m", 600, "10m"),
            ("1h30m", 5400, "90m"),
            ("3d", 259_200, "3d"),
            ("0s", 0, "0s"),
        ] {
            let span = Span::parse(text).unwrap();
            assert_eq!((span.0, span.to_string().as_str()), (seconds, written));
        }
        for nonsense in ["", "10", "m", "5 apples", "-5m", "99999999999999999999d", "900w"] {
            assert_eq!(Span::parse(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn quiet_hours_may_cross_midnight() {
        let night = Quiet::parse("23:00-07:00").unwrap();
        assert!(night.holds(23 * 60) && night.holds(0) && night.holds(6 * 60 + 59));
        assert!(!night.holds(7 * 60) && !night.holds(22 * 60 + 59));
        let noon = Quiet::parse("12:30-13:15").unwrap();
        assert!(noon.holds(13 * 60 + 14) && !noon.holds(13 * 60 + 15));
        assert_eq!(noon.to_string(), "12:30-13:15");
        for nonsense in ["", "23", "24:00-1:00", "1:00-1:00", "a:b-c:d"] {
            assert_eq!(Quiet::parse(nonsense), None, "{nonsense}");
        }
    }
}
