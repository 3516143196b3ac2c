//! Whose memory it is: the processes that samples name, and whether one of them explains a part's growth.

use super::super::leak::Growth;
use super::super::part::Part;
use super::companion::{Points, span};
use super::history::History;
use crate::sample::Sample;
use serde::Serialize;
use std::collections::HashMap;

/// A process explains growth if it accounts for so much of it.
const EXPLAINS: f64 = 0.6;

/// Whose memory it is that grows.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The kernel holds it: no process.
    Nobody,
    /// A process explains it.
    Process(ProcessGrowth),
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
    /// When it was first seen, or started where that is known.
    pub since: i64,
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
    pub(super) times: Vec<i64>,
    pub(super) rss: Vec<f64>,
}

impl Processes {
    /// Notes what a sample says of processes.
    #[expect(clippy::cast_precision_loss, reason = "bytes of RAM")]
    pub(super) fn take(&mut self, sample: &Sample) {
        for found in sample.processes.iter().flat_map(|processes| &processes.top) {
            let key = (found.pid, found.name.clone());
            let place = *self.places.entry(key).or_insert_with(|| {
                let (name, user) = (found.name.clone(), found.user.clone());
                self.all.push(Process { name, pid: found.pid, user, times: Vec::new(), rss: Vec::new() });
                self.all.len() - 1
            });
            if let Some(process) = self.all.get_mut(place) {
                process.times.push(sample.t);
                process.rss.push(found.rss as f64);
            }
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Process] {
        &self.all
    }
}

/// Whose growth it is.
pub(super) fn of_part(history: &History, row: usize, part: Part, growth: &Growth) -> Owner {
    match part {
        Part::Anonymous | Part::Shared => {}
        Part::KernelStacks | Part::PageTables => return Owner::Tasks,
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
            since: *process.times.first()?,
            delta: found.delta,
            share: found.share(growth),
        })
    });
    match grown.filter(|process| process.share >= EXPLAINS).max_by(|a, b| a.delta.total_cmp(&b.delta)) {
        Some(process) => Owner::Process(process),
        // Memory that is shared may lie in files that nobody has open.
        None if part == Part::Shared => Owner::Nobody,
        None => Owner::NoSingleProcess,
    }
}
