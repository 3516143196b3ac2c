//! From an invented log through store and series to what it means.

use crate::synth::{GIB, MIB, Synth};
use cronograph::alert::{Rules, Shelf, Subject};
use cronograph::analysis::breakdown::{over, rows};
use cronograph::analysis::describe::unknown;
use cronograph::analysis::report::{self, History};
use cronograph::analysis::{Breakdown, Group, Level, Part, Problem, ProblemKind, kills, traffic, uptime};
use cronograph::base::words::{Lang, Words};
use cronograph::sample::{Options, Root, State, take};
use cronograph::series::{DaySummary, Latest, Window, days, fold, latest, window};
use cronograph::store::{Layout, append, day_of};
use jiff::tz::TimeZone;
use std::path::Path;
use tempfile::TempDir;

/// 2026-11-23T00:00:00Z, a Monday.
const MONDAY: i64 = 1_795_392_000;
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// A log on disk.
struct Log {
    _folder: TempDir,
    layout: Layout,
    end: i64,
}

fn log(synth: &Synth) -> Log {
    let folder = tempfile::tempdir().unwrap();
    synth.write(folder.path()).unwrap();
    let layout = Layout::new(folder.path(), &synth.host).unwrap();
    Log { _folder: folder, layout, end: synth.until }
}

impl Log {
    fn latest(&self) -> Latest {
        latest(&self.layout, self.end).unwrap().unwrap()
    }

    /// What the built-in rules find, worst first.
    fn judge(&self) -> Vec<Problem> {
        let history = History::load(&self.layout, self.end).unwrap().unwrap();
        let report = report::report(&history, self.end, None);
        let (latest, rules) = (self.latest(), Rules::new(&[]).unwrap().of("a"));
        let mut shelf = Shelf::open(&self.layout, true);
        let (layout, report) = (&self.layout, report.as_ref());
        let (traffic, waiting, now) = (None, None, self.end);
        let subject = Subject {
            layout,
            rules: &rules,
            latest: &latest,
            report,
            traffic,
            waiting,
            unreadable: None,
            now,
        };
        shelf.look(&subject, &|_| String::new()).unwrap();
        let firing = shelf.firing();
        let problem = |level, since, kind| Problem { level, kind, since: Some(since) };
        let problems = firing
            .into_iter()
            .map(|alert| problem(alert.machine.level, alert.machine.since, alert.kind.clone().unwrap()));
        problems.collect()
    }

    fn days(&self) -> Vec<DaySummary> {
        let last = day_of(self.end).unwrap();
        days(&self.layout, last.yesterday().unwrap(), last).unwrap()
    }
}

#[test]
fn healthy_hosts_of_all_sizes_have_no_problem_at_any_hour() {
    for ram in [480.0 * MIB, 62.0 * GIB] {
        // Each fourth hour of a day, in the backup at 03:10, too.
        for until in (0..6).map(|part| part * 4 * HOUR).chain([3 * HOUR + 600]) {
            let end = MONDAY + until + 60;
            let log = log(&Synth::new("calm", ram, end - 2 * HOUR, end));
            let problems = log.judge();
            assert!(problems.is_empty(), "{ram} at {until}: {problems:?}");
        }
    }
}

#[test]
fn the_story_is_seen_growing_and_then_short_of_memory() {
    let leak = MONDAY + 15 * HOUR;
    // Two hours in: 122 MiB leaked, 147 of 480 in slab.
    let log_then = log(&Synth::story("web-1", MONDAY + 12 * HOUR, leak + 2 * HOUR, leak));
    let problems = log_then.judge();
    let growth = problems.iter().find_map(|problem| match &problem.kind {
        ProblemKind::Leak { finding } => Some(finding.growth),
        _ => None,
    });
    let per_minute = growth.unwrap().per_second * 60.0 / MIB;
    assert!((per_minute - 1.02).abs() < 0.06, "{per_minute} MiB a minute");
    assert_eq!(problems[0].level, Level::Critical, "{problems:?}");
    // Eight hours in: memory is full, the host swaps.
    let log_later = log(&Synth::story("web-1", MONDAY + 20 * HOUR, leak + 8 * HOUR, leak));
    let problems = log_later.judge();
    let short = problems.iter().any(|problem| matches!(problem.kind, ProblemKind::Memory { .. }));
    assert!(short, "{problems:?}");
}

