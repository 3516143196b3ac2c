//! `cronograph site`: renders the pages of all hosts under the data folder.

use super::args::SiteArgs;
use super::output::say;
use super::{Context, source};
use crate::site::{self, Inputs, SiteError};
use std::process::ExitCode;

/// Runs the command. A run that went well says nothing: cron would mail it.
pub(super) fn run(_args: &SiteArgs, context: &Context) -> anyhow::Result<ExitCode> {
    context.loaded.time_zone()?;
    source::refresh(context, None)?;
    let report = match site::build(&Inputs::of(context.config(), context.own_name())?, context.clock) {
        // The run before is still at it, and cron starts the next one soon: nothing to mail anybody about.
        Err(SiteError::Busy(_)) => return Ok(ExitCode::SUCCESS),
        report => report?,
    };
    for (host, reason) in &report.failed {
        say(&format!("cronograph: {host}: {reason}"));
    }
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
