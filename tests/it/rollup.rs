//! Rollups beside the log: the same numbers as from the samples, whatever happens to the files.

use crate::synth::{MIB, Synth};
use cronograph::base::clock::Clock;
use cronograph::config::Config;
use cronograph::series::{self, Frame, Window};
use cronograph::site;
use cronograph::store::{self, Layout};
use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// 2026-11-02T00:00:00Z: the days around it lie in two months.
const MONDAY: i64 = 1_793_577_600;
const DAY: i64 = 86_400;
const NOW: i64 = MONDAY + 4 * DAY + 7000;

/// Six closed days and an open one, each 10 minutes; with reboots, gaps and broken lines.
fn host() -> (TempDir, Layout) {
    let data = tempfile::tempdir().unwrap();
    let log = Synth {
        interval: 600,
        reboots: vec![MONDAY + DAY - 20, MONDAY + 2 * DAY + 30_000],
        gaps: vec![(MONDAY + 3 * DAY - 9000, MONDAY + 3 * DAY + 5000)],
        broken_every: 50,
        gzip: true,
        ..Synth::new("web1", 480.0 * MIB, MONDAY - 2 * DAY, NOW)
    };
    log.write(data.path()).unwrap();
    let layout = Layout::new(data.path(), "web1").unwrap();
    (data, layout)
}

fn frames(layout: &Layout) -> Vec<Frame> {
    [Window::Week, Window::Month, Window::Year]
        .map(|window| series::window(layout, window, NOW).unwrap())
        .into()
}

/// The rollups' bytes by file.
fn rollups(layout: &Layout) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in ["5m", "1h"] {
        for entry in fs_err::read_dir(layout.derived().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            files.insert(path.clone(), fs_err::read(path).unwrap());
        }
    }
    files
}

fn fold(layout: &Layout) -> usize {
    series::fold(layout, NOW).unwrap().days
}

/// Equal to the last bit: a picture does not change because its days were rolled up.
fn assert_same(found: &[Frame], expected: &[Frame]) {
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(
            (&found.times, found.samples, found.step),
            (&expected.times, expected.samples, expected.step)
        );
        assert_eq!(found.reboots, expected.reboots);
        assert_eq!(found.columns.len(), expected.columns.len());
        let bits = |values: &Vec<f64>| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        for (key, expected) in &expected.columns {
            let found = &found.columns[key];
            assert_eq!(bits(&found.mean), bits(&expected.mean), "{key:?}");
            assert_eq!(bits(&found.min), bits(&expected.min), "{key:?}");
            assert_eq!(bits(&found.max), bits(&expected.max), "{key:?}");
        }
    }
}

#[test]
fn windows_are_the_same_from_rollups_as_from_samples() {
    let (_data, layout) = host();
    let from_samples = frames(&layout);
    let days = series::days(&layout, date(2026, 10, 1), date(2026, 11, 30)).unwrap();
    assert_eq!(from_samples[0].reboots.len(), 2);
    assert_eq!(fold(&layout), 6);
    assert_same(&frames(&layout), &from_samples);
    assert_eq!(series::days(&layout, date(2026, 10, 1), date(2026, 11, 30)).unwrap(), days);
    let names: Vec<_> = rollups(&layout).into_keys().map(|path| relative(&layout, &path)).collect();
    assert_eq!(names, ["1h/2026.jsonl.gz", "5m/2026-10.jsonl.gz", "5m/2026-11.jsonl.gz"]);
}

fn relative(layout: &Layout, path: &Path) -> String {
    path.strip_prefix(layout.derived()).unwrap().display().to_string()
}

#[test]
fn a_fold_is_done_once_and_deleted_rollups_are_made_again() {
    let (_data, layout) = host();
    fold(&layout);
    let first = rollups(&layout);
    assert_eq!(fold(&layout), 0);
    for deleted in ["cache", "5m", "1h", "1h/2026.jsonl.gz", "5m/2026-11.jsonl.gz"] {
        let path = layout.derived().join(deleted);
        if path.is_dir() {
            fs_err::remove_dir_all(path).unwrap()
        } else {
            fs_err::remove_file(path).unwrap()
        }
        assert!(fold(&layout) > 0, "{deleted}");
        assert!(rollups(&layout) == first, "{deleted}");
    }
}

#[test]
fn a_run_that_was_killed_leaves_nothing_behind() {
    let (_data, layout) = host();
    fold(&layout);
    let whole = rollups(&layout);
    let index = layout.cache().join("series/days.jsonl");
    let lines = fs_err::read_to_string(&index).unwrap();
    let garbage = [0x1f; 3];
    let cleaned = |files: BTreeMap<PathBuf, Vec<u8>>| -> BTreeMap<PathBuf, Vec<u8>> {
        // A file that gets no new day keeps what lies behind its last member; nobody reads it.
        let clean = |bytes: Vec<u8>| bytes.strip_suffix(&garbage).map_or(bytes.clone(), <[u8]>::to_vec);
        files.into_iter().map(|(path, bytes)| (path, clean(bytes))).collect()
    };
    for kept in [0, 1, 4] {
        // The index as it was some days ago, the files as they are now and as a torn write leaves them.
        let early: String = lines.split_inclusive('\n').take(kept).collect();
        for torn in [None, Some(5000)] {
            fs_err::write(&index, &early).unwrap();
            for (path, bytes) in &whole {
                let length = torn.map_or(bytes.len(), |cut| bytes.len().saturating_sub(cut));
                fs_err::write(path, [&bytes[..length], &garbage].concat()).unwrap();
            }
            fs_err::write(layout.cache().join("series/.cronograph-left"), "").unwrap();
            assert!(fold(&layout) > 0);
            assert!(cleaned(rollups(&layout)) == whole, "{kept} {torn:?}");
            assert!(!layout.cache().join("series/.cronograph-left").exists());
        }
    }
}

