//! What is remembered of a host's alerts between two runs: where each is, and what was told of it. Whoever looks (`site`,
//! `check`) takes in the samples that are new since the last look; the same samples are never taken in twice.
//!
//! `<data>/.check/hosts/<host>/book.json`; it can be deleted: what holds then fires anew.

use super::facts::Known;
use super::history::Entry;
use super::machine::{Machine, Phase, Reading, Turn};
use super::problem::problem;
use super::rule::Rule;
use super::table::Table;
use crate::analysis::{Level, ProblemKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Of what no sample says anything for so long, nothing is known.
const UNKNOWN_SECONDS: i64 = 900;
/// Of what nothing is known for so long while samples come, there is no more; checks may be a day apart.
const GONE_SECONDS: i64 = 25 * 3600;
/// So many that passed are kept until somebody is told; without a channel nobody ever is.
const MOST_PASSED: usize = 20;
/// What is known beside the samples is looked at each five minutes at least.
const LOOK_SECONDS: i64 = 300;

/// What is remembered of a host's alerts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Book {
    /// The time of the last sample that was taken in; 0: none was.
    pub until: i64,
    /// When memory and file systems were looked at last.
    pub looked: i64,
    /// Those that are not simply well.
    pub alerts: Vec<Alert>,
}

/// One rule on one instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alert {
    /// The rule's name.
    pub rule: String,
    /// The file system, interface, service …; empty where there is only one.
    pub instance: String,
    /// Where it is.
    #[serde(flatten)]
    pub machine: Machine,
    /// What is said of it, in one line.
    pub text: String,
    /// The value that it is about, as it is now.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// What was told of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// When it came and went without being told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<Episode>,
    /// What it is about, with its numbers; for the pages of this run.
    #[serde(skip)]
    pub kind: Option<ProblemKind>,
}

/// What was told of an alert.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When last.
    pub at: i64,
    /// How bad it was then.
    pub level: Level,
    /// The messages that told it.
    pub notices: Vec<String>,
}

/// A stretch of time in which an alert held.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    /// From …
    pub since: i64,
    /// … until.
    pub until: i64,
    /// How bad it was.
    pub level: Level,
    /// What was said of it.
    pub text: String,
}

/// One turn of an alert, as it was then.
#[derive(Clone, Copy, Debug)]
struct Turned {
    t: i64,
    turn: Turn,
    since: i64,
    level: Level,
}

impl Alert {
    /// Whether it holds.
    pub fn is_firing(&self) -> bool {
        self.machine.phase == Phase::Firing
    }

    /// Whether it holds as far as anybody knows, and nobody knows: no sample has said anything of it for a while.
    pub fn is_unknown(&self, now: i64) -> bool {
        now - self.machine.seen > UNKNOWN_SECONDS
    }
}

impl Book {
    /// Takes in what is new, and gives back what became of the alerts. `tell` makes a sentence of a problem.
    pub fn advance(
        &mut self,
        rules: &[Rule],
        known: &Known<'_>,
        tell: &dyn Fn(&ProblemKind) -> String,
    ) -> Vec<Entry> {
        let table = known.table();
        let is_first = self.until == 0;
        let mut entries = Vec::new();
        self.alerts.retain(|alert| rules.iter().any(|rule| rule.name == alert.rule));
        for rule in rules {
            for instance in self.instances(rule, &table) {
                let mut alert = self.take(&rule.name, &instance);
                let readings = rule.readings(&table, &instance);
                let turns = self.run(&mut alert, rule, &readings, table.times(), known);
                let is_known = readings.iter().any(Option::is_some);
                if is_known && (alert.machine.phase != Phase::Ok || !turns.is_empty()) {
                    alert.look(rule, &table, known, tell);
                }
                entries.extend(alert.note(&turns));
                if !rule.resolve && alert.machine.phase == Phase::Ok {
                    // Nobody will be told that it is over; the next time is news again.
                    (alert.told, alert.passed) = (None, Vec::new());
                }
                if !alert.machine.is_forgettable(known.now)
                    || alert.told.is_some()
                    || !alert.passed.is_empty()
                {
                    self.alerts.push(alert);
                }
            }
        }
        if is_first {
            self.begin(&mut entries);
        }
        self.until = self.until.max(known.samples.times.last().copied().unwrap_or(0));
        self.alerts.sort_by(|one, other| (&one.rule, &one.instance).cmp(&(&other.rule, &other.instance)));
        entries.sort_by_key(|entry| entry.t);
        entries
    }

