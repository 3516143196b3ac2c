//! What a source tells, before it becomes samples: points in time with levels and rates, named like the numbers of the log.

use crate::sample::Sample;
use crate::sample::host::Host;
use crate::sample::metric::Metric;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// A number of the log, and of which disk, interface …
#[derive(Clone, Debug)]
pub(super) struct Number {
    /// What it is.
    pub(super) metric: &'static Metric,
    /// Empty where there is only one.
    pub(super) instance: String,
}

impl Number {
    /// A number by its id, `meminfo.MemFree`; `None` for one that no sample has.
    pub(super) fn named(id: &str, instance: &str) -> Option<Self> {
        let (collector, field) = id.split_once('.')?;
        let metric =
            Sample::metrics().find(|metric| metric.collector == collector && metric.field == field)?;
        Some(Self { metric, instance: instance.to_owned() })
    }

    fn key(&self) -> (&str, &str, &str) {
        (self.metric.collector, self.metric.field, &self.instance)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// A value of a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Value {
    /// A level; of a counter its rate per second.
    pub(super) value: f64,
    /// Seconds before the point that it stands for.
    pub(super) seconds: i64,
}

/// The numbers of one time.
pub(super) type Numbers = BTreeMap<Number, Value>;

/// What sources told of one host.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// `sysstat` or `rrd`: what the lines are marked with.
    pub source: &'static str,
    /// The name that the source has for the host, where it has one.
    pub name: Option<String>,
    /// By time.
    pub(super) points: BTreeMap<i64, Numbers>,
    /// When the host booted, unix time, ascending.
    pub(super) restarts: Vec<i64>,
    /// Facts about the host.
    pub(super) host: Option<Host>,
    /// What has no place in a sample: how many values of each.
    pub left_out: BTreeMap<String, u64>,
    /// Sources whose names say nothing: a mapping must.
    pub unmapped: Vec<Unmapped>,
    /// Remarks on how the source was made.
    pub notes: BTreeSet<String>,
    /// Files read.
    pub files: usize,
}

/// A source of which nobody said what it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmapped {
    /// What `--map` calls it.
    pub name: String,
    /// What is known of it: `GAUGE, each 300 s`.
    pub about: String,
}

impl Found {
    /// The first and the last time; `None` where there is no point.
    pub fn stretch(&self) -> Option<(i64, i64)> {
        Some((*self.points.first_key_value()?.0, *self.points.last_key_value()?.0))
    }

    /// How many points there are.
    pub fn points(&self) -> usize {
        self.points.len()
    }

    /// Adds what another file told of the same host. What was there stays.
    pub(super) fn merge(&mut self, other: Self) {
        for (t, numbers) in other.points {
            let point = self.points.entry(t).or_default();
            for (number, value) in numbers {
                point.entry(number).or_insert(value);
            }
        }
        self.restarts.extend(other.restarts);
        self.restarts.sort_unstable();
        self.restarts.dedup();
        self.name = self.name.take().or(other.name);
        self.host = other.host.or(self.host.take());
        self.unmapped.extend(other.unmapped);
        self.notes.extend(other.notes);
        self.files += other.files;
        for (name, count) in other.left_out {
            *self.left_out.entry(name).or_default() += count;
        }
    }

    /// Puts a value in.
    pub(super) fn put(&mut self, t: i64, number: Number, value: Value) {
        if value.value.is_finite() {
            self.points.entry(t).or_default().insert(number, value);
        }
    }

    /// Counts what has no place in a sample.
    pub(super) fn leave_out(&mut self, name: &str, count: u64) {
        *self.left_out.entry(name.to_owned()).or_default() += count;
    }
}
