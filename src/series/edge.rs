//! What one day's log says by itself of uptime, traffic and kills, and how it joins the day before.
//!
//! Each day is summed up from its own samples only, so that a closed day is read once; what lies between the last
//! sample of one day and the first of the next is worked out from the two edges whenever days are put together.

use super::table::{GAP_FACTOR, median};
use super::wrap::wrapped;
use crate::sample::Sample;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes received and sent, by interface.
pub(super) type Traffic = BTreeMap<String, (u64, u64)>;

/// Interfaces of a day whose traffic is summed up.
const MOST_INTERFACES: usize = 5_000;

/// A boot that the clock dates a little before the last sample of the boot before is still after it.
const CLOCK_SLACK_SECONDS: i64 = 60;
/// No host that is sampled booted before 2000.
const EARLIEST_BOOT: i64 = 946_684_800;
/// A clock is set by the network within this time after the boot.
const CLOCKLESS_SECONDS: f64 = 3_600.0;

/// The first or the last sample of a day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Edge {
    /// Unix time.
    pub(super) t: i64,
    /// The boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) boot: Option<String>,
    /// Seconds since boot.
    pub(super) uptime: f64,
    /// It was not observed by the host itself: another boot may be only another stretch of a source.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) imported: bool,
    /// Bytes since boot, by interface.
    pub(super) bytes: Traffic,
    /// Processes killed since boot for want of memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kills: Option<u64>,
}

/// One day by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct DayFacts {
    /// Samples.
    pub(super) samples: u64,
    /// The usual seconds between them; 0 where there is one sample.
    pub(super) interval: f64,
    /// Seconds between the first and the last sample in which the host was up.
    pub(super) up_seconds: f64,
    /// Seconds between the first and the last sample without the gaps.
    pub(super) observed_seconds: f64,
    /// Boots between the first and the last sample, unix time.
    pub(super) boots: Vec<i64>,
    /// Bytes between the first and the last sample.
    pub(super) traffic: Traffic,
    /// Interfaces of which bytes are missing: their counter began anew.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) incomplete: BTreeSet<String>,
    /// True if an interface counts by itself, where the host said it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) physical: BTreeMap<String, bool>,
    /// Processes killed for want of memory: unix time of the sample that first counts them, and how many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) kills: Vec<(i64, u64)>,
    /// The first sample.
    pub(super) first: Edge,
    /// The last one.
    pub(super) last: Edge,
}

impl DayFacts {
    /// When the host booted: before its first sample, and between the others.
    pub(super) fn boots(&self) -> impl Iterator<Item = i64> + '_ {
        self.boots.iter().copied().chain([self.first.booted()])
    }
}

/// What lies between two samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Between {
    /// The host was up from this unix time to the later sample.
    pub(super) up_since: i64,
    /// Seconds passed by the uptime; `None` over a boot.
    pub(super) passed: Option<f64>,
    /// When it booted, if it did.
    pub(super) boot: Option<i64>,
    /// Bytes.
    pub(super) traffic: Traffic,
    /// Interfaces of which bytes are missing.
    pub(super) incomplete: BTreeSet<String>,
    /// Processes killed for want of memory, by the time of the later sample.
    pub(super) kills: Option<(i64, u64)>,
}

impl Between {
    /// Up to when the host was up: to the later sample, or for as long as passed where the clock says more.
    #[expect(clippy::cast_possible_truncation, reason = "an uptime fits")]
    pub(super) fn up_until(&self, later: i64) -> i64 {
        self.passed.map_or(later, |passed| later.min(self.up_since.saturating_add(passed.round() as i64)))
    }
}

