//! What is said where: results to standard output, errors with their chain to standard error, and no word when
//! the reader of a pipe has gone.

use super::WRONG_USAGE;
use std::io::{self, Write};
use std::process::ExitCode;

/// Writes a result to standard output.
pub(super) fn print(text: impl AsRef<[u8]>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_ref())?;
    out.flush()
}

/// Says something beside the result, on standard error. Nobody left to read it is no reason to fail.
pub(super) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says why the run failed. A reader that closed the pipe (`| head`) has what it wanted.
pub(super) fn report(error: &anyhow::Error) -> ExitCode {
    if broken_pipe(error) {
        return ExitCode::SUCCESS;
    }
    say(&format!("cronograph: {error:#}"));
    ExitCode::FAILURE
}

/// Says what is wrong with the command line; help that was asked for is a result.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    if error.use_stderr() {
        say(text
            .strip_prefix("error: ")
            .map_or(text.clone(), |rest| format!("cronograph: {rest}"))
            .trim_end());
        return ExitCode::from(WRONG_USAGE);
    }
    match print(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error.into()),
    }
}

fn broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
