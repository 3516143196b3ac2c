//! The drawing ground: every pixel is an index into a list of colour pairs (light theme, dark theme), so that a
//! picture is drawn once and comes out in both. Blending looks up a table from (pixel, paint, opacity) to the index of
//! the mixture and computes only what it meets for the first time. At most 256 pairs: where many mixtures are
//! needed, near ones become one.

use std::ops::Range;

use super::palette::{Colour, GROUND, Themed};

/// What one draws with: the colours of the palette and the ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paint(u8);

impl Paint {
    /// How many there are.
    const COUNT: usize = Colour::ALL.len() + 1;
    /// The page's own colour.
    pub(super) const GROUND: Self = Self(Colour::ALL.len() as u8);

    /// The paint behind a number that went through plotters as the red of a colour.
    pub(super) fn from_number(number: u8) -> Self {
        Self(number.min(Self::GROUND.0))
    }

    /// Its number, below `COUNT`.
    pub(super) fn number(self) -> u8 {
        self.0
    }

    fn themed(self) -> Themed {
        Colour::ALL.get(usize::from(self.0)).map_or(GROUND, |colour| colour.themed())
    }
}

impl From<Colour> for Paint {
    fn from(colour: Colour) -> Self {
        // `Colour` has no explicit discriminants: its number is its place, as in `ALL`.
        Self(colour as u8)
    }
}

/// Opacity in steps: few enough that a picture keeps to its palette, and none that an eye could tell at double size.
pub(super) const OPAQUE: u8 = 8;

/// The step of opacity nearest to a share (0 to 1).
pub(super) fn opacity(share: f64) -> u8 {
    nearest(share * f64::from(OPAQUE)).min(OPAQUE)
}

/// The same in quarters, for edges of areas and lines: at double size the eye cannot tell, and a file with eighths is a
/// fifth larger.
pub(super) fn coarse(share: f64) -> u8 {
    nearest(share * 4.0).min(4) * (OPAQUE / 4)
}

/// The whole number nearest to one that is not negative; 0 for one that is. A cast, since the processors that we build for
/// have no instruction that rounds, and this is asked for each pixel of an edge.
fn nearest(number: f64) -> u8 {
    (number + 0.5) as u8
}

/// A picture in the making.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
    pairs: Vec<Themed>,
    /// Index + 1 of the mixture by `[pixel][paint][opacity]`; 0 where it was not needed yet.
    mixtures: Vec<u16>,
}

const STEPS: usize = OPAQUE as usize + 1;

impl Canvas {
    /// A canvas of ground.
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            pixels: vec![0; width * height],
            pairs: vec![GROUND],
            mixtures: vec![0; 256 * Paint::COUNT * STEPS],
        }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// Rows from the top, one byte a pixel: the index of its pair.
    pub(super) fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The colours behind the indices.
    pub(super) fn pairs(&self) -> &[Themed] {
        &self.pairs
    }

    /// Covers one pixel; outside of the canvas nothing happens.
    #[inline]
    pub(super) fn blend(&mut self, x: usize, y: usize, paint: Paint, opacity: u8) {
        if x >= self.width || y >= self.height || opacity == 0 {
            return;
        }
        let at = y * self.width + x;
        self.pixels[at] = self.mixture(self.pixels[at], paint, opacity.min(OPAQUE));
    }

    /// Covers the pixels of a row from `from` up to `until`, exclusive.
    pub(super) fn blend_row(&mut self, y: usize, from: usize, until: usize, paint: Paint, opacity: u8) {
        let until = until.min(self.width);
        if y >= self.height || from >= until {
            return;
        }
        let start = y * self.width;
        if opacity >= OPAQUE {
            let index = self.mixture(0, paint, OPAQUE);
            self.pixels[start + from..start + until].fill(index);
        } else {
            for x in from..until {
                self.blend(x, y, paint, opacity);
            }
        }
    }

    /// Covers the pixels of a column.
    pub(super) fn blend_column(&mut self, x: usize, rows: Range<usize>, paint: Paint, opacity: u8) {
        let rows = rows.start..rows.end.min(self.height);
        if x >= self.width || rows.is_empty() {
            return;
        }
        let opaque = self.mixture(0, paint, OPAQUE);
        for y in rows {
            if opacity >= OPAQUE {
                self.pixels[y * self.width + x] = opaque;
            } else {
                self.blend(x, y, paint, opacity);
            }
        }
    }

    /// The index of a pair covered by a paint.
    #[inline]
    fn mixture(&mut self, index: u8, paint: Paint, opacity: u8) -> u8 {
        let slot = (usize::from(index) * Paint::COUNT + usize::from(paint.0)) * STEPS + usize::from(opacity);
        match self.mixtures[slot] {
            0 => {
                let mixed = self.mix(index, paint, opacity);
                self.mixtures[slot] = u16::from(mixed) + 1;
                mixed
            }
            known => (known - 1) as u8,
        }
    }

    #[cold]
    fn mix(&mut self, index: u8, paint: Paint, opacity: u8) -> u8 {
        let (under, over) = (self.pairs[usize::from(index)], paint.themed());
        let share = f64::from(opacity) / f64::from(OPAQUE);
        let pair = Themed {
            light: under.light.covered(over.light, share),
            dark: under.dark.covered(over.dark, share),
        };
        // The full colours themselves are always exact: there are few of them.
        let tolerance = if opacity == OPAQUE { 0 } else { tolerance(self.pairs.len()) };
        self.index_of(pair, tolerance)
    }

    /// The index of a pair: of an equal or near one, else a new one while there is room, else the nearest.
    fn index_of(&mut self, pair: Themed, tolerance: u8) -> u8 {
        let distance = |other: &Themed| pair.light.distance(other.light).max(pair.dark.distance(other.dark));
        let nearest = self.pairs.iter().enumerate().min_by_key(|(_, other)| distance(other));
        let room = self.pairs.len() < 256;
        match nearest {
            Some((index, other)) if distance(other) <= tolerance || !room => index as u8,
            _ => {
                self.pairs.push(pair);
                (self.pairs.len() - 1) as u8
            }
        }
    }
}

