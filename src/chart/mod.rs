//! Pictures: a `ChartSpec` (pure data) in, an indexed PNG in a light and a dark palette out.

mod area;
mod axes;
mod band;
mod canvas;
mod glyphs;
mod layers;
pub mod palette;
mod picture;
mod plot;
mod spec;
mod stroke;
mod surface;
mod time_axis;
mod trend;
mod value_axis;

pub use palette::{Colour, GROUND, Rgb, Themed};
pub use picture::Picture;
pub use spec::{Band, ChartSpec, Layer, Mark, Shape, Trend};

use canvas::Canvas;
use layers::Stacks;
use plot::Plot;
use value_axis::Ticks;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// The size or the window cannot be drawn.
    #[error("a chart of {width} × {height} pixels from {from} until {until} cannot be drawn")]
    Extent {
        /// CSS pixels.
        width: u32,
        /// CSS pixels.
        height: u32,
        /// Unix time.
        from: i64,
        /// Unix time.
        until: i64,
    },
    /// Times and values don't belong together.
    #[error("layer {layer} of the chart has {values} values for {times} times")]
    Lengths {
        /// Its place in `layers`.
        layer: usize,
        /// How many values it has.
        values: usize,
        /// How many times the chart has.
        times: usize,
    },
    /// The axis could not be written.
    #[error("the chart's text could not be drawn: {0}")]
    Text(String),
    /// The picture could not be encoded.
    #[error("the chart could not be encoded")]
    Encode(#[from] png::EncodingError),
    /// The picture could not be compressed.
    #[error("the chart could not be compressed")]
    Compress(#[from] std::io::Error),
}

/// The largest side in CSS pixels: a guard against a number gone wrong, not a wish.
const LARGEST_SIDE: u32 = 8_192;

/// Pixels of the picture for one pixel as shown.
const DENSITY: u32 = 2;

/// Draws a chart. The same spec gives the same bytes.
pub fn draw(spec: &ChartSpec) -> Result<Picture, ChartError> {
    check(spec)?;
    let mut canvas = Canvas::new((spec.width * DENSITY) as usize, (spec.height * DENSITY) as usize);
    let Layout { plot, stacks, ticks } = Layout::of(&canvas, spec);
    layers::hatch(&mut canvas, &plot, spec);
    stacks.paint(&mut canvas, &plot);
    let framed = ticks.is_some();
    if let Some(ticks) = ticks {
        axes::draw(&mut canvas, &plot, spec, &ticks)?;
        axes::marks(&mut canvas, &plot, spec)?;
    }
    layers::lines(&mut canvas, &plot, spec);
    axes::overlay(&mut canvas, &plot, spec)?;
    band::draw(&mut canvas, &plot, spec);
    if framed {
        trend::draw(&mut canvas, &plot, spec)?;
    }
    picture::encode(&canvas)
}

/// Where everything goes.
struct Layout {
    plot: Plot,
    stacks: Stacks,
    /// Labels of the value axis, unless the picture is bare.
    ticks: Option<Ticks>,
}

impl Layout {
    /// The room that the labels take depends on the values, and what the values reach on the columns that are left for
    /// them: so the usual room is tried first.
    fn of(canvas: &Canvas, spec: &ChartSpec) -> Self {
        let mut left = axes::LEFT;
        let bottom = axes::BOTTOM + if spec.marks.is_empty() { 0 } else { axes::MARKS };
        loop {
            let framed = Plot {
                columns: left..canvas.width().saturating_sub(axes::RIGHT),
                rows: axes::TOP..canvas.height().saturating_sub(bottom),
                times: spec.from..spec.until,
                values: 0.0..1.0,
            };
            let bare = spec.bare || framed.columns.len() < LEAST_SIDE || framed.rows.len() < LEAST_SIDE;
            let mut plot = framed;
            if bare {
                plot = Plot { columns: 0..canvas.width(), rows: 0..canvas.height(), ..plot };
            }
            let stacks = Stacks::of(&plot, spec);
            plot.values = layers::reach(spec, &stacks);
            if bare {
                return Self { plot, stacks, ticks: None };
            }
            let most = (plot.rows.len() / axes::LEAST_STEP).clamp(2, 5);
            let ticks = layers::measure(spec).ticks(plot.values.start, plot.values.end, most);
            let needed = axes::left(&ticks);
            if needed <= left {
                return Self { plot, stacks, ticks: Some(ticks) };
            }
            left = needed;
        }
    }
}

/// The least plot, in pixels, that is worth its axes.
const LEAST_SIDE: usize = 48;

fn check(spec: &ChartSpec) -> Result<(), ChartError> {
    let &ChartSpec { width, height, from, until, .. } = spec;
    let sides = 1..=LARGEST_SIDE;
    if !sides.contains(&width) || !sides.contains(&height) || until <= from {
        return Err(ChartError::Extent { width, height, from, until });
    }
    let times = spec.times.len();
    for (layer, content) in spec.layers.iter().enumerate() {
        for values in [content.values.len(), content.peaks.len()] {
            if values != times && !(values == 0 && content.values.len() == times) {
                return Err(ChartError::Lengths { layer, values, times });
            }
        }
    }
    Ok(())
}
