//! Behaviours of the leak finder, each with numbers that are worked out in the test. `leak_patterns` counts how often it
//! is right, `leak_properties` has what holds for any series.

use cronograph::analysis::leak::{Growth, Kind, Reason, Series, State, Watch, judge, watch};

/// 2026-11-23T00:00:00Z, a Monday.
const MONDAY: i64 = 1_795_392_000;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const MIB: f64 = 1024.0 * 1024.0;
const GIB: f64 = 1024.0 * MIB;

/// A part of a host of 1 GiB, from Monday on.
struct Numbers {
    kind: Kind,
    times: Vec<i64>,
    values: Vec<f64>,
    breaks: Vec<i64>,
}

impl Numbers {
    /// Each `step` seconds over so many; `mib` is given seconds since Monday.
    fn new(kind: Kind, step: i64, seconds: i64, mib: impl Fn(i64) -> f64) -> Self {
        let times: Vec<i64> = (0..seconds / step).map(|index| MONDAY + index * step).collect();
        // A ripple of 16 KiB, so that nothing is as smooth as no memory is.
        let ripple = |time: i64| (time / step % 7 - 3) as f64 * 4096.0;
        let values = times.iter().map(|time| mib(time - MONDAY) * MIB + ripple(*time)).collect();
        Self { kind, times, values, breaks: Vec::new() }
    }

    fn watch(&self) -> Watch {
        let Self { kind, times, values, breaks } = self;
        watch(&Series { kind: *kind, times, values, breaks, capacity: Some(GIB) })
    }

    /// Without the rows that are not to be kept.
    fn keep(mut self, is_kept: impl Fn(i64) -> bool) -> Self {
        let rows = self.times.iter().zip(&self.values).filter(|(time, _)| is_kept(**time - MONDAY));
        (self.times, self.values) = rows.map(|(time, value)| (*time, *value)).unzip();
        self
    }

    /// Never said to leak, nor at the end.
    fn assert_healthy(&self) {
        let watch = self.watch();
        assert_eq!((watch.detected_at, watch.verdict.state), (None, State::Ok), "{watch:?}");
    }
}

/// A leak from an hour on, MiB an hour.
fn leak(onset: i64, per_hour: f64) -> impl Fn(i64) -> f64 {
    move |time| 40.0 + per_hour * (time - onset).max(0) as f64 / HOUR as f64
}

fn assert_rate(growth: &Growth, mib_per_hour: f64, share: f64) {
    let per_hour = growth.per_second * HOUR as f64 / MIB;
    assert!((per_hour / mib_per_hour - 1.0).abs() <= share, "{per_hour} MiB an hour");
    let truth = mib_per_hour * MIB / HOUR as f64;
    assert!(growth.low <= truth && truth <= growth.high, "{growth:?}");
}

fn assert_since(growth: &Growth, onset: i64, within: i64) {
    let off = growth.since - (MONDAY + onset);
    assert!(off.abs() <= within, "off by {} min", off / MINUTE);
}

#[test]
fn a_cache_may_fill_what_is_free() {
    // 10 MiB an hour for two days.
    let cache = Numbers::new(Kind::Cache, 5 * MINUTE, 2 * DAY, leak(0, 10.0)).watch();
    assert_eq!((cache.verdict.state, cache.verdict.reason), (State::Ok, Reason::Cache));
    assert_eq!((cache.detected_at, cache.withdrawn_at), (None, None));
    assert_rate(&cache.verdict.growth.unwrap(), 10.0, 0.01);
}

#[test]
fn a_warm_up_levels_off() {
    let warm_up = |time: i64| 40.0 + 200.0 * (1.0 - (-time as f64 / (2 * HOUR) as f64).exp());
    Numbers::new(Kind::Process, 5 * MINUTE, 3 * DAY, warm_up).assert_healthy();
    let after_boot = |time: i64| 40.0 + 20.0 * (1.0 - (-time as f64 / (25 * MINUTE) as f64).exp());
    Numbers::new(Kind::Kernel, MINUTE, DAY, after_boot).assert_healthy();
}

#[test]
fn a_warm_up_after_a_boot_is_not_held_against_what_was_before() {
    // Level for a day and a half, then a boot, after which 20 MiB come within the hour.
    let boot = 36 * HOUR;
    let part = |time: i64| {
        let warm = if time < boot { 1.0 } else { 1.0 - (-(time - boot) as f64 / (25 * MINUTE) as f64).exp() };
        40.0 + 20.0 * warm
    };
    let mut part = Numbers::new(Kind::Kernel, MINUTE, 3 * DAY, part);
    part.breaks = vec![MONDAY + boot];
    part.assert_healthy();
}

#[test]
fn days_and_weeks_have_a_rhythm() {
    let day = |time: i64| (time as f64 / DAY as f64 * std::f64::consts::TAU).sin();
    let week = |time: i64| 100.0 + if time / DAY % 7 < 5 { 30.0 * day(time) } else { 0.0 };
    Numbers::new(Kind::Process, 5 * MINUTE, 21 * DAY, week).assert_healthy();
}

