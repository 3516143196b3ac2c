//! `cronograph doctor`: what is wrong with this set-up, and how to mend it.

use super::args::DoctorArgs;
use super::{Context, FOUND, output, schedule};
use std::process::ExitCode;

/// Runs the checks.
pub(super) fn run(args: &DoctorArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let machine = context.machine(&args.machine);
    let places = schedule::installed(&machine)?;
    if places.is_empty() {
        output::print("Nothing starts the runs.\n  remedy: cronograph install\n")?;
        return Ok(ExitCode::from(FOUND));
    }
    output::print(format!("The runs are started by {}.\n", places.join(" and ")))?;
    Ok(ExitCode::SUCCESS)
}
