//! Where the kernel's files are: `/`, or a recorded tree. Page size and clock ticks belong to the tree, too.

use std::path::{Path, PathBuf};

/// The root under which `/proc`, `/sys`, `/etc`, `/run` are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    path: PathBuf,
    /// Bytes in a page.
    pub page_size: u64,
    /// Clock ticks in a second, the unit of `/proc/stat`.
    pub ticks_per_second: u64,
}

impl Root {
    /// This machine.
    pub fn real() -> Self {
        Self {
            path: PathBuf::from("/"),
            page_size: rustix::param::page_size() as u64,
            ticks_per_second: rustix::param::clock_ticks_per_second(),
        }
    }

    /// A recorded tree, of a machine with 4 KiB pages and 100 ticks a second.
    pub fn recorded(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), page_size: 4096, ticks_per_second: 100 }
    }

    /// Whether this is the machine itself.
    pub fn is_real(&self) -> bool {
        self.path == Path::new("/")
    }

    /// The path of a kernel's file in this tree: `root.path("proc/meminfo")`.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.path.join(relative)
    }
}
