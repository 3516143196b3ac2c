//! `cronograph explain`: where a host's memory is, what grows, since when, whose it is, what grew with it; from its
//! log, and of a host without a log from one sample taken now.
//!
//! Exit code 3 where something leaks.

mod moment;
mod page;

use super::args::ExplainArgs;
use super::terminal::Terminal;
use super::{Context, FOUND, output};
use crate::analysis::report::words::Telling;
use crate::analysis::report::{self, History, Report};
use crate::base::words::Words;
use crate::sample::{Root, State, take};
use crate::store::Layout;
use indicatif::ProgressBar;
use jiff::tz::TimeZone;
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// What takes longer shows that it is at work.
const PATIENCE: Duration = Duration::from_millis(500);

/// Runs the command.
pub(super) fn run(args: &ExplainArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let zone = context.loaded.time_zone()?;
    let root = Context::root(args.root.as_deref());
    let layout = Layout::new(&context.config().data, context.host(&root)?)?;
    let now = context.clock.now();
    let time =
        |text: &Option<String>| text.as_deref().map(|text| moment::parse(text, now, &zone)).transpose();
    let (at, since) = (time(&args.at)?, time(&args.since)?);
    let history = at_work(layout.host(), || History::load(&layout, at.unwrap_or(now)))?;
    let found = match &history {
        Some(history) => report::report(history, at.unwrap_or(now), since),
        None => None,
    };
    let has_log = found.is_some();
    let found = match found {
        Some(found) => found,
        None => live(args, context, &root, &layout)?,
    };
    output::print(text(args, context, &found, has_log, &zone)?)?;
    Ok(if found.is_leaking() { ExitCode::from(FOUND) } else { ExitCode::SUCCESS })
}

fn text(
    args: &ExplainArgs,
    context: &Context,
    found: &Report,
    has_log: bool,
    zone: &TimeZone,
) -> anyhow::Result<String> {
    if args.json {
        return Ok(serde_json::to_string_pretty(found)? + "\n");
    }
    let words = Words::of(context.config().lang);
    let telling = Telling { words, zone, now: found.at };
    Ok(page::text(found, has_log, &telling, Terminal::of_stdout(&context.environment)))
}

/// One sample of this host, which has no log yet; of another host there is nothing to look at.
fn live(args: &ExplainArgs, context: &Context, root: &Root, layout: &Layout) -> anyhow::Result<Report> {
    let nothing = |message: String, hint: &str| Err(output::failure(message, hint));
    let here = Context::name_of(root).ok();
    if args.at.is_some() || args.host.is_some() && here.as_deref() != Some(layout.host()) {
        let message = format!("the log of {} has no sample by then", layout.host());
        return nothing(message, "`--data` names the folder of the logs, `ls` shows its hosts");
    }
    let (sample, _) = take(root, &context.options(), &State::default(), context.clock.now());
    match report::of_sample(layout.host(), &sample) {
        Some(found) => Ok(found),
        None => nothing("this system does not say where its memory is".to_owned(), "it has no /proc/meminfo"),
    }
}

/// Does something that may take long. A line on standard error moves meanwhile, if that is a terminal.
fn at_work<T>(host: &str, work: impl FnOnce() -> T) -> T {
    let (done, waits) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if waits.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let line = ProgressBar::new_spinner().with_message(format!("Reading the log of {host}"));
            while waits.recv_timeout(PATIENCE / 5) == Err(RecvTimeoutError::Timeout) {
                line.tick();
            }
            line.finish_and_clear();
        });
        let result = work();
        drop(done);
        result
    })
}
