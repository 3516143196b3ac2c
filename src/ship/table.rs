//! The series of one host in a request: each with its labels, made once, and its points, in the order of the log.

use super::mapping::{self, Change};
use super::walk::{Sink, walk};
use super::wire::{Label, Point, TimeSeries, add};
use crate::sample::Sample;
use crate::sample::host::Host;
use crate::sample::metric::Metric;
use std::collections::{BTreeMap, HashMap};

/// The series of a host.
#[derive(Debug)]
pub(super) struct Table {
    /// Labels of each of them.
    common: BTreeMap<String, String>,
    entries: Vec<Entry>,
    by_key: HashMap<(&'static str, &'static str, String), usize>,
    /// The series that got the last number: samples hand out theirs in one order, so it tells the next one.
    last: Option<usize>,
    /// The time of the sample that is being added, in milliseconds.
    now: i64,
    points: usize,
    /// The times of the samples.
    pub(super) times: Vec<i64>,
}

#[derive(Debug)]
struct Entry {
    metric: &'static Metric,
    instance: String,
    change: Change,
    /// The series that followed this one last.
    follower: usize,
    series: TimeSeries,
}

impl Table {
    /// No series yet. `labels` outrank `instance` and `job`.
    pub(super) fn new(host: &str, labels: &BTreeMap<String, String>) -> Self {
        let own =
            [("instance", host), ("job", "node")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut common = BTreeMap::from(own);
        common.extend(labels.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self {
            common,
            entries: Vec::new(),
            by_key: HashMap::new(),
            last: None,
            now: 0,
            points: 0,
            times: Vec::new(),
        }
    }

    /// Adds a sample.
    pub(super) fn add(&mut self, sample: &Sample, host: Option<&Host>) {
        self.now = sample.t.saturating_mul(1000);
        self.last = None;
        self.times.push(sample.t);
        walk(sample, host, self);
    }

    /// How many points it has.
    pub(super) fn points(&self) -> usize {
        self.points
    }

    /// Forgets the points, and keeps the series.
    pub(super) fn clear(&mut self) {
        for entry in &mut self.entries {
            entry.series.samples.clear();
        }
        (self.points, self.times) = (0, Vec::new());
    }

    /// Writes what there is into a request.
    pub(super) fn encode(&self, request: &mut Vec<u8>) {
        for entry in self.entries.iter().filter(|entry| !entry.series.samples.is_empty()) {
            add(&entry.series, request);
        }
    }

    /// Writes the points of some times only.
    pub(super) fn encode_some(&self, times: &[i64], request: &mut Vec<u8>) {
        for entry in &self.entries {
            let wanted = |point: &&Point| times.binary_search(&(point.timestamp / 1000)).is_ok();
            let samples: Vec<Point> = entry.series.samples.iter().filter(wanted).copied().collect();
            if !samples.is_empty() {
                add(&TimeSeries { labels: entry.series.labels.clone(), samples }, request);
            }
        }
    }

    fn entry(&mut self, metric: &'static Metric, instance: &str) -> Option<usize> {
        let is_it = |entry: &Entry| std::ptr::eq(entry.metric, metric) && entry.instance == instance;
        let guess = self.last.map_or(0, |last| self.entries[last].follower);
        if self.entries.get(guess).is_some_and(is_it) {
            return Some(guess);
        }
        let key = (metric.collector, metric.field, instance.to_owned());
        if let Some(index) = self.by_key.get(&key) {
            return Some(*index);
        }
        let mapped = mapping::find(metric)?;
        let mut labels = self.common.clone();
        labels.insert("__name__".to_owned(), mapped.name.clone());
        labels.extend(mapped.labels_with(instance).into_iter().map(|(name, value)| (name.to_owned(), value)));
        labels.retain(|_, value| !value.is_empty());
        let labels = labels.into_iter().map(|(name, value)| Label { name, value }).collect();
        let index = self.entries.len();
        self.by_key.insert(key, index);
        self.entries.push(Entry {
            metric,
            instance: instance.to_owned(),
            change: mapped.change,
            follower: index + 1,
            series: TimeSeries { labels, samples: Vec::new() },
        });
        Some(index)
    }
}

impl Sink for Table {
    fn number(&mut self, metric: &'static Metric, instance: &str, value: f64) {
        let Some(index) = self.entry(metric, instance) else { return };
        // Some sections come on slow beats only: whoever was before learns whom it is followed by now.
        if let Some(before) = self.last {
            self.entries[before].follower = index;
        }
        let entry = &mut self.entries[index];
        entry.series.samples.push(Point { value: entry.change.apply(value), timestamp: self.now });
        self.points += 1;
        self.last = Some(index);
    }
}
