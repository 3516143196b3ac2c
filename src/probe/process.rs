//! Runs a command once, in one way: in a session of its own, so that it can neither read the user's terminal nor be stopped
//! by it, without a shell, killed at its timeout with all that it started.

use super::ProbeError;
use super::account::Account;
use super::cover::Cover;
use super::output::{Output, Streams};
use super::way::{Surroundings, Way};
use crate::base::clock::Stopwatch;
use crate::sample::command::{Outcome, PATH};
use crate::sample::leftover::Leftover;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, ioctl_tiocsctty, kill_process_group, pidfd_open, setsid,
    waitid,
};
use rustix::thread::{set_thread_gid, set_thread_groups, set_thread_uid};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// So long a command that was killed has to be gone.
const KILL_SECONDS: f64 = 5.0;
/// The path that cron gives.
const CRON_PATH: &str = "/usr/bin:/bin";
/// How long to wait for something to happen before looking after the timeout again.
const PATIENCE_MS: i64 = 50;
/// The same on kernels before 5.3, which do not tell when a process ends.
const IMPATIENCE_MS: i64 = 2;

/// Runs commands.
#[derive(Debug)]
pub(super) struct Runner {
    pub(super) way: Way,
    pub(super) account: Option<Account>,
    pub(super) timeout_seconds: f64,
    pub(super) cover: Option<Cover>,
    pub(super) interrupted: Arc<AtomicBool>,
    pub(super) leftover: Leftover,
}

impl Runner {
    /// Runs a command to its end, to its timeout, or for so many seconds.
    pub(super) fn run(&self, command: &[OsString], seconds: f64) -> Result<Outcome, ProbeError> {
        let before = self.leftover.processes();
        let streams = Streams::new(self.way)?;
        let mut output = streams.output;
        let watch = Stopwatch::start();
        let mut child = self
            .spawn(command, streams.stdin, streams.stdout, streams.stderr, streams.terminal)
            .map_err(|source| start_error(command, source))?;
        let ended = self.wait(&child, watch, &mut output, seconds.min(self.timeout_seconds));
        let killed = !ended && !self.interrupted.load(Ordering::Relaxed);
        if !ended {
            self.kill(&child, &before);
        }
        let status = status(&mut child, &mut output)?;
        let seconds = watch.seconds();
        if !ended {
            self.leftover.end(&before);
        }
        Leftover::reap();
        Ok(Outcome {
            code: status.code(),
            signal: status.signal(),
            seconds,
            killed,
            line: output.into_line(),
            output: Vec::new(),
            error: None,
        })
    }

    #[expect(clippy::disallowed_methods, reason = "the command is what the user asked to be run")]
    fn spawn(
        &self,
        command: &[OsString],
        stdin: std::process::Stdio,
        stdout: std::process::Stdio,
        stderr: std::process::Stdio,
        terminal: Option<OwnedFd>,
    ) -> io::Result<Child> {
        let (program, arguments) =
            command.split_first().ok_or_else(|| io::Error::other("there is no command"))?;
        let mut built = Command::new(program);
        built.args(arguments).stdin(stdin).stdout(stdout).stderr(stderr);
        self.surround(&mut built);
        let account = self.becomes().cloned();
        let cover = self.cover.as_ref().and_then(Cover::in_child);
        let enter = move || {
            setsid()?;
            if let Some(terminal) = &terminal {
                ioctl_tiocsctty(terminal.as_fd())?;
            }
            if let Some(cover) = &cover {
                cover.enter()?;
            }
            if let Some(account) = &account {
                set_thread_groups(&account.groups)?;
                set_thread_gid(account.gid)?;
                set_thread_uid(account.uid)?;
            }
            // If this process is killed, nobody else ends the command. Changing the user forgets it, so it comes last.
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            Ok(())
        };
        #[expect(unsafe_code, reason = "a session, a terminal, a namespace and a user of the command's own")]
        // SAFETY: between fork and exec only what is safe in a signal handler may be done. The closure makes system calls
        // through rustix, which calls the kernel directly, on data made before the fork; it allocates nothing, takes no lock.
        unsafe {
            built.pre_exec(enter);
        }
        built.spawn()
    }

