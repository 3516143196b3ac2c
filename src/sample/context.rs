//! What every collector is given: the tree to read from, one buffer to read into, the user's options, the state
//! of the sample before and that for the next, and whether it is the turn of the dear sources (the slow beat).
//!
//! Files are opened under folders that stay open and read by `open`, `read`, `close` alone: no `stat`, no seeks,
//! no buffer of their own. That is most of what a sample costs.

use super::audit::{Measured, Reading};
use super::beat::Beat;
use super::error::SampleError;
use super::parse;
use super::{Options, Root, State};
use rustix::buffer::spare_capacity;
use rustix::fs::{FileType, Mode, OFlags, RawDir};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, OwnedFd};

/// Enough for every file that is read each minute; larger ones make it grow.
const BUFFER_BYTES: usize = 64 * 1024;
/// The most samples that wait for the audit.
const MOST_MEASURED: usize = 10;
/// The least room that a `read` is given.
const LEAST_ROOM: usize = 16 * 1024;

/// The surroundings of a collector.
pub struct Context<'a> {
    /// The tree.
    pub(crate) root: &'a Root,
    /// What the user wants of a sample.
    pub(crate) options: &'a Options,
    /// The state of the sample before.
    pub(crate) previous: &'a State,
    /// The state for the next sample.
    pub(crate) next: State,
    /// Unix time of the sample.
    pub(crate) now: i64,
    /// Whether dear sources are read this time.
    pub(crate) slow: bool,
    /// `SUnreclaim` as the collector of meminfo saw it.
    pub(crate) s_unreclaim: Option<u64>,
    /// `SReclaimable`, likewise.
    pub(crate) s_reclaimable: Option<u64>,
    /// `MemTotal`, likewise.
    pub(crate) mem_total: Option<u64>,
    /// The kernel's parts of memory before the collectors, and after; and those of meminfo's fields that are the host's.
    pub(crate) before: Reading,
    pub(crate) after: Reading,
    pub(crate) foreign: Vec<String>,
    /// What the slow beat before found out in this boot.
    pub(crate) beat: Beat,
    /// File systems of memory that the collector of file systems saw, on the slow beat.
    pub(crate) tmpfs: Vec<String>,
    /// How many mounts it saw.
    pub(crate) mounts: Option<u64>,
    /// Resident memory of all programs by name, and how many processes, as the collector of processes saw them.
    pub(crate) programs: BTreeMap<Vec<u8>, (u64, u64)>,
    /// The processes that have memory of their own, on the slow beat.
    pub(crate) with_memory: Vec<u32>,
    /// Memory of every control group that was found, by path, on the slow beat.
    pub(crate) group_sizes: Vec<(String, u64)>,
    /// Parts that are there and of which something could not be found out, and why.
    pub(crate) remarks: BTreeMap<String, String>,
    root_folder: OwnedFd,
    proc_folder: OwnedFd,
    buffer: Vec<u8>,
}

impl<'a> Context<'a> {
    /// Opens the tree. Fails where there is no `/proc`.
    pub(crate) fn open(
        root: &'a Root,
        options: &'a Options,
        previous: &'a State,
        now: i64,
    ) -> Result<Self, SampleError> {
        let open = |path: &str| root.open(path).map_err(|error| read_error(path, error));
        let next = State {
            time: now,
            viewer: rustix::process::geteuid().as_raw(),
            slow_time: previous.slow_time,
            ..State::default()
        };
        Ok(Self {
            root,
            options,
            previous,
            next,
            now,
            slow: true,
            s_unreclaim: None,
            s_reclaimable: None,
            mem_total: None,
            before: Reading::default(),
            after: Reading::default(),
            foreign: Vec::new(),
            beat: Beat::default(),
            tmpfs: Vec::new(),
            mounts: None,
            programs: BTreeMap::new(),
            with_memory: Vec::new(),
            group_sizes: Vec::new(),
            remarks: BTreeMap::new(),
            root_folder: open("")?,
            proc_folder: open("proc")?,
            buffer: Vec::with_capacity(BUFFER_BYTES),
        })
    }

    /// Finds out which boot this is, and with it whether it is the slow beat's turn.
    pub(crate) fn begin(&mut self, boot: Option<String>, uptime: Option<f64>) {
        self.slow = self.previous.boot != boot
            || self.previous.viewer != self.next.viewer
            || self.previous.is_due(self.options, self.now);
        if self.slow && self.previous.boot == boot {
            self.beat = self.previous.beat.clone();
        }
        (self.next.boot, self.next.uptime) = (boot, uptime);
        let (next, previous) = (&mut self.next, self.previous);
        if self.slow {
            next.slow_time = self.now;
        } else {
            next.limits.clone_from(&previous.limits);
            next.disks.clone_from(&previous.disks);
            next.zram.clone_from(&previous.zram);
            next.sensors.clone_from(&previous.sensors);
            next.groups.clone_from(&previous.groups);
            next.mounts.clone_from(&previous.mounts);
            next.quiet.clone_from(&previous.quiet);
            next.growing_slab.clone_from(&previous.growing_slab);
            next.beat.clone_from(&previous.beat);
            next.made_up_meminfo = previous.made_up_meminfo;
        }
        next.slab = previous.slab;
        next.left_out.clone_from(&previous.left_out);
        next.together.clone_from(&previous.together);
        next.suspects.clone_from(&previous.suspects);
        next.watch_each = previous.watch_each;
        next.hung.clone_from(&previous.hung);
        next.services = previous.services.unseen();
        (next.host_day, next.host_print) = (previous.host_day, previous.host_print);
    }

