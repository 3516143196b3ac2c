//! `cronograph site`: renders the pages of all hosts under the data folder.

use super::args::SiteArgs;
use super::moment;
use super::output::{self, say};
use super::progress::Progress;
use super::{Context, source};
use crate::base::clock::Clock;
use crate::base::format;
use crate::base::words::Lang;
use crate::site::{self, Inputs, SiteError};
use std::process::ExitCode;

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
    let bar = Progress::new(context.started, "hosts");
    let report = site::build_watched(&inputs, clock, &|done, all| bar.done(done, all));
    bar.end();
    let report = match report {
        // The run before is still at it, and cron starts the next one soon: nothing to mail anybody about.
        Err(SiteError::Busy(_, seconds)) if seconds <= site::HUNG_SECONDS => {
            return Ok(ExitCode::SUCCESS);
        }
        report => report?,
    };
    for (host, reason) in &report.failed {
        say(&format!("cronograph: {host}: {reason}"));
    }
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
