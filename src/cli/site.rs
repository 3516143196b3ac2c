//! `cronograph site`.

use super::Context;
use super::args::SiteArgs;
use std::process::ExitCode;

/// Runs the command.
pub(super) fn run(_args: &SiteArgs, _context: &Context) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`site` is not built yet")
}
