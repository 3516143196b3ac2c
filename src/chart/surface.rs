//! The canvas as plotters sees it: a drawing backend whose colours are paints. plotters knows only red, green and blue,
//! and the canvas has a light and a dark colour in each pixel, so a paint travels as a number in the red.

use std::convert::Infallible;

use plotters::prelude::DrawingBackend;
use plotters::style::RGBAColor;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind};

use super::canvas::{Canvas, Paint, opacity};
use super::glyphs;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// A paint with an opacity (0 to 1) as plotters' colour.
pub(super) fn ink(paint: impl Into<Paint>, share: f64) -> RGBAColor {
    RGBAColor(paint.into().number(), 0, 0, share)
}

/// Draws on a canvas for plotters.
pub(super) struct Surface<'canvas>(pub(super) &'canvas mut Canvas);

impl Surface<'_> {
    fn cover(&mut self, x: i32, y: i32, color: BackendColor) {
        if let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) {
            self.0.blend(x, y, Paint::from_number(color.rgb.0), opacity(color.alpha));
        }
    }
}

impl DrawingBackend for Surface<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        (side(self.0.width()), side(self.0.height()))
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.cover(x, y, color);
        Ok(())
    }

    /// Text, from the letters that are kept drawn. Its vertical centre is that of a figure.
    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        let (width, height) = (glyphs::width(text).round() as i32, glyphs::figure_height());
        let left = match style.anchor().h_pos {
            HPos::Left => x,
            HPos::Right => x - width,
            HPos::Center => x - width / 2,
        };
        let base = match style.anchor().v_pos {
            VPos::Top => y + height,
            VPos::Center => y + height / 2,
            VPos::Bottom => y,
        };
        let color = style.color();
        glyphs::draw(text, left, base, |x, y, step| {
            let share = f64::from(step) / f64::from(super::canvas::OPAQUE);
            self.cover(x, y, color.mix(share));
        });
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        _style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        Ok((glyphs::width(text).ceil() as u32, glyphs::figure_height().unsigned_abs()))
    }

    /// A line of one pixel: those of the axes are level or upright, and fill whole rows and columns.
    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        if style.color().alpha == 0.0 {
            return Ok(());
        }
        let (Ok(left), Ok(top)) = (usize::try_from(from.0.min(to.0)), usize::try_from(from.1.min(to.1)))
        else {
            return Ok(());
        };
        let paint = Paint::from_number(style.color().rgb.0);
        let share = opacity(style.color().alpha);
        if from.1 == to.1 {
            self.0.blend_row(top, left, left + from.0.abs_diff(to.0) as usize + 1, paint, share);
        } else if from.0 == to.0 {
            self.0.blend_column(left, top..top + from.1.abs_diff(to.1) as usize + 1, paint, share);
        } else {
            return plotters_backend::rasterizer::draw_line(self, from, to, style);
        }
        Ok(())
    }
}
