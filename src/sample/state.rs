//! What one sample needs of the one before: when and in which boot it was, the CPU time of each process, what was
//! found out on the slow beat. `<data>/<host>/state`; it can be deleted at any time, which costs one interval.
//!
//! It is overwritten in place: replacing or truncating a small file each minute makes file systems (ext4's
//! `auto_da_alloc`) write to the disk at once. A torn state does not parse and counts as none.

use super::Options;
use super::audit::{Measured, Suspect};
use super::beat::Beat;
use super::check::CheckRun;
use super::context::read_into;
use super::mounts::KnownMount;
use super::perfdata::Value;
use super::service::Memory;
use super::target::TargetRun;
use rustix::fs::CWD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// What the next sample needs of this one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Unix time of the sample.
    pub(crate) time: i64,
    /// The boot that it was taken in.
    pub(crate) boot: Option<String>,
    /// Its uptime.
    pub(crate) uptime: Option<f64>,
    /// Who took it: another user sees other processes.
    pub(crate) viewer: u32,
    /// When this program was started then, in ticks since boot: what is younger was not seen.
    pub(crate) started: u64,
    /// When the slow beat was last.
    pub(crate) slow_time: i64,
    /// The day (since 1970, UTC) of the last line with the host's facts, and what they were.
    pub(crate) host_day: i64,
    /// A fingerprint of those facts.
    pub(crate) host_print: u64,
    /// Whether `/proc/meminfo` is made for this container while its neighbours are the host's.
    pub(crate) made_up_meminfo: bool,
    /// `SUnreclaim` when the slab caches were last read.
    pub(crate) slab: Option<u64>,
    /// Slab caches that grow, as the slow beat found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) growing_slab: Vec<String>,
    /// Files whose number hardly changes, by path: limits.
    pub(crate) limits: BTreeMap<String, u64>,
    /// Block devices that were seen, and whether each counts.
    pub(crate) disks: BTreeMap<String, bool>,
    /// zram devices.
    pub(crate) zram: Vec<String>,
    /// Sensors: label, file, kind.
    pub(crate) sensors: Vec<(String, String, char)>,
    /// Control groups that are shown.
    pub(crate) groups: Vec<String>,
    /// File systems that are shown.
    pub(crate) mounts: Vec<KnownMount>,
    /// Mounts that did not answer, and when.
    pub(crate) hung: BTreeMap<String, i64>,
    /// Threads of the kernel that do nothing, by number, ascending.
    pub(crate) quiet: Vec<u32>,
    /// Users of the processes that are shown: number, start, name.
    pub(crate) users: Vec<(u32, u64, String)>,
    /// CPU ticks of processes, by process number, ascending; those that used none are left out.
    pub(crate) processes: Vec<(u32, u64)>,
    /// The D-Bus daemons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) bus: Vec<u32>,
    /// What all collectors together did, on slow beats or not, until the audit takes it in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) together: Vec<(bool, Measured)>,
    /// What each did by itself, where the audit wants to know.
    #[serde(skip)]
    pub(crate) alone: Vec<(String, Measured)>,
    /// Collectors that the audit leaves out: always, or only on slow beats, or only on others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) left_out: Vec<(String, Option<bool>)>,
    /// Whether the audit watches each collector by itself.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) watch_each: bool,
    /// What the audit names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) suspects: Vec<Suspect>,
    /// By what it was told last that a service of systemd had started or ended.
    pub(crate) service_stamp: u64,
    /// Whether systemd was to be asked for services after that sample.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) service_asked: bool,
    /// What is known of services, in a file of its own that is read where something may have changed.
    #[serde(skip)]
    pub services: Memory,
    /// Results of checks since the sample before.
    #[serde(skip)]
    pub results: BTreeMap<String, CheckRun>,
    /// Results of targets since the sample before.
    #[serde(skip)]
    pub answers: BTreeMap<String, TargetRun>,
    /// The numbers that they gave.
    #[serde(skip)]
    pub values: BTreeMap<String, Value>,
    /// What the slow beat left, in a file of its own that is read and written on the slow beat only.
    #[serde(skip)]
    pub beat: Beat,
    /// Every control group of a service or container that the slow beat found, for who looks after what comes and goes.
    #[serde(skip)]
    pub(crate) found_groups: Option<Vec<String>>,
    /// The processes that init looks after. For the same.
    #[serde(skip)]
    pub(crate) daemons: Vec<Daemon>,
    /// How long the file was that this came from.
    #[serde(skip)]
    pub(crate) length: usize,
}