#[test]
fn saw_teeth_come_back_down() {
    // A heap: 100 MiB in five hours, then collected.
    let heap = |time: i64| 60.0 + 100.0 * (time % (5 * HOUR)) as f64 / (5 * HOUR) as f64;
    Numbers::new(Kind::Process, 5 * MINUTE, 4 * DAY, heap).assert_healthy();
}

#[test]
fn a_new_service_is_a_step() {
    let step = |time: i64| if time < 30 * HOUR { 60.0 } else { 160.0 };
    for kind in [Kind::Process, Kind::Kernel, Kind::Other] {
        Numbers::new(kind, MINUTE, 3 * DAY, step).assert_healthy();
    }
}

#[test]
fn growth_that_falls_back_is_none() {
    // Five hours of 20 MiB, given back under pressure.
    let pressed = |time: i64| {
        let grown = time - 30 * HOUR;
        40.0 + if (0..5 * HOUR).contains(&grown) { 20.0 * grown as f64 / HOUR as f64 } else { 0.0 }
    };
    Numbers::new(Kind::Process, 5 * MINUTE, 3 * DAY, pressed).assert_healthy();
}

#[test]
fn too_little_evidence_is_none() {
    let of = |kind, minutes| Numbers::new(kind, MINUTE, minutes * MINUTE, leak(0, 10.0)).watch();
    assert_eq!(of(Kind::Kernel, 17), Watch::default());
    assert_eq!(of(Kind::Kernel, 17).verdict.reason, Reason::TooShort);
    // Without a history, no part of the kernel's memory leaks before three hours, and no other before a day.
    assert_eq!(of(Kind::Kernel, 170).detected_at, None);
    assert_eq!(of(Kind::Process, 350).detected_at, None);
}

#[test]
fn a_fast_one_in_the_kernel_takes_minutes() {
    // A MiB a minute from noon on.
    let watch = Numbers::new(Kind::Kernel, MINUTE, 15 * HOUR, leak(12 * HOUR, 60.0)).watch();
    assert!(watch.detected_at.unwrap() <= MONDAY + 12 * HOUR + 30 * MINUTE, "{watch:?}");
    assert_eq!((watch.verdict.state, watch.withdrawn_at), (State::Leaking, None));
    let growth = watch.verdict.growth.unwrap();
    assert_since(&growth, 12 * HOUR, 3 * MINUTE);
    assert_rate(&growth, 60.0, 0.01);
}

#[test]
fn a_slow_one_takes_hours_not_weeks() {
    // A MiB an hour from Tuesday on, over four days.
    let watch = Numbers::new(Kind::Kernel, MINUTE, 5 * DAY, leak(DAY, 1.0)).watch();
    assert!(watch.detected_at.unwrap() <= MONDAY + DAY + 12 * HOUR, "{watch:?}");
    let growth = watch.verdict.growth.unwrap();
    assert_since(&growth, DAY, HOUR);
    assert_rate(&growth, 1.0, 0.01);
}

#[test]
fn one_that_comes_in_jumps_is_a_leak() {
    // 30 MiB each midnight from Friday on.
    let jumps = |time: i64| 40.0 + 30.0 * ((time - 3 * DAY).div_euclid(DAY) + 1).max(0) as f64;
    let watch = Numbers::new(Kind::Kernel, 5 * MINUTE, 17 * DAY, jumps).watch();
    assert_eq!(watch.verdict.state, State::Leaking);
    assert!(watch.detected_at.unwrap() <= MONDAY + 7 * DAY, "{watch:?}");
    assert_rate(&watch.verdict.growth.unwrap(), 30.0 / 24.0, 0.03);
}

#[test]
fn the_end_is_seen() {
    // From 15:02 on, fixed at 23:10; looked at two hours later.
    let (onset, end) = (15 * HOUR + 2 * MINUTE, 23 * HOUR + 10 * MINUTE);
    let watch =
        Numbers::new(Kind::Kernel, MINUTE, end + 2 * HOUR, |time| leak(onset, 60.0)(time.min(end))).watch();
    assert_eq!((watch.verdict.state, watch.verdict.reason), (State::Ended, Reason::Stopped));
    let growth = watch.verdict.growth.unwrap();
    assert_since(&growth, onset, 5 * MINUTE);
    assert!((growth.until - MONDAY - end).abs() <= 10 * MINUTE, "{growth:?}");
    assert_rate(&growth, 60.0, 0.02);
    assert!(watch.withdrawn_at.unwrap() >= MONDAY + end);
}