#[test]
fn a_run_that_was_killed_while_it_put_a_late_day_in_place_loses_no_other() {
    let (_data, layout) = host();
    let path = layout.day_file_gz(date(2026, 11, 1));
    let late = fs_err::read(&path).unwrap();
    fs_err::remove_file(&path).unwrap();
    fold(&layout);
    let index = layout.cache().join("series/days.jsonl");
    // As the run leaves it before it rewrites a file: the places in that file are not known.
    let places = without_places(&fs_err::read_to_string(&index).unwrap());
    fs_err::write(&path, late).unwrap();
    fold(&layout);
    let whole = rollups(&layout);
    fs_err::write(&index, places).unwrap();
    fold(&layout);
    assert!(rollups(&layout) == whole);
}

/// The index without the places of the bins of 5 minutes and of 1 hour.
fn without_places(index: &str) -> String {
    let line = |line: &str| {
        let mut entry: serde_json::Value = serde_json::from_str(line).unwrap();
        entry.as_object_mut().unwrap().retain(|key, _| key != "5m" && key != "1h");
        format!("{entry}\n")
    };
    index.lines().map(line).collect()
}

#[test]
fn late_samples_are_folded_in() {
    let (_data, layout) = host();
    let day: Date = date(2026, 11, 3);
    let path = layout.day_file_gz(day);
    let late = fs_err::read(&path).unwrap();
    fs_err::remove_file(&path).unwrap();
    assert_eq!(fold(&layout), 5);
    let without = frames(&layout);
    fs_err::write(&path, late).unwrap();
    assert_eq!(fold(&layout), 2, "the day and the one after it");
    let found = frames(&layout);
    assert!(found[0].samples > without[0].samples);
    let (_other, fresh) = host();
    assert_same(&found, &frames(&fresh));
    fold(&fresh);
    assert!(rollups(&layout).into_values().eq(rollups(&fresh).into_values()), "as if it had not been late");
    // A sample that its own host appends to a day that is over.
    let last = store::tail_until(&layout, MONDAY + 2 * DAY - 1, 1).unwrap().remove(0);
    let later =
        cronograph::sample::Sample { t: last.t + 1, uptime: last.uptime.map(|uptime| uptime + 1.0), ..last };
    store::append(&layout, &later).unwrap();
    assert_eq!(fold(&layout), 2);
    assert_eq!(frames(&layout)[0].samples, found[0].samples + 1);
}

#[test]
fn rollups_outlive_their_samples() {
    let (_data, layout) = host();
    let before = frames(&layout);
    fold(&layout);
    for day in [date(2026, 10, 31), date(2026, 11, 1)] {
        fs_err::remove_file(layout.day_file_gz(day)).unwrap();
    }
    assert_eq!(fold(&layout), 0);
    assert_same(&frames(&layout), &before);
    let days = series::days(&layout, date(2026, 10, 31), date(2026, 11, 1)).unwrap();
    assert_eq!(days.len(), 2);
    // Even if the index is deleted: only the boots and the days are not known any more.
    fs_err::remove_dir_all(layout.cache()).unwrap();
    fold(&layout);
    assert_eq!(frames(&layout)[0].times, before[0].times);
}

#[test]
fn what_a_host_plants_where_derived_files_once_were_is_not_touched() {
    let (data, layout) = host();
    let elsewhere = tempfile::tempdir().unwrap();
    for planted in ["5m", "1h", "cache"] {
        std::os::unix::fs::symlink(elsewhere.path(), layout.folder().join(planted)).unwrap();
    }
    assert!(fold(&layout) > 0);
    assert_eq!(fs_err::read_dir(elsewhere.path()).unwrap().count(), 0);
    assert!(frames(&layout)[0].samples > 700);
    let out = tempfile::tempdir().unwrap();
    let config = Config { data: data.path().to_owned(), out: out.path().to_owned(), ..Config::default() };
    let report = site::build(&site::Inputs::of(&config, None).unwrap(), Clock::Fixed(NOW)).unwrap();
    assert_eq!((report.hosts, report.failed), (1, vec![]));
}

#[test]
fn a_day_without_a_sample_is_read_once() {
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::new(data.path(), "web1").unwrap();
    fs_err::create_dir_all(layout.samples()).unwrap();
    fs_err::write(layout.day_file(date(2026, 11, 1)), "broken\n").unwrap();
    assert_eq!((fold(&layout), fold(&layout)), (1, 0));
    assert!(series::window(&layout, Window::Week, NOW).unwrap().times.is_empty());
}
