//! What is to be told of a host's alerts now: the difference between what holds and what was told. So nothing is told
//! twice, whatever happened in between, and nothing that lasts is missed; what came and went in between is told as such.

use super::book::{Alert, Book, Episode};
use super::machine::Phase;
use super::mute::Mutes;
use super::rule::{Rule, SILENT};
use crate::analysis::Level;
use serde::{Deserialize, Serialize};

/// When what is told.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// What the user does not want to hear of for a while.
    pub mutes: &'a Mutes,
    /// It is a quiet hour: only what is critical is told.
    pub quiet: bool,
    /// After so many seconds what still holds is told again.
    pub remind: Option<i64>,
    /// The present moment.
    pub now: i64,
}

/// What became of an alert since it was told last.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// It holds.
    Fired,
    /// It is worse than it was.
    Worsened,
    /// It still holds.
    Reminder,
    /// It is over.
    Resolved,
    /// It came and went.
    Passed(Episode),
}

/// What of an alert was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Marked {
    /// That it holds.
    Holds {
        /// So bad.
        level: Level,
        /// Since then.
        since: i64,
    },
    /// That it is over.
    Over,
    /// That it came and went.
    Passed(Episode),
}

impl Telling<'_> {
    /// What there is to remember when it has been told.
    pub fn mark(&self) -> Marked {
        match &self.what {
            What::Resolved => Marked::Over,
            What::Passed(episode) => Marked::Passed(episode.clone()),
            _ => Marked::Holds { level: self.alert.machine.level, since: self.alert.machine.since },
        }
    }
}

/// Something to be told.
#[derive(Clone, Debug)]
pub struct Telling<'a> {
    /// Of which alert.
    pub alert: &'a Alert,
    /// What.
    pub what: What,
}

/// Everything that is to be told of a host now.
pub fn tellings<'a>(host: &str, book: &'a Book, rules: &[Rule], policy: &Policy<'_>) -> Vec<Telling<'a>> {
    let is_silent = book.alerts.iter().any(|alert| alert.rule == SILENT && alert.is_firing());
    let mut tellings = Vec::new();
    for alert in &book.alerts {
        let rule = rules.iter().find(|rule| rule.name == alert.rule);
        // What is but a note is shown; what a silent host did last is not known to go on.
        let is_note = rule.is_some_and(|rule| rule.level == Level::Ok);
        let is_depending = is_silent && alert.rule != SILENT;
        if is_note || is_depending || policy.mutes.holds(&alert.rule, host, policy.now) {
            continue;
        }
        let tells_its_end = rule.is_none_or(|rule| rule.resolve);
        tellings.extend(telling(alert, tells_its_end, policy).map(|what| Telling { alert, what }));
        if !policy.quiet {
            let passed = alert.passed.iter().cloned().map(What::Passed);
            tellings.extend(passed.map(|what| Telling { alert, what }));
        }
    }
    tellings
}

fn telling(alert: &Alert, tells_its_end: bool, policy: &Policy<'_>) -> Option<What> {
    let is_urgent = |level: Level| level >= Level::Silent;
    let level = alert.machine.level;
    match (&alert.told, alert.machine.phase == Phase::Firing) {
        _ if policy.quiet && !is_urgent(level) => None,
        (None, true) => Some(What::Fired),
        (Some(told), true) if level > told.level => Some(What::Worsened),
        (Some(told), true) => {
            policy.remind.filter(|seconds| policy.now - told.at >= *seconds).map(|_| What::Reminder)
        }
        (Some(_), false) if tells_its_end => Some(What::Resolved),
        _ => None,
    }
}

#[cfg(test)]
#[path = "tell_tests.rs"]
mod tests;
