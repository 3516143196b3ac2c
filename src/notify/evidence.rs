//! What a message says of an alert beside its first line: value and limit, how it grows, until when, who has most and who
//! grew, what changed when it began. So that nobody has to log in to learn what happened.

use super::notice::Fact;
use crate::alert::{self, Alert, Rule};
use crate::analysis::report::words::Telling;
use crate::analysis::report::{Finding, PartRow, Report};
use crate::base::format;
use crate::base::unit::Unit;
use crate::event::{self, Event};
use crate::sample::processes::Process;
use crate::series::Latest;

/// Lines of a list.
const MOST_LINES: usize = 4;
/// Events so long before an alert belong to it.
const BEFORE_SECONDS: i64 = 1_800;
/// A part of memory that grew by less is not named.
const LEAST_GROWTH: f64 = 1024.0 * 1024.0;

/// What is known of a host when one of its alerts is told.
pub struct Evidence<'a> {
    /// Its newest sample.
    pub latest: &'a Latest,
    /// What is known of its memory.
    pub report: Option<&'a Report>,
    /// What happened on it, by time.
    pub events: &'a [Event],
    /// Language, zone, moment.
    pub telling: Telling<'a>,
}

impl Evidence<'_> {
    /// The facts about an alert, in the order of reading.
    pub fn facts(&self, alert: &Alert, rule: &Rule) -> Vec<Fact> {
        let mut facts = Vec::new();
        let finding = self.finding(alert);
        match finding {
            Some(finding) => self.leak(finding, &mut facts),
            None => self.value(alert, rule, &mut facts),
        }
        if is_about_memory(&alert.rule) {
            self.memory(finding.is_some(), &mut facts);
        }
        if is_about_cpu(&alert.rule) {
            self.add("proof.most_cpu", self.most_cpu(), &mut facts);
        }
        if alert.rule == "check" {
            self.add("proof.output", self.output(&alert.instance), &mut facts);
        }
        if finding.is_none_or(|finding| finding.events.is_empty()) {
            self.add("leak.changed", self.changed(alert.machine.since), &mut facts);
        }
        facts
    }

    /// What was found of a leak, though it may have been another run that found it.
    pub(super) fn finding(&self, alert: &Alert) -> Option<&Finding> {
        let named = |finding: &&Finding| alert.rule == "leak" && alert::subject_of(finding) == alert.instance;
        self.report?.findings.iter().find(named)
    }

    /// What a check printed, or why it printed nothing.
    fn output(&self, name: &str) -> Vec<String> {
        let run = self.latest.sample.check.as_ref().and_then(|checks| checks.0.get(name));
        run.and_then(|run| run.output.clone().or(run.error.clone())).into_iter().collect()
    }

    fn add(&self, key: &str, lines: Vec<String>, facts: &mut Vec<Fact>) {
        let lines: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
        if !lines.is_empty() {
            facts.push(Fact { label: self.telling.words.get(key).to_owned(), lines });
        }
    }

    fn leak(&self, finding: &Finding, facts: &mut Vec<Fact>) {
        let telling = &self.telling;
        for (key, line) in [
            ("rate", telling.rate_with_interval(&finding.growth)),
            ("full", telling.full(finding.full.as_ref(), finding.state)),
            ("evidence", telling.evidence(finding)),
            ("owner", telling.owner(&finding.owner)),
            ("grows_with", telling.grows_with(&finding.grows_with)),
            ("changed", telling.changed(&finding.events)),
            ("find", finding.find.join(" · ")),
        ] {
            self.add(&format!("leak.{key}"), vec![line], facts);
        }
    }

    /// The value now, and the limit.
    fn value(&self, alert: &Alert, rule: &Rule, facts: &mut Vec<Fact>) {
        let Some(subject) = rule.subject().filter(|_| !alert.value.is_empty() && !is_yes_or_no(&alert.rule))
        else {
            return;
        };
        let key = subject.relation.proof();
        let values = [("value", alert.value.as_str()), ("limit", alert.limit.as_str())];
        self.add("proof.value", vec![self.telling.words.fill(key, &values)], facts);
    }

    /// Where memory is, what of it grew, and which processes have most of it.
    fn memory(&self, is_leak: bool, facts: &mut Vec<Fact>) {
        if let Some(report) = self.report {
            self.add("proof.memory", self.telling.free(report).into_iter().collect(), facts);
            if !is_leak {
                self.add("proof.grew", self.grew(report), facts);
            }
        }
        self.add("proof.most_memory", self.most_memory(), facts);
    }

    fn grew(&self, report: &Report) -> Vec<String> {
        let mut grown: Vec<&PartRow> = report
            .parts
            .iter()
            .filter(|row| row.change.is_some_and(|change| change >= LEAST_GROWTH))
            .collect();
        grown.sort_by(|one, other| other.change.unwrap_or(0.0).total_cmp(&one.change.unwrap_or(0.0)));
        let since = report.since.map(|since| self.telling.time(since)).unwrap_or_default();
        let line = |row: &&PartRow| {
            let change = format::change(row.change.unwrap_or(0.0), Unit::Memory, false);
            let values =
                [("part", self.telling.part(row.part)), ("change", change), ("since", since.clone())];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            self.telling.words.fill("proof.grew_line", &values)
        };
        // What is free is no culprit.
        let used = grown.iter().filter(|row| row.part.group() != crate::analysis::Group::Free);
        used.take(MOST_LINES).map(line).collect()
    }

    fn most_memory(&self) -> Vec<String> {
        let memory = |process: &Process| process.pss.unwrap_or(process.rss);
        self.top(memory, |process| format::quantity(memory(process) as f64, Unit::Memory, false))
    }

    fn most_cpu(&self) -> Vec<String> {
        let interval =
            self.latest.sample.processes.as_ref().and_then(|processes| processes.interval).unwrap_or(60.0);
        let share = |process: &Process| process.cpu.unwrap_or(0.0) / interval;
        let written = |process: &Process| format::quantity(share(process), Unit::Ratio, false);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "to put them in order")]
        let order = |process: &Process| (share(process) * 1e6) as u64;
        self.top(order, written)
    }

    /// The processes with most of something: `mysqld (812): 212 MiB`.
    fn top(&self, order: impl Fn(&Process) -> u64, written: impl Fn(&Process) -> String) -> Vec<String> {
        let mut top: Vec<&Process> =
            self.latest.sample.processes.iter().flat_map(|processes| &processes.top).collect();
        top.retain(|process| order(process) > 0);
        top.sort_by_key(|process| std::cmp::Reverse(order(process)));
        top.iter()
            .take(MOST_LINES)
            .map(|process| format!("{} ({}): {}", process.name, process.pid, written(process)))
            .collect()
    }

    /// What changed on the host before an alert began, or with it.
    fn changed(&self, since: i64) -> Vec<String> {
        let near = since - BEFORE_SECONDS..=since;
        let events = self.events.iter().rev().filter(|event| near.contains(&event.t));
        let line = |event: &Event| {
            format!("{} {}", self.telling.time(event.t), event::describe(event, self.telling.words))
        };
        events.take(MOST_LINES).map(line).collect()
    }
}

/// Whether what a built-in rule looks at is a yes or no, of which neither a value nor a chart says more than the first line.
pub(super) fn is_yes_or_no(rule: &str) -> bool {
    ["service", "target", "check", "read-only", "raid", "own-leak", "reboot", "clock", "messages", "silent"]
        .contains(&rule)
}

fn is_about_memory(rule: &str) -> bool {
    ["memory", "container-memory", "leak", "swap", "oom", "pressure-memory"].contains(&rule)
}

fn is_about_cpu(rule: &str) -> bool {
    ["load", "pressure-cpu", "steal"].contains(&rule)
}
