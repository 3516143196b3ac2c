//! `cronograph sample`: one sample of this host, appended to its log; then the targets, what is to be asked of systemd, and the
//! checks whose turn it is. Says nothing where all went well; cron would send it by mail.

mod own;
mod targets;

use super::args::{Print, SampleArgs};
use super::{Context, output};
use crate::event::{self, ConfigFile, Look};
use crate::sample::audit::Surroundings;
use crate::sample::own_cost::OwnCost;
use crate::sample::service::Memory;
use crate::sample::{Beat, Sample, State, take};
use crate::ship;
use crate::store::{self, Layout};
use anyhow::Context as _;
use own::Own;
use std::process::ExitCode;
use std::time::Duration;
use targets::Targets;

/// After so long a run ends itself: before cron starts the next.
const DEADLINE: Duration = Duration::from_secs(45);
/// No target is asked and no check is started that could last longer than this from the start of the program on.
const ASKING_SECONDS: f64 = 40.0;

/// Runs the command.
pub(super) fn run(args: &SampleArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let root = Context::root(args.root.as_deref());
    let layout = Layout::new(&context.config().data, context.host(&root)?)?;
    let (options, now) = (context.options(), context.clock.now());
    // What is handed on stands for itself: with the host's facts, and what is read on slow beats only.
    let is_whole = args.print.is_some_and(|format| format != Print::Json);
    let mut previous = if is_whole { State::default() } else { State::load(&layout.state()) };
    previous.services = Memory::at(layout.services(), context.wishes());
    // A check that hangs in the kernel cannot be killed, nor the thread of a target.
    let asks = !context.config().check.is_empty() || !context.config().target.is_empty();
    let may_wait = previous.may_wait(&options, now) || asks;
    if may_wait {
        end_at_deadline()?;
    }
    let slow = previous.is_due(&options, now);
    previous.beat = if slow { Beat::load(&layout.beat()) } else { previous.beat };
    let stop = context.config().own.stop_leaking_collectors;
    let checks = context.checks();
    // A sample without checks asks it on slow beats only.
    let wanted = args.print.is_none() && (slow || !checks.is_empty() || previous.is_watched());
    let mut own = if wanted { Own::open(&layout, checks.clone()) } else { None };
    if let Some(own) = &mut own {
        own.hand_over(&mut previous, stop);
    }
    let mut targets = if args.print.is_some() { None } else { Targets::open(&layout, context) };
    previous.answers = targets.as_mut().map(Targets::results).unwrap_or_default();
    let (mut sample, mut state) = take(&root, &options, &previous, now);
    refuse_empty(&sample)?;
    if let Some(format) = args.print {
        return print(format, sample, context);
    }
    if let Some(own) = &mut own {
        own.audit.learn(&mut state);
        own.audit.instruct(&mut state, stop);
    }
    let clock = write(&layout, &mut sample, &state, &previous, context)?;
    let look = Look {
        root: &root,
        sample: &sample,
        previous: &previous,
        state: &state,
        seen: &layout.seen(),
        config: ConfigFile { path: &context.loaded.path, keys: &|| context.loaded.keys() },
        beat_seconds: i64::from(options.slow_interval_seconds),
    };
    note_changes(&look, &layout)
        .context("the sample was written, what changed since the last one was not")?;
    // The first line makes the folder.
    if let Some(targets) = targets.or_else(|| Targets::open(&layout, context)) {
        targets.ask(&root, context, ASKING_SECONDS)?;
    }
    if own.is_none() && state.asks_systemd() {
        own = Own::open(&layout, checks);
        if !may_wait {
            end_at_deadline()?;
        }
    }
    if let Some(mut own) = own {
        own.run(&Surroundings { root: &root, state: &state, sample: &sample, stop }, context)?;
    }
    if let Some(jump) = clock {
        output::say(&format!("cronograph: {jump}"));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the sample instead of keeping it.
fn print(format: Print, mut sample: Sample, context: &Context) -> anyhow::Result<ExitCode> {
    OwnCost::finish(&mut sample, context.started, 0);
    let text = match format {
        Print::Json => serde_json::to_string(&sample)? + "\n",
        Print::Prometheus => ship::exposition(&sample, true),
        Print::PrometheusAll => ship::exposition(&sample, false),
    };
    output::print(text)?;
    Ok(ExitCode::SUCCESS)
}

/// Looks for what changed, and logs it.
fn note_changes(look: &Look<'_>, layout: &Layout) -> anyhow::Result<()> {
    let noticed = event::look(look);
    noticed.save()?;
    if noticed.resumed {
        store::append_missing_events(layout, &noticed.events)?;
    } else {
        store::append_events(layout, &noticed.events)?;
    }
    Ok(noticed.logged()?)
}

/// Writes the line, then what the next sample needs.
fn write(
    layout: &Layout,
    sample: &mut Sample,
    state: &State,
    previous: &State,
    context: &Context,
) -> anyhow::Result<Option<store::ClockJump>> {
    let beat = if state.is_slow() { state.beat.encode() } else { Vec::new() };
    let encoded = state.encode();
    let services = state.services.encode().unwrap_or_default();
    OwnCost::finish(sample, context.started, encoded.len() + beat.len() + services.len());
    let appended = store::append(layout, sample)?;
    State::save(&layout.state(), &encoded, previous).context("the sample was written, its state was not")?;
    if !beat.is_empty() {
        Beat::save(&layout.beat(), &beat).context("the sample was written, its state was not")?;
    }
    if !services.is_empty() {
        state.services.save(&services).context("the sample was written, its state was not")?;
    }
    Ok(appended.clock)
}

/// A tree without CPU times and without memory is none.
fn refuse_empty(sample: &Sample) -> anyhow::Result<()> {
    if sample.stat.is_some() || sample.meminfo.is_some() {
        return Ok(());
    }
    let reason =
        sample.errors.values().next().map_or("there is no /proc/stat and no /proc/meminfo", String::as_str);
    Err(output::failure(reason, "is /proc mounted here? --root DIR names a recorded tree"))
}

/// A file of the kernel that does not answer (the memory of a process that hangs, a sensor) must not make runs pile
/// up: a thread that sleeps ends the process. It dies with the process, but costs a tenth of a sample.
#[expect(
    clippy::disallowed_methods,
    reason = "the main thread hangs: nobody is left to return an exit code to"
)]
fn end_at_deadline() -> anyhow::Result<()> {
    let watch = move || {
        std::thread::sleep(DEADLINE);
        output::say(&format!(
            "cronograph: gave up after {} s: the kernel did not answer",
            DEADLINE.as_secs()
        ));
        std::process::exit(1);
    };
    std::thread::Builder::new().stack_size(32 * 1024).spawn(watch).context("cannot start a thread")?;
    Ok(())
}
