//! The story: two small hosts, a leak of 1 MiB a minute from 15:00 on, replayed minute by minute: what would have been
//! said when, by who sees only what came before.

use crate::synth::{Daemon, GIB, MIB, Synth};
use cronograph::analysis::Part;
use cronograph::analysis::leak::State;
use cronograph::analysis::report::{Finding, History, Owner, Subject, report};
use cronograph::store::Layout;

/// 2026-11-23T00:00:00Z, a Monday.
const MONDAY: i64 = 1_795_392_000;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
/// The service check is added.
const ONSET: i64 = MONDAY + 15 * HOUR;
/// The owner reboots, which does not help.
const REBOOT: i64 = MONDAY + 19 * HOUR + 7 * MINUTE;
/// MiB a minute.
const RATE: f64 = 1.0;

/// A host of the story: with a daemon of 40 MB that somebody stops and starts, which has nothing to do with it.
fn host(ram: f64) -> Synth {
    let mut synth = Synth::new("vps", ram, MONDAY - 15 * HOUR, MONDAY + 22 * HOUR);
    synth.leak = Some((ONSET, RATE * MIB / 60.0));
    synth.reboots = vec![REBOOT];
    let runs = vec![
        (MONDAY - 12 * HOUR, ONSET + 40 * MINUTE),
        (ONSET + 55 * MINUTE, REBOOT - 90),
        (REBOOT + 20, MONDAY + 22 * HOUR),
    ];
    synth.daemons = vec![Daemon { name: "decoyd", runs, bytes: 40.0 * MIB, leak: 0.0 }];
    synth
}

fn history(synth: &Synth) -> History {
    let folder = tempfile::tempdir().unwrap();
    synth.write(folder.path()).unwrap();
    let layout = Layout::new(folder.path(), &synth.host).unwrap();
    History::load(&layout, synth.until).unwrap().unwrap()
}

/// What is leaking, as seen at a moment.
fn leaking(history: &History, at: i64) -> Vec<Finding> {
    let found = report(history, at, None).unwrap().findings;
    found.into_iter().filter(|finding| finding.state == State::Leaking).collect()
}

fn is_slab(finding: &Finding) -> bool {
    finding.subject == Subject::Part(Part::SlabUnreclaimable)
}

/// The first minute of a stretch at which the leak is found.
fn first_found(history: &History, from: i64, until: i64) -> i64 {
    let mut minutes = (from..until).step_by(60);
    minutes.find(|at| leaking(history, *at).iter().any(is_slab)).unwrap_or(until)
}

fn assert_the_story_is_told(ram: f64) {
    let history = history(&host(ram));
    for at in (MONDAY - 10 * HOUR..ONSET).step_by(600) {
        assert_eq!(leaking(&history, at), [], "at {} min before the onset", (ONSET - at) / 60);
    }
    let found = first_found(&history, ONSET, ONSET + HOUR);
    assert!(found <= ONSET + 30 * MINUTE, "found after {} min", (found - ONSET) / 60);
    for at in (found..REBOOT - 120).step_by(300) {
        let all = leaking(&history, at);
        assert_eq!(all.len(), 1, "{all:#?}");
        let Finding { growth, owner, grows_with, full, .. } = &all[0];
        let since = (growth.since - ONSET) / 60;
        assert!(since.abs() <= 5, "onset off by {since} min at {} min", (at - ONSET) / 60);
        let rate = growth.per_second * 60.0 / MIB;
        assert!((rate - RATE).abs() <= 0.05 * RATE, "{rate} MiB a minute at {} min", (at - ONSET) / 60);
        assert_eq!(owner, &Owner::Nobody);
        assert!(full.is_some());
        if at >= ONSET + 40 * MINUTE {
            let names: Vec<&str> = grows_with.iter().map(|with| with.instance.as_str()).collect();
            assert!(
                names.contains(&"kmalloc-1k") && names.contains(&"system.slice/cron.service"),
                "{names:?}"
            );
        }
    }
    // After the reboot it leaks again, and is seen again among what a boot brings; it is the same leak.
    let again = first_found(&history, REBOOT + MINUTE, REBOOT + HOUR);
    assert!(again <= REBOOT + 45 * MINUTE, "found {} min after the reboot", (again - REBOOT) / 60);
    let since = (leaking(&history, again + 15 * MINUTE)[0].growth.since - ONSET) / 60;
    assert!(since.abs() <= 5, "onset off by {since} min after the reboot");
}

#[test]
fn the_story_of_512_mb_is_told_within_half_an_hour() {
    // 25 MB of slab and 160 MB in use.
    assert_the_story_is_told(480.0 * MIB);
}

#[test]
fn the_story_of_1_gb_is_told_within_half_an_hour() {
    assert_the_story_is_told(980.0 * MIB);
}

#[test]
fn a_server_by_day_leaks_nothing() {
    // Tasks, and with them stacks and page tables, come in the morning and go in the evening.
    let history = history(&Synth::new("db", 62.0 * GIB, MONDAY - 30 * HOUR, MONDAY + 18 * HOUR));
    for at in (MONDAY - 20 * HOUR..MONDAY + 18 * HOUR).step_by(1_800) {
        assert_eq!(leaking(&history, at), [], "at {} h", (at - MONDAY) / HOUR);
    }
}

#[test]
fn a_leak_that_is_older_than_the_log_is_suspect_until_it_can_be_judged() {
    let first = MONDAY;
    let mut synth = Synth::new("vps", 480.0 * MIB, first, first + 5 * HOUR);
    synth.leak = Some((first - HOUR, RATE * MIB / 60.0));
    let history = history(&synth);
    let found = (first..first + 5 * HOUR).step_by(60).find(|at| leaking(&history, *at).iter().any(is_slab));
    let found = found.unwrap();
    for at in (first + 35 * MINUTE..found).step_by(600) {
        let report = report(&history, at, None).unwrap();
        let suspect = report.findings.iter().find(|finding| is_slab(finding)).unwrap();
        assert_eq!(suspect.state, State::Suspect, "after {} min", (at - first) / MINUTE);
        let from = suspect.judged_from.unwrap();
        assert!((from - found).abs() <= 15 * MINUTE, "said {} min off", (from - found) / MINUTE);
        let rate = suspect.growth.per_second * 60.0 / MIB;
        assert!((rate - RATE).abs() <= 0.05 * RATE, "{rate} MiB a minute");
    }
}

#[test]
fn a_young_log_without_growth_says_from_when_a_leak_can_be_judged() {
    for seed in 1..=3 {
        let mut synth = Synth::new("vps", 980.0 * MIB, MONDAY, MONDAY + 16 * HOUR);
        synth.seed = seed;
        let history = history(&synth);
        for minutes in [5, 20, 40, 60, 90, 120, 170, 240, 480, 900] {
            let report = report(&history, MONDAY + minutes * MINUTE, None).unwrap();
            assert_eq!(report.findings, [], "seed {seed}, after {minutes} min");
            let is_early = report.judged_from.is_some_and(|from| from > report.at);
            assert_eq!(is_early, minutes < 180, "{:?} after {minutes} min", report.judged_from);
        }
    }
}
