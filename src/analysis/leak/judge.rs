//! The verdict on a series at its last sample.

use super::verdict::{Growth, Kind, Reason, Series, State, Verdict};

/// Fewer values than this say nothing.
const LEAST_VALUES: usize = 20;
/// Growth of the kernel's memory below this is noise.
const FLOOR: f64 = 256.0 * 1024.0;

/// Judges a series at its last sample.
pub fn judge(series: &Series) -> Verdict {
    let begin = series.breaks.last().copied().unwrap_or(i64::MIN);
    let points: Vec<(f64, f64)> = series
        .times
        .iter()
        .zip(series.values)
        .filter(|(time, value)| **time >= begin && value.is_finite())
        .map(|(time, value)| (seconds(*time), *value))
        .collect();
    if points.len() < LEAST_VALUES {
        return Verdict::default();
    }
    let Some((start, slope)) = hinge(&points) else {
        return Verdict { reason: Reason::NoGrowth, ..Verdict::default() };
    };
    let Some(((from, _), (until, _))) = points.get(start).copied().zip(points.last().copied()) else {
        return Verdict::default();
    };
    let total = slope * (until - from);
    let base = points.iter().take(start.max(1)).map(|(_, value)| value).sum::<f64>() / count(start.max(1));
    if total < FLOOR || until - from < 20.0 * 60.0 {
        return Verdict { reason: Reason::NoGrowth, ..Verdict::default() };
    }
    let growth = Growth {
        since: whole(from),
        since_error: 60,
        until: whole(until),
        per_second: slope,
        low: slope * 0.97,
        high: slope * 1.03,
        from_level: base,
        to_level: base + total,
    };
    let (state, reason) =
        if series.kind == Kind::Cache { (State::Ok, Reason::Cache) } else { (State::Leaking, Reason::Even) };
    Verdict { state, growth: Some(growth), reason }
}

/// The start and slope of the line that follows a flat beginning with the least squares.
fn hinge(points: &[(f64, f64)]) -> Option<(usize, f64)> {
    let step = (points.len() / 60).max(1);
    let fits = (0..points.len() - LEAST_VALUES / 2).step_by(step).filter_map(|start| {
        let (origin, _) = *points.get(start)?;
        let x: Vec<f64> = points.iter().map(|(time, _)| (time - origin).max(0.0)).collect();
        let n = count(points.len());
        let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, points.iter().map(|(_, y)| y).sum::<f64>() / n);
        let covariance: f64 = x.iter().zip(points).map(|(x, (_, y))| (x - mean_x) * (y - mean_y)).sum();
        let variance: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
        let slope = covariance / variance;
        let rest: f64 =
            x.iter().zip(points).map(|(x, (_, y))| (y - mean_y - slope * (x - mean_x)).powi(2)).sum();
        (slope > 0.0).then_some((start, slope, rest))
    });
    fits.min_by(|a, b| a.2.total_cmp(&b.2)).map(|(start, slope, _)| (start, slope))
}

#[expect(clippy::cast_precision_loss, reason = "unix times are far below 2^52")]
fn seconds(time: i64) -> f64 {
    time as f64
}

#[expect(clippy::cast_possible_truncation, reason = "unix times")]
fn whole(time: f64) -> i64 {
    time as i64
}

#[expect(clippy::cast_precision_loss, reason = "counts of samples")]
fn count(count: usize) -> f64 {
    count as f64
}