    /// Whether it is time to look at what is dear to know: memory's past, file systems' trends.
    pub fn is_look_due(&self, now: i64) -> bool {
        !(0..LOOK_SECONDS - 20).contains(&(now - self.looked))
    }

    /// Those that the samples have, and those that are remembered.
    fn instances(&self, rule: &Rule, table: &Table<'_>) -> BTreeSet<String> {
        let mut instances = rule.instances(table);
        let remembered = self.alerts.iter().filter(|alert| alert.rule == rule.name);
        instances.extend(remembered.map(|alert| alert.instance.clone()));
        instances
    }

    fn take(&mut self, rule: &str, instance: &str) -> Alert {
        let named = |alert: &Alert| alert.rule == rule && alert.instance == instance;
        match self.alerts.iter().position(named) {
            Some(at) => self.alerts.swap_remove(at),
            None => Alert { rule: rule.to_owned(), instance: instance.to_owned(), ..Alert::default() },
        }
    }

    /// Feeds the rows that are new, each with its time.
    fn run(
        &self,
        alert: &mut Alert,
        rule: &Rule,
        readings: &[Option<Reading>],
        times: &[i64],
        known: &Known<'_>,
    ) -> Vec<Turned> {
        let (last, interval) = (times.len() - 1, known.samples.step.max(1));
        let mut turns = Vec::new();
        for (row, (t, reading)) in times.iter().zip(readings).enumerate() {
            let is_present = row == last;
            let Some(reading) = reading.filter(|_| is_present || *t > self.until) else { continue };
            let interval = if is_present { interval.max(LOOK_SECONDS) } else { interval };
            let turn = alert.machine.step(*t, reading, rule.patience, interval);
            if turn == Some(Turn::Fired) {
                // A leak is found long after it began.
                alert.machine.since = known.onset(rule, &alert.instance).unwrap_or(alert.machine.since);
            }
            turns.extend(turn.map(|turn| alert.turned(*t, turn)));
        }
        let newest = known.samples.times.last().copied().unwrap_or(0);
        let is_new = newest > self.until;
        let is_gone = is_new && newest - alert.machine.seen > GONE_SECONDS || !rule.is_for(&alert.instance);
        if is_gone && alert.machine.phase != Phase::Ok {
            let t = newest.max(alert.machine.seen);
            turns.extend(alert.machine.vanish().map(|turn| alert.turned(t, turn)));
        }
        turns
    }

    /// What began and ended before anybody looked is history of no interest: a first look begins with what holds.
    fn begin(&mut self, entries: &mut Vec<Entry>) {
        self.alerts.iter_mut().for_each(|alert| alert.passed.clear());
        let holds = |entry: &Entry| {
            self.alerts.iter().any(|alert| {
                alert.is_firing()
                    && (&alert.rule, &alert.instance) == (&entry.rule, &entry.instance)
                    && alert.machine.since == entry.since
            })
        };
        entries.retain(holds);
    }
}

impl Alert {
    /// Says what it is about now.
    fn look(
        &mut self,
        rule: &Rule,
        table: &Table<'_>,
        known: &Known<'_>,
        tell: &dyn Fn(&ProblemKind) -> String,
    ) {
        let kind = problem(rule, &self.instance, table, known);
        // What is over was about the numbers that it had when it held.
        if self.machine.phase != Phase::Ok || self.text.is_empty() {
            self.text = tell(&kind);
        }
        self.value = rule.subject().map_or_else(String::new, |subject| {
            let value = table.latest(&subject.left, &self.instance);
            value.map(|value| subject.measure.tell(value)).unwrap_or_default()
        });
        self.kind = Some(kind);
    }

    /// What became of it at a time, as it is then.
    fn turned(&self, t: i64, turn: Turn) -> Turned {
        Turned { t, turn, since: self.machine.since, level: self.machine.level }
    }

    /// Notes what became of it: lines of the history, and what passed untold.
    fn note(&mut self, turns: &[Turned]) -> Vec<Entry> {
        let mut entries = Vec::new();
        for Turned { t, turn, since, level } in turns.iter().copied() {
            let text = self.text.clone();
            if turn == Turn::Resolved && self.told.is_none() {
                self.passed.push(Episode { since, until: t, level, text: text.clone() });
                let too_many = self.passed.len().saturating_sub(MOST_PASSED);
                self.passed.drain(..too_many);
            }
            entries.push(Entry { level, since, text, ..Entry::new(t, &self.rule, &self.instance, turn) });
        }
        entries
    }
}
