//! Pictures: a `ChartSpec` (pure data) in, an indexed PNG in a light and a dark palette out.

mod palette;
mod spec;

pub use palette::{Colour, Rgb};
pub use spec::{ChartSpec, Layer, Mark, Shape};
