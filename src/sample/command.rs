//! Runs a command of the user's once, so that it cannot hurt: no shell, nothing to read, in a process group of its own that is
//! killed at the timeout, at the lowest priority, in an environment that is the same under cron and in a shell.

use super::check::CheckRun;
use super::perfdata::{self, Value};
use crate::base::clock::Stopwatch;
use crate::base::escape::LINE_BYTES;
pub(crate) use crate::base::escape::line_of;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where programs are found, whoever starts the run.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How much of a check's output is kept: long enough for the numbers that plugins add.
pub(crate) const CHECK_BYTES: usize = 16 * 1024;
/// How often it is looked whether a command has ended.
const POLL: Duration = Duration::from_millis(5);

/// How a run went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The exit code; none if a signal ended it, or if it could not be started.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// How long it took.
    pub seconds: f64,
    /// It was killed at the timeout.
    pub killed: bool,
    /// The first line of its output, cut, made harmless.
    pub line: Option<String>,
    /// Its output, as much of it as was asked for.
    pub output: Vec<u8>,
    /// Why it could not be started.
    pub error: Option<String>,
}

/// Runs a command: a program, found as root's shell would, and its arguments. Keeps so many bytes of its output.
pub fn run(command: &[String], timeout_seconds: f64, most_bytes: usize) -> Outcome {
    let watch = Stopwatch::start();
    let mut child = match spawn(command) {
        Ok(child) => child,
        Err(error) => {
            return Outcome {
                error: Some(error.to_string()),
                seconds: watch.seconds(),
                ..Outcome::default()
            };
        }
    };
    let output = child.stdout.take().map(|output| first_bytes(output, most_bytes));
    let (status, killed) = wait(&mut child, timeout_seconds, watch);
    let seconds = (watch.seconds() * 1e3).round() / 1e3;
    let output = output.map(|output| all_of(&output)).unwrap_or_default();
    Outcome {
        code: status.and_then(|status| status.code()),
        signal: status.and_then(|status| status.signal()),
        seconds,
        killed,
        line: line_of(&output),
        output,
        error: None,
    }
}

#[expect(clippy::disallowed_methods, reason = "a check is a program that the user asked to be run")]
fn spawn(command: &[String]) -> std::io::Result<Child> {
    let (program, arguments) =
        command.split_first().ok_or_else(|| std::io::Error::other("there is no command"))?;
    // Children inherit it, and what is left of this run has nothing to do but wait. The priority of disk access follows.
    let _ = rustix::process::nice(19);
    Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C.UTF-8")
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// Waits until the child ends, or kills its group. What else is left of its group when it ended by itself is killed too.
pub(crate) fn wait(child: &mut Child, timeout_seconds: f64, watch: Stopwatch) -> (Option<ExitStatus>, bool) {
    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
        return (child.wait().ok(), false);
    };
    // Not waited for until its group was killed: its number cannot be another's meanwhile.
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let ended = loop {
        match waitid(WaitId::Pid(pid), options) {
            Ok(Some(_)) => break true,
            Ok(None) | Err(Errno::INTR) if watch.seconds() < timeout_seconds => std::thread::sleep(POLL),
            _ => break false,
        }
    };
    let _ = kill_process_group(pid, Signal::KILL);
    (child.wait().ok(), !ended)
}

/// The beginning of an output, and whether that was all.
pub(crate) type Beginning = Arc<Mutex<(Vec<u8>, bool)>>;

/// Reads all output, so that nobody has to wait for a full pipe, and keeps the beginning. In a thread that is left
/// behind where a grandchild keeps the pipe open.
pub(crate) fn first_bytes(mut output: impl Read + Send + 'static, most: usize) -> Beginning {
    let kept = Arc::new(Mutex::new((Vec::new(), false)));
    let shared = Arc::clone(&kept);
    let read = move || {
        let mut buffer = [0; 4096];
        loop {
            let count = output.read(&mut buffer).unwrap_or(0);
            let Ok(mut kept) = shared.lock() else { return };
            let room = most.saturating_sub(kept.0.len()).min(count);
            kept.0.extend_from_slice(&buffer[..room]);
            kept.1 = count == 0;
            if count == 0 {
                return;
            }
        }
    };
    // Without a thread there is no line.
    let _ = std::thread::Builder::new().stack_size(32 * 1024).spawn(read);
    kept
}