    /// Whether the audit leaves a collector out of this sample.
    pub(crate) fn leaves_out(&self, collector: &str) -> bool {
        let slow = self.slow;
        let mut left_out = self.previous.left_out.iter();
        left_out.any(|(name, kind)| name == collector && kind.is_none_or(|kind| kind == slow))
    }

    /// The kernel's parts of memory now, where the audit watches each collector by itself.
    pub(crate) fn reading(&mut self) -> Option<Reading> {
        let wanted = self.previous.watch_each;
        let text = if wanted { self.read_at_once("proc/meminfo").ok()?? } else { return None };
        Some(Reading::of_meminfo(text, &[]))
    }

    /// Notes what a collector did since the reading `before`.
    pub(crate) fn note(&mut self, collector: &str, ran: bool, seconds: f64, before: Option<Reading>) {
        let Some((before, after)) = before.zip(self.reading()) else { return };
        let measured = Measured { now: self.now, ran, seconds, before, after };
        self.next.alone.push((collector.to_owned(), measured));
    }

    /// Notes what all of them did.
    pub(crate) fn note_together(&mut self, seconds: f64) {
        let (before, after) = (self.before, self.after);
        let measured = Measured { now: self.now, ran: true, seconds, before, after };
        let together = &mut self.next.together;
        // The audit takes them in on the slow beat; where it cannot, old ones go.
        if together.len() >= MOST_MEASURED {
            together.remove(0);
        }
        together.push((self.slow, measured));
    }

    /// Seconds since the sample before, where it was of this boot and of the same user.
    pub(crate) fn interval(&self) -> Option<f64> {
        let same = self.previous.boot == self.next.boot && self.previous.viewer == self.next.viewer;
        let seconds = self.next.uptime? - self.previous.uptime?;
        // The kernel's clock has hundredths; what subtraction adds behind them would only lengthen the line.
        (same && seconds > 0.0).then(|| (seconds * 100.0).round() / 100.0)
    }

    /// A file's content; `None` where the kernel has none, or not for this user.
    pub(crate) fn read(&mut self, path: &str) -> Result<Option<&[u8]>, SampleError> {
        self.read_until(path, false)
    }

    /// As `read`, of a file that the kernel hands out at once: a read that leaves room was the last one.
    pub(crate) fn read_at_once(&mut self, path: &str) -> Result<Option<&[u8]>, SampleError> {
        self.read_until(path, true)
    }

    fn read_until(&mut self, path: &str, at_once: bool) -> Result<Option<&[u8]>, SampleError> {
        let (folder, name) = match path.strip_prefix("proc/") {
            Some(name) => (&self.proc_folder, name),
            None => (&self.root_folder, path),
        };
        match read_into(folder, name.as_bytes(), &mut self.buffer, at_once) {
            Ok(()) => Ok(Some(&self.buffer)),
            Err(error) if is_absent(error) => Ok(None),
            Err(error) => Err(read_error(path, error)),
        }
    }

    /// Hands each line of a file to `visit` without holding it as a whole: for tables that may be long. Says whether
    /// there is such a file.
    pub(crate) fn each_line(
        &mut self,
        path: &str,
        mut visit: impl FnMut(&[u8]),
    ) -> Result<bool, SampleError> {
        let (folder, name) = self.folder_of(path);
        let file = match rustix::fs::openat(folder, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
            Ok(file) => file,
            Err(error) if is_absent(error) => return Ok(false),
            Err(error) => return Err(read_error(path, error)),
        };
        let buffer = &mut self.buffer;
        buffer.clear();
        loop {
            buffer.reserve(LEAST_ROOM);
            match rustix::io::read(&file, spare_capacity(buffer)) {
                Ok(0) => break,
                Err(Errno::INTR) => continue,
                Err(error) => return Err(read_error(path, error)),
                Ok(_) => {}
            }
            let whole = buffer.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            parse::lines(&buffer[..whole]).for_each(&mut visit);
            buffer.drain(..whole);
        }
        parse::lines(buffer).for_each(&mut visit);
        Ok(true)
    }

    /// The number in a file that holds little else.
    pub(crate) fn read_number(&mut self, path: &str) -> Option<u64> {
        parse::first_number(self.read_at_once(path).ok()??)
    }

