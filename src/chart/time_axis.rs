//! The time axis: ticks at what a clock on the wall calls round, in the reader's zone, also on days of 23 or 25 hours.
//! Labels are digits only, so that they need no language: 23:30, 11-23, 2026-11.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// One tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tick {
    /// Unix time.
    pub(super) at: i64,
    /// What stands under it.
    pub(super) label: String,
    /// A date among hours.
    pub(super) midnight: bool,
}

/// The distance of ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Seconds(i64),
    Minutes(i64),
    /// Days of the month, counted from its first.
    Days(i8),
    /// Months, counted from January.
    Months(i16),
    Years(i16),
}

const STEPS: [Step; 27] = [
    Step::Seconds(5),
    Step::Seconds(10),
    Step::Seconds(30),
    Step::Minutes(1),
    Step::Minutes(2),
    Step::Minutes(5),
    Step::Minutes(10),
    Step::Minutes(15),
    Step::Minutes(30),
    Step::Minutes(60),
    Step::Minutes(120),
    Step::Minutes(180),
    Step::Minutes(360),
    Step::Minutes(720),
    Step::Days(1),
    Step::Days(2),
    Step::Days(5),
    Step::Days(10),
    Step::Months(1),
    Step::Months(2),
    Step::Months(3),
    Step::Months(6),
    Step::Years(1),
    Step::Years(2),
    Step::Years(5),
    Step::Years(10),
    Step::Years(100),
];

const DAY: i64 = 86_400;

/// The ticks of a window, at most one for each `spacing` of `width`.
pub(super) fn ticks(from: i64, until: i64, zone: &TimeZone, width: f64, spacing: f64) -> Vec<Tick> {
    let room = (width / spacing).max(1.0);
    let step = STEPS.into_iter().find(|step| (until - from) as f64 / step.seconds() as f64 <= room);
    step.map_or_else(Vec::new, |step| step.ticks(from, until, zone))
}

/// The moments worth a faint line through the plot: the hours of a short window, the midnights of some days, the
/// first of each month of a year.
pub(super) fn boundaries(from: i64, until: i64, zone: &TimeZone) -> Vec<i64> {
    let step = match until - from {
        ..=10_800 => Step::Minutes(60),
        10_801..=864_000 => Step::Days(1),
        864_001..=34_560_000 => Step::Months(1),
        _ => Step::Years(1),
    };
    let all = step.ticks(from, until, zone).into_iter().map(|tick| tick.at);
    // A line on the edge of the plot would be a frame.
    all.filter(|at| (from + 1..until).contains(at)).take(64).collect()
}

impl Step {
    /// Roughly how long it is.
    fn seconds(self) -> i64 {
        match self {
            Self::Seconds(seconds) => seconds,
            Self::Minutes(minutes) => minutes * 60,
            Self::Days(days) => i64::from(days) * DAY,
            Self::Months(months) => i64::from(months) * 30 * DAY,
            Self::Years(years) => i64::from(years) * 365 * DAY,
        }
    }

    /// Every moment of this step in a window.
    fn ticks(self, from: i64, until: i64, zone: &TimeZone) -> Vec<Tick> {
        let Ok(start) = Timestamp::from_second(from) else { return Vec::new() };
        let start = zone.to_datetime(start);
        let mut ticks: Vec<Tick> = Vec::new();
        let mut next = self.first(start);
        while let Some(wall) = next {
            let Some(at) = moment(wall, zone) else { break };
            if at > until {
                break;
            }
            // What a change of clocks leaves out or repeats is shown once, or not at all.
            let shown = Timestamp::from_second(at).map(|at| zone.to_datetime(at));
            let exists = shown.is_ok_and(|shown| shown == wall) || wall.time() == Time::midnight();
            if exists && at >= from && ticks.last().is_none_or(|last| last.at < at) {
                let midnight = matches!(self, Self::Minutes(_)) && wall.time() == Time::midnight();
                ticks.push(Tick { at, label: self.label(wall), midnight });
            }
            next = self.after(wall);
        }
        ticks
    }

    /// The last moment of this step at or before a time of the wall clock.
    fn first(self, start: DateTime) -> Option<DateTime> {
        let date = match self {
            Self::Seconds(_) | Self::Minutes(_) => {
                let minutes = i64::from(start.hour()) * 60 + i64::from(start.minute());
                let of_day = minutes * 60 + i64::from(start.second());
                let midnight = start.date().to_datetime(Time::midnight());
                return midnight.checked_add((of_day - of_day % self.seconds()).seconds()).ok();
            }
            Self::Days(days) => {
                let day = (start.day() - 1) / days * days + 1;
                Date::new(start.year(), start.month(), day)
            }
            Self::Months(months) => {
                let month = (i16::from(start.month()) - 1) / months * months + 1;
                Date::new(start.year(), i8::try_from(month).unwrap_or(1), 1)
            }
            Self::Years(years) => Date::new(start.year() / years * years, 1, 1),
        };
        date.ok().map(|date| date.to_datetime(Time::midnight()))
    }

