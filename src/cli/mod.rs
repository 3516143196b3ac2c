//! The command line: parses, dispatches, turns errors into words and exit codes. One file for each command.
//!
//! Results go to standard output, everything else to standard error. 0: it worked; 1: it failed; 2: wrong
//! usage; 3: it worked and found something (`doctor`, `explain`, `trend`, `probe`, `bisect`).

pub mod args;
mod confirm;
mod context;
mod output;
mod schedule;
mod web;

mod bisect;
mod check;
mod compact;
mod config;
mod doctor;
mod explain;
mod import;
mod install;
mod log;
mod moment;
mod mute;
mod note;
mod probe;
mod progress;
mod push;
mod quantity;
mod reference;
mod sample;
mod site;
mod source;
mod terminal;
mod trend;
mod try_run;
mod uninstall;

pub use context::Context;

use crate::base::clock::Stopwatch;
use crate::config::Environment;
use args::{Cli, Command};
use clap::Parser;
use std::process::ExitCode;

/// A command ran well and found something that the user should mend.
pub const FOUND: u8 = 3;
/// The command line cannot be understood.
const WRONG_USAGE: u8 = 2;

/// Runs the program.
pub fn main() -> ExitCode {
    let started = Stopwatch::start();
    match Cli::try_parse() {
        Ok(cli) => run(&cli, started).unwrap_or_else(|error| {
            let typed = Context::typed_of(&cli, &Environment::of_process());
            output::report(&error, &typed)
        }),
        Err(error) => output::usage(&error),
    }
}

/// Hands over to the command.
fn run(cli: &Cli, started: Stopwatch) -> anyhow::Result<ExitCode> {
    match &cli.command {
        Command::Man => return reference::man(),
        Command::Completions(args) => return reference::completions(args),
        _ => {}
    }
    if let Command::Doctor(args) = &cli.command {
        let (context, mistake) = Context::lenient(cli, started);
        return doctor::run(args, &context, mistake);
    }
    let context = Context::new(cli, started)?;
    match &cli.command {
        Command::Sample(args) => sample::run(args, &context),
        Command::Site(args) => site::run(args, &context),
        Command::Try(args) => try_run::run(args, &context),
        Command::Note(args) => note::run(args, &context),
        Command::Import(args) => import::run(args, &context),
        Command::Install(args) => install::run(args, &context),
        Command::Uninstall(args) => uninstall::run(args, &context),
        Command::Explain(args) => explain::run(args, &context),
        Command::Trend(args) => trend::run(args, &context),
        Command::Probe(args) => probe::run(args, &context),
        Command::Bisect(args) => bisect::run(args, &context),
        Command::Check(args) => check::run(args, &context),
        Command::Mute(args) => mute::run(args, &context),
        Command::Compact(args) => compact::run(args, &context),
        Command::Log(args) => log::run(args, &context),
        Command::Push(args) => push::run(args, &context),
        Command::Config(args) => config::run(args, &context),
        Command::Man | Command::Completions(_) | Command::Doctor(_) => Ok(ExitCode::SUCCESS),
    }
}
