//! Simple shapes fitted to points by least squares: a flat level, one step, two steps, a bend (flat, then a line) and a
//! rise between two levels. The leak finder compares how much of the points each of them leaves unexplained.
//!
//! Bursts and dips would decide a fit of squares, so [`clipped`] draws values that lie far from the best shape towards
//! it first (Huber's estimate, by repetition).

use super::points::count;
use crate::base::statistics::{mean, median, squares};

/// Values are drawn to within so many robust standard deviations of the best shape.
const CLIP: f64 = 2.0;
/// Repetitions of the clipping at most, and the share of the squares at which it has converged.
const REPETITIONS: usize = 6;
const CONVERGED: f64 = 0.99;
/// Median absolute deviation of a normal distribution, in standard deviations.
const MAD_TO_DEVIATION: f64 = 1.4826;
/// Places at which a grid looks for an index.
const GRID: usize = 20;
/// A flat end of a rise lasts this share of it, and two points.
const FLAT_END: f64 = 0.08;

/// A flat level, then a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bend {
    /// Index of the point at which the line begins.
    pub(super) index: usize,
    /// Units a second.
    pub(super) slope: f64,
    /// The flat level.
    pub(super) level: f64,
    /// Sum of the squared residuals.
    pub(super) squares: f64,
}

impl Bend {
    /// The fitted value at the point of this index.
    fn value(&self, times: &[f64], index: usize) -> f64 {
        let run = times.get(index).zip(times.get(self.index)).map_or(0.0, |(time, since)| time - since);
        self.level + self.slope * run.max(0.0)
    }

    /// The values less the bend.
    pub(super) fn residuals(&self, times: &[f64], values: &[f64]) -> Vec<f64> {
        values.iter().enumerate().map(|(index, value)| value - self.value(times, index)).collect()
    }
}

/// Hands over the best bend at each point, the last one first.
pub(super) fn bends(times: &[f64], values: &[f64], mut visit: impl FnMut(Bend)) {
    let n = count(values.len());
    let (mean, total) = (mean(values), squares(values));
    let last = times.last().copied().unwrap_or_default();
    // Sums over the points from `index` on, of the time relative to the end and of the value relative to the mean.
    let (mut points, mut sum, mut sum_squares, mut products, mut sum_values) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (index, (time, value)) in times.iter().zip(values).enumerate().rev() {
        let (t, v) = (time - last, value - mean);
        points += 1.0;
        sum += t;
        sum_squares += t * t;
        products += t * v;
        sum_values += v;
        let run = sum - points * t;
        let spread = sum_squares - 2.0 * t * sum + points * t * t - run * run / n;
        if spread > 0.0 {
            let slope = (products - t * sum_values) / spread;
            let squares = (total - slope * slope * spread).max(0.0);
            visit(Bend { index, slope, level: mean - slope * run / n, squares });
        }
    }
}

/// The bend with the least squares among those that `accepts` their index and slope. `None` where there is none.
pub(super) fn best_bend(times: &[f64], values: &[f64], accepts: impl Fn(usize, f64) -> bool) -> Option<Bend> {
    let mut best: Option<Bend> = None;
    bends(times, values, |bend| {
        if best.is_none_or(|best| bend.squares < best.squares) && accepts(bend.index, bend.slope) {
            best = Some(bend);
        }
    });
    best
}

/// Sums of the values before each index, less their mean, so that nothing is lost to a high level.
struct Sums {
    before: Vec<f64>,
    total_squares: f64,
}

impl Sums {
    fn new(values: &[f64]) -> Self {
        let mean = mean(values);
        let mut sum = 0.0;
        let before = std::iter::once(0.0).chain(values.iter().map(|value| {
            sum += value - mean;
            sum
        }));
        Self { before: before.collect(), total_squares: squares(values) }
    }

    /// Squares that a level of its own explains of the points from `from` up to `until`.
    fn explained(&self, from: usize, until: usize) -> f64 {
        let sum = self.before[until] - self.before[from];
        sum * sum / count(until - from)
    }
}

