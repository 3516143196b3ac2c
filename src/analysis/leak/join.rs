//! Restarts inside of a series. A process that was restarted, or a host that was booted, begins low and may leak on:
//! where it climbs at a like rate before and after a fall, the fall is added back, as `increase()` of Prometheus does
//! for counters. At a known restart that is not so, the series begins anew.

use super::points::{Line, Points, line};

/// Rates before and after a restart are alike if they differ at most by this factor.
const ALIKE: f64 = 1.5;
/// A climb is one if its slope is so many standard errors above zero.
const CERTAINTY: f64 = 3.5;
/// Fewer points have no rate.
const LEAST_POINTS: usize = 6;
/// A fall that no restart is known of takes this share of the whole range at once.
const FALL: f64 = 0.3;
/// More unknown falls than this are a rhythm.
const MOST_FALLS: usize = 3;

/// The points since the last restart that ended a climb, or none did; falls within a climb are added back.
pub(super) fn joined(points: Points, breaks: &[f64]) -> Points {
    breaks.iter().fold(points, |points, restart| {
        let at = points.at(*restart);
        if at == 0 || at >= points.len() {
            return points;
        }
        match shift(&points, at) {
            Some(shift) => without_mixed(raised(points, at, shift), at, *restart),
            None => points.since(at),
        }
    })
}

/// The points, with falls within a climb added back of which no restart is known. Among healthy series such falls are
/// chance, so this serves only a leak that was found already.
pub(super) fn joined_at_falls(mut points: Points) -> Points {
    for _ in 0..MOST_FALLS {
        let found = largest_fall(&points.values).and_then(|at| Some((at, shift(&points, at)?)));
        let Some((at, shift)) = found else { break };
        points = raised(points, at, shift);
    }
    points
}

/// The index after the largest fall, if that takes a good part of the whole range at once.
pub(super) fn largest_fall(values: &[f64]) -> Option<usize> {
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    let falls = values.windows(2).enumerate().map(|(index, pair)| (pair[0] - pair[1], index + 1));
    let largest = falls.max_by(|a, b| a.0.total_cmp(&b.0));
    largest.filter(|(fall, _)| *fall > FALL * (high - low)).map(|(_, index)| index)
}

/// By how much the points from `at` on must be raised to go on with the line before; `None` if they do not climb
/// alike. Compared are equal numbers of points on both sides: half of those that follow, so that what was before the climb is
/// left out.
fn shift(points: &Points, at: usize) -> Option<f64> {
    let compared = ((points.len() - at) / 2).max(LEAST_POINTS) + 1;
    let from = at.saturating_sub(compared);
    let climb = |from: usize, until: usize| -> Option<Line> {
        let line = line(points.times.get(from..until)?, points.values.get(from..until)?)?;
        (until.saturating_sub(from) >= LEAST_POINTS && line.slope > CERTAINTY * line.error).then_some(line)
    };
    // The bins next to the restart may hold values of both sides.
    let (earlier, later) =
        (climb(from, at.checked_sub(1)?)?, climb(at + 1, (at + 1 + compared).min(points.len()))?);
    let (begin, restart) = (points.times.get(from)?, points.times.get(at + 1)?);
    let expected = earlier.level + earlier.slope * (restart - begin);
    let is_alike = (1.0 / ALIKE..=ALIKE).contains(&(later.slope / earlier.slope));
    (is_alike && expected > later.level).then_some(expected - later.level)
}

/// The points without the one nearest to a restart before the point at `at`: its bin may hold values of both sides.
fn without_mixed(mut points: Points, at: usize, restart: f64) -> Points {
    let is_after = points.times[at] - restart < restart - points.times[at - 1];
    let mixed = if is_after { at } else { at - 1 };
    points.times.remove(mixed);
    points.values.remove(mixed);
    points
}

fn raised(mut points: Points, at: usize, shift: f64) -> Points {
    points.values.iter_mut().skip(at).for_each(|value| *value += shift);
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: impl IntoIterator<Item = f64>) -> Points {
        let values: Vec<f64> = values.into_iter().collect();
        Points {
            times: (0..values.len()).map(|index| super::super::points::count(index) * 60.0).collect(),
            values,
        }
    }

    /// 10 more at each point, back to 100 at the 20th.
    fn restarted() -> Points {
        points((0..40).map(|index| 100.0 + f64::from(index % 20) * 10.0))
    }

    #[test]
    fn a_leak_goes_on_after_a_restart() {
        for (joined, len) in [(joined(restarted(), &[1_190.0]), 39), (joined_at_falls(restarted()), 40)] {
            assert_eq!(joined.len(), len);
            assert!((joined.values[len - 1] - 490.0).abs() < 1e-6, "{:?}", joined.values);
        }
    }

    #[test]
    fn a_fall_between_unlike_pieces_is_left_alone() {
        let fell = points((0..40).map(|index| if index < 20 { 300.0 } else { 100.0 + f64::from(index) }));
        assert_eq!(joined_at_falls(fell.clone()), fell);
    }

    #[test]
    fn an_unlike_piece_after_a_known_restart_begins_anew() {
        let flat = points((0..40).map(|index| if index < 20 { 100.0 + f64::from(index) } else { 90.0 }));
        assert_eq!(joined(flat.clone(), &[1_190.0]), flat.since(20));
    }
}
