//! What is blamed and what is not: a machine of which each part is a number, with seeded noise, sampled each minute.

use super::reading::{COUNT, Reading};
use super::subject::{Phase, Subject, Turn};

/// A machine whose SUnreclaim is one number of KiB.
struct Machine {
    level: f64,
    random: u64,
    /// KiB that each run of ours leaves.
    leak: f64,
    /// KiB that each run of ours takes and that is given back in the rest of the minute.
    late: f64,
    /// KiB that a job of cron leaves that starts in the same second, and in how many minutes once.
    job: (f64, i64),
    /// KiB that others leave in a minute.
    background: f64,
    /// The noise of a minute, and that of a run.
    noise: (f64, f64),
}

/// Seconds that a run takes.
const RUN: f64 = 2.0;

impl Machine {
    fn healthy() -> Self {
        Self {
            level: 30_000.0,
            random: 7,
            leak: 0.0,
            late: 0.0,
            job: (0.0, 1),
            background: 0.0,
            noise: (100.0, 10.0),
        }
    }

    /// Around 0, within one and a half either way; one in fifty is ten times as far off.
    fn random(&mut self) -> f64 {
        let mut sum = 0.0;
        for _ in 0..4 {
            self.random =
                self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sum += (self.random >> 40) as f64 / f64::from(1 << 24) - 0.5;
        }
        if self.random >> 59 == 0 { sum * 10.0 } else { sum }
    }

    fn reading(&self) -> Reading {
        let mut reading = Reading([None; COUNT]);
        reading.0[0] = Some(self.level as i64 / 4 * 4);
        reading
    }

    /// A minute: the turn at its beginning, as the subject wants it.
    fn minute(&mut self, minute: i64, subject: &mut Subject) {
        let ran = subject.runs_next();
        let before = self.reading();
        if minute % self.job.1 == 0 {
            self.level += self.job.0;
        }
        if ran {
            self.level += self.leak + self.late + self.background * RUN / 60.0 + self.noise.1 * self.random();
        }
        let after = if ran { self.reading() } else { before };
        let seconds = if ran { RUN } else { 0.0 };
        let turn = Turn { now: minute * 60, boot: Some("a".to_owned()), ran, seconds, before, after };
        subject.observe(&turn, true);
        self.level += self.background * (60.0 - seconds) / 60.0 + self.noise.0 * self.random();
        if ran {
            self.level -= self.late;
        }
    }

    /// So many minutes; when it was found to leak, and how often it was not run until then.
    fn watch(mut self, minutes: i64) -> (Subject, Option<i64>, u64) {
        let mut subject = Subject::new(0);
        for minute in 0..minutes {
            self.minute(minute, &mut subject);
            if matches!(subject.phase, Phase::Leaking { .. }) {
                let left_out = (minute + 1) as u64 - subject.runs;
                return (subject, Some(minute), left_out);
            }
        }
        let left_out = minutes as u64 - subject.runs;
        (subject, None, left_out)
    }
}

#[test]
fn a_real_leak_is_found_within_the_hour_and_measured() {
    let (subject, minute, _) = Machine { leak: 1024.0, ..Machine::healthy() }.watch(300);
    let minute = minute.unwrap();
    assert!(minute <= 60, "{minute}");
    let Phase::Leaking { part, kib: [center, low, high], since } = subject.phase else {
        panic!("{subject:?}")
    };
    assert_eq!((part, since), (0, minute * 60));
    assert!((center - 1024.0).abs() < 100.0 && low < 1024.0 && high > 1024.0, "{center} {low} {high}");
}

#[test]
fn a_small_leak_too() {
    let machine = Machine { leak: 64.0, noise: (40.0, 10.0), ..Machine::healthy() };
    assert!(machine.watch(300).1.is_some());
}

#[test]
fn a_leaking_job_of_the_same_second_is_not_ours() {
    for every in [1, 2, 3, 5] {
        let machine = Machine { job: (1024.0, every), ..Machine::healthy() };
        let (subject, found, left_out) = machine.watch(2000);
        assert_eq!(found, None, "each {every} minutes: {subject:?}");
        assert!(left_out < 400, "{left_out}");
    }
}

#[test]
fn a_leak_of_ours_beside_one_of_others_is_still_found() {
    let machine = Machine { leak: 512.0, job: (1024.0, 1), background: 300.0, ..Machine::healthy() };
    assert!(machine.watch(600).1.is_some());
}

#[test]
fn growth_in_the_background_is_not_ours() {
    for background in [60.0, 1024.0, 60_000.0] {
        let machine = Machine { background, ..Machine::healthy() };
        let (subject, found, left_out) = machine.watch(1000);
        assert_eq!((found, left_out), (None, 0), "{background}: {subject:?}");
    }
}

#[test]
fn what_comes_back_soon_is_no_leak() {
    let (_, found, left_out) = Machine { late: 256.0, ..Machine::healthy() }.watch(1000);
    assert_eq!((found, left_out), (None, 0));
}

#[test]
fn a_week_of_noise_accuses_nobody() {
    for random in 1..=5 {
        let machine = Machine { random, noise: (2000.0, 300.0), ..Machine::healthy() };
        let (subject, found, left_out) = machine.watch(7 * 1440);
        assert_eq!(found, None, "{subject:?}");
        assert!(left_out < 100, "{left_out}");
    }
}

#[test]
fn a_reboot_does_not_count_as_what_a_run_did() {
    let (mut machine, mut subject) = (Machine { leak: 1024.0, ..Machine::healthy() }, Subject::new(0));
    for minute in 0..30 {
        machine.minute(minute, &mut subject);
    }
    assert!(subject.phase.is_tried());
    // The trial goes over it: one pair is lost.
    let mut turn = Turn {
        now: 1800,
        boot: Some("b".to_owned()),
        ran: true,
        seconds: 2.0,
        before: Reading::default(),
        after: Reading::default(),
    };
    turn.after.0[0] = Some(20_000);
    subject.observe(&turn, true);
    machine.level = 20_000.0;
    let found = (31..200).find(|minute| {
        let mut next = Subject::new(0);
        std::mem::swap(&mut next, &mut subject);
        machine.minute(*minute, &mut next);
        subject = next;
        matches!(subject.phase, Phase::Leaking { .. })
    });
    assert!(found.is_some());
}

#[test]
fn it_survives_the_file() {
    let (subject, ..) = Machine { leak: 1024.0, ..Machine::healthy() }.watch(30);
    let text = serde_json::to_string(&subject).unwrap();
    assert_eq!(serde_json::from_str::<Subject>(&text).unwrap(), subject);
    assert!(text.len() < 30 * 80, "{}", text.len());
}
