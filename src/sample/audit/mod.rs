//! The monitor that watches itself: what the collectors, and each command that the user lets `sample` run, leave behind in
//! memory. What is found to leak is named in each sample, and by default no longer run.
//!
//! `<data>/<host>/audit`; it can be deleted, which also lets what was stopped run again. So does a newer version of cronograph,
//! and for a check another command.

#[cfg(test)]
mod collector_tests;
mod reading;
mod subject;
#[cfg(test)]
mod subject_tests;

pub(crate) use reading::Reading;

use super::command::Outcome;
use super::ledger::Ledger;
use super::{Root, Sample, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use subject::{Phase, Subject, Turn};

/// All collectors together are watched under these names: those of each sample, and those of the slow beat.
const TOGETHER: [&str; 2] = ["collectors", "collectors, slow beat"];
const COLLECTOR: &str = "collector ";
/// What is asked of systemd about services.
const ASKING: &str = "asking systemd";
/// For how many turns each collector is watched by itself after all together were suspected.
const ALONE: u32 = 120;

/// A command that the user lets `sample` run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// How often.
    pub interval_seconds: u32,
    /// After how long it is killed.
    pub timeout_seconds: u32,
}

/// Something of one's own that seems to leak, as each sample says it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// `collector`, `check`, or `asking` where systemd is asked about services.
    pub kind: String,
    /// The collector's key in the log, or the check's name.
    pub name: String,
    /// The part of memory that grows: the kernel's name, or `init_rss`, `bus_rss` as in `processes`.
    pub part: String,
    /// Bytes that a run leaves behind.
    pub bytes_per_run: i64,
    /// The ends of its interval (99.7 %); absent as long as it is on trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<[i64; 2]>,
    /// Runs that were seen.
    pub runs: u64,
    /// It leaks; else it is on trial: run every other time only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leaks: bool,
    /// Since when that is known, unix time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// It is not run any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
}

/// What is known of one's own runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Audit {
    /// The version that watched.
    version: String,
    /// Collectors and checks: `collector slabinfo`, `check services`.
    subjects: BTreeMap<String, Subject>,
    /// Whether each collector is watched by itself: in samples of the slow beat or in the others, for how many more.
    alone: Option<(bool, u32)>,
    /// Results of checks that are not in a sample yet.
    pub results: BTreeMap<String, super::check::CheckRun>,
    /// The numbers that these gave, by `CHECK LABEL`.
    pub values: BTreeMap<String, super::perfdata::Value>,
}

/// The file of the audit, locked: another run of `sample` may still wait for its checks.
pub type AuditFile = Ledger<Audit>;

/// What a collector, or all of them, did in one sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// Unix time.
    pub(crate) now: i64,
    /// Whether it was run.
    pub(crate) ran: bool,
    /// Seconds that it took.
    pub(crate) seconds: f64,
    /// Before and after.
    pub(crate) before: Reading,
    /// After it.
    pub(crate) after: Reading,
}

impl Measured {
    fn turn(self, boot: Option<&String>) -> Turn {
        let Self { now, ran, seconds, before, after } = self;
        Turn { now, boot: boot.cloned(), ran, seconds, before, after }
    }
}

