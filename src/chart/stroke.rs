//! Lines: every pixel as dark as it is near to the line, with round joins and ends. A line that crosses itself or
//! turns back is not darker there: its pixels are collected first and painted once.

use super::canvas::{Canvas, OPAQUE, Paint, coarse, opacity};
use super::plot::{GRAIN, Plot, runs};

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
                let near = distance((at - from.0, y as f64 + 0.5 - from.1), along, length);
                let step = coarse(reach - near);
                let pixel = &mut self.covered[y * self.width + x];
                *pixel = (*pixel).max(step);
            }
        }
    }

    /// Paints what was collected.
    pub(super) fn paint(&self, canvas: &mut Canvas, paint: Paint, share: f64) {
        for (y, row) in self.covered.chunks_exact(self.width).enumerate() {
            for (x, &step) in row.iter().enumerate().filter(|(_, step)| **step > 0) {
                let step = opacity(share * f64::from(step) / f64::from(OPAQUE));
                canvas.blend(self.left + x, self.top + y, paint, step);
            }
        }
    }
}

/// The distance of a point from a segment that begins at the origin.
fn distance(point: Point, along: Point, length: f64) -> f64 {
    if length < 1e-9 {
        return point.0.hypot(point.1);
    }
    let share = ((point.0 * along.0 + point.1 * along.1) / (length * length)).clamp(0.0, 1.0);
    let (x, y) = (point.0 - share * along.0, point.1 - share * along.1);
    (x * x + y * y).sqrt()
}

fn clip(from: f64, until: f64, size: usize) -> std::ops::Range<usize> {
    let until = (until.ceil().max(0.0) as usize).min(size);
    (from.floor().max(0.0) as usize).min(until)..until
}

/// The points of a run in pixels; where they are denser than columns, the least and the largest of each column.
fn outline(plot: &Plot, times: &[i64], values: &[f64]) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::with_capacity(times.len().min(2 * plot.width() + 2));
    let mut row = 0;
    while row < times.len() {
        let x = plot.x(times[row]);
        let column = (x / GRAIN).floor();
        let start = row;
        let (mut least, mut largest) = (row, row);
        while row < times.len() && (plot.x(times[row]) / GRAIN).floor() == column {
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
            points.extend([first, second].map(|row| ((column + 0.5) * GRAIN, plot.y(values[row]))));
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
