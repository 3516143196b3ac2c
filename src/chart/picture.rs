//! A canvas as two indexed PNG files: the indices are packed and compressed once, and written under the light and
//! under the dark palette. The same canvas gives the same bytes, always.

use std::cell::RefCell;
use std::io;

use flate2::{Compress, Compression, FlushCompress, Status};

use super::ChartError;
use super::canvas::Canvas;
use super::palette::{Rgb, Themed};
use crate::base::hash;

/// A chart, drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// PNG for the light theme.
    pub light: Vec<u8>,
    /// PNG for the dark theme.
    pub dark: Vec<u8>,
    /// 12 hexadecimal digits that differ where the picture differs: part of its file name.
    pub hash: String,
}

/// Encodes a finished canvas.
pub(super) fn encode(canvas: &Canvas) -> Result<Picture, ChartError> {
    let depth = Depth::of(canvas.pairs().len());
    let data = compress(&depth.pack(canvas))?;
    let palettes = [palette(canvas, |pair| pair.light), palette(canvas, |pair| pair.dark)];
    let hash = hash::name(&[&data, &palettes[0], &palettes[1]]);
    let [light, dark] = palettes.map(|palette| file(canvas, depth, &data, palette));
    Ok(Picture { light: light?, dark: dark?, hash })
}

/// Bits for an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Depth(usize);

impl Depth {
    fn of(colours: usize) -> Self {
        Self(match colours {
            0..=2 => 1,
            3..=4 => 2,
            5..=16 => 4,
            _ => 8,
        })
    }

    /// The rows as PNG wants them: a byte for the filter, then the bytes of [`Depth::row`] less those of the row above. In a chart
    /// most pixels are what is above them.
    fn pack(self, canvas: &Canvas) -> Vec<u8> {
        const UP: u8 = 2;
        let row_bytes = canvas.width().div_ceil(8 / self.0);
        let mut packed = Vec::with_capacity((row_bytes + 1) * canvas.height());
        let (mut above, mut row) = (vec![0; row_bytes], Vec::with_capacity(row_bytes));
        for pixels in canvas.pixels().chunks_exact(canvas.width()) {
            row.clear();
            self.row(pixels, &mut row);
            packed.push(UP);
            packed.extend(row.iter().zip(&above).map(|(byte, above)| byte.wrapping_sub(*above)));
            std::mem::swap(&mut above, &mut row);
        }
        packed
    }

    /// The indices of a row, the first in the high bits.
    fn row(self, pixels: &[u8], row: &mut Vec<u8>) {
        let per_byte = 8 / self.0;
        match per_byte {
            1 => return row.extend_from_slice(pixels),
            // Most pictures.
            2 => {
                let pairs = pixels.chunks_exact(2);
                let last = pairs.remainder();
                row.extend(pairs.map(|pair| pair[0] << 4 | pair[1]));
                return row.extend(last.iter().map(|left| left << 4));
            }
            _ => {}
        }
        row.extend(pixels.chunks(per_byte).map(|indices| {
            let byte = indices.iter().fold(0u8, |byte, index| (byte << self.0) | index);
            byte << (self.0 * (per_byte - indices.len()))
        }));
    }

    fn png(self) -> png::BitDepth {
        match self.0 {
            1 => png::BitDepth::One,
            2 => png::BitDepth::Two,
            4 => png::BitDepth::Four,
            _ => png::BitDepth::Eight,
        }
    }
}

/// Most of a picture's time went into compressing it: of rows less those above, level 2 takes less than half the time of level 5,
/// for a seventh more bytes.
const LEVEL: Compression = Compression::new(2);

thread_local! {
    /// A compressor's tables are larger than most pictures: each thread makes them once.
    static COMPRESSOR: RefCell<Compress> = RefCell::new(Compress::new(LEVEL, true));
}

