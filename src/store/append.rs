//! Appends a sample: one `write(2)` of one whole line to the day's file, under a lock held for that write only.
//!
//! * The lock is on the day's file itself, so that there is no lock file that somebody could delete. Whoever waited
//!   for it looks whether the name still means this file: a closed day may have been compressed in the meantime.
//! * A line that a crash tore is closed off by a newline in front of the next one: it damages only itself.
//! * A line that the disk took only in part is taken back, so that the log ends with a whole line.
//! * Nothing is forced to the disk: a power failure may cost the samples of the last half minute, which the reader
//!   survives; an fsync each minute would cost more than the sample itself and wake disks that sleep.

use super::clock_jump::{self, ClockJump};
use super::error::StoreError;
use super::layout::{Layout, day_of};
use super::line::encode;
use crate::base::files;
use crate::sample::Sample;
use rustix::fs::OFlags;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// How long to wait for another sampler's write. A write takes well below a millisecond; the next sample comes in 60 s.
const PATIENCE_SECONDS: f64 = 10.0;

/// What an append did.
#[derive(Clone, Debug, PartialEq)]
pub struct Appended {
    /// The file that has the line now.
    pub path: PathBuf,
    /// Bytes written.
    pub bytes: u64,
    /// A torn line was closed off first.
    pub mended: bool,
    /// The clock has jumped since the sample before. The sample was written all the same, under the clock's day.
    pub clock: Option<ClockJump>,
}

/// Appends a sample to the log of its day; makes the folders if they are missing.
///
/// # Errors
/// Any [`StoreError`]; then the log is as it was.
pub fn append(layout: &Layout, sample: &Sample) -> Result<Appended, StoreError> {
    let day = day_of(sample.t)?;
    let line = encode(sample)?;
    let folder = layout.samples();
    files::create_folder(&folder).map_err(|source| StoreError::Write { path: folder, source })?;
    let clock = clock_jump::since_last(layout, day, sample);
    let path = layout.day_file(day);
    let mut file = open_locked(layout, &path)?;
    let (bytes, mended) = write_line(&mut file, &path, &line)?;
    Ok(Appended { path, bytes, mended, clock })
}

/// The day's file, locked and still the one that its name means.
pub(super) fn open_locked(layout: &Layout, path: &Path) -> Result<File, StoreError> {
    lock_as(layout, path, OFlags::CREATE)
}

fn lock_as(layout: &Layout, path: &Path, create: OFlags) -> Result<File, StoreError> {
    let write_error = |source| StoreError::Write { path: path.to_owned(), source };
    loop {
        let flags = OFlags::RDWR | OFlags::APPEND | create;
        let file = layout.open_as(path, flags).map_err(write_error)?;
        match files::lock(&file, PATIENCE_SECONDS) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(StoreError::Locked { path: path.to_owned(), seconds: PATIENCE_SECONDS });
            }
            Err(error) => return Err(write_error(error)),
        }
        let locked = file.metadata().map_err(write_error)?;
        let named = fs_err::symlink_metadata(path);
        if named.is_ok_and(|named| (named.dev(), named.ino()) == (locked.dev(), locked.ino())) {
            return Ok(file);
        }
    }
}

/// The file, if it is there, locked and still the one that its name means.
pub(super) fn relock(layout: &Layout, path: &Path) -> Result<Option<File>, StoreError> {
    match lock_as(layout, path, OFlags::empty()) {
        Err(StoreError::Write { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        locked => locked.map(Some),
    }
}

/// Writes the line at the end of the locked file, or nothing. Returns the bytes written and whether a torn line was
/// closed off.
pub(super) fn write_line(file: &mut File, path: &Path, line: &[u8]) -> Result<(u64, bool), StoreError> {
    let write_error = |source| StoreError::Write { path: path.to_owned(), source };
    let before = file.metadata().map_err(write_error)?.len();
    let torn = ends_torn(file, before).map_err(write_error)?;
    let closed_off;
    let bytes = if torn {
        closed_off = [b"\n", line].concat();
        closed_off.as_slice()
    } else {
        line
    };
    let written = loop {
        match file.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other,
        }
    };
    let failure = match written {
        Ok(length) if length == bytes.len() => return Ok((length as u64, torn)),
        // The disk took what it had room for.
        Ok(_) => io::ErrorKind::StorageFull.into(),
        Err(error) => error,
    };
    match file.set_len(before) {
        Ok(()) => Err(write_error(failure)),
        Err(source) => Err(StoreError::HalfWritten { path: path.to_owned(), source }),
    }
}

/// Whether the last byte is something else than a newline.
pub(super) fn ends_torn(file: &File, length: u64) -> io::Result<bool> {
    let Some(last) = length.checked_sub(1) else { return Ok(false) };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte != *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_an_error_that_names_the_file() {
        // /dev/full takes no byte; as the day's file it is the disk that is full.
        let path = Path::new("/dev/full");
        let mut file = File::options().read(true).append(true).open(path).unwrap();
        let error = write_line(&mut file, path, b"{}\n").unwrap_err();
        let (StoreError::HalfWritten { source, .. } | StoreError::Write { source, .. }) = error else {
            panic!("{error}");
        };
        // A device cannot be cut back, so either error may come.
        assert!(matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::InvalidInput));
    }

    #[test]
    fn a_log_that_is_a_link_is_not_written_through() {
        let (data, layout) = crate::store::scratch();
        let elsewhere = data.path().join("elsewhere");
        files::create_folder(&layout.samples()).unwrap();
        fs_err::write(&elsewhere, "").unwrap();
        std::os::unix::fs::symlink(&elsewhere, layout.day_file(day_of(0).unwrap())).unwrap();
        let error = append(&layout, &Sample { v: 1, t: 0, ..Sample::default() }).unwrap_err();
        assert!(error.to_string().contains("symbolic link"), "{error}");
        assert_eq!(fs_err::read(&elsewhere).unwrap(), b"");
    }
}
