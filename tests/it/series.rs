//! Rates, gaps, reboots, windows, days: worked out by hand where it can be, on invented hosts where not.

use crate::synth::{MIB, Synth};
use cronograph::sample::Sample;
use cronograph::sample::hwmon::{Hwmon, Sensor};
use cronograph::sample::netdev::{Netdev, NetworkInterface};
use cronograph::sample::stat::{CoreTimes, Stat};
use cronograph::sample::target::{TargetRun, Targets};
use cronograph::series::{self, Frame, Window};
use cronograph::store::{self, Layout};
use jiff::civil::date;
use std::collections::BTreeMap;
use tempfile::TempDir;

/// 2026-11-23T00:00:00Z
const MIDNIGHT: i64 = 1_795_392_000;
const DAY: i64 = 86_400;

fn host() -> (TempDir, Layout) {
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::new(data.path(), "web1").unwrap();
    (data, layout)
}

/// A sample with received bytes, on the boot `boot`, `uptime` seconds after it.
fn sample(t: i64, boot: &str, uptime: f64, received: u64) -> Sample {
    let interface = NetworkInterface { rx_bytes: Some(received), tx_bytes: Some(7), ..Default::default() };
    Sample {
        v: 1,
        t,
        boot: Some(boot.to_owned()),
        uptime: Some(uptime),
        netdev: Some(Netdev(BTreeMap::from([("eth0".to_owned(), interface)]))),
        ..Sample::default()
    }
}

fn append_all(layout: &Layout, samples: impl IntoIterator<Item = Sample>) {
    for sample in samples {
        store::append(layout, &sample).unwrap();
    }
}

fn received(frame: &Frame) -> Vec<f64> {
    frame.mean("netdev.rx_bytes", "eth0").unwrap().to_vec()
}

/// NaN equals NaN here.
fn assert_rates(found: &[f64], expected: &[f64]) {
    let same = |a: &f64, b: &f64| a == b || (a.is_nan() && b.is_nan());
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| same(a, b)),
        "{found:?}\n{expected:?}"
    );
}

const ABSENT: f64 = f64::NAN;

#[test]
fn of_a_time_that_came_twice_the_second_one_is_the_newest() {
    let (_data, layout) = host();
    let t = MIDNIGHT + 7_200;
    // The clock is ten minutes ahead, and is set right after three samples.
    let ahead = (0..3).map(|minute| sample(t + 600 + minute * 60, "a", 1_000.0 + minute as f64 * 60.0, 0));
    let right = (0..12).map(|minute| sample(t + 180 + minute * 60, "a", 1_180.0 + minute as f64 * 60.0, 7));
    append_all(&layout, ahead.chain(right));
    let rates = series::latest(&layout, t + 900).unwrap().unwrap().rates;
    assert_eq!(rates.times, (0..12).map(|minute| t + 180 + minute * 60).collect::<Vec<_>>());
}

#[test]
fn a_reboot_and_a_reset_cost_one_interval() {
    let (_data, layout) = host();
    let t = MIDNIGHT;
    append_all(
        &layout,
        [
            sample(t, "a", 1000.0, 0),
            sample(t + 60, "a", 1060.0, 600),
            sample(t + 120, "a", 1120.0, 1800),
            sample(t + 180, "a", 1180.0, 60), // the interface was made anew
            sample(t + 240, "a", 1240.0, 120),
            sample(t + 300, "b", 20.0, 50), // booted at t + 280
            sample(t + 360, "b", 80.0, 110),
        ],
    );
    let frame = series::window(&layout, Window::Hour, t + 3600).unwrap();
    assert_rates(&received(&frame), &[ABSENT, 10.0, 20.0, ABSENT, 1.0, ABSENT, 1.0]);
    assert_eq!(frame.times, (0..7).map(|minute| t + minute * 60).collect::<Vec<_>>());
    assert_eq!((frame.reboots, frame.step, frame.samples), (vec![t + 280], 60, 7));
}

