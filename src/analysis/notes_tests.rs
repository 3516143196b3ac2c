//! Hosts with something to know, and the healthy one of which there is nothing.

use super::*;
use crate::analysis::leak::{Growth, Reason};
use crate::analysis::report::{self, Finding, Owner};
use crate::sample::meminfo::Meminfo;
use crate::store::BrokenLine;
use std::path::PathBuf;

const MIB: u64 = 1024 * 1024;

fn sample(slab_mib: u64) -> Sample {
    let meminfo = Meminfo {
        mem_total: Some(1000 * MIB),
        mem_free: Some(200 * MIB),
        mem_available: Some(500 * MIB),
        cached: Some(300 * MIB),
        shmem: Some(0),
        anon_pages: Some(300 * MIB),
        s_unreclaim: Some(slab_mib * MIB),
        ..Meminfo::default()
    };
    Sample { t: 9_000, meminfo: Some(meminfo), ..Sample::default() }
}

fn kinds(sample: &Sample, damage: &Damage, report: Option<&Report>) -> Vec<ProblemKind> {
    let notes = notes(sample, damage, report);
    assert!(notes.iter().all(|note| note.level == Level::Ok));
    notes.into_iter().map(|note| note.kind).collect()
}

#[test]
fn of_a_healthy_host_there_is_nothing() {
    assert_eq!(kinds(&sample(50), &Damage::default(), None), []);
    assert_eq!(kinds(&Sample::default(), &Damage::default(), None), []);
}

#[test]
fn a_quarter_in_slab_is_a_note_unless_a_finding_says_more() {
    let sample = sample(300);
    let slab = ProblemKind::SlabUnreclaimable { bytes: (300 * MIB) as f64, share: 0.3 };
    assert_eq!(kinds(&sample, &Damage::default(), None), [slab]);
    let mut report = report::of_sample("a", &sample).unwrap();
    let growth = Growth {
        since: 5,
        since_error: 1,
        until: 9_000,
        per_second: 1.0,
        low: 0.9,
        high: 1.1,
        from_level: 0.0,
        to_level: 9e6,
    };
    report.findings = vec![Finding {
        subject: Subject::Part(Part::SlabUnreclaimable),
        state: State::Suspect,
        growth,
        reason: Reason::NotYet,
        evidence: None,
        judged_from: None,
        full: None,
        owner: Owner::Nobody,
        grows_with: Vec::new(),
        events: Vec::new(),
        next: Vec::new(),
        find: Vec::new(),
    }];
    let found = notes(&sample, &Damage::default(), Some(&report));
    assert!(
        matches!(found[..], [Problem { kind: ProblemKind::Leak { .. }, since: Some(5), .. }]),
        "{found:?}"
    );
    report.findings[0].state = State::Leaking;
    assert_eq!(kinds(&sample, &Damage::default(), Some(&report)), [], "what is sure is an alert");
}

#[test]
fn kills_are_remembered_for_a_day() {
    let day = |kills: &[(i64, u64)]| DaySummary { kills: kills.to_vec(), ..DaySummary::default() };
    let (now, last) = (1_000_000, 1_000_000 - 86_399);
    let told = |days: &[DaySummary]| kills(days, now).map(|note| (note.kind, note.since));
    let of = |kills, since| Some((ProblemKind::OutOfMemory { kills }, Some(since)));
    assert_eq!(told(&[day(&[(now - 86_400, 5), (last, 2)])]), of(2, last));
    assert_eq!(told(&[day(&[(last, 2)]), day(&[(now - 60, 1)])]), of(3, now - 60));
    assert_eq!(told(&[day(&[(now - 90_000, 2)])]), None);
}

#[test]
fn what_could_not_be_read_is_a_note() {
    let mut sample = sample(50);
    sample.reboot_required = true;
    sample.errors.insert("mdstat".to_owned(), "permission denied".to_owned());
    let path = PathBuf::from("/var/lib/cronograph/a/samples/2026-11-23.jsonl");
    let first = vec![BrokenLine { path, line: 17, reason: String::new() }];
    let damage = Damage { broken_lines: 3, first, ..Damage::default() };
    let expected = [
        ProblemKind::RebootRequired,
        ProblemKind::BrokenLines { count: 3, place: "2026-11-23.jsonl:17".to_owned() },
        ProblemKind::Collectors { names: vec!["mdstat".to_owned()] },
    ];
    assert_eq!(kinds(&sample, &damage, None), expected);
}
