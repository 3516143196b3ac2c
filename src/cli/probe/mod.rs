//! `cronograph probe`: does each run of a command leave memory behind, how much, in which part, in which way of running it.

mod experiment;
mod page;
mod progress;

pub(in crate::cli) use experiment::{Interrupt, explained, own_account, tell_ended};
pub(in crate::cli) use page::{Amount, growth_text, reason_and_help, things_text};
pub(in crate::cli) use progress::Bar;

use super::args::ProbeArgs;
use super::terminal::Terminal;
use super::{Context, FOUND, output};
use crate::base::escape;
use crate::base::words::{Lang, Words};
use crate::event;
use crate::probe::{Judgement, Verdict};
use crate::sample::Root;
use crate::store::{self, Layout};
use serde::Serialize;
use std::ffi::OsString;
use std::process::ExitCode;

/// What `--json` prints: bytes and seconds.
#[derive(Serialize)]
struct Answer<'a> {
    v: u32,
    command: Vec<String>,
    judgement: Judgement,
    ways: &'a [Verdict],
}

/// Runs the command.
pub(super) fn run(args: &ProbeArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let (words_of_command, timeout_seconds) = command_of(args, context)?;
    let verdicts = experiment::all(args, &words_of_command, timeout_seconds)?;
    let judgement = together(&verdicts);
    let command = shown(&words_of_command);
    if args.json {
        let command = words_of_command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let answer = Answer { v: 1, command, judgement, ways: &verdicts };
        output::print(serde_json::to_string_pretty(&answer)? + "\n")?;
    } else {
        let words = Words::of(context.config().lang);
        let terminal = Terminal::of_stdout(&context.environment);
        output::print(page::text(&command, judgement, &verdicts, words, terminal))?;
    }
    if args.note {
        let told = page::short(&command, judgement, &verdicts, Words::of(Lang::En));
        keep(context, &told)?;
    }
    Ok(match judgement {
        Judgement::Leaks => ExitCode::from(FOUND),
        Judgement::Clean => ExitCode::SUCCESS,
        Judgement::Unsure => ExitCode::FAILURE,
    })
}

/// The command that was typed, or that of a check, with its timeout.
fn command_of(args: &ProbeArgs, context: &Context) -> anyhow::Result<(Vec<OsString>, f64)> {
    let Some(name) = &args.check else { return Ok((args.command.clone(), args.limits.timeout)) };
    let checks = context.checks();
    if let Some(check) = checks.iter().find(|check| check.name == *name) {
        let command = check.command.iter().map(OsString::from).collect();
        return Ok((command, f64::from(check.timeout_seconds)));
    }
    let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
    let hint = match names.as_slice() {
        [] => format!("{} has no [[check]]", context.loaded.path.display()),
        names => format!("there is {}", names.join(", ")),
    };
    Err(output::failure(format!("there is no check {name}"), hint))
}

/// Of all ways: one that leaks is enough, and none may be in doubt.
fn together(verdicts: &[Verdict]) -> Judgement {
    let is = |judgement: Judgement| verdicts.iter().any(|verdict| verdict.judgement == judgement);
    if is(Judgement::Leaks) {
        Judgement::Leaks
    } else if is(Judgement::Unsure) {
        Judgement::Unsure
    } else {
        Judgement::Clean
    }
}

/// The command as one would type it, harmless on a terminal.
pub(in crate::cli) fn shown(command: &[OsString]) -> String {
    let word = |word: &OsString| {
        let text = word.to_string_lossy();
        let is_plain = |letter: char| letter.is_alphanumeric() || "-_./:=,@%+".contains(letter);
        if !text.is_empty() && text.chars().all(is_plain) {
            text.into_owned()
        } else {
            format!("'{}'", text.replace('\'', "'\\''"))
        }
    };
    let text = command.iter().map(word).collect::<Vec<_>>().join(" ");
    escape::terminal(&text).into_owned()
}

/// Keeps an answer as a note on the charts.
pub(in crate::cli) fn keep(context: &Context, text: &str) -> anyhow::Result<()> {
    let layout = Layout::new(&context.config().data, context.host(&Root::real())?)?;
    if let Some(note) = event::note(context.clock.now(), text) {
        store::append_events(&layout, std::slice::from_ref(&note))?;
        output::say(&format!("Kept as a note on the charts of {}.", layout.host()));
    }
    Ok(())
}
