//! The end of a leak: its curve went flat, or all was given back.

use super::estimate::{estimate, theil_sen};
use super::fit::best_bend;
use super::join::{joined, joined_at_falls};
use super::points::{Points, line};
use super::seen::Seen;
use super::verdict::{Growth, Kind};

/// The curve after a leak is flat if it grows by less than the first share of the leak's rate, and surely less than the
/// second.
const FLAT: f64 = 0.2;
const SURELY_FLAT: f64 = 0.5;
/// Standard errors that make sure.
const SURE: f64 = 2.0;
/// A leak whose growth was given back to this share is over and forgotten.
const GIVEN_BACK: f64 = 0.5;
/// The flat end must last this share of the leak, and so many seconds; in the kernel, whose memory is quiet, less.
const FLAT_END: (f64, f64) = (0.3, 7_200.0);
const FLAT_END_KERNEL: (f64, f64) = (0.08, 600.0);
/// Bins from the onset to now.
const BINS: f64 = 120.0;

/// Ways in which a leak ends.
pub(super) enum Ending {
    Flat(Growth),
    GivenBack,
}

/// Whether the growth that started about `start` has ended: its curve went flat; or was given back, which is asked
/// only of one that is past, since a leak that goes on after a restart gave all back, too.
pub(super) fn ending(start: f64, is_past: bool, seen: &Seen) -> Option<Ending> {
    let bend = RiseThenFlat::of(start, seen).filter(|bend| bend.lasts(seen.kind))?;
    if is_past && bend.is_given_back(seen)? {
        return Some(Ending::GivenBack);
    }
    if !bend.is_flat()? {
        return None;
    }
    // The start was a guess. From the onset on, the line has no flat beginning that would move its bend.
    let onset = seen.since_origin(estimate(seen, start, bend.knee)?.since);
    let knee = RiseThenFlat::of(onset, seen).map_or(bend.knee, |bend| bend.knee);
    Some(Ending::Flat(estimate(seen, start, knee)?))
}

/// A line that rises and then is flat.
struct RiseThenFlat {
    first: f64,
    knee: f64,
    last: f64,
    /// Units a second up to the knee.
    rise: f64,
    /// Falls added back.
    bins: Points,
}

impl RiseThenFlat {
    fn of(start: f64, seen: &Seen) -> Option<Self> {
        let from = seen.times.partition_point(|time| *time < start);
        let (times, values) = (seen.times.get(from..)?, seen.values.get(from..)?);
        let (first, last) = (*times.first()?, *times.last()?);
        let bins = Points::binned(times, values, ((last - first) / BINS).max(1.0));
        let bins = joined_at_falls(joined(bins, seen.breaks_between(first, last)));
        let knee = knee(&bins)?;
        let risen = bins.at(knee);
        let rise = theil_sen(bins.times.get(..risen)?, bins.values.get(..risen)?)?;
        (rise > 0.0).then_some(Self { first, knee, last, rise, bins })
    }

    /// Reports whether the time after the knee is long enough to be judged.
    fn lasts(&self, kind: Kind) -> bool {
        let (share, seconds) = if kind == Kind::Kernel { FLAT_END_KERNEL } else { FLAT_END };
        self.last - self.knee >= (share * (self.knee - self.first)).max(seconds)
    }

    fn is_given_back(&self, seen: &Seen) -> Option<bool> {
        let base = seen.level(self.first, self.first + (self.knee - self.first) / 10.0)?;
        let end = seen.level(f64::midpoint(self.knee, self.last), self.last)?;
        Some(end < base + (1.0 - GIVEN_BACK) * self.rise * (self.knee - self.first))
    }

    fn is_flat(&self) -> Option<bool> {
        let flat = self.bins.at(self.knee);
        let after = line(self.bins.times.get(flat..)?, self.bins.values.get(flat..)?)?;
        Some(after.slope <= FLAT * self.rise && after.slope + SURE * after.error <= SURELY_FLAT * self.rise)
    }
}

/// The time at which a rise ends, where a line that rises and then is flat fits best: a bend, seen from the end.
fn knee(bins: &Points) -> Option<f64> {
    let times: Vec<f64> = bins.times.iter().rev().map(|time| -time).collect();
    let values: Vec<f64> = bins.values.iter().rev().copied().collect();
    let inner = 3..bins.len().saturating_sub(3);
    let bend = best_bend(&times, &values, |index, slope| slope < 0.0 && inner.contains(&index))?;
    times.get(bend.index).map(|time| -time)
}
