//! Compaction on a log of some days: nothing is lost, whatever was interrupted.

use super::*;
use crate::sample::Sample;
use crate::sample::meminfo::Meminfo;
use crate::series::{Frame, Window, window};
use crate::store::{Reader, append, start_of};
use proptest::prelude::*;

const FIRST: i64 = 1_795_392_000;
const NEVER: Ages = Ages { samples: None, five_minutes: None, hours: None };

struct World {
    _data: tempfile::TempDir,
    layout: Layout,
}

impl World {
    /// A sample each ten minutes of some days.
    fn new(days: i64) -> Self {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path(), "web1").unwrap();
        let world = Self { _data: data, layout };
        (0..days * 144).for_each(|index| world.sample(FIRST + index * 600));
        world
    }

    fn sample(&self, t: i64) {
        let meminfo = Meminfo { mem_free: Some((t % 7_919) as u64 * 4096), ..Meminfo::default() };
        let uptime = Some((t - FIRST) as f64 + 1_000.0);
        let (boot, meminfo) = (Some("a".to_owned()), Some(meminfo));
        append(&self.layout, &Sample { v: 1, t, boot, uptime, meminfo, ..Sample::default() }).unwrap();
    }

    fn compact(&self, now: i64, ages: Ages) -> Compacted {
        compact(&self.layout, now, ages, true).unwrap()
    }

    fn week(&self, until: i64) -> Frame {
        window(&self.layout, Window::Week, until).unwrap()
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let host = if folder == "samples" { self.layout.folder() } else { self.layout.derived() };
        let mut names: Vec<String> = fs_err::read_dir(host.join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[test]
fn closed_days_are_rolled_up_and_compressed_once() {
    let world = World::new(4);
    let now = FIRST + 3 * DAY + 7_201;
    let before = world.week(now);
    let done = world.compact(now, NEVER);
    assert_eq!((done.folded, done.compressed, done.failed.len()), (3, 2, 0));
    assert_eq!(
        world.files("samples"),
        ["2026-11-23.jsonl.gz", "2026-11-24.jsonl.gz", "2026-11-25.jsonl", "2026-11-26.jsonl"],
        "yesterday is still asked for"
    );
    assert_eq!(world.week(now).mean("meminfo.MemFree", ""), before.mean("meminfo.MemFree", ""));
    assert_eq!(world.compact(now, NEVER), Compacted::default(), "the new sizes are no new content");
    // A late line: that day, and the one after it, whose first rate it may change.
    world.sample(FIRST + 100);
    let done = world.compact(now, NEVER);
    assert_eq!((done.folded, done.compressed), (2, 1));
    assert_eq!(world.compact(now, NEVER), Compacted::default());
}

#[test]
fn a_day_is_compressed_a_day_after_it_is_over_and_becomes_columns_after_a_week() {
    let world = World::new(1);
    let over = FIRST + DAY + 26 * 3600;
    assert_eq!(world.compact(over - 1, NEVER).compressed, 0);
    assert_eq!(world.compact(over, NEVER).compressed, 1);
    let before = world.week(over);
    assert_eq!(world.compact(over + 7 * DAY - 1, NEVER).turned, 0);
    assert_eq!(world.compact(over + 7 * DAY, NEVER).turned, 1);
    assert_eq!(world.files("samples"), ["2026-11-23.columns.gz"]);
    assert_eq!(world.week(over), before);
    assert_eq!(world.compact(over + 7 * DAY, NEVER), Compacted::default(), "the new size is no new content");
    // A late line makes it lines, and columns again.
    world.sample(FIRST + 100);
    let done = world.compact(over + 7 * DAY, NEVER);
    assert_eq!((done.folded, done.compressed, done.turned), (1, 1, 1));
    assert_eq!(world.files("samples"), ["2026-11-23.columns.gz"]);
    let times = Reader::range(&world.layout, FIRST, FIRST + DAY).unwrap().count();
    assert_eq!(times, 145);
}

#[test]
fn a_day_with_a_broken_line_stays_lines_and_is_not_tried_again() {
    let world = World::new(1);
    let path = world.layout.day_file(day_of(FIRST).unwrap());
    let text = fs_err::read_to_string(&path).unwrap();
    fs_err::write(&path, text + "{\"v\":1,\"t\":17\n").unwrap();
    let now = FIRST + 20 * DAY;
    world.compact(now, NEVER);
    assert_eq!(world.files("samples"), ["2026-11-23.jsonl.gz"]);
    let index = Index::load(&world.layout);
    assert!(index.days.values().all(|entry| entry.stays));
    assert_eq!(world.compact(now, NEVER), Compacted::default());
}

#[test]
fn bins_that_no_page_shows_go_and_come_back_before_the_samples_go() {
    // Three days at the end of November, seen in February.
    let world = World::new(3);
    let (now, until) = (FIRST + 90 * DAY, FIRST + 3 * DAY);
    world.compact(FIRST + 3 * DAY, NEVER);
    let before = world.week(until);
    assert_eq!(world.files("5m"), ["2026-11.jsonl.gz"]);
    assert_eq!(world.compact(FIRST + 50 * DAY, NEVER).turned, 3);
    assert!(world.files("5m").is_empty());
    assert_eq!(world.week(until), before, "made from the samples");
    // Deleted, what is derived is made again without them.
    fs_err::remove_dir_all(world.layout.cache()).unwrap();
    assert_eq!(world.compact(now, NEVER).folded, 3);
    assert!(world.files("5m").is_empty());
    world.sample(now - DAY);
    let done = world.compact(now, Ages { samples: Some(80), ..NEVER });
    assert_eq!((done.folded, done.expired), (1, 3));
    assert_eq!(world.files("5m").first().map(String::as_str), Some("2026-11.jsonl.gz"));
    assert_eq!(world.week(until), before, "made before the samples went");
    assert_eq!(world.compact(now, Ages { samples: Some(80), ..NEVER }), Compacted::default());
}

#[test]
fn bins_are_not_spare_where_the_samples_are_gone() {
    let (now, until) = (FIRST + 50 * DAY, FIRST + 3 * DAY);
    // A day's samples go in the very run that would let the bins of its month go; or were removed by hand.
    for by_hand in [false, true] {
        let world = World::new(3);
        world.compact(until, NEVER);
        let before = world.week(until);
        world.sample(now - DAY);
        let mut ages = NEVER;
        if by_hand {
            let first = world.layout.files(day_of(FIRST).unwrap());
            assert!(store::remove(&world.layout, &first, world.layout.sizes(&first)).unwrap());
        } else {
            ages.samples = Some(49);
        }
        assert_eq!(world.compact(now, ages).expired, usize::from(!by_hand));
        assert_eq!(world.week(until), before, "by hand: {by_hand}");
    }
}

#[test]
fn what_is_old_goes_and_its_rollups_stay() {
    let world = World::new(5);
    let now = FIRST + 5 * DAY;
    let before = world.week(now);
    let done = world.compact(now, Ages { samples: Some(2), ..NEVER });
    assert_eq!((done.folded, done.expired), (5, 3));
    assert_eq!(world.files("samples").len(), 2);
    assert_eq!(world.week(now), before, "all of it is in the rollups");
    // A host without a clock of its own wakes up in the past: two lines do not replace a day.
    world.sample(FIRST + 777);
    assert_eq!(world.compact(now, Ages { samples: Some(2), ..NEVER }).folded, 0);
    assert_eq!((world.files("samples").len(), world.week(now) == before), (2, true));
    // Nor is everything old because a clock is ahead.
    let year = now + 400 * DAY;
    let ages = Ages { samples: Some(2), five_minutes: Some(60), hours: None };
    world.compact(year, ages);
    assert_eq!((world.files("samples").len(), world.files("5m").len()), (2, 1));
    // Bins of months and years go when the whole file is old enough.
    world.sample(year - DAY);
    let done = world.compact(year, ages);
    assert_eq!((done.expired, done.expired_rollups), (2, 1));
    assert_eq!(world.files("1h").first().map(String::as_str), Some("2026.jsonl.gz"));
    assert!(!world.files("5m").contains(&"2026-11.jsonl.gz".to_owned()));
    assert_eq!(world.compact(year, ages), Compacted::default());
}

#[test]
fn the_log_of_another_machine_stays_as_it_was_sent() {
    let world = World::new(3);
    let now = FIRST + 3 * DAY + 7_200;
    let done = compact(&world.layout, now, Ages { samples: Some(1), ..NEVER }, false).unwrap();
    assert_eq!((done.folded, done.compressed, done.sent, done.expired), (3, 0, 2, 0), "two days of grace");
    assert_eq!(start_of(day_of(now).unwrap()), FIRST + 3 * DAY);
    world.sample(now);
    let done = compact(&world.layout, now + DAY, Ages { samples: Some(1), ..NEVER }, false).unwrap();
    assert_eq!(done.expired, 1);
}

proptest! {
    // A part of the usual number: a case takes long.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 10))]

    /// Whatever of what is derived, and of the second copy of a day, a killed run left or lost: the next one ends the same.
    #[test]
    fn any_half_done_compaction_is_finished(
        lost in proptest::collection::vec(any::<bool>(), 4),
        twin in any::<bool>(),
        cut in 0usize..200,
    ) {
        let world = World::new(3);
        let now = FIRST + 4 * DAY + 7_201;
        let plain = fs_err::read(world.layout.folder().join("samples/2026-11-24.jsonl")).unwrap();
        let before = world.week(now);
        world.compact(now, NEVER);
        let (folder, derived) = (world.layout.folder(), world.layout.derived());
        for (path, _) in ["cache", "5m", "1h"].iter().zip(&lost).filter(|(_, lost)| **lost) {
            fs_err::remove_dir_all(derived.join(path)).unwrap();
        }
        if twin {
            fs_err::write(folder.join("samples/2026-11-24.jsonl"), &plain).unwrap();
        }
        let rollup = derived.join("5m/2026-11.jsonl.gz");
        if lost[3] && rollup.exists() {
            let bytes = fs_err::read(&rollup).unwrap();
            fs_err::write(&rollup, &bytes[..bytes.len().saturating_sub(cut)]).unwrap();
        }
        world.compact(now, NEVER);
        prop_assert_eq!(world.week(now), before);
        prop_assert_eq!(world.files("samples").len(), 3);
        prop_assert_eq!(world.compact(now, NEVER), Compacted::default());
    }
}
