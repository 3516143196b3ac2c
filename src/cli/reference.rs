//! The manual page and the shell completions, made from the same definitions as `--help`.

use super::args::{Cli, CompletionsArgs};
use super::output;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use std::io::Write;
use std::process::ExitCode;

/// Prints the manual page: the program and what all commands share, then each command.
pub(super) fn man() -> anyhow::Result<ExitCode> {
    let program = Cli::command();
    let whole = Man::new(program.clone());
    let mut page = Vec::new();
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    whole.render_options_section(&mut page)?;
    writeln!(page, ".SH COMMANDS")?;
    for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
        describe(&mut page, command)?;
    }
    output::print(page)?;
    Ok(ExitCode::SUCCESS)
}

/// A command: what it does, its own options, its example.
fn describe(page: &mut Vec<u8>, command: &Command) -> anyhow::Result<()> {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    writeln!(page, ".SS cronograph {}\n{}.", command.get_name(), escaped(&about))?;
    let mut options = Vec::new();
    Man::new(command.clone()).render_options_section(&mut options)?;
    // The heading is the command's name; `-h` is in every one.
    for line in String::from_utf8_lossy(&options).lines().filter(|line| *line != ".SH OPTIONS") {
        writeln!(page, "{line}")?;
    }
    if let Some(example) = command.get_after_help() {
        writeln!(page, ".PP\n.nf\n{}\n.fi", escaped(&example.to_string()))?;
    }
    Ok(())
}

/// Text as roff: a backslash is a command, and so is a dot at the start of a line.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    text.lines()
        .map(|line| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() })
        .collect::<Vec<_>>()
        .join("\n")
}

/// Prints the completions for a shell.
pub(super) fn completions(args: &CompletionsArgs) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "cronograph", &mut script);
    output::print(script)?;
    Ok(ExitCode::SUCCESS)
}
