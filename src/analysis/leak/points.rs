//! Points in time: bins with their medians, and a straight line with an honest error. A bin without samples is absent.

/// Residuals that follow each other this closely leave nothing that is independent.
const CLOSEST_CORRELATION: f64 = 0.97;

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
    /// Share of the variance that the line explains.
    pub(super) r_squared: f64,
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

/// The middle value; sorts them. `None` of nothing.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    let half = values.len() / 2;
    let upper = quantile_at(values, half)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = values.get(..half)?.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(f64::midpoint(lower, upper))
}

fn quantile_at(values: &mut [f64], index: usize) -> Option<f64> {
    if index >= values.len() {
        return None;
    }
    let (_, value, _) = values.select_nth_unstable_by(index, f64::total_cmp);
    Some(*value)
}

/// The line of least squares. `None` of fewer than three points, or of one instant.
pub(super) fn line(times: &[f64], values: &[f64]) -> Option<Line> {
    let n = count(times.len());
    let first = *times.first()?;
    let (mean_time, mean) = (times.iter().sum::<f64>() / n, values.iter().sum::<f64>() / n);
    let (mut covariance, mut spread, mut variance) = (0.0, 0.0, 0.0);
    for (time, value) in times.iter().zip(values) {
        covariance += (time - mean_time) * (value - mean);
        spread += (time - mean_time).powi(2);
        variance += (value - mean).powi(2);
    }
    if times.len() < 3 || spread <= 0.0 {
        return None;
    }
    let slope = covariance / spread;
    let (mut squares, mut products, mut previous) = (0.0, 0.0, 0.0);
    for (time, value) in times.iter().zip(values) {
        let rest = value - mean - slope * (time - mean_time);
        squares += rest * rest;
        products += rest * previous;
        previous = rest;
    }
    let correlation = if squares > 0.0 { products / squares } else { 0.0 };
    let correlation = correlation.clamp(0.0, CLOSEST_CORRELATION);
    let widening = ((1.0 + correlation) / (1.0 - correlation)).sqrt();
    Some(Line {
        slope,
        level: mean + slope * (first - mean_time),
        error: (squares / (n - 2.0) / spread).sqrt() * widening,
        r_squared: if variance > 0.0 { covariance * covariance / spread / variance } else { 0.0 },
    })
}

/// Medians of so many equal stretches of time; `None` where one of them is empty.
pub(super) fn block_medians<const COUNT: usize>(times: &[f64], values: &[f64]) -> Option<[f64; COUNT]> {
    let (first, last) = (*times.first()?, *times.last()?);
    let mut medians = [0.0; COUNT];
    let mut block: Vec<f64> = Vec::with_capacity(times.len() / COUNT + 2);
    let mut next = 0;
    for (index, median_of_block) in medians.iter_mut().enumerate() {
        let end = first + (last - first) * count(index + 1) / count(COUNT);
        block.clear();
        while let Some((time, value)) = times.get(next).zip(values.get(next)) {
            if *time >= end && index + 1 < COUNT {
                break;
            }
            block.push(*value);
            next += 1;
        }
        *median_of_block = median(&mut block)?;
    }
    Some(medians)
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
        assert!(line.error < 1e-9 && (line.r_squared - 1.0).abs() < 1e-12);
    }

    #[test]
    fn residuals_that_follow_each_other_widen_the_error() {
        let times: Vec<f64> = (0..40).map(f64::from).collect();
        let slow: Vec<f64> = times.iter().map(|time| (time / 6.0).sin()).collect();
        let fast: Vec<f64> = times.iter().map(|time| (time * 2.0).sin()).collect();
        assert!(line(&times, &slow).unwrap().error > 2.0 * line(&times, &fast).unwrap().error);
    }

    #[test]
    fn medians_of_blocks_by_hand() {
        let times = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(block_medians::<2>(&times, &[1.0, 9.0, 2.0, 4.0, 5.0, 8.0]), Some([2.0, 5.0]));
        assert_eq!(block_medians::<3>(&[0.0, 1.0, 9.0], &[1.0, 1.0, 1.0]), None);
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }
}
