//! Where things are: the rectangle of the plot inside the picture, and how times and values become pixels in it.

use std::ops::Range;

/// The plot's rectangle and its two axes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plot {
    /// Columns of the picture that belong to the plot.
    pub(super) columns: Range<usize>,
    /// Rows of the picture that belong to the plot.
    pub(super) rows: Range<usize>,
    /// Unix time of the left and the right edge.
    pub(super) times: Range<i64>,
    /// Value of the bottom and the top edge.
    pub(super) values: Range<f64>,
}

impl Plot {
    /// How many columns.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// The pixel, from the plot's left edge, of a time.
    pub(super) fn across(&self, time: i64) -> f64 {
        let share = (time - self.times.start) as f64 / (self.times.end - self.times.start) as f64;
        share * self.width() as f64
    }

    /// The pixel, from the picture's left edge, of a time.
    pub(super) fn x(&self, time: i64) -> f64 {
        self.columns.start as f64 + self.across(time)
    }

    /// The pixel, from the picture's top, of a value; kept inside of the plot.
    pub(super) fn y(&self, value: f64) -> f64 {
        let (top, bottom) = (self.rows.start as f64, self.rows.end as f64);
        let share = (value - self.values.start) / (self.values.end - self.values.start);
        (bottom - share * (bottom - top)).clamp(top, bottom)
    }

    /// Where amounts stand on: the row edge of zero, so that every area has a straight floor.
    pub(super) fn floor(&self) -> f64 {
        self.y(0.0).round()
    }
}

/// What a layer holds in each column of the plot: its value at the column's left and right edge, NaN where it has
/// none. However many points there are, a layer costs no more than its columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Profile(pub(super) Vec<(f64, f64)>);

/// What becomes of points that fall into one pixel.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fold {
    /// Their mean: amounts keep their area.
    Mean,
    /// The largest: a peak stays as high as it was.
    Largest,
}

/// Pixels that share what falls into them: one as shown.
pub(super) const GRAIN: f64 = 2.0;
/// How wide a single sample is shown, in pixels.
const LEAST_WIDTH: f64 = 4.0;

impl Profile {
    /// A layer's values over the columns: folded where points are denser than pixels as shown, straight lines between
    /// points that belong together.
    pub(super) fn of(plot: &Plot, times: &[i64], values: &[f64], gap_after: i64, fold: Fold) -> Self {
        let mut profile = Self(vec![(f64::NAN, f64::NAN); plot.width()]);
        for run in runs(times, values, gap_after) {
            let mut points = condense(plot, &times[run.clone()], &values[run], fold);
            widen(&mut points);
            profile.join(&points);
        }
        profile
    }

    /// Lays a run of points into the columns that it crosses.
    fn join(&mut self, points: &[(f64, f64)]) {
        let (Some(&first), Some(&last)) = (points.first(), points.last()) else { return };
        let from = first.0 as usize;
        let until = ceiling(last.0).min(self.0.len());
        let mut next = 0;
        // Edges are asked for from left to right, so that the search goes on where it stopped.
        let mut at = |x: f64| {
            while next + 1 < points.len() && points[next + 1].0 < x {
                next += 1;
            }
            between(points[next], points[(next + 1).min(points.len() - 1)], x)
        };
        let mut left = at(from as f64);
        for column in from..until {
            let right = at((column + 1) as f64);
            self.0[column] = (left, right);
            left = right;
        }
    }
}

/// The least whole number that is not below a pixel's place; 0 for what lies before the first. By casts, since the processors
/// that we build for have no instruction for it.
pub(super) fn ceiling(place: f64) -> usize {
    let whole = place as usize;
    whole.saturating_add(usize::from((whole as f64) < place))
}

/// The value at `x` on the line through two points; beyond them that of the nearer one.
fn between(one: (f64, f64), other: (f64, f64), x: f64) -> f64 {
    if x <= one.0 || other.0 <= one.0 {
        one.1
    } else if x >= other.0 {
        other.1
    } else {
        one.1 + (other.1 - one.1) * (x - one.0) / (other.0 - one.0)
    }
}

/// How many distances on each side say what is usual around a row.
const NEIGHBOURS: usize = 6;

/// After how many seconds without a row there is a gap before this row: where rows are usually further apart than elsewhere (a log
/// that begins with imported samples, another interval), one and a half times as far as they are there.
pub(super) fn gap_before(times: &[i64], row: usize, gap_after: i64) -> i64 {
    if row == 0 || times[row].saturating_sub(times[row - 1]) <= gap_after {
        return gap_after;
    }
    let around = &times[row.saturating_sub(NEIGHBOURS + 1)..(row + NEIGHBOURS + 1).min(times.len())];
    let mut distances: Vec<i64> = around.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    let middle = distances.len().saturating_sub(1) / 2;
    // Of few rows nothing is usual.
    if distances.len() < 4 {
        return gap_after;
    }
    let usual = *distances.select_nth_unstable(middle).1;
    gap_after.max(usual.saturating_mul(3) / 2)
}

