//! From a suspicion against all collectors to the one that leaks: samples whose collectors leave what the test says.

use super::reading::{COUNT, Reading};
use super::{Audit, Measured, State, Suspect};

/// The collectors, and what a run of each leaves in KiB, if `slow` on slow beats only.
struct Host {
    leaks: [(&'static str, i64); 3],
    slow_only: bool,
    level: i64,
    state: State,
    audit: Audit,
    skipped: usize,
}

impl Host {
    fn new(leaks: [(&'static str, i64); 3], slow_only: bool) -> Self {
        let state = State { boot: Some("a".to_owned()), ..State::default() };
        Self { leaks, slow_only, level: 40_000, state, audit: Audit::default(), skipped: 0 }
    }

    fn reading(&self) -> Reading {
        let mut reading = Reading([None; COUNT]);
        reading.0[0] = Some(self.level);
        reading
    }

    /// A sample each minute, every fifth on the slow beat, which asks the audit; others do only if it is told to.
    fn sample(&mut self, minute: i64) {
        let (now, slow) = (minute * 60, minute % 5 == 0);
        self.state.time = now;
        self.state.slow_time = if slow { now } else { now - 60 };
        let begin = self.reading();
        for (name, leak) in self.leaks {
            let before = self.reading();
            let kinds = self.state.left_out.iter().filter(|(left_out, _)| left_out == name);
            let ran = !kinds.clone().any(|(_, kind)| kind.is_none_or(|kind| kind == slow));
            self.skipped += usize::from(!ran);
            if ran && (slow || !self.slow_only) {
                self.level += leak;
            }
            if self.state.watch_each {
                let measured = Measured { now, ran, seconds: 0.001, before, after: self.reading() };
                self.state.alone.push((name.to_owned(), measured));
            }
        }
        let measured = Measured { now, ran: true, seconds: 0.002, before: begin, after: self.reading() };
        self.state.together.push((slow, measured));
        // Others come and go.
        self.level += (minute * 7919 % 13) * 4 - 24;
        if slow || self.state.is_watched() {
            self.audit.learn(&mut self.state);
            self.audit.instruct(&mut self.state, true);
        }
    }

    fn stopped(&self) -> Option<&Suspect> {
        self.state.suspects.iter().find(|suspect| suspect.stopped)
    }
}

#[test]
fn a_leaking_collector_is_singled_out_and_left_out() {
    let mut host = Host::new([("vfs", 0), ("sessions", 64), ("hwmon", 0)], false);
    let found = (0..200).find(|minute| {
        host.sample(*minute);
        host.stopped().is_some()
    });
    assert!(found.is_some_and(|minute| minute < 120), "{found:?}");
    let suspect = host.stopped().unwrap();
    assert_eq!(
        (suspect.kind.as_str(), suspect.name.as_str(), suspect.leaks),
        ("collector", "sessions", true)
    );
    assert!((suspect.bytes_per_run - 64 * 1024).abs() < 24 * 1024, "{suspect:?}");
    assert_eq!(host.state.left_out, [("sessions".to_owned(), None)]);
    let level = host.level;
    (201..260).for_each(|minute| host.sample(minute));
    assert!((host.level - level).abs() < 1000);
}

#[test]
fn one_that_leaks_on_the_slow_beat_only_too() {
    let mut host = Host::new([("slabinfo", 256), ("ipc", 0), ("vfs", 0)], true);
    let found = (0..2000).find(|minute| {
        host.sample(*minute);
        host.stopped().is_some()
    });
    assert!(found.is_some(), "{:?}", host.state.suspects);
    assert_eq!(host.stopped().unwrap().name, "slabinfo");
}

#[test]
fn healthy_collectors_are_never_left_out() {
    let mut host = Host::new([("vfs", 0), ("sessions", 0), ("hwmon", 0)], false);
    (0..3000).for_each(|minute| host.sample(minute));
    assert_eq!((host.skipped, host.state.suspects.len(), host.state.watch_each), (0, 0, false));
    assert!(host.state.together.is_empty() || host.state.together.len() < 5);
}

#[test]
fn what_was_stopped_by_another_version_is_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit");
    let mut file = super::AuditFile::open(&path).unwrap();
    let mut audit = file.load().of_this_version();
    audit.keep(&[super::Check {
        name: "a".to_owned(),
        command: vec!["true".to_owned()],
        interval_seconds: 0,
        timeout_seconds: 1,
    }]);
    file.save(&audit).unwrap();
    assert!(super::AuditFile::open(&path).is_none(), "one run at a time");
    drop(file);
    assert_eq!(super::AuditFile::open(&path).unwrap().load(), audit);
    let text = fs_err::read_to_string(&path).unwrap().replace(env!("CARGO_PKG_VERSION"), "0.0.1");
    fs_err::write(&path, text).unwrap();
    assert_ne!(super::AuditFile::open(&path).unwrap().load().of_this_version(), audit);
}
