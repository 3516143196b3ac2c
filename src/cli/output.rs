//! What is said where: results to standard output, errors with their chain to standard error, and no word when
//! the reader of a pipe has gone.

use super::WRONG_USAGE;
use crate::base::escape;
use crate::base::hint::Typed;
use crate::config::ConfigError;
use clap::error::ErrorKind;
use std::io::{self, Write};
use std::process::ExitCode;

/// Writes a result to standard output.
pub(in crate::cli) fn print(text: impl AsRef<[u8]>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_ref())?;
    out.flush()
}

/// Says something beside the result, on standard error. Nobody left to read it is no reason to fail.
pub(in crate::cli) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says why the run failed. A reader that closed the pipe (`| head`) has what it wanted.
pub(in crate::cli) fn report(error: &anyhow::Error, typed: &Typed) -> ExitCode {
    if broken_pipe(error) {
        return ExitCode::SUCCESS;
    }
    say(&format!("cronograph: {}", chain(error)));
    if let Some(hint) = hint(error) {
        say(&format!("hint: {}", typed.complete(&hint)));
    }
    ExitCode::FAILURE
}

/// The error and its causes in one line. Some errors name their cause in their own words already.
pub(in crate::cli) fn chain(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        let message = cause.split(HINT).next().unwrap_or_default();
        let cause = escape::terminal(message).into_owned();
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

/// The way out, where the error knows one.
pub(in crate::cli) fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| match cause.downcast_ref::<ConfigError>() {
        Some(error) => error.hint(),
        None => cause.downcast_ref::<Failure>().map(|failure| failure.hint.clone()).or_else(|| {
            let text = cause.to_string();
            text.split_once(HINT).map(|(_, hint)| escape::terminal(hint).into_owned())
        }),
    })
}

/// What stands between message and way out where a stage's error says both.
const HINT: &str = "\nhint: ";

/// A failure of a command, with the way out.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(in crate::cli) struct Failure {
    message: String,
    hint: String,
}

/// Makes a [`Failure`].
pub(in crate::cli) fn failure(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    Failure { message: message.into(), hint: hint.into() }.into()
}

/// Says what is wrong with the command line; help that was asked for is a result.
pub(in crate::cli) fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    if error.use_stderr() {
        say(text
            .strip_prefix("error: ")
            .map_or(text.clone(), |rest| format!("cronograph: {rest}"))
            .trim_end());
        // `probe service --status-all`: forgotten by everybody once.
        if error.kind() == ErrorKind::UnknownArgument && text.contains("-- <CMD>") {
            say("hint: the command and its arguments stand behind `--`");
        }
        return ExitCode::from(WRONG_USAGE);
    }
    match print(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error.into(), &Typed::default()),
    }
}

fn broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