#[test]
fn rates_are_made_over_the_uptime_though_the_clock_jumps() {
    let (_data, layout) = host();
    let t = MIDNIGHT;
    append_all(
        &layout,
        [
            sample(t, "a", 1000.0, 0),
            sample(t + 3600, "a", 1060.0, 600), // the clock is an hour ahead
            sample(t + 3660, "a", 1120.0, 1200),
            sample(t + 180, "a", 1180.0, 1800), // and is set right
            sample(t + 240, "a", 1240.0, 2400),
        ],
    );
    let frame = series::window(&layout, Window::SixHours, t + 6 * 3600).unwrap();
    assert_eq!(frame.times, [t, t + 180, t + 240, t + 3600, t + 3660]);
    assert_rates(&received(&frame), &[ABSENT, 10.0, 10.0, 10.0, 10.0]);
    assert!(frame.reboots.is_empty());
}

#[test]
fn a_gap_is_three_usual_intervals_and_another_interval_is_none() {
    let (_data, layout) = host();
    let mut minutes: Vec<i64> = (0..20).collect();
    minutes.extend([22, 23, 27, 28, 29, 30]); // 3 min are no gap, 4 min are
    minutes.extend((7..27).map(|five| five * 5)); // from now on each 5 minutes
    append_all(
        &layout,
        minutes.iter().map(|minute| {
            sample(
                MIDNIGHT + minute * 60,
                "a",
                1000.0 + (*minute * 60) as f64,
                u64::try_from(minute * 60).unwrap(),
            )
        }),
    );
    let frame = series::window(&layout, Window::SixHours, MIDNIGHT + 6 * 3600).unwrap();
    let absent: Vec<i64> = frame
        .times
        .iter()
        .zip(received(&frame))
        .filter(|(_, rate)| rate.is_nan())
        .map(|(time, _)| (time - MIDNIGHT) / 60)
        .collect();
    assert_eq!(absent, [0, 27], "{:?}", frame.times);
    assert!(received(&frame).iter().all(|rate| rate.is_nan() || *rate == 1.0));
}

#[test]
fn the_first_row_of_a_window_has_its_rate() {
    let (_data, layout) = host();
    append_all(
        &layout,
        (0..120).map(|minute| {
            sample(MIDNIGHT - 3600 + minute * 60, "a", 9000.0 + (minute * 60) as f64, minute as u64 * 120)
        }),
    );
    let frame = series::window(&layout, Window::Hour, MIDNIGHT + 1800).unwrap();
    assert_eq!((frame.times[0], frame.samples), (MIDNIGHT - 1800, 60));
    assert_rates(&received(&frame), &[2.0; 60]);
}

#[test]
fn cores_are_busy_for_a_share_of_the_time() {
    let (_data, layout) = host();
    let with_core = |seconds: i64, times: [f64; 8]| {
        let stat = Stat { iowait: Some(5.0), cores: vec![CoreTimes(times)], ..Stat::default() };
        Sample { stat: Some(stat), ..sample(MIDNIGHT + seconds, "a", 1000.0 + seconds as f64, 0) }
    };
    append_all(
        &layout,
        [
            with_core(0, [1.0, 1.0, 1.0, 50.0, 50.0, 1.0, 1.0, 1.0]),
            with_core(60, [11.0, 2.0, 2.0, 70.0, 71.0, 2.0, 2.0, 2.0]), // 15 s of 60
            with_core(120, [72.0, 2.0, 2.0, 70.0, 70.9, 2.0, 2.0, 2.0]), // 61 s of 60
        ],
    );
    let frame = series::window(&layout, Window::Hour, MIDNIGHT + 3600).unwrap();
    assert_rates(frame.mean("stat.core_busy", "0").unwrap(), &[ABSENT, 0.25, 1.0]);
    assert_rates(frame.mean("stat.iowait", "").unwrap(), &[ABSENT, 0.0, 0.0]);
}