#[test]
fn every_row_of_every_window_adds_up() {
    let mut synth = Synth::story("web-1", MONDAY - 8 * DAY, MONDAY, MONDAY - 9 * HOUR);
    synth.interval = 300;
    synth.reboots = vec![MONDAY - 3 * HOUR];
    let log = log(&synth);
    for kind in [Window::Hour, Window::Day, Window::Week] {
        let frame = window(&log.layout, kind, log.end).unwrap();
        let known: Vec<Breakdown> = rows(&frame, &[]).into_iter().flatten().collect();
        assert!(known.len() > 10, "{kind:?}: {} rows", known.len());
        for row in &known {
            let sum: f64 = row.parts.iter().map(|(_, bytes)| bytes).sum();
            assert!((sum - row.total).abs() < 1.0, "{kind:?}: {sum} of {}", row.total);
            assert!(row.part(Part::Unaccounted) < 12.0 * MIB, "{kind:?}: {row:?}");
        }
        let groups = over(&frame, &[]);
        assert_eq!(groups.iter().map(|(group, _)| *group).collect::<Vec<_>>(), Group::ALL);
        assert!(groups.iter().all(|(_, values)| values.len() == frame.times.len()));
    }
}

#[test]
fn kills_are_seen_for_a_day_over_midnight_and_a_reboot() {
    // 960 MiB leak every two hours: as much as RAM and swap together.
    let mut synth = Synth::new("web-1", 480.0 * MIB, MONDAY - 4 * HOUR, MONDAY + 8 * HOUR);
    synth.leak = Some((MONDAY - 3 * HOUR, 960.0 * MIB / (2.0 * HOUR as f64)));
    synth.reboots = vec![MONDAY + HOUR];
    let (mut all, mut last, mut before) = (0, None, 0);
    for sample in synth.samples() {
        let total = sample.vmstat.unwrap().oom_kill.unwrap();
        if total < before {
            assert_eq!(total, 0, "a reboot");
        } else if total > before {
            (all, last) = (all + total - before, Some(sample.t));
        }
        before = total;
    }
    let log = log(&synth);
    for folded in [false, true] {
        if folded {
            fold(&log.layout, log.end).unwrap();
        }
        let found = kills(&log.days(), log.end).unwrap();
        assert_eq!((&found.kind, found.since), (&ProblemKind::OutOfMemory { kills: all }, last), "{folded}");
    }
}

#[test]
fn uptime_counts_a_gap_as_up_and_a_reboot_as_down() {
    let mut synth = Synth::new("a", 480.0 * MIB, MONDAY, MONDAY + 2 * DAY);
    synth.gaps = vec![(MONDAY + DAY, MONDAY + DAY + 6 * HOUR)];
    synth.reboots = vec![MONDAY + 12 * HOUR + 50];
    let log = log(&synth);
    let first = jiff::civil::date(2026, 11, 23);
    let days = days(&log.layout, first, first.tomorrow().unwrap()).unwrap();
    let found = uptime::uptime(&days, MONDAY, log.end).unwrap();
    // The last sample before the reboot is that of 11:59, 110 s before it: of 172,740 s to the last sample.
    assert!((found.host_up - (1.0 - 110.0 / 172_740.0)).abs() < 1e-4, "{found:?}");
    // Six hours and two minutes of 48 hours were not observed.
    assert!((found.observed - (1.0 - 21_800.0 / 172_800.0)).abs() < 2e-3, "{found:?}");
    assert_eq!(found.boots, 1);
}

/// A log of samples each minute: boot, time and uptime of the first one, how many.
fn minutes(stretches: &[(&str, i64, i64, i64)]) -> Log {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::new(folder.path(), "pi").unwrap();
    let mut end = 0;
    for (boot, from, uptime, count) in stretches {
        for second in (0..*count).map(|minute| minute * 60) {
            end = from + second;
            let line =
                serde_json::json!({"v": 1, "t": end, "boot": boot, "uptime": (uptime + second) as f64});
            append(&layout, &serde_json::from_value(line).unwrap()).unwrap();
        }
    }
    Log { _folder: folder, layout, end }
}

/// Share of a week up to the log's end in which the host was up, and its boots; the same of samples and of aggregates.
fn week_of(log: &Log) -> (f64, usize) {
    let from = (log.end - 7 * DAY).div_euclid(DAY) * DAY;
    let of = || {
        let days = days(&log.layout, day_of(from).unwrap(), day_of(log.end).unwrap()).unwrap();
        let found = uptime::uptime(&days, from, log.end).unwrap();
        ((found.host_up * 1000.0).round() / 1000.0, found.boots)
    };
    let of_samples = of();
    fold(&log.layout, log.end + 2 * DAY).unwrap();
    assert_eq!(of(), of_samples);
    of_samples
}