impl Edge {
    #[expect(clippy::cast_precision_loss, reason = "unix seconds are exact in an f64")]
    fn of(sample: &Sample) -> Self {
        let bytes =
            sample.netdev.iter().flat_map(|netdev| &netdev.0).filter_map(|(name, interface)| {
                Some((name.clone(), (interface.rx_bytes?, interface.tx_bytes?)))
            });
        Self {
            t: sample.t,
            boot: sample.boot.clone(),
            uptime: sample.uptime.unwrap_or(sample.t as f64),
            imported: sample.imported.is_some(),
            bytes: bytes.take(MOST_INTERFACES).collect(),
            kills: sample.vmstat.as_ref().and_then(|vmstat| vmstat.oom_kill),
        }
    }

    /// When it booted.
    #[expect(clippy::cast_possible_truncation, reason = "an uptime fits")]
    pub(super) fn booted(&self) -> i64 {
        self.t.saturating_sub(self.uptime.round() as i64)
    }

    /// Returns the seconds by which the clock was set ahead between this sample and a later one of the same boot, where it was wrong
    /// before: without a clock that a battery keeps going a host starts in 1970, or when it was switched off, until its
    /// network tells the time. A virtual machine that was paused comes back with such a step, too, but long after its boot.
    #[expect(clippy::cast_possible_truncation, reason = "an uptime fits")]
    pub(super) fn clock_set(&self, later: &Self) -> Option<i64> {
        let passed = later.uptime - self.uptime;
        if self.boot.is_none() || self.boot != later.boot || passed <= 0.0 || self.imported || later.imported
        {
            return None;
        }
        let is_wrong = self.booted() < EARLIEST_BOOT || self.uptime <= CLOCKLESS_SECONDS;
        let step = later.t.saturating_sub(self.t).saturating_sub(passed.round() as i64);
        (is_wrong && step > CLOCK_SLACK_SECONDS).then_some(step)
    }

    /// What lies between this sample and a later one; `None` if the other is not later.
    pub(super) fn until(&self, later: &Self) -> Option<Between> {
        if self.boot != later.boot {
            let boot = later.booted();
            // Counters began at 0 with the boot: all that they show is new, unless the clock makes no sense.
            let makes_sense = boot >= self.t.saturating_sub(CLOCK_SLACK_SECONDS);
            let traffic = if makes_sense { later.bytes.clone() } else { Traffic::new() };
            let kills = makes_sense.then(|| later.kills_since(Some(0))).flatten();
            // Where imported samples begin or end the boot may be the same.
            let is_boot = makes_sense || !(self.imported || later.imported);
            return Some(Between {
                up_since: boot.max(self.t),
                passed: None,
                boot: is_boot.then_some(boot),
                traffic,
                kills,
                ..Between::default()
            });
        }
        let passed = later.uptime - self.uptime;
        if passed <= 0.0 {
            return None;
        }
        let mut incomplete = BTreeSet::new();
        let mut traffic = Traffic::new();
        for (name, now) in &later.bytes {
            // From when an interface counts that was not there is not known.
            let before = self.bytes.get(name).unwrap_or(now);
            let grown =
                [(before.0, now.0), (before.1, now.1)].map(|(before, now)| grown(before, now, passed));
            if grown.contains(&None) {
                incomplete.insert(name.clone());
            }
            traffic.insert(name.clone(), (grown[0].unwrap_or(0), grown[1].unwrap_or(0)));
        }
        let kills = later.kills_since(self.kills);
        Some(Between { up_since: self.t, passed: Some(passed), boot: None, traffic, incomplete, kills })
    }

    /// What this sample counts more than the one before, if it is any.
    fn kills_since(&self, before: Option<u64>) -> Option<(i64, u64)> {
        let more = self.kills?.checked_sub(before?).filter(|more| *more > 0)?;
        Some((self.t, more))
    }
}

/// Growth of a counter of bytes in so many seconds; `None` where it fell and did not wrap: from when it counts is not known.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "below 2^33"
)]
fn grown(before: u64, now: u64, seconds: f64) -> Option<u64> {
    now.checked_sub(before).or_else(|| wrapped(before as f64, now as f64, seconds).map(|grown| grown as u64))
}

/// Sums up a day while its samples are read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct DayReading {
    facts: DayFacts,
    intervals: Vec<f64>,
}

