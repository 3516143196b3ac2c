//! Since when and how fast, once something is seen to grow: a hinge (flat, then a line) by least squares for the
//! onset, Theil–Sen for the slope, which does not mind outliers.

use super::fit::bends;
use super::join::{joined, joined_at_falls};
use super::points::{Points, correlation, count};
use super::seen::Seen;
use super::verdict::Growth;
use crate::base::statistics::{mean, median, squares};

/// Points that the estimate uses at most before and after the onset: pairs are tried, which grows as the square.
const MOST_POINTS: f64 = 160.0;
/// Time before the growth that the hinge is fitted to, as a share of the growth's time.
const BEFORE: f64 = 0.75;
/// An onset whose squares are within this of the best, in variances of the residuals and their correlation, may be it.
const BAND: f64 = 4.0;
/// Blocks of a growth whose increments are compared.
const BLOCKS: f64 = 20.0;
/// Half of the interval in standard errors: 95 % of a normal distribution.
const INTERVAL: f64 = 1.96;

/// Estimates the growth that was seen to start about `start` and lasts to `end`, or to the last value.
pub(super) fn estimate(seen: &Seen, start: f64, end: f64) -> Option<Growth> {
    let last = seen.times.partition_point(|time| *time <= end);
    let end = *seen.times.get(last.checked_sub(1)?)?;
    let from = start - BEFORE * (end - start);
    let first = seen.times.partition_point(|time| *time < from);
    let (times, values) = (seen.times.get(first..last)?, seen.values.get(first..last)?);
    let from = from.max(*times.first()?);
    let step = (end - from) / count(times.len().max(2) - 1);
    let width = ((end - from) / MOST_POINTS).max(step * 1.5);
    let points = joined(Points::binned(times, values, width), seen.breaks_between(from, end));
    let points = joined_at_falls(points);
    let (since, since_error) = hinge(&points)?;
    let grown = points.at(since).min(points.len().saturating_sub(3));
    let (times, values) = (points.times.get(grown..)?, points.values.get(grown..)?);
    let slope = theil_sen(times, values)?;
    let rest: Vec<f64> = times.iter().zip(values).map(|(time, value)| value - slope * time).collect();
    let error = slope_error(times, &rest)? * INTERVAL;
    let to_level = median(&mut rest.clone())? + slope * end;
    Some(Growth {
        since: seen.unix(since),
        since_error: rounded(whole(since_error + width / 2.0)),
        until: seen.unix(end),
        per_second: slope,
        low: slope - error,
        high: slope + error,
        from_level: to_level - slope * (end - since),
        to_level,
    })
}

/// Standard error of a slope, by the residuals' increments from block to block: how much they differ, and whether they
/// make up for each other, as noise about a line does, or add up, as growth in jumps does.
fn slope_error(times: &[f64], residuals: &[f64]) -> Option<f64> {
    let first = times.first()?;
    let seconds = times.last()? - first;
    let since: Vec<f64> = times.iter().map(|time| time - first).collect();
    let blocks = Points::binned(&since, residuals, 1.001 * seconds / BLOCKS).values;
    let steps: Vec<f64> = blocks.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let n = count(steps.len());
    let (mean, variance) = (mean(&steps), squares(&steps) / (n - 1.0));
    let following = steps.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum::<f64>() / (n - 1.0);
    let of_sum = n * variance + 2.0 * (n - 1.0) * following;
    (n > 1.0).then(|| of_sum.max(variance).sqrt() / seconds)
}

/// An error below a minute is told in seconds, to two hours in minutes, else in hours: it is one itself.
fn rounded(seconds: i64) -> i64 {
    let unit = match seconds {
        ..60 => 1,
        60..7_200 => 60,
        _ => 3_600,
    };
    (seconds + unit / 2) / unit * unit
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of a series that was given in whole ones")]
fn whole(seconds: f64) -> i64 {
    seconds.ceil() as i64
}

/// The onset of the bend with the least squares, and how far it may be off.
fn hinge(points: &Points) -> Option<(f64, f64)> {
    let (times, values) = (&points.times, &points.values);
    let last = points.len().saturating_sub(3);
    let mut rising = Vec::new();
    bends(times, values, |bend| rising.extend((bend.slope > 0.0 && bend.index < last).then_some(bend)));
    let best = rising.iter().min_by(|a, b| a.squares.total_cmp(&b.squares))?;
    let correlation = correlation(&best.residuals(times, values));
    let remembered = (1.0 + correlation) / (1.0 - correlation);
    let limit = best.squares * (1.0 + BAND * remembered / count(last.max(1)));
    let near = rising.iter().filter(|bend| bend.squares <= limit);
    // The last bend comes first.
    let (latest, earliest) = near.clone().next().zip(near.clone().next_back())?;
    let [since, earliest, latest] = [best, earliest, latest].map(|bend| times[bend.index]);
    Some((since, (since - earliest).max(latest - since)))
}

/// The median of the slopes of all pairs (Theil 1950, Sen 1968).
pub(super) fn theil_sen(times: &[f64], values: &[f64]) -> Option<f64> {
    let pairs = (1..times.len()).flat_map(|later| (0..later).map(move |earlier| (earlier, later)));
    let runs = pairs.map(|(from, to)| (times[to] - times[from], values[to] - values[from]));
    median(&mut runs.filter(|(run, _)| *run > 0.0).map(|(run, rise)| rise / run).collect::<Vec<f64>>())
}

#[cfg(test)]
mod tests {
    use super::super::verdict::{Kind, Series};
    use super::*;

    /// 1000 until 6000 s, then 0.5 a second until 12 000 s.
    fn hinged() -> (Vec<f64>, Vec<f64>) {
        let times: Vec<f64> = (0..200).map(|index| f64::from(index) * 60.0).collect();
        let values = times.iter().map(|time| 1000.0 + 0.5 * (time - 6000.0).max(0.0)).collect();
        (times, values)
    }

    #[test]
    fn an_exact_hinge_is_found_exactly() {
        let (times, values) = hinged();
        let unix: Vec<i64> = times.iter().map(|time| *time as i64).collect();
        let series = Series { kind: Kind::Other, times: &unix, values: &values, breaks: &[], capacity: None };
        let growth = estimate(&Seen::new(&series), 6600.0, f64::INFINITY).unwrap();
        assert!((growth.since - 6000).abs() <= 120, "{growth:?}");
        assert!((growth.per_second - 0.5).abs() < 0.01, "{growth:?}");
        assert!((growth.to_level - (1000.0 + 0.5 * 5940.0)).abs() < 40.0, "{growth:?}");
    }

    #[test]
    fn an_outlier_does_not_move_the_slope() {
        let (times, mut values) = hinged();
        let straight = theil_sen(&times, &values).unwrap();
        values[150] += 1e6;
        assert!((theil_sen(&times, &values).unwrap() - straight).abs() < 0.02 * straight);
    }
}
