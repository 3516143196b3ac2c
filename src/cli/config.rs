//! `cronograph config`.

use super::Context;
use super::args::ConfigArgs;
use std::process::ExitCode;

/// Runs the command.
pub(super) fn run(_args: &ConfigArgs, _context: &Context) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`config` is not built yet")
}
