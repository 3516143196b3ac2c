//! Lines: every pixel as dark as it is near to the line, with round joins and ends. A line that crosses itself or
//! turns back is not darker there: its pixels are collected first and painted once.

use super::canvas::{Canvas, OPAQUE, Paint, opacity};
use super::plot::{GRAIN, Plot, ceiling, runs};

/// Half the width of a line: 1.5 px as shown.
pub(super) const HALF_WIDTH: f64 = 1.5;
/// Half the width of a sample that has no neighbour.
const DOT: f64 = 3.0;

/// A point in pixels.
type Point = (f64, f64);

/// Collects what one line covers.
pub(super) struct Stroke {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
    covered: Vec<u8>,
}

impl Stroke {
    /// An empty stroke that may reach a line's width beyond the plot.
    pub(super) fn new(plot: &Plot) -> Self {
        let reach = HALF_WIDTH.ceil() as usize;
        let (left, top) = (plot.columns.start.saturating_sub(reach), plot.rows.start.saturating_sub(reach));
        let (width, height) = (plot.columns.end + reach - left, plot.rows.end + reach - top);
        Self { left, top, width, height, covered: vec![0; width * height] }
    }

    /// An empty stroke that may reach anywhere.
    pub(super) fn whole(canvas: &Canvas) -> Self {
        let (width, height) = (canvas.width(), canvas.height());
        Self { left: 0, top: 0, width, height, covered: vec![0; width * height] }
    }

    /// Adds the values of a line, broken where it has gaps.
    pub(super) fn line(&mut self, plot: &Plot, times: &[i64], values: &[f64], gap_after: i64) {
        for run in runs(times, values, gap_after) {
            let points = outline(plot, &times[run.clone()], &values[run]);
            match points.as_slice() {
                [only] => self.segment(*only, *only, DOT),
                _ => points.windows(2).for_each(|ends| self.segment(ends[0], ends[1], HALF_WIDTH)),
            }
        }
    }

    /// Adds a straight line with round ends.
    pub(super) fn segment(&mut self, from: Point, to: Point, half_width: f64) {
        let reach = half_width + 0.5;
        let (from, to) = (
            (from.0 - self.left as f64, from.1 - self.top as f64),
            (to.0 - self.left as f64, to.1 - self.top as f64),
        );
        let along = (to.0 - from.0, to.1 - from.1);
        let length = along.0.hypot(along.1);
        let per_length_squared = if length < 1e-9 { 0.0 } else { 1.0 / (length * length) };
        let limits = limits(reach);
        let columns = clip(from.0.min(to.0) - reach, from.0.max(to.0) + reach, self.width);
        let (least, most) = (from.1.min(to.1) - reach, from.1.max(to.1) + reach);
        for x in columns {
            let at = x as f64 + 0.5;
            // A flat line needs only the rows near it, a steep one all of its own.
            let (high, low) = if along.0.abs() < 1.0 {
                (least, most)
            } else {
                let centre = from.1 + (at - from.0) * along.1 / along.0;
                let extent = reach * length / along.0.abs() + 1.0;
                (least.max(centre - extent), most.min(centre + extent))
            };
            for y in clip(high, low, self.height) {
                let near =
                    distance_squared((at - from.0, y as f64 + 0.5 - from.1), along, per_length_squared);
                let step =
                    limits.iter().map(|limit| u8::from(near <= *limit)).sum::<u8>() * (OPAQUE / QUARTERS);
                let pixel = &mut self.covered[y * self.width + x];
                *pixel = (*pixel).max(step);
            }
        }
    }

