//! What is remembered of a host's alerts between two runs: where each is, and what was told of it. Whoever looks (`site`,
//! `check`) takes in the samples that are new since the last look; the same samples are never taken in twice.
//!
//! `<data>/.check/hosts/<host>/book.json`; it can be deleted: what holds then fires anew.

use super::facts::Known;
use super::history::Entry;
use super::machine::{Machine, Phase, Reading, Turn};
use super::pools::represented;
use super::problem::problem;
use super::rule::Rule;
use super::table::Table;
use super::told;
use crate::analysis::{Level, ProblemKind};
use crate::sample::Sample;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Of what no sample says anything for so long, or for two of its own intervals, nothing is known.
const UNKNOWN_SECONDS: i64 = 900;
/// The messages that told an alert which are remembered: the first one, which began the thread, and the last ones.
const MOST_NOTICES: usize = 20;
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
    /// The boot of the newest sample.
    pub boot: Option<String>,
    /// Seconds since that boot, of the newest sample.
    pub uptime: Option<f64>,
    /// File systems that could be written to since that boot.
    pub writable: BTreeSet<String>,
    /// The most members of each RAID array that worked.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub working: BTreeMap<String, f64>,
    /// Names of the rules as they were at the last look, see `Rule::print`.
    pub rules: BTreeSet<String>,
    /// What this look found, until the next one: lines of the history that a crash may have kept from being written.
    pub entries: Vec<Entry>,
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
    /// The limit that it is beyond now.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub limit: String,
    /// What was told of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// When it came and went without being told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<Episode>,
    /// The text is the user's own; for the pages of this run.
    #[serde(skip)]
    pub has_own_text: bool,
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
    /// Since when it held.
    pub since: i64,
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
        now - self.machine.seen > UNKNOWN_SECONDS.max(2 * self.machine.pace)
    }

    /// Remembers that messages told that it holds, so bad, since then. It may have become another since.
    pub(super) fn was_told(&mut self, at: i64, level: Level, since: i64, notices: &[String]) {
        let mut all = self.told.take().map(|told| told.notices).unwrap_or_default();
        all.extend(notices.iter().filter(|notice| !all.contains(notice)).cloned().collect::<Vec<_>>());
        if all.len() > MOST_NOTICES {
            all.drain(1..=all.len() - MOST_NOTICES);
        }
        self.told = Some(Told { at, level, since, notices: all });
        // It ended before this could be noted: its end is told like any other.
        self.passed.retain(|episode| episode.since != since);
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
        // Of a log that cannot be read there is no sample: what was taken in stays so, and a book that is new begins now.
        let until = if self.until == 0 { known.now } else { self.until };
        let newest = known.samples.times.last().copied().unwrap_or(until);
        self.step_back(newest, known.now);
        let is_new_boot = self.boot.is_some() && self.boot != known.latest.sample.boot;
        self.look_at_mounts(known);
        self.working = known.most_working(&self.working);
        let mut table = known.table(&self.writable, &self.working);
        self.end_what_is_not_named(&mut table, rules, known);
        let mut entries = self.drop_rules(rules, newest);
        if is_new_boot {
            entries.extend(self.end_boot(rules, newest));
        }
        for rule in rules {
            let has_alert = |mount: &str| {
                let is_about = |alert: &Alert| alert.rule == rule.name && alert.instance == mount;
                self.alerts.iter().any(|alert| is_about(alert) && alert.is_firing())
            };
            let mounts = known.latest.sample.filesystem.as_ref();
            let represented =
                mounts.map_or_else(BTreeSet::new, |mounts| represented(rule, mounts, has_alert));
            let is_new = !self.rules.contains(&rule.print);
            for instance in self.instances(rule, &table, &represented) {
                let mut alert = self.take(&rule.name, &instance);
                // A rule that is new looks at the last hour, too; not so one that went on under another limit.
                let from = if is_new && alert.machine.seen == 0 { 0 } else { self.until };
                let is_left_out = represented.contains(&instance);
                let readings = if is_left_out { Vec::new() } else { rule.readings(&table, &instance) };
                let turns = run(&mut alert, rule, &readings, &table, known, from);
                let is_known = readings.iter().any(Option::is_some);
                if is_known && (alert.machine.phase != Phase::Ok || !turns.is_empty()) {
                    alert.look(rule, &table, known, tell);
                }
                let noted = alert.note(&turns);
                if from == 0 {
                    entries.extend(alert.begin(noted));
                } else {
                    entries.extend(noted);
                }
                if !rule.resolve && alert.machine.phase == Phase::Ok {
                    // Nobody will be told that it is over; the next time is news again.
                    alert.told = None;
                }
                self.keep(alert, rule, known.now);
            }
        }
        self.until = self.until.max(newest);
        self.rules = rules.iter().map(|rule| rule.print.clone()).collect();
        self.alerts.sort_by(|one, other| (&one.rule, &one.instance).cmp(&(&other.rule, &other.instance)));
        entries.sort_by_key(|entry| entry.t);
        entries
    }

    /// A clock that was ahead has been set right: what was taken in is not ahead of what comes.
    fn step_back(&mut self, newest: i64, now: i64) {
        if newest < self.until {
            self.until = newest - 1;
        }
        for alert in &mut self.alerts {
            alert.machine.step_back(now.max(newest));
        }
    }

    /// Remembers which boot it is, and which file systems can be written to: one that was and is not any more was turned read-only.
    fn look_at_mounts(&mut self, known: &Known<'_>) {
        let sample = &known.latest.sample;
        if self.boot != sample.boot {
            self.boot.clone_from(&sample.boot);
            self.writable.clear();
        }
        self.uptime = sample.uptime;
        let Some(mounts) = &sample.filesystem else { return };
        self.writable.retain(|mount| mounts.0.contains_key(mount));
        let writable = mounts.0.iter().filter(|(_, filesystem)| !filesystem.read_only);
        self.writable.extend(writable.map(|(mount, _)| mount.clone()));
    }

    /// What is known beside the samples names what is wrong: of what it does not name any more, that is over.
    fn end_what_is_not_named(&self, table: &mut Table<'_>, rules: &[Rule], known: &Known<'_>) {
        for (metric, value) in known.calm() {
            for rule in rules.iter().filter(|rule| rule.is_about(metric)) {
                for alert in self.alerts.iter().filter(|alert| alert.rule == rule.name) {
                    table.fact_if_absent(metric, &alert.instance, value);
                }
            }
        }
    }

    /// Ends what is of rules that are no more; it is kept until whoever was told of it has been told that.
    fn drop_rules(&mut self, rules: &[Rule], newest: i64) -> Vec<Entry> {
        let mut entries = Vec::new();
        let is_gone = |alert: &Alert| !rules.iter().any(|rule| rule.name == alert.rule);
        for alert in self.alerts.iter_mut().filter(|alert| is_gone(alert)) {
            let turn = alert.machine.vanish().map(|turn| alert.turned(newest.max(alert.machine.seen), turn));
            entries.extend(alert.note(turn.as_slice()));
            alert.passed.clear();
        }
        self.alerts.retain(|alert| !is_gone(alert) || alert.told.is_some());
        entries
    }

    /// Each boot is news, however soon after the one before: what was said of that one is over.
    fn end_boot(&mut self, rules: &[Rule], newest: i64) -> Vec<Entry> {
        let is_of_boots = |alert: &Alert| {
            rules.iter().any(|rule| rule.name == alert.rule && !rule.resolve && rule.is_about("host.uptime"))
        };
        let mut entries = Vec::new();
        for alert in self.alerts.iter_mut().filter(|alert| is_of_boots(alert)) {
            let turn = alert.machine.vanish().map(|turn| alert.turned(newest, turn));
            entries.extend(alert.note(turn.as_slice()));
            alert.told = None;
        }
        entries
    }

    /// Keeps an alert in mind as long as there is something to know of it.
    fn keep(&mut self, mut alert: Alert, rule: &Rule, now: i64) {
        if rule.level == Level::Ok {
            // A note is told to nobody.
            alert.passed.clear();
        }
        let is_forgettable = alert.machine.is_forgettable(now);
        if !is_forgettable || alert.told.is_some() || !alert.passed.is_empty() {
            self.alerts.push(alert);
        }
    }

    /// Whether it is time to look at what is dear to know: memory's past, file systems' trends; `newest` is the time of the
    /// newest sample. After an outage it is due at once: what held before may still.
    pub fn is_look_due(&self, now: i64, newest: i64) -> bool {
        // What leaked is said with the silence.
        let leaks = || self.alerts.iter().any(|alert| alert.rule == "leak" && alert.is_firing());
        !(0..LOOK_SECONDS - 20).contains(&(now - self.looked))
            || newest - self.until > LOOK_SECONDS
            || now - newest > LOOK_SECONDS && leaks()
    }

    /// Whether a sample is older than what was taken in: somebody who looked later was here first.
    pub fn is_ahead_of(&self, sample: &Sample) -> bool {
        self.boot.is_some() && self.boot == sample.boot && sample.uptime < self.uptime
    }

    /// Those that the samples have, and those that are remembered.
    fn instances(&self, rule: &Rule, table: &Table<'_>, represented: &BTreeSet<String>) -> BTreeSet<String> {
        let mut instances = &rule.instances(table) - represented;
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
}

