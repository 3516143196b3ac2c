//! Numbers and names for contents: 64 bits of FNV-1a. Not for secrecy; two different contents must not meet by chance, and what
//! is remembered of one outlives an update: they are the same in every run and version of the compiler.

use std::hash::Hasher;

/// FNV-1a, the same in every build.
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The number of some bytes.
pub fn number(bytes: &[u8]) -> u64 {
    let mut hasher = Fnv::default();
    hasher.write(bytes);
    hasher.finish()
}

/// The name of contents that follow each other: twelve hex digits.
pub fn name(contents: &[&[u8]]) -> String {
    let mut hasher = Fnv::default();
    contents.iter().for_each(|bytes| hasher.write(bytes));
    // FNV's low bits mix best at the end of the input; fold the high ones in.
    let hash = hasher.finish();
    format!("{:012x}", (hash ^ (hash >> 48)) & 0xffff_ffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_standard() {
        // From the authors' test suite.
        assert_eq!((number(b""), number(b"a")), (0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c));
    }

    #[test]
    fn twelve_digits_that_stay_the_same() {
        assert_eq!(name(&[b""]), name(&[b""]));
        assert_eq!(name(&[b"a"]).len(), 12);
        assert_ne!(name(&[b"a"]), name(&[b"b"]));
        assert_eq!(name(&[b"a", b"b"]), name(&[b"ab"]));
    }
}