/// The squares that the best step leaves, and the index at which it comes.
pub(super) fn step(values: &[f64]) -> (f64, usize) {
    let (sums, n) = (Sums::new(values), values.len());
    let at = |index: usize| sums.explained(0, index) + sums.explained(index, n);
    let best = (1..n).map(|index| (at(index), index)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or((sums.total_squares, 0), |(explained, index)| {
        ((sums.total_squares - explained).max(0.0), index)
    })
}

/// The squares that the best two steps leave.
pub(super) fn two_steps(values: &[f64]) -> f64 {
    let (sums, n) = (Sums::new(values), values.len());
    let explained = |first: usize, second: usize| {
        sums.explained(0, first) + sums.explained(first, second) + sums.explained(second, n)
    };
    (sums.total_squares - most_of_pairs(1, n, explained)).max(0.0)
}

/// The largest value for two indices in ascending order, from `begin` on and before `end`: found on a grid, then
/// around the best of it.
fn most_of_pairs(begin: usize, end: usize, value: impl Fn(usize, usize) -> f64) -> f64 {
    let stride = (end.saturating_sub(begin) / GRID).max(1);
    let mut best = (0.0, 0, 0);
    for first in (begin..end).step_by(stride) {
        for second in (first + 1..end).step_by(stride) {
            let found = value(first, second);
            if found > best.0 {
                best = (found, first, second);
            }
        }
    }
    let (mut most, first, second) = best;
    let around = |index: usize| index.saturating_sub(stride - 1).max(begin)..(index + stride).min(end);
    for first in around(first) {
        for second in around(second).filter(|second| *second > first) {
            most = f64::max(most, value(first, second));
        }
    }
    most
}

/// The squares that the best rise between two flat levels leaves; its flat end lasts a share of the growth of `grown`
/// points at least.
pub(super) fn rise_to_level(times: &[f64], values: &[f64], grown: usize) -> f64 {
    let n = values.len();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
    let flat_end = ((FLAT_END * count(grown)) as usize).max(2);
    let sums = Sums::new(values);
    let mean = mean(values);
    let first = times.first().copied().unwrap_or(0.0);
    // Sums before each index of the time, its square, and its product with the value.
    let mut before = vec![[0.0; 3]; n + 1];
    for (index, (time, value)) in times.iter().zip(values).enumerate() {
        let t = time - first;
        let [sum, squares, products] = before[index];
        before[index + 1] = [sum + t, squares + t * t, products + t * (value - mean)];
    }
    let explained = |begin: usize, end: usize| {
        let t = times[begin] - first;
        let length = times[end] - times[begin];
        let [sum, squares, products] = [0, 1, 2].map(|power| before[end][power] - before[begin][power]);
        let (rising, level) = (count(end - begin), count(n - end));
        let above = sums.before[n] - sums.before[end];
        let run = sum - rising * t + level * length;
        let run_squares = squares - 2.0 * t * sum + rising * t * t + level * length * length;
        let with_values = products - t * (sums.before[end] - sums.before[begin]) + length * above;
        let spread = run_squares - run * run / count(n);
        if spread > 0.0 { with_values * with_values / spread } else { 0.0 }
    };
    (sums.total_squares - most_of_pairs(0, n.saturating_sub(flat_end), explained)).max(0.0)
}

/// The values, those far from the best bend or step drawn towards it.
pub(super) fn clipped(times: &[f64], values: &[f64]) -> Vec<f64> {
    let mut clipped = values.to_vec();
    let last = values.len().saturating_sub(2);
    let mut before_squares = f64::INFINITY;
    for _ in 0..REPETITIONS {
        let Some(bend) = best_bend(times, &clipped, |index, _| index < last) else { break };
        let (step_squares, at) = step(&clipped);
        let is_step = step_squares < bend.squares;
        let squares = step_squares.min(bend.squares);
        if squares > CONVERGED * before_squares {
            break;
        }
        before_squares = squares;
        let (before, after) = clipped.split_at(at);
        let [before, after] = [before, after].map(mean);
        let fitted = |index: usize| match is_step {
            true if index < at => before,
            true => after,
            false => bend.value(times, index),
        };
        let mut distances: Vec<f64> =
            values.iter().enumerate().map(|(index, value)| (value - fitted(index)).abs()).collect();
        // Of the noisier side: stairs after a calm time are no outliers.
        let (calm, noisy) = distances.split_at_mut(if is_step { at } else { bend.index });
        let sides = [calm, noisy].map(|side| median(side).unwrap_or_default());
        let deviation = sides[0].max(sides[1]);
        // Sums of the largest numbers are none.
        if deviation.is_nan() || deviation <= 0.0 {
            break;
        }
        let limit = CLIP * MAD_TO_DEVIATION * deviation;
        for (index, value) in values.iter().enumerate() {
            let level = fitted(index);
            clipped[index] = level + (value - level).clamp(-limit, limit);
        }
    }
    clipped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(n: usize) -> Vec<f64> {
        (0..n).map(|index| count(index) * 60.0).collect()
    }

    #[test]
    fn each_shape_explains_itself_fully() {
        let times = times(24);
        let bend: Vec<f64> = times.iter().map(|time| 1e9 + 0.5 * (time - 600.0).max(0.0)).collect();
        let found = best_bend(&times, &bend, |_, slope| slope > 0.0).unwrap();
        assert_eq!(found.index, 10);
        assert!((found.slope - 0.5).abs() < 1e-9 && (found.level - 1e9).abs() < 1e-3, "{found:?}");
        assert!(found.squares < 1e-6 * squares(&bend));
        let stepped: Vec<f64> = (0..24).map(|index| if index < 9 { 3.0 } else { 8.0 }).collect();
        assert_eq!(step(&stepped), (0.0, 9));
        let twice: Vec<f64> = (0..24).map(|index| count(index / 9)).collect();
        assert!(two_steps(&twice) < 1e-9 && step(&twice).0 > 1.0);
        let filled: Vec<f64> = times.iter().map(|time| (time - 300.0).clamp(0.0, 480.0)).collect();
        assert!(rise_to_level(&times, &filled, 10) < 1e-6 * squares(&filled));
    }

    #[test]
    fn a_burst_does_not_move_the_bend() {
        let times = times(60);
        let ripple = |index: usize| count(index * 7 % 5);
        let mut values: Vec<f64> =
            (0..60).map(|index| 100.0 + ripple(index) + 2.0 * count(index.max(30) - 30)).collect();
        values[12..15].fill(400.0);
        let found = best_bend(&times, &clipped(&times, &values), |_, slope| slope > 0.0).unwrap();
        assert!((28..=32).contains(&found.index), "{found:?}");
        assert!((found.slope * 60.0 - 2.0).abs() < 0.1, "{found:?}");
    }
}
