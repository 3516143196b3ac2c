//! Times as people type them.

use super::output;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ZonedDateTime};

/// The unix time that a text names: RFC 3339, a time of today or yesterday, a day, both, how long ago, unix seconds.
pub(super) fn parse(text: &str, now: i64, zone: &TimeZone) -> anyhow::Result<i64> {
    let text = text.trim();
    let here = Timestamp::from_second(now)?.to_zoned_datetime(zone.clone());
    known(text, &here, zone).ok_or_else(|| {
        let message = format!("{text:?} is no time");
        output::failure(message, "write 15:00, 2026-11-23, \"2026-11-23 15:00\", RFC 3339 or \"2 days ago\"")
    })
}

fn known(text: &str, here: &ZonedDateTime, zone: &TimeZone) -> Option<i64> {
    if let Ok(unix) = text.parse::<i64>() {
        return Timestamp::from_second(unix).ok().map(Timestamp::as_second);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_second());
    }
    let unix = |civil: DateTime| zone.to_timestamp(civil).ok().map(Timestamp::as_second);
    // Days before times: a time can be written without colons.
    if text.contains('-') && !text.starts_with('-') {
        let day = text.parse::<DateTime>().ok().or_else(|| Some(text.parse::<Date>().ok()?.at(0, 0, 0, 0)));
        return unix(day?);
    }
    if let Some(time) = text.contains(':').then(|| text.parse::<Time>().ok()).flatten() {
        let today = here.date().to_datetime(time);
        // Of two days, the one that has it behind.
        let day =
            if today <= here.datetime() { today } else { here.date().yesterday().ok()?.to_datetime(time) };
        return unix(day);
    }
    let span: Span = text.parse().ok()?;
    let then = here.checked_add(span).ok()?;
    (then <= *here).then(|| then.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23T15:30:00Z
    const NOW: i64 = 1_795_392_000 + 15 * 3_600 + 1_800;

    fn of(text: &str) -> Option<i64> {
        let zone = TimeZone::get("Asia/Shanghai").unwrap(); // 8 h ahead: 23:30
        parse(text, NOW, &zone).ok().map(|unix| unix - NOW)
    }

    #[test]
    fn times_as_people_type_them() {
        assert_eq!(of("23:00"), Some(-1_800));
        assert_eq!(of("23:31"), Some(60 - 86_400), "yesterday's");
        assert_eq!(of("2026-11-23 22:30"), Some(-3_600));
        assert_eq!(of("2026-11-23"), Some(-23 * 3_600 - 1_800));
        assert_eq!(of("2026-11-23T15:00:00Z"), Some(-1_800));
        assert_eq!(of("2026-11-23T23:00:00+08:00"), Some(-1_800));
        assert_eq!(of("2 days ago"), Some(-2 * 86_400));
        assert_eq!(of("90m ago"), Some(-5_400));
        assert_eq!(of("-9h"), Some(-9 * 3_600));
        assert_eq!(of(&NOW.to_string()), Some(0));
        for nonsense in ["", "soon", "25:00", "2 days", "2026-13-01"] {
            assert_eq!(of(nonsense), None, "{nonsense}");
        }
    }
}
