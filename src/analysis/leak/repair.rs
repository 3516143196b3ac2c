//! Falls inside a growth: a leaking process was restarted and leaks on from below. Added back, as `increase()` of
//! Prometheus does for counters, so that the line goes on; few and far between, or it is a saw tooth.

use super::points::Points;

/// A fall gives back so much of the whole range at once …
const FALL: f64 = 0.4;
/// … and this share of it stays away for the next bins.
const LASTS: f64 = 0.6;
const NEXT_BINS: usize = 3;
/// More falls than this in one horizon are a rhythm of their own.
const MOST_FALLS: usize = 3;

/// The values of a horizon with its falls added back, and the index after each fall.
pub(super) fn repaired(values: &[f64]) -> (Vec<f64>, Vec<usize>) {
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    let mut whole = values.to_vec();
    let mut falls = Vec::new();
    let mut added = 0.0;
    for (index, pair) in values.windows(2).enumerate() {
        let &[before, after] = pair else { continue };
        let fall = before - after;
        let next = values.iter().skip(index + 1).take(NEXT_BINS);
        let is_seen_to_last = index + 2 < values.len();
        if fall > FALL * (high - low)
            && is_seen_to_last
            && next.clone().all(|value| *value < before - LASTS * fall)
        {
            added += fall;
            falls.push(index + 1);
        }
        if let Some(value) = whole.get_mut(index + 1) {
            *value += added;
        }
    }
    if falls.len() > MOST_FALLS { (values.to_vec(), Vec::new()) } else { (whole, falls) }
}

/// The points from `begin` on, falls added back.
pub(super) fn points(points: &Points, begin: usize, end: usize) -> (Points, Vec<usize>) {
    let times = points.times.get(begin..end).unwrap_or_default().to_vec();
    let (values, falls) = repaired(points.values.get(begin..end).unwrap_or_default());
    (Points { times, values }, falls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_that_lasts_is_added_back() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1.0, 2.0, 2.5, 3.0];
        let (whole, falls) = repaired(&values);
        assert_eq!((&whole[6..], falls), (&[6.0, 7.0, 7.5, 8.0][..], vec![6]));
    }

    #[test]
    fn a_dip_and_a_saw_tooth_are_left_alone() {
        let dip = [1.0, 2.0, 3.0, 4.0, 1.0, 4.5, 5.0, 6.0];
        assert_eq!(repaired(&dip), (dip.to_vec(), vec![]));
        let teeth: Vec<f64> = (0..40).map(|index| f64::from(index % 6)).collect();
        assert_eq!(repaired(&teeth), (teeth.clone(), vec![]));
    }
}
