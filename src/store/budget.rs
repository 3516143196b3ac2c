//! Budget of one host in one run. Its folder is filled by another machine, which may be broken or hostile: whatever lies
//! there, the other hosts are rendered and their alerts are sent. The limits themselves are listed in `base::limits`.
//!
//! A host that exceeds one is too costly for the rest of the run: all copies of its `Layout` share one budget, and once that is
//! exceeded every read of its files is an error at once.

use crate::base::limits::{Limits, MOST_BOOTS, MOST_ENTRIES, MOST_SKIPPED_BYTES};
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Cost of a host in this run.
#[derive(Debug, Default)]
pub struct Budget {
    limits: Limits,
    nanoseconds: AtomicU64,
    skipped: AtomicU64,
    /// Which limit was exceeded first.
    excess: OnceLock<String>,
}

impl Budget {
    /// Budget of a run that has cost nothing yet.
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Marks the host as too costly, for a reason in words.
    pub fn exceed(&self, reason: String) -> io::Error {
        let reason = self.excess.get_or_init(|| reason);
        io::Error::other(format!("too costly: {reason}"))
    }

    /// The limit that was exceeded, in words.
    pub(super) fn excess(&self) -> Option<&str> {
        self.excess.get().map(String::as_str)
    }

    /// Fails where a limit was exceeded before.
    pub(super) fn check(&self) -> io::Result<()> {
        match self.excess.get() {
            Some(reason) => Err(self.exceed(reason.clone())),
            None => Ok(()),
        }
    }

    /// Counts the numbers that are held of the host's samples, and the boots that these are of.
    pub fn hold(&self, numbers: usize, boots: usize) {
        if numbers > self.limits.numbers {
            self.exceed(format!("its samples name more than {} numbers (numbers)", self.limits.numbers));
        }
        if boots > MOST_BOOTS {
            self.exceed(format!("its samples are of more than {MOST_BOOTS} boots"));
        }
    }

    /// Counts the days that have a log.
    pub(super) fn list_days(&self, days: usize) -> io::Result<()> {
        match days > self.limits.days {
            true => {
                Err(self.exceed(format!("there are files of more than {} days (days)", self.limits.days)))
            }
            false => Ok(()),
        }
    }

    /// Counts the entries of a folder.
    pub(super) fn list_entries(&self, entries: usize) -> io::Result<()> {
        match entries > MOST_ENTRIES {
            true => Err(self.exceed(format!("there are more than {MOST_ENTRIES} files in a folder"))),
            false => Ok(()),
        }
    }

    /// Takes the size of a file.
    pub(super) fn open_file(&self, name: &str, bytes: u64) -> io::Result<()> {
        let most = self.limits.file_bytes;
        match bytes > most {
            true => Err(self.exceed(format!("{name} is larger than {most} bytes (file_bytes)"))),
            false => Ok(()),
        }
    }

    /// Takes the lines that were read of a file.
    pub(super) fn read_lines(&self, name: &str, lines: u64) -> io::Result<()> {
        let most = self.limits.lines;
        match lines > most {
            true => Err(self.exceed(format!("{name} has more than {most} lines (lines)"))),
            false => Ok(()),
        }
    }

    /// Counts bytes of lines that are too long.
    pub(super) fn skip_bytes(&self, name: &str, bytes: u64) -> io::Result<()> {
        let before = self.skipped.fetch_add(bytes, Ordering::Relaxed);
        match before.saturating_add(bytes) > MOST_SKIPPED_BYTES {
            true => Err(self.exceed(format!("{name} has lines that are longer than any sample"))),
            false => Ok(()),
        }
    }

    /// Counts CPU time.
    pub(super) fn spend(&self, time: Duration) -> io::Result<()> {
        let more = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let spent = Duration::from_nanos(self.nanoseconds.fetch_add(more, Ordering::Relaxed)) + time;
        let most = self.limits.cpu_seconds;
        match spent > Duration::from_secs(most) {
            true => {
                Err(self.exceed(format!("reading it takes more than {most} s of CPU time (cpu_seconds)")))
            }
            false => Ok(()),
        }
    }
}
