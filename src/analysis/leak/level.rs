//! Levels of detail: the same series in bins of a minute up to four hours, each looked at over its own horizon that
//! ends now. A fast leak shows in an hour of minutes, one that comes once a day in a month of hours.

use super::evidence::{Assessment, DOUBTS_OF_A_KNOWN_LEAK, DOUBTS_OF_A_SUSPECT, GrowthSearch};
use super::join::{joined, joined_at_falls, largest_fall};
use super::points::Points;
use super::seen::Seen;
use std::borrow::Cow;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// Resolution of one level; all in seconds.
#[derive(Debug)]
struct LevelSize {
    /// Width of a bin.
    width: f64,
    /// Time that shapes are fitted to.
    horizon: f64,
    /// Time that earlier rises and yesterday are looked up in.
    lookback: f64,
    /// Time between looks.
    interval: f64,
    /// Time that must be known for this level to judge all growth, from and until; beyond it, only fast growth. Levels
    /// overlap by two looks, so that a leak is passed on without a break.
    judges: (f64, f64),
}

const LEVELS: [LevelSize; 6] = [
    size(MINUTE, 3.0 * HOUR, 30.0 * HOUR, 3.0 * MINUTE, (0.0, 0.0)),
    size(5.0 * MINUTE, 12.0 * HOUR, 4.0 * DAY, 10.0 * MINUTE, (0.0, 0.0)),
    size(15.0 * MINUTE, 36.0 * HOUR, 8.0 * DAY, HOUR, (0.0, 36.0 * HOUR)),
    size(30.0 * MINUTE, 4.0 * DAY, 8.0 * DAY, HOUR, (34.0 * HOUR, 4.0 * DAY)),
    size(HOUR, 8.0 * DAY, 8.0 * DAY, HOUR, (94.0 * HOUR, f64::INFINITY)),
    size(4.0 * HOUR, 32.0 * DAY, 32.0 * DAY, 4.0 * HOUR, (184.0 * HOUR, f64::INFINITY)),
];

const fn size(width: f64, horizon: f64, lookback: f64, interval: f64, judges: (f64, f64)) -> LevelSize {
    LevelSize { width, horizon, lookback, interval, judges }
}

/// Seconds between looks at a known leak, at least.
const INTERVAL_OF_KNOWN_LEAKS: f64 = HOUR;
/// Fewer bins show nothing.
const LEAST_BINS: usize = 12;

/// One level, and what was seen on it so far.
#[derive(Debug)]
pub(super) struct Level {
    size: &'static LevelSize,
    /// Closed bins within the lookback, restarts not joined.
    bins: Points,
    /// Index of the first value that is not in a closed bin.
    next_value: usize,
    next_look: f64,
    /// The growth that the last look saw.
    pub(super) last: Option<Assessment>,
    is_leak: bool,
}

impl Level {
    /// Every level that suits a series, before its first look.
    pub(super) fn all(seen: &Seen) -> Vec<Self> {
        let level = |size: &'static LevelSize| Self {
            size,
            bins: Points::default(),
            next_value: 0,
            next_look: size.interval,
            last: None,
            is_leak: false,
        };
        LEVELS.iter().filter(|size| seen.can_be_fast() || size.judges.1 > 0.0).map(level).collect()
    }

    /// Returns the time of the next look, if a value reaches it.
    pub(super) fn next_time(&self, seen: &Seen) -> Option<f64> {
        (self.next_look <= *seen.times.last()?).then_some(self.next_look)
    }

    /// Looks once, for a leak that was found before or that goes on.
    pub(super) fn look(&mut self, seen: &Seen, for_known_leak: bool, goes_on: bool) {
        let now = self.next_look;
        self.advance(seen, now);
        let assessed = self.assess(seen, now, for_known_leak);
        let is_leak = assessed.as_ref().is_some_and(Assessment::is_leak);
        // Two looks in a row.
        self.is_leak = is_leak && self.last.as_ref().is_some_and(Assessment::is_leak);
        self.last = assessed;
        // A gap has nothing to look at.
        let next = seen.times.get(self.next_value).copied().unwrap_or(f64::INFINITY);
        let interval = self.size.interval.max(if goes_on { INTERVAL_OF_KNOWN_LEAKS } else { 0.0 });
        self.next_look = ((next.max(now) / interval).floor() + 1.0) * interval;
    }

    /// The growth that two looks in a row took for a leak.
    pub(super) fn leak(&self) -> Option<&Assessment> {
        self.last.as_ref().filter(|_| self.is_leak)
    }

    /// Takes in the values whose bins are closed by `now`, and forgets what is older than the lookback.
    fn advance(&mut self, seen: &Seen, now: f64) {
        let end = (now / self.size.width).floor() * self.size.width;
        let until = seen.times.partition_point(|time| *time < end).max(self.next_value);
        let (times, values) = (&seen.times[self.next_value..until], &seen.values[self.next_value..until]);
        self.next_value = until;
        let closed = Points::binned(times, values, self.size.width);
        self.bins.times.extend(closed.times);
        self.bins.values.extend(closed.values);
        let old = self.bins.at(now - self.size.lookback);
        if old > self.bins.len() / 2 {
            self.bins = std::mem::take(&mut self.bins).since(old);
        }
    }

    /// Assesses the growth in the present horizon.
    fn assess(&self, seen: &Seen, now: f64, for_known_leak: bool) -> Option<Assessment> {
        let (from, until) = self.size.judges;
        let is_fast_only = !(from..=until).contains(&now);
        if is_fast_only && !seen.can_be_fast() {
            return None;
        }
        let recent = self.bins.values.get(self.bins.at(now - self.size.horizon)..)?;
        let floor = seen.floor(self.size.horizon);
        if recent.len() < LEAST_BINS || !rises(recent, floor) {
            return None;
        }
        let mut known = Cow::Borrowed(&self.bins);
        let breaks = seen.breaks_between(now - self.size.lookback, now);
        if !breaks.is_empty() {
            known = Cow::Owned(joined(known.into_owned(), breaks));
        }
        let old = known.at(now - self.size.lookback);
        if for_known_leak && largest_fall(known.values.get(old..)?).is_some() {
            known = Cow::Owned(joined_at_falls(known.into_owned()));
        }
        let (kind, capacity, width) = (seen.kind, seen.capacity, self.size.width);
        let (times, values) = (known.times.get(old..)?, known.values.get(old..)?);
        let first = known.at(now - self.size.horizon) - old;
        if times.len() - first < LEAST_BINS {
            return None;
        }
        let most_doubts = if for_known_leak { DOUBTS_OF_A_KNOWN_LEAK } else { DOUBTS_OF_A_SUSPECT };
        GrowthSearch { kind, capacity, floor, times, values, first, width, is_fast_only, most_doubts }
            .assess()
    }
}

/// Reports whether the end lies above the least value by what is worth a look: most of the time it does not.
fn rises(values: &[f64], floor: f64) -> bool {
    let end = values.len() - (values.len() / 8).max(1);
    let highest = values.iter().skip(end).copied().fold(f64::NEG_INFINITY, f64::max);
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    highest > least && highest - least >= floor
}
