//! What is remembered of an engine from run to run, beside the places: how often it did not answer and when it is asked next, and
//! what it did not want. `<data>/.push/<number of the address>/status.json`, for the next run and for `doctor`.

use crate::base::refusal::Refusal;
use crate::base::{files, hash};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The folder under the data folder. No host has such a name.
const FOLDER: &str = ".push";

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// When the engine took something last, unix time.
    pub taken: Option<i64>,
    /// How many runs in a row it took nothing.
    pub tries: u32,
    /// Before that time it is not asked again.
    pub next: i64,
    /// What was wrong.
    pub reason: Option<String>,
    /// How many samples of each host it did not want, ever.
    pub unwanted: BTreeMap<String, u64>,
}

/// The folder of an engine. The address may hold a secret, so only a number of it is a name.
pub fn folder(data: &Path, url: &str) -> PathBuf {
    data.join(FOLDER).join(hash::name(&[url.as_bytes()]))
}

impl Status {
    /// What the file says; one that cannot be read says nothing.
    pub fn load(folder: &Path) -> Self {
        let text = fs_err::read(folder.join("status.json")).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    pub(super) fn save(&self, folder: &Path) -> io::Result<()> {
        files::write_private(&folder.join("status.json"), &serde_json::to_vec(self).unwrap_or_default())
    }

    /// The engine takes what it is sent.
    pub(super) fn taken(&mut self, now: i64) {
        *self = Self { taken: Some(now), unwanted: std::mem::take(&mut self.unwanted), ..Self::default() };
    }

    /// It does not; it is left alone for a while, longer each time.
    pub(super) fn refused(&mut self, refusal: &Refusal, now: i64) {
        self.tries = self.tries.saturating_add(1);
        self.next = now + refusal.again.pause(self.tries);
        self.reason = Some(refusal.reason.clone());
    }
}
