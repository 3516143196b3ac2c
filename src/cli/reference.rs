//! The manual page and the shell completions, made from the same definitions as `--help`.

use super::args::{Cli, CompletionsArgs};
use super::output;
use clap::CommandFactory;
use std::process::ExitCode;

/// Prints the manual page: the program's, then each command's options.
pub(super) fn man() -> anyhow::Result<ExitCode> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    output::print(page)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the completions for a shell.
pub(super) fn completions(args: &CompletionsArgs) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "cronograph", &mut script);
    output::print(script)?;
    Ok(ExitCode::SUCCESS)
}
