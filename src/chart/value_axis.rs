//! The value axis: how far it reaches, at which round values it has a line, and what stands beside them. Round is what
//! the unit calls round: 128 MiB, 200 MB, 25 %, 15 min.

use crate::base::unit::Unit;

/// Round values with their labels, and the unit that is written once above them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ticks {
    /// Each value with its label, ascending.
    pub(super) labels: Vec<(f64, String)>,
    /// What the labels count.
    pub(super) unit: String,
}

/// What the axis measures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    pub(super) unit: Unit,
    pub(super) per_second: bool,
    /// Values below zero are amounts that flow the other way: their labels have no sign.
    pub(super) mirrored: bool,
}

impl Measure {
    /// The least span worth an axis, so that a series of zeros doesn't look like an earthquake.
    pub(super) fn least_span(self) -> f64 {
        match self.unit {
            Unit::Memory => 1_048_576.0,
            Unit::Data => 1_000.0,
            Unit::Seconds => 0.001,
            Unit::Ratio => 0.01,
            Unit::Count | Unit::Celsius => 1.0,
            Unit::Rpm => 100.0,
        }
    }

    /// Round values between `low` and `high`: at most `most` of them.
    pub(super) fn ticks(self, low: f64, high: f64, most: usize) -> Ticks {
        let room = most.max(2) as f64;
        let step = self.step((high - low) / room, |step| {
            (high / step + 1e-9).floor() - (low / step - 1e-9).ceil() + 1.0 <= room
        });
        let first = (low / step - 1e-9).ceil();
        let count = ((high / step + 1e-9).floor() - first).max(0.0) as usize;
        let values: Vec<f64> = (0..=count.min(most)).map(|index| (first + index as f64) * step).collect();
        let largest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs())).max(step);
        let scale = self.scale(step, largest);
        let labels = values.iter().map(|&value| (value, self.label(value, step, &scale))).collect();
        Ticks { labels, unit: self.unit_of(&scale) }
    }

    /// The least round step that fits.
    fn step(self, least: f64, fits: impl Fn(f64) -> bool) -> f64 {
        let least = if least.is_finite() && least > 0.0 { least } else { 1.0 };
        let decimal = |mantissas: &[f64]| {
            let power = 10_f64.powf(least.log10().floor());
            let wider = [1.0, 10.0, 100.0].map(|factor| factor * power);
            let mut steps =
                wider.iter().flat_map(|power| mantissas.iter().map(move |mantissa| mantissa * power));
            steps.find(|step| fits(*step)).unwrap_or(power * 1000.0)
        };
        match self.unit {
            Unit::Memory => {
                let power = 2_f64.powf(least.log2().floor());
                [1.0, 2.0, 4.0]
                    .map(|factor| factor * power)
                    .into_iter()
                    .find(|step| fits(*step))
                    .unwrap_or(power * 8.0)
            }
            Unit::Ratio => decimal(&[1.0, 2.0, 2.5, 5.0]),
            Unit::Seconds if least > 2.0 => {
                let known = DURATIONS.into_iter().find(|step| fits(*step));
                known.unwrap_or_else(|| decimal(&[0.864, 1.728, 4.32]))
            }
            _ => decimal(&[1.0, 2.0, 5.0]),
        }
    }

    fn scale(self, step: f64, largest: f64) -> Scale {
        let table: &[Scale] = match self.unit {
            Unit::Memory => &BINARY,
            Unit::Data => &DECIMAL,
            Unit::Seconds => &TIME,
            Unit::Ratio => &[("%", 0.01)],
            Unit::Count => &THOUSANDS,
            Unit::Celsius => &[("°C", 1.0)],
            Unit::Rpm => &[("rpm", 1.0)],
        };
        // Memory keeps to the unit that makes its steps whole numbers (256 … 1024 MiB), the others to short numbers.
        let reach = |factor: f64| match self.unit {
            Unit::Memory => step >= factor || largest > factor,
            // Minutes, hours, days: quarters of an hour are minutes, not 0.25 h.
            Unit::Seconds if factor > 1.0 => step >= factor,
            Unit::Count => largest >= 10.0 * factor,
            _ => largest >= factor * (1.0 - 1e-9),
        };
        table.iter().copied().rfind(|(_, factor)| reach(*factor)).unwrap_or(table[0])
    }

    fn label(self, value: f64, step: f64, (name, factor): &Scale) -> String {
        let shown = if self.mirrored { value.abs() } else { value } / factor;
        if shown == 0.0 {
            return "0".to_owned();
        }
        let suffix = if self.unit == Unit::Count { *name } else { "" };
        let decimals = (0..=4).find(|&decimals| {
            let scaled = step / factor * 10_f64.powi(decimals);
            (scaled - scaled.round()).abs() < 1e-6 * scaled.max(1.0) && scaled >= 0.5
        });
        match decimals {
            Some(decimals) if shown.abs() < 1e6 => {
                let decimals = decimals.unsigned_abs() as usize;
                // A proper minus is as wide as a digit; a hyphen is not.
                format!("{shown:.decimals$}{suffix}").replace('-', "−")
            }
            _ => format!("{shown:.1e}{suffix}").replace('-', "−"),
        }
    }

    fn unit_of(self, (name, _): &Scale) -> String {
        let name = if self.unit == Unit::Count { "" } else { *name };
        format!("{name}{}", if self.per_second { "/s" } else { "" })
    }
}