/// How far apart two mixtures may be and yet become one: nothing while there is plenty of room, then more and more.
fn tolerance(used: usize) -> u8 {
    match used {
        0..64 => 2,
        64..128 => 5,
        128..192 => 9,
        192..232 => 16,
        // The last places are kept for colours that nothing resembles.
        _ => 40,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canvas_begins_as_ground_and_both_themes_are_mixed() {
        let mut canvas = Canvas::new(2, 1);
        canvas.blend(1, 0, Colour::Ink.into(), OPAQUE);
        assert_eq!(canvas.pixels(), [0, 1]);
        assert_eq!(canvas.pairs(), [GROUND, Colour::Ink.themed()]);
        canvas.blend(0, 0, Colour::Ink.into(), OPAQUE / 2);
        let half = canvas.pairs()[usize::from(canvas.pixels()[0])];
        assert_eq!(half.light, GROUND.light.covered(Colour::Ink.light(), 0.5));
        assert_eq!(half.dark, GROUND.dark.covered(Colour::Ink.dark(), 0.5));
    }

    #[test]
    fn outside_of_the_canvas_nothing_happens() {
        let mut canvas = Canvas::new(2, 2);
        canvas.blend(2, 0, Colour::Ink.into(), OPAQUE);
        canvas.blend(0, 2, Colour::Ink.into(), OPAQUE);
        canvas.blend_row(5, 0, 9, Colour::Ink.into(), OPAQUE);
        canvas.blend_row(0, 1, 900, Colour::Ink.into(), OPAQUE);
        assert_eq!(canvas.pixels(), [0, 1, 0, 0]);
    }

    #[test]
    fn more_mixtures_than_indices_become_their_nearest() {
        let mut canvas = Canvas::new(1, 1);
        for round in 0..5_000u32 {
            let colour = Colour::ALL[(round as usize * 7) % Colour::ALL.len()];
            canvas.blend(0, 0, colour.into(), 1 + (round * 5 % 15) as u8);
        }
        assert!(canvas.pairs().len() <= 256);
        canvas.blend(0, 0, Colour::Vermilion.into(), OPAQUE);
        let index = usize::from(canvas.pixels()[0]);
        assert!(canvas.pairs()[index].light.distance(Colour::Vermilion.light()) <= 2);
    }

    #[test]
    fn every_colour_is_its_own_paint() {
        for colour in Colour::ALL {
            assert_eq!(Paint::from(colour).themed(), colour.themed(), "{colour:?}");
            assert_eq!(Paint::from_number(Paint::from(colour).number()), Paint::from(colour));
        }
        assert_eq!(Paint::GROUND.themed(), GROUND);
    }
}
