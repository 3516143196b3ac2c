//! What a sample runs after its line is written: the question to systemd, then the checks whose turn it is. Each is watched for
//! what it leaves in memory; what it leaves running is ended.

use super::super::Context;
use crate::base::clock::Stopwatch;
use crate::sample::audit::{Audit, AuditFile, Check, Surroundings};
use crate::sample::command::Outcome;
use crate::sample::leftover::Leftover;
use crate::sample::{State, command, service};
use crate::store::Layout;
use anyhow::Context as _;

/// No check is started that could last longer than this from the start of the program on.
const CHECKS_SECONDS: f64 = 39.0;

/// What is known of one's own runs, and the checks.
pub(super) struct Own {
    file: AuditFile,
    pub(super) audit: Audit,
    checks: Vec<Check>,
}

impl Own {
    /// `None` where another run still waits for its checks, or where there is no folder yet.
    pub(super) fn open(layout: &Layout, checks: Vec<Check>) -> Option<Self> {
        let mut file = AuditFile::open(&layout.audit())?;
        let mut audit = file.load();
        audit.keep(&checks);
        Some(Self { file, audit, checks })
    }

    /// Gives the sample what the runs since the last one had for a result.
    pub(super) fn hand_over(&mut self, previous: &mut State, stop: bool) {
        self.audit.instruct(previous, stop);
        previous.results = std::mem::take(&mut self.audit.results);
        previous.values = std::mem::take(&mut self.audit.values);
    }

    /// Asks and runs, then keeps what was learnt.
    pub(super) fn run(&mut self, surroundings: &Surroundings<'_>, context: &Context) -> anyhow::Result<()> {
        self.ask(surroundings, context)
            .context("the sample was written, what systemd said of services was not")?;
        self.run_checks(surroundings, context);
        self.file.save(&self.audit).context("the sample was written, what was learnt of its own cost was not")
    }

    /// Asks systemd about services, where the sample wants to know more of them.
    fn ask(&mut self, surroundings: &Surroundings<'_>, context: &Context) -> std::io::Result<()> {
        let now = context.clock.now();
        let state = surroundings.state;
        let Some(question) = service::question(surroundings.root, state, surroundings.sample.t) else {
            return Ok(());
        };
        match self.audit.ask(surroundings, now, || question.ask()) {
            Some(outcome) => question.learn(&outcome),
            None => question.leave(self.audit.asks_no_more(surroundings.stop)),
        }
    }

    /// Runs the checks whose turn it is, and ends what they leave running: in a session of its own, too.
    fn run_checks(&mut self, surroundings: &Surroundings<'_>, context: &Context) {
        let leftover = (!self.checks.is_empty()).then(Leftover::new);
        let turns = Turns { checks: &self.checks, started: context.started, limit: CHECKS_SECONDS };
        turns.take(&mut self.audit, surroundings, context.clock.now(), |check| {
            // What cannot be killed is not waited for again.
            let spared = leftover.as_ref().map(Leftover::processes).unwrap_or_default();
            let outcome =
                command::run(&check.command, f64::from(check.timeout_seconds), command::CHECK_BYTES);
            if let Some(leftover) = &leftover {
                leftover.end(&spared);
            }
            outcome
        });
    }
}

/// Who runs when: longest waiting first; what might not end in time waits for the next sample.
struct Turns<'a> {
    checks: &'a [Check],
    started: Stopwatch,
    limit: f64,
}

impl Turns<'_> {
    fn take(
        &self,
        audit: &mut Audit,
        surroundings: &Surroundings<'_>,
        now: i64,
        run: impl Fn(&Check) -> Outcome,
    ) {
        let mut due: Vec<&Check> = self.checks.iter().filter(|check| audit.is_due(check, now)).collect();
        due.sort_by_key(|check| audit.turned(check));
        for check in due {
            if self.started.seconds() + f64::from(check.timeout_seconds) <= self.limit {
                audit.turn(check, surroundings, now, || run(check));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Root, Sample};
    use std::collections::BTreeMap;

    #[test]
    fn checks_that_hang_take_turns() {
        let folder = tempfile::tempdir().unwrap();
        let (root, state, sample) = (Root::recorded(folder.path()), State::default(), Sample::default());
        let surroundings = Surroundings { root: &root, state: &state, sample: &sample, stop: false };
        let hangs = |name: &str| Check {
            name: name.to_owned(),
            command: ["sleep", "600"].map(str::to_owned).to_vec(),
            interval_seconds: 60,
            timeout_seconds: 1,
        };
        let checks = ["a", "b", "c"].map(hangs);
        let mut audit = Audit::default();
        audit.keep(&checks);
        let mut turns: BTreeMap<String, u32> = BTreeMap::new();
        for round in 0..20 {
            // In two and a half seconds no more than two of one second each.
            let due = Turns { checks: &checks, started: Stopwatch::start(), limit: 2.5 };
            due.take(&mut audit, &surroundings, 1000 + 60 * round, |check| {
                command::run(&check.command, 1.0, 0)
            });
            let results = std::mem::take(&mut audit.results);
            assert!(results.len() <= 2, "{results:?}");
            for (name, run) in results {
                assert_eq!(run.killed, Some(1));
                *turns.entry(name).or_default() += 1;
            }
            let least = turns.values().min().copied().unwrap_or(0);
            assert!(turns.values().all(|turns| *turns <= least.max(1) + 1), "{turns:?}");
            if turns.len() == 3 {
                return;
            }
        }
        panic!("not all had a turn: {turns:?}");
    }
}
