//! Where the kernel's files are: `/`, or a recorded tree. Page size and clock ticks belong to the tree, too.
//!
//! In a recorded tree the file `statvfs` stands for the system call: a line for each mount point,
//! `MOUNT_POINT fragment_size blocks free available files files_free`, numbers as `statvfs(3)` gives them.

use super::parse;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::os::fd::OwnedFd;
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

/// What `statvfs(3)` says of a file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Volume {
    /// Bytes in a block.
    pub(crate) block_size: u64,
    /// Blocks: all, free, free to ordinary users.
    pub(crate) blocks: [u64; 3],
    /// Inodes: all, free.
    pub(crate) files: [u64; 2],
    /// Tells file systems apart.
    pub(crate) id: u64,
}

impl Volume {
    /// Returns true where the numbers are those of another one that was asked at about the same time.
    pub(crate) fn is_about(&self, other: &Self) -> bool {
        let near = |one: u64, other: u64, all: u64| one.abs_diff(other) <= all / 1000;
        (self.block_size, self.blocks[0], self.files[0])
            == (other.block_size, other.blocks[0], other.files[0])
            && near(self.blocks[1], other.blocks[1], self.blocks[0])
            && near(self.files[1], other.files[1], self.files[0])
    }
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

    /// Opens a folder of the tree, to open its files by their short names.
    pub(crate) fn open(&self, relative: &str) -> rustix::io::Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::open(self.path.join(relative), flags, Mode::empty())
    }

    /// Returns true where a mount point is a file. One that a recorded tree does not hold is taken by its name's extension.
    pub(crate) fn is_file(&self, mount_point: &str) -> bool {
        let relative = mount_point.trim_start_matches('/');
        match fs_err::metadata(self.path(relative)) {
            Ok(metadata) => !metadata.is_dir(),
            Err(_) => !self.is_real() && Path::new(relative).extension().is_some(),
        }
    }

    /// Size and use of the file system that is mounted at `mount_point`.
    pub(crate) fn statvfs(&self, mount_point: &Path) -> rustix::io::Result<Volume> {
        if !self.is_real() {
            return self.recorded_statvfs(mount_point);
        }
        let stat = rustix::fs::statvfs(mount_point)?;
        Ok(Volume {
            block_size: stat.f_frsize,
            blocks: [stat.f_blocks, stat.f_bfree, stat.f_bavail],
            files: [stat.f_files, stat.f_ffree],
            id: stat.f_fsid,
        })
    }

    fn recorded_statvfs(&self, mount_point: &Path) -> rustix::io::Result<Volume> {
        let table = fs_err::read(self.path("statvfs")).map_err(|_| Errno::NOENT)?;
        let wanted = mount_point.as_os_str().as_encoded_bytes();
        let line = parse::lines(&table).find(|line| parse::fields(line).next() == Some(wanted));
        let mut numbers =
            line.into_iter().flat_map(|line| parse::fields(line).skip(1)).map_while(parse::number);
        let mut next = || numbers.next().ok_or(Errno::NOENT);
        Ok(Volume {
            block_size: next()?,
            blocks: [next()?, next()?, next()?],
            id: 0,
            files: [next()?, next()?],
        })
    }
}
