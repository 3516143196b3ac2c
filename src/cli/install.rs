//! `cronograph install`.

use super::Context;
use super::args::InstallArgs;
use std::process::ExitCode;

/// Runs the command.
pub(super) fn run(_args: &InstallArgs, _context: &Context) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`install` is not built yet")
}
