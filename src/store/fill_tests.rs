//! Days with nothing, with a plain file, with a compressed one; gaps; the same again.

use super::*;
use crate::store::Reader;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::date;
use std::io::Write;

/// 2026-11-22T00:00:00Z
const SUNDAY: i64 = 1_795_305_600;

struct World {
    _data: tempfile::TempDir,
    layout: Layout,
}

impl World {
    fn new() -> Self {
        let (data, layout) = crate::store::scratch();
        fs_err::create_dir_all(layout.samples()).unwrap();
        Self { _data: data, layout }
    }

    /// Samples of the host itself, by minutes of the day.
    fn own(&self, minutes: std::ops::Range<i64>) {
        for minute in minutes {
            let sample = Sample { v: 1, t: SUNDAY + minute * 60, ..Sample::default() };
            crate::store::append(&self.layout, &sample).unwrap();
        }
    }

    fn compress(&self) {
        for files in self.layout.days().unwrap() {
            crate::store::compress(&self.layout, &files, true).unwrap();
        }
    }

    fn fill(&self, minutes: &[i64]) -> Filled {
        fill(&self.layout, &imported(minutes), false).unwrap()
    }

    /// The log in its order: minutes, imported ones negative.
    fn minutes(&self) -> Vec<i64> {
        let samples = Reader::range(&self.layout, SUNDAY - DAY, SUNDAY + 3 * DAY).unwrap();
        samples
            .map(|sample| (sample.t - SUNDAY) / 60 * if sample.imported.is_some() { -1 } else { 1 })
            .collect()
    }
}

fn imported(minutes: &[i64]) -> Vec<Sample> {
    let at = |minute: &i64| SUNDAY + minute * 60;
    let sample = |t| Sample { v: 1, t, imported: Some("sysstat".to_owned()), ..Sample::default() };
    minutes.iter().map(at).map(sample).collect()
}

#[test]
fn missing_days_are_new_files_and_the_same_again_is_nothing_new() {
    let world = World::new();
    let minutes = [10, 20, 30, 1450, 1460];
    let filled = world.fill(&minutes);
    assert_eq!(filled.days, BTreeMap::from([(date(2026, 11, 22), 3), (date(2026, 11, 23), 2)]));
    assert_eq!(world.minutes(), [-10, -20, -30, -1450, -1460]);
    let bytes = fs_err::read(world.layout.day_file_gz(date(2026, 11, 22))).unwrap();
    let again = world.fill(&minutes);
    assert_eq!((again.lines(), again.known), (0, 5));
    assert_eq!(fs_err::read(world.layout.day_file_gz(date(2026, 11, 22))).unwrap(), bytes);
}

#[test]
fn a_dry_run_tells_the_same_and_writes_nothing() {
    let world = World::new();
    let dry = fill(&world.layout, &imported(&[10, 20]), true).unwrap();
    assert_eq!(world.minutes(), [0; 0]);
    assert_eq!(dry, world.fill(&[10, 20]));
}

#[test]
fn before_the_own_samples_of_an_open_day_and_not_among_them() {
    let world = World::new();
    world.own(100..105);
    world.own(200..202);
    let filled = world.fill(&[80, 90, 100, 103, 150, 190, 201]);
    // 150 and 190 lie in a gap behind the first line.
    assert_eq!((filled.lines(), filled.known, filled.open), (2, 3, 2));
    let own = [100, 101, 102, 103, 104, 200, 201];
    assert_eq!(world.minutes(), [&[-80, -90][..], &own].concat());
    world.compress();
    assert_eq!(world.minutes(), [&[-80, -90][..], &own].concat());
    let filled = world.fill(&[80, 90, 100, 103, 150, 190, 201]);
    assert_eq!((filled.lines(), filled.open), (2, 0));
    assert_eq!(world.minutes(), [-80, -90, 100, 101, 102, 103, 104, -150, -190, 200, 201]);
}

#[test]
fn what_is_near_is_known_and_a_short_pause_is_no_gap() {
    let world = World::new();
    world.own(0..1);
    world.own(15..16);
    world.own(31..32);
    world.compress();
    let filled = world.fill(&[7, 15, 16, 23, 31]);
    assert_eq!(world.minutes(), [0, 15, -16, -23, 31]);
    assert_eq!((filled.lines(), filled.known), (2, 3));
}

#[test]
fn another_source_does_not_come_between_imported_samples() {
    let world = World::new();
    world.fill(&[10, 20, 30]);
    assert_eq!(world.fill(&[15, 25, 35]).lines(), 1);
    assert_eq!(world.minutes(), [-10, -20, -30, -35]);
}

#[test]
fn broken_lines_stay_where_they_are() {
    let world = World::new();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let line = |minute: i64| format!("{{\"v\":1,\"t\":{}}}\n", SUNDAY + minute * 60);
    encoder.write_all((line(100) + "broken\n" + &line(200)).as_bytes()).unwrap();
    let packed = world.layout.day_file_gz(date(2026, 11, 22));
    fs_err::write(&packed, encoder.finish().unwrap()).unwrap();
    assert_eq!(world.fill(&[50, 150]).lines(), 2);
    let lines: Vec<String> = lines_of(&world.layout, &packed, Form::Gzip)
        .unwrap()
        .into_iter()
        .map(|(_, line)| String::from_utf8(line).unwrap())
        .collect();
    assert_eq!((lines[1].clone(), lines[2].as_str()), (line(100), "broken\n"));
    assert_eq!(world.minutes(), [-50, 100, -150, 200]);
}