#[test]
fn a_day_counts_traffic_over_gaps_boots_and_midnight() {
    let (_data, layout) = host();
    let t = MIDNIGHT;
    append_all(
        &layout,
        [
            sample(t - 3600, "a", 1000.0, 5_000_000), // before the log began: not counted
            sample(t - 3540, "a", 1060.0, 5_000_100),
            sample(t - 60, "a", 4540.0, 5_000_200), // a gap: counted
            sample(t + 60, "a", 4660.0, 5_000_300), // over midnight: on the second day
            sample(t + 7200, "b", 3600.0, 40),      // booted at 01:00; down since 00:01
            sample(t + 7260, "b", 3660.0, 50),
            sample(t + 3 * DAY, "b", 3600.0 + (3 * DAY - 7200) as f64, 60), // up for days, unsampled
        ],
    );
    let days = series::days(&layout, date(2026, 11, 1), date(2026, 11, 30)).unwrap();
    let seen: Vec<_> = days
        .iter()
        .map(|day| {
            (
                day.day.day(),
                day.samples,
                day.up_seconds,
                day.observed_seconds,
                day.traffic.get("eth0").map(|t| t.0),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (22, 3, 4600.0, 120.0, Some(200)),
            (23, 3, 60.0 + 3600.0 + 79_200.0, 120.0, Some(150)),
            (24, 0, 86_400.0, 0.0, None),
            (25, 0, 86_400.0, 0.0, None),
            (26, 1, 0.0, 0.0, Some(10)),
        ]
    );
    assert_eq!((days[0].boots.clone(), days[1].boots.clone()), (vec![t - 4600], vec![t + 3600]));
    assert_eq!((days[1].first, days[1].last), (t + 60, t + 7260));
    let second = series::days(&layout, date(2026, 11, 23), date(2026, 11, 23)).unwrap();
    assert_eq!(second, days[1..2]);
}

#[test]
fn the_latest_is_made_whole_from_those_before_it() {
    let (data, layout) = host();
    let now = MIDNIGHT + 20 * 3600 + 130;
    let log = Synth { broken_every: 500, ..Synth::story("web1", MIDNIGHT - DAY, now, MIDNIGHT) };
    log.write(data.path()).unwrap();
    let latest = series::latest(&layout, now).unwrap().unwrap();
    assert_eq!(latest.sample.t, MIDNIGHT + 20 * 3600 + 60);
    assert_eq!(latest.previous.unwrap().t, MIDNIGHT + 20 * 3600);
    assert!(latest.sample.host.is_some() && latest.sample.slabinfo.is_some());
    assert!(latest.sample.processes.unwrap().top.iter().any(|process| process.pss.is_some()));
    assert_eq!(latest.rates.samples, 61);
    assert_eq!(latest.samples_today, 20 * 60 + 2 - 3, "of 2642 lines each 500th is broken");
    assert_eq!(latest.damage.broken_lines, 5);
    assert!(received(&latest.rates)[59] > 0.0);
    assert_eq!(series::latest(&Layout::new(data.path(), "web2").unwrap(), now).unwrap(), None);
}

#[test]
fn a_critical_temperature_is_carried_from_the_slow_beat() {
    let (_data, layout) = host();
    let at = |second: i64, critical_celsius| {
        let sensor = Sensor { celsius: Some(60.0), critical_celsius, ..Sensor::default() };
        let hwmon = Some(Hwmon([("coretemp".to_owned(), sensor)].into()));
        Sample { hwmon, ..sample(MIDNIGHT + second, "a", 1000.0 + second as f64, 0) }
    };
    append_all(&layout, [at(0, Some(95.0)), at(60, None), at(120, None)]);
    let latest = series::latest(&layout, MIDNIGHT + 120).unwrap().unwrap();
    assert_eq!(latest.sample.hwmon.unwrap().0["coretemp"].critical_celsius, Some(95.0));
}

#[test]
fn the_latest_is_not_what_a_wrong_clock_once_wrote() {
    let (_data, layout) = host();
    let t = MIDNIGHT + DAY - 300;
    append_all(&layout, [sample(t, "a", 1000.0, 0), sample(t + 60, "a", 1060.0, 0)]);
    append_all(&layout, [sample(t + 7200, "a", 1120.0, 0)]); // two hours ahead: tomorrow's file
    append_all(&layout, [sample(4_070_908_800, "a", 1180.0, 0)]); // 2099
    let newest = |now| series::latest(&layout, now).unwrap().unwrap().sample.uptime.unwrap();
    assert_eq!(newest(t + 120), 1120.0, "the host's clock is ahead, this is its newest");
    append_all(&layout, [sample(t + 240, "a", 1240.0, 0)]);
    assert_eq!(newest(t + 240), 1240.0, "its clock is right again");
    let silent = series::latest(&layout, t + 8 * DAY).unwrap().unwrap();
    assert_eq!(silent.samples_today, 0);
}

#[test]
fn long_windows_have_bins_with_extremes() {
    let (data, layout) = host();
    Synth::new("web1", 480.0 * MIB, MIDNIGHT - 2 * DAY, MIDNIGHT + 7200).write(data.path()).unwrap();
    let frame = series::window(&layout, Window::Week, MIDNIGHT + 7200).unwrap();
    assert_eq!(frame.step, 300);
    assert_eq!(frame.times.len(), 2 * 288 + 24);
    assert!(frame.times.iter().all(|time| time % 300 == 0));
    let free = &frame.columns[&cronograph::series::Key::new("meminfo.MemFree", "")];
    for row in 0..frame.times.len() {
        assert!(free.min[row] <= free.mean[row] && free.mean[row] <= free.max[row]);
    }
    let year = series::window(&layout, Window::Year, MIDNIGHT + 7200).unwrap();
    assert_eq!((year.times.len(), year.samples), (9, 2 * 1440 + 120));
}

#[test]
fn the_latest_has_the_newest_of_each_target_until_nobody_asks_it_any_more() {
    let (_data, layout) = host();
    let run = |t, interval| TargetRun { t, interval, up: Some(1), ..TargetRun::default() };
    let at = |minute: i64| MIDNIGHT + 60 * minute;
    append_all(
        &layout,
        (0..=30).map(|minute| {
            let mut targets = BTreeMap::new();
            if (1..=20).contains(&minute) {
                targets.insert("often".to_owned(), run(at(minute - 1), 60));
            }
            if minute % 10 == 1 {
                targets.insert("seldom".to_owned(), run(at(minute - 1), 600));
            }
            let target = (!targets.is_empty()).then_some(Targets(targets));
            Sample { target, ..sample(at(minute), "b", 60.0 * minute as f64, 0) }
        }),
    );
    let asked = |until: i64| -> Vec<(String, i64)> {
        let (_data, part) = host();
        let samples = store::Reader::range(&layout, MIDNIGHT, at(until) + 1).unwrap();
        append_all(&part, samples);
        let targets = series::latest(&part, at(until)).unwrap().unwrap().sample.target.unwrap();
        targets.0.into_iter().map(|(name, run)| (name, (run.t - MIDNIGHT) / 60)).collect()
    };
    let named = |often: Option<i64>, seldom: i64| -> Vec<(String, i64)> {
        let often = often.map(|minute| ("often".to_owned(), minute));
        often.into_iter().chain([("seldom".to_owned(), seldom)]).collect()
    };
    assert_eq!(asked(20), named(Some(19), 10));
    assert_eq!(asked(24), named(Some(19), 20), "five minutes later it is still believed");
    assert_eq!(asked(25), named(None, 20));
    assert_eq!(asked(30), named(None, 20), "the other is asked each ten minutes");
}
