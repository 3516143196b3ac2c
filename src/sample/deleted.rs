//! Files that were deleted and are still open: the links in `/proc/PID/fd`, `proc_pid_fd(5)`; root only. They hold disk space, or
//! memory where they lay in `/dev/shm` or are a memfd, and no folder lists them. On the slow beat, and less often where it is dear.

use super::context::Context;
use super::metric::record;
use super::process_stat::ProcessStat;
use super::{Collector, SampleError, parse};
use crate::base::clock::Stopwatch;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, StatxFlags};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::os::fd::{AsFd, OwnedFd};

record! {
    /// How many, and what they hold.
    pub struct Deleted in "deleted" {
        /// Deleted files that are open, each once.
        files "files" u64 Gauge Count;
        /// What they hold, on disks and in memory.
        bytes "bytes" u64 Gauge Data;
        /// What of it is memory: memfd and `/dev/shm`; inside Shmem.
        memory "memory" u64 Gauge Memory;
        also {
            /// The process that holds the most.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            holder: Option<Holder>,
            /// There are more open files than were looked at.
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            cut: bool,
        }
    }
}

/// A process that holds deleted files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Holder {
    /// The program's name.
    pub name: String,
    /// Its number.
    pub pid: u32,
    /// What it holds.
    pub bytes: u64,
    /// Where the largest of the files was.
    pub path: String,
}

/// The most links that one search follows.
const MOST_LINKS: usize = 20_000;
/// A search that takes longer than this waits a beat more for each time it does.
const CHEAP_SECONDS: f64 = 0.002;
/// The most beats between searches: an hour.
const MOST_WAIT: u32 = 12;

impl Collector for Deleted {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        if !context.slow {
            return Ok(None);
        }
        context.next.beat.deleted_wait = context.beat.deleted_wait.saturating_sub(1);
        // The files of process 1 are only root's to see; with those of a user alone the sum would mean nothing.
        if context.beat.deleted_wait > 0 || open_folder(context.proc_folder(), b"1/fd").is_none() {
            return Ok(None);
        }
        let watch = Stopwatch::start();
        let found = Deleted { files: Some(0), bytes: Some(0), memory: Some(0), ..Self::default() };
        let mut search = Search { is_real: context.root.is_real(), found, ..Search::default() };
        for pid in std::mem::take(&mut context.with_memory) {
            search.process(context.proc_folder(), pid);
            if search.links >= MOST_LINKS {
                search.found.cut = true;
                break;
            }
        }
        if let Some(holder) = &mut search.found.holder {
            let stat = context.read_at_once(&format!("proc/{}/stat", holder.pid)).ok().flatten();
            holder.name =
                stat.and_then(ProcessStat::parse).map(|stat| parse::text(stat.name)).unwrap_or_default();
        }
        context.next.beat.deleted_wait = wait_after(watch.seconds());
        Ok(Some(search.found))
    }
}

/// How many beats to wait after a search of so many seconds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
fn wait_after(seconds: f64) -> u32 {
    (seconds / CHEAP_SECONDS).clamp(0.0, f64::from(MOST_WAIT - 1)) as u32
}

/// The folder of a process's open files, where this user may see it.
fn open_folder(proc_folder: &OwnedFd, path: &[u8]) -> Option<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(proc_folder, path, flags, Mode::empty()).ok()
}

/// One pass over the open files of many processes.
#[derive(Default)]
struct Search {
    is_real: bool,
    links: usize,
    seen: BTreeSet<(u32, u32, u64)>,
    found: Deleted,
}

impl Search {
    fn process(&mut self, proc_folder: &OwnedFd, pid: u32) {
        let Some(folder) = open_folder(proc_folder, format!("{pid}/fd").as_bytes()) else { return };
        let Ok(listing) = rustix::io::fcntl_dupfd_cloexec(&folder, 0) else { return };
        let mut buffer = Vec::with_capacity(4096);
        let mut entries = RawDir::new(listing, buffer.spare_capacity_mut());
        let (mut held, mut largest, mut target) = (0, (0, Vec::new()), Vec::with_capacity(256));
        while let Some(Ok(entry)) = entries.next()
            && self.links < MOST_LINKS
        {
            if entry.file_type() != FileType::Symlink {
                continue;
            }
            self.links += 1;
            let Ok(link) = rustix::fs::readlinkat(&folder, entry.file_name(), target) else {
                target = Vec::new();
                continue;
            };
            target = link.into_bytes();
            let Some(path) = target.strip_suffix(b" (deleted)") else { continue };
            if let Some(bytes) = self.add(&folder, entry.file_name(), path) {
                held += bytes;
                if bytes >= largest.0 {
                    largest = (bytes, path.to_vec());
                }
            }
        }
        let most = self.found.holder.as_ref().map_or(0, |holder| holder.bytes);
        if held > most {
            let path = parse::text(&largest.1);
            self.found.holder = Some(Holder { name: String::new(), pid, bytes: held, path });
        }
    }

