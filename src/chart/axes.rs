//! What surrounds the plot: how much room it needs, the few lines at round values, times and numbers in words of one
//! size and one grey. Drawn with plotters.

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea as _, PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontDesc, FontFamily, FontStyle, RGBAColor, TextStyle};

use super::canvas::{Canvas, Paint};
use super::palette::Colour;
use super::plot::Plot;
use super::spec::{ChartSpec, Mark};
use super::stroke::Stroke;
use super::surface::{Surface, ink};
use super::time_axis::{self, Tick};
use super::value_axis::Ticks;
use super::{ChartError, glyphs};

/// Room above the plot for the unit and half a label.
pub(super) const TOP: usize = 36;
/// Room under the plot for the times.
pub(super) const BOTTOM: usize = 40;
/// Room under the times for the numbers of marks.
pub(super) const MARKS: usize = 34;
/// Room right of the plot for half a label.
pub(super) const RIGHT: usize = 24;
/// Room between labels and plot.
const GAP: usize = 12;
/// Least room left of the plot, so that the plots of most charts begin at the same place.
pub(super) const LEFT: usize = 84;
/// Least distance of two values.
pub(super) const LEAST_STEP: usize = 50;
/// Least distance of the centres of two times.
const SPACING: f64 = 120.0;

/// Opacities of the lines: round values, zero, midnight, limit, reboot.
const HAIRLINE: f64 = 0.19;
const ZERO: f64 = 0.5;
const BOUNDARY: f64 = 0.13;
const LIMIT: f64 = 0.8;
const REBOOT: f64 = 0.6;

pub(super) type Area<'canvas> = DrawingArea<Surface<'canvas>, Shift>;

/// Room left of the plot for these labels.
pub(super) fn left(ticks: &Ticks) -> usize {
    let widths = ticks.labels.iter().map(|(_, label)| glyphs::width(label));
    let widest = widths.fold(glyphs::width(&ticks.unit), f32::max);
    LEFT.max(widest.ceil() as usize + GAP + 4)
}

/// Draws the lines of the axes over the areas, faintly, and all text.
pub(super) fn draw(
    canvas: &mut Canvas,
    plot: &Plot,
    spec: &ChartSpec,
    ticks: &Ticks,
) -> Result<(), ChartError> {
    let area = Surface(canvas).into_drawing_area();
    lines(&area, plot, spec, ticks).map_err(failed)?;
    values(&area, plot, ticks).map_err(failed)?;
    times(&area, plot, spec).map_err(failed)
}

/// Draws what must lie over everything: the limit, and the reboots.
pub(super) fn overlay(canvas: &mut Canvas, plot: &Plot, spec: &ChartSpec) -> Result<(), ChartError> {
    let area = Surface(canvas).into_drawing_area();
    if let Some(limit) = spec.limit.filter(|limit| plot.values.contains(limit) || *limit == plot.values.end) {
        let y = plot.y(limit).round() as i32;
        rule(&area, horizontal(plot, y), ink(Colour::Ink, LIMIT)).map_err(failed)?;
        rule(&area, horizontal(plot, y - 1), ink(Colour::Ink, LIMIT)).map_err(failed)?;
    }
    for reboot in spec.reboots.iter().filter(|at| plot.times.contains(at)) {
        let x = plot.x(*reboot) as i32;
        rule(&area, vertical(plot, x), ink(Colour::Ink, REBOOT)).map_err(failed)?;
        rule(&area, vertical(plot, x + 1), ink(Colour::Ink, REBOOT)).map_err(failed)?;
    }
    Ok(())
}

pub(super) fn failed(error: impl std::fmt::Display) -> ChartError {
    ChartError::Text(error.to_string())
}

pub(super) type Drawn<'canvas> =
    Result<(), plotters::drawing::DrawingAreaErrorKind<std::convert::Infallible>>;

pub(super) fn rule<'canvas>(
    area: &Area<'canvas>,
    ends: [(i32, i32); 2],
    colour: RGBAColor,
) -> Drawn<'canvas> {
    area.draw(&PathElement::new(ends.to_vec(), colour))
}

fn horizontal(plot: &Plot, y: i32) -> [(i32, i32); 2] {
    [(plot.columns.start as i32, y), (plot.columns.end as i32 - 1, y)]
}

fn vertical(plot: &Plot, x: i32) -> [(i32, i32); 2] {
    [(x, plot.rows.start as i32), (x, plot.rows.end as i32 - 1)]
}

fn lines<'canvas>(area: &Area<'canvas>, plot: &Plot, spec: &ChartSpec, ticks: &Ticks) -> Drawn<'canvas> {
    for at in time_axis::boundaries(spec.from, spec.until, &spec.time_zone) {
        rule(area, vertical(plot, plot.x(at) as i32), ink(Colour::Ink, BOUNDARY))?;
    }
    for (value, _) in &ticks.labels {
        let share = if *value == 0.0 { ZERO } else { HAIRLINE };
        // The line of a value lies right under the edge that the value has as an area.
        let y = (plot.y(*value).round() as i32).min(plot.rows.end as i32);
        rule(area, horizontal(plot, y), ink(Colour::Ink, share))?;
    }
    Ok(())
}

