//! The step from what is news to the spool, made so that a crash in the middle neither repeats nor loses a message: first the
//! whole of it is written down (`<data>/.check/outbox.json`), then each message goes into the spool and each alert is marked
//! as told, then the note goes. Whoever finds a note finishes what it says, and looks for news only then.

use super::error::NotifyError;
use super::notice::Notice;
use super::spool::Spool;
use crate::alert::{Marked, Shelf};
use crate::base::files;
use crate::store::{CHECK_FOLDER, Layout};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What one run has to tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// Each message with the channel that it is for.
    pub notices: Vec<(String, Notice)>,
    /// Each alert that is told by them.
    pub marks: Vec<Mark>,
}

/// That an alert is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// The host.
    pub host: String,
    /// The rule.
    pub rule: String,
    /// The instance.
    pub instance: String,
    /// When, unix time.
    pub at: i64,
    /// The messages that tell it.
    pub notices: Vec<String>,
    /// What they tell.
    pub what: Marked,
}

/// The note.
#[derive(Debug)]
pub struct Outbox {
    path: PathBuf,
    data: PathBuf,
    own: Option<String>,
}

impl Outbox {
    /// Of a data folder, in which `own` is this machine.
    pub fn new(data: &Path, own: Option<String>) -> Self {
        Self { path: data.join(CHECK_FOLDER).join("outbox.json"), data: data.to_owned(), own }
    }

    /// Finishes what a run that was cut short has begun.
    ///
    /// # Errors
    /// What the file system says.
    pub fn recover(&self, spool: &Spool) -> Result<(), NotifyError> {
        let Ok(bytes) = fs_err::read(&self.path) else { return Ok(()) };
        // A note that is no note was not written to its end: nothing of it was begun.
        match serde_json::from_slice(&bytes) {
            Ok(batch) => self.finish(&batch, spool),
            Err(_) => self.forget(),
        }
    }

    /// Writes a batch down, and does what it says.
    ///
    /// # Errors
    /// What the file system says.
    pub fn commit(&self, batch: &Batch, spool: &Spool) -> Result<(), NotifyError> {
        if batch.marks.is_empty() {
            return Ok(());
        }
        let bytes = serde_json::to_vec(batch).map_err(std::io::Error::other)?;
        files::write_durable(&self.path, &bytes)?;
        self.finish(batch, spool)
    }

    fn finish(&self, batch: &Batch, spool: &Spool) -> Result<(), NotifyError> {
        for (channel, notice) in &batch.notices {
            spool.put(notice, &[channel.as_str()])?;
        }
        for marks in batch.marks.chunk_by(|one, other| one.host == other.host) {
            self.mark(marks)?;
        }
        self.forget()
    }

    fn mark(&self, marks: &[Mark]) -> Result<(), NotifyError> {
        let Some(layout) = marks.first().and_then(|mark| Layout::new(&self.data, &mark.host).ok()) else {
            return Ok(());
        };
        let mut shelf = Shelf::open(&layout, self.own.as_deref() == Some(layout.host()));
        shelf.hold()?;
        for mark in marks {
            shelf.told(&mark.rule, &mark.instance, &mark.notices, mark.at, &mark.what);
        }
        shelf.save()?;
        Ok(shelf.sync()?)
    }

    fn forget(&self) -> Result<(), NotifyError> {
        match fs_err::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}
