//! `cronograph try`: watches this machine for a while, a sample each second, and shows the pages. Needs no
//! configuration and no rights; writes into one folder and nowhere else.

use super::args::TryArgs;
use super::{Context, output};
use crate::base::clock::{Clock, Stopwatch};
use crate::base::{escape, files};
use crate::config::Origin;
use crate::sample::own_cost::OwnCost;
use crate::sample::{Options, Root, State, take};
use crate::site::{self, Inputs};
use crate::store::{self, Layout};
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// So short a look must not wait for the slow sources.
const SLOW_INTERVAL_SECONDS: u32 = 5;

/// Runs the command.
pub(super) fn run(args: &TryArgs, context: &Context) -> anyhow::Result<ExitCode> {
    context.check()?;
    let folder = folder(args.out.as_deref())?;
    let mut config = context.config().clone();
    if context.loaded.origin("data") != Origin::Flag("--data") {
        config.data = folder.join("data");
    }
    config.out = folder.join("site");
    let inputs = Inputs::of(&config, context.own_name())?;
    let root = Root::real();
    let layout = Layout::new(&config.data, context.host(&root)?)?;
    watch(args.seconds, &root, &layout, context)?;
    site::build(&inputs, context.clock)?;
    // The shortest window: of so short a log the others show little.
    let page = config.out.join(layout.host()).join("1h.html");
    output::say(&format!("{} is on a page now; open it in a browser:", layout.host()));
    output::print(format!("{}\n{}\n", page.display(), escape::file_address(&page)))?;
    output::say(&context.typed().complete("To watch it from now on: cronograph install"));
    Ok(ExitCode::SUCCESS)
}

/// Where samples and pages go: the folder that was named, or a new one that stays.
fn folder(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    match named {
        Some(path) => {
            files::create_folder(path)?;
            Ok(fs_err::canonicalize(path)?)
        }
        None => {
            // The samples name processes and users: nobody else's business in a folder that all share.
            let private = std::fs::Permissions::from_mode(0o700);
            let folder = tempfile::Builder::new().prefix("cronograph-try-").permissions(private).tempdir();
            Ok(folder.context("cannot make a temporary folder")?.keep())
        }
    }
}

/// Takes the samples. A bar shows how far it is; where there is no terminal, a line at the start has to do.
fn watch(seconds: u32, root: &Root, layout: &Layout, context: &Context) -> anyhow::Result<()> {
    let options = Options { slow_interval_seconds: SLOW_INTERVAL_SECONDS, ..context.options() };
    let bar = bar(seconds);
    if bar.is_hidden() {
        output::say(&format!("Watching {} for {seconds} s", layout.host()));
    }
    bar.set_message(format!("Watching {}", layout.host()));
    let mut state = State::default();
    await_full_second(context.clock);
    let begun = Stopwatch::start();
    // A sample at each end: n seconds lie between n + 1 samples.
    for second in 0..=seconds {
        let early = f64::from(second) - begun.seconds();
        std::thread::sleep(Duration::from_secs_f64(early.max(0.0)));
        let started = Stopwatch::start();
        let (mut sample, next) = take(root, &options, &state, context.clock.now());
        state = next;
        OwnCost::finish(&mut sample, started, 0);
        store::append(layout, &sample)?;
        bar.set_position(u64::from(second));
    }
    bar.finish_and_clear();
    Ok(())
}

/// Waits until the clock ticks: samples that come a little late are in their own second still, and none is left out.
fn await_full_second(clock: Clock) {
    let (second, waited) = (clock.now(), Stopwatch::start());
    while clock.now() == second && waited.seconds() < 1.0 {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The bar on standard error; hidden where that is no terminal.
fn bar(seconds: u32) -> ProgressBar {
    let bar = ProgressBar::new(u64::from(seconds));
    match ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} s") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
