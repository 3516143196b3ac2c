//! The unit of anybody's numbers: bytes in one of the usual units, which are told as memory is, or a word.

use crate::base::format::{self, Scale};
use crate::base::unit::{BYTES, Unit};

/// What a number means.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measure {
    /// How many bytes one is, or 1.
    pub(super) factor: f64,
    /// How numbers are told: bytes in binary or in decimal units as they were given, or bare.
    unit: Unit,
    /// What stands behind a number that is no bytes.
    word: String,
}

impl Measure {
    /// The measure of a unit; without one, numbers stand alone.
    pub(super) fn of(unit: Option<&str>) -> Self {
        let unit = unit.unwrap_or_default();
        match BYTES.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)) {
            Some((name, factor)) => {
                let is_decimal = *factor > 1.0 && !name.contains('i');
                let unit = if is_decimal { Unit::Data } else { Unit::Memory };
                Self { factor: *factor, unit, word: String::new() }
            }
            None if unit.is_empty() => Self { factor: 1.0, unit: Unit::Count, word: String::new() },
            None => Self { factor: 1.0, unit: Unit::Count, word: format!(" {unit}") },
        }
    }

    /// A change in an hour with its interval: `+61.2 MiB/h [60.9, 61.9]`. The numbers are bytes, or what they are.
    pub(super) fn rate(&self, per_hour: f64, low: f64, high: f64) -> String {
        let scale = Scale::of(per_hour, self.unit, false);
        let (change, word) = (format::change(per_hour, self.unit, false), &self.word);
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
        let mb = Measure::of(Some("MB"));
        assert_eq!(mb.rate(30.0 * mb.factor, 29e6, 31e6), "+30.0 MB/h [29.0, 31.0]");
        assert_eq!(Measure::of(Some("requests")).rate(12.0, 11.0, 13.0), "+12 requests/h [11, 13]");
        assert_eq!(Measure::of(None).rate(0.5, 0.25, 0.75), "+0.50/h [0.25, 0.75]");
    }
}
