//! What to draw, as pure data: no file, no host, no words. `draw` turns it into pixels and decides nothing else.

use super::palette::Colour;
use crate::base::unit::Unit;

/// One chart. Only the plot and its axis labels are in the picture; title and legend are HTML beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartSpec {
    /// Width as shown, in CSS pixels; drawn at twice this.
    pub width: u32,
    /// Height as shown, in CSS pixels; drawn at twice this.
    pub height: u32,
    /// Left edge, unix time.
    pub from: i64,
    /// Right edge, unix time.
    pub until: i64,
    /// So many seconds before the right edge lie ahead of now: nothing is missing there.
    pub ahead: i64,
    /// The zone of the time axis.
    pub time_zone: jiff::tz::TimeZone,
    /// What the values measure; per second where `per_second`.
    pub unit: Unit,
    /// Values are rates.
    pub per_second: bool,
    /// Unix times of the values, ascending, shared by all layers.
    pub times: Vec<i64>,
    /// Rows further apart than this many seconds are not joined; three times it is hatched.
    pub gap_after: i64,
    /// From the bottom; areas stack on each other in this order, lines lie over them.
    pub layers: Vec<Layer>,
    /// The value axis starts at 0 (amounts) or at the least value.
    pub from_zero: bool,
    /// The value axis reaches at least this.
    pub at_least: Option<f64>,
    /// A thin line where it ends: MemTotal, 100 %.
    pub limit: Option<f64>,
    /// Reboots: a thin full-height line each.
    pub reboots: Vec<i64>,
    /// Small numbered marks under the axis.
    pub marks: Vec<Mark>,
    /// When alerts held: bands along the top edge.
    pub bands: Vec<Band>,
    /// What grows without end: its fitted line over the data.
    pub trends: Vec<Trend>,
    /// No axes, no labels: a small picture in a table.
    pub bare: bool,
}

/// One series of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its colour.
    pub colour: Colour,
    /// How it is drawn.
    pub shape: Shape,
    /// A value for each of the chart's times; NaN where there is none.
    pub values: Vec<f64>,
    /// The largest of each bin, drawn as a lighter band behind a line; empty for none.
    pub peaks: Vec<f64>,
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A filled area on top of the areas before it.
    Area,
    /// A line of 1.5 px.
    Line,
    /// A filled area that hangs below the zero line, for what flows the other way (sent, written).
    Mirrored,
}

/// An event on the time axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: i64,
    /// Its number in the list under the chart.
    pub number: u32,
}

/// A stretch of time in which an alert held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// From this unix time on …
    pub from: i64,
    /// … up to this one.
    pub until: i64,
    /// It was critical.
    pub strong: bool,
}

/// A fitted line: a thin upright at its onset, solid to the last value, dashed beyond it as far as the chart reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// When the growth began.
    pub onset: i64,
    /// The last time that the line was fitted to.
    pub until: i64,
    /// Where the line is at the onset, on the value axis: in a stack the top edge of what grows.
    pub from: f64,
    /// Where it is at `until`.
    pub to: f64,
    /// A few letters above the plot: `+1.02 MiB/min → 00:12`.
    pub label: String,
}
