//! The unit of anybody's numbers: bytes in one of the usual units, which are told as memory is, or a word.

use crate::base::format::{self, Scale};
use crate::base::unit::Unit;

/// The byte units, and how many bytes each is.
const BYTES: [(&str, f64); 9] = [
    ("B", 1.0),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
];

/// What a number means.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measure {
    /// How many bytes one is, or 1.
    pub(super) factor: f64,
    /// What stands behind a number that is no bytes.
    word: Option<String>,
}

impl Measure {
    /// The measure of a unit; without one, numbers stand alone.
    pub(super) fn of(unit: Option<&str>) -> Self {
        let Some(unit) = unit else { return Self { factor: 1.0, word: Some(String::new()) } };
        match BYTES.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)) {
            Some((_, factor)) => Self { factor: *factor, word: None },
            None => Self { factor: 1.0, word: Some(unit.to_owned()) },
        }
    }

    /// A change in an hour with its interval: `+61.2 MiB/h [60.9, 61.9]`. The numbers are bytes, or what they are.
    pub(super) fn rate(&self, per_hour: f64, low: f64, high: f64) -> String {
        let unit = if self.word.is_some() { Unit::Count } else { Unit::Memory };
        let scale = Scale::of(per_hour, unit, false);
        let word = self
            .word
            .as_deref()
            .filter(|word| !word.is_empty())
            .map_or(String::new(), |word| format!(" {word}"));
        let change = format::change(per_hour, unit, false);
        format!("{change}{word}/h [{}, {}]", scale.number(low), scale.number(high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_as_memory_and_others_as_they_are() {
        let mib = Measure::of(Some("mib"));
        assert_eq!(
            mib.rate(61.2 * mib.factor, 60.9 * mib.factor, 61.9 * mib.factor),
            "+61.2 MiB/h [60.9, 61.9]"
        );
        assert_eq!(Measure::of(Some("requests")).rate(12.0, 11.0, 13.0), "+12 requests/h [11, 13]");
        assert_eq!(Measure::of(None).rate(0.5, 0.25, 0.75), "+0.50/h [0.25, 0.75]");
    }
}
