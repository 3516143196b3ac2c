//! Since when and how fast, once something is seen to grow: a hinge (flat, then a line) by least squares for the
//! onset, Theil–Sen for the slope, which does not mind outliers.

use super::join::{joined, joined_at_falls};
use super::points::{Points, block_medians, count, line, median};
use super::seen::Seen;
use super::verdict::Growth;

/// Points that the estimate uses at most before and after the onset: pairs are tried, which grows as the square.
const MOST_POINTS: f64 = 160.0;
/// How much of what was before belongs to the hinge, as a share of the growth's time.
const BEFORE: f64 = 0.75;
/// An onset whose squares are within this of the best, in variances of the residuals and their correlation, may be it.
const BAND: f64 = 4.0;
/// Blocks whose increments show jumps.
const JUMP_BLOCKS: usize = 20;
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
    let hinge = hinge(&points)?;
    let grown = points.at(hinge.since).min(points.len().saturating_sub(3));
    let (times, values) = (points.times.get(grown..)?, points.values.get(grown..)?);
    let slope = theil_sen(times, values)?;
    let error = line(times, values)?.error.max(hinge.error).max(jumpiness(times, values)) * INTERVAL;
    let mut levels: Vec<f64> =
        times.iter().zip(values).map(|(time, value)| value + slope * (end - time)).collect();
    let to_level = median(&mut levels)?;
    Some(Growth {
        since: seen.unix(hinge.since),
        since_error: rounded(whole(hinge.since_error + width / 2.0)),
        until: seen.unix(end),
        per_second: slope,
        low: slope - error,
        high: slope + error,
        from_level: to_level - slope * (end - hinge.since),
        to_level,
    })
}

/// Standard error of the rate of a growth that comes in jumps: how much the increments of equal blocks differ, and
/// whether they make up for each other, as noise about a line does, or add up, as jumps do.
fn jumpiness(times: &[f64], values: &[f64]) -> f64 {
    let Some((blocks, seconds)) =
        block_medians::<JUMP_BLOCKS>(times, values).zip(times.first().zip(times.last()).map(|(a, b)| b - a))
    else {
        return 0.0;
    };
    let steps: Vec<f64> = blocks.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let n = count(steps.len());
    let mean = steps.iter().sum::<f64>() / n;
    let variance = steps.iter().map(|step| (step - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let following = steps.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum::<f64>() / (n - 1.0);
    let of_sum = n * variance + 2.0 * (n - 1.0) * following;
    of_sum.max(variance).sqrt() / seconds
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

struct Hinge {
    since: f64,
    since_error: f64,
    /// Standard error of the slope, that of the onset included.
    error: f64,
}

/// The onset of the line that follows a flat level with the least squares, and how far it may be off.
fn hinge(points: &Points) -> Option<Hinge> {
    let fits: Vec<(f64, f64, f64)> = (0..points.len().saturating_sub(3))
        .filter_map(|index| {
            let since = *points.times.get(index)?;
            let (slope, squares) = hinge_at(points, since)?;
            (slope > 0.0).then_some((since, slope, squares))
        })
        .collect();
    let best = fits.iter().min_by(|a, b| a.2.total_cmp(&b.2))?;
    let variance = best.2 / count(points.len().saturating_sub(3).max(1));
    let limit = best.2 + BAND * variance * correlation_time(points, best.0, best.1);
    let near = fits.iter().filter(|(_, _, squares)| *squares <= limit);
    let (mut earliest, mut latest, mut steepest, mut flattest) = (best.0, best.0, best.1, best.1);
    for (since, slope, _) in near {
        (earliest, latest) = (earliest.min(*since), latest.max(*since));
        (steepest, flattest) = (steepest.max(*slope), flattest.min(*slope));
    }
    Some(Hinge {
        since: best.0,
        since_error: (best.0 - earliest).max(latest - best.0),
        error: (steepest - flattest) / 2.0 / INTERVAL,
    })
}

/// Slope and squares of the hinge whose line begins at `since`.
fn hinge_at(points: &Points, since: f64) -> Option<(f64, f64)> {
    let n = count(points.len());
    let run = |time: f64| (time - since).max(0.0);
    let mean_run = points.times.iter().map(|time| run(*time)).sum::<f64>() / n;
    let mean = points.values.iter().sum::<f64>() / n;
    let (mut covariance, mut spread, mut variance) = (0.0, 0.0, 0.0);
    for (time, value) in points.times.iter().zip(&points.values) {
        let (x, y) = (run(*time) - mean_run, value - mean);
        covariance += x * y;
        spread += x * x;
        variance += y * y;
    }
    (spread > 0.0).then(|| (covariance / spread, variance - covariance * covariance / spread))
}

/// How many points in a row say the same thing: (1 + r) / (1 − r) of the residuals' first correlation.
fn correlation_time(points: &Points, since: f64, slope: f64) -> f64 {
    let mut rests: Vec<f64> = Vec::with_capacity(points.len());
    for (time, value) in points.times.iter().zip(&points.values) {
        rests.push(value - slope * (time - since).max(0.0));
    }
    let mean = rests.iter().sum::<f64>() / count(rests.len().max(1));
    let squares: f64 = rests.iter().map(|rest| (rest - mean).powi(2)).sum();
    let products: f64 = rests.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    let correlation = if squares > 0.0 { (products / squares).clamp(0.0, 0.97) } else { 0.0 };
    (1.0 + correlation) / (1.0 - correlation)
}

/// The median of the slopes of all pairs (Theil 1950, Sen 1968).
pub(super) fn theil_sen(times: &[f64], values: &[f64]) -> Option<f64> {
    let mut slopes = Vec::with_capacity(times.len() * times.len().saturating_sub(1) / 2);
    for (index, (time, value)) in times.iter().zip(values).enumerate() {
        let later = times.iter().zip(values).skip(index + 1);
        slopes.extend(
            later.filter(|(then, _)| *then > time).map(|(then, level)| (level - value) / (then - time)),
        );
    }
    median(&mut slopes)
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
