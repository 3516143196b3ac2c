//! What can go wrong with a log, each with the file, the value and the way out.

use super::EVENTS;
use std::io;
use std::path::{Path, PathBuf};

/// Why a log could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A name that must not become a folder.
    #[error("`{name}` cannot be the name of a host: {reason}; use letters, digits, `-`, `_` and `.`")]
    HostName {
        /// The name, as it was given.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A time that is no date.
    #[error("{t} is not a time between the years -9999 and 9999: set the clock")]
    Time {
        /// Unix seconds.
        t: i64,
    },
    /// The sample is no JSON; cannot happen with numbers that the kernel gave.
    #[error("a sample cannot be written as JSON")]
    Encode(#[from] serde_json::Error),
    /// The folder or the day's file cannot be made, opened or written.
    #[error("no {} was written to {}: {source}; {}", record(path), path.display(), way_out(source, path))]
    Write {
        /// What could not be written.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The disk took a part of the line, and even that part could not be taken back.
    #[error(
        "the disk is full and the start of a line stays in {}: {source}; the next line closes it off, \
         it is counted as one broken line",
        path.display()
    )]
    HalfWritten {
        /// The day's file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// Another process holds the log's lock.
    #[error(
        "no {} was written to {}: another process has held its lock for {seconds} s; see `fuser -v` on the file",
        record(path), path.display()
    )]
    Locked {
        /// The day's file.
        path: PathBuf,
        /// How long this one has waited.
        seconds: f64,
    },
    /// A closed day cannot be compressed.
    #[error("{} was not written: {source}; {}", path.display(), way_out(source, path))]
    Compress {
        /// The compressed file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The host exceeds a limit on what one host may cost a run.
    #[error(
        "too costly: {reason}; see what writes to {}, or raise that limit under [limits] of the configuration",
        folder.display()
    )]
    TooCostly {
        /// The host's folder.
        folder: PathBuf,
        /// The limit, in words.
        reason: String,
    },
    /// A folder or a file cannot be read.
    #[error("cannot read {}: {source}; {}", path.display(), way_out(source, path))]
    Read {
        /// What could not be read.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}

/// Names what a line of a file is.
fn record(path: &Path) -> &'static str {
    if path.ends_with(EVENTS) { "event" } else { "sample" }
}

/// Says what the user can do about an error of the file system.
pub(crate) fn way_out(source: &io::Error, path: &Path) -> String {
    match source.kind() {
        io::ErrorKind::PermissionDenied => {
            format!(
                "run as the user who owns {}, or name another folder with --data",
                nearest(path).display()
            )
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "the file system is read-only: mount it writable, or name another folder with --data".to_owned()
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "the disk is full: make room; what was logged before is whole".to_owned()
        }
        io::ErrorKind::Unsupported => {
            "a log is regular files in folders; remove what else lies there".to_owned()
        }
        io::ErrorKind::NotFound => "name the folder of the logs with --data".to_owned(),
        _ => "look at the disk, or name another folder with --data".to_owned(),
    }
}

/// The path itself, or the lowest folder above it that exists: what its permissions hang on.
fn nearest(path: &Path) -> &Path {
    path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(path)
}