/// The first line that is not empty.
pub(crate) fn first_line(output: &Mutex<(Vec<u8>, bool)>) -> Option<String> {
    line_of(&all_of(output))
}

/// What was kept. Waits a moment for what is still in the pipe.
fn all_of(output: &Mutex<(Vec<u8>, bool)>) -> Vec<u8> {
    for _ in 0..20 {
        if output.lock().is_ok_and(|kept| kept.1) {
            break;
        }
        std::thread::sleep(POLL);
    }
    output.lock().map(|kept| kept.0.clone()).unwrap_or_default()
}

/// How much of an output is enough for [`line_of`].
pub(crate) const ENOUGH_BYTES: usize = 4 * LINE_BYTES;

impl Outcome {
    /// As a sample says it: the run, and the numbers that a plugin gave with it.
    pub(crate) fn into_run(self, t: i64) -> (CheckRun, Vec<(String, Value)>) {
        let (text, values) = perfdata::parse(&self.output);
        let run = CheckRun {
            t,
            output: line_of(&text),
            error: self.error,
            exit_code: self.code.and_then(|code| u64::try_from(code).ok()),
            signal: self.signal.and_then(|signal| u64::try_from(signal).ok()),
            seconds: Some(self.seconds),
            killed: Some(u64::from(self.killed)),
        };
        (run, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, timeout: f64) -> Outcome {
        run(&["sh", "-c", script].map(str::to_owned), timeout, CHECK_BYTES)
    }

    #[test]
    fn code_and_first_line() {
        let outcome = shell("echo; echo \"$LC_ALL $(pwd) $(cat)\"; echo more; exit 3", 20.0);
        assert_eq!(
            (outcome.code, outcome.killed, outcome.line.as_deref()),
            (Some(3), false, Some("C.UTF-8 /"))
        );
    }

    #[test]
    fn what_hangs_is_killed_with_its_children() {
        let outcome = shell("echo begun; sleep 600 & sleep 600", 0.2);
        assert_eq!((outcome.code, outcome.signal, outcome.killed), (None, Some(9), true));
        assert_eq!(outcome.line.as_deref(), Some("begun"));
    }

    #[test]
    fn what_a_check_leaves_behind_is_killed_with_it() {
        let outcome = shell("sleep 600 & echo $!", 20.0);
        assert_eq!((outcome.code, outcome.killed), (Some(0), false));
        let left = format!("/proc/{}/stat", outcome.line.unwrap());
        let is_gone = || fs_err::read_to_string(&left).map_or(true, |stat| stat.contains(") Z "));
        assert!((0..400).any(|_| {
            std::thread::sleep(POLL);
            is_gone()
        }));
    }

    #[test]
    fn much_output_neither_blocks_nor_is_kept() {
        let outcome = shell("yes abcdefghi | head -c 1000000 | tr -d '\\n'", 20.0);
        assert_eq!((outcome.code, outcome.output.len()), (Some(0), CHECK_BYTES));
        assert_eq!(outcome.line.map(|line| line.len()), Some(LINE_BYTES));
    }

    #[test]
    fn what_is_not_there_is_said() {
        let outcome = run(&["no-such-program".to_owned()], 1.0, 0);
        assert!(outcome.code.is_none() && outcome.error.is_some());
    }

    #[test]
    fn control_characters_become_visible() {
        let outcome = shell("printf 'a\\033[31mb\\n'", 20.0);
        assert_eq!(outcome.line.as_deref(), Some("a\\u{1b}[31mb"));
    }
}
