//! `cronograph sample`: one sample of this host, appended to its log. Says nothing where all went well; cron would
//! send it by mail.

use super::args::SampleArgs;
use super::{Context, output};
use crate::event::{self, ConfigFile, Look};
use crate::sample::own_cost::OwnCost;
use crate::sample::{Beat, Sample, State, take};
use crate::store::{self, Layout};
use anyhow::Context as _;
use std::process::ExitCode;
use std::time::Duration;

/// After so long a run ends itself: before cron starts the next.
const DEADLINE: Duration = Duration::from_secs(45);

/// Runs the command.
pub(super) fn run(args: &SampleArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let root = Context::root(args.root.as_deref());
    let layout = Layout::new(&context.config().data, context.host(&root)?)?;
    let options = context.options();
    let mut previous = State::load(&layout.state());
    if previous.is_due(&options, context.clock.now()) {
        previous.beat = Beat::load(&layout.beat());
    }
    if previous.may_wait(&options, context.clock.now()) {
        end_at_deadline()?;
    }
    let (mut sample, state) = take(&root, &options, &previous, context.clock.now());
    refuse_empty(&sample)?;
    if args.print {
        OwnCost::finish(&mut sample, context.started, 0);
        let mut line = serde_json::to_vec(&sample)?;
        line.push(b'\n');
        output::print(line)?;
        return Ok(ExitCode::SUCCESS);
    }
    let beat = if state.is_slow() { state.beat.encode() } else { Vec::new() };
    let encoded = state.encode();
    OwnCost::finish(&mut sample, context.started, encoded.len() + beat.len());
    let appended = store::append(&layout, &sample)?;
    State::save(&layout.state(), &encoded, &previous).context("the sample was written, its state was not")?;
    if !beat.is_empty() {
        Beat::save(&layout.beat(), &beat)?;
    }
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
    if let Some(jump) = appended.clock {
        output::say(&format!("cronograph: {jump}"));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Looks for what changed, and logs it.
fn note_changes(look: &Look<'_>, layout: &Layout) -> anyhow::Result<()> {
    let noticed = event::look(look);
    noticed.save()?;
    Ok(store::append_events(layout, &noticed.events)?)
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
