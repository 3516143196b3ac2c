//! Bands along the plot's top edge: when an alert held. What is critical is thick, the rest thin: not told by colour alone.

use super::canvas::{Canvas, OPAQUE, Paint};
use super::palette::Colour;
use super::plot::Plot;
use super::spec::{Band, ChartSpec};

/// Rows of a band, by whether it is strong.
const ROWS: [usize; 2] = [4, 8];
/// However short it was, it can be seen.
const LEAST_COLUMNS: f64 = 4.0;

/// Draws the bands, strong ones last, so that nothing hides them.
pub(super) fn draw(canvas: &mut Canvas, plot: &Plot, spec: &ChartSpec) {
    let mut bands: Vec<&Band> =
        spec.bands.iter().filter(|band| band.from < spec.until && band.until > spec.from).collect();
    bands.sort_by_key(|band| band.strong);
    for band in bands {
        let paint: Paint = if band.strong { Colour::Vermilion.into() } else { Colour::Yellow.into() };
        let (left, right) = (plot.columns.start as f64, plot.columns.end as f64);
        let from = plot.x(band.from.max(spec.from)).min(right - LEAST_COLUMNS).max(left);
        let until = plot.x(band.until.min(spec.until)).max(from + LEAST_COLUMNS).min(right);
        for row in plot.rows.clone().take(ROWS[usize::from(band.strong)]) {
            canvas.blend_row(row, from as usize, until as usize, paint, OPAQUE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Shape, draw as draw_chart};

    fn spec(bands: Vec<Band>) -> ChartSpec {
        ChartSpec {
            width: 200,
            height: 80,
            from: 0,
            until: 1000,
            ahead: 0,
            time_zone: jiff::tz::TimeZone::UTC,
            unit: crate::base::unit::Unit::Count,
            per_second: false,
            times: vec![0, 999],
            gap_after: 1000,
            layers: vec![crate::chart::Layer {
                colour: Colour::Blue,
                shape: Shape::Line,
                values: vec![1.0, 1.0],
                peaks: Vec::new(),
            }],
            from_zero: true,
            at_least: None,
            limit: None,
            reboots: Vec::new(),
            marks: Vec::new(),
            bands,
            trends: Vec::new(),
            bare: false,
        }
    }

    /// The pixels of a band: where the canvas is another than without it, as (row, column) counts.
    fn extent(band: Band) -> (usize, usize) {
        let plot = Plot { columns: 10..210, rows: 5..100, times: 0..1000, values: 0.0..1.0 };
        let (mut with, without) = (Canvas::new(220, 110), Canvas::new(220, 110));
        draw(&mut with, &plot, &spec(vec![band]));
        let changed: Vec<usize> =
            (0..220 * 110).filter(|at| with.pixels()[*at] != without.pixels()[*at]).collect();
        let rows: std::collections::BTreeSet<usize> = changed.iter().map(|at| at / 220).collect();
        let columns: std::collections::BTreeSet<usize> = changed.iter().map(|at| at % 220).collect();
        (rows.len(), columns.len())
    }

    #[test]
    fn a_band_lies_where_its_time_is_and_is_thick_where_it_is_strong() {
        assert_eq!(extent(Band { from: 0, until: 500, strong: false }), (4, 100));
        assert_eq!(extent(Band { from: 500, until: i64::MAX, strong: true }), (8, 100));
        assert_eq!(extent(Band { from: 400, until: 401, strong: true }), (8, 4), "short ones can be seen");
        assert_eq!(extent(Band { from: 2000, until: 3000, strong: true }), (0, 0));
    }

    #[test]
    fn a_picture_has_its_bands() {
        let (without, with) = (
            draw_chart(&spec(Vec::new())).unwrap(),
            draw_chart(&spec(vec![Band { from: 1, until: 9, strong: true }])).unwrap(),
        );
        assert_ne!(without.light, with.light);
    }
}
