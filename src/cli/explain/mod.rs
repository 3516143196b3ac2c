//! `cronograph explain`: where a host's memory is, what grows, since when, whose it is, what grew with it; from its
//! log, and of a host without a log from one sample taken now.
//!
//! Exit code 3 where something leaks.

mod page;

use super::args::ExplainArgs;
use super::terminal::Terminal;
use super::{Context, FOUND, moment, output, source};
use crate::analysis::report::words::Telling;
use crate::analysis::report::{self, History, Report};
use crate::base::format;
use crate::base::words::Words;
use crate::sample::{Root, State, take};
use crate::store::{self, Layout, Reader};
use indicatif::ProgressBar;
use jiff::tz::TimeZone;
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// A log whose last sample is older is told to be old.
const OLD_SECONDS: i64 = 900;
const DAY: i64 = 86_400;
/// What takes longer shows that it is at work.
const PATIENCE: Duration = Duration::from_millis(500);

/// Runs the command.
pub(super) fn run(args: &ExplainArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let zone = context.loaded.time_zone()?;
    let root = Context::root(args.root.as_deref());
    let layout = context.layout(context.host(&root)?)?;
    let now = context.clock.now();
    let time =
        |text: &Option<String>| text.as_deref().map(|text| moment::parse(text, now, &zone)).transpose();
    let (at, since) = (time(&args.at)?, time(&args.since)?);
    check_times(at, since, now)?;
    source::refresh(context, Some(layout.host()))?;
    let history = at_work(layout.host(), || History::load(&layout, at.unwrap_or(now)))?;
    let found = match &history {
        Some(history) => report::report(history, at.unwrap_or(now), since),
        None => None,
    };
    let has_log = found.is_some();
    let asked = at.unwrap_or(now);
    let mut found = match found {
        Some(found) => found,
        None => live(args, context, &root, &layout, &zone)?,
    };
    let typed = context.typed();
    for command in
        found.findings.iter_mut().flat_map(|finding| finding.next.iter_mut().chain(&mut finding.find))
    {
        *command = typed.complete(command).into_owned();
    }
    output::print(text(args, context, &found, has_log.then_some(asked), &zone)?)?;
    Ok(if found.is_leaking() { ExitCode::from(FOUND) } else { ExitCode::SUCCESS })
}

fn text(
    args: &ExplainArgs,
    context: &Context,
    found: &Report,
    asked: Option<i64>,
    zone: &TimeZone,
) -> anyhow::Result<String> {
    if args.json {
        return Ok(serde_json::to_string_pretty(found)? + "\n");
    }
    let words = Words::of(context.config().lang);
    let telling = Telling { words, zone, now: found.at };
    let log = match asked.map(|asked| asked - found.at) {
        None => page::Log::None,
        Some(age) if age > OLD_SECONDS => page::Log::Old(age),
        Some(_) => page::Log::Fresh,
    };
    Ok(page::text(found, log, &telling, Terminal::of_stdout(&context.environment)))
}

/// What is not over yet cannot be looked at, nor what begins after it ends.
fn check_times(at: Option<i64>, since: Option<i64>, now: i64) -> anyhow::Result<()> {
    let hint = "write a time that is over, as 15:00 or \"2 days ago\"";
    if at.is_some_and(|at| at > now) {
        return Err(output::failure("--at is in the future".to_owned(), hint));
    }
    if since.is_some_and(|since| since >= at.unwrap_or(now)) {
        let until = if at.is_some() { "--at" } else { "now" };
        return Err(output::failure(format!("--since is not before {until}"), hint));
    }
    Ok(())
}

/// One sample of this host, which has no log yet; of another host there is nothing to look at.
fn live(
    args: &ExplainArgs,
    context: &Context,
    root: &Root,
    layout: &Layout,
    zone: &TimeZone,
) -> anyhow::Result<Report> {
    let nothing = |message: String, hint: &str| Err(output::failure(message, hint));
    let here = Context::name_of(root).ok();
    if args.at.is_some() || args.host.is_some() && here.as_deref() != Some(layout.host()) {
        let data = layout.data();
        let hosts = store::hosts(data).unwrap_or_default();
        if !hosts.iter().any(|host| host == layout.host()) {
            return Err(Context::no_host(data, layout.host()));
        }
        let message = format!("the log of {} has no sample by then", layout.host());
        let first = first_sample(layout)
            .map(|first| format!("it begins {}", format::date_time(first, zone, context.config().lang)));
        return nothing(message, first.as_deref().unwrap_or("it is empty"));
    }
    let (sample, _) = take(root, &context.options(), &State::default(), context.clock.now());
    match report::of_sample(layout.host(), &sample) {
        Some(found) => Ok(found),
        None => nothing("this system does not say where its memory is".to_owned(), "it has no /proc/meminfo"),
    }
}

/// When a log begins.
fn first_sample(layout: &Layout) -> Option<i64> {
    let begin = store::start_of(layout.days().ok()?.first()?.day);
    Reader::range(layout, begin, begin + DAY).ok()?.next().map(|sample| sample.t)
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
