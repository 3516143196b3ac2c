//! `cronograph sample`.

use super::Context;
use super::args::SampleArgs;
use std::process::ExitCode;

/// Runs the command.
pub(super) fn run(_args: &SampleArgs, _context: &Context) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`sample` is not built yet")
}
