//! The layers of a spec as what can be painted: each laid over the plot's columns, stacked, and measured.

use std::ops::Range;

use super::area::{self, Area};
use super::canvas::{Canvas, OPAQUE};
use super::palette::Colour;
use super::plot::{Fold, Plot, Profile, gap_before};
use super::spec::{ChartSpec, Layer, Shape};
use super::stroke::Stroke;
use super::value_axis::Measure;

/// How strong the band up to the peaks is.
const PEAKS: f64 = 0.25;
/// How strong the hatching of a long gap is.
const HATCHING: f64 = 0.12;
/// The largest number that is drawn as it is.
const FAR: f64 = 1e300;
/// Room beyond the values, as a share.
const AIR: f64 = 0.05;
/// Distance of the lines of the hatching.
const HATCHING_STEP: usize = 14;

/// The areas of a chart, in values.
pub(super) struct Stacks {
    up: Vec<Area>,
    down: Vec<Area>,
    peaks: Vec<Area>,
}

impl Stacks {
    /// Stacks the areas of a spec over the columns of a plot; its value axis is not needed yet.
    pub(super) fn of(plot: &Plot, spec: &ChartSpec) -> Self {
        let mut stacks = Self { up: Vec::new(), down: Vec::new(), peaks: Vec::new() };
        let zero = Profile(vec![(0.0, 0.0); plot.width()]);
        let mut top = (zero.clone(), zero);
        for layer in spec.layers.iter().filter(|layer| layer.shape != Shape::Line) {
            let (floor, sign, areas) = match layer.shape {
                Shape::Mirrored => (&mut top.1, -1.0, &mut stacks.down),
                _ => (&mut top.0, 1.0, &mut stacks.up),
            };
            let raised = |values: &[f64], fold| {
                let profile = Profile::of(plot, &spec.times, values, spec.gap_after, fold);
                profile.raised(floor, sign)
            };
            let (outer, paint) = (raised(&layer.values, Fold::Mean), layer.colour.into());
            if !layer.peaks.is_empty() {
                stacks.peaks.push(Area {
                    paint,
                    outer: raised(&layer.peaks, Fold::Largest),
                    inner: outer.clone(),
                });
            }
            let inner = floor.clone();
            *floor = outer.or(&inner);
            areas.push(Area { paint, outer, inner });
        }
        stacks
    }

    /// The least and the largest value that the areas reach, if there are any.
    pub(super) fn reach(&self) -> Option<(f64, f64)> {
        let areas = [&self.up, &self.down, &self.peaks];
        let edges = areas.into_iter().flatten().flat_map(|area| &area.outer.0);
        extremes(edges.flat_map(|edge| [edge.0, edge.1]))
            .map(|(least, largest)| (least.min(0.0), largest.max(0.0)))
    }

    /// Paints them.
    pub(super) fn paint(&self, canvas: &mut Canvas, plot: &Plot) {
        for peaks in &self.peaks {
            area::band(canvas, plot, peaks, PEAKS);
        }
        area::stack(canvas, plot, &self.up);
        area::stack(canvas, plot, &self.down);
    }
}

impl Profile {
    /// This layer standing on another edge, upwards or downwards.
    fn raised(&self, floor: &Self, sign: f64) -> Self {
        let raise =
            |(own, floor): (&(f64, f64), &(f64, f64))| (floor.0 + sign * own.0, floor.1 + sign * own.1);
        Self(self.0.iter().zip(&floor.0).map(raise).collect())
    }

    /// This edge, and where it has none that of another.
    fn or(&self, other: &Self) -> Self {
        let choose = |(own, other): (&(f64, f64), &(f64, f64))| if own.0.is_nan() { *other } else { *own };
        Self(self.0.iter().zip(&other.0).map(choose).collect())
    }
}

/// The least and the largest finite value.
fn extremes(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|value| value.is_finite()).fold(None, |extremes, value| match extremes {
        None => Some((value, value)),
        Some((least, largest)) => Some((f64::min(least, value), f64::max(largest, value))),
    })
}

/// What a spec's values measure.
pub(super) fn measure(spec: &ChartSpec) -> Measure {
    let mirrored = spec.layers.iter().any(|layer| layer.shape == Shape::Mirrored);
    Measure { unit: spec.unit, per_second: spec.per_second, mirrored }
}

