//! `[retain]`: how long samples and rollups are kept.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::fmt;

/// Days of a year, as long as a year may be.
const YEAR_DAYS: u32 = 366;
/// Longer is for ever.
const LONGEST_YEARS: u32 = 1_000;

/// `[retain]`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, try_from = "Written")]
pub struct RetainConfig {
    /// The samples themselves.
    pub samples: Age,
    /// Bins of 5 minutes; not shorter than the samples, of which they are made.
    pub five_minutes: Age,
    /// Bins of 1 hour; not shorter than the samples.
    pub hours: Age,
}

/// An age at which something goes: `90d`, `12w`, `1y`, `forever`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// After so many days.
    Days(u32),
    /// After so many years.
    Years(u32),
    /// Never.
    Forever,
}

impl Age {
    /// In days; `None` for ever.
    pub fn days(self) -> Option<u32> {
        match self {
            Self::Days(days) => Some(days),
            Self::Years(years) => Some(years * YEAR_DAYS),
            Self::Forever => None,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text == "forever" {
            return Some(Self::Forever);
        }
        let (digits, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit())?);
        let number: u32 = digits.parse().ok().filter(|number| *number > 0)?;
        let days = |days: u32| Some(Self::Days(days)).filter(|_| days <= LONGEST_YEARS * YEAR_DAYS);
        match unit.trim() {
            "d" => days(number),
            "w" => days(number.checked_mul(7)?),
            "y" => Some(Self::Years(number)).filter(|_| number <= LONGEST_YEARS),
            _ => None,
        }
    }

    fn is_shorter(self, other: Self) -> bool {
        self.days().unwrap_or(u32::MAX) < other.days().unwrap_or(u32::MAX)
    }
}

impl fmt::Display for Age {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(formatter, "{days}d"),
            Self::Years(years) => write!(formatter, "{years}y"),
            Self::Forever => formatter.write_str("forever"),
        }
    }
}

impl<'de> Deserialize<'de> for Age {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom("must be an age like \"90d\", \"12w\", \"1y\", or \"forever\""))
    }
}

/// As the file has it, before its ages are compared.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    samples: Age,
    five_minutes: Age,
    hours: Age,
}

impl Default for Written {
    fn default() -> Self {
        let RetainConfig { samples, five_minutes, hours } = RetainConfig::default();
        Self { samples, five_minutes, hours }
    }
}

impl Default for RetainConfig {
    fn default() -> Self {
        Self { samples: Age::Years(1), five_minutes: Age::Years(3), hours: Age::Forever }
    }
}

impl TryFrom<Written> for RetainConfig {
    type Error = String;

    fn try_from(Written { samples, five_minutes, hours }: Written) -> Result<Self, String> {
        for (name, age) in [("five_minutes", five_minutes), ("hours", hours)] {
            if age.is_shorter(samples) {
                return Err(format!(
                    "{name} = \"{age}\" is shorter than samples = \"{samples}\": rollups are made of samples; keep them \
                     at least as long"
                ));
            }
        }
        Ok(Self { samples, five_minutes, hours })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read_and_written() {
        for (text, days) in [("90d", Some(90)), ("12 w", Some(84)), ("1y", Some(366)), ("forever", None)] {
            assert_eq!(Age::parse(text).map(Age::days), Some(days), "{text}");
        }
        for text in ["", "d", "0d", "1", "1h", "1 month", "-1d", "99999999999d", "2000y"] {
            assert_eq!(Age::parse(text), None, "{text}");
        }
        assert_eq!(Age::parse("3y").unwrap().to_string(), "3y");
    }

    #[test]
    fn rollups_outlive_their_samples() {
        let read = |text: &str| toml::from_str::<RetainConfig>(text);
        assert_eq!(read("").unwrap(), RetainConfig::default());
        assert_eq!(read("samples = \"30d\"").unwrap().samples, Age::Days(30));
        let error = read("samples = \"forever\"").unwrap_err();
        assert!(error.message().contains("five_minutes = \"3y\" is shorter than samples"), "{error}");
    }
}
