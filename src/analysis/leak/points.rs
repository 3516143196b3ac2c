//! Points in time: bins with their medians, and a straight line with an honest error. A bin without samples is absent.

use crate::base::statistics::{mean, median};

/// Residuals that follow each other this closely leave nothing that is independent.
const CLOSEST_CORRELATION: f64 = 0.98;

/// Times in seconds, ascending, and a value for each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Points {
    pub(super) times: Vec<f64>,
    pub(super) values: Vec<f64>,
}

/// A straight line through points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) slope: f64,
    /// The level at the first point.
    pub(super) level: f64,
    /// Standard error of the slope, wider where residuals follow each other (first-order autocorrelation).
    pub(super) error: f64,
}

impl Points {
    /// Bins of `width` seconds, each with its median at its middle.
    pub(super) fn binned(times: &[f64], values: &[f64], width: f64) -> Self {
        let mut points = Self::default();
        let mut bin: Vec<f64> = Vec::new();
        let mut index = f64::NEG_INFINITY;
        for (time, value) in times.iter().zip(values) {
            let current = (time / width).floor();
            if current > index {
                points.close(&mut bin, (index + 0.5) * width);
                index = current;
            }
            bin.push(*value);
        }
        points.close(&mut bin, (index + 0.5) * width);
        points
    }

    fn close(&mut self, bin: &mut Vec<f64>, middle: f64) {
        if let Some(level) = median(bin) {
            self.times.push(middle);
            self.values.push(level);
        }
        bin.clear();
    }

    /// The points from an index on.
    pub(super) fn since(mut self, index: usize) -> Self {
        self.times.drain(..index.min(self.times.len()));
        self.values.drain(..index.min(self.values.len()));
        self
    }

    pub(super) fn len(&self) -> usize {
        self.times.len()
    }

    /// The index of the first point at or after a time.
    pub(super) fn at(&self, time: f64) -> usize {
        self.times.partition_point(|known| *known < time)
    }
}

/// The line of least squares. `None` of fewer than three points, or of one instant.
pub(super) fn line(times: &[f64], values: &[f64]) -> Option<Line> {
    let n = count(times.len());
    let first = *times.first()?;
    let (mean_time, mean) = (mean(times), mean(values));
    let (mut covariance, mut spread) = (0.0, 0.0);
    for (time, value) in times.iter().zip(values) {
        covariance += (time - mean_time) * (value - mean);
        spread += (time - mean_time).powi(2);
    }
    if times.len() < 3 || spread <= 0.0 {
        return None;
    }
    let slope = covariance / spread;
    let rest = |(time, value): (&f64, &f64)| value - mean - slope * (time - mean_time);
    let residuals: Vec<f64> = times.iter().zip(values).map(rest).collect();
    let squares: f64 = residuals.iter().map(|rest| rest * rest).sum();
    let correlation = correlation(&residuals);
    let widening = ((1.0 + correlation) / (1.0 - correlation)).sqrt();
    Some(Line {
        slope,
        level: mean + slope * (first - mean_time),
        error: (squares / (n - 2.0) / spread).sqrt() * widening,
    })
}

/// The correlation of each residual with the next one, if they follow each other.
pub(super) fn correlation(residuals: &[f64]) -> f64 {
    let squares: f64 = residuals.iter().map(|rest| rest * rest).sum();
    let products: f64 = residuals.windows(2).map(|pair| pair[0] * pair[1]).sum();
    if squares > 0.0 { (products / squares).clamp(0.0, CLOSEST_CORRELATION) } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "counts of points are far below 2^52")]
pub(super) fn count(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_take_the_median_and_skip_empty_ones() {
        let times = [0.0, 10.0, 20.0, 30.0, 40.0, 200.0];
        let values = [5.0, 1.0, 2.0, 99.0, 3.0, 7.0];
        let bins = Points::binned(&times, &values, 60.0);
        assert_eq!(bins, Points { times: vec![30.0, 210.0], values: vec![3.0, 7.0] });
    }

    #[test]
    fn a_line_through_exact_points_has_no_error() {
        let line = line(&[10.0, 20.0, 30.0, 40.0], &[1.0, 3.0, 5.0, 7.0]).unwrap();
        assert!((line.slope - 0.2).abs() < 1e-12 && (line.level - 1.0).abs() < 1e-12);
        assert!(line.error < 1e-9);
    }

    #[test]
    fn residuals_that_follow_each_other_widen_the_error() {
        let times: Vec<f64> = (0..40).map(f64::from).collect();
        let slow: Vec<f64> = times.iter().map(|time| (time / 6.0).sin()).collect();
        let fast: Vec<f64> = times.iter().map(|time| (time * 2.0).sin()).collect();
        assert!(line(&times, &slow).unwrap().error > 2.0 * line(&times, &fast).unwrap().error);
    }
}
