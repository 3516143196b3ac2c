//! What the slow beat needs of the slow beat before it: sizes to tell what grew, and what was dear to find out.
//! `<data>/<host>/beat`, read and written on the slow beat only; it can be deleted at any time.

use super::context::read_into;
use super::growth::Averages;
use rustix::fs::CWD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// What one slow beat hands to the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Beat {
    /// Slab caches.
    pub(crate) slab: Averages<String>,
    /// Those of them that the kernel can shrink; it never changes within a boot.
    pub(crate) reclaimable: Vec<String>,
    /// The day (since 1970, UTC) on which the other names of caches were looked up.
    pub(crate) aliases_day: i64,
    /// Other names of caches.
    pub(crate) aliases: BTreeMap<String, Vec<String>>,
    /// Memory of control groups.
    pub(crate) groups: Averages<String>,
    /// Kernel memory of control groups.
    pub(crate) groups_kernel: Averages<String>,
    /// Resident memory of processes, by number and start.
    pub(crate) processes: Averages<u64>,
    /// Resident memory of programs, by name.
    pub(crate) programs: Averages<String>,
    /// Beats until the next search for deleted files.
    pub(crate) deleted_wait: u32,
}

impl Beat {
    /// Reads it; none or a torn one is an empty one, as before a first beat.
    pub fn load(path: &Path) -> Self {
        let mut bytes = Vec::new();
        match read_into(CWD, path.as_os_str().as_encoded_bytes(), &mut bytes, true) {
            Ok(()) => serde_json::from_slice(&bytes).unwrap_or_default(),
            Err(_) => Self::default(),
        }
    }

    /// As it is written.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Writes what `encode` made. A torn file counts as none.
    ///
    /// # Errors
    /// What the file system says, with the path.
    pub fn save(path: &Path, encoded: &[u8]) -> io::Result<()> {
        let mut file = fs_err::OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        file.write_all(encoded)?;
        if file.metadata()?.len() > encoded.len() as u64 {
            file.set_len(encoded.len() as u64)?;
        }
        Ok(())
    }
}
