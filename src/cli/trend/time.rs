//! Cells of a CSV as times and numbers.

use jiff::Timestamp;

/// Times before 1900 or after 2200 are mistakes.
const RANGE: std::ops::Range<f64> = -2_208_988_800.0..7_258_118_400.0;

/// Reads a number; `NaN` and `inf` are numbers here, so that a column of them is one of numbers.
pub(super) fn number(cell: &[u8]) -> Option<f64> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}

/// Reads unix seconds or RFC 3339, with fractions of a second: those tell rows of the same second apart.
pub(super) fn unix_seconds(text: &str) -> Option<f64> {
    let precise = |time: Timestamp| time.as_duration().as_secs_f64();
    let unix = text.parse::<f64>().ok().or_else(|| text.parse::<Timestamp>().ok().map(precise));
    unix.filter(|unix| RANGE.contains(unix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_rfc_3339_are_times() {
        assert_eq!(unix_seconds("1795392000.25"), Some(1_795_392_000.25));
        assert_eq!(unix_seconds("2026-11-23T15:00:00+01:00"), Some(1_795_442_400.0));
        assert_eq!(unix_seconds("1969-12-31T23:59:59.5Z"), Some(-0.5));
        for text in ["", "yesterday", "NaN", "inf", "1795392000000", "2026-11-23"] {
            assert_eq!(unix_seconds(text), None, "{text}");
        }
    }
}
