//! Whose memory it is: the processes that samples name, and whether one of them explains a part's growth.

use super::super::leak::{Growth, State};
use super::super::part::Part;
use super::companion::{Points, span};
use super::history::History;
use crate::sample::Sample;
use crate::sample::audit::Suspect;
use crate::sample::processes as sample;
use serde::Serialize;
use std::collections::HashMap;

/// A process explains growth if it accounts for so much of it.
const EXPLAINS: f64 = 0.6;
/// Starts are known to the second, and the clock moves a little.
const SAME_START_SECONDS: u64 = 120;

/// Whose memory it is that grows.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The kernel holds it: no process.
    Nobody,
    /// A collector or a check of cronograph leaves it behind, or is on trial for that.
    Cronograph(Suspect),
    /// The hypervisor took it back.
    Balloon,
    /// The first suspect is the hypervisor, which may take memory back: no counter says how much.
    UncountedBalloon,
    /// A process explains it.
    Process(ProcessGrowth),
    /// The processes of one name explain it; which of them, the log does not tell.
    Program {
        /// Its name.
        name: String,
        /// By how much their resident memory grew.
        #[serde(serialize_with = "super::whole")]
        delta: f64,
        /// How much of the part's growth that is.
        share: f64,
    },
    /// It belongs to tasks, and the log does not tell to which.
    Tasks,
    /// Processes hold it, and none of those that the log names explains it alone.
    NoSingleProcess,
    /// The log names no processes.
    Unknown,
}

/// A process that grew.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProcessGrowth {
    /// Its name.
    pub name: String,
    /// Its number.
    pub pid: u32,
    /// Who runs it.
    pub user: String,
    /// When it started; when it was first seen, where that is not known.
    pub started: i64,
    /// By how much its resident memory grew.
    #[serde(serialize_with = "super::whole")]
    pub delta: f64,
    /// How much of the part's growth that is.
    pub share: f64,
}

/// The processes of the last day: their resident memory over time.
#[derive(Clone, Debug, Default)]
pub(super) struct Processes {
    places: HashMap<(u32, String), usize>,
    all: Vec<Process>,
}

/// One process.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) name: String,
    pub(super) pid: u32,
    user: String,
    started: Option<i64>,
    pub(super) times: Vec<i64>,
    pub(super) rss: Vec<f64>,
}

impl Processes {
    /// Notes what a sample says of processes.
    #[expect(clippy::cast_precision_loss, reason = "bytes of RAM")]
    pub(super) fn take(&mut self, sample: &Sample) {
        for found in sample.processes.iter().flat_map(|processes| &processes.top) {
            let started = started(sample, found);
            let place = self.place(found, started);
            if let Some(process) = self.all.get_mut(place) {
                process.started = process.started.or(started);
                process.times.push(sample.t);
                process.rss.push(found.rss as f64);
            }
        }
    }

    /// Where a process is kept. One that started at another time under the same number is another one.
    fn place(&mut self, found: &sample::Process, started: Option<i64>) -> usize {
        let key = (found.pid, found.name.clone());
        let known = self.places.get(&key).copied().filter(|place| {
            let before = self.all.get(*place).and_then(|process| process.started);
            before.zip(started).is_none_or(|(one, other)| one.abs_diff(other) <= SAME_START_SECONDS)
        });
        known.unwrap_or_else(|| {
            self.places.insert(key, self.all.len());
            let (name, user) = (found.name.clone(), found.user.clone());
            let (times, rss) = (Vec::new(), Vec::new());
            self.all.push(Process { name, pid: found.pid, user, started, times, rss });
            self.all.len() - 1
        })
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Process] {
        &self.all
    }
}

/// When a process started, unix time, by the clock of its boot.
#[expect(clippy::cast_possible_truncation, reason = "an uptime fits")]
fn started(sample: &Sample, process: &sample::Process) -> Option<i64> {
    Some(sample.t - (sample.uptime? - process.started?) as i64)
}

/// Whose growth it is.
pub(super) fn of_part(history: &History, row: usize, part: Part, growth: &Growth, state: State) -> Owner {
    // What has ended is not that of a trial that goes on.
    let is_own = |own: &&Suspect| own.part == part.kernel_name() && (own.leaks || state > State::Ended);
    if let Some(own) = history.own().iter().find(is_own) {
        return Owner::Cronograph(own.clone());
    }
    match part {
        Part::Anonymous | Part::Shared => {}
        Part::KernelStacks | Part::PageTables => return Owner::Tasks,
        Part::Balloon => return Owner::Balloon,
        Part::Unaccounted if history.has_uncounted_balloon() => return Owner::UncountedBalloon,
        _ => return Owner::Nobody,
    }
    let processes = history.processes().all();
    let at = history.times().get(row).copied().unwrap_or(i64::MAX);
    if processes.iter().all(|process| process.times.first().is_none_or(|first| *first > at)) {
        return Owner::Unknown;
    }
    let grown = processes.iter().filter_map(|process| {
        let found = span(&Points { times: &process.times, values: &process.rss }, growth, at)?;
        Some(ProcessGrowth {
            name: process.name.clone(),
            pid: process.pid,
            user: process.user.clone(),
            started: process.started.or(process.times.first().copied())?,
            delta: found.delta,
            share: found.share(growth),
        })
    });
    let explains = grown.filter(|process| process.share >= EXPLAINS);
    match explains.max_by(|one, other| one.delta.total_cmp(&other.delta)) {
        Some(process) => Owner::Process(process),
        None => program(history, row, growth).unwrap_or(match part {
            // Memory that is shared may lie in files that nobody has open.
            Part::Shared => Owner::Nobody,
            _ => Owner::NoSingleProcess,
        }),
    }
}

/// The program whose processes explain a growth together, or one that is older than what is known of processes.
fn program(history: &History, row: usize, growth: &Growth) -> Option<Owner> {
    let at = *history.times().get(row)?;
    let grown = history.instances("program.rss").into_iter().filter_map(|name| {
        let values = history.column("program.rss", name, row);
        let found = span(&Points { times: history.times(), values: &values }, growth, at)?;
        let share = found.share(growth);
        (share >= EXPLAINS).then(|| Owner::Program { name: name.to_owned(), delta: found.delta, share })
    });
    let delta = |owner: &Owner| if let Owner::Program { delta, .. } = owner { *delta } else { 0.0 };
    grown.max_by(|one, other| delta(one).total_cmp(&delta(other)))
}