#[test]
fn a_clock_that_was_set_after_the_boot_is_no_downtime() {
    // A board without a clock starts in 1970, or where it was switched off a month ago, until its network tells the time.
    let now = MONDAY + 18 * HOUR;
    let of_1970 = minutes(&[("beef0001", 60, 60, 3), ("beef0001", now, 240, 1_400)]);
    assert_eq!(week_of(&of_1970), (1.0, 1));
    let fake = minutes(&[("beef0001", now - 30 * DAY, 60, 3), ("beef0001", now, 240, 1_400)]);
    assert_eq!(week_of(&fake), (1.0, 1));
    let recent = minutes(&[("beef0001", now - 3 * DAY, 60, 3), ("beef0001", now, 240, 1_400)]);
    assert_eq!(week_of(&recent), (1.0, 1));
    let of_today = minutes(&[("beef0001", now - 3 * HOUR, 60, 3), ("beef0001", now, 240, 1_400)]);
    assert_eq!(week_of(&of_today), (1.0, 1));
    // It was up for a day until it was switched off two days before, which its next boot goes on from.
    let off = now - 2 * DAY;
    let switched_off = minutes(&[
        ("aaaa0001", off - DAY, 90_000, 1_441),
        ("beef0001", off + 60, 60, 3),
        ("beef0001", now, 240, 1_441),
    ]);
    let (up, boots) = week_of(&switched_off);
    // The log begins at midnight before it; from there to the end are 4 days and 18 hours, 2 days of which it was off.
    assert!((up - (1.0 - 2.0 * 24.0 / 114.0)).abs() < 0.002, "{up}");
    assert_eq!(boots, 1);
}

#[test]
fn a_machine_that_was_paused_was_not_up() {
    let paused =
        minutes(&[("aaaa0001", MONDAY, 90_000, 720), ("aaaa0001", MONDAY + 18 * HOUR, 133_200, 360)]);
    assert_eq!(week_of(&paused), (0.75, 0));
}

#[test]
fn traffic_of_the_month_is_exact_over_gaps() {
    let mut synth = Synth::new("a", 480.0 * MIB, MONDAY - DAY, MONDAY + DAY);
    synth.gaps = vec![(MONDAY - HOUR, MONDAY + HOUR)];
    let log = log(&synth);
    let bytes = |sample: &cronograph::sample::Sample| {
        let interface = &sample.netdev.as_ref().unwrap().0["eth0"];
        (interface.rx_bytes.unwrap(), interface.tx_bytes.unwrap())
    };
    let (first, last) = (synth.samples().next().unwrap(), synth.samples().last().unwrap());
    let expected = (bytes(&last).0 - bytes(&first).0, bytes(&last).1 - bytes(&first).1);
    let from = jiff::civil::date(2026, 11, 1);
    let days = days(&log.layout, from, jiff::civil::date(2026, 11, 30)).unwrap();
    let found = traffic::month(&days, None, log.end - 1, &TimeZone::UTC).unwrap();
    assert_eq!(found.interfaces["eth0"], expected);
    assert_eq!(found.known_since, Some(jiff::civil::date(2026, 11, 22)));
    assert!(found.projected.is_some_and(|bytes| bytes > found.counted as f64));
}

/// The partition of a recorded host, and what it cannot say, as a person would check it.
fn partition_of(tree: &Path) -> String {
    let (sample, _) = take(&Root::recorded(tree), &Options::default(), &State::default(), MONDAY);
    let Some(found) = Breakdown::of_sample(&sample) else { return "no memory\n".to_owned() };
    let sum: f64 = found.parts.iter().map(|(_, bytes)| bytes).sum();
    assert_eq!(sum, found.total, "{}", tree.display());
    let mut text = String::new();
    for (part, bytes) in found.parts.iter().rev() {
        text += &format!("{:>12} KiB  {:<22} {}\n", bytes / 1024.0, part.key(), part.kernel_name());
    }
    text += &format!("{:>12} KiB  MemTotal\n", found.total / 1024.0);
    for line in unknown(&found.unknown, Words::of(Lang::En)) {
        text += &line;
        text += "\n";
    }
    text
}

#[test]
fn recorded_hosts_add_up() {
    let hosts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hosts");
    for entry in std::fs::read_dir(hosts).unwrap() {
        let tree = entry.unwrap().path();
        let name = tree.file_name().unwrap().to_string_lossy().into_owned();
        insta::assert_snapshot!(format!("memory_of_{name}"), partition_of(&tree));
    }
}
