//! `cronograph try`.

use super::Context;
use super::args::TryArgs;
use std::process::ExitCode;

/// Runs the command.
pub(super) fn run(_args: &TryArgs, _context: &Context) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`try` is not built yet")
}
