//! A series as the finder works on it: seconds since its first value, absent values left out.

use super::verdict::{Kind, Series};
use crate::base::statistics::median;

/// Growth of the kernel's memory below this is noise, or below a thousandth of what counts as full if that is less.
const FLOOR_KERNEL: f64 = 256.0 * 1024.0;
const FLOOR_KERNEL_SHARE: f64 = 1e-3;
/// Within days it wanders by so many times as much as within minutes.
const FLOOR_KERNEL_SLOW: f64 = 8.0;
const SLOW: f64 = 6.0 * 3_600.0;
/// Growth below this share of what counts as full is not worth a word.
const FLOOR_SHARE: f64 = 4e-4;
const FLOOR_SHARE_PROCESS: f64 = 4e-3;

/// Later values than this many seconds are a broken clock's.
const LONGEST: i64 = 1 << 40;

/// The values that are there.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    origin: i64,
    pub(super) times: Vec<f64>,
    pub(super) values: Vec<f64>,
    /// Restarts.
    breaks: Vec<f64>,
    pub(super) kind: Kind,
    pub(super) capacity: Option<f64>,
}

impl Seen {
    pub(super) fn new(series: &Series) -> Self {
        let origin = series.times.first().copied().unwrap_or(0);
        let is_present = |time: i64, value: f64| value.is_finite() && time.saturating_sub(origin) < LONGEST;
        let rows = || series.times.iter().zip(series.values);
        let present = || rows().filter(|(time, value)| is_present(**time, **value));
        Self {
            origin,
            times: present().map(|(time, _)| since(*time, origin)).collect(),
            values: present().map(|(_, value)| *value).collect(),
            breaks: series.breaks.iter().map(|time| since(*time, origin)).collect(),
            kind: series.kind,
            capacity: series.capacity,
        }
    }

    /// Less growth than this is not looked at within so many seconds.
    pub(super) fn floor(&self, seconds: f64) -> f64 {
        let slow = if seconds > SLOW { FLOOR_KERNEL_SLOW } else { 1.0 };
        match (self.kind, self.capacity) {
            (Kind::Kernel, Some(capacity)) => slow * FLOOR_KERNEL.min(capacity * FLOOR_KERNEL_SHARE),
            (Kind::Process, Some(capacity)) => capacity * FLOOR_SHARE_PROCESS,
            (_, Some(capacity)) => capacity * FLOOR_SHARE,
            (_, None) => 0.0,
        }
    }

    /// Reports whether its growth may have to be found within minutes.
    pub(super) fn can_be_fast(&self) -> bool {
        self.kind == Kind::Kernel || self.capacity.is_some()
    }

    /// From the least to the largest value.
    pub(super) fn range(&self) -> f64 {
        let least = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        self.values.iter().copied().fold(f64::NEG_INFINITY, f64::max) - least
    }

    /// Returns the restarts between two times.
    pub(super) fn breaks_between(&self, from: f64, until: f64) -> &[f64] {
        let index = |time: f64| self.breaks.partition_point(|known| *known <= time);
        self.breaks.get(index(from)..index(until)).unwrap_or_default()
    }

    /// The usual value between two times.
    pub(super) fn level(&self, from: f64, until: f64) -> Option<f64> {
        let range = self.times.partition_point(|time| *time < from)
            ..self.times.partition_point(|time| *time <= until);
        median(&mut self.values.get(range)?.to_vec())
    }

    /// The first sample since `time`, with which a bin that ends then is closed.
    pub(super) fn unix_of_first_since(&self, time: f64) -> i64 {
        let first = self.times.partition_point(|known| *known < time);
        self.unix(self.times.get(first).copied().unwrap_or(time))
    }

    /// A unix time in the series' own.
    pub(super) fn since_origin(&self, unix: i64) -> f64 {
        since(unix, self.origin)
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
