//! Starts a program with something to read, so that it cannot hurt: no shell, an environment that is the same under cron and in a
//! shell, a process group of its own that is killed at the time limit.

use crate::base::clock::Stopwatch;
use crate::base::refusal::Refusal;
use crate::sample::command::{self, PATH};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};

/// Runs a program to its end. It has done its part if it ends with 0; else the first line of its standard error says why.
pub(super) fn run(
    command: &[String],
    environment: &[(&str, &str)],
    input: Vec<u8>,
    seconds: f64,
) -> Result<(), Refusal> {
    let watch = Stopwatch::start();
    let name = command.first().map_or("", String::as_str);
    let mut child = spawn(command, environment)
        .map_err(|error| Refusal::lasting(format!("{name} cannot be started: {error}")))?;
    let errors = child.stderr.take().map(|errors| command::first_bytes(errors, command::ENOUGH_BYTES));
    if let Some(mut pipe) = child.stdin.take() {
        // In a thread that is left behind: one that reads nothing must not hold us. What it did not want to read is no failure.
        let write = move || drop(pipe.write_all(&input));
        std::thread::Builder::new()
            .stack_size(64 * 1024)
            .spawn(write)
            .map_err(|error| Refusal::soon(format!("there is no thread for {name}: {error}")))?;
    }
    let (status, killed) = command::wait(&mut child, seconds, watch);
    let said = errors.and_then(|errors| command::first_line(&errors));
    let said = said.map_or(String::new(), |line| format!(": {line}"));
    match status {
        _ if killed => {
            Err(Refusal::soon(format!("{name} was killed, it took longer than {seconds:.0} s{said}")))
        }
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(Refusal::soon(format!("{name} {}{said}", ending(status)))),
        None => Err(Refusal::soon(format!("nobody knows how {name} ended"))),
    }
}

fn ending(status: ExitStatus) -> String {
    status.code().map_or("was ended by a signal".to_owned(), |code| format!("ended with {code}"))
}

#[expect(clippy::disallowed_methods, reason = "a program that the user asked to be run, or sendmail")]
fn spawn(command: &[String], environment: &[(&str, &str)]) -> std::io::Result<Child> {
    let (program, arguments) =
        command.split_first().ok_or_else(|| std::io::Error::other("there is no command"))?;
    Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C.UTF-8")
        .envs(environment.iter().copied())
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
}
