//! Levels of noisy differences and their intervals: by ranks (Hodges–Lehmann), which one late free of a megabyte among
//! twenty runs does not move; and Student's t, for few values and for means.

use std::f64::consts::PI;

/// A level with its interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// The level.
    pub center: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The Hodges–Lehmann estimate: the median of the means of all pairs, with the interval that belongs to the signed-rank
/// test at so many standard errors. `None` where there are too few values for it: 12 are needed for 3.
pub fn level(values: &[f64], errors: f64) -> Option<Estimate> {
    let count = values.len() as f64;
    let mut means = Vec::with_capacity(values.len() * (values.len() + 1) / 2);
    for (index, one) in values.iter().enumerate() {
        means.extend(values[index..].iter().map(|other| f64::midpoint(*one, *other)));
    }
    means.sort_unstable_by(f64::total_cmp);
    let spread = (count * (count + 1.0) * (2.0 * count + 1.0) / 24.0).sqrt();
    let outside = (means.len() as f64 / 2.0 - errors * spread).floor();
    if outside < 0.0 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, from 0 up to the count"
    )]
    let outside = outside as usize;
    let (low, high) = (*means.get(outside)?, *means.get(means.len() - 1 - outside)?);
    Some(Estimate { center: median(&mut means)?, low, high })
}

/// The median; changes the order of the values. `None` of nothing.
pub fn median(values: &mut [f64]) -> Option<f64> {
    let (middle, is_even) = (values.len() / 2, values.len() % 2 == 0);
    if values.is_empty() {
        return None;
    }
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = below.iter().copied().filter(|_| is_even).max_by(f64::total_cmp);
    Some(lower.map_or(*upper, |lower| f64::midpoint(lower, *upper)))
}

/// The mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// The sum of the squares of what lies beside the mean.
pub fn squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

/// How many standard errors of Student's t with so many degrees of freedom lie about the mean in all but `outside` of
/// cases, on both sides together: 1.96 for 0.05 and many degrees.
pub fn student(freedom: u32, outside: f64) -> f64 {
    let freedom = freedom.clamp(1, 1000);
    let (mut low, mut high) = (0.0, 1.0);
    while inside(freedom, high) < 1.0 - outside && high < 1e9 {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if inside(freedom, middle) < 1.0 - outside {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The share of Student's t within `t` of 0: the finite series for whole degrees of freedom (Abramowitz and Stegun 26.7.3).
fn inside(freedom: u32, t: f64) -> f64 {
    let angle = (t / f64::from(freedom).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let is_odd = freedom % 2 == 1;
    let (mut term, mut sum) = if is_odd { (cosine, 0.0) } else { (1.0, 0.0) };
    let mut step = if is_odd { 2.0 } else { 1.0 };
    for _ in 0..freedom / 2 {
        sum += term;
        term *= cosine * cosine * step / (step + 1.0);
        step += 2.0;
    }
    if is_odd { 2.0 / PI * (angle + sine * sum) } else { sine * sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_values_have_no_interval() {
        assert_eq!(level(&[1.0; 11], 3.0), None);
        assert_eq!(level(&[1.0; 12], 3.0), Some(Estimate { center: 1.0, low: 1.0, high: 1.0 }));
        assert_eq!(level(&[], 3.0), None);
    }

    #[test]
    fn one_outlier_does_not_move_it() {
        let mut values = vec![1024.0; 19];
        values.push(-1024.0);
        assert_eq!(level(&values, 3.0).map(|level| (level.center, level.low)), Some((1024.0, 1024.0)));
    }

    #[test]
    fn the_interval_of_known_ranks() {
        // 1 to 12: the means of pairs run from 1 to 12, symmetric about 6.5.
        let values: Vec<f64> = (1..=12).map(f64::from).collect();
        assert_eq!(level(&values, 3.0), Some(Estimate { center: 6.5, low: 1.0, high: 12.0 }));
    }

    #[test]
    fn medians() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&mut []), None);
    }

    #[test]
    fn quantiles_of_students_t_are_those_of_the_tables() {
        let tabled = [
            (1, 0.05, 12.706),
            (2, 0.05, 4.303),
            (5, 0.01, 4.032),
            (9, 0.001, 4.781),
            (10, 0.0001, 6.211),
            (30, 0.05, 2.042),
            (120, 0.01, 2.617),
        ];
        for (freedom, outside, expected) in tabled {
            let found = student(freedom, outside);
            assert!((found - expected).abs() < 0.001, "{freedom} {outside}: {found}");
        }
        assert!((student(1000, 0.05) - 1.962).abs() < 0.001);
    }

    #[test]
    fn means_and_squares() {
        assert_eq!((mean(&[]), mean(&[1.0, 3.0]), squares(&[1.0, 3.0])), (0.0, 2.0, 2.0));
    }
}
