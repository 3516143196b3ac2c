//! The standard streams of one run: made anew for each, read and dropped while it runs, so that a command may print without
//! end. The last lines are kept, to say what a command that failed had to say.

use super::ProbeError;
use super::terminal::pseudo_terminal;
use super::way::{Stream, Way};
use crate::sample::command::{ENOUGH_BYTES, line_of};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::process::Stdio;

/// As much may be written into the temporary file: pages of it are memory.
const MOST_FILE_BYTES: u64 = 64 << 20;
/// What Ctrl-D types.
const END_OF_INPUT: u8 = 4;

/// Standard input, output and error of one run; what of them is ours.
pub(super) struct Streams {
    /// Handed to the child.
    pub(super) stdin: Stdio,
    pub(super) stdout: Stdio,
    pub(super) stderr: Stdio,
    /// The command's side of its terminal, if it has one: to be made the terminal of its session.
    pub(super) terminal: Option<OwnedFd>,
    /// What is ours.
    pub(super) output: Output,
}

/// What comes out of a command.
pub(super) struct Output {
    /// Where it can be read: a pipe, our side of the terminal.
    sources: Vec<OwnedFd>,
    /// The command's side of its terminal: if nobody had it open any more, the command would be hung up.
    _terminal: Option<OwnedFd>,
    /// The temporary file.
    file: Option<File>,
    end: Vec<u8>,
}

/// Reads what there is and keeps the last of it. Says whether more may come.
fn is_open_after_reading(source: &OwnedFd, end: &mut Vec<u8>) -> bool {
    let mut buffer = [0_u8; 16 * 1024];
    for _ in 0..64 {
        match rustix::io::read(source, &mut buffer) {
            Ok(count) if count > 0 => {
                end.extend_from_slice(&buffer[..count]);
                let too_many = end.len().saturating_sub(ENOUGH_BYTES);
                end.drain(..too_many);
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return true,
            // The end; of a terminal that nobody has open any more, an error says so.
            Ok(_) | Err(_) => return false,
        }
    }
    true
}

fn failed(what: &'static str) -> impl Fn(std::io::Error) -> ProbeError {
    move |source| ProbeError::Stream { what, source }
}

impl Streams {
    pub(super) fn new(way: Way) -> Result<Self, ProbeError> {
        let terminal = match (way.stdin, way.stdout) {
            (Stream::Tty, _) | (_, Stream::Tty) => Some(pseudo_terminal()?),
            _ => None,
        };
        let copy = |side: &OwnedFd| side.try_clone().map_err(failed("pseudo-terminal"));
        let (ours, theirs) = terminal.unzip();
        let stdin = match (way.stdin, &theirs) {
            (Stream::Tty, Some(theirs)) => Stdio::from(copy(theirs)?),
            (Stream::Pipe, _) => {
                // Nobody has the other end: it is at its end at once.
                let (end, _) = pipe_with(PipeFlags::CLOEXEC).map_err(|error| failed("pipe")(error.into()))?;
                Stdio::from(end)
            }
            (Stream::File, _) => Stdio::from(tempfile::tempfile().map_err(failed("temporary file"))?),
            _ => Stdio::null(),
        };
        let mut output = Output { sources: Vec::new(), _terminal: None, file: None, end: Vec::new() };
        let (stdout, stderr) = match (way.stdout, &theirs) {
            (Stream::Tty, Some(theirs)) => (Stdio::from(copy(theirs)?), Stdio::from(copy(theirs)?)),
            (Stream::Pipe, _) => {
                let (ours, end) =
                    pipe_with(PipeFlags::CLOEXEC).map_err(|error| failed("pipe")(error.into()))?;
                output.sources.push(ours);
                (Stdio::from(end.try_clone().map_err(failed("pipe"))?), Stdio::from(end))
            }
            (Stream::File, _) => {
                let file = tempfile::tempfile().map_err(failed("temporary file"))?;
                let copy = || file.try_clone().map_err(failed("temporary file"));
                let streams = (Stdio::from(copy()?), Stdio::from(copy()?));
                output.file = Some(file);
                streams
            }
            _ => (Stdio::null(), Stdio::null()),
        };
        if let (Some(ours), Some(theirs)) = (ours, &theirs) {
            // Nobody types: who reads is at the end at once.
            let _ = rustix::io::write(&ours, &[END_OF_INPUT]);
            output.sources.push(ours);
            output._terminal = Some(copy(theirs)?);
        }
        output.never_wait();
        Ok(Self { stdin, stdout, stderr, terminal: theirs, output })
    }
}

impl Output {
    fn never_wait(&self) {
        for source in &self.sources {
            if let Ok(flags) = fcntl_getfl(source) {
                let _ = fcntl_setfl(source, flags | OFlags::NONBLOCK);
            }
        }
    }

    /// What to wait for, besides the end of the command.
    pub(super) fn sources(&self) -> impl Iterator<Item = &OwnedFd> {
        self.sources.iter()
    }

    /// Reads what there is, at most a mebibyte at a time, as the command must be looked after, too.
    pub(super) fn drain(&mut self) {
        let end = &mut self.end;
        self.sources.retain(|source| is_open_after_reading(source, end));
    }

    /// Whether the temporary file has become too large.
    pub(super) fn is_too_much(&self) -> bool {
        let size =
            self.file.as_ref().and_then(|file| file.metadata().ok()).map_or(0, |metadata| metadata.len());
        size > MOST_FILE_BYTES
    }

    /// The last line: a command that fails says why at its end. A file's pages are given back.
    pub(super) fn into_line(mut self) -> Option<String> {
        self.drain();
        if let Some(file) = &mut self.file {
            let size = file.metadata().map_or(0, |metadata| metadata.len());
            let mut end = vec![0; ENOUGH_BYTES];
            let count =
                rustix::io::pread(&*file, &mut end, size.saturating_sub(ENOUGH_BYTES as u64)).unwrap_or(0);
            self.end.extend_from_slice(&end[..count]);
            let _ = file.set_len(0);
        }
        let is_empty = |line: &&[u8]| line.trim_ascii().is_empty();
        let mut lines = self.end.split(|byte| matches!(byte, b'\n' | b'\r'));
        line_of(lines.rfind(|line| !is_empty(line))?)
    }
}