/// 40 MiB, and a MiB a minute since noon, given back by a boot at 17:00.
fn rebooted(seconds: i64) -> Numbers {
    let (onset, boot) = (12 * HOUR, 17 * HOUR);
    let since = move |time: i64| if time < boot { onset } else { boot };
    let mut part = Numbers::new(Kind::Kernel, MINUTE, seconds, move |time| leak(since(time), 60.0)(time));
    part.breaks = vec![MONDAY + boot];
    part
}

#[test]
fn a_boot_gives_all_back_and_the_leak_goes_on() {
    for hours in [18, 20, 23] {
        let watch = rebooted(hours * HOUR).watch();
        assert_eq!(watch.verdict.state, State::Leaking, "{hours} h: {watch:?}");
        let growth = watch.verdict.growth.unwrap();
        assert_since(&growth, 12 * HOUR, 3 * MINUTE);
        assert_rate(&growth, 60.0, 0.02);
    }
}

#[test]
fn gaps_are_borne() {
    // Two hours without samples, and every seventh sample is not there.
    let part = Numbers::new(Kind::Kernel, MINUTE, DAY, leak(12 * HOUR, 60.0));
    let watch = part.keep(|time| !(15 * HOUR..17 * HOUR).contains(&time) && time / MINUTE % 7 != 0).watch();
    assert_eq!(watch.verdict.state, State::Leaking);
    assert_since(&watch.verdict.growth.unwrap(), 12 * HOUR, 5 * MINUTE);
    assert_rate(&watch.verdict.growth.unwrap(), 60.0, 0.01);
}

#[test]
fn values_that_are_absent_are_no_values() {
    let is_there = |time: i64| time / MINUTE % 3 != 1;
    let mut with = Numbers::new(Kind::Kernel, MINUTE, DAY, leak(12 * HOUR, 60.0));
    for (time, value) in with.times.iter().zip(&mut with.values) {
        if !is_there(time - MONDAY) {
            *value = f64::NAN;
        }
    }
    let without = Numbers::new(Kind::Kernel, MINUTE, DAY, leak(12 * HOUR, 60.0)).keep(is_there);
    assert_eq!(with.watch(), without.watch());
    assert_eq!(with.watch().verdict.state, State::Leaking);
}

#[test]
fn a_time_may_come_twice() {
    let part = Numbers::new(Kind::Kernel, MINUTE, DAY, leak(12 * HOUR, 60.0));
    let twice = |index: usize| [index, index];
    let doubled = Numbers {
        times: (0..part.times.len()).flat_map(twice).map(|index| part.times[index]).collect(),
        values: (0..part.values.len()).flat_map(twice).map(|index| part.values[index]).collect(),
        ..part
    };
    let watch = doubled.watch();
    assert_eq!(watch.verdict.state, State::Leaking);
    assert_rate(&watch.verdict.growth.unwrap(), 60.0, 0.01);
}

#[test]
fn what_is_constant_does_not_grow() {
    let times: Vec<i64> = (0..5000).map(|index| MONDAY + index * MINUTE).collect();
    for value in [0.0, 1.0, -7.5, 1e300, f64::MIN_POSITIVE] {
        for kind in [Kind::Kernel, Kind::Process, Kind::Cache, Kind::Other] {
            let values = vec![value; times.len()];
            let series = Series { kind, times: &times, values: &values, breaks: &[], capacity: None };
            assert_eq!((judge(&series).state, judge(&series).growth), (State::Ok, None), "{kind:?} {value}");
        }
    }
}

#[test]
fn few_points_say_nothing() {
    let of = |times: &[i64], values: &[f64]| {
        watch(&Series { kind: Kind::Kernel, times, values, breaks: &[], capacity: None })
    };
    assert_eq!(of(&[], &[]), Watch::default());
    assert_eq!(of(&[MONDAY], &[1.0]), Watch::default());
    assert_eq!(of(&[MONDAY, MONDAY + DAY], &[1.0, 1e12]), Watch::default());
    assert_eq!(of(&[MONDAY; 40], &[3.0; 40]).verdict.state, State::Ok);
}

#[test]
fn huge_and_negative_values_are_values() {
    // The same leak in another unit, below zero: a thousandth of a millionth, and 1e100 times as much.
    let times: Vec<i64> = (0..5 * 288).map(|index| MONDAY + index * 5 * MINUTE).collect();
    for unit in [1e-9, 1.0, 1e100] {
        let grown = |time: i64| (time - MONDAY - 2 * DAY).max(0) as f64 / DAY as f64;
        let noise = |time: i64| (time / 300 % 11) as f64 * 0.01;
        let values: Vec<f64> =
            times.iter().map(|time| unit * (-50.0 + grown(*time) + noise(*time))).collect();
        let series =
            Series { kind: Kind::Other, times: &times, values: &values, breaks: &[], capacity: None };
        let verdict = judge(&series);
        assert_eq!(verdict.state, State::Leaking, "in units of {unit}");
        let per_day = verdict.growth.unwrap().per_second * DAY as f64 / unit;
        assert!((per_day - 1.0).abs() < 0.02, "{per_day}");
    }
}
