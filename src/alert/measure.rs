//! What the two sides of a comparison measure, so that `> 500 MiB` can be read, and refused where the left side counts
//! seconds. Knows the units of the sample's numbers, and percent.

use crate::base::format;
use crate::base::unit::{BYTES, Unit};

/// What a number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Its unit; of what is told in percent, the share.
    pub unit: Unit,
    /// It is a rate.
    pub per_second: bool,
    /// It runs from 0 to 100, not from 0 to 1.
    pub percent: bool,
}

/// Seconds by the names that people type.
const TIMES: [(&str, f64); 7] =
    [("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("min", 60.0), ("h", 3600.0), ("d", 86_400.0), ("w", 604_800.0)];

/// Numbers of things.
const COUNTS: [(&str, f64); 2] = [("k", 1e3), ("M", 1e6)];

impl Measure {
    /// A number of things.
    pub const COUNT: Self = Self { unit: Unit::Count, per_second: false, percent: false };
    /// A time.
    pub const SECONDS: Self = Self { unit: Unit::Seconds, per_second: false, percent: false };
    /// From 0 to 100.
    pub const PERCENT: Self = Self { unit: Unit::Ratio, per_second: false, percent: true };
    /// From 0 to 1.
    pub const SHARE: Self = Self { unit: Unit::Ratio, per_second: false, percent: false };
    /// Bytes of memory.
    pub const MEMORY: Self = Self { unit: Unit::Memory, per_second: false, percent: false };

    /// What a unit says that is measured; none for that of a plain number.
    pub fn named(suffix: &str) -> Option<Self> {
        let is = |names: &[(&str, f64)]| names.iter().any(|(name, _)| name.eq_ignore_ascii_case(suffix));
        match suffix {
            "" | "k" | "M" => None,
            "%" => Some(Self::PERCENT),
            _ if is(&TIMES) => Some(Self::SECONDS),
            _ if is(&BYTES) && suffix.contains(['i', 'I']) => Some(Self::MEMORY),
            _ if is(&BYTES) => Some(Self { unit: Unit::Data, ..Self::MEMORY }),
            _ => None,
        }
    }

    /// Whether one can be divided by the other so that a plain number remains.
    pub fn is_like(self, other: Self) -> bool {
        let kind = |unit| if unit == Unit::Data { Unit::Memory } else { unit };
        (kind(self.unit), self.per_second, self.percent)
            == (kind(other.unit), other.per_second, other.percent)
    }

    /// The number that a person means who writes `number` and `suffix` beside a value of this measure.
    ///
    /// # Errors
    /// In words, where the suffix says something else.
    pub fn number(self, number: f64, suffix: &str) -> Result<f64, String> {
        let (name, per_second) = suffix.strip_suffix("/s").map_or((suffix, false), |name| (name, true));
        let factor = match name {
            "" => Some(1.0),
            "%" if self.percent => Some(1.0),
            "%" if self.is_share() => return Ok(number / 100.0),
            _ => self
                .names()
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(_, factor)| *factor),
        };
        match factor.filter(|_| !per_second || self.per_second) {
            Some(factor) => Ok(number * factor),
            None => Err(format!("`{suffix}` does not fit: this is {}", self.about())),
        }
    }

    /// A value as it is shown.
    pub fn tell(self, value: f64) -> String {
        let value = if self.percent { value / 100.0 } else { value };
        format::quantity(value, self.unit, self.per_second)
    }

    /// Seconds in each second are a share of time, as are shares.
    fn is_share(self) -> bool {
        self.unit == Unit::Ratio || self.unit == Unit::Seconds && self.per_second
    }

    fn names(self) -> &'static [(&'static str, f64)] {
        match self.unit {
            Unit::Memory | Unit::Data => &BYTES,
            Unit::Seconds if !self.per_second => &TIMES,
            Unit::Count => &COUNTS,
            Unit::Celsius => &[("°C", 1.0), ("C", 1.0)],
            Unit::Rpm => &[("rpm", 1.0)],
            Unit::Seconds | Unit::Ratio => &[],
        }
    }

    /// In words, with an example.
    fn about(self) -> &'static str {
        match self.unit {
            _ if self.percent || self.is_share() => "a share, written as `90 %`",
            Unit::Memory | Unit::Data if self.per_second => "bytes a second, written as `10 MB/s`",
            Unit::Memory | Unit::Data => "bytes, written as `500 MiB` or `2 GB`",
            Unit::Seconds => "a time, written as `90 s`, `10 m`, `2 h` or `3 d`",
            Unit::Celsius => "a temperature, written as `80 °C`",
            Unit::Rpm => "a speed, written as `900 rpm`",
            _ => "a plain number, like `5` or `20 k`",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_by_what_they_stand_beside() {
        assert_eq!(Measure::MEMORY.number(1.5, "KiB"), Ok(1536.0));
        assert_eq!(Measure::MEMORY.number(2.0, "gb"), Ok(2e9));
        assert_eq!(Measure::SECONDS.number(10.0, "m"), Ok(600.0));
        assert_eq!(Measure::PERCENT.number(90.0, "%"), Ok(90.0));
        let share = Measure { per_second: true, ..Measure::SECONDS };
        assert_eq!(share.number(5.0, "%"), Ok(0.05));
        let rate = Measure { per_second: true, ..Measure::MEMORY };
        assert_eq!((rate.number(1.0, "MB/s"), rate.number(1.0, "MB")), (Ok(1e6), Ok(1e6)));
        assert_eq!(Measure::COUNT.number(2.0, "k"), Ok(2000.0));
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let error = Measure::MEMORY.number(5.0, "m").unwrap_err();
        assert_eq!(error, "`m` does not fit: this is bytes, written as `500 MiB` or `2 GB`");
        assert!(Measure::SECONDS.number(5.0, "MiB").is_err());
        assert!(Measure::MEMORY.number(5.0, "MB/s").is_err(), "no rate");
    }

    #[test]
    fn values_are_told_in_their_unit() {
        assert_eq!(Measure::PERCENT.tell(92.5), "92.5 %");
        assert_eq!(Measure::MEMORY.tell(524_288_000.0), "500 MiB");
        assert_eq!(Measure::SECONDS.tell(7200.0), "2.00 h");
    }
}