/// A process whose parent is number 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Daemon {
    /// Its name, as the kernel has it.
    pub(crate) name: String,
    /// Its number.
    pub(crate) pid: u32,
    /// Its start, in ticks since boot.
    pub(crate) started: u64,
}

impl State {
    /// Reads the state; none, an unreadable or torn one is an empty one, as before a first sample.
    pub fn load(path: &Path) -> Self {
        let mut bytes = Vec::new();
        if read_into(CWD, path.as_os_str().as_encoded_bytes(), &mut bytes, true).is_err() {
            return Self::default();
        }
        let mut state: Self = serde_json::from_slice(&bytes).unwrap_or_default();
        state.length = bytes.len();
        state
    }

    /// The state as it is written, padded with blanks to whole KiB so that its length hardly changes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.resize((bytes.len() + 1).next_multiple_of(1024) - 1, b' ');
        bytes.push(b'\n');
        bytes
    }

    /// Writes what `encode` made over the state that `previous` was loaded from.
    pub fn save(path: &Path, encoded: &[u8], previous: &Self) -> io::Result<()> {
        let mut file = fs_err::OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        file.write_all(encoded)?;
        if previous.length > encoded.len() {
            file.set_len(encoded.len() as u64)?;
        }
        Ok(())
    }

    /// Whether the slow beat is over at `now`; a clock that went back counts as that. Cron is not exact to the second:
    /// a twentieth of the interval early is in time.
    pub fn is_due(&self, options: &Options, now: i64) -> bool {
        let interval = i64::from(options.slow_interval_seconds);
        let age = now.saturating_sub(self.slow_time);
        age < 0 || age >= interval - interval / 20
    }

    /// Whether the audit has something to take in from each sample, not from slow beats only.
    pub fn is_watched(&self) -> bool {
        self.watch_each || !self.suspects.is_empty()
    }

    /// Whether systemd is to be asked for more about services.
    pub fn asks_systemd(&self) -> bool {
        self.service_asked && self.services.view.is_some()
    }

    /// Whether this is the state of a slow beat.
    pub fn is_slow(&self) -> bool {
        self.slow_time == self.time
    }

    /// Whether the sample after this one reads what may not answer: the memory of processes, sensors.
    pub fn may_wait(&self, options: &Options, now: i64) -> bool {
        options.command_lines || !self.sensors.is_empty() || self.is_due(options, now)
    }

    /// CPU ticks of a process at this sample: 0 where it had used none.
    pub(crate) fn ticks(&self, pid: u32) -> u64 {
        let found = self.processes.binary_search_by_key(&pid, |(pid, _)| *pid);
        found.map_or(0, |index| self.processes[index].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_by_process() {
        let state = State { processes: vec![(1, 10), (7, 70), (300, 3)], ..State::default() };
        assert_eq!([1, 7, 300, 2, 400].map(|pid| state.ticks(pid)), [10, 70, 3, 0, 0]);
    }

    #[test]
    fn a_state_survives_the_disk_and_a_shorter_one_over_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let long = State { time: 5, processes: (0..2000).map(|pid| (pid, 1)).collect(), ..State::default() };
        State::save(&path, &long.encode(), &State::load(&path)).unwrap();
        let loaded = State::load(&path);
        assert_eq!(loaded.processes, long.processes);

        let short = State { time: 6, ..State::default() };
        State::save(&path, &short.encode(), &loaded).unwrap();
        assert_eq!(State::load(&path).time, 6);
        assert_eq!(fs_err::metadata(&path).unwrap().len(), 1024);
    }

    #[test]
    fn a_torn_state_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        fs_err::write(&path, "{\"time\":5,\"boot").unwrap();
        assert_eq!(State::load(&path).time, 0);
        assert_eq!(State::load(&folder.path().join("none")), State::default());
    }
}
