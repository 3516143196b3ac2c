//! `cronograph bisect`: which scripts of a folder make a command leak. Shows each round as it goes, on standard error; then
//! the culprits, on standard output. Changes nothing.

mod page;
mod search;

use super::args::BisectArgs;
use super::probe::{Interrupt, explained, keep, own_account, shown, tell_ended};
use super::terminal::Terminal;
use super::{Context, FOUND, output};
use crate::base::words::{Lang, Words};
use crate::probe::script::{may_be_a_copy, scripts};
use crate::probe::{Cover, Covering, Kind, Machine, ProbeError, Setup, Stream, Surroundings, Way, World};
use page::Page;
use search::{Outcome, Search};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What asks each init script how it is.
const INIT_SCRIPTS: &str = "/etc/init.d";
/// How long nothing may take to run.
const TRY_SECONDS: f64 = 10.0;
const COMMAND: [&str; 2] = ["service", "--status-all"];

/// Runs the command.
pub(super) fn run(args: &BisectArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let paths = scripts(&args.dir).map_err(explained)?;
    let command = command_of(args)?;
    let interrupt = Interrupt::catch()?;
    let way = way(args);
    let mut machine = machine(args, way, &paths, command.clone(), &interrupt)?;
    try_out(&mut machine, paths.len())?;
    let page = Page {
        words: Words::of(context.config().lang),
        terminal: Terminal::of_stdout(&context.environment),
        command: shown(&command),
        folder: args.dir.display().to_string(),
        is_copy: args.copy,
        scripts: &paths,
        root: Context::root(args.root.as_deref()),
    };
    if !args.json {
        output::say(&page.title());
    }
    let mut tell = |round: &search::Round| {
        if !args.json {
            output::say(&page.round(round));
        }
    };
    let found = Search::new(&mut machine, args, way, paths.len(), &mut tell).all().map_err(explained)?;
    tell_ended(machine.end_leftover());
    output::print(if args.json { page.json(&found)? } else { page.text(&found) })?;
    if args.note {
        let told = Page { words: Words::of(Lang::En), ..page };
        keep(context, &told.short(&found))?;
    }
    Ok(match found.outcome {
        Outcome::Found | Outcome::CommandItself => ExitCode::from(FOUND),
        Outcome::Stopped(_) if !found.culprits.is_empty() => ExitCode::from(FOUND),
        Outcome::Clean => ExitCode::SUCCESS,
        Outcome::Unsure | Outcome::Stopped(_) => ExitCode::FAILURE,
    })
}

/// The command that was typed; of the folder of init scripts it is known.
fn command_of(args: &BisectArgs) -> anyhow::Result<Vec<OsString>> {
    if !args.command.is_empty() {
        return Ok(args.command.clone());
    }
    if args.dir == Path::new(INIT_SCRIPTS) {
        return Ok(COMMAND.map(OsString::from).into());
    }
    let folder = args.dir.display();
    let hint = format!("name it: cronograph bisect --dir {folder} -- run-parts {folder}");
    Err(output::failure(format!("which command runs the scripts of {folder}?"), hint))
}

/// The one way in which the command is run.
fn way(args: &BisectArgs) -> Way {
    let stream = |name: &String| Stream::named(&[name]).into_iter().next();
    Way {
        stdout: stream(&args.stdout).unwrap_or(Stream::Pipe),
        stdin: stream(&args.stdin).unwrap_or(Stream::Null),
        env: Surroundings::named(&[&args.env]).into_iter().next().unwrap_or(Surroundings::Full),
    }
}

fn machine(
    args: &BisectArgs,
    way: Way,
    paths: &[PathBuf],
    command: Vec<OsString>,
    interrupt: &Interrupt,
) -> anyhow::Result<Machine> {
    let covering = covering(args)?;
    let cover = Cover::new(paths.to_vec(), covering).map_err(explained)?;
    let setup = Setup {
        root: Context::root(args.root.as_deref()),
        command,
        way,
        account: (way.env == Surroundings::Cron).then(own_account).flatten(),
        timeout_seconds: args.limits.timeout,
        interrupted: interrupt.flag(),
    };
    Machine::new(setup, Some(cover)).map_err(explained)
}

fn covering(args: &BisectArgs) -> anyhow::Result<Covering> {
    if args.copy {
        if !may_be_a_copy(&args.dir) {
            let message =
                format!("{} belongs to the system: --copy would change its files", args.dir.display());
            return Err(output::failure(
                message,
                "copy it first: cp -a DIR /tmp/copy, then --copy --dir /tmp/copy",
            ));
        }
        return Ok(Covering::Permissions);
    }
    Ok(if rustix::process::geteuid().is_root() { Covering::Namespace } else { Covering::UserNamespace })
}

/// Runs nothing with every script covered, to see that this is allowed here.
fn try_out(machine: &mut Machine, count: usize) -> anyhow::Result<()> {
    let all: Vec<usize> = (0..count).collect();
    // What starts nothing at all can only have been refused the namespace.
    let refused = |error| match error {
        ProbeError::Start { source, .. } => ProbeError::NoNamespace { source },
        other => other,
    };
    let tried =
        machine.switch_off(&all).and_then(|()| machine.run(Kind::Control, TRY_SECONDS).map_err(refused));
    tried.map(drop).map_err(explained)
}