/// A unit's name and how much one of it is.
type Scale = (&'static str, f64);

const KIB: f64 = 1024.0;
const BINARY: [Scale; 7] = [
    ("B", 1.0),
    ("KiB", KIB),
    ("MiB", KIB * KIB),
    ("GiB", KIB * KIB * KIB),
    ("TiB", KIB * KIB * KIB * KIB),
    ("PiB", KIB * KIB * KIB * KIB * KIB),
    ("EiB", KIB * KIB * KIB * KIB * KIB * KIB),
];
const DECIMAL: [Scale; 7] =
    [("B", 1.0), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("PB", 1e15), ("EB", 1e18)];
const THOUSANDS: [Scale; 5] = [("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)];
const TIME: [Scale; 6] =
    [("µs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("min", 60.0), ("h", 3_600.0), ("d", 86_400.0)];
const DURATIONS: [f64; 20] = [
    5.0,
    10.0,
    15.0,
    30.0,
    60.0,
    120.0,
    300.0,
    600.0,
    900.0,
    1_800.0,
    3_600.0,
    7_200.0,
    10_800.0,
    21_600.0,
    43_200.0,
    86_400.0,
    172_800.0,
    432_000.0,
    864_000.0,
    1_728_000.0,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(unit: Unit, low: f64, high: f64) -> String {
        let measure = Measure { unit, per_second: false, mirrored: low < 0.0 && unit == Unit::Data };
        let ticks = measure.ticks(low, high, 5);
        let labels: Vec<String> = ticks.labels.into_iter().map(|(_, label)| label).collect();
        format!("{} {}", labels.join(" "), ticks.unit)
    }

    #[test]
    fn memory_is_round_in_binary() {
        let mib = 1_048_576.0;
        assert_eq!(ticks(Unit::Memory, 0.0, 476.0 * mib), "0 128 256 384 MiB");
        assert_eq!(ticks(Unit::Memory, 0.0, 1024.0 * mib), "0 256 512 768 1024 MiB");
        assert_eq!(ticks(Unit::Memory, 0.0, 1990.0 * mib), "0 0.5 1.0 1.5 GiB");
        assert_eq!(ticks(Unit::Memory, 0.0, 7800.0 * mib), "0 2 4 6 GiB");
        assert_eq!(ticks(Unit::Memory, 0.0, 100.0), "0 32 64 96 B");
    }

    #[test]
    fn others_are_round_in_decimal() {
        assert_eq!(ticks(Unit::Data, 0.0, 1_020_000.0), "0 0.5 1.0 MB");
        assert_eq!(ticks(Unit::Data, -3.1e6, 8.4e6), "0 5 MB");
        assert_eq!(ticks(Unit::Ratio, 0.0, 1.0), "0 25 50 75 100 %");
        assert_eq!(ticks(Unit::Ratio, 0.0, 0.043), "0 1 2 3 4 %");
        assert_eq!(ticks(Unit::Count, 0.0, 42_000.0), "0 10k 20k 30k 40k ");
        assert_eq!(ticks(Unit::Count, 0.0, 3_100.0), "0 1000 2000 3000 ");
        assert_eq!(ticks(Unit::Celsius, 38.0, 61.0), "40 45 50 55 60 °C");
        assert_eq!(ticks(Unit::Celsius, -11.0, 6.0), "−10 −5 0 5 °C");
    }

    #[test]
    fn durations_are_round_as_clocks_are() {
        assert_eq!(ticks(Unit::Seconds, 0.0, 0.004), "0 1 2 3 4 ms");
        assert_eq!(ticks(Unit::Seconds, 0.0, 55.0), "0 15 30 45 s");
        assert_eq!(ticks(Unit::Seconds, 0.0, 3_900.0), "0 15 30 45 60 min");
        assert_eq!(ticks(Unit::Seconds, 0.0, 30.0 * 86_400.0), "0 10 20 30 d");
    }

    #[test]
    fn nothing_is_too_large_or_too_small() {
        assert_eq!(ticks(Unit::Data, 0.0, 1e18), "0 0.5 1.0 EB");
        for unit in
            [Unit::Memory, Unit::Data, Unit::Seconds, Unit::Count, Unit::Ratio, Unit::Celsius, Unit::Rpm]
        {
            for high in [1e-300, 1e-9, 1e-3, 1.0, 7.3, 1e6, 1e18, 1e60, 1e300] {
                let ticks = Measure { unit, per_second: true, mirrored: false }.ticks(0.0, high, 5);
                assert!((2..=5).contains(&ticks.labels.len()), "{unit:?} {high}: {ticks:?}");
                assert!(ticks.labels.iter().all(|(_, label)| label.len() <= 12), "{ticks:?}");
            }
        }
    }
}
