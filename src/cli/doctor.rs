//! `cronograph doctor`.

use super::Context;
use super::args::DoctorArgs;
use std::process::ExitCode;

/// Runs the command.
pub(super) fn run(_args: &DoctorArgs, _context: &Context) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`doctor` is not built yet")
}
