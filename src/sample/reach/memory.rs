//! What is kept between the runs of what was asked: when, the results that are in no line yet, and certificates, which are
//! looked at once an hour. `<data>/<host>/targets`; it can be deleted at any time.

use super::answer::{Answer, Failure};
use super::{Asked, Target};
use crate::sample::ledger::Ledger;
use crate::sample::target::TargetRun;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The file, locked: another run of `sample` may still ask.
pub type MemoryFile = Ledger<Memory>;

/// For how long what was seen of a certificate is good enough.
const CERTIFICATE_SECONDS: i64 = 3_600;

/// What is known of the targets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    targets: BTreeMap<String, Known>,
    /// Results that are not in a sample yet.
    pub results: BTreeMap<String, TargetRun>,
}

/// What is known of one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Known {
    /// A fingerprint of the question: another question, another target.
    print: u64,
    /// When it was asked last, unix time.
    asked: i64,
    /// How often in a row it has not answered.
    misses: u64,
    /// When its certificate ends, and when that was seen.
    certificate: Option<(i64, i64)>,
}

impl Memory {
    /// Forgets targets that are not configured any more, and what was known of those that are asked something else.
    pub fn keep(&mut self, targets: &[Target]) {
        let prints: BTreeMap<&str, u64> =
            targets.iter().map(|target| (target.name.as_str(), print_of(target))).collect();
        self.targets
            .retain(|name, known| prints.get(name.as_str()).is_some_and(|print| *print == known.print));
        self.results.retain(|name, _| self.targets.contains_key(name));
    }

    /// Those whose turn it is. Cron is not exact to the second: a twentieth of the interval early is in time.
    pub fn due(&self, targets: &[Target], now: i64) -> Vec<Asked> {
        let due = targets.iter().filter_map(|target| {
            let known = self.targets.get(&target.name);
            let interval = i64::from(target.interval_seconds);
            let age = known.map_or(i64::MAX, |known| now.saturating_sub(known.asked));
            let is_due = age < 0 || age >= interval - interval / 20;
            let certificate = known
                .and_then(|known| known.certificate)
                .filter(|(_, seen)| (0..CERTIFICATE_SECONDS).contains(&now.saturating_sub(*seen)));
            is_due.then(|| Asked { target: target.clone(), certificate })
        });
        due.collect()
    }

    /// Notes that these are asked now. What is noted stands where the run ends before the answers are there: killed, or by a
    /// resolver of names that a static program cannot load.
    pub fn begin(&mut self, due: &[Asked], now: i64) {
        for asked in due {
            let failure = Failure::not_asked("the run ended before there was an answer");
            self.learn(asked, failure.into(), now);
        }
    }

    /// Takes in what came of it.
    pub(super) fn learn(&mut self, asked: &Asked, answer: Answer, now: i64) {
        let target = &asked.target;
        let known = self.targets.entry(target.name.clone()).or_default();
        let seen = answer.certificate_end.filter(|_| answer.failure.is_none()).map(|end| (end, now));
        // Not looked at anew, it was seen when it was seen.
        known.certificate =
            seen.map(|seen| asked.certificate.filter(|(end, _)| *end == seen.0).unwrap_or(seen));
        known.print = print_of(target);
        known.asked = now;
        let mut run = answer.into_run(now, target.question.kind(), target.interval_seconds);
        match run.up {
            Some(0) => known.misses += 1,
            Some(_) => known.misses = 0,
            None => {}
        }
        run.misses = run.up.filter(|up| *up == 0).map(|_| known.misses);
        self.results.insert(target.name.clone(), run);
    }
}

fn print_of(target: &Target) -> u64 {
    let mut hasher = DefaultHasher::new();
    target.question.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::Question;
    use super::*;

    fn target(address: &str) -> Target {
        let question = Question::Http { address: address.to_owned(), status: None };
        Target { name: "shop".to_owned(), question, interval_seconds: 300, timeout_seconds: 5 }
    }

    fn certificate(end: i64) -> Answer {
        Answer { certificate_end: Some(end), ..Answer::default() }
    }

    #[test]
    fn what_is_missed_in_a_row_is_counted() {
        let targets = [target("https://a")];
        let mut memory = Memory::default();
        let mut misses = |answer: Answer| {
            let due = memory.due(&targets, i64::MAX);
            memory.begin(&due, 0);
            memory.learn(&due[0], answer, 0);
            memory.results["shop"].misses
        };
        let down = || Answer::from(Failure::down("refused"));
        assert_eq!((misses(down()), misses(down())), (Some(1), Some(2)));
        assert_eq!(misses(Failure::not_asked("no resolver").into()), None, "nobody knows");
        assert_eq!((misses(down()), misses(Answer::default()), misses(down())), (Some(3), None, Some(1)));
    }

    #[test]
    fn each_has_a_beat_of_its_own() {
        let targets = [target("https://a")];
        let mut memory = Memory::default();
        let due = memory.due(&targets, 1_000);
        assert_eq!((due.len(), due[0].certificate), (1, None));
        memory.learn(&due[0], Answer::default(), 1_000);
        assert!(memory.due(&targets, 1_284).is_empty());
        assert_eq!(memory.due(&targets, 1_285).len(), 1, "cron was a little early");
        assert_eq!(memory.due(&targets, 900).len(), 1, "the clock went back");
    }

    #[test]
    fn a_certificate_is_good_for_an_hour_from_when_it_was_seen() {
        let targets = [target("https://a")];
        let mut memory = Memory::default();
        for (now, known) in
            [(0, None), (1_800, Some(9_999)), (3_599, Some(9_999)), (3_900, None), (4_200, Some(9_999))]
        {
            let due = memory.due(&targets, now);
            assert_eq!(due[0].certificate.map(|(end, _)| end), known, "at {now}");
            memory.learn(&due[0], certificate(9_999), now);
        }
        let due = memory.due(&targets, 4_500);
        let failure = Some(Failure::down("status 503"));
        memory.learn(&due[0], Answer { failure, ..certificate(9_999) }, 4_500);
        assert_eq!(memory.due(&targets, 4_800)[0].certificate, None, "each time where it is not well");
    }

    #[test]
    fn a_run_that_ends_too_early_leaves_word() {
        let mut memory = Memory::default();
        let due = memory.due(&[target("https://a")], 1_000);
        memory.learn(&due[0], certificate(9_999), 1_000);
        let due = memory.due(&[target("https://a")], 1_300);
        memory.begin(&due, 1_300);
        let run = &memory.results["shop"];
        assert_eq!((run.t, run.up), (1_300, None));
        assert_eq!(run.error.as_deref(), Some("the run ended before there was an answer"));
        memory.learn(&due[0], certificate(9_999), 1_300);
        assert_eq!((memory.results["shop"].up, memory.results["shop"].error.as_ref()), (Some(1), None));
    }

    #[test]
    fn another_question_is_another_target() {
        let mut memory = Memory::default();
        let due = memory.due(&[target("https://a")], 1_000);
        memory.learn(&due[0], certificate(9_999), 1_000);
        memory.keep(&[target("https://a")]);
        assert_eq!(memory.results.len(), 1);
        memory.keep(&[target("https://b")]);
        assert_eq!(memory, Memory::default());
    }
}
