//! Uptime, both ways: how much of the time the host was up, known from boot times even where no sample was taken;
//! and how much of the time samples observed. They differ by what cronograph itself missed.

use crate::series::DaySummary;

const DAY: i64 = 86_400;

/// Shares of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uptime {
    /// What is known begins here, unix time: the start asked for, or the log's first day or boot if that is later.
    pub from: i64,
    /// Share of the time up to the last sample in which the host was up. An interval between two samples of one boot
    /// is up, also across a gap; between two boots the host was down from the last sample to the boot.
    pub host_up: f64,
    /// Share of the time from the first sample to now that samples cover.
    pub observed: f64,
    /// How often it booted.
    pub boots: usize,
}

/// Uptime from the UTC midnight `from` to `now`. `days` are those of the window; a day more before them tells that
/// the log did not begin with the window. `None` where they hold no sample, or no time has passed.
pub fn uptime(days: &[DaySummary], from: i64, now: i64) -> Option<Uptime> {
    let inside = || days.iter().filter(|day| (from..=now).contains(&midnight(day)));
    let sampled = || inside().filter(|day| day.samples > 0);
    let known_before = days.iter().any(|day| day.samples > 0 && midnight(day) < from);
    let first = sampled().min_by_key(|day| day.first)?;
    let (known, observed) =
        if known_before { (from, from) } else { (first_known(first).max(from), first.first) };
    let last = sampled().map(|day| day.last).max()?.min(now);
    if last <= known || now <= observed {
        return None;
    }
    let up_seconds: f64 = inside().map(|day| day.up_seconds).sum();
    let observed_seconds: f64 = inside().map(|day| day.observed_seconds).sum();
    Some(Uptime {
        from: known,
        host_up: (up_seconds / (last - known) as f64).min(1.0),
        observed: (observed_seconds / (now - observed) as f64).min(1.0),
        boots: inside().flat_map(|day| &day.boots).count(),
    })
}

/// Of the log's first day what was before the boot is not known, and all of it is if it was up at midnight.
fn first_known(day: &DaySummary) -> i64 {
    day.boots.iter().copied().find(|boot| *boot <= day.first).unwrap_or_else(|| midnight(day))
}

fn midnight(day: &DaySummary) -> i64 {
    day.first - day.first.rem_euclid(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23T00:00:00Z
    const MONDAY: i64 = 1_795_392_000;

    /// A day by number, the hours of its first and last sample, and the hours up and observed.
    fn day(number: i64, first: f64, last: f64, up: f64, observed: f64) -> DaySummary {
        let start = MONDAY + number * DAY;
        DaySummary {
            samples: if observed > 0.0 { 1_440 } else { 0 },
            first: start + (first * 3_600.0) as i64,
            last: start + (last * 3_600.0) as i64,
            up_seconds: up * 3_600.0,
            observed_seconds: observed * 3_600.0,
            ..DaySummary::default()
        }
    }

    #[test]
    fn a_gap_is_up_but_not_observed() {
        // Two days, six hours of the second without samples.
        let days = [day(0, 0.0, 24.0, 24.0, 24.0), day(1, 0.0, 24.0, 24.0, 18.0)];
        let found = uptime(&days, MONDAY, MONDAY + 2 * DAY).unwrap();
        assert_eq!((found.host_up, found.observed, found.boots), (1.0, 42.0 / 48.0, 0));
    }

    #[test]
    fn between_boots_it_was_down() {
        let mut second = day(1, 0.0, 24.0, 21.0, 21.0);
        second.boots = vec![MONDAY + DAY + 36_000];
        let days = [day(0, 0.0, 24.0, 24.0, 24.0), second];
        let found = uptime(&days, MONDAY, MONDAY + 2 * DAY).unwrap();
        assert_eq!((found.host_up, found.observed, found.boots), (45.0 / 48.0, 45.0 / 48.0, 1));
    }

    #[test]
    fn a_silent_host_is_not_known_to_be_down() {
        let days = [day(0, 0.0, 24.0, 24.0, 24.0)];
        let found = uptime(&days, MONDAY, MONDAY + 4 * DAY).unwrap();
        assert_eq!((found.host_up, found.observed), (1.0, 0.25));
    }

    #[test]
    fn the_log_may_begin_within_the_window() {
        // Sampled from 12:00, up since before midnight: up is known for the day, observed from noon.
        let first = day(2, 12.0, 24.0, 24.0, 12.0);
        let found = uptime(std::slice::from_ref(&first), MONDAY, MONDAY + 3 * DAY).unwrap();
        assert_eq!((found.from, found.host_up, found.observed), (MONDAY + 2 * DAY, 1.0, 1.0));
        // Booted at 10:00: what was before is not known.
        let fresh =
            DaySummary { up_seconds: 14.0 * 3_600.0, boots: vec![MONDAY + 2 * DAY + 36_000], ..first };
        let found = uptime(&[fresh], MONDAY, MONDAY + 3 * DAY).unwrap();
        assert_eq!((found.from, found.host_up), (MONDAY + 2 * DAY + 36_000, 1.0));
    }

    #[test]
    fn a_day_before_the_window_makes_its_start_known() {
        // Down over midnight, booted and sampled again from 06:00.
        let mut second = day(1, 6.0, 24.0, 18.0, 18.0);
        second.boots = vec![MONDAY + DAY + 21_600];
        let days = [day(0, 0.0, 20.0, 20.0, 20.0), second];
        let found = uptime(&days, MONDAY + DAY, MONDAY + 2 * DAY).unwrap();
        assert_eq!((found.host_up, found.observed), (0.75, 0.75));
    }

    #[test]
    fn no_sample_is_no_uptime() {
        assert_eq!(uptime(&[], MONDAY, MONDAY + DAY), None);
        assert_eq!(uptime(&[day(0, 0.0, 0.0, 5.0, 0.0)], MONDAY, MONDAY + DAY), None);
        assert_eq!(uptime(&[day(0, 5.0, 5.0, 0.0, 1.0)], MONDAY + DAY, MONDAY + 2 * DAY), None);
    }
}
