//! What this stage saw last, `<data>/<host>/seen/`: one small file that each look reads, and one for each source that
//! only a look at that source reads. They are written where they changed, which most minutes they did not.
//!
//! Any of them can be deleted, or be torn: that source then remembers anew and reports nothing this time.

use super::Event;
use crate::base::files;
use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use rustix::io::Errno;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// The file that each look reads.
const NOW: &str = "now.json";
/// Events that may not be in the log: they are written down before what was seen, and go once the log has them.
const UNLOGGED: &str = "unlogged.json";

/// What each look needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    /// The boot.
    pub(super) boot: Option<String>,
    /// The kernel's release.
    pub(super) kernel: Option<String>,
    /// The version of this program.
    pub(super) version: String,
    /// What `stat` said of each source.
    pub(super) prints: BTreeMap<String, u64>,
    /// The kernel's count of kills for want of memory.
    pub(super) oom_kills: Option<u64>,
    /// The system asked for a reboot.
    pub(super) reboot_required: bool,
    /// Since when packages are being changed: they are compared when that has settled.
    pub(super) packages_since: Option<i64>,
    /// The time of the last line of an rpm log that was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rpm_told: Option<i64>,
    /// A service that is young, or a container.
    pub(super) services_pending: bool,
    /// When events that are held back are due.
    pub(super) held_until: Option<i64>,
}

/// The folder, and what is to be written there.
pub(super) struct Shelf {
    folder: PathBuf,
    files: Vec<(String, Vec<u8>)>,
    /// Held until what was seen is saved and told.
    _lock: Option<OwnedFd>,
}

impl Shelf {
    /// The folder, for one look at a time: `None` while another run has it.
    pub(super) fn open(folder: &Path) -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        // Where there is no folder and none can be made, saving says why.
        let _ = files::create_folder(folder);
        let lock = rustix::fs::open(folder, flags, Mode::empty()).ok();
        let taken = lock.as_ref().map(|lock| flock(lock, FlockOperation::NonBlockingLockExclusive));
        if taken == Some(Err(Errno::WOULDBLOCK)) {
            return None;
        }
        Some(Self { folder: folder.to_owned(), files: Vec::new(), _lock: lock })
    }

    /// What each look needs; none of a first one.
    pub(super) fn seen(&self) -> Option<Seen> {
        self.load(NOW)
    }

    /// Keeps that for the next look.
    pub(super) fn keep_seen(&mut self, seen: &Seen) {
        self.keep(NOW, seen);
    }

    /// Events of a look before this one that was cut short, or whose log could not be written.
    pub(super) fn unlogged(&self) -> Vec<Event> {
        self.load(UNLOGGED).unwrap_or_default()
    }

    /// Keeps events until the log has them; before anything else, so that what was seen is never known without them.
    pub(super) fn keep_unlogged(&mut self, events: &[Event]) {
        self.keep(UNLOGGED, &events);
        self.files.rotate_right(1);
    }

    /// Forgets events that the log has.
    pub(super) fn forget_unlogged(&self) -> io::Result<()> {
        fs_err::remove_file(self.folder.join(UNLOGGED))
    }

    /// What is kept under a name.
    pub(super) fn load<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs_err::read(self.folder.join(name)).ok()?).ok()
    }

    /// To be kept under a name.
    pub(super) fn keep(&mut self, name: &str, what: &impl Serialize) {
        if let Ok(mut bytes) = serde_json::to_vec(what) {
            bytes.push(b'\n');
            self.files.push((name.to_owned(), bytes));
        }
    }

    /// Writes what is to be kept.
    pub(super) fn save(&self) -> io::Result<()> {
        if self.files.is_empty() {
            return Ok(());
        }
        files::create_folder(&self.folder)?;
        files::remove_leftovers(&self.folder)?;
        for (name, bytes) in &self.files {
            files::write_atomic(&self.folder.join(name), bytes)?;
        }
        Ok(())
    }
}
