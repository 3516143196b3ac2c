//! A level of many noisy differences and its interval, by ranks: one late free of a megabyte among twenty runs must not move it.

/// A level with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    /// The level.
    pub(super) center: f64,
    /// The lower end of its interval.
    pub(super) low: f64,
    /// The upper end.
    pub(super) high: f64,
}

/// The Hodges–Lehmann estimate: the median of the means of all pairs, with the interval that belongs to the signed-rank
/// test at so many standard errors. `None` where there are too few values for it: 12 are needed for 3.
pub(super) fn level(values: &[f64], errors: f64) -> Option<Estimate> {
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

/// The median.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 0 { f64::midpoint(values[middle - 1], upper) } else { upper })
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
}