    /// Adds a file that was not seen before, and says what it holds.
    fn add(&mut self, folder: impl AsFd, name: &std::ffi::CStr, path: &[u8]) -> Option<u64> {
        // What a file system on the network knows by now is enough: asking it might hang.
        let wanted = StatxFlags::BASIC_STATS;
        let stat = rustix::fs::statx(folder, name, AtFlags::STATX_DONT_SYNC, wanted).ok()?;
        let is_file = FileType::from_raw_mode(stat.stx_mode.into()) == FileType::RegularFile;
        // A file may have been named so; in a recorded tree every one was.
        let is_deleted = stat.stx_nlink == 0 || !self.is_real;
        let file = (stat.stx_dev_major, stat.stx_dev_minor, stat.stx_ino);
        if !is_file || !is_deleted || !self.seen.insert(file) {
            return None;
        }
        let bytes = stat.stx_blocks.saturating_mul(512);
        let in_memory = path.starts_with(b"/memfd:") || path.starts_with(b"/dev/shm/");
        let add = |total: &mut Option<u64>, bytes| *total = Some(total.unwrap_or(0).saturating_add(bytes));
        add(&mut self.found.files, 1);
        add(&mut self.found.bytes, bytes);
        add(&mut self.found.memory, if in_memory { bytes } else { 0 });
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Options, Root, State};
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn files_are_counted_once_and_the_largest_holder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str, bytes: usize| {
            let path = folder.path().join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, vec![b'x'; bytes]).unwrap();
        };
        put("proc/7/stat", 0);
        fs_err::write(
            folder.path().join("proc/7/stat"),
            "7 (nginx) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 9 0\n",
        )
        .unwrap();
        put("log (deleted)", 100_000);
        put("small (deleted)", 10);
        put("kept", 5000);
        let link = |target: &str, pid: u32, number: u32| {
            let fd = folder.path().join(format!("proc/{pid}/fd"));
            fs_err::create_dir_all(&fd).unwrap();
            symlink(folder.path().join(target), fd.join(number.to_string())).unwrap();
        };
        for (target, pid, number) in [
            ("kept", 1, 0),
            ("small (deleted)", 1, 3),
            ("log (deleted)", 7, 4),
            ("log (deleted)", 8, 4),
            ("gone (deleted)", 8, 5),
        ] {
            link(target, pid, number);
        }
        let (root, options, state) = (Root::recorded(folder.path()), Options::default(), State::default());
        let mut context = Context::open(&root, &options, &state, 0).unwrap();
        context.with_memory = vec![1, 7, 8];
        let deleted = Deleted::collect(&mut context).unwrap().unwrap();
        let bytes = deleted.bytes.unwrap();
        assert_eq!((deleted.files, deleted.memory, deleted.cut), (Some(2), Some(0), false));
        assert!((100_000..200_000).contains(&bytes), "whole blocks of this disk: {bytes}");
        let holder = deleted.holder.unwrap();
        assert_eq!((holder.name.as_str(), holder.pid), ("nginx", 7));
        assert!(holder.path.ends_with("/log") && holder.bytes < bytes, "{holder:?}");
    }

    #[test]
    fn only_for_those_who_see_all_processes() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir_all(folder.path().join("proc")).unwrap();
        let (root, options, state) = (Root::recorded(folder.path()), Options::default(), State::default());
        let mut context = Context::open(&root, &options, &state, 0).unwrap();
        assert_eq!(Deleted::collect(&mut context).unwrap(), None);
    }

    #[test]
    fn a_dear_search_waits() {
        assert_eq!([0.0, 0.0019, 0.002, 0.011, 3.0].map(wait_after), [0, 0, 1, 5, 11]);
    }
}
