//! Names for contents: 64 bits of FNV-1a, in hex. Not for secrecy; two different files of one name must not meet by
//! chance, and names must be the same in every run and version of the compiler.

/// The hash of some bytes as twelve hex digits.
pub(crate) fn of(bytes: &[u8]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash ^= u64::from(*byte);
        hash = hash.wrapping_mul(0x0000_0100_0000_01b3);
    }
    // FNV's low bits mix best at the end of the input; fold the high ones in.
    format!("{:012x}", (hash ^ (hash >> 48)) & 0xffff_ffff_ffff)
}

#[cfg(test)]
mod tests {
    #[test]
    fn twelve_digits_that_stay_the_same() {
        assert_eq!(super::of(b""), super::of(b""));
        assert_eq!(super::of(b"a").len(), 12);
        assert_ne!(super::of(b"a"), super::of(b"b"));
    }
}
