//! Messages while nothing can be written: the disk is full, or the file system read-only. Then neither the spool nor what was sent
//! can be remembered, so everything that holds goes out directly, with the fault first, once an hour.
//!
//! The time of an empty file in memory says when that was done last (`/run`, else `/dev/shm`); where that cannot be written
//! either, only the runs of an hour's first minute send. The first run that can write again says so, and removes the file.

use super::look::{Seen, Watch};
use super::{Evaluation, batch, layouts, looked};
use crate::alert::Marked;
use crate::analysis::Level;
use crate::base::words::Words;
use crate::base::{files, hash};
use crate::notify::{self, Change, Fact, Item, Told};
use rustix::fs::{Mode, OFlags, Timespec, Timestamps, futimens, open};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Least time between two such messages.
const HOUR_SECONDS: i64 = 3_600;
/// File systems in memory: root's own, and one for everybody.
const MEMORY_FOLDERS: [&str; 2] = ["/run", "/dev/shm"];

/// Finds the error of the file system that says that nothing can be written.
pub(super) fn disk_fault(error: &anyhow::Error) -> Option<&io::Error> {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .find(|error| files::is_disk_fault(error))
}

/// Sends what holds over all channels, unless that was done within the hour.
pub(super) fn send(evaluation: &Evaluation<'_>, fault: &io::Error) {
    let (data, now) = (&evaluation.context.config().data, evaluation.now);
    let marker = Marker::open(&paths(data));
    let is_due = match &marker {
        Some(marker) => files::lock(&marker.file, 0.0).is_ok() && !marker.sent.is_recent(now),
        None => now.rem_euclid(HOUR_SECONDS) < 60,
    };
    if !is_due {
        return;
    }
    let nothing = BTreeMap::new();
    let watch = Watch { repeats: true, ..evaluation.watch(&nothing) };
    let layouts = layouts(evaluation.args, evaluation.context).unwrap_or_default();
    let (mut seen, _) = looked(&watch, &layouts, &evaluation.context.typed());
    seen.push(news(evaluation, fault, now, None));
    let batch = batch(&seen, &evaluation.channels, watch.site, now);
    let is_sent = notify::send_unsaved(&batch, &evaluation.channels, &evaluation.composer, now);
    if let Some(marker) = marker.filter(|_| is_sent) {
        marker.sent_at(now);
    }
}

/// Makes the news that the fault is over; none where nothing was sent of it, or within the hour.
pub(super) fn resolved(evaluation: &Evaluation<'_>) -> Option<Seen> {
    let data = &evaluation.context.config().data;
    let sent = paths(data).iter().find_map(|path| Sent::read(path)).filter(|sent| sent.last > 0)?;
    let full = io::Error::from(io::ErrorKind::StorageFull);
    (!sent.is_recent(evaluation.now)).then(|| news(evaluation, &full, sent.first, Some(evaluation.now)))
}

/// Forgets that something was sent in this way: an hour later, so that a disk that is full now and then is told of hourly, too.
pub(super) fn forget(data: &Path, now: i64) {
    for path in paths(data) {
        if Sent::read(&path).is_some_and(|sent| !sent.is_recent(now)) {
            let _ = fs_err::remove_file(path);
        }
    }
}

/// Makes the fault an item of a message, on the host whose disk it is.
fn news(evaluation: &Evaluation<'_>, fault: &io::Error, since: i64, until: Option<i64>) -> Seen {
    let config = evaluation.context.config();
    let words = Words::of(config.lang);
    let host = evaluation.own.clone().unwrap_or_else(|| evaluation.composer.sender().to_owned());
    let folder = config.data.display().to_string();
    let which = if fault.kind() == io::ErrorKind::ReadOnlyFilesystem { "read_only" } else { "full" };
    let fact = Fact {
        label: words.get("message.unsaved.until").to_owned(),
        lines: vec![words.get("message.unsaved.line").to_owned()],
    };
    // Of no rule: there is none to silence.
    let item = Item {
        host: host.clone(),
        instance: folder.clone(),
        level: Level::Critical,
        change: if until.is_some() { Change::Resolved } else { Change::Fired },
        what: words.fill(&format!("message.unsaved.{which}"), &[("folder", &folder)]),
        since,
        until,
        facts: if until.is_some() { Vec::new() } else { vec![fact] },
        ..Item::default()
    };
    let told =
        Told { key: format!("{host}\tunsaved\t{since}"), item, before: Vec::new(), mark: Marked::Over };
    Seen { host, firing: Vec::new(), news: vec![told] }
}