impl Audit {
    /// What was known, if this version found it out.
    #[must_use]
    pub fn of_this_version(self) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        if self.version == version { self } else { Self { version: version.to_owned(), ..Self::default() } }
    }

    /// Forgets checks that are not configured any more, and what was known of those that have another command.
    pub fn keep(&mut self, checks: &[Check]) {
        let prints: BTreeMap<String, u64> =
            checks.iter().map(|check| (check_key(check), print_of(check))).collect();
        self.subjects.retain(|key, subject| {
            !key.starts_with("check ") || prints.get(key).is_some_and(|print| *print == subject.print)
        });
        for (key, print) in prints {
            self.subjects.entry(key).or_insert_with(|| Subject::new(print));
        }
    }

    /// Takes in what the collectors of the last samples did.
    pub fn learn(&mut self, state: &mut State) {
        for (slow, measured) in std::mem::take(&mut state.together) {
            let seen = TOGETHER[usize::from(slow)];
            let boot = state.boot.as_ref();
            self.observe(seen, &measured.turn(boot));
            // Which of them it is, is found out by watching each.
            let together = self.subjects.entry(seen.to_owned()).or_default();
            if together.phase != Phase::Watched {
                together.dismiss();
                self.alone = Some((slow, ALONE));
            }
        }
        let each = std::mem::take(&mut state.alone);
        let Some((slow, turns)) = self.alone.filter(|(slow, _)| *slow == state.is_slow()) else { return };
        for (name, measured) in each {
            self.observe(&format!("collector {name}"), &measured.turn(state.boot.as_ref()));
        }
        let tried = self.on_trial().is_some_and(|key| key.starts_with(COLLECTOR));
        self.alone = (turns > 1 || tried).then_some((slow, turns.saturating_sub(1)));
    }

    /// Says to the next sample which collectors to leave out, whether to watch each, and what to name.
    pub fn instruct(&self, state: &mut State, stop: bool) {
        let collectors =
            self.subjects.iter().filter_map(|(key, subject)| Some((key.strip_prefix(COLLECTOR)?, subject)));
        state.left_out = collectors
            .filter(|(_, subject)| !runs(subject, stop))
            .map(|(name, subject)| {
                let kind = self.alone.map(|(slow, _)| slow);
                (name.to_owned(), kind.filter(|_| subject.phase.is_tried()))
            })
            .collect();
        state.watch_each = self.alone.is_some();
        state.suspects = self.suspects(stop);
    }

    /// Whether this check's turn has come.
    pub fn is_due(&self, check: &Check, now: i64) -> bool {
        let Some(subject) = self.subjects.get(&check_key(check)) else { return true };
        let age = now.saturating_sub(subject.turned);
        let interval = i64::from(check.interval_seconds);
        age < 0 || age >= interval - interval / 20
    }

    /// The unix time of a check's last turn.
    pub fn turned(&self, check: &Check) -> i64 {
        self.subjects.get(&check_key(check)).map_or(0, |subject| subject.turned)
    }

    /// Gives a check its turn: runs it by `run`, unless it is stopped or on trial and not to be run now.
    pub fn turn(
        &mut self,
        check: &Check,
        surroundings: &Surroundings<'_>,
        now: i64,
        run: impl FnOnce() -> Outcome,
    ) {
        let Some(outcome) = self.watch(&check_key(check), surroundings, now, run) else { return };
        let (run, values) = outcome.into_run(now);
        self.results.insert(check.name.clone(), run);
        self.values.retain(|_, value| value.check != check.name);
        for (label, value) in values {
            let value = super::perfdata::Value { check: check.name.clone(), ..value };
            self.values.insert(format!("{} {label}", check.name), value);
        }
    }

    /// Asks systemd by `ask`, unless that is stopped or on trial and not to be done now.
    pub(crate) fn ask(
        &mut self,
        surroundings: &Surroundings<'_>,
        now: i64,
        ask: impl FnOnce() -> Outcome,
    ) -> Option<Outcome> {
        self.watch(ASKING, surroundings, now, ask)
    }

    /// Whether systemd is not asked any more.
    pub(crate) fn asks_no_more(&self, stop: bool) -> bool {
        let subject = self.subjects.get(ASKING);
        subject.is_some_and(|subject| matches!(subject.phase, Phase::Leaking { .. }) && stop)
    }

    fn watch(
        &mut self,
        key: &str,
        surroundings: &Surroundings<'_>,
        now: i64,
        run: impl FnOnce() -> Outcome,
    ) -> Option<Outcome> {
        let subject = self.subjects.entry(key.to_owned()).or_default();
        subject.turned = now;
        if matches!(subject.phase, Phase::Leaking { .. }) && surroundings.stop {
            return None;
        }
        let ran = runs(subject, surroundings.stop);
        let before = surroundings.reading();
        let outcome = ran.then(run);
        let after = if ran { surroundings.reading() } else { before };
        let seconds = outcome.as_ref().map_or(0.0, |outcome| outcome.seconds);
        let boot = surroundings.state.boot.clone();
        self.observe(key, &Turn { now, boot, ran, seconds, before, after });
        outcome
    }

    fn observe(&mut self, key: &str, turn: &Turn) {
        // One trial at a time: two would blur each other.
        let may_suspect = self.on_trial().is_none();
        self.subjects.entry(key.to_owned()).or_default().observe(turn, may_suspect);
    }

    fn on_trial(&self) -> Option<&str> {
        self.subjects.iter().find(|(_, subject)| subject.phase.is_tried()).map(|(key, _)| key.as_str())
    }

    /// What each sample names.
    fn suspects(&self, stop: bool) -> Vec<Suspect> {
        let named = self.subjects.iter().filter_map(|(key, subject)| {
            let (kind, name) = key.split_once(' ').filter(|(kind, _)| !kind.starts_with("collectors"))?;
            let suspect = Suspect {
                kind: kind.to_owned(),
                name: name.to_owned(),
                runs: subject.runs,
                ..Suspect::default()
            };
            suspect.of(subject.phase, stop)
        });
        named.collect()
    }
}

impl Suspect {
    fn of(self, phase: Phase, stop: bool) -> Option<Self> {
        let (part, kib) = match phase {
            Phase::Watched => return None,
            Phase::Tried { part, kib, .. } => (part, kib),
            Phase::Leaking { part, kib, .. } => (part, kib[0]),
        };
        let part = (*reading::PARTS.get(part)?).to_owned();
        let suspect = Self { part, bytes_per_run: bytes(kib), ..self };
        Some(match phase {
            Phase::Leaking { kib, since, .. } => Self {
                interval: Some([bytes(kib[1]), bytes(kib[2])]),
                leaks: true,
                since: Some(since),
                stopped: stop,
                ..suspect
            },
            _ => suspect,
        })
    }
}

/// Where checks run, and what to read around them.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The tree.
    pub root: &'a Root,
    /// The state of the sample that was just taken.
    pub state: &'a State,
    /// That sample.
    pub sample: &'a Sample,
    /// Whether what leaks is stopped.
    pub stop: bool,
}

impl Surroundings<'_> {
    fn reading(&self) -> Reading {
        let foreign = self.sample.meminfo.as_ref().map_or(&[][..], |memory| &memory.foreign);
        Reading::take(self.root, &self.state.bus, foreign)
    }
}

/// Whether it is run at its next turn.
fn runs(subject: &Subject, stop: bool) -> bool {
    match subject.phase {
        Phase::Leaking { .. } => !stop,
        _ => subject.runs_next(),
    }
}

fn check_key(check: &Check) -> String {
    format!("check {}", check.name)
}

fn print_of(check: &Check) -> u64 {
    let mut hasher = DefaultHasher::new();
    check.command.hash(&mut hasher);
    hasher.finish()
}

#[expect(clippy::cast_possible_truncation, reason = "cut to whole bytes")]
fn bytes(kib: f64) -> i64 {
    (kib * 1024.0).round() as i64
}
