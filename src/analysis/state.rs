//! What can be wrong with a host: a level, and problems with their numbers. Problems are data; `describe` makes words of
//! them, the rules of `alert` find them.

use super::report::Finding;
use crate::sample::audit::Suspect;
use crate::sample::check::CheckRun;
use serde::{Deserialize, Serialize};

/// How bad it is, mildest first. A problem that is `Ok` is a note: it is shown and changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing is wrong.
    #[default]
    Ok,
    /// Should be looked at.
    Warning,
    /// No sample comes: nobody knows. A host that is known to be in trouble comes before it.
    Silent,
    /// Something fails or is about to.
    Critical,
}

impl Level {
    /// Its key in the words: `state.KEY`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Silent => "silent",
            Self::Critical => "critical",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// How bad it is.
    pub level: Level,
    /// What it is, with its numbers.
    pub kind: ProblemKind,
    /// Since when, unix time, where the last hour shows it.
    pub since: Option<i64>,
}

/// What can be wrong. Shares are of one; bytes and seconds as everywhere.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are named as in the words of `describe`")]
pub enum ProblemKind {
    /// No sample for so long; what leaked when the last one was taken.
    Silent { age: f64, leak: Option<Box<Finding>> },
    /// Its log cannot be read, or costs too much.
    Unreadable { reason: String },
    /// The last sample is in the future.
    Clock { ahead: f64 },
    /// Samples arrive, and are so old already.
    Late { age: f64 },
    /// Two machines write one log.
    TwoMachines,
    /// Little memory is available.
    Memory { available: f64, total: f64 },
    /// Pages come back from swap: programs wait for them.
    Swapping { rate: f64 },
    /// Memory leaks, may leak, or has leaked.
    Leak { finding: Box<Finding> },
    /// Unreclaimable slab is a large part of memory, and does not grow.
    SlabUnreclaimable { bytes: f64, share: f64 },
    /// More tasks want to run than there are cores.
    Load { load: f64, cores: f64 },
    /// Tasks stall.
    Pressure { resource: Resource, share: f64 },
    /// The hypervisor gives CPU time to others.
    Steal { share: f64 },
    /// The CPU waits for disks.
    Iowait { share: f64 },
    /// A file system is nearly full.
    Filesystem { mount: String, share: f64, available: f64 },
    /// A file system has nearly no inodes left.
    Inodes { mount: String, share: f64 },
    /// A file system that should be writable is not.
    ReadOnly { mount: String },
    /// A disk has no idle time.
    DiskBusy { disk: String, share: f64 },
    /// A sensor is near what its hardware calls critical.
    Temperature { sensor: String, celsius: f64, critical: f64 },
    /// A RAID array is not whole.
    Raid { array: String, state: String, working: u64, members: u64, action: Option<(String, f64)> },
    /// The kernel killed processes for want of memory.
    OutOfMemory { kills: u64 },
    /// Processes that ended and that nobody asked for.
    Zombies { count: u64 },
    /// A table of the kernel is nearly full.
    Table { table: Table, used: f64, max: f64 },
    /// The system asks for a reboot.
    RebootRequired,
    /// Lines of the log that cannot be read, and the first one's place.
    BrokenLines { count: u64, place: String },
    /// Parts of the last sample that could not be read.
    Collectors { names: Vec<String> },
    /// A check failed, or was killed.
    Check { name: String, run: Box<CheckRun> },
    /// A collector or a check of cronograph's own leaks.
    OwnLeak(Suspect),
    /// A file system is full before long, at the rate of its last hours.
    FilesystemFull { mount: String, seconds: f64, available: f64 },
    /// The host has booted.
    Rebooted { uptime: f64 },
    /// The quota of the month's traffic is nearly used up.
    Traffic { share: f64 },
    /// A service that should run does not, or has failed.
    Service { name: String, state: String },
    /// A service is started again and again.
    ServiceRestarts { name: String, restarts: u64 },
    /// A target does not answer as it should, and why.
    Target { name: String, error: String },
    /// A target's certificate ends before long, or has ended.
    Certificate { name: String, seconds: f64 },
    /// Messages wait that a channel does not take.
    Undelivered { channel: String, seconds: f64 },
    /// A rule of the user's holds.
    Rule { name: String, instance: String, value: String, limit: String, relation: Relation },
}

/// How a value stands to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `==`
    Is,
    /// `!=`
    IsNot,
}

/// What tasks stall for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Some tasks wait for a CPU.
    Cpu,
    /// All tasks wait for a disk.
    Io,
    /// All tasks wait for memory.
    Memory,
}

/// A table of the kernel with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Connections that netfilter tracks.
    Conntrack,
    /// Open files of all processes.
    FileHandles,
    /// Processes and threads.
    Threads,
}
