//! `cronograph uninstall`.

use super::Context;
use super::args::UninstallArgs;
use std::process::ExitCode;

/// Runs the command.
pub(super) fn run(_args: &UninstallArgs, _context: &Context) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`uninstall` is not built yet")
}