    /// The next moment of this step.
    fn after(self, wall: DateTime) -> Option<DateTime> {
        match self {
            Self::Seconds(_) | Self::Minutes(_) => wall.checked_add(self.seconds().seconds()).ok(),
            Self::Days(days) => {
                let next = wall.checked_add(i64::from(days).days()).ok()?;
                // No tick on the 31st right before one on the 1st: months begin anew.
                let crowded =
                    days > 1 && i64::from(next.day()) + i64::from(days) / 2 > i64::from(next.days_in_month());
                if next.month() == wall.month() && !crowded {
                    return Some(next);
                }
                wall.first_of_month().checked_add(1.month()).ok()
            }
            Self::Months(months) => wall.checked_add(i64::from(months).months()).ok(),
            Self::Years(years) => wall.checked_add(i64::from(years).years()).ok(),
        }
    }

    /// Midnight is written as the day that begins; everything else as the step needs.
    fn label(self, wall: DateTime) -> String {
        let date = wall.date();
        match self {
            Self::Seconds(_) if wall.time() != Time::midnight() => {
                format!("{:02}:{:02}:{:02}", wall.hour(), wall.minute(), wall.second())
            }
            Self::Minutes(_) if wall.time() != Time::midnight() => {
                format!("{:02}:{:02}", wall.hour(), wall.minute())
            }
            Self::Seconds(_) | Self::Minutes(_) | Self::Days(_) => {
                format!("{:02}-{:02}", date.month(), date.day())
            }
            Self::Months(_) => format!("{}-{:02}", date.year(), date.month()),
            Self::Years(_) => date.year().to_string(),
        }
    }
}

/// The first moment at which the wall clock shows this, or, where it never does, would have.
fn moment(wall: DateTime, zone: &TimeZone) -> Option<i64> {
    zone.to_ambiguous_timestamp(wall).compatible().ok().map(Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    fn labels(from: i64, seconds: i64, zone: &TimeZone, width: f64) -> String {
        let ticks = ticks(from, from + seconds, zone, width, 64.0);
        ticks.into_iter().map(|tick| tick.label).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn windows_from_seconds_to_years() {
        let from = at("2026-11-22T15:50:00Z");
        let zone = zone("Europe/Berlin");
        assert_eq!(labels(from, 20, &zone, 540.0), "16:50:00 16:50:05 16:50:10 16:50:15 16:50:20");
        assert_eq!(labels(from + 7, 100, &zone, 540.0), "16:50:30 16:51:00 16:51:30");
        assert_eq!(labels(from, 3_600, &zone, 540.0), "16:50 17:00 17:10 17:20 17:30 17:40 17:50");
        assert_eq!(labels(from, 6 * 3_600, &zone, 540.0), "17:00 18:00 19:00 20:00 21:00 22:00");
        assert_eq!(labels(from, DAY, &zone, 540.0), "18:00 21:00 11-23 03:00 06:00 09:00 12:00 15:00");
        assert_eq!(labels(from, 7 * DAY, &zone, 540.0), "11-23 11-24 11-25 11-26 11-27 11-28 11-29");
        assert_eq!(labels(from, 30 * DAY, &zone, 540.0), "11-26 12-01 12-06 12-11 12-16 12-21");
        assert_eq!(labels(from, 365 * DAY, &zone, 540.0), "2027-01 2027-03 2027-05 2027-07 2027-09 2027-11");
        assert_eq!(labels(from, 3_650 * DAY, &zone, 540.0), "2028 2030 2032 2034 2036");
    }

    #[test]
    fn days_of_23_and_25_hours() {
        let zone = zone("Europe/Berlin");
        let spring = ticks(at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z"), &zone, 1_600.0, 64.0);
        let hours: Vec<&str> = spring.iter().map(|tick| tick.label.as_str()).take(4).collect();
        assert_eq!(hours, ["03-29", "01:00", "03:00", "04:00"]);
        assert_eq!(spring[2].at, at("2026-03-29T01:00:00Z"));
        let autumn = ticks(at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z"), &zone, 1_800.0, 64.0);
        let hours: Vec<&str> = autumn.iter().map(|tick| tick.label.as_str()).take(4).collect();
        assert_eq!(hours, ["10-25", "01:00", "02:00", "03:00"]);
        assert_eq!(autumn[3].at - autumn[2].at, 7_200);
        let days = boundaries(at("2026-10-23T12:00:00Z"), at("2026-10-27T12:00:00Z"), &zone);
        assert_eq!(days[2] - days[1], 25 * 3_600);
    }

    #[test]
    fn a_day_that_begins_at_one_has_its_date_still() {
        // In Asunción clocks went from midnight to one on the first day of summer time.
        let from = at("2023-09-30T12:00:00Z");
        assert_eq!(labels(from, 3 * DAY, &zone("America/Asuncion"), 250.0), "10-01 10-02 10-03");
    }

    #[test]
    fn days_of_a_month_begin_anew() {
        let from = at("2026-10-01T00:00:00Z");
        let days = Step::Days(5).ticks(from, from + 40 * DAY, &TimeZone::UTC);
        let labels: Vec<String> = days.into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels.join(" "), "10-01 10-06 10-11 10-16 10-21 10-26 11-01 11-06");
    }
}
