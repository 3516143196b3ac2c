//! A place that is kept while the files of its day grow, are compressed, and are written anew.

use super::super::fill::fill;
use super::*;
use crate::base::limits::LONGEST_LINE;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

const DAY: i64 = 1_795_305_600;

struct World {
    _data: tempfile::TempDir,
    layout: Layout,
    place: DayPlace,
}

impl World {
    fn new() -> Self {
        let (data, layout) = crate::store::scratch();
        fs_err::create_dir_all(layout.samples()).unwrap();
        Self { _data: data, layout, place: DayPlace::default() }
    }

    fn path(&self, end: &str) -> PathBuf {
        self.layout.samples().join(format!("2026-11-22.jsonl{end}"))
    }

    fn compress(&self, text: &str) {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        fs_err::write(self.path(".gz"), encoder.finish().unwrap()).unwrap();
    }

    /// A compressed file and a plain one beside it, both read.
    fn of_two_files() -> Self {
        let mut world = Self::new();
        world.compress(&lines(0..3));
        fs_err::write(world.path(""), lines(5..7)).unwrap();
        assert_eq!(world.read(i64::MAX), [0, 1, 2, 5, 6]);
        world
    }

    /// The minutes of the samples before `until` behind the place, which moves.
    fn read(&mut self, until: i64) -> Vec<i64> {
        let days = self.layout.days().unwrap();
        let Some(mut follower) = Follower::open(&self.layout, &days[0], self.place.clone()).unwrap() else {
            return Vec::new();
        };
        let mut minutes = Vec::new();
        while let Some(sample) = follower.next_before(until).unwrap() {
            minutes.push((sample.t - DAY) / 60);
        }
        self.place = follower.place().clone();
        minutes
    }
}

fn lines(minutes: std::ops::Range<i64>) -> String {
    minutes.map(|minute| format!("{{\"v\":1,\"t\":{}}}\n", DAY + minute * 60)).collect()
}

#[test]
fn goes_on_where_it_was_left() {
    let mut world = World::new();
    fs_err::write(world.path(""), lines(0..3) + "{\"v\":1,\"t\":17953").unwrap();
    assert_eq!(world.read(DAY + 120), [0, 1]);
    assert_eq!(world.read(i64::MAX), [2], "what is not finished is not read");
    assert_eq!(world.read(i64::MAX), [0; 0]);
    fs_err::write(
        world.path(""),
        lines(0..3) + "broken\n" + &"x".repeat(LONGEST_LINE + 5) + "\n" + &lines(3..5),
    )
    .unwrap();
    assert_eq!(world.read(i64::MAX), [3, 4]);
    // Replaced by a shorter one.
    fs_err::write(world.path(""), lines(7..8)).unwrap();
    assert_eq!(world.read(i64::MAX), [7]);
}

#[test]
fn a_place_outlives_compression() {
    let mut world = World::new();
    fs_err::write(world.path(""), lines(0..3)).unwrap();
    assert_eq!(world.read(DAY + 120), [0, 1]);
    world.compress(&lines(0..4));
    fs_err::remove_file(world.path("")).unwrap();
    assert_eq!(world.read(DAY + 180), [2]);
    assert_eq!(world.read(i64::MAX), [3]);
    assert_eq!(world.read(i64::MAX), [0; 0]);
    assert_ne!(world.place.compressed, 0);
    // Folded in by whoever compacts.
    world.compress(&lines(0..6));
    assert_eq!(world.read(i64::MAX), [4, 5]);
}

#[test]
fn a_day_with_both_files_is_read_without_doubles() {
    let mut world = World::new();
    world.compress(&lines(0..3));
    assert_eq!(world.read(i64::MAX), [0, 1, 2]);
    fs_err::write(world.path(""), lines(0..2) + &lines(5..7)).unwrap();
    assert_eq!(world.read(DAY + 360), [5]);
    assert_eq!(world.read(i64::MAX), [6]);
    assert_eq!(world.read(i64::MAX), [0; 0]);
    fs_err::write(world.path(""), lines(0..2) + &lines(5..9)).unwrap();
    assert_eq!(world.read(i64::MAX), [7, 8]);
}

/// Imported samples at some minutes.
fn import(world: &World, minutes: &[i64]) {
    let sample = |minute: &i64| Sample {
        v: 1,
        t: DAY + minute * 60,
        imported: Some("sysstat".to_owned()),
        ..Sample::default()
    };
    let samples: Vec<Sample> = minutes.iter().map(sample).collect();
    assert_eq!(fill(&world.layout, &samples, false).unwrap().lines(), minutes.len());
}

