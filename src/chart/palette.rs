//! The colours, by meaning: Okabe and Ito's palette, told apart by colour-blind readers; dark themes take the same
//! hues, lighter. The style sheet takes its swatches and its ground from here, so that legend, page and picture
//! cannot differ.

use std::fmt::Write as _;

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// As CSS writes it: `#d55e00`.
    pub fn css(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// This colour covered by `over` with an opacity of `share` (0 to 1).
    pub(super) fn covered(self, over: Self, share: f64) -> Self {
        Self(mix(self.0, over.0, share), mix(self.1, over.1, share), mix(self.2, over.2, share))
    }

    /// The largest difference of a channel.
    pub(super) fn distance(self, other: Self) -> u8 {
        self.0.abs_diff(other.0).max(self.1.abs_diff(other.1)).max(self.2.abs_diff(other.2))
    }
}

fn mix(under: u8, over: u8, share: f64) -> u8 {
    (f64::from(under) + (f64::from(over) - f64::from(under)) * share).round() as u8
}

/// One colour in both themes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Themed {
    /// On the light page.
    pub light: Rgb,
    /// On the dark page.
    pub dark: Rgb,
}

/// The ground of the page and of the pictures on it, which are opaque: what is free memory is this colour.
pub const GROUND: Themed = Themed { light: Rgb(0xff, 0xff, 0xff), dark: Rgb(0x15, 0x18, 0x1c) };

/// What a colour stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Colour {
    /// Reddish purple: unaccounted memory, steal.
    Purple,
    /// Vermilion: unreclaimable slab, iowait.
    Vermilion,
    /// Orange: other kernel memory, system.
    Orange,
    /// Blue: processes, user.
    Blue,
    /// Sky blue: shared memory.
    Sky,
    /// Light green: reclaimable slab and buffers.
    LightGreen,
    /// Green, lightened: file cache.
    Green,
    /// Yellow: one more series.
    Yellow,
    /// Grey: what is secondary; the text of the axes.
    Grey,
    /// Text and thin lines of limits.
    Ink,
}

impl Colour {
    /// Every colour, in the order of the stack of memory.
    pub const ALL: [Self; 10] = [
        Self::Purple,
        Self::Vermilion,
        Self::Orange,
        Self::Blue,
        Self::Sky,
        Self::LightGreen,
        Self::Green,
        Self::Yellow,
        Self::Grey,
        Self::Ink,
    ];

    /// Its name in the style sheet: `--c-` and this.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Purple => "purple",
            Self::Vermilion => "vermilion",
            Self::Orange => "orange",
            Self::Blue => "blue",
            Self::Sky => "sky",
            Self::LightGreen => "light-green",
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Grey => "grey",
            Self::Ink => "ink",
        }
    }

    /// The colour in both themes.
    pub const fn themed(self) -> Themed {
        let (light, dark) = match self {
            Self::Purple => (Rgb(0xcc, 0x79, 0xa7), Rgb(0xdb, 0x96, 0xbd)),
            Self::Vermilion => (Rgb(0xd5, 0x5e, 0x00), Rgb(0xee, 0x7b, 0x2e)),
            Self::Orange => (Rgb(0xe6, 0x9f, 0x00), Rgb(0xf2, 0xb7, 0x3a)),
            Self::Blue => (Rgb(0x00, 0x72, 0xb2), Rgb(0x3f, 0x96, 0xcf)),
            Self::Sky => (Rgb(0x56, 0xb4, 0xe9), Rgb(0x86, 0xcb, 0xf1)),
            Self::LightGreen => (Rgb(0xad, 0xe0, 0xd2), Rgb(0x86, 0xd0, 0xb8)),
            Self::Green => (Rgb(0x59, 0xc0, 0xa4), Rgb(0x2e, 0xa8, 0x85)),
            Self::Yellow => (Rgb(0xe3, 0xd2, 0x2c), Rgb(0xf2, 0xe7, 0x66)),
            Self::Grey => (Rgb(0x5d, 0x65, 0x6e), Rgb(0x9a, 0xa4, 0xaf)),
            Self::Ink => (Rgb(0x1a, 0x1d, 0x21), Rgb(0xe6, 0xe9, 0xec)),
        };
        Themed { light, dark }
    }

    /// On the light page.
    pub const fn light(self) -> Rgb {
        self.themed().light
    }

    /// On the dark page.
    pub const fn dark(self) -> Rgb {
        self.themed().dark
    }
}

/// The colours as custom properties for the style sheet: `--ground` and `--c-NAME`, light, and dark where the
/// reader prefers that.
pub fn css() -> String {
    let mut css = String::from(":root {\n  color-scheme: light dark;\n");
    properties(&mut css, "  ", |themed| themed.light);
    css.push_str("}\n@media (prefers-color-scheme: dark) {\n  :root {\n");
    properties(&mut css, "    ", |themed| themed.dark);
    css.push_str("  }\n}\n");
    css
}

fn properties(css: &mut String, indent: &str, theme: fn(Themed) -> Rgb) {
    let named = Colour::ALL.map(|colour| (format!("c-{}", colour.name()), colour.themed()));
    for (name, themed) in std::iter::once(("ground".to_owned(), GROUND)).chain(named) {
        // Writing to a String cannot fail.
        let _ = writeln!(css, "{indent}--{name}: {};", theme(themed).css());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance as WCAG 2 defines it.
    fn luminance(colour: Rgb) -> f64 {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(colour.0) + 0.7152 * linear(colour.1) + 0.0722 * linear(colour.2)
    }

    fn contrast(one: Rgb, other: Rgb) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn contrast_of_black_on_white_is_21() {
        assert!((contrast(Rgb(0, 0, 0), Rgb(255, 255, 255)) - 21.0).abs() < 1e-9);
    }

    #[test]
    fn text_is_legible_in_both_themes() {
        for text in [Colour::Grey, Colour::Ink] {
            assert!(contrast(text.light(), GROUND.light) >= 4.5, "{text:?} light");
            assert!(contrast(text.dark(), GROUND.dark) >= 4.5, "{text:?} dark");
        }
    }

    #[test]
    fn every_colour_stands_out_from_the_ground_and_dark_ones_are_lighter() {
        for colour in Colour::ALL {
            assert!(contrast(colour.light(), GROUND.light) >= 1.4, "{colour:?} light");
            assert!(contrast(colour.dark(), GROUND.dark) >= 4.5, "{colour:?} dark");
        }
        for colour in [Colour::Purple, Colour::Vermilion, Colour::Orange, Colour::Blue, Colour::Sky] {
            assert!(luminance(colour.dark()) > luminance(colour.light()), "{colour:?}");
        }
    }

    #[test]
    fn the_style_sheet_has_both_themes() {
        let css = css();
        assert!(css.contains("  --c-vermilion: #d55e00;\n"));
        assert!(css.contains("    --c-vermilion: #ee7b2e;\n"));
        assert_eq!(css.matches("--ground").count(), 2);
    }

    #[test]
    fn covering_mixes() {
        assert_eq!(Rgb(0, 100, 200).covered(Rgb(100, 0, 200), 0.25), Rgb(25, 75, 200));
    }
}