    /// The user to become. Who it is already needs no rights for it.
    fn becomes(&self) -> Option<&Account> {
        self.account.as_ref().filter(|account| account.uid != rustix::process::geteuid())
    }

    fn surround(&self, built: &mut Command) {
        if self.way.env == Surroundings::Full {
            if let Some(account) = self.becomes() {
                built.env("HOME", &account.home).env("USER", &account.name).env("LOGNAME", &account.name);
            }
            return;
        }
        built.env_clear();
        built.envs(path_of(self.way.env).map(|path| ("PATH", path)));
        if self.way.env == Surroundings::Clean {
            return;
        }
        built.env("SHELL", "/bin/sh");
        if let Some(account) = &self.account {
            built.env("HOME", &account.home).env("LOGNAME", &account.name);
            if account.home.is_dir() {
                built.current_dir(&account.home);
            }
        }
    }

    /// Waits until the command ends. False at the timeout, when the user interrupts, or when it prints too much into a file.
    fn wait(&self, child: &Child, watch: Stopwatch, output: &mut Output, seconds: f64) -> bool {
        let Some(pid) = pid_of(child) else { return false };
        let ends = pidfd_open(pid, PidfdFlags::empty()).ok();
        let patience = if ends.is_some() { PATIENCE_MS } else { IMPATIENCE_MS };
        loop {
            // Not waited for yet: its number cannot be another's before it was killed with its group.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            match waitid(WaitId::Pid(pid), options) {
                Ok(None) | Err(Errno::INTR) => {}
                Ok(Some(_)) => return true,
                Err(_) => return false,
            }
            let is_over = watch.seconds() > seconds || output.is_too_much();
            if is_over || self.interrupted.load(Ordering::Relaxed) {
                return false;
            }
            await_either(ends.as_ref(), output, patience);
            output.drain();
        }
    }

    /// Kills the command, and at once what else is in its session's group.
    fn kill(&self, child: &Child, before: &BTreeSet<i32>) {
        if let Some(pid) = pid_of(child) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        for pid in self.leftover.processes().difference(before).copied().filter_map(Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.leftover.end(&BTreeSet::new());
    }
}

/// Waits until the command ends, prints something, or a moment is over.
fn await_either(ends: Option<&OwnedFd>, output: &Output, patience_ms: i64) {
    let mut awaited: Vec<PollFd<'_>> =
        output.sources().map(|source| PollFd::new(source, PollFlags::IN)).collect();
    awaited.extend(ends.map(|ends| PollFd::new(ends, PollFlags::IN)));
    let timeout = Timespec { tv_sec: 0, tv_nsec: patience_ms * 1_000_000 };
    let _ = poll(&mut awaited, Some(&timeout));
}

fn pid_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// The folders of an environment in which a program is looked for, if it is not this shell's.
pub(super) fn path_of(env: Surroundings) -> Option<&'static str> {
    match env {
        Surroundings::Full => None,
        Surroundings::Clean => Some(PATH),
        Surroundings::Cron => Some(CRON_PATH),
    }
}

/// How it ended. What cannot be killed, as it became another user or waits for a disk that does not answer, is named.
fn status(child: &mut Child, output: &mut Output) -> Result<ExitStatus, ProbeError> {
    let watch = Stopwatch::start();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if watch.seconds() < KILL_SECONDS => {}
            Ok(None) | Err(_) => return Err(ProbeError::NoEnd { pid: child.id() }),
        }
        await_either(None, output, IMPATIENCE_MS);
        output.drain();
    }
}

fn start_error(command: &[OsString], source: io::Error) -> ProbeError {
    let program = command.first().map(|program| program.to_string_lossy().into_owned()).unwrap_or_default();
    ProbeError::Start { program, source }
}
