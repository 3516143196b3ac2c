//! Messages on disk until they are sent: one file for each notice and channel, and a ledger of what was sent.
//!
//! ```text
//! <spool>/queue/4f….json   a notice for a channel: how often it was tried, when next
//! <spool>/sent.jsonl       what was sent in the last 30 days: time, id, channel
//! <spool>/aside/           what cannot be sent ever: files that broke, messages to channels that are gone
//! <spool>/lock, sending    held for a change; held by the run that sends
//! ```
//!
//! Never lost: a file is forced to the disk before anything is sent, and goes only once it was taken. Never twice: what the ledger or
//! the queue has is not put again, and a line of the ledger is reserved before anything is sent, so that a disk that is full or
//! read-only stops a message before it goes out and not after. Between a server's "taken" and the disk lies a moment;
//! a power cut in it, or a server whose "taken" is lost on the way, repeats the message, and then under the same `Message-ID` (in
//! PagerDuty the same `dedup_key`), so that a mail program shows it once. To do better is possible for nobody who sends mail.
//!
//! The files hold names of hosts and evidence: folder and files are their owner's only.

mod deliver;
mod entry;
mod ledger;
#[cfg(test)]
mod tests;
mod waits;

use super::error::NotifyError;
use super::notice::Notice;
use crate::base::files;
use entry::Entry;
use ledger::Ledger;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

pub(super) use deliver::RUN_SECONDS;
pub use deliver::{Aside, Delivery, Failed, Sent};
pub use waits::{Wait, waits};

/// How long a change waits for another run's.
const PATIENCE_SECONDS: f64 = 10.0;
/// The longest id of a notice.
const ID_BYTES: usize = 100;

/// The folder of messages that wait.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
}

impl Spool {
    /// Opens the folder, or makes it, closed to others.
    ///
    /// # Errors
    /// What the file system says, with the path.
    pub fn open(folder: &Path) -> Result<Self, NotifyError> {
        for path in [folder.to_owned(), folder.join("queue"), folder.join("aside")] {
            files::create_private_folder(&path)?;
        }
        Ok(Self { folder: folder.to_owned() })
    }

    /// Keeps a notice for some channels. For a channel that has it already, waiting or sent in the last 30 days, it does
    /// nothing. When it returns, the notice outlives a crash.
    ///
    /// # Errors
    /// What the file system says, with the path; or the notice's id is none.
    pub fn put(&self, notice: &Notice, channels: &[&str]) -> Result<(), NotifyError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if notice.id.is_empty() || notice.id.len() > ID_BYTES || !notice.id.bytes().all(is_plain) {
            return Err(NotifyError::Id(notice.id.clone()));
        }
        let _lock = self.lock()?;
        let ledger = Ledger::read(&self.ledger_path())?;
        for channel in channels {
            let path = self.queue().join(entry::file_name(&notice.id, channel));
            if !path.exists() && !ledger.has(&notice.id, channel) {
                Entry::new(notice.clone(), channel).write(&path)?;
            }
        }
        Ok(())
    }

    /// How many messages wait.
    ///
    /// # Errors
    /// What the file system says, with the path.
    pub fn waiting(&self) -> Result<usize, NotifyError> {
        Ok(self.waiting_paths()?.len())
    }

    /// How many seconds the oldest message waits that was tried and not taken, by channel.
    ///
    /// # Errors
    /// What the file system says, with the path.
    pub fn waited(&self, now: i64) -> Result<BTreeMap<String, f64>, NotifyError> {
        let mut waited = BTreeMap::new();
        // What cannot be read is the delivery's to set aside.
        for entry in self.waiting_paths()?.iter().filter_map(|path| Entry::read(path).ok()) {
            if entry.tries > 0 {
                #[expect(clippy::cast_precision_loss, reason = "seconds")]
                let seconds = (now - entry.notice.t).max(0) as f64;
                let oldest: &mut f64 = waited.entry(entry.channel).or_default();
                *oldest = oldest.max(seconds);
            }
        }
        Ok(waited)
    }

    /// Held while the queue or the ledger changes.
    fn lock(&self) -> Result<File, NotifyError> {
        Ok(files::lock_path(&self.folder.join("lock"), PATIENCE_SECONDS)?)
    }

    fn queue(&self) -> PathBuf {
        self.folder.join("queue")
    }

    fn aside(&self) -> PathBuf {
        self.folder.join("aside")
    }

    fn ledger_path(&self) -> PathBuf {
        self.folder.join("sent.jsonl")
    }

    fn waiting_paths(&self) -> Result<Vec<PathBuf>, NotifyError> {
        Ok(paths(&self.queue())?)
    }
}

/// The messages of a queue.
fn paths(queue: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs_err::read_dir(queue)? {
        let path = entry?.path();
        // A temporary file belongs to a `put` that is at it, or that a power cut ended before anybody relied on it.
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    Ok(paths)
}
