//! Levels of detail: the same series in bins of a minute up to four hours, each looked at over its own horizon that
//! ends now. A fast leak shows in an hour of minutes, one that comes once a day in a month of hours.

use super::evidence::{Assessment, DOUBTS_OF_A_KNOWN_LEAK, DOUBTS_OF_A_SUSPECT, GrowthSearch};
use super::join::{joined, joined_at_falls, largest_fall};
use super::points::Points;
use super::seen::Seen;
use super::verdict::Kind;
use std::borrow::Cow;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// Width of a bin, horizon, how far back the history goes, and time between looks, in seconds.
const LEVELS: [(f64, f64, f64, f64); 6] = [
    (MINUTE, 3.0 * HOUR, 30.0 * HOUR, 3.0 * MINUTE),
    (5.0 * MINUTE, 12.0 * HOUR, 4.0 * DAY, 10.0 * MINUTE),
    (15.0 * MINUTE, 36.0 * HOUR, 8.0 * DAY, HOUR),
    (30.0 * MINUTE, 4.0 * DAY, 8.0 * DAY, HOUR),
    (HOUR, 8.0 * DAY, 8.0 * DAY, HOUR),
    (4.0 * HOUR, 32.0 * DAY, 32.0 * DAY, 4.0 * HOUR),
];
/// Levels below this horizon show only what is fast, unless they hold all that is known.
const LONG: f64 = 8.0 * DAY;
/// The finest level that may hold all that is known: below it, nothing but the fast is believed.
const FINEST_OF_ALL: f64 = 36.0 * HOUR;
/// Seconds between looks at a known leak, at least.
const INTERVAL_OF_KNOWN_LEAKS: f64 = 30.0 * MINUTE;
/// Fewer bins show nothing.
const LEAST_BINS: usize = 12;

/// One level, and what was seen on it so far.
#[derive(Debug)]
pub(super) struct Level {
    width: f64,
    horizon: f64,
    /// The largest horizon below this one.
    finer: f64,
    lookback: f64,
    interval: f64,
    /// Closed bins within the lookback, restarts not joined.
    bins: Points,
    /// Index of the first value that is not in a closed bin.
    next_value: usize,
    next_look: f64,
    last: Option<Assessment>,
    is_leak: bool,
}

impl Level {
    /// Every level that suits a series, before its first look.
    pub(super) fn all(seen: &Seen) -> Vec<Self> {
        let can_be_fast = seen.kind == Kind::Kernel || seen.capacity.is_some();
        let mut finer = 0.0;
        let levels = LEVELS.into_iter().map(|(width, horizon, lookback, interval)| {
            let smaller = std::mem::replace(&mut finer, horizon);
            let finer = if horizon <= FINEST_OF_ALL { 0.0 } else { smaller };
            Self {
                width,
                horizon,
                finer,
                lookback,
                interval,
                bins: Points::default(),
                next_value: 0,
                next_look: interval,
                last: None,
                is_leak: false,
            }
        });
        levels.filter(|level| can_be_fast || level.horizon >= FINEST_OF_ALL).collect()
    }

    /// Returns the time of the next look, if a value reaches it.
    pub(super) fn next_time(&self, seen: &Seen) -> Option<f64> {
        (self.next_look <= *seen.times.last()?).then_some(self.next_look)
    }

    /// Looks once, `for_known_leak` where one was found before.
    pub(super) fn look(&mut self, seen: &Seen, for_known_leak: bool) {
        let now = self.next_look;
        self.advance(seen, now);
        let assessed = self.assess(seen, now, for_known_leak);
        let is_leak = assessed.as_ref().is_some_and(Assessment::is_leak);
        // Two looks in a row.
        self.is_leak = is_leak && self.last.as_ref().is_some_and(Assessment::is_leak);
        self.last = assessed;
        // A gap has nothing to look at.
        let next = seen.times.get(self.next_value).copied().unwrap_or(f64::INFINITY);
        let interval =
            if for_known_leak { self.interval.max(INTERVAL_OF_KNOWN_LEAKS) } else { self.interval };
        self.next_look = ((next.max(now) / interval).floor() + 1.0) * interval;
    }

    /// The growth that two looks in a row took for a leak.
    pub(super) fn leak(&self) -> Option<&Assessment> {
        self.last.as_ref().filter(|_| self.is_leak)
    }

    /// The growth that the last look saw.
    pub(super) fn last(&self) -> Option<&Assessment> {
        self.last.as_ref()
    }

    /// Takes in the values whose bins are closed by `now`, and forgets what is older than the lookback.
    fn advance(&mut self, seen: &Seen, now: f64) {
        let end = (now / self.width).floor() * self.width;
        let until = seen.times.partition_point(|time| *time < end).max(self.next_value);
        let (times, values) = (&seen.times[self.next_value..until], &seen.values[self.next_value..until]);
        self.next_value = until;
        let closed = Points::binned(times, values, self.width);
        self.bins.times.extend(closed.times);
        self.bins.values.extend(closed.values);
        let old = self.bins.at(now - self.lookback);
        if old > self.bins.len() / 2 {
            self.bins = std::mem::take(&mut self.bins).since(old);
        }
    }

    /// Assesses the growth in the present horizon.
    fn assess(&self, seen: &Seen, now: f64, for_known_leak: bool) -> Option<Assessment> {
        let is_fast_only = !self.is_for_all(now);
        if is_fast_only && seen.kind != Kind::Kernel && seen.capacity.is_none() {
            return None;
        }
        let recent = self.bins.values.get(self.bins.at(now - self.horizon)..)?;
        let floor = seen.floor(self.horizon);
        if recent.len() < LEAST_BINS || !rises(recent, floor) {
            return None;
        }
        let mut known = Cow::Borrowed(&self.bins);
        let breaks = seen.breaks_between(now - self.lookback, now);
        if !breaks.is_empty() {
            known = Cow::Owned(joined(known.into_owned(), breaks));
        }
        let old = known.at(now - self.lookback);
        if for_known_leak && largest_fall(known.values.get(old..)?).is_some() {
            known = Cow::Owned(joined_at_falls(known.into_owned()));
        }
        let (kind, capacity, width) = (seen.kind, seen.capacity, self.width);
        let (times, values) = (known.times.get(old..)?, known.values.get(old..)?);
        let first = known.at(now - self.horizon) - old;
        if times.len() - first < LEAST_BINS {
            return None;
        }
        let most_doubts = if for_known_leak { DOUBTS_OF_A_KNOWN_LEAK } else { DOUBTS_OF_A_SUSPECT };
        GrowthSearch { kind, capacity, floor, times, values, first, width, is_fast_only, most_doubts }
            .assess()
    }

    /// Reports whether this is the finest level whose horizon holds all that is known, or one of the coarsest. It begins two
    /// looks early, so that a leak is passed on to it without a break.
    fn is_for_all(&self, now: f64) -> bool {
        let begins = self.finer - 2.0 * self.interval;
        self.horizon >= FINEST_OF_ALL && now > begins && (now <= self.horizon || self.horizon >= LONG)
    }
}

/// Reports whether the end lies above the least value by what is worth a look: most of the time it does not.
fn rises(values: &[f64], floor: f64) -> bool {
    let end = values.len() - (values.len() / 8).max(1);
    let highest = values.iter().skip(end).copied().fold(f64::NEG_INFINITY, f64::max);
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    highest > least && highest - least >= floor
}