/// What the value axis must reach: every value, the limit, what the spec asks for, and a little air beyond the values.
pub(super) fn reach(spec: &ChartSpec, stacks: &Stacks) -> Range<f64> {
    let least_span = measure(spec).least_span();
    let fixed =
        [spec.limit, spec.at_least].into_iter().flatten().filter(|value| value.is_finite()).reduce(f64::max);
    let values = [stacks.reach(), line_reach(spec)]
        .into_iter()
        .flatten()
        .flat_map(|(least, largest)| [least, largest]);
    let (mut low, mut high) = extremes(values).unwrap_or((0.0, fixed.unwrap_or(least_span).max(0.0)));
    if spec.from_zero {
        (low, high) = (low.min(0.0), high.max(0.0));
    }
    // Numbers beyond any meaning still must not overflow.
    (low, high) = (low.clamp(-FAR, FAR), fixed.map_or(high, |fixed| high.max(fixed)).clamp(-FAR, FAR));
    if high - low < least_span.max(high.abs() * 1e-9) {
        let missing = least_span.max(high.abs() * 0.02);
        high += if spec.from_zero { missing } else { missing / 2.0 };
        low -= if spec.from_zero { 0.0 } else { missing / 2.0 };
    }
    let air = (high - low) * AIR;
    // Zero and a limit are edges of their own; what merely was measured doesn't touch the edge.
    let top = if high == 0.0 || fixed == Some(high) { high } else { high + air };
    let bottom = if low == 0.0 {
        0.0
    } else if low > 0.0 {
        (low - air).max(0.0)
    } else {
        low - air
    };
    bottom..top
}

/// The least and the largest value of the lines and of their peaks.
pub(super) fn line_reach(spec: &ChartSpec) -> Option<(f64, f64)> {
    let lines = spec.layers.iter().filter(|layer| layer.shape == Shape::Line);
    extremes(lines.flat_map(|layer| layer.values.iter().chain(&layer.peaks).copied()))
}

/// Paints the lines, each over the band of its peaks.
pub(super) fn lines(canvas: &mut Canvas, plot: &Plot, spec: &ChartSpec) {
    let lines = || spec.layers.iter().filter(|layer| layer.shape == Shape::Line);
    for Layer { colour, values, peaks, .. } in lines().filter(|layer| !layer.peaks.is_empty()) {
        let profile = |values: &[f64], fold| Profile::of(plot, &spec.times, values, spec.gap_after, fold);
        let band = Area {
            paint: (*colour).into(),
            outer: profile(peaks, Fold::Largest),
            inner: profile(values, Fold::Mean),
        };
        area::band(canvas, plot, &band, PEAKS);
    }
    let mut stroke = Stroke::new(plot);
    for Layer { colour, values, .. } in lines() {
        stroke.line(plot, &spec.times, values, spec.gap_after);
        stroke.paint(canvas, (*colour).into(), 1.0);
    }
}

/// Hatches, faintly, where samples are missing for longer than three times the gap that is not worth a mark.
pub(super) fn hatch(canvas: &mut Canvas, plot: &Plot, spec: &ChartSpec) {
    let present = |row: usize| spec.layers.iter().any(|layer| layer.values[row].is_finite());
    let known = (0..spec.times.len()).filter(|row| present(*row));
    let known = known.map(|row| (spec.times[row], gap_before(&spec.times, row, spec.gap_after)));
    let mut last = spec.from;
    for (time, gap) in known.chain([(spec.until.saturating_sub(spec.ahead), spec.gap_after)]) {
        if time.saturating_sub(last) > gap.saturating_mul(3) {
            let columns =
                plot.x(last.max(spec.from)).ceil() as usize..plot.x(time.min(spec.until)).floor() as usize;
            for y in plot.rows.clone() {
                let shift = y % HATCHING_STEP;
                for x in columns.clone().filter(|x| (x + shift) % HATCHING_STEP < 2) {
                    canvas.blend(x, y, Colour::Ink.into(), (HATCHING * f64::from(OPAQUE)).round() as u8);
                }
            }
        }
        last = last.max(time);
    }
}
