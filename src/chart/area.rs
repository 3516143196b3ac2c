//! Areas: filled column by column between two edges, each pixel as far as it is covered, so that slopes are smooth.

use std::ops::Range;

use super::canvas::{Canvas, OPAQUE, Paint, coarse};
use super::plot::{Plot, Profile, ceiling};

/// An edge within one column: its height (pixels from the top) on the left and on the right.
type Edge = (f64, f64);

/// One area, ready to be painted: the values of its far edge and of the one it stands on.
pub(super) struct Area {
    /// Its colour.
    pub(super) paint: Paint,
    /// The edge away from zero; NaN in columns where the layer has nothing.
    pub(super) outer: Profile,
    /// The edge towards zero.
    pub(super) inner: Profile,
}

/// Columns that are painted together, so that the rows they touch stay in the processor's cache.
const TILE: usize = 64;

/// Paints a stack, given from the bottom. The highest comes first and each lower one covers its seam: where two
/// colours share a pixel, nothing of the ground shows through.
pub(super) fn stack(canvas: &mut Canvas, plot: &Plot, areas: &[Area]) {
    for tile in (0..plot.width()).step_by(TILE) {
        for area in areas.iter().rev() {
            for column in tile..(tile + TILE).min(plot.width()) {
                let outer = edge(plot, area.outer.0[column]);
                if outer.0.is_nan() {
                    continue;
                }
                let inner = seam(outer, edge(plot, area.inner.0[column]), plot.floor());
                fill(canvas, plot, column, [outer, inner], area.paint, OPAQUE);
            }
        }
    }
}

/// Paints what lies between two edges, with an opacity: the band from a mean to its peaks.
pub(super) fn band(canvas: &mut Canvas, plot: &Plot, area: &Area, share: f64) {
    for (column, (&outer, &inner)) in area.outer.0.iter().zip(&area.inner.0).enumerate() {
        if !outer.0.is_nan() && !inner.0.is_nan() {
            let most = coarse(share);
            fill(canvas, plot, column, [edge(plot, outer), edge(plot, inner)], area.paint, most);
        }
    }
}

fn edge(plot: &Plot, values: Edge) -> Edge {
    (plot.y(values.0), plot.y(values.1))
}

/// The inner edge moved to the far side of the pixels that the next area covers only in part.
fn seam(outer: Edge, inner: Edge, floor: f64) -> Edge {
    let end = if outer.0.max(outer.1) <= floor {
        inner.0.max(inner.1).ceil().min(floor)
    } else if outer.0.min(outer.1) >= floor {
        inner.0.min(inner.1).floor().max(floor)
    } else {
        floor
    };
    (end, end)
}

/// Covers the pixels of one column between two edges, whichever is the higher.
fn fill(canvas: &mut Canvas, plot: &Plot, column: usize, edges: [Edge; 2], paint: Paint, most: u8) {
    let [one, other] = edges;
    let upper = (one.0.min(other.0), one.1.min(other.1));
    let lower = (one.0.max(other.0), one.1.max(other.1));
    let x = plot.columns.start + column;
    // A cast cuts off what is behind the point, and what is negative.
    let row = |row: usize| row.clamp(plot.rows.start, plot.rows.end);
    let all = row(upper.0.min(upper.1) as usize)..row(ceiling(lower.0.max(lower.1)));
    let whole = row(ceiling(upper.0.max(upper.1)))..row(lower.0.min(lower.1) as usize);
    let whole = if whole.start < whole.end { whole } else { all.end..all.end };
    let mut partly = |rows: Range<usize>| {
        for y in rows {
            let covered = below(upper, y) - below(lower, y);
            canvas.blend(x, y, paint, coarse(covered * f64::from(most) / f64::from(OPAQUE)));
        }
    };
    partly(all.start..whole.start);
    partly(whole.end..all.end);
    canvas.blend_column(x, whole, paint, most);
}

/// How much of the pixel in row `y` lies below an edge that crosses its column in a straight line.
fn below(edge: Edge, y: usize) -> f64 {
    let bottom = y as f64 + 1.0;
    let (left, right) = (bottom - edge.0, bottom - edge.1);
    if (left - right).abs() < 1e-6 {
        left.clamp(0.0, 1.0)
    } else {
        (filled(left) - filled(right)) / (left - right)
    }
}

/// The integral of a height, cut to what one pixel holds, from 0 up to `height`.
fn filled(height: f64) -> f64 {
    if height <= 0.0 {
        0.0
    } else if height < 1.0 {
        height * height / 2.0
    } else {
        height - 0.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_is_exact() {
        assert_eq!(below((3.25, 3.25), 3), 0.75);
        assert_eq!(below((3.0, 4.0), 3), 0.5);
        assert_eq!(below((3.0, 5.0), 3), 0.25);
        assert_eq!(below((3.0, 5.0), 4), 0.75);
        assert_eq!(below((3.0, 5.0), 5), 1.0);
        assert_eq!(below((3.0, 5.0), 2), 0.0);
    }

    #[test]
    fn a_seam_lies_beyond_the_pixel_that_is_shared() {
        assert_eq!(seam((10.0, 12.0), (40.2, 41.3), 90.0), (42.0, 42.0));
        assert_eq!(seam((10.0, 12.0), (90.0, 90.0), 90.0), (90.0, 90.0));
        assert_eq!(seam((95.5, 97.0), (92.4, 93.0), 90.0), (92.0, 92.0), "below zero the other way round");
        assert_eq!(seam((80.0, 97.0), (85.0, 93.0), 90.0), (90.0, 90.0), "across zero");
    }
}
