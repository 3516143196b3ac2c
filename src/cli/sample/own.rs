//! What a sample runs after its line is written: the question to systemd, then the checks whose turn it is. Each is watched for
//! what it leaves in memory; what it leaves running is ended.

use super::super::Context;
use crate::sample::audit::{Audit, AuditFile, Check, Surroundings};
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

    /// Runs the checks whose turn it is, longest waiting first; what might not end in time waits for the next sample.
    fn run_checks(&mut self, surroundings: &Surroundings<'_>, context: &Context) {
        let now = context.clock.now();
        let mut due: Vec<&Check> = self.checks.iter().filter(|check| self.audit.is_due(check, now)).collect();
        if due.is_empty() {
            return;
        }
        due.sort_by_key(|check| self.audit.turned(check));
        let leftover = Leftover::new();
        for check in due {
            let timeout = f64::from(check.timeout_seconds);
            // What cannot be killed is not waited for again.
            let spared = leftover.processes();
            if context.started.seconds() + timeout <= CHECKS_SECONDS {
                let run = || command::run(&check.command, timeout, command::CHECK_BYTES);
                self.audit.turn(check, surroundings, now, run);
                leftover.end(&spared);
            }
        }
    }
}
