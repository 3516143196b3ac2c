//! Pictures: a `ChartSpec` (pure data) in, an indexed PNG in a light and a dark palette out.

#[allow(dead_code)]
mod canvas;
#[allow(dead_code)]
pub mod palette;
mod picture;
mod spec;

pub use palette::{Colour, GROUND, Rgb, Themed};
pub use picture::Picture;
pub use spec::{ChartSpec, Layer, Mark, Shape};

use canvas::Canvas;

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

/// Draws a chart. The same spec gives the same bytes.
pub fn draw(spec: &ChartSpec) -> Result<Picture, ChartError> {
    check(spec)?;
    let canvas = Canvas::new(spec.width as usize * 2, spec.height as usize * 2);
    picture::encode(&canvas)
}

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