    /// Paints what was collected, and forgets it.
    pub(super) fn paint(&mut self, canvas: &mut Canvas, paint: Paint, share: f64) {
        let steps: [u8; OPAQUE as usize + 1] =
            std::array::from_fn(|step| opacity(share * step as f64 / f64::from(OPAQUE)));
        for (y, row) in self.covered.chunks_exact_mut(self.width).enumerate() {
            for (chunk, covered) in row.chunks_mut(CHUNK).enumerate() {
                // Most of a picture is not touched.
                if <[u8; CHUNK]>::try_from(&*covered).is_ok_and(|steps| u128::from_ne_bytes(steps) == 0) {
                    continue;
                }
                for (x, step) in covered.iter_mut().enumerate() {
                    let x = self.left + chunk * CHUNK + x;
                    canvas.blend(x, self.top + y, paint, steps[usize::from(std::mem::take(step))]);
                }
            }
        }
    }
}

/// Pixels that are looked at together.
const CHUNK: usize = 16;

/// How finely a pixel of the edge is covered, as `canvas::coarse` has it.
const QUARTERS: u8 = 4;

/// The squares of the distances within which a pixel is covered by one, two, three and four quarters, rounded.
fn limits(reach: f64) -> [f64; QUARTERS as usize] {
    std::array::from_fn(|quarter| (reach - (quarter as f64 + 0.5) / f64::from(QUARTERS)).max(0.0).powi(2))
}

/// The square of the distance of a point from a segment that begins at the origin; a segment without length has 0 for the
/// reciprocal of its square.
fn distance_squared(point: Point, along: Point, per_length_squared: f64) -> f64 {
    let share = ((point.0 * along.0 + point.1 * along.1) * per_length_squared).clamp(0.0, 1.0);
    let (x, y) = (point.0 - share * along.0, point.1 - share * along.1);
    x * x + y * y
}

fn clip(from: f64, until: f64, size: usize) -> std::ops::Range<usize> {
    let until = ceiling(until).min(size);
    (from as usize).min(until)..until
}

/// The points of a run in pixels; where they are denser than columns, the least and the largest of each column.
fn outline(plot: &Plot, times: &[i64], values: &[f64]) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::with_capacity(times.len().min(2 * plot.width() + 2));
    let mut row = 0;
    while row < times.len() {
        let x = plot.x(times[row]);
        let column = (x / GRAIN) as usize;
        let start = row;
        let (mut least, mut largest) = (row, row);
        while row < times.len() && (plot.x(times[row]) / GRAIN) as usize == column {
            if values[row] < values[least] {
                least = row;
            }
            if values[row] > values[largest] {
                largest = row;
            }
            row += 1;
        }
        if row - start <= 2 {
            points.extend((start..row).map(|row| (plot.x(times[row]), plot.y(values[row]))));
        } else {
            let (first, second) = (least.min(largest), least.max(largest));
            points.extend([first, second].map(|row| ((column as f64 + 0.5) * GRAIN, plot.y(values[row]))));
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> Plot {
        Plot { columns: 2..42, rows: 2..22, times: 0..40, values: 0.0..20.0 }
    }

    #[test]
    fn a_level_line_is_three_pixels_thick() {
        let mut stroke = Stroke::new(&plot());
        stroke.segment((10.0, 10.5), (20.0, 10.5), HALF_WIDTH);
        let column: Vec<u8> = (0..stroke.height).map(|y| stroke.covered[y * stroke.width + 15]).collect();
        assert_eq!(&column[8..13], [0, OPAQUE, OPAQUE, OPAQUE, 0]);
    }

    #[test]
    fn dense_points_keep_their_extremes() {
        let times: Vec<i64> = vec![5; 100];
        let mut values: Vec<f64> = (0..100).map(|row| 5.0 + f64::from(row % 3)).collect();
        values[30] = 19.0;
        values[60] = 1.0;
        let points = outline(&plot(), &times, &values);
        assert_eq!(points, [(7.0, 3.0), (7.0, 21.0)]);
    }

    #[test]
    fn nothing_is_drawn_between_runs() {
        let mut stroke = Stroke::new(&plot());
        stroke.line(&plot(), &[0, 1, 30, 31], &[10.0; 4], 5);
        for x in 10..25 {
            assert!((0..stroke.height).all(|y| stroke.covered[y * stroke.width + x] == 0));
        }
    }
}
