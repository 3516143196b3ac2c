//! The host's files as this stage looks at them: what `lstat` says, the names in a folder, a file's bytes up to a
//! limit. Paths are relative to the root. Absent is `None`; what cannot be read is an error, which is not the same
//! as gone.

use crate::base::hash::Fnv;
use crate::sample::Root;
use rustix::buffer::spare_capacity;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, Stat};
use rustix::io::{Errno, Result};
use std::hash::{Hash, Hasher};
use std::os::fd::OwnedFd;

/// What is remembered of no more names than this of one folder.
const MOST_NAMES: usize = 4000;

/// The root, opened.
pub(super) struct Tree {
    folder: OwnedFd,
}

/// What `lstat` says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// What it is.
    pub(super) kind: FileType,
    /// When it was last put there, renamed, written, or given other rights.
    pub(super) changed: i64,
    /// When it was last written, as far as nobody set that.
    pub(super) written: i64,
    /// Another number, another file or content.
    pub(super) print: u64,
}

impl Stamp {
    #[expect(clippy::useless_conversion, reason = "the types differ between architectures")]
    fn of(stat: &Stat) -> Self {
        let mut hasher = Fnv::default();
        (stat.st_ino, stat.st_size, stat.st_mode).hash(&mut hasher);
        (stat.st_mtime, stat.st_mtime_nsec, stat.st_ctime, stat.st_ctime_nsec).hash(&mut hasher);
        Self {
            kind: FileType::from_raw_mode(stat.st_mode),
            changed: stat.st_ctime.into(),
            written: stat.st_mtime.into(),
            print: hasher.finish(),
        }
    }
}

impl Tree {
    pub(super) fn open(root: &Root) -> Option<Self> {
        root.open("").ok().map(|folder| Self { folder })
    }

    /// What is there; nothing if there is no such file.
    pub(super) fn stat(&self, path: &str) -> Result<Option<Stamp>> {
        match rustix::fs::statat(&self.folder, path, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(Stamp::of(&stat))),
            Err(error) => absent(error).map(|()| None),
        }
    }

    /// One number for what is at several paths; what cannot be looked at counts as absent.
    pub(super) fn print(&self, paths: &[&str]) -> u64 {
        let mut hasher = Fnv::default();
        for path in paths {
            self.stat(path).ok().flatten().map_or(0, |stamp| stamp.print).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// The names in a folder, sorted; none if there is no such folder, or if it is a link to another one.
    pub(super) fn names(&self, path: &str) -> Result<Vec<String>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = match rustix::fs::openat(&self.folder, path, flags, Mode::empty()) {
            Ok(folder) => folder,
            Err(Errno::LOOP) => return Ok(Vec::new()),
            Err(error) => return absent(error).map(|()| Vec::new()),
        };
        let mut names = Vec::new();
        let mut buffer = Vec::with_capacity(8192);
        let mut entries = RawDir::new(folder, buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy();
            if name != "." && name != ".." && names.len() < MOST_NAMES {
                names.push(name.into_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// A plain file's bytes, at most so many from `skip` on. A pipe or a device is none: it could keep us waiting.
    pub(super) fn read(&self, path: &str, skip: u64, most: usize) -> Result<Option<Vec<u8>>> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.folder, path, flags, Mode::empty()) {
            Ok(file) => file,
            Err(error) => return absent(error).map(|()| None),
        };
        let stat = rustix::fs::fstat(&file)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Ok(None);
        }
        if skip > 0 {
            rustix::fs::seek(&file, rustix::fs::SeekFrom::Start(skip))?;
        }
        let mut bytes = Vec::new();
        while bytes.len() < most {
            bytes.reserve(32 * 1024);
            match rustix::io::read(&file, spare_capacity(&mut bytes)) {
                Ok(0) => break,
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(most);
        Ok(Some(bytes))
    }

    /// The last bytes of a file, from the beginning of a line on.
    pub(super) fn tail(&self, path: &str, most: usize) -> Result<Option<Vec<u8>>> {
        let size = match rustix::fs::statat(&self.folder, path, AtFlags::empty()) {
            Ok(stat) => u64::try_from(stat.st_size).unwrap_or(0),
            Err(error) => return absent(error).map(|()| None),
        };
        let skip = size.saturating_sub(most as u64);
        let Some(mut bytes) = self.read(path, skip, most)? else { return Ok(None) };
        if skip > 0 {
            let first = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
            bytes.drain(..first);
        }
        Ok(Some(bytes))
    }

    /// Where a link leads.
    pub(super) fn link(&self, path: &str) -> Result<Vec<u8>> {
        Ok(rustix::fs::readlinkat(&self.folder, path, Vec::new())?.into_bytes())
    }
}

/// Whether an error says that there is no such thing.
fn absent(error: Errno) -> Result<()> {
    match error {
        Errno::NOENT | Errno::NOTDIR => Ok(()),
        error => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> (tempfile::TempDir, Tree) {
        let folder = tempfile::tempdir().unwrap();
        let tree = Tree::open(&Root::recorded(folder.path())).unwrap();
        (folder, tree)
    }

    #[test]
    fn absent_is_neither_empty_nor_an_error() {
        let (folder, tree) = tree();
        fs_err::write(folder.path().join("file"), "one\ntwo\n").unwrap();
        assert_eq!(tree.stat("none/there"), Ok(None));
        assert_eq!(tree.stat("file/inside"), Ok(None));
        assert_eq!(tree.names("none"), Ok(Vec::new()));
        assert_eq!(tree.read("none", 0, 9), Ok(None));
        assert_eq!(tree.read(".", 0, 9), Ok(None), "a folder has no bytes");
        assert_eq!(tree.names("."), Ok(vec!["file".to_owned()]));
    }

    #[test]
    fn reads_a_part_and_tails_begin_with_a_line() {
        let (folder, tree) = tree();
        fs_err::write(folder.path().join("log"), "first\nsecond\nthird\n").unwrap();
        assert_eq!(tree.read("log", 6, 6).unwrap().unwrap(), b"second");
        assert_eq!(tree.tail("log", 10).unwrap().unwrap(), b"third\n");
        assert_eq!(tree.tail("log", 100).unwrap().unwrap(), b"first\nsecond\nthird\n");
    }

    #[test]
    fn another_content_is_another_stamp() {
        let (folder, tree) = tree();
        fs_err::write(folder.path().join("file"), "one").unwrap();
        let before = tree.print(&["file", "none"]);
        assert_eq!(tree.print(&["file", "none"]), before);
        fs_err::write(folder.path().join("file"), "one more").unwrap();
        assert_ne!(tree.print(&["file", "none"]), before);
    }
}
