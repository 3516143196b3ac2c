//! What is wrong with a host now: a level, and problems with their numbers. Problems are data; `describe` makes
//! words of them. Promises to stay calm: a condition must last (means over ten minutes and more, not one sample),
//! limits are few, each with its reason beside it (`checks`), and a healthy host has none of them.

use super::checks;
use super::report::{Finding, Report};
use crate::sample::Sample;
use crate::sample::audit::Suspect;
use crate::sample::check::CheckRun;
use crate::series::{DaySummary, Frame, Latest};
use crate::store::Damage;
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
    /// No sample for so long.
    Silent { age: f64 },
    /// The last sample is in the future.
    Clock { ahead: f64 },
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

/// A host's level, and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostState {
    /// The worst of its problems; `Silent` where no sample comes, whatever the last one said.
    pub level: Level,
    /// What is wrong, worst first; notes last.
    pub problems: Vec<Problem>,
}

/// What a judgement rests on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence<'a> {
    /// The last sample, slow parts carried forward.
    pub(super) sample: &'a Sample,
    /// The one before it.
    pub(super) previous: Option<&'a Sample>,
    /// The last hour.
    pub(super) hour: &'a Frame,
    /// Yesterday and today: what happened in the last 24 hours.
    pub(super) days: &'a [DaySummary],
    /// What of the log could not be read.
    pub(super) damage: &'a Damage,
    /// What is known of its memory.
    pub(super) report: Option<&'a Report>,
    /// Unix time of the judgement.
    pub(super) now: i64,
}

/// Judges a host by its last hour, its last days and the report on its memory.
pub fn judge(latest: &Latest, days: &[DaySummary], report: Option<&Report>, now: i64) -> HostState {
    judge_evidence(&Evidence {
        report,
        sample: &latest.sample,
        previous: latest.previous.as_ref(),
        hour: &latest.rates,
        days,
        damage: &latest.damage,
        now,
    })
}

fn judge_evidence(evidence: &Evidence) -> HostState {
    let mut problems: Vec<Problem> = Vec::new();
    for check in checks::ALL {
        check(evidence, &mut problems);
    }
    // Stable: the order of the checks within a level.
    problems.sort_by_key(|problem| std::cmp::Reverse(problem.level));
    let silent = problems.iter().any(|problem| problem.level == Level::Silent);
    let worst = problems.first().map_or(Level::Ok, |problem| problem.level);
    HostState { level: if silent { Level::Silent } else { worst }, problems }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "state_leak_tests.rs"]
mod leak_tests;