#[test]
fn lines_that_beside_the_compressed_file_were_handed_out_are_known_when_they_are_folded_in() {
    let mut world = World::of_two_files();
    world.compress(&(lines(0..3) + &lines(5..7) + &lines(9..10)));
    fs_err::remove_file(world.path("")).unwrap();
    assert_eq!(world.read(i64::MAX), [9]);
    assert_eq!(world.read(i64::MAX), [0; 0]);
}

#[test]
fn an_import_before_an_open_day_is_read_and_the_day_is_not_read_again() {
    let mut world = World::new();
    fs_err::write(world.path(""), lines(600..700)).unwrap();
    assert_eq!(world.read(i64::MAX).len(), 100);
    import(&world, &[0, 300, 590]);
    fs_err::write(world.path(""), lines(600..702)).unwrap();
    // Ended in its midst, and gone on.
    assert_eq!(world.read(DAY + 300 * 60), [0]);
    assert_eq!(world.read(i64::MAX), [300, 590, 700, 701]);
    fs_err::write(world.path(""), lines(600..703)).unwrap();
    assert_eq!(world.read(i64::MAX), [702]);
}

#[test]
fn an_import_into_gaps_of_a_compressed_day_is_read_and_nothing_twice() {
    let mut world = World::new();
    world.compress(&(lines(100..130) + "broken\n" + &lines(200..230)));
    assert_eq!(world.read(i64::MAX).len(), 60);
    import(&world, &[10, 135, 140, 190, 1_000]);
    assert_eq!(world.read(DAY + 141 * 60), [10, 135, 140]);
    assert_eq!(world.read(i64::MAX), [190, 1_000]);
    assert_eq!(world.read(i64::MAX), [0; 0]);
    import(&world, &[165, 1_200]);
    assert_eq!(world.read(i64::MAX), [165, 1_200]);
}

#[test]
fn an_import_into_a_day_of_which_not_all_was_handed_out() {
    let mut world = World::new();
    world.compress(&(lines(100..130) + &lines(200..230)));
    assert_eq!(world.read(DAY + 210 * 60).len(), 40);
    import(&world, &[10, 150]);
    assert_eq!(world.read(i64::MAX), [10].into_iter().chain([150]).chain(210..230).collect::<Vec<_>>());
}

#[test]
fn broken_lines_that_were_not_read_yet_do_not_hide_what_was() {
    let mut world = World::new();
    world.compress(&(lines(100..130) + "broken\n" + &lines(200..230) + "broken, too\n"));
    assert_eq!(world.read(DAY + 210 * 60).len(), 40);
    import(&world, &[10, 150]);
    assert_eq!(world.read(i64::MAX), [10].into_iter().chain([150]).chain(210..230).collect::<Vec<_>>());
    assert_eq!(world.read(i64::MAX), [0; 0]);
}

#[test]
fn what_grows_beside_an_unchanged_compressed_file_is_read_from_the_place_on() {
    let mut world = World::of_two_files();
    // What is before the place is not looked at again, and what the compressed file has is still known.
    fs_err::write(world.path(""), lines(4..5) + &lines(6..8) + &lines(1..2) + &lines(8..9)).unwrap();
    assert_eq!(world.read(i64::MAX), [7, 8]);
}

#[test]
fn a_log_that_lost_its_end_with_the_power_is_read_again() {
    let mut world = World::new();
    fs_err::write(world.path(""), lines(0..3)).unwrap();
    assert_eq!(world.read(i64::MAX), [0, 1, 2]);
    // The place is behind a line again, but not behind the one that it was noted for.
    fs_err::write(world.path(""), lines(0..1) + &lines(10..14)).unwrap();
    assert_eq!(world.read(i64::MAX), [0, 10, 11, 12, 13]);
    // Shorter than the place.
    fs_err::write(world.path(""), lines(0..1) + &lines(10..11)).unwrap();
    assert_eq!(world.read(i64::MAX), [0, 10]);
}

#[test]
fn a_line_longer_than_what_is_looked_at_costs_no_sample() {
    let mut world = World::new();
    let long = format!("{{\"v\":1,\"t\":{},\"x\":\"{}\"}}\n", DAY + 60, "x".repeat(100_000));
    fs_err::write(world.path(""), lines(0..1) + &long).unwrap();
    assert_eq!(world.read(i64::MAX), [0, 1]);
    fs_err::write(world.path(""), lines(0..1) + &long + &lines(2..3)).unwrap();
    assert_eq!(world.read(i64::MAX), [2]);
}

#[test]
fn a_day_that_is_another_one_is_read_as_a_whole() {
    let mut world = World::new();
    world.compress(&lines(0..10));
    assert_eq!(world.read(i64::MAX).len(), 10);
    // A line in the midst that no import would put there.
    world.compress(&(lines(0..4) + &lines(5..10)));
    assert_eq!(world.read(i64::MAX).len(), 9);
}
