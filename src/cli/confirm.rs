//! Asks before anything is changed.

use super::output::{self, failure};
use super::schedule::{Machine, Plan};
use std::io::{IsTerminal, Write};

/// What may be done without asking.
#[derive(Clone, Copy, Debug)]
pub(super) struct Consent {
    /// `--yes`
    pub yes: bool,
    /// `--dry-run`
    pub dry_run: bool,
}

/// Shows the plan and does it, if the user agrees. Says whether it was done.
pub(super) fn carry_out(plan: &Plan, machine: &Machine, consent: Consent) -> anyhow::Result<bool> {
    output::print(plan.preview())?;
    if consent.dry_run {
        output::say("This was a dry run: nothing was changed.");
        return Ok(false);
    }
    if !consent.yes && !ask()? {
        output::say("Nothing was changed.");
        return Ok(false);
    }
    plan.apply(machine)?;
    Ok(true)
}

/// Only a clear yes is one.
fn ask() -> anyhow::Result<bool> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(failure(
            "there is no terminal to ask on, nothing was changed",
            "--yes does it without asking, --dry-run only shows it",
        ));
    }
    let mut stderr = std::io::stderr();
    write!(stderr, "Do this? [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    stdin.read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
