//! What the collector of services keeps from one sample to the next, `<data>/<host>/services`: what the log was told last, what
//! should run, what systemd said. Read where something may have changed, written where it did; it can be deleted at any time.

use super::unit::Wanted;
use super::{View, Wishes};
use crate::sample::context::read_into;
use rustix::fs::CWD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::systemctl::Answer;

/// The content of the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Kept {
    /// The boot that it is of.
    pub(super) boot: Option<String>,
    /// What the log was told last.
    pub(super) written: View,
    /// What should run.
    pub(super) wanted: BTreeMap<String, Wanted>,
    /// What systemd said, by the names of units.
    pub(super) answers: BTreeMap<String, Answer>,
    /// The time of the sample after which systemd answered last.
    pub(super) answered: i64,
    /// Why it did not answer.
    pub(super) trouble: Option<String>,
}

/// Where that is kept, what the user wants, and how it was at this sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    path: Option<PathBuf>,
    pub(super) wishes: Wishes,
    kept: Option<Kept>,
    /// Every service at this sample; `None` where nothing had changed.
    pub(crate) view: Option<View>,
    is_new: bool,
}

impl Memory {
    /// Kept in a file.
    pub fn at(path: PathBuf, wishes: Wishes) -> Self {
        Self { path: Some(path), wishes, ..Self::default() }
    }

    /// What was kept; none, an unreadable or torn file is an empty one.
    pub(super) fn load(&self) -> Kept {
        let from_file = || {
            let mut bytes = Vec::new();
            read_into(CWD, self.path.as_ref()?.as_os_str().as_encoded_bytes(), &mut bytes, true).ok()?;
            serde_json::from_slice(&bytes).ok()
        };
        self.kept.clone().or_else(from_file).unwrap_or_default()
    }

    /// After a sample.
    pub(super) fn after(&self, kept: Kept, view: View, is_new: bool) -> Self {
        let (path, wishes) = (self.path.clone(), self.wishes.clone());
        Self { path, wishes, kept: Some(kept), view: Some(view), is_new }
    }

    /// For a sample of which nothing is kept yet.
    pub(crate) fn unseen(&self) -> Self {
        Self { view: None, is_new: false, ..self.clone() }
    }

    /// What is to be written, where that is another than before.
    pub fn encode(&self) -> Option<Vec<u8>> {
        self.kept.as_ref().filter(|_| self.is_new).and_then(|kept| serde_json::to_vec(kept).ok())
    }

    /// Writes what `encode` made.
    ///
    /// # Errors
    /// What the file system says, with the path.
    pub fn save(&self, encoded: &[u8]) -> io::Result<()> {
        self.path.as_deref().map_or(Ok(()), |path| write(path, encoded))
    }

    /// Takes in what systemd said, and writes it.
    pub(super) fn learn(&self, change: impl FnOnce(&mut Kept)) -> io::Result<()> {
        let mut kept = self.load();
        change(&mut kept);
        self.save(&serde_json::to_vec(&kept)?)
    }
}

/// Over what was there, as replacing a small file makes file systems write to the disk at once. A torn one counts as none.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs_err::OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)
}