impl DayReading {
    /// How many samples it has.
    pub(super) fn samples(&self) -> u64 {
        self.facts.samples
    }

    /// Adds a sample, in the order of the log. One that is not later than those before (late lines; two samplers) is
    /// counted, and adds nothing else.
    #[expect(clippy::cast_precision_loss, reason = "seconds of a day are exact in an f64")]
    pub(super) fn add(&mut self, sample: &Sample) {
        let edge = Edge::of(sample);
        self.facts.samples += 1;
        let interfaces = sample.netdev.iter().flat_map(|netdev| &netdev.0);
        let physical =
            interfaces.filter_map(|(name, interface)| Some((name.clone(), interface.physical? > 0)));
        self.facts.physical.extend(physical);
        if self.facts.samples == 1 {
            self.facts.first = edge.clone();
            self.facts.last = edge;
            return;
        }
        let Some(between) = self.facts.last.until(&edge) else { return };
        if let Some(step) = self.facts.last.clock_set(&edge) {
            self.set_clock(step, &edge);
        }
        match between.passed {
            Some(passed) => {
                self.facts.up_seconds += passed;
                self.intervals.push(passed);
            }
            None => self.facts.up_seconds += (edge.t - between.up_since).max(0) as f64,
        }
        self.facts.boots.extend(between.boot);
        self.facts.kills.extend(between.kills);
        add_traffic(&mut self.facts.traffic, &between.traffic);
        self.facts.incomplete.extend(between.incomplete);
        self.facts.last = edge;
    }

    /// Moves what was dated by a wrong clock to when it was.
    fn set_clock(&mut self, step: i64, edge: &Edge) {
        let wrong = self.facts.last.booted();
        match self.facts.boots.last_mut() {
            Some(boot) if is_about(*boot, wrong) => *boot = edge.booted(),
            Some(_) => {}
            None => self.facts.first.t += step,
        }
        self.facts.last.t += step;
    }

    /// The day's facts; `None` where there was no sample.
    pub(super) fn finish(mut self) -> Option<DayFacts> {
        let usual = median(&mut self.intervals).unwrap_or(0.0);
        self.facts.interval = usual;
        self.facts.observed_seconds =
            self.intervals.iter().filter(|seconds| **seconds <= GAP_FACTOR * usual).sum();
        (self.facts.samples > 0).then_some(self.facts)
    }
}

/// Returns true where two times of one boot differ by no more than a clock drifts.
pub(super) fn is_about(boot: i64, other: i64) -> bool {
    boot.abs_diff(other) <= CLOCK_SLACK_SECONDS.unsigned_abs()
}

/// Adds traffic to traffic.
pub(super) fn add_traffic(sum: &mut Traffic, more: &Traffic) {
    for (name, (received, sent)) in more {
        // No host has so many: another machine invented them.
        if sum.len() >= MOST_INTERFACES && !sum.contains_key(name) {
            continue;
        }
        let total = sum.entry(name.clone()).or_default();
        total.0 = total.0.saturating_add(*received);
        total.1 = total.1.saturating_add(*sent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(t: i64, received: u64) -> Edge {
        let bytes = Traffic::from([("eth0".to_owned(), (received, 0))]);
        Edge { t, boot: Some("a".to_owned()), uptime: t as f64, bytes, ..Edge::default() }
    }

    #[test]
    fn a_wrap_loses_nothing_and_what_begins_anew_is_named() {
        let between = |before, after| edge(1000, before).until(&edge(1060, after)).unwrap();
        let wrapped = between((1 << 32) - 1000, 5000);
        assert_eq!((wrapped.traffic["eth0"], wrapped.incomplete.len()), ((6000, 0), 0));
        let anew = between(1 << 31, 5000);
        assert_eq!((anew.traffic["eth0"], anew.incomplete.contains("eth0")), ((0, 0), true));
        assert_eq!(between(5, 7).traffic["eth0"], (2, 0));
    }
}