/// Times of the first and last such message, unix time; 0: none was sent yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sent {
    first: i64,
    last: i64,
}

impl Sent {
    /// Reads the times of a file: the first as its access time (nobody reads it), the last as its modification time. A file of
    /// somebody else's is not believed.
    fn read(path: &Path) -> Option<Self> {
        let metadata = fs_err::symlink_metadata(path).ok()?;
        let is_own = metadata.is_file() && metadata.uid() == rustix::process::geteuid().as_raw();
        is_own.then(|| Self { first: metadata.atime(), last: metadata.mtime() })
    }

    /// Returns true if the last one was sent within the hour before `now`.
    fn is_recent(self, now: i64) -> bool {
        (0..HOUR_SECONDS).contains(&(now - self.last))
    }
}

/// File that has these times.
#[derive(Debug)]
struct Marker {
    file: File,
    sent: Sent,
}

impl Marker {
    /// Opens or makes the file at the first path where this user may.
    fn open(paths: &[PathBuf]) -> Option<Self> {
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        paths.iter().find_map(|path| match open(path, flags, Mode::empty()) {
            Ok(file) => Some(Self { file: file.into(), sent: Sent::read(path)? }),
            Err(_) => {
                let flags = flags | OFlags::CREATE | OFlags::EXCL;
                let file = open(path, flags, Mode::RUSR | Mode::WUSR).ok()?;
                let marker = Self { file: file.into(), sent: Sent { first: 0, last: 0 } };
                marker.set(marker.sent);
                Some(marker)
            }
        })
    }

    /// Remembers that messages were sent now.
    fn sent_at(&self, now: i64) {
        let first = if self.sent.last == 0 { now } else { self.sent.first };
        self.set(Sent { first, last: now });
    }

    fn set(&self, sent: Sent) {
        let time = |seconds| Timespec { tv_sec: seconds, tv_nsec: 0 };
        // Where that fails, the next run sends again.
        let _ = futimens(
            &self.file,
            &Timestamps { last_access: time(sent.first), last_modification: time(sent.last) },
        );
    }
}

/// Paths at which the file may be: one file for each data folder.
fn paths(data: &Path) -> Vec<PathBuf> {
    let data = fs_err::canonicalize(data).unwrap_or_else(|_| data.to_owned());
    let name = format!("cronograph-unsaved-{}", hash::name(&[data.as_os_str().as_encoded_bytes()]));
    MEMORY_FOLDERS.iter().map(|folder| Path::new(folder).join(&name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_an_hour_is_remembered_in_the_times_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().join("missing/a"), folder.path().join("b")];
        let now = 1_795_442_820;
        let marker = Marker::open(&paths).unwrap();
        assert!(!marker.sent.is_recent(now));
        marker.sent_at(now);
        let again = Marker::open(&paths).unwrap();
        assert_eq!(again.sent, Sent { first: now, last: now });
        assert!(again.sent.is_recent(now + 3_599) && !again.sent.is_recent(now + 3_600));
        again.sent_at(now + 3_600);
        assert_eq!(Sent::read(&paths[1]), Some(Sent { first: now, last: now + 3_600 }));
        assert!(!again.sent.is_recent(now - 60), "a clock that was set back silences nothing");
    }

    #[test]
    fn a_link_in_its_place_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs_err::write(&target, "").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(Marker::open(std::slice::from_ref(&link)).is_none());
        assert_eq!(Sent::read(&link), None);
    }
}
