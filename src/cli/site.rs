//! `cronograph site`: renders the pages of all hosts under the data folder.

use super::Context;
use super::args::SiteArgs;
use super::output::say;
use crate::site::{self, Inputs};
use std::process::ExitCode;

/// Runs the command. A run that went well says nothing: cron would mail it.
pub(super) fn run(_args: &SiteArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let report = site::build(&Inputs::of(context.config())?, context.clock)?;
    for (host, reason) in &report.failed {
        say(&format!("cronograph: {host}: {reason}"));
    }
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