    /// The text of a file that holds little else; none where that is empty.
    pub(crate) fn read_text(&mut self, path: &str) -> Option<String> {
        Some(parse::text(self.read(path).ok()??)).filter(|text| !text.is_empty())
    }

    /// A number that hardly changes: read on the slow beat, remembered in between.
    pub(crate) fn limit(&mut self, path: &str) -> Option<u64> {
        if !self.slow {
            return self.next.limits.get(path).copied();
        }
        let number = self.read_number(path)?;
        self.next.limits.insert(path.to_owned(), number);
        Some(number)
    }

    /// Where a link leads, as it is written.
    pub(crate) fn link(&self, path: &str) -> Option<Vec<u8>> {
        let (folder, name) = self.folder_of(path);
        rustix::fs::readlinkat(folder, name, Vec::new()).ok().map(std::ffi::CString::into_bytes)
    }

    /// Whether there is such a file or folder.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let (folder, name) = self.folder_of(path);
        rustix::fs::accessat(folder, name, rustix::fs::Access::EXISTS, rustix::fs::AtFlags::empty()).is_ok()
    }

    /// When a file, or a link itself, was last written: seconds and nanoseconds.
    pub(crate) fn modified(&self, path: &str) -> Option<(i64, u32)> {
        let (folder, name) = self.folder_of(path);
        let stat = rustix::fs::statat(folder, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some(modified_of(&stat))
    }

    /// The names in a folder, sorted as people count (`hwmon2` before `hwmon10`); none where there is no such folder.
    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        let mut names = Vec::new();
        self.each_name(path, |name, _| {
            if let Ok(name) = std::str::from_utf8(name) {
                names.push(name.to_owned());
            }
            ControlFlow::Continue(())
        });
        names.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        names
    }

    /// Hands each name of a folder and its kind to `visit`, until that breaks. Says whether there is such a folder.
    pub(crate) fn each_name(
        &self,
        path: &str,
        mut visit: impl FnMut(&[u8], FileType) -> ControlFlow<()>,
    ) -> bool {
        let (folder, name) = self.folder_of(path);
        let name = if name.is_empty() { "." } else { name };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let Ok(folder) = rustix::fs::openat(folder, name, flags, Mode::empty()) else { return false };
        let mut buffer = Vec::with_capacity(LEAST_ROOM);
        let mut entries = RawDir::new(folder, buffer.spare_capacity_mut());
        while let Some(Ok(entry)) = entries.next() {
            let name = entry.file_name().to_bytes();
            if !matches!(name, b"." | b"..") && visit(name, entry.file_type()).is_break() {
                break;
            }
        }
        true
    }

    /// The folder of `/proc`, for those who read many files there.
    pub(crate) fn proc_folder(&self) -> &OwnedFd {
        &self.proc_folder
    }

    /// The buffer, for those who read many files; to be given back by `return_buffer`.
    pub(crate) fn take_buffer(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    /// Gives the buffer back.
    pub(crate) fn return_buffer(&mut self, buffer: Vec<u8>) {
        self.buffer = buffer;
    }

    fn folder_of<'p>(&self, path: &'p str) -> (&OwnedFd, &'p str) {
        match path.strip_prefix("proc/") {
            Some(name) => (&self.proc_folder, name),
            None => (&self.root_folder, path),
        }
    }
}

/// Reads a file into `buffer`, whose old content goes.
pub(crate) fn read_into(
    folder: impl AsFd,
    name: &[u8],
    buffer: &mut Vec<u8>,
    at_once: bool,
) -> rustix::io::Result<()> {
    buffer.clear();
    let file = rustix::fs::openat(folder, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    loop {
        buffer.reserve(LEAST_ROOM);
        let room = buffer.capacity() - buffer.len();
        match rustix::io::read(&file, spare_capacity(buffer)) {
            Ok(0) => return Ok(()),
            Ok(count) if at_once && count < room => return Ok(()),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}

/// When what `stat` tells of was last written: seconds and nanoseconds.
#[expect(clippy::useless_conversion, reason = "the types differ between architectures")]
pub(crate) fn modified_of(stat: &rustix::fs::Stat) -> (i64, u32) {
    (stat.st_mtime.into(), u32::try_from(stat.st_mtime_nsec).unwrap_or(0))
}

/// Whether an error says that the kernel has no such thing, or not for this user.
fn is_absent(error: Errno) -> bool {
    matches!(
        error,
        Errno::NOENT
            | Errno::NOTDIR
            | Errno::ACCESS
            | Errno::PERM
            | Errno::SRCH
            | Errno::NODEV
            | Errno::NXIO
            | Errno::OPNOTSUPP
            | Errno::NOSYS
    )
}

fn read_error(path: &str, error: Errno) -> SampleError {
    SampleError::Read { path: path.to_owned(), source: error.into() }
}
