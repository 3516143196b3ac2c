//! Opens files below the data folder, where other machines write: no symbolic link is followed in any component, an open never
//! blocks, and what is not a regular file is refused. Every file of a host is opened here.

use super::budget::Budget;
use super::error::StoreError;
use super::layout::Layout;
use crate::base::files;
use crate::base::limits::{Limits, MOST_ENTRIES};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, open, openat, unlinkat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::path::{Component, Path};
use std::sync::Arc;

/// Flags with which each component before the last is opened: no link, and nothing that is no folder.
const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// Flags for the last one: an open of a pipe that nobody writes must not wait.
const REGULAR: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

impl Layout {
    /// The same host with other limits and a budget of its own.
    #[must_use]
    pub fn limited(self, limits: Limits) -> Self {
        self.with_budget(Arc::new(Budget::new(limits)))
    }

    /// Fails where the host was found to be too costly in this run: what was read since is not all that there is.
    ///
    /// # Errors
    /// [`StoreError::TooCostly`] with the limit.
    pub fn within_limits(&self) -> Result<(), StoreError> {
        match self.budget().excess() {
            Some(reason) => Err(StoreError::TooCostly { folder: self.folder(), reason: reason.to_owned() }),
            None => Ok(()),
        }
    }

    /// Opens a file below the data folder for reading.
    ///
    /// # Errors
    /// `Unsupported` where it is no regular file or lies behind a symbolic link; or what the file system says.
    pub fn open(&self, path: &Path) -> io::Result<File> {
        self.open_as(path, OFlags::RDONLY)
    }

    /// Opens a file below the data folder with other flags; one that `CREATE` makes is readable by all.
    pub(super) fn open_as(&self, path: &Path, flags: OFlags) -> io::Result<File> {
        self.budget().check()?;
        let (folder, name) = self.parent_of(path)?;
        let mode = Mode::from_raw_mode(0o644);
        let file = File::from(openat(&folder, name, flags | REGULAR, mode).map_err(refused)?);
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(io::Error::new(ErrorKind::Unsupported, "it is not a regular file"));
        }
        self.budget().open_file(&name.to_string_lossy(), found.len())?;
        Ok(file)
    }

    /// Removes a file below the data folder.
    pub(super) fn remove_file(&self, path: &Path) -> io::Result<()> {
        let (folder, name) = self.parent_of(path)?;
        unlinkat(&folder, name, AtFlags::empty()).map_err(refused)
    }

    /// Forces the entries of a folder below the data folder to the disk.
    pub(super) fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::from(self.open_folder(path)?).sync_all()
    }

    /// Removes what killed runs left in the folder of samples. Only for the holder of the lock under which it is written.
    ///
    /// # Errors
    /// As [`Layout::open`].
    pub fn remove_leftovers(&self) -> io::Result<()> {
        let folder = self.open_folder(&self.samples())?;
        for (name, _) in entries(&folder)? {
            if name.as_encoded_bytes().starts_with(files::TEMPORARY_PREFIX.as_bytes()) {
                unlinkat(&folder, &name, AtFlags::empty()).map_err(refused)?;
            }
        }
        Ok(())
    }

    /// The names in a folder below the data folder, each with its kind.
    pub(super) fn entries(&self, path: &Path) -> io::Result<Vec<(OsString, FileType)>> {
        let found = entries(&self.open_folder(path)?)?;
        self.budget().list_entries(found.len())?;
        Ok(found)
    }

    /// The folder of a file, and the file's name in it.
    fn parent_of<'a>(&self, path: &'a Path) -> io::Result<(OwnedFd, &'a OsStr)> {
        let (folder, name) = path.parent().zip(path.file_name()).ok_or(ErrorKind::InvalidInput)?;
        Ok((self.open_folder(folder)?, name))
    }

    /// Opens a folder below the data folder, which may itself be reached through links: that one is the user's own choice.
    fn open_folder(&self, path: &Path) -> io::Result<OwnedFd> {
        let below = path.strip_prefix(self.data()).map_err(|_| ErrorKind::InvalidInput)?;
        let data = if self.data().as_os_str().is_empty() { Path::new(".") } else { self.data() };
        let mut folder = open(data, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        for component in below.components() {
            let Component::Normal(name) = component else { return Err(ErrorKind::InvalidInput.into()) };
            folder = openat(&folder, name, FOLDER, Mode::empty()).map_err(refused)?;
        }
        Ok(folder)
    }
}

/// The entries of a folder but itself and its parent, up to one more than there may be. A file system that does not give kinds is asked for each.
fn entries(folder: &OwnedFd) -> io::Result<Vec<(OsString, FileType)>> {
    use std::os::unix::ffi::OsStrExt;
    let mut found = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if [c".", c".."].contains(&name) {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                // Gone since it was listed.
                Err(_) => continue,
            },
            kind => kind,
        };
        found.push((OsStr::from_bytes(name.to_bytes()).to_owned(), kind));
        if found.len() > MOST_ENTRIES {
            break;
        }
    }
    Ok(found)
}

/// Says in words why a component was refused: the kernel's own are "too many levels of symbolic links".
fn refused(error: Errno) -> io::Error {
    match error {
        Errno::LOOP | Errno::NOTDIR => io::Error::new(
            ErrorKind::Unsupported,
            "it is a symbolic link, or lies behind one: links are not followed in a host's folder",
        ),
        // A socket.
        Errno::NXIO => io::Error::new(ErrorKind::Unsupported, "it is not a regular file"),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scratch;
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn refuses_links_pipes_and_folders_without_waiting() {
        let (data, layout) = scratch();
        let elsewhere = data.path().join("elsewhere");
        fs_err::create_dir_all(layout.samples()).unwrap();
        fs_err::create_dir_all(&elsewhere).unwrap();
        fs_err::write(elsewhere.join("file"), "secret").unwrap();
        let path = |name: &str| layout.samples().join(name);
        fs_err::write(path("file"), "x").unwrap();
        symlink(elsewhere.join("file"), path("link")).unwrap();
        symlink(&elsewhere, path("folder")).unwrap();
        symlink("/dev/zero", path("endless")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, path("pipe"), Mode::from_raw_mode(0o644)).unwrap();
        assert!(layout.open(&path("file")).is_ok());
        for name in ["link", "folder/file", "endless", "pipe", "."] {
            let error = layout.open(&path(name)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{name}: {error}");
        }
        assert_eq!(layout.open(&path("none")).unwrap_err().kind(), ErrorKind::NotFound);
        assert!(layout.open(&layout.samples().join("../../elsewhere/file")).is_err(), "leads out");
        assert!(layout.open(Path::new("/dev/zero")).is_err(), "not below the data folder");
        assert!(layout.remove_file(&path("folder/file")).is_err());
        assert!(elsewhere.join("file").exists());
    }

    #[test]
    fn removes_leftovers_of_killed_runs_only() {
        let (_data, layout) = scratch();
        fs_err::create_dir_all(layout.samples()).unwrap();
        fs_err::write(layout.samples().join(".cronograph-a1"), "").unwrap();
        fs_err::write(layout.samples().join("kept"), "").unwrap();
        layout.remove_leftovers().unwrap();
        let left = layout.entries(&layout.samples()).unwrap();
        assert_eq!(left, [("kept".into(), FileType::RegularFile)]);
    }
}