fn compress(packed: &[u8]) -> Result<Vec<u8>, ChartError> {
    COMPRESSOR.with_borrow_mut(|compressor| {
        compressor.reset();
        let mut data = Vec::with_capacity(packed.len() / 16 + 64);
        loop {
            let done = usize::try_from(compressor.total_in()).unwrap_or(packed.len());
            match compressor.compress_vec(&packed[done..], &mut data, FlushCompress::Finish) {
                Ok(Status::StreamEnd) => return Ok(data),
                // The room is used up.
                Ok(_) => data.reserve(data.capacity()),
                Err(error) => return Err(io::Error::from(error).into()),
            }
        }
    })
}

/// The colours of a theme, three bytes each.
fn palette(canvas: &Canvas, theme: fn(&Themed) -> Rgb) -> Vec<u8> {
    let colours = canvas.pairs().iter().map(theme);
    colours.flat_map(|Rgb(red, green, blue)| [red, green, blue]).collect()
}

fn file(canvas: &Canvas, depth: Depth, data: &[u8], palette: Vec<u8>) -> Result<Vec<u8>, ChartError> {
    let mut bytes = Vec::with_capacity(data.len() + palette.len() + 128);
    let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(&mut bytes, size(canvas.width()), size(canvas.height()));
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(depth.png());
    encoder.set_palette(palette);
    let mut writer = encoder.write_header()?;
    writer.write_chunk(png::chunk::IDAT, data)?;
    // Dropping the writer closes the file with its last chunk; unlike `finish` it does not ask for image data.
    drop(writer);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::canvas::OPAQUE;
    use super::super::palette::{Colour, GROUND};
    use super::*;

    /// The pixels of a PNG as red, green, blue.
    fn decode(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        pixels.truncate(info.buffer_size());
        reader.finish().unwrap();
        (info.width, info.height, pixels)
    }

    #[test]
    fn noise_is_whole_and_one_picture_after_another_is_as_it_was() {
        // A generator of Numerical Recipes: nothing that packs well.
        let noise = |seed: u32| {
            let mut canvas = Canvas::new(400, 300);
            let mut number = seed;
            for place in 0..400 * 300 {
                number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let colour = Colour::ALL[(number >> 16) as usize % Colour::ALL.len()];
                canvas.blend(place % 400, place / 400, colour.into(), 1 + (number >> 24) as u8 % OPAQUE);
            }
            canvas
        };
        let (one, other) = (noise(1), noise(2));
        let first = encode(&one).unwrap();
        let expected: Vec<u8> = one
            .pixels()
            .iter()
            .map(|index| one.pairs()[usize::from(*index)].dark)
            .flat_map(|Rgb(red, green, blue)| [red, green, blue])
            .collect();
        assert_eq!(decode(&first.dark), (400, 300, expected));
        assert!(first.dark.len() > 400 * 300 / 8, "{}", first.dark.len());
        assert_ne!(encode(&other).unwrap().hash, first.hash);
        assert_eq!(encode(&one).unwrap(), first, "the compressor forgets");
    }

    #[test]
    fn both_files_are_whole_at_every_depth() {
        for colours in [1usize, 2, 4, 10] {
            let mut canvas = Canvas::new(3, 12);
            let mut expected = (Vec::new(), Vec::new());
            for y in 0..12 {
                let colour = Colour::ALL[y % colours];
                canvas.blend_row(y, 1, 2, colour.into(), OPAQUE);
                for x in 0..3 {
                    let themed = if x == 1 { colour.themed() } else { GROUND };
                    expected.0.extend([themed.light.0, themed.light.1, themed.light.2]);
                    expected.1.extend([themed.dark.0, themed.dark.1, themed.dark.2]);
                }
            }
            let picture = encode(&canvas).unwrap();
            assert_eq!(decode(&picture.light), (3, 12, expected.0));
            assert_eq!(decode(&picture.dark), (3, 12, expected.1));
            assert_eq!(picture.hash.len(), 12);
        }
    }
}
