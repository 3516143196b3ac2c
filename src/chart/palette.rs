//! The colours, by meaning: Okabe and Ito's palette, told apart by colour-blind readers; dark themes take the same
//! hues, lighter. The style sheet takes its swatches from here, so that legend and picture cannot differ.

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rgb(pub u8, pub u8, pub u8);

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
    /// Grey: what is secondary.
    Grey,
    /// Text and thin lines of limits.
    Ink,
}
