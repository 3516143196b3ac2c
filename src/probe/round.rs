//! One round of a search: does the command leak as it did with all scripts on? Asked of what leaked then, and only whether it
//! is more than a small part of that, so that one of thirty equal culprits is seen by itself.

use super::estimate::{Answer, Rule, judge};
use super::reading::{LEFT, Thing};
use super::session::Observed;
use super::slab::{leaking_caches, sum_of_things};
use super::verdict::Verdict;
use crate::analysis::part::Part;
use crate::base::statistics::Estimate;

/// The share of the whole leak that tells whether a set leaks; of a small leak a larger one, …
const SHARE: f64 = 1.0 / 32.0;
const LARGEST_SHARE: f64 = 0.25;
/// … since less than this takes many runs to tell: bytes, and things.
const SOON: [f64; 2] = [24.0 * 1024.0, 0.5];
/// Numbers of bytes and of things do not stand still to less than this.
const NOISE: [f64; 2] = [4096.0, 0.1];

/// What leaks with all scripts on: the sum of these.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    parts: Vec<Part>,
    things: Vec<Thing>,
    is_memory: bool,
}

/// What a round says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answered {
    /// Whether the set leaks.
    pub leaks: bool,
    /// Whether that is sure; else the likelier answer.
    pub is_sure: bool,
    /// What a run adds.
    pub estimate: Estimate,
    /// Runs that counted.
    pub runs: usize,
}

impl Trace {
    /// Of an experiment that found a leak.
    pub fn of(seen: &Observed, verdict: &Verdict) -> Self {
        let mut parts: Vec<Part> = verdict.parts.iter().map(|grown| grown.part).collect();
        let caches = leaking_caches(seen);
        let mut things: Vec<Thing> = Vec::new();
        if !caches.is_empty() && parts.contains(&Part::SlabUnreclaimable) {
            // The objects in caches are more exact than the pages of the part.
            parts.retain(|part| *part != Part::SlabUnreclaimable);
            let named = seen.catalogue.all().filter(|(_, number)| caches.contains(number));
            things = named.map(|(thing, _)| thing.clone()).collect();
        }
        let is_memory = !(parts.is_empty() && things.is_empty());
        if !is_memory {
            // Of those that are a leak by themselves the most.
            let is_leak = |metric: &str| LEFT.iter().any(|kind| kind.metric == metric && kind.is_leak);
            let left = verdict.left.iter().filter(|left| is_leak(left.metric));
            let left = left.max_by(|one, other| one.count.total_cmp(&other.count));
            things.extend(left.map(|left| Thing { metric: left.metric, instance: String::new() }));
        }
        Self { parts, things, is_memory }
    }

    /// The metric of the things that it counts; none where it is bytes.
    pub fn things(&self) -> Option<&'static str> {
        self.things.first().filter(|_| !self.is_memory).map(|thing| thing.metric)
    }

    fn levels(&self, seen: &Observed) -> Vec<f64> {
        let numbers: Vec<usize> = seen
            .catalogue
            .all()
            .filter(|(thing, _)| self.things.contains(thing))
            .map(|(_, number)| number)
            .collect();
        let things = sum_of_things(seen, &numbers);
        let parts = seen.levels(|reading| self.parts.iter().map(|part| reading.part(*part)).sum::<f64>());
        parts.iter().zip(things).map(|(parts, things)| parts + things).collect()
    }

    /// What a round has shown so far of a leak of this size, above what the command leaks without any script.
    pub fn answer(&self, seen: &Observed, whole: f64, base: f64) -> Answered {
        let kind = usize::from(!self.is_memory);
        let own = whole - base;
        let threshold = base + (SHARE * own).max(SOON[kind].min(LARGEST_SHARE * own));
        let rule = Rule::threshold(threshold, NOISE[kind]);
        let answer = judge(&seen.turns, &self.levels(seen), &rule);
        let estimate = answer.estimate().unwrap_or_default();
        let (leaks, is_sure) = match answer {
            Answer::Leaks(_) => (true, true),
            Answer::Clean(_) => (false, true),
            Answer::Open(_) => (estimate.center > threshold, false),
        };
        Answered { leaks, is_sure, estimate, runs: seen.runs() }
    }

    /// What a run adds, of the experiment with all scripts on.
    pub fn whole(&self, seen: &Observed) -> Estimate {
        let rule = if self.is_memory { Rule::memory() } else { Rule::things() };
        judge(&seen.turns, &self.levels(seen), &rule).estimate().unwrap_or_default()
    }
}
