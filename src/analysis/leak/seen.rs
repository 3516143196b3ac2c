//! A series as the finder works on it: seconds since its first value, absent values left out.

use super::points::{median, quantile};
use super::verdict::{Kind, Series};

/// Growth of the kernel's memory below this is noise; of numbers whose unit nobody knows, this share of the level.
const FLOOR_KERNEL: f64 = 256.0 * 1024.0;
const FLOOR_KERNEL_SHARE: f64 = 0.01;
/// What took longer than hours must be so many times as much: within days it wanders by more than within minutes.
const FLOOR_KERNEL_SLOW: f64 = 8.0;
const SLOW: f64 = 6.0 * 3_600.0;
/// Growth below this share of what counts as full is not worth a word; or of the level where that is unknown.
const FLOOR_CAPACITY: f64 = 4e-4;
const FLOOR_CAPACITY_PROCESS: f64 = 4e-3;
const FLOOR_LEVEL: f64 = 1e-3;

/// The values that are there.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    origin: i64,
    pub(super) times: Vec<f64>,
    pub(super) values: Vec<f64>,
    /// When it began anew.
    breaks: Vec<f64>,
    kind: Kind,
    capacity: Option<f64>,
}

impl Seen {
    pub(super) fn of(series: &Series) -> Self {
        let origin = series.times.first().copied().unwrap_or(0);
        let (kind, capacity) = (series.kind, series.capacity);
        let mut seen =
            Self { origin, times: Vec::new(), values: Vec::new(), breaks: Vec::new(), kind, capacity };
        for (time, value) in series.times.iter().zip(series.values).filter(|(_, value)| value.is_finite()) {
            seen.times.push(since(*time, origin));
            seen.values.push(*value);
        }
        seen.breaks = series.breaks.iter().map(|time| since(*time, origin)).collect();
        seen
    }

    /// Less growth than this is not looked at among these values of so many seconds.
    pub(super) fn floor(&self, values: &[f64], seconds: f64) -> f64 {
        let slow = if seconds > SLOW { FLOOR_KERNEL_SLOW } else { 1.0 };
        let level =
            || median(&mut values.iter().map(|value| value.abs()).collect::<Vec<f64>>()).unwrap_or_default();
        match (self.kind, self.capacity) {
            (Kind::Kernel, Some(_)) => FLOOR_KERNEL * slow,
            (Kind::Kernel, None) => (FLOOR_KERNEL * slow).min(level() * FLOOR_KERNEL_SHARE),
            (Kind::Process, Some(capacity)) => capacity * FLOOR_CAPACITY_PROCESS,
            (_, Some(capacity)) => capacity * FLOOR_CAPACITY,
            (_, None) => level() * FLOOR_LEVEL,
        }
    }

    /// From the least to the largest value.
    pub(super) fn range(&self) -> f64 {
        let least = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        self.values.iter().copied().fold(f64::NEG_INFINITY, f64::max) - least
    }

    /// The last time at which it began anew, up to `time`.
    pub(super) fn begin_of(&self, time: f64) -> f64 {
        self.breaks.iter().copied().filter(|known| *known <= time).fold(f64::NEG_INFINITY, f64::max)
    }

    /// The usual value between two times.
    pub(super) fn level(&self, from: f64, until: f64) -> Option<f64> {
        let range = self.times.partition_point(|time| *time < from)
            ..self.times.partition_point(|time| *time <= until);
        quantile(&mut self.values.get(range)?.to_vec(), 0.5)
    }

    /// The last sample before `time`, at which a bin that ends then was known.
    pub(super) fn unix_of_last_before(&self, time: f64) -> i64 {
        let before = self.times.partition_point(|known| *known < time).saturating_sub(1);
        self.unix(self.times.get(before).copied().unwrap_or(time))
    }

    #[expect(clippy::cast_possible_truncation, reason = "seconds of a series that was given in whole ones")]
    pub(super) fn unix(&self, time: f64) -> i64 {
        self.origin.saturating_add(time.round() as i64)
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds since the first value are far below 2^52")]
fn since(time: i64, origin: i64) -> f64 {
    time.saturating_sub(origin) as f64
}
