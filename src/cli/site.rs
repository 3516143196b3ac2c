//! `cronograph site`: renders the pages of all hosts under the data folder.

use super::args::SiteArgs;
use super::moment;
use super::output::{self, say};
use super::{Context, source};
use crate::base::clock::Clock;
use crate::base::format;
use crate::base::words::Lang;
use crate::site::{self, Inputs, SiteError};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::process::ExitCode;

/// A run that takes longer than this says on a terminal how far it is.
const PATIENCE_SECONDS: f64 = 1.0;
/// A stretch shows at least so much.
const SHORTEST_SECONDS: i64 = 60;

/// Runs the command. A run that went well says nothing: cron would mail it.
pub(super) fn run(args: &SiteArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let zone = context.loaded.time_zone()?;
    source::refresh(context, None)?;
    let mut inputs = Inputs::of(context.config(), context.own_name())?;
    let mut clock = context.clock;
    if let (Some(from), Some(to)) = (&args.from, &args.to) {
        let (from, to) = (
            moment::parse(from, clock.now(), &zone)?,
            moment::parse(to, clock.now(), &zone)?.min(clock.now()),
        );
        if to - from < SHORTEST_SECONDS {
            let time = |unix| format::date_time(unix, &zone, Lang::En);
            let what = format!("from {} to {} is no stretch of a minute that is past", time(from), time(to));
            return Err(output::failure(what, "--from lies before --to, and both in the past"));
        }
        (inputs.span, clock) = (Some(to - from), Clock::Fixed(to));
    }
    let bar = bar();
    let watch = |done: usize, all: usize| {
        if bar.is_hidden() && context.started.seconds() > PATIENCE_SECONDS && std::io::stderr().is_terminal()
        {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(4));
        }
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    };
    let report = site::build_watched(&inputs, clock, &watch);
    bar.finish_and_clear();
    let report = match report {
        // The run before is still at it, and cron starts the next one soon: nothing to mail anybody about.
        Err(SiteError::Busy(_)) => return Ok(ExitCode::SUCCESS),
        report => report?,
    };
    for (host, reason) in &report.failed {
        say(&format!("cronograph: {host}: {reason}"));
    }
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A line that says how far it is, hidden at first.
fn bar() -> ProgressBar {
    let bar = ProgressBar::hidden();
    match ProgressStyle::with_template("{bar:30} {pos} of {len} hosts, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
