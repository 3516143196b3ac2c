//! What a line of a rollup says of a number, and what is read of it again: rounded so that the text stays short, and once, so that
//! bins read from lines and bins made of samples are the same to the last bit.

use super::bins::Stat;
use crate::sample::metric::{Kind, Metric, Unit};

/// Digits that are kept of what is not a whole number.
const DIGITS: i32 = 7;

/// Of which bin a number is.
#[derive(Clone, Copy, Default)]
pub(super) struct Of {
    /// Its start.
    pub(super) t: i64,
    /// Samples in it.
    pub(super) samples: f64,
    /// Seconds that rates cover.
    pub(super) seconds: f64,
}

/// A number of a bin as its line says it.
pub(super) struct Written {
    /// The mean, or the increase.
    pub(super) first: f64,
    /// The least and the largest; `None` where they are as the first.
    pub(super) extremes: Option<(f64, f64)>,
    /// Where it is another one than the line's.
    pub(super) weight: Option<f64>,
}

impl Written {
    /// `usual` is the weight that most numbers of the bin have.
    pub(super) fn of(metric: &Metric, stat: &Stat, usual: f64) -> Self {
        let is_gauge = metric.kind == Kind::Gauge;
        let first = if is_gauge { rounded_gauge(metric, stat.mean()) } else { millionth(stat.sum) };
        let is_other = (stat.weight - usual).abs() > 0.0005;
        let single = match metric.kind {
            Kind::Gauge => stat.min == stat.max,
            Kind::Counter => stat.max - stat.min <= 1e-9 * stat.max.abs(),
        };
        let extreme = |value: f64| exact(if is_gauge { value } else { significant(value) });
        let extremes = (!single || is_other).then(|| (extreme(stat.min), extreme(stat.max)));
        Self { first: exact(first), extremes, weight: is_other.then(|| thousandth(stat.weight)) }
    }

    /// What is read of it in a bin of so many samples and seconds; `None` where it stands for nothing.
    pub(super) fn stat(&self, kind: Kind, of: Of) -> Option<Stat> {
        let first = self.first;
        let stat = match kind {
            Kind::Gauge => {
                let weight = self.weight.unwrap_or(of.samples);
                let (min, max) = self.extremes.unwrap_or((first, first));
                Stat { weight, sum: first * weight, min, max }
            }
            Kind::Counter => {
                let weight = self.weight.unwrap_or(of.seconds);
                let rate = first / weight;
                let (min, max) = self.extremes.unwrap_or((rate, rate));
                Stat { weight, sum: first, min, max }
            }
        };
        (stat.weight > 0.0).then_some(stat)
    }
}

/// Bytes and things come in whole numbers where there are many.
fn rounded_gauge(metric: &Metric, mean: f64) -> f64 {
    match metric.unit {
        Unit::Memory | Unit::Data if mean.abs() >= 1e6 => mean.round(),
        _ => significant(mean),
    }
}

/// Whole numbers below this are exact.
pub(super) const WHOLE: f64 = (1u64 << 53) as f64;

/// What a reader of JSON makes of a number's text whichever way it reads: a whole number, or one of 15 digits (of less than 10²⁷). JSON has no
/// infinity.
fn exact(value: f64) -> f64 {
    if !value.is_finite() || value == 0.0 {
        return 0.0;
    }
    if value.abs() < WHOLE && value.trunc() == value { value } else { digits(value, 15) }
}

/// Of seconds.
pub(super) fn thousandth(value: f64) -> f64 {
    exact((value * 1e3).round() / 1e3)
}

/// Counters have at most six digits after the point: microseconds.
fn millionth(value: f64) -> f64 {
    if value.abs() < 1e9 && value.fract() != 0.0 { (value * 1e6).round() / 1e6 } else { value }
}

fn significant(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() { value } else { digits(value, DIGITS) }
}

/// Rounds to so many digits. Powers of ten up to 22 are exact, so the result is the number next to its decimal text.
#[expect(clippy::cast_possible_truncation, reason = "the exponent of an f64 is small")]
fn digits(value: f64, digits: i32) -> f64 {
    let places = (digits - 1 - value.abs().log10().floor() as i32).min(22);
    let scale = 10f64.powi(places.abs());
    match places {
        0.. => (value * scale).round() / scale,
        _ if scale.is_finite() => (value / scale).round() * scale,
        _ => value,
    }
}
