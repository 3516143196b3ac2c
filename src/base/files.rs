//! Files on disk: replaced as a whole or not at all, locked with patience, in folders that are made when needed.
//!
//! A reader never sees half a file. What has not changed is not touched, so that an rsync sends only what is new.
//! Errors name the file. Everything else of the file system goes through `fs_err` where it is needed.

use super::clock::{self, Stopwatch};
use rustix::fs::{FlockOperation, Mode, OFlags, Timespec, Timestamps, UTIME_NOW, fchmod, flock, futimens};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What all temporary files begin with: a run that was killed may leave one behind.
pub const TEMPORARY_PREFIX: &str = ".cronograph-";

/// Age at which a temporary file belongs to no run any more.
const LEFTOVER_SECONDS: i64 = 3_600;

/// The mode of what everybody may read, a web server among them.
const PUBLIC: u32 = 0o644;

/// The mode of what only its owner may read: it holds secrets, or what others need not know.
const PRIVATE: u32 = 0o600;

/// Whether a write changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The file is new or has other bytes now.
    Changed,
    /// The file had these bytes already and was left alone.
    Unchanged,
}

/// Replaces a file by `bytes`, mode 0644 whatever the umask, unless it has these bytes already.
///
/// Not forced to the disk: for what can be made again. The folder must exist.
///
/// # Errors
/// The error of the file system, with the path.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<Written> {
    if holds(path, bytes) {
        return Ok(Written::Unchanged);
    }
    replace(path, bytes, PUBLIC, false)
}

/// Replaces a file by `bytes` and forces them to the disk before the old ones go: after a power cut the file is as it was or as
/// it was to be, never empty.
///
/// # Errors
/// The error of the file system, with the path.
pub fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<Written> {
    if holds(path, bytes) {
        return Ok(Written::Unchanged);
    }
    replace(path, bytes, PUBLIC, true)
}

/// Replaces a file as [`write_synced`] does, and forces the folder to the disk, too: when it returns, no power cut undoes it. For
/// what cannot be made again.
///
/// # Errors
/// The error of the file system, with the path.
pub fn write_durable(path: &Path, bytes: &[u8]) -> io::Result<Written> {
    let written = write_synced(path, bytes)?;
    // An equal file may be there because the run that wrote it was cut short.
    sync_folder(folder_of(path))?;
    Ok(written)
}

/// Replaces a file by `bytes`, readable by its owner only, and forces file and folder to the disk: when it returns, neither a
/// crash nor a power cut undoes it.
///
/// # Errors
/// The error of the file system, with the path.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes, PRIVATE, true)?;
    sync_folder(folder_of(path))
}

/// Forces the entries of a folder to the disk: a file that was renamed or removed may else come back after a power cut.
///
/// # Errors
/// The error of the file system, with the path.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    fs_err::File::open(path)?.sync_all()
}

/// Returns true for errors of a disk that is full or read-only.
pub fn is_disk_fault(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge | ReadOnlyFilesystem)
}

/// Returns true for a file that begins or ends with a zero byte, is empty, or cannot be read: a power cut leaves files whose bytes
/// never reached the disk. For files of text and pictures, which have no such bytes.
pub fn is_hollow(path: &Path) -> bool {
    let ends = || -> io::Result<[u8; 2]> {
        let file = fs_err::File::open(path)?;
        let (mut first, mut last) = ([0], [0]);
        file.file().read_exact_at(&mut first, 0)?;
        file.file().read_exact_at(&mut last, file.metadata()?.len() - 1)?;
        Ok([first[0], last[0]])
    };
    ends().map_or(true, |ends| ends.contains(&0))
}

/// Whether a file has exactly these bytes; one that cannot be read has not.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    let same_size = fs_err::symlink_metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.len() == bytes.len() as u64);
    same_size && fs_err::read(path).is_ok_and(|present| present == bytes)
}

/// Replaces a file by what `fill` writes, mode 0644, and forces it to the disk before the old one goes.
///
/// # Errors
/// What `fill` or the file system says, with the path; then the old file is as it was.
pub fn replace_durably(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    replace_with(path, fill, PUBLIC, true).and_then(|()| sync_folder(folder_of(path)))
}

