//! What a run of `push` did.

use crate::base::refusal::Refusal;
use std::collections::BTreeMap;

/// What was sent, and what not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What was sent of each host, or would be.
    pub hosts: BTreeMap<String, Sent>,
    /// What the engine did not want, by host.
    pub unwanted: BTreeMap<String, Unwanted>,
    /// Logs that could not be read, and why.
    pub failed: Vec<(String, String)>,
    /// The engine takes nothing: why, and when it is asked next, unix time.
    pub down: Option<(Refusal, i64)>,
    /// It was not asked, since it took nothing lately: why, and until when.
    pub waits: Option<(String, i64)>,
    /// Another run is at it.
    pub busy: bool,
}

/// How much of a host was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Samples.
    pub samples: u64,
    /// Numbers in them.
    pub points: u64,
}

/// Samples of a host that the engine did not want.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unwanted {
    /// How many.
    pub samples: u64,
    /// The time of the first.
    pub first: i64,
    /// The time of the last.
    pub last: i64,
    /// Why, in the engine's words, of the first.
    pub reason: String,
}

impl Report {
    /// Adds what was sent of a host.
    pub(super) fn sent(&mut self, host: &str, samples: usize, points: usize) {
        let sent = self.hosts.entry(host.to_owned()).or_default();
        sent.samples += samples as u64;
        sent.points += points as u64;
    }

    /// Adds samples that the engine did not want.
    pub(super) fn unwanted(&mut self, host: &str, times: &[i64], reason: &str) {
        let (Some(first), Some(last)) = (times.first(), times.last()) else { return };
        let unwanted = self.unwanted.entry(host.to_owned()).or_insert_with(|| Unwanted {
            samples: 0,
            first: *first,
            last: *last,
            reason: reason.to_owned(),
        });
        unwanted.samples += times.len() as u64;
        unwanted.first = unwanted.first.min(*first);
        unwanted.last = unwanted.last.max(*last);
    }

    /// Samples and points of all hosts.
    pub fn total(&self) -> Sent {
        let add = |a: Sent, b: &Sent| Sent { samples: a.samples + b.samples, points: a.points + b.points };
        self.hosts.values().fold(Sent::default(), add)
    }
}
