//! One scale of time: a horizon that ends now, in bins, looked at each few bins. A fast leak shows in an hour's
//! horizon, one that comes once a day in a month's.

use super::points::Points;
use super::repair;
use super::score::{self, is_quiet_leak};
use super::seen::Seen;
use super::shape::{Candidate, Shape};
use super::verdict::Kind;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// Horizon, width of a bin, time between looks, and how far back the history goes.
const OF_ALL: [(f64, f64, f64, f64); 4] = [
    (12.5 * HOUR, 10.0 * MINUTE, HOUR, 7.0 * DAY),
    (2.0 * DAY, 30.0 * MINUTE, HOUR, 7.0 * DAY),
    (7.0 * DAY, HOUR, HOUR, 28.0 * DAY),
    (30.0 * DAY, 6.0 * HOUR, 6.0 * HOUR, 90.0 * DAY),
];
/// The kernel's memory is quiet enough for these, too.
const OF_KERNEL: [(f64, f64, f64, f64); 2] =
    [(HOUR, MINUTE, 3.0 * MINUTE, DAY), (3.0 * HOUR, 3.0 * MINUTE, 6.0 * MINUTE, 2.0 * DAY)];

/// The starts that are tried in a horizon, the longest growth first.
const STARTS: usize = 14;
/// Fewer bins show nothing.
const LEAST_BINS: usize = 18;
/// The least that a growth's own bins may be.
const LEAST_GROWTH_BINS: usize = 12;
/// Two looks agree if their starts differ by less than this share of the growth's time.
const AGREE: f64 = 0.35;

/// What a look saw.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    /// The growth.
    pub(super) shape: Shape,
    /// Points beyond those of a leak.
    pub(super) points: f64,
}

/// A scale, and what was seen on it so far.
#[derive(Debug)]
pub(super) struct Scale {
    horizon: f64,
    width: f64,
    /// Bins between looks.
    stride: usize,
    lookback: f64,
    bins: Points,
    /// How many bins there are at the next look.
    next: usize,
    last: Option<Sight>,
    leak: Option<Sight>,
}

impl Scale {
    /// Every scale that suits the kind, at its first look.
    pub(super) fn all(kind: Kind, seen: &Seen) -> Vec<Self> {
        let kernel = OF_KERNEL.iter().filter(|_| kind == Kind::Kernel);
        let scales = kernel.chain(&OF_ALL).map(|(horizon, width, stride, lookback)| Self {
            horizon: *horizon,
            width: *width,
            stride: bins_of(*stride, *width),
            lookback: *lookback,
            bins: Points::binned(&seen.times, &seen.values, *width),
            next: LEAST_BINS,
            last: None,
            leak: None,
        });
        scales.collect()
    }

    /// When its next look is due; none after the last one.
    pub(super) fn next_time(&self) -> Option<f64> {
        if self.next > self.bins.len() {
            return None;
        }
        Some(self.bins.times.get(self.next - 1)? + self.width / 2.0)
    }

    /// Looks once; `leaked_before` is the rate of a leak that the last boot cut.
    pub(super) fn look(&mut self, seen: &Seen, kind: Kind, leaked_before: Option<f64>) {
        let sight = self.sight(seen, kind, leaked_before);
        let agrees = |then: &Sight, now: &Sight| {
            (then.shape.start - now.shape.start).abs() < AGREE * now.shape.seconds
        };
        let passed = |sight: &Sight| sight.points > 0.0;
        let before = self.last.filter(passed);
        self.leak = sight.filter(passed).filter(|now| before.is_some_and(|then| agrees(&then, now)));
        self.last = sight;
        // The last look is at the end, however many bins are left.
        let end = self.bins.len();
        self.next = if self.next < end { (self.next + self.stride).min(end) } else { end + 1 };
    }

    /// The growth that two looks in a row took for a leak.
    pub(super) fn leak(&self) -> Option<&Sight> {
        self.leak.as_ref()
    }

    /// The growth that the last look thought about.
    pub(super) fn last(&self) -> Option<&Sight> {
        self.last.as_ref()
    }

    /// The growth in the present horizon that has the most points.
    fn sight(&self, seen: &Seen, kind: Kind, leaked_before: Option<f64>) -> Option<Sight> {
        let now = *self.bins.times.get(self.next - 1)?;
        let boot = seen.begin_of(now);
        let begin = self.bins.at((now - self.horizon).max(boot));
        let bins = self.next.checked_sub(begin).filter(|bins| *bins >= LEAST_BINS)?;
        let floor = seen.floor(self.bins.values.get(begin..self.next)?, self.horizon);
        if !self.may_grow(begin, floor) {
            return None;
        }
        let (horizon, falls) = repair::points(&self.bins, begin, self.next);
        // What the kernel held in an earlier boot tells nothing of how it warms up in this one.
        let known_since = if kind == Kind::Kernel { boot } else { f64::NEG_INFINITY };
        let history = self.bins.at((now - self.lookback).max(known_since));
        let range = (history, self.next);
        let shapes = (0..STARTS).filter_map(|index| {
            let start = index * (bins - LEAST_GROWTH_BINS) / STARTS;
            let candidate = Candidate { horizon: &horizon, falls: &falls, start, seen: &self.bins, range };
            candidate.shape().filter(|shape| shape.growth >= floor)
        });
        let sights =
            shapes.filter_map(|shape| Some(Sight { shape, points: points(&shape, kind, leaked_before)? }));
        sights.max_by(|a, b| a.points.total_cmp(&b.points))
    }

    /// Whether the end of the horizon lies above its least by what is worth a look: most of the time it does not.
    fn may_grow(&self, begin: usize, floor: f64) -> bool {
        let Some(values) = self.bins.values.get(begin..self.next) else { return false };
        let end = values.len() - (values.len() / STARTS).max(1);
        let highest = values.iter().skip(end).copied().fold(f64::NEG_INFINITY, f64::max);
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        highest - least >= floor
    }
}

/// Points of a shape by what is known of its kind.
fn points(shape: &Shape, kind: Kind, leaked_before: Option<f64>) -> Option<f64> {
    let points = score::points(shape);
    if kind == Kind::Kernel && is_quiet_leak(shape, leaked_before) {
        // The longest of those that hold in every clause.
        return Some(points.unwrap_or(0.0).max(0.0) + 1.0 + shape.seconds / (30.0 * DAY));
    }
    points
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few bins")]
fn bins_of(seconds: f64, width: f64) -> usize {
    ((seconds / width).round() as usize).max(1)
}
