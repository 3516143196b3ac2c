//! Sizes and durations as people type them on the command line.

use crate::config::Span;

/// How much may grow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Growth {
    /// A share of the memory that is available.
    Share(f64),
    /// Bytes.
    Bytes(f64),
}

impl Growth {
    /// In bytes, of so many available ones.
    pub(in crate::cli) fn of(self, available: f64) -> f64 {
        match self {
            Self::Share(share) => share * available,
            Self::Bytes(bytes) => bytes,
        }
    }
}

const SIZES: [(&str, f64); 11] = [
    ("kib", 1024.0),
    ("mib", 1_048_576.0),
    ("gib", 1_073_741_824.0),
    ("kb", 1e3),
    ("mb", 1e6),
    ("gb", 1e9),
    ("k", 1024.0),
    ("m", 1_048_576.0),
    ("g", 1_073_741_824.0),
    ("b", 1.0),
    ("", 1.0),
];

/// `90s`, `10m`, `1h30m`, `3d`, `1w`: more than none.
pub(in crate::cli) fn span(text: &str) -> Result<Span, String> {
    let told = Span::parse(text).filter(|span| span.0 > 0);
    told.ok_or_else(|| "write a time as 90s, 10m, 1h30m, 3d or 1w, at most a year".to_owned())
}

/// The same, and `90` or `0.5`: seconds.
pub(in crate::cli) fn seconds(text: &str) -> Result<f64, String> {
    let plain = text.trim().parse::<f64>().ok();
    #[expect(clippy::cast_precision_loss, reason = "at most a year")]
    let told = || Span::parse(text).map(|span| span.0 as f64);
    let seconds = plain.or_else(told).filter(|seconds| seconds.is_finite() && *seconds > 0.0);
    seconds.ok_or_else(|| "write a time as 90s, 5m or 1h30m".to_owned())
}

/// `64MiB`, `500k`, `5%`.
pub(in crate::cli) fn growth(text: &str) -> Result<Growth, String> {
    let number =
        |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0);
    let share =
        text.trim().strip_suffix('%').map(|percent| number(percent).filter(|percent| *percent <= 100.0));
    let found = match share {
        Some(percent) => percent.map(|percent| Growth::Share(percent / 100.0)),
        None => SIZES.iter().find_map(|(unit, bytes)| {
            Some(Growth::Bytes(number(text.trim().to_lowercase().strip_suffix(unit)?)? * bytes))
        }),
    };
    found.ok_or_else(|| "write a size as 64MiB, or a share of the available memory as 5%".to_owned())
}

/// `64KiB`: bytes.
pub(in crate::cli) fn bytes(text: &str) -> Result<f64, String> {
    match growth(text) {
        Ok(Growth::Bytes(bytes)) => Ok(bytes),
        _ => Err("write a size as 64KiB".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(
            (seconds("90"), seconds("90s"), seconds("2m"), seconds("1h 30m")),
            (Ok(90.0), Ok(90.0), Ok(120.0), Ok(5400.0))
        );
        assert_eq!(
            (span("1d"), span("2w"), seconds("1d")),
            (Ok(Span(86_400)), Ok(Span(1_209_600)), Ok(86_400.0))
        );
        for nonsense in ["", "0", "0s", "-5s", "soon", "inf"] {
            assert!(seconds(nonsense).is_err() && span(nonsense).is_err(), "{nonsense}");
        }
        assert!(span("90").is_err(), "of what?");
    }

    #[test]
    fn sizes_and_shares() {
        assert_eq!(growth("64MiB"), Ok(Growth::Bytes(67_108_864.0)));
        assert_eq!(
            (growth("1.5k"), growth("2 MB"), growth("7")),
            (Ok(Growth::Bytes(1536.0)), Ok(Growth::Bytes(2e6)), Ok(Growth::Bytes(7.0)))
        );
        assert_eq!((bytes("4KiB"), bytes("64kb"), bytes("5%").is_err()), (Ok(4096.0), Ok(64e3), true));
        assert_eq!(growth("5%").map(|growth| growth.of(200.0)), Ok(10.0));
        for nonsense in ["", "%", "0%", "101%", "-1M", "5 apples"] {
            assert!(growth(nonsense).is_err(), "{nonsense}");
        }
    }
}
