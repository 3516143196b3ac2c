//! A message that waits: a notice, its channel, and how it went so far.

use super::super::error::NotifyError;
use super::super::notice::Notice;
use crate::base::files;
use crate::base::refusal::{Again, Refusal};
use ring::digest;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::path::Path;

/// The version of the file's format.
const VERSION: u32 = 1;

/// A file of the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    v: u32,
    /// The channel's name.
    pub(super) channel: String,
    /// How often it was tried.
    pub(super) tries: u32,
    /// When it is tried next, unix time.
    pub(super) next: i64,
    /// It failed in a way that waits for somebody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) lasting: bool,
    /// Why it was not taken the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// What is told.
    pub(super) notice: Notice,
}

impl Entry {
    /// Not tried yet.
    pub(super) fn new(notice: Notice, channel: &str) -> Self {
        Self {
            v: VERSION,
            channel: channel.to_owned(),
            tries: 0,
            next: notice.t,
            lasting: false,
            reason: None,
            notice,
        }
    }

    /// Reads a file. The error says why it is none of ours, in words.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let bytes = fs_err::read(path).map_err(|error| error.to_string())?;
        let entry: Self = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        if entry.v != VERSION {
            return Err(format!("it has the format {}, this cronograph reads {VERSION}", entry.v));
        }
        if path.file_name().is_none_or(|name| name != file_name(&entry.notice.id, &entry.channel).as_str()) {
            return Err("its name is not that of its content".to_owned());
        }
        Ok(entry)
    }

    /// Writes it, safe from crashes.
    pub(super) fn write(&self, path: &Path) -> Result<(), NotifyError> {
        let bytes = serde_json::to_vec(self).map_err(std::io::Error::from)?;
        Ok(files::write_private(path, &bytes)?)
    }

    /// Takes down that it was not taken.
    pub(super) fn refused(&mut self, refusal: &Refusal, now: i64) {
        self.tries = self.tries.saturating_add(1);
        self.next = now.saturating_add(refusal.again.pause(self.tries));
        self.lasting = refusal.again == Again::Mended;
        self.reason = Some(refusal.reason.clone());
    }

    /// Whether its channel is left alone for its sake: it failed in a way that may be over soon, and its pause is not over.
    pub(super) fn pauses_channel(&self, now: i64) -> bool {
        !self.lasting && !self.is_due(now)
    }

    /// Whether it may be tried now. A clock that was set back must not make it wait for ever: no pause is longer than a day.
    pub(super) fn is_due(&self, now: i64) -> bool {
        self.tries == 0 || self.next <= now || self.next > now.saturating_add(2 * 86_400)
    }
}

/// The file of a message: names of channels may hold anything, so it is a digest of both.
pub(super) fn file_name(id: &str, channel: &str) -> String {
    let digest = digest::digest(&digest::SHA256, format!("{id}\0{channel}").as_bytes());
    let mut name = String::with_capacity(40);
    for byte in digest.as_ref().iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name + ".json"
}