pub(super) fn style(h_pos: HPos, v_pos: VPos, paint: impl Into<Paint>) -> TextStyle<'static> {
    // Family and size are the surface's own.
    let font = FontDesc::new(FontFamily::SansSerif, f64::from(glyphs::SIZE), FontStyle::Normal);
    let color = ink(paint, 1.0).to_backend_color();
    TextStyle { font, color, pos: Pos::new(h_pos, v_pos) }
}

fn values<'canvas>(area: &Area<'canvas>, plot: &Plot, ticks: &Ticks) -> Drawn<'canvas> {
    let x = (plot.columns.start - GAP) as i32;
    for (value, label) in &ticks.labels {
        let text = Text::new(
            label.as_str(),
            (x, plot.y(*value).round() as i32),
            style(HPos::Right, VPos::Center, Colour::Grey),
        );
        area.draw(&text)?;
    }
    // On the line above the highest value that there could be.
    let unit = (x, plot.rows.start as i32 - 16);
    area.draw(&Text::new(ticks.unit.as_str(), unit, style(HPos::Right, VPos::Bottom, Colour::Grey)))
}

fn times<'canvas>(area: &Area<'canvas>, plot: &Plot, spec: &ChartSpec) -> Drawn<'canvas> {
    let base = plot.rows.end as i32;
    let ticks = time_axis::ticks(spec.from, spec.until, &spec.time_zone, plot.width() as f64, SPACING);
    for Tick { at, label, midnight } in ticks {
        let x = plot.x(at) as i32;
        let half = (glyphs::width(&label) / 2.0) as i32;
        // A label that would be cut off at the right edge is left out.
        if x + half > (plot.columns.end + RIGHT) as i32 {
            continue;
        }
        rule(area, [(x, base), (x, base + 7)], ink(Colour::Ink, ZERO))?;
        let colour = if midnight { Colour::Ink } else { Colour::Grey };
        area.draw(&Text::new(label, (x, base + 14), style(HPos::Center, VPos::Top, colour)))?;
    }
    Ok(())
}

/// Marks that stand so close that their numbers would touch share one.
fn clusters(plot: &Plot, marks: &[Mark]) -> Vec<(f64, String)> {
    let mut shown: Vec<&Mark> = marks.iter().filter(|mark| plot.times.contains(&mark.at)).collect();
    shown.sort_by_key(|mark| (mark.at, mark.number));
    let mut clusters: Vec<(f64, f64, u32, u32)> = Vec::new();
    for mark in shown {
        let x = plot.x(mark.at);
        match clusters.last_mut() {
            Some((_, last, from, until)) if x - *last < 44.0 => {
                *last = x;
                *from = (*from).min(mark.number);
                *until = (*until).max(mark.number);
            }
            _ => clusters.push((x, x, mark.number, mark.number)),
        }
    }
    let label =
        |from: u32, until: u32| if from == until { from.to_string() } else { format!("{from}–{until}") };
    clusters
        .into_iter()
        .map(|(first, last, from, until)| (f64::midpoint(first, last), label(from, until)))
        .collect()
}

/// Draws the numbered marks under the times.
pub(super) fn marks(canvas: &mut Canvas, plot: &Plot, spec: &ChartSpec) -> Result<(), ChartError> {
    for mark in spec.marks.iter().filter(|mark| plot.times.contains(&mark.at)) {
        let area = Surface(canvas).into_drawing_area();
        let x = plot.x(mark.at) as i32;
        let corners = [(x - 1, plot.rows.end as i32), (x + 1, plot.rows.end as i32 + 9)];
        area.draw(&Rectangle::new(corners, ink(Colour::Ink, 1.0).filled())).map_err(failed)?;
    }
    let centre = (plot.rows.end + BOTTOM) as f64 + 15.0;
    for (x, label) in clusters(plot, &spec.marks) {
        let reach = (f64::from(glyphs::width(&label)) - 12.0).max(0.0) / 2.0;
        let x = x.clamp(reach + 16.0, canvas.width() as f64 - reach - 16.0);
        let mut pill = Stroke::whole(canvas);
        pill.segment((x - reach, centre), (x + reach, centre), 14.5);
        pill.paint(canvas, Colour::Ink.into(), 1.0);
        let area = Surface(canvas).into_drawing_area();
        let text =
            Text::new(label, (x as i32, centre as i32), style(HPos::Center, VPos::Center, Paint::GROUND));
        area.draw(&text).map_err(failed)?;
    }
    Ok(())
}
