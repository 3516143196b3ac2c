//! The end of a leak: its curve went flat, or all was given back.

use super::estimate::{estimate, theil_sen};
use super::points::{Points, count, line, median};
use super::repair;
use super::seen::Seen;
use super::verdict::{Growth, Kind};

/// What follows a leak is flat if it grows less than this share of it, and surely less than that one.
const FLAT: f64 = 0.2;
const SURELY_FLAT: f64 = 0.5;
/// Standard errors that make sure.
const SURE: f64 = 2.0;
/// A leak whose growth was given back to this share is over and forgotten.
const GIVEN_BACK: f64 = 0.5;
/// The flat end must last this share of the leak, and so many seconds.
const FLAT_SHARE: f64 = 0.08;
const FLAT_SECONDS: f64 = 7_200.0;
const FLAT_SECONDS_KERNEL: f64 = 600.0;
/// Bins from the onset to now.
const BINS: f64 = 120.0;

/// How a leak ended.
pub(super) enum Ending {
    Flat(Growth),
    GivenBack,
}

/// Whether the growth that started about `start` has ended: its curve went flat; or was given back, which is asked
/// only of one that is past, since a leak that goes on after a restart gave all back, too.
pub(super) fn ending(start: f64, is_past: bool, kind: Kind, seen: &Seen) -> Option<Ending> {
    let begin = seen.begin_of(start);
    let from = seen.times.partition_point(|time| *time < start);
    let (times, values) = (seen.times.get(from..)?, seen.values.get(from..)?);
    let (first, last) = (*times.first()?, *times.last()?);
    let raw = Points::binned(times, values, ((last - first) / BINS).max(1.0));
    let (bins, _) = repair::points(&raw, 0, raw.len());
    let knee = knee(&bins)?;
    let rise = theil_sen_of(&bins, first, knee)?;
    let seconds = if kind == Kind::Kernel { FLAT_SECONDS_KERNEL } else { FLAT_SECONDS };
    if last - knee < (FLAT_SHARE * (knee - first)).max(seconds) || rise <= 0.0 {
        return None;
    }
    let after = line(bins.times.get(bins.at(knee)..)?, bins.values.get(bins.at(knee)..)?)?;
    let level = |from: f64, until: f64| {
        let inside = raw.times.iter().zip(&raw.values).filter(|(time, _)| (from..=until).contains(*time));
        median(&mut inside.map(|(_, value)| *value).collect::<Vec<f64>>())
    };
    let grown = rise * (knee - first);
    let base = level(first, first + (knee - first) / 10.0)?;
    if is_past && level(last - (last - knee) / 2.0, last)? < base + (1.0 - GIVEN_BACK) * grown {
        return Some(Ending::GivenBack);
    }
    if after.slope > FLAT * rise || after.slope + SURE * after.error > SURELY_FLAT * rise {
        return None;
    }
    let end = seen.times.partition_point(|time| *time <= knee);
    let estimate = estimate(seen.times.get(..end)?, seen.values.get(..end)?, start, begin)?;
    Some(Ending::Flat(estimate.growth(seen)))
}

/// The point at which a line with a bend fits best, if it bends down.
fn knee(bins: &Points) -> Option<f64> {
    let fits = (3..bins.len().saturating_sub(3)).filter_map(|index| {
        let knee = *bins.times.get(index)?;
        let squares = bent(bins, knee)?;
        Some((knee, squares))
    });
    fits.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(knee, _)| knee)
}

/// Squares of the line that rises to `knee` and is flat after it.
fn bent(bins: &Points, knee: f64) -> Option<f64> {
    let n = count(bins.len());
    let run = |time: f64| time.min(knee);
    let mean_run = bins.times.iter().map(|time| run(*time)).sum::<f64>() / n;
    let mean = bins.values.iter().sum::<f64>() / n;
    let (mut covariance, mut spread, mut variance) = (0.0, 0.0, 0.0);
    for (time, value) in bins.times.iter().zip(&bins.values) {
        let (x, y) = (run(*time) - mean_run, value - mean);
        covariance += x * y;
        spread += x * x;
        variance += y * y;
    }
    (spread > 0.0).then(|| variance - covariance * covariance / spread)
}

fn theil_sen_of(bins: &Points, from: f64, until: f64) -> Option<f64> {
    let (first, last) = (bins.at(from), bins.at(until).max(bins.at(from)));
    theil_sen(bins.times.get(first..last)?, bins.values.get(first..last)?)
}