fn replace(path: &Path, bytes: &[u8], mode: u32, sync: bool) -> io::Result<Written> {
    replace_with(path, |file| file.write_all(bytes), mode, sync).map(|()| Written::Changed)
}

/// Writes beside the file, then renames over it: on one file system, so the rename is atomic.
fn replace_with(
    path: &Path,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
    mode: u32,
    sync: bool,
) -> io::Result<()> {
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("failed to write file `{}`: {error}", path.display()))
    };
    let mut file =
        tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(folder_of(path)).map_err(named)?;
    fill(file.as_file_mut()).map_err(named)?;
    // tempfile makes 0600, which no web server can read; fchmod, unlike a mode at creation, is not cut by the umask.
    fchmod(file.as_file(), Mode::from_raw_mode(mode)).map_err(|error| named(error.into()))?;
    if sync {
        file.as_file().sync_all().map_err(named)?;
    }
    file.persist(path).map_err(|error| named(error.error))?;
    Ok(())
}

/// The folder of a file; a bare name lies in the current one.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes a folder and those above it, if they are not there.
///
/// # Errors
/// The error of the file system, with the path.
pub fn create_folder(path: &Path) -> io::Result<()> {
    fs_err::create_dir_all(path)
}

/// Makes a folder that only its owner may enter, and those above it, if they are not there. One that is there and that others
/// may enter is closed to them.
///
/// # Errors
/// The error of the file system, with the path.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    create_folder(folder_of(path))?;
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => {
            return Err(io::Error::new(
                error.kind(),
                format!("failed to create directory `{}`: {error}", path.display()),
            ));
        }
    }
    if fs_err::metadata(path)?.permissions().mode() & 0o077 != 0 {
        fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Removes what killed runs left in a folder. Only for the holder of the lock under which the folder is written.
///
/// # Errors
/// The error of the file system, with the path.
pub fn remove_leftovers(folder: &Path) -> io::Result<()> {
    leftovers(folder)?.iter().try_for_each(fs_err::remove_file)
}

/// Removes temporary files that are an hour old at `now` from a folder into which several runs may write at once. A file that cannot
/// be removed, and a folder that is not there, is left alone.
pub fn remove_old_leftovers(folder: &Path, now: i64) {
    for path in leftovers(folder).unwrap_or_default() {
        let written = fs_err::symlink_metadata(&path).map(|metadata| metadata.mtime());
        if written.is_ok_and(|written| now - written >= LEFTOVER_SECONDS) {
            let _ = fs_err::remove_file(&path);
        }
    }
}

fn leftovers(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Locks an open file against other processes until it is closed. Waits for at most `patience_seconds`:
/// a run that hangs must not make all later ones hang too.
///
/// # Errors
/// `WouldBlock` if another process still holds it; or what the file system says.
pub fn lock(file: &File, patience_seconds: f64) -> io::Result<()> {
    let waited = Stopwatch::start();
    let mut pause = Duration::from_micros(200);
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            Err(rustix::io::Errno::WOULDBLOCK) if waited.seconds() < patience_seconds => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Opens or makes a lock file that only its owner may open, and so hold, and locks it, see [`lock`]. Dropping the file unlocks.
///
/// # Errors
/// As [`lock`]; or the file cannot be opened.
pub fn lock_path(path: &Path, patience_seconds: f64) -> io::Result<File> {
    use fs_err::os::unix::fs::OpenOptionsExt;
    use std::os::unix::fs::PermissionsExt;
    let mut options = fs_err::OpenOptions::new();
    options.create(true).append(true).mode(PRIVATE);
    // Neither through a link nor waiting at a pipe.
    options.custom_flags(i32::from_ne_bytes((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().to_ne_bytes()));
    let file = options.open(path)?.into_parts().0;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        fchmod(&file, Mode::from_raw_mode(PRIVATE))?;
    }
    lock(&file, patience_seconds).map_err(|error| {
        io::Error::new(error.kind(), format!("failed to lock file `{}`: {error}", path.display()))
    })?;
    // Dates the lock, see `held_seconds`.
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    futimens(&file, &Timestamps { last_access: now, last_modification: now })?;
    Ok(file)
}

/// Returns for how many seconds a lock file has been locked by another run, counted from the last time that [`lock_path`] locked it;
/// none where it is free or not this user's.
pub fn held_seconds(path: &Path) -> Option<f64> {
    let file = File::open(path).ok()?;
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Err(rustix::io::Errno::WOULDBLOCK) => {}
        _ => return None,
    }
    Some(clock::seconds_since(file.metadata().ok()?.modified().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    #[test]
    fn replaces_a_file_and_leaves_an_equal_one_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.html");
        assert_eq!(write_atomic(&path, b"one").unwrap(), Written::Changed);
        let first = fs_err::metadata(&path).unwrap();
        assert_eq!(first.permissions().mode() & 0o7777, 0o644);
        assert_eq!(write_atomic(&path, b"one").unwrap(), Written::Unchanged);
        assert_eq!(fs_err::metadata(&path).unwrap().ino(), first.ino());
        assert_eq!(write_atomic(&path, b"two").unwrap(), Written::Changed);
        assert_eq!(fs_err::read(&path).unwrap(), b"two");
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn what_is_private_is_so_whatever_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let (inner, file) = (folder.path().join("a/spool"), folder.path().join("a/spool/one"));
        fs_err::create_dir_all(&inner).unwrap();
        fs_err::set_permissions(&inner, std::fs::Permissions::from_mode(0o755)).unwrap();
        create_private_folder(&inner).unwrap();
        write_private(&file, b"secret").unwrap();
        let mode = |path: &Path| fs_err::metadata(path).unwrap().mode() & 0o7777;
        assert_eq!((mode(&inner), mode(&file)), (0o700, 0o600));
        let new = folder.path().join("b/spool");
        create_private_folder(&new).unwrap();
        assert_eq!(mode(&new), 0o700);
    }

    #[test]
    fn names_the_file_that_it_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_atomic(&folder.path().join("missing/page.html"), b"").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().contains("missing/page.html"), "{error}");
    }

    #[test]
    fn a_lock_that_is_held_is_given_up_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = lock_path(&path, 0.0).unwrap();
        let error = lock_path(&path, 0.01).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        let since = held.metadata().unwrap().modified().unwrap();
        held.set_modified(since - Duration::from_secs(900)).unwrap();
        assert!(held_seconds(&path).is_some_and(|seconds| seconds >= 900.0));
        drop(held);
        assert_eq!(held_seconds(&path), None);
        lock_path(&path, 0.0).unwrap();
    }

    #[test]
    fn what_may_still_be_written_is_no_leftover() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".cronograph-a1");
        fs_err::write(&path, "").unwrap();
        let written = fs_err::metadata(&path).unwrap().mtime();
        remove_old_leftovers(folder.path(), written + LEFTOVER_SECONDS - 1);
        assert!(path.exists());
        remove_old_leftovers(folder.path(), written + LEFTOVER_SECONDS);
        assert!(!path.exists());
        remove_old_leftovers(&folder.path().join("missing"), written);
    }

    #[test]
    fn a_file_without_bytes_is_hollow() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for (bytes, hollow) in
            [(&b""[..], true), (b"\0\0", true), (b"<p>\0", true), (b"<p>", false), (b"x", false)]
        {
            fs_err::write(&path, bytes).unwrap();
            assert_eq!(is_hollow(&path), hollow, "{bytes:?}");
        }
        assert!(is_hollow(&folder.path().join("missing")));
    }

    #[test]
    fn a_lock_file_can_be_opened_by_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        fs_err::write(&path, "").unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        lock_path(&path, 0.0).unwrap();
        assert_eq!(fs_err::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &link).unwrap();
        assert!(lock_path(&link, 0.0).is_err());
        assert!(!folder.path().join("elsewhere").exists());
    }

    #[test]
    fn sweeps_only_its_own_leftovers() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join(".cronograph-a1"), "").unwrap();
        fs_err::write(folder.path().join("kept"), "").unwrap();
        remove_leftovers(folder.path()).unwrap();
        let left: Vec<_> =
            fs_err::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["kept"]);
    }
}