/// Feeds the rows that are new, each with its time; without any row the alert is not about the instance any more.
fn run(
    alert: &mut Alert,
    rule: &Rule,
    readings: &[Option<Reading>],
    table: &Table<'_>,
    known: &Known<'_>,
    from: i64,
) -> Vec<Turned> {
    let (last, interval) = (table.times().len() - 1, known.samples.step.max(1));
    let mut turns = Vec::new();
    for (row, (t, reading)) in table.times().iter().zip(readings).enumerate() {
        let is_present = row == last;
        let Some(reading) = reading.filter(|_| is_present || *t > from) else { continue };
        let interval = if is_present { interval.max(LOOK_SECONDS) } else { interval };
        let turn = alert.machine.step(*t, reading, rule.patience, interval);
        if turn == Some(Turn::Fired) {
            // A leak is found long after it began, silence with the first sample that is missing.
            alert.machine.since = known.onset(rule, &alert.instance).unwrap_or(alert.machine.since);
        }
        turns.extend(turn.map(|turn| alert.turned(*t, turn)));
    }
    let newest = known.samples.times.last().copied().unwrap_or(0);
    let is_silent = newest > from && newest - alert.machine.seen > GONE_SECONDS;
    let is_gone = is_silent || readings.is_empty() || !rule.is_for(&alert.instance);
    if is_gone && alert.machine.phase != Phase::Ok {
        let t = newest.max(alert.machine.seen);
        turns.extend(alert.machine.vanish().map(|turn| alert.turned(t, turn)));
    }
    turns
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
        let instance = self.instance.as_str();
        let value = rule.subject().and_then(|subject| {
            table.latest(&subject.left, instance).map(|value| subject.measure.tell(value))
        });
        let limit = told::reached(rule, instance, self.machine.level, table);
        self.value = value.unwrap_or_default();
        self.limit = limit.map(|limit| limit.measure.tell(limit.limit)).unwrap_or_default();
        let kind = problem(rule, instance, table, known);
        // What is over was about the numbers that it had when it held.
        if self.machine.phase != Phase::Ok || self.text.is_empty() {
            self.text = told::own(rule, instance, &self.value, &self.limit).unwrap_or_else(|| tell(&kind));
        }
        self.has_own_text = rule.text.is_some();
        self.kind = Some(kind);
    }

    /// What began and ended before anybody looked is history of no interest: a first look begins with what holds.
    fn begin(&mut self, mut noted: Vec<Entry>) -> Vec<Entry> {
        self.passed.clear();
        noted.retain(|entry| self.is_firing() && entry.since == self.machine.since);
        noted
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
