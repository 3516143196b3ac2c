//! What grows without end: a thin upright at its onset, the fitted line over the data and dashed beyond it, and a few
//! words in the room above the plot, where they cover nothing.

use plotters::prelude::{IntoDrawingArea as _, Text};
use plotters::style::text_anchor::{HPos, VPos};

use super::axes::{self, failed, rule, style};
use super::canvas::{Canvas, Paint};
use super::palette::Colour;
use super::plot::Plot;
use super::spec::{ChartSpec, Trend};
use super::stroke::{HALF_WIDTH, Stroke};
use super::surface::{Surface, ink};
use super::{ChartError, glyphs};

/// Half the width of the line's edge in the colour of the ground, which sets it off from any area.
const HALO: f64 = HALF_WIDTH + 2.0;
/// A dash and the gap after it.
const DASH: (f64, f64) = (12.0, 10.0);
/// Room between an upright and its words, and between two words.
const GAP: f64 = 8.0;

/// A point in pixels.
type Point = (f64, f64);
/// A straight line.
type Line = (Point, Point);

/// Draws the trends of a chart, the first one's words first.
pub(super) fn draw(canvas: &mut Canvas, plot: &Plot, spec: &ChartSpec) -> Result<(), ChartError> {
    // Where words end; a trend whose words would cover another's has none, the page lists all.
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let on =
        |trend: &&Trend| trend.onset < spec.until && trend.until > spec.from && trend.until > trend.onset;
    for trend in spec.trends.iter().filter(on) {
        let Some((fitted, beyond)) = lines(plot, trend) else { continue };
        for (half_width, paint) in [(HALO, Paint::GROUND), (HALF_WIDTH, Colour::Ink.into())] {
            let mut stroke = Stroke::new(plot);
            stroke.segment(fitted.0, fitted.1, half_width);
            for (from, to) in beyond.iter().flat_map(|(from, to)| dashes(*from, *to)) {
                stroke.segment(from, to, half_width);
            }
            stroke.paint(canvas, paint, 1.0);
        }
        words(canvas, plot, trend, &mut taken)?;
    }
    Ok(())
}

/// The line over the data, and what is beyond it up to an edge of the plot; none if it is all outside.
fn lines(plot: &Plot, trend: &Trend) -> Option<(Line, Option<Line>)> {
    let slope = (trend.to - trend.from) / trend.until.saturating_sub(trend.onset) as f64;
    let value = |time: i64| trend.from + slope * time.saturating_sub(trend.onset) as f64;
    let (start, end) = (trend.onset.max(plot.times.start), trend.until.min(plot.times.end));
    if !slope.is_finite() || start >= end {
        return None;
    }
    let point = |time: i64| (plot.x(time), plot.y(value(time)));
    // Where the line leaves the plot at the top, it ends: memory is full.
    let full = (slope > 0.0).then(|| ((plot.values.end - value(end)) / slope).max(0.0));
    let rest = (plot.times.end - end) as f64;
    let beyond = (rest.min(full.unwrap_or(rest))) as i64;
    let dashed = (beyond > 0 && trend.until <= plot.times.end).then(|| (point(end), point(end + beyond)));
    Some(((point(start), point(end)), dashed))
}

/// The dashes from one point to another, a gap first.
fn dashes(from: Point, to: Point) -> Vec<Line> {
    let length = (to.0 - from.0).hypot(to.1 - from.1);
    let at = |along: f64| {
        let share = (along / length).min(1.0);
        (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)
    };
    let mut dashes = Vec::new();
    let mut along = DASH.1;
    while along < length {
        dashes.push((at(along), at(along + DASH.0)));
        along += DASH.0 + DASH.1;
    }
    dashes
}

/// The upright at the onset, through the plot and up to its words.
fn words(
    canvas: &mut Canvas,
    plot: &Plot,
    trend: &Trend,
    taken: &mut Vec<(f64, f64)>,
) -> Result<(), ChartError> {
    let width = f64::from(glyphs::width(&trend.label));
    let (left, right) = (plot.columns.start as f64, plot.columns.end as f64);
    let onset = plot.x(trend.onset.max(plot.times.start));
    let canvas_width = canvas.width() as f64;
    let area = Surface(canvas).into_drawing_area();
    if trend.onset >= plot.times.start {
        let x = onset as i32;
        for x in [x, x + 1] {
            let ends = [(x, plot.rows.start as i32 - axes::TOP as i32 + 6), (x, plot.rows.end as i32 - 1)];
            rule(&area, ends, ink(Colour::Ink, 1.0)).map_err(failed)?;
        }
    }
    // Right of the onset; where there is no room, left of it.
    let mut start = onset + GAP;
    if start + width > canvas_width - 4.0 {
        start = (onset - GAP - width).max(left);
    }
    let end = start + width;
    let free = taken.iter().all(|(from, to)| end + GAP < *from || *to + GAP < start);
    if trend.label.is_empty() || !free || start < left || start > right {
        return Ok(());
    }
    taken.push((start, end));
    let at = (start as i32, plot.rows.start as i32 - axes::TOP as i32 + 8);
    area.draw(&Text::new(trend.label.as_str(), at, style(HPos::Left, VPos::Top, Colour::Ink))).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trend(onset: i64, until: i64, from: f64, to: f64) -> Trend {
        Trend { onset, until, from, to, label: String::new() }
    }

    fn plot() -> Plot {
        Plot { columns: 0..200, rows: 0..100, times: 0..100, values: 0.0..100.0 }
    }

    #[test]
    fn a_line_goes_on_dashed_until_memory_is_full() {
        let (fitted, beyond) = lines(&plot(), &trend(20, 60, 10.0, 50.0)).unwrap();
        assert_eq!(fitted, ((40.0, 90.0), (120.0, 50.0)));
        assert_eq!(beyond, Some(((120.0, 50.0), (200.0, 10.0))), "to the edge of the chart");
        let (_, beyond) = lines(&plot(), &trend(20, 60, 10.0, 90.0)).unwrap();
        assert_eq!(beyond, Some(((120.0, 10.0), (130.0, 0.0))), "to the top");
    }

    #[test]
    fn a_line_is_cut_at_the_chart() {
        let (fitted, beyond) = lines(&plot(), &trend(-100, 300, 0.0, 40.0)).unwrap();
        assert_eq!((fitted, beyond), (((0.0, 90.0), (200.0, 80.0)), None));
        assert_eq!(lines(&plot(), &trend(100, 300, 0.0, 40.0)), None);
    }

    #[test]
    fn dashes_begin_after_a_gap_and_end_with_the_line() {
        let dashes = dashes((0.0, 0.0), (40.0, 0.0));
        assert_eq!(dashes, [((10.0, 0.0), (22.0, 0.0)), ((32.0, 0.0), (40.0, 0.0))]);
    }
}
