//! Imported samples beside the host's own: no rate over a seam, no boot that was none, nothing counted twice.

use super::days::days;
use super::window::{Window, window};
use crate::sample::Sample;
use crate::store::{self, Layout, append};
use jiff::civil::date;

/// 2026-11-22T00:00:00Z
const SUNDAY: i64 = 1_795_305_600;

/// A sample whose counters stand at a total.
fn sample(minute: i64, boot: &str, uptime: Option<f64>, total: u64, is_imported: bool) -> Sample {
    let line = serde_json::json!({
        "v": 1, "t": SUNDAY + minute * 60, "boot": boot,
        "netdev": {"eth0": {"rx_bytes": total, "tx_bytes": 0}}, "loadavg": {"load1": 1.0},
    });
    let imported = is_imported.then(|| "sysstat".to_owned());
    Sample { uptime, imported, ..serde_json::from_value(line).unwrap() }
}

struct World {
    _data: tempfile::TempDir,
    layout: Layout,
}

/// Ten minutes apart at 100 bytes/s from 10:00 to 11:00; the host's own, of an earlier boot, each minute from 11:10 at
/// 10 bytes/s with totals far above.
fn world() -> World {
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::new(data.path(), "web1").unwrap();
    for minute in 670..690_i64 {
        let uptime = (minute * 60 + 864_000) as f64;
        let total = 1_000_000_000 + (minute as u64 - 670) * 600;
        append(&layout, &sample(minute, "abcd", Some(uptime), total, false)).unwrap();
    }
    let imported: Vec<Sample> =
        (0..7).map(|at| sample(600 + at * 10, "12345678", None, at as u64 * 60_000, true)).collect();
    assert_eq!(store::fill(&layout, &imported, false).unwrap().lines(), 7);
    World { _data: data, layout }
}

#[test]
fn no_rate_is_made_over_the_seam() {
    let world = world();
    let frame = window(&world.layout, Window::Day, SUNDAY + 700 * 60).unwrap();
    let rates = frame.mean("netdev.rx_bytes", "eth0").unwrap();
    assert_eq!(frame.times.len(), 27);
    assert!(rates[0].is_nan() && rates[7].is_nan(), "the first of each has none: {rates:?}");
    assert!(rates[1..7].iter().all(|rate| *rate == 100.0), "{rates:?}");
    assert!(rates[8..].iter().all(|rate| *rate == 10.0), "{rates:?}");
    assert_eq!(frame.reboots, [0; 0], "the host booted ten days ago");
}

#[test]
fn a_day_adds_up_and_has_no_boot() {
    let world = world();
    let of_day = days(&world.layout, date(2026, 11, 22), date(2026, 11, 22)).unwrap().pop().unwrap();
    assert_eq!((of_day.samples, of_day.boots.len()), (27, 0));
    assert_eq!(of_day.traffic["eth0"], (6 * 60_000 + 19 * 600, 0));
    assert_eq!((of_day.first, of_day.last), (SUNDAY + 36_000, SUNDAY + 689 * 60));
    // Up from the first sample on: before it the source says nothing.
    assert_eq!(of_day.up_seconds, 89.0 * 60.0);
}

#[test]
fn a_gap_that_is_filled_is_one_no_more() {
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::new(data.path(), "web1").unwrap();
    let own =
        |minute: i64| sample(minute, "abcd", Some((minute * 60 + 5000) as f64), minute as u64 * 600, false);
    (0..10).chain(100..110).for_each(|minute| drop(append(&layout, &own(minute)).unwrap()));
    let files = layout.days().unwrap()[0];
    store::compress(&layout, &files, true).unwrap();
    let imported: Vec<Sample> =
        (2..9).map(|at| sample(at * 10, "12345678", None, at as u64 * 60_000, true)).collect();
    assert_eq!(store::fill(&layout, &imported, false).unwrap().lines(), 7);
    let frame = window(&layout, Window::Day, SUNDAY + 120 * 60).unwrap();
    assert_eq!(frame.times.len(), 27);
    assert!(frame.times.is_sorted());
    let rates = frame.mean("netdev.rx_bytes", "eth0").unwrap();
    assert!(rates[10].is_nan() && rates[17].is_nan());
    assert!(rates[11..17].iter().all(|rate| *rate == 100.0), "{rates:?}");
    // As alerts and reports read it: no row is taken for one of a clock that was set back.
    let seen = super::window::samples(&layout, SUNDAY, SUNDAY + 7200, &mut |_| {}).unwrap();
    assert_eq!(seen.times, frame.times);
}

#[test]
fn a_boot_between_imported_samples_is_one() {
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::new(data.path(), "web1").unwrap();
    let booted = SUNDAY + 45 * 60;
    let after = |minute: i64| Some((SUNDAY + minute * 60 - booted) as f64);
    let mut imported: Vec<Sample> =
        (1..5).map(|at| sample(at * 10, "aa", None, at as u64 * 6000, true)).collect();
    imported.extend((5..9).map(|at| sample(at * 10, "bb", after(at * 10), at as u64 * 6000 - 27_000, true)));
    store::fill(&layout, &imported, false).unwrap();
    let of_day = days(&layout, date(2026, 11, 22), date(2026, 11, 22)).unwrap().pop().unwrap();
    assert_eq!(of_day.boots, [booted]);
    let frame = window(&layout, Window::Day, SUNDAY + 7200).unwrap();
    assert_eq!(frame.reboots, [booted]);
}
