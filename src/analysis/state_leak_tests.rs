//! What leaks, as a problem of its host.

use super::tests::{Host, MIB, NOW, healthy};
use super::*;
use crate::analysis::leak::{Growth, Reason, State};
use crate::analysis::part::Part;
use crate::analysis::report::{self, FullAt, Owner, Subject};

/// A host of 1000 MiB whose unreclaimable slab grew to 300 MiB and leaks on; memory is full in so many seconds.
fn leaking(state: State, full_in: Option<i64>, grown: u64) -> Host {
    let mut host = healthy();
    host.memory().s_unreclaim = Some(300 * MIB);
    let mut report = report::of_sample("a", &host.sample).unwrap();
    let growth = Growth {
        since: NOW - 7_200,
        since_error: 60,
        until: NOW,
        per_second: 1.0,
        low: 0.9,
        high: 1.1,
        from_level: 0.0,
        to_level: (grown * MIB) as f64,
    };
    let full = full_in.map(|seconds| report.at + seconds);
    report.findings = vec![Finding {
        subject: Subject::Part(Part::SlabUnreclaimable),
        state,
        growth,
        reason: Reason::Even,
        full: full.map(|at| FullAt { at, earliest: at, latest: None }),
        owner: Owner::Nobody,
        grows_with: Vec::new(),
        events: Vec::new(),
        next: Vec::new(),
        find: Vec::new(),
    }];
    host.report = Some(report);
    host
}

#[test]
fn a_leak_is_as_bad_as_it_is_near_and_takes_the_place_of_the_note_on_slab() {
    let level = |state, full_in, grown| {
        let problem = leaking(state, full_in, grown).problem();
        assert!(matches!(problem.kind, ProblemKind::Leak { .. }), "{problem:?}");
        assert_eq!(problem.since, Some(NOW - 7_200));
        problem.level
    };
    assert_eq!(level(State::Leaking, Some(86_400), 1), Level::Critical);
    assert_eq!(level(State::Leaking, Some(86_401), 1), Level::Warning);
    assert_eq!(level(State::Leaking, None, 1), Level::Warning, "however slow");
    assert_eq!(level(State::Suspect, Some(60), 500), Level::Ok);
    assert_eq!(level(State::Ended, None, 500), Level::Ok);
}
