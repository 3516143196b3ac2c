//! How numbers, durations and times are written: three significant figures with a unit, binary units for memory,
//! decimal ones for disks and networks, times in the reader's zone, dates in the reader's language.
//! What is absent (NaN) is an en dash. No rounding ever shows four figures: 999.95 k is 1.00 M.

use super::unit::Unit;
use super::words::{Lang, Words};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What stands where there is no value.
pub const ABSENT: &str = "–";

const BINARY: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const DECIMAL: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
const THOUSANDS: [&str; 5] = ["", "k", "M", "G", "T"];
/// Seconds in each unit above the second; all three may stand beside SI units.
const LONG_TIMES: [(f64, &str); 3] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min")];

/// How the values of an axis or a column are divided, and the unit written once beside them.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// What one unit is worth.
    pub divisor: f64,
    /// The unit: `MiB/s`; empty for plain numbers.
    pub symbol: String,
    /// Whether the unit is one of the larger ones, so that 0.977 keeps its figures.
    scaled: bool,
}

impl Scale {
    /// The scale in which `largest` has at most three figures before the point.
    pub fn of(largest: f64, unit: Unit, per_second: bool) -> Self {
        let size = if largest.is_finite() { largest.abs() } else { 0.0 };
        let (divisor, symbol, scaled) = match unit {
            Unit::Memory => prefixed(size, 1024.0, &BINARY),
            Unit::Data => prefixed(size, 1000.0, &DECIMAL),
            Unit::Count => prefixed(size, 1000.0, &THOUSANDS),
            Unit::Ratio => (0.01, "%", false),
            // Seconds in each second are a share of time.
            Unit::Seconds if per_second => {
                return Self { divisor: 0.01, symbol: "%".to_owned(), scaled: false };
            }
            Unit::Seconds => seconds_scale(size),
            Unit::Celsius => (1.0, "°C", false),
            Unit::Rpm => (1.0, "rpm", false),
        };
        let symbol = if per_second { format!("{symbol}/s") } else { symbol.to_owned() };
        Self { divisor, symbol, scaled }
    }

    /// A value in this scale, without the unit.
    pub fn number(&self, value: f64) -> String {
        if value.is_nan() {
            return ABSENT.to_owned();
        }
        let scaled = value / self.divisor;
        // A whole number of things, bytes or percent has no decimals (7 % is 0.07 / 0.01 = 7.000000000000001).
        if !self.scaled && (scaled - scaled.round()).abs() < 1e-9 {
            figures(scaled, 0)
        } else {
            significant(scaled, self.scaled)
        }
    }

    /// A value in this scale with its unit.
    pub fn quantity(&self, value: f64) -> String {
        if value.is_nan() {
            return ABSENT.to_owned();
        }
        let number = self.number(value);
        match self.symbol.as_str() {
            "" => number,
            // `12/s`, but `4.20 k/s` and `1.02 MB/s`.
            "/s" => format!("{number}/s"),
            symbol => format!("{number} {symbol}"),
        }
    }
}

/// A value with its unit: `352 MiB`, `1.02 MB/s`, `12.3 %`, `4.20 k`, `48.5 °C`; `–` for NaN.
pub fn quantity(value: f64, unit: Unit, per_second: bool) -> String {
    Scale::of(value, unit, per_second).quantity(value)
}

/// A change with its sign: `+341 MiB`, `-96.0 MiB`, `0` where nothing changed.
pub fn change(value: f64, unit: Unit, per_second: bool) -> String {
    let text = quantity(value, unit, per_second);
    if value == 0.0 {
        "0".to_owned()
    } else if value > 0.0 {
        format!("+{text}")
    } else {
        text
    }
}

/// A duration in its two largest units, rounded down: `3 d 4 h`, `12 min`, `45 s`. The second unit is left out
/// where it is 0 or no longer matters: from 10 min and from 100 d on.
pub fn duration(seconds: f64, lang: Lang) -> String {
    if !seconds.is_finite() {
        return ABSENT.to_owned();
    }
    let words = Words::of(lang);
    let whole = whole_seconds(seconds.abs());
    let sign = if seconds <= -1.0 { "-" } else { "" };
    let (first, second) = match whole {
        0..60 => ((whole, "unit.second"), (0, "unit.second")),
        60..600 => ((whole / 60, "unit.minute"), (whole % 60, "unit.second")),
        600..3_600 => ((whole / 60, "unit.minute"), (0, "unit.second")),
        3_600..86_400 => ((whole / 3_600, "unit.hour"), (whole % 3_600 / 60, "unit.minute")),
        86_400..8_640_000 => ((whole / 86_400, "unit.day"), (whole % 86_400 / 3_600, "unit.hour")),
        _ => ((whole / 86_400, "unit.day"), (0, "unit.hour")),
    };
    let mut text = format!("{sign}{} {}", first.0, words.get(first.1));
    if second.0 > 0 {
        text.push_str(&format!(" {} {}", second.0, words.get(second.1)));
    }
    text
}

/// How long ago something was: `12 s ago`; `now` for less than a second, `in 5 min` for what is still to come.
pub fn age(seconds: f64, lang: Lang) -> String {
    let words = Words::of(lang);
    if !seconds.is_finite() {
        ABSENT.to_owned()
    } else if seconds.abs() < 1.0 {
        words.get("time.now").to_owned()
    } else if seconds > 0.0 {
        words.fill("time.ago", &[("duration", &duration(seconds, lang))])
    } else {
        words.fill("time.ahead", &[("duration", &duration(-seconds, lang))])
    }
}

