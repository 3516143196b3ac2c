//! The few shapes that the kernel's text files have: numbers, fields between blanks, `key value` lines.
//! Over bytes and without allocation, since names in them may be any bytes and some files are read 5,000 times.

/// A decimal number that fills `bytes`.
pub(crate) fn number(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() {
        return None;
    }
    bytes.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// A decimal fraction that fills `bytes`: `0.25`.
pub(crate) fn fraction(bytes: &[u8]) -> Option<f64> {
    std::str::from_utf8(bytes).ok()?.parse().ok().filter(|value: &f64| value.is_finite())
}

/// The fields of a line, between any number of blanks.
pub(crate) fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty())
}

/// The numbers of a line, as far as its fields are numbers.
pub(crate) fn numbers(line: &[u8]) -> impl Iterator<Item = u64> {
    fields(line).map_while(number)
}

/// The first number of a file that holds little else.
pub(crate) fn first_number(bytes: &[u8]) -> Option<u64> {
    fields(bytes).next().and_then(number)
}

/// The lines, without their ends; an empty file has none.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

/// Splits at the first `separator`.
pub(crate) fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == separator)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

/// The value of the first line that begins with `key`, trimmed: `value_of(status, "Uid:")`.
pub(crate) fn value_of<'a>(bytes: &'a [u8], key: &str) -> Option<&'a [u8]> {
    lines(bytes).find_map(|line| line.strip_prefix(key.as_bytes())).map(<[u8]>::trim_ascii)
}

/// Foreign bytes as text, trimmed; what is not UTF-8 becomes U+FFFD.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.trim_ascii()).into_owned()
}

/// Seconds from a count of small units, exact to the unit: `seconds(1234, 100)` is 12.34.
#[expect(clippy::cast_precision_loss, reason = "2^53 ticks are three million years")]
pub(crate) fn seconds(count: u64, per_second: u64) -> f64 {
    count as f64 / per_second.max(1) as f64
}

/// Microseconds as seconds, cut to milliseconds: what the log needs of them.
pub(crate) fn milliseconds_of(microseconds: u64) -> f64 {
    seconds(microseconds / 1000, 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_decimal_and_fit() {
        assert_eq!(number(b"0"), Some(0));
        assert_eq!(number(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(number(b"18446744073709551616"), None);
        for wrong in [&b""[..], b"-1", b"+1", b"1 ", b"0x1", b"\xff"] {
            assert_eq!(number(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn fields_and_values() {
        assert_eq!(fields(b"  a \t b\n").collect::<Vec<_>>(), [b"a", b"b"]);
        assert_eq!(numbers(b"1 2 x 3").collect::<Vec<_>>(), [1, 2]);
        assert_eq!(value_of(b"Name:\tx\nUid:\t0\t1\n", "Uid:"), Some(&b"0\t1"[..]));
        assert_eq!(text(b" a\xffb \n"), "a\u{fffd}b");
    }

    #[test]
    fn seconds_are_exact_to_the_unit() {
        assert_eq!(seconds(1234, 100), 12.34);
        assert_eq!(milliseconds_of(1_234_999), 1.234);
    }
}