/// The rows that belong together: each has a value, and none is further than a gap from the one before.
pub(super) fn runs(times: &[i64], values: &[f64], gap_after: i64) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (row, value) in values.iter().enumerate() {
        if !value.is_finite() {
            continue;
        }
        match runs.last_mut() {
            Some(run)
                if run.end == row
                    && times[row].saturating_sub(times[row - 1]) <= gap_before(times, row, gap_after) =>
            {
                run.end = row + 1;
            }
            _ => runs.push(row..row + 1),
        }
    }
    runs
}

/// At most one point for each pixel as shown: the mean, or the largest, of those that fall into it.
fn condense(plot: &Plot, times: &[i64], values: &[f64], fold: Fold) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(times.len().min(plot.width() + 2));
    let mut count = 0.0;
    for (&time, &value) in times.iter().zip(values) {
        let x = plot.across(time);
        match points.last_mut() {
            Some(last) if (last.0 / GRAIN) as i64 == (x / GRAIN) as i64 => {
                count += 1.0;
                last.0 += (x - last.0) / count;
                match fold {
                    Fold::Mean => last.1 += (value - last.1) / count,
                    Fold::Largest => last.1 = last.1.max(value),
                }
            }
            _ => {
                points.push((x, value));
                count = 1.0;
            }
        }
    }
    points
}

/// Makes a run that would be too narrow to see wide enough.
fn widen(points: &mut Vec<(f64, f64)>) {
    let (Some(&first), Some(&last)) = (points.first(), points.last()) else { return };
    let missing = LEAST_WIDTH - (last.0 - first.0);
    if missing > 0.0 {
        points.insert(0, (first.0 - missing / 2.0, first.1));
        points.push((last.0 + missing / 2.0, last.1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(width: usize, seconds: i64) -> Plot {
        Plot { columns: 10..10 + width, rows: 0..100, times: 0..seconds, values: 0.0..10.0 }
    }

    #[test]
    fn times_and_values_become_pixels() {
        let plot = plot(100, 50);
        assert_eq!(plot.x(25), 60.0);
        assert_eq!(plot.y(2.5), 75.0);
        assert_eq!(plot.y(99.0), 0.0, "values beyond the axis stay at its edge");
        assert_eq!(plot.floor(), 100.0);
    }

    #[test]
    fn where_rows_are_further_apart_they_belong_together_all_the_same() {
        // Each minute, then each ten minutes; then an hour is missing.
        let times: Vec<i64> =
            (0..10).map(|at| at * 60).chain((1..10).map(|at| 540 + at * 600)).chain([9540, 10_140]).collect();
        assert_eq!(runs(&times, &vec![1.0; times.len()], 90), [0..19, 19..21]);
        assert_eq!(gap_before(&times, 14, 90), 900);
        assert_eq!(gap_before(&times, 19, 90), 900);
        // A single hole within minutes is one.
        let times: Vec<i64> = (0..20).filter(|at| *at != 9).map(|at| at * 60).collect();
        assert_eq!(runs(&times, &[1.0; 19], 90), [0..9, 9..19]);
    }

    #[test]
    fn runs_end_at_gaps_and_at_what_is_absent() {
        let values = [1.0, 2.0, f64::NAN, 3.0, 4.0, f64::INFINITY];
        assert_eq!(runs(&[0, 10, 20, 30, 60, 70], &values, 10), [0..2, 3..4, 4..5]);
        assert!(runs(&[], &[], 10).is_empty());
    }

    #[test]
    fn a_profile_joins_points_and_leaves_gaps_empty() {
        let profile = Profile::of(&plot(20, 20), &[0, 8, 14, 20], &[0.0, 8.0, 4.0, 4.0], 8, Fold::Mean);
        assert_eq!(profile.0[0], (0.0, 1.0));
        assert_eq!(profile.0[7], (7.0, 8.0));
        assert_eq!(profile.0[19], (4.0, 4.0));
        let gap = Profile::of(&plot(20, 20), &[0, 5, 15, 20], &[1.0; 4], 5, Fold::Mean);
        assert!((5..15).all(|column| gap.0[column].0.is_nan()), "{gap:?}");
    }

    #[test]
    fn points_denser_than_columns_become_their_mean() {
        let times: Vec<i64> = (0..40).collect();
        let values: Vec<f64> = (0..40).map(|row| if row % 2 == 0 { 2.0 } else { 4.0 }).collect();
        let profile = Profile::of(&plot(10, 40), &times, &values, 1, Fold::Mean);
        assert!(profile.0[1..9].iter().all(|&edges| edges == (3.0, 3.0)), "{profile:?}");
    }

    #[test]
    fn a_single_sample_can_be_seen() {
        let profile = Profile::of(&plot(20, 20), &[10], &[5.0], 1, Fold::Mean);
        let shown = profile.0.iter().filter(|edges| edges.0 == 5.0).count();
        assert_eq!(shown, 4);
    }
}