/// A zone's name, `Europe/Berlin`; its offset at a time where it has none. UTC has many names and is called so.
pub fn zone(zone: &TimeZone, unix: i64) -> String {
    match zone.iana_name() {
        Some("Etc/UTC" | "Etc/UCT" | "Etc/Universal" | "Etc/Zulu" | "UCT" | "Universal" | "Zulu") => {
            "UTC".to_owned()
        }
        Some(name) => name.to_owned(),
        None => {
            let at = Timestamp::from_second(unix).unwrap_or(Timestamp::UNIX_EPOCH);
            format!("UTC{}", zone.to_offset(at))
        }
    }
}

/// A time of day: `23:41:02`.
pub fn time(unix: i64, zone: &TimeZone) -> String {
    strftime(unix, zone, "%H:%M:%S")
}

/// A time of day without seconds: `23:41`.
pub fn minute(unix: i64, zone: &TimeZone) -> String {
    strftime(unix, zone, "%H:%M")
}

/// A day without its year: `Mon 23 Nov`, `11月23日`.
pub fn day(unix: i64, zone: &TimeZone, lang: Lang) -> String {
    strftime(unix, zone, Words::of(lang).get("date.day"))
}

/// A day with its year: `23 Nov 2026`, `2026年11月23日`.
pub fn date(unix: i64, zone: &TimeZone, lang: Lang) -> String {
    strftime(unix, zone, Words::of(lang).get("date.day_year"))
}

/// A month: `November 2026`, `2026年11月`.
pub fn month(unix: i64, zone: &TimeZone, lang: Lang) -> String {
    strftime(unix, zone, Words::of(lang).get("date.month"))
}

/// A day and a time: `23 Nov 2026 23:41`, `2026年11月23日 23:41`.
pub fn date_time(unix: i64, zone: &TimeZone, lang: Lang) -> String {
    format!("{} {}", date(unix, zone, lang), minute(unix, zone))
}

/// A moment as short as it can be understood at `now`: the time alone on the same day, the day before it within
/// the same year, else the whole date.
pub fn moment(unix: i64, now: i64, zone: &TimeZone, lang: Lang) -> String {
    let (then, today) = (civil(unix, zone), civil(now, zone));
    match (then, today) {
        (Some(then), Some(today)) if then == today => minute(unix, zone),
        (Some(then), Some(today)) if then.year() == today.year() => {
            format!("{} {}", day(unix, zone, lang), minute(unix, zone))
        }
        _ => date_time(unix, zone, lang),
    }
}

fn strftime(unix: i64, zone: &TimeZone, pattern: &str) -> String {
    Timestamp::from_second(unix).map_or_else(
        |_| ABSENT.to_owned(),
        |at| at.to_zoned_datetime(zone.clone()).strftime(pattern).to_string(),
    )
}

fn civil(unix: i64, zone: &TimeZone) -> Option<jiff::civil::Date> {
    Timestamp::from_second(unix).ok().map(|at| at.to_zoned_datetime(zone.clone()).date())
}

/// The divisor and unit in which a value is below 1000, rounded to three figures.
fn prefixed(size: f64, base: f64, symbols: &[&'static str]) -> (f64, &'static str, bool) {
    let mut divisor = 1.0;
    for (index, symbol) in symbols.iter().enumerate() {
        if size / divisor < 999.5 || index + 1 == symbols.len() {
            return (divisor, symbol, index > 0);
        }
        divisor *= base;
    }
    (1.0, "", false)
}

/// µs and ms below a second, min, h and d above 1000 of them.
fn seconds_scale(size: f64) -> (f64, &'static str, bool) {
    if size >= 999.5 {
        let fit = LONG_TIMES.iter().rev().find(|(worth, _)| size / worth < 99.95);
        let (worth, symbol) = fit.unwrap_or(&LONG_TIMES[0]);
        (*worth, symbol, true)
    } else if size == 0.0 || size >= 0.9995 {
        (1.0, "s", true)
    } else if size >= 0.000_999_5 {
        (0.001, "ms", true)
    } else {
        (0.000_001, "µs", true)
    }
}

/// Three significant figures. Below one, small units keep two decimals (a load of 0.05), large ones three
/// (0.977 GiB); what is not zero never looks like zero.
fn significant(value: f64, scaled: bool) -> String {
    let size = value.abs();
    // The limits are where rounding would carry into one figure more.
    let decimals = if size >= 99.95 {
        0
    } else if size >= 9.995 {
        1
    } else if size >= 0.9995 || !scaled {
        2
    } else {
        3
    };
    if size != 0.0 && size < 0.005 && decimals == 2 {
        return if value > 0.0 { "<0.01".to_owned() } else { ">-0.01".to_owned() };
    }
    if size == 0.0 { "0".to_owned() } else { figures(value, decimals) }
}

/// A number with so many decimals, half away from zero, and groups of thousands where a unit ran out (PiB, T).
fn figures(value: f64, decimals: usize) -> String {
    let power = [1.0, 10.0, 100.0, 1000.0][decimals.min(3)];
    // Rounded by us: the printer would round 0.125 half to even.
    let rounded = (value.abs() * power).round() / power;
    let digits = format!("{rounded:.decimals$}");
    let whole = digits.find('.').unwrap_or(digits.len());
    let mut text = String::with_capacity(digits.len() + 4);
    if value < 0.0 && rounded != 0.0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index < whole && (whole - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative; a float saturates"
)]
fn whole_seconds(seconds: f64) -> u64 {
    seconds as u64
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
