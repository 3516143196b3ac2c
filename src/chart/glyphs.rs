//! The letters of the axes: DejaVu Sans Condensed 2.37, carried in the binary so that a bare server needs no fonts, drawn
//! once for each letter and kept. `letters.ttf` is that face with the letters of an axis alone, 1/40 of its size, made by
//! `pyftsubset DejaVuSansCondensed.ttf --no-hinting --layout-features= --unicodes=…` (fonttools). plotters' own text would leave out a letter's side bearings, so that figures would
//! crowd ("11:11"); its text comes here instead.

use std::collections::HashMap;
use std::sync::OnceLock;

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _};

use super::canvas::opacity;

/// The size of the letters as drawn: 11 px as shown.
pub(super) const SIZE: f32 = 22.0;

/// What an axis or a trend's label can contain.
const LETTERS: &str = "0123456789−-–+.,:/%×°µ→· ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// One letter, drawn.
#[derive(Debug, Default)]
pub(super) struct Glyph {
    /// From this letter's origin to the next one's.
    advance: f32,
    /// From the origin to the left of the pixels.
    left: f32,
    /// From the base line to the top of the pixels; negative above it.
    top: i32,
    width: usize,
    /// Opacity of the pixels, row by row.
    pixels: Vec<u8>,
}

fn glyphs() -> Option<&'static HashMap<char, Glyph>> {
    static GLYPHS: OnceLock<Option<HashMap<char, Glyph>>> = OnceLock::new();
    GLYPHS.get_or_init(render).as_ref()
}

/// Draws every letter once; `None` only if the font in the binary were damaged.
fn render() -> Option<HashMap<char, Glyph>> {
    let font = FontRef::try_from_slice(include_bytes!("letters.ttf")).ok()?;
    // A scale is the height from the lowest to the highest point of the face, a size is its em.
    let scale = PxScale::from(SIZE * font.height_unscaled() / font.units_per_em()?);
    let scaled = font.as_scaled(scale);
    let glyphs = LETTERS.chars().map(|letter| {
        let id = scaled.glyph_id(letter);
        let mut glyph = Glyph { advance: scaled.h_advance(id), ..Glyph::default() };
        if let Some(outline) = font.outline_glyph(id.with_scale(scale)) {
            let bounds = outline.px_bounds();
            glyph.left = bounds.min.x;
            glyph.top = bounds.min.y as i32;
            glyph.width = bounds.width() as usize;
            glyph.pixels = vec![0; glyph.width * bounds.height() as usize];
            outline.draw(|x, y, covered| {
                if let Some(pixel) = glyph.pixels.get_mut(y as usize * glyph.width + x as usize) {
                    *pixel = opacity(f64::from(covered));
                }
            });
        }
        (letter, glyph)
    });
    Some(glyphs.collect())
}

/// The width of a text in pixels.
pub(super) fn width(text: &str) -> f32 {
    let Some(glyphs) = glyphs() else { return 0.0 };
    text.chars().filter_map(|letter| glyphs.get(&letter)).map(|glyph| glyph.advance).sum()
}

/// The height of a figure above the base line: what is centred beside a line.
pub(super) fn figure_height() -> i32 {
    glyphs().and_then(|glyphs| glyphs.get(&'0')).map_or(0, |glyph| -glyph.top)
}

/// Hands over every pixel of a text that begins at `x` and stands on `base`. A letter that is not known leaves nothing.
pub(super) fn draw(text: &str, x: i32, base: i32, mut pixel: impl FnMut(i32, i32, u8)) {
    let Some(glyphs) = glyphs() else { return };
    let mut origin = x as f32;
    for glyph in text.chars().filter_map(|letter| glyphs.get(&letter)) {
        let left = (origin + glyph.left).round() as i32;
        for (row, pixels) in glyph.pixels.chunks_exact(glyph.width.max(1)).enumerate() {
            for (column, &step) in pixels.iter().enumerate().filter(|(_, step)| **step > 0) {
                pixel(left + column as i32, base + glyph.top + row as i32, step);
            }
        }
        origin += glyph.advance;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_every_letter_and_figures_are_tabular() {
        let glyphs = glyphs().unwrap();
        for letter in LETTERS.chars() {
            assert!(glyphs[&letter].advance > 0.0, "{letter:?}");
            assert!(letter == ' ' || glyphs[&letter].pixels.iter().any(|step| *step > 4), "{letter:?}");
        }
        assert_eq!(width("111"), width("000"));
        assert!((14..=18).contains(&figure_height()), "{}", figure_height());
    }
}
