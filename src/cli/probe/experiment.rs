//! Makes the experiments that were asked for, one for each way of running the command.

use super::progress::Bar;
use crate::base::clock::Stopwatch;
use crate::cli::args::ProbeArgs;
use crate::cli::{Context, output};
use crate::probe::{
    Account, Judgement, Limits, Machine, ProbeError, Setup, Stream, Surroundings, Verdict, Way, is_decided,
    observe, verdict, ways,
};
use crate::sample::Root;
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs whose readings do not count.
const WARM_UP: usize = 2;
/// How long to wait for what is given back late.
const LATE_SECONDS: f64 = 1.0;
/// A leak that is less than this share of another way's does not matter beside it.
const SMALL_SHARE: f64 = 1.0 / 16.0;

/// All ways, one after the other; each may use what is left of the budget by its share.
pub(super) fn all(args: &ProbeArgs, command: &[OsString]) -> anyhow::Result<Vec<Verdict>> {
    let root = Context::root(args.root.as_deref());
    let env = match (args.env.as_slice(), &args.check) {
        ([], None) => vec![Surroundings::Full],
        // As `sample` runs it.
        ([], Some(_)) => vec![Surroundings::Clean],
        (named, _) => Surroundings::named(named),
    };
    let ways = ways(&Stream::named(&args.stdout), &Stream::named(&args.stdin), &env);
    let account = match &args.user {
        Some(name) => Some(Account::named(&Root::real(), name).map_err(explained)?),
        None => ways.iter().any(|way| way.env == Surroundings::Cron).then(own_account).flatten(),
    };
    check_rights(args, account.as_ref())?;
    let interrupt = Interrupt::catch()?;
    let watch = Stopwatch::start();
    let mut verdicts: Vec<Verdict> = Vec::new();
    for (number, way) in ways.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a few ways")]
        let budget = (args.limits.budget - watch.seconds()) / (ways.len() - number) as f64;
        let setup = Setup {
            root: root.clone(),
            command: command.to_vec(),
            way: *way,
            account: account.clone(),
            timeout_seconds: args.limits.timeout,
            interrupted: interrupt.flag(),
        };
        // Beside a way that leaks much, one that leaks a small part of it does not.
        let leaks = verdicts.iter().filter(|known| known.judgement == Judgement::Leaks);
        let least = leaks.map(|known| known.bytes * SMALL_SHARE).fold(args.least, f64::max);
        verdicts.push(one(args, setup, budget.max(1.0), least, ways.len() > 1).map_err(explained)?);
        if interrupt.came() {
            break;
        }
    }
    Ok(verdicts)
}

fn one(
    args: &ProbeArgs,
    setup: Setup,
    budget_seconds: f64,
    least: f64,
    is_one_of_many: bool,
) -> Result<Verdict, ProbeError> {
    let way = setup.way;
    let mut machine = Machine::new(setup, None)?;
    let limits = Limits {
        runs: args.limits.runs as usize,
        budget_seconds,
        growth: args.limits.max_growth.of(machine.available()),
        warm_up: WARM_UP,
        late_seconds: LATE_SECONDS,
        least,
        drop_caches: args.drop_caches,
    };
    let bar = Bar::new(is_one_of_many.then(|| label(&way)));
    let seen = observe(&mut machine, &limits, &mut is_decided, &mut |progress| bar.show(progress));
    bar.clear();
    let left = machine.end_leftover();
    if left > 0 {
        output::say(&format!("{left} processes that the command had left running were ended"));
    }
    Ok(verdict(&seen?, way))
}

fn label(way: &Way) -> String {
    format!("stdout {}, stdin {}, env {}", way.stdout, way.stdin, way.env)
}

fn check_rights(args: &ProbeArgs, account: Option<&Account>) -> anyhow::Result<()> {
    let own = rustix::process::geteuid();
    if own.is_root() {
        return Ok(());
    }
    if account.is_some_and(|account| account.uid != own) {
        return Err(output::failure(
            "only root can run a command as another user",
            "run it by sudo, or leave --user out",
        ));
    }
    if args.drop_caches {
        return Err(output::failure(
            "only root can drop caches",
            "run it by sudo, or leave --drop-caches out",
        ));
    }
    Ok(())
}

/// This user, as cron would set him up.
pub(in crate::cli) fn own_account() -> Option<Account> {
    Account::named(&Root::real(), &rustix::process::geteuid().as_raw().to_string()).ok()
}

/// An error with the way out.
pub(in crate::cli) fn explained(error: ProbeError) -> anyhow::Error {
    let hint = match &error {
        ProbeError::Start { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            "name a program that is in PATH, or its path; for what a shell does, write sh -c '…'"
        }
        ProbeError::Start { .. } => {
            "it must be a program that may be executed; a script needs its first line (#!/bin/sh)"
        }
        ProbeError::NoNamespace { .. } => {
            "run it as root; or copy the folder, and use --copy with --dir on that: see `cronograph bisect --help`"
        }
        ProbeError::NoUser { .. } => "name a user of this machine, or his number",
        ProbeError::Stream { .. } => "is /dev/pts mounted, is there room in /tmp?",
        ProbeError::NoMemory { .. } => "is /proc mounted?",
        ProbeError::Scripts { .. } => "--dir names the folder of the scripts",
    };
    let hint = hint.to_owned();
    output::failure(error.to_string(), hint)
}

/// Ctrl-C, and its kin: noted, not obeyed at once, so that what is known so far can be told and nothing is left running.
pub(in crate::cli) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From now on.
    pub(in crate::cli) fn catch() -> anyhow::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP]
        {
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        Ok(Self(flag))
    }

    /// For those who have to end.
    pub(in crate::cli) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }

    /// Whether it came.
    pub(in crate::cli) fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
