//! Makes the experiments that were asked for, one for each way of running the command.

use super::progress::Bar;
use crate::base::clock::Stopwatch;
use crate::cli::args::ProbeArgs;
use crate::cli::{Context, output};
use crate::probe::{
    Account, Judgement, Limits, Machine, Observed, ProbeError, Setup, Stop, Stream, Surroundings, Verdict,
    Way, is_decided, observe, verdict, ways,
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
pub(super) fn all(
    args: &ProbeArgs,
    command: &[OsString],
    timeout_seconds: f64,
) -> anyhow::Result<Vec<Verdict>> {
    let root = Context::root(args.root.as_deref());
    let env = match (args.env.as_slice(), &args.check) {
        ([], None) => vec![Surroundings::Full],
        // Nearly as `sample` runs it.
        ([], Some(_)) => vec![Surroundings::Clean],
        (named, _) => Surroundings::named(named),
    };
    let ways = ways(&Stream::named(&args.stdout), &Stream::named(&args.stdin), &env);
    let account = match &args.user {
        Some(name) => Some(Account::named(&Root::real(), name).map_err(explained)?),
        None => ways.iter().any(|way| way.env == Surroundings::Cron).then(own_account).flatten(),
    };
    check_rights(args, account.as_ref())?;
    check_paths(command, &ways)?;
    let interrupt = Interrupt::catch()?;
    let watch = Stopwatch::start();
    let mut verdicts: Vec<Verdict> = Vec::new();
    let mut allowed = None;
    for (number, way) in ways.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a few ways")]
        let budget = (args.limits.budget - watch.seconds()) / (ways.len() - number) as f64;
        let setup = Setup {
            root: root.clone(),
            command: command.to_vec(),
            way: *way,
            account: account.clone(),
            timeout_seconds,
            interrupted: interrupt.flag(),
        };
        // Beside a way that leaks much, one that leaks a small part of it does not.
        let leaks = verdicts.iter().filter(|known| known.judgement == Judgement::Leaks);
        let least = leaks.map(|known| known.bytes * SMALL_SHARE).fold(args.least, f64::max);
        let mut machine = Machine::new(setup, None).map_err(explained)?;
        let growth = allowed.unwrap_or_else(|| args.limits.max_growth.of(machine.available()));
        let limits = Limits {
            runs: args.limits.runs as usize,
            budget_seconds: budget,
            growth,
            warm_up: WARM_UP,
            late_seconds: LATE_SECONDS,
            least,
            drop_caches: args.drop_caches,
        };
        let label = (ways.len() > 1).then(|| label(way));
        let seen = one(&mut machine, &limits, label).map_err(explained)?;
        // All ways together may leave so much.
        allowed = Some(growth - seen.grown.max(0.0));
        verdicts.push(verdict(&seen, *way));
        if interrupt.came()
            || watch.seconds() > args.limits.budget
            || allowed.is_some_and(|allowed| allowed <= 0.0)
        {
            break;
        }
    }
    Ok(verdicts)
}

fn one(machine: &mut Machine, limits: &Limits, label: Option<String>) -> Result<Observed, ProbeError> {
    let bar = Bar::new(label);
    let seen = observe(machine, limits, &mut is_decided, &mut |progress| bar.show(progress));
    bar.clear();
    tell_ended(machine.end_leftover());
    let seen = seen?;
    if limits.drop_caches && seen.dropped.is_none() && seen.stop != Stop::Interrupted {
        output::say(
            "cronograph: the kernel did not drop its caches: is this a container, /proc/sys read-only?",
        );
    }
    Ok(seen)
}

/// Says how many processes had to be ended.
pub(in crate::cli) fn tell_ended(processes: usize) {
    match processes {
        0 => {}
        1 => output::say("One process that the command had left running was ended."),
        many => output::say(&format!("{many} processes that the command had left running were ended.")),
    }
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

/// What one of the ways could not start is said before any of them was tried.
fn check_paths(command: &[OsString], ways: &[Way]) -> anyhow::Result<()> {
    let Some(program) = command.first() else { return Ok(()) };
    match ways.iter().find(|way| !way.env.finds(program)) {
        None => Ok(()),
        Some(way) => {
            let path = way.env.path().unwrap_or_default();
            let message =
                format!("{} is not in the PATH of env {}: {path}", program.to_string_lossy(), way.env);
            Err(output::failure(message, "write its path, as a crontab has to"))
        }
    }
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
        ProbeError::NoUser { .. } => "name a user whom /etc/passwd knows",
        ProbeError::NoEnd { .. } => {
            "it became another user, or waits for a disk that does not answer; end it by hand"
        }
        ProbeError::Stream { .. } => "is /dev/pts mounted, is there room in /tmp?",
        ProbeError::NoMemory { .. } => "is /proc mounted?",
        ProbeError::Scripts { .. } => {
            "--dir names the folder of the scripts; for --copy it must be your own copy of them"
        }
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
