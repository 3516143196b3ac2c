//! The command line: parses, dispatches, turns errors into words and exit codes. One file for each command.

use std::process::ExitCode;

/// Runs the program.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
