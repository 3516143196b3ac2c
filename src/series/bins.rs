//! Bins of a fixed step: what a number did in each, in a form that adds up: bins of bins are the bins of the samples.

use super::followers::Followers;
use super::frame::{Column, Frame, Key};
use super::possible::{forget_larger_parts, is_possible, is_share_of_time};
use super::registry;
use super::table::Table;
use crate::sample::metric::{Kind, Metric};
use bound::keep_most;
use std::collections::{BTreeMap, HashMap};

mod bound;

/// Cells of a frame of bins, each a mean, a least and a largest: 72 MiB, 1,500 names over a week.
const MOST_FRAME_CELLS: usize = 3 << 20;

/// One number in one bin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stat {
    /// A gauge: how many values; a counter: how many seconds are covered.
    pub(super) weight: f64,
    /// A gauge: the sum of the values; a counter: what it grew by.
    pub(super) sum: f64,
    /// The least level or rate.
    pub(super) min: f64,
    /// The largest level or rate.
    pub(super) max: f64,
}

impl Stat {
    /// The mean level or rate.
    pub(super) fn mean(&self) -> f64 {
        self.sum / self.weight
    }

    /// At most all of the time, where it is a share of it.
    fn at_most_all(&self) -> Self {
        let &Self { weight, sum, min, max } = self;
        Self { weight, sum: sum.min(weight), min: min.min(1.0), max: max.min(1.0) }
    }

    /// Adds what another part of the same bin holds.
    pub(super) fn add(&mut self, other: &Self) {
        self.weight += other.weight;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

/// One bin.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Bin {
    /// Samples in it.
    pub(super) samples: u64,
    /// Seconds that rates cover.
    pub(super) seconds: f64,
}

/// The numbers of one metric and instance in each bin, by the bin's start.
#[derive(Clone, Debug)]
pub(super) struct BinSeries {
    /// What it is.
    pub(super) metric: &'static Metric,
    /// Of which disk, interface ….
    pub(super) instance: String,
    /// By the start of the bin, ascending; bins without a value are left out.
    pub(super) stats: Vec<(i64, Stat)>,
}

/// Bins while they are filled, in ascending order of time.
pub(super) struct Bins {
    /// Seconds of a bin.
    pub(super) step: i64,
    /// The bins by their start.
    pub(super) bins: BTreeMap<i64, Bin>,
    /// The numbers.
    pub(super) series: Vec<BinSeries>,
    places: HashMap<(&'static str, &'static str), HashMap<String, usize>>,
    followers: Followers,
}

impl Bins {
    /// No bins yet, of `step` seconds.
    pub(super) fn new(step: i64) -> Self {
        Self {
            step,
            bins: BTreeMap::new(),
            series: Vec::new(),
            places: HashMap::new(),
            followers: Followers::default(),
        }
    }

    /// The start of the bin that `t` lies in.
    pub(super) fn start(&self, t: i64) -> i64 {
        t.div_euclid(self.step) * self.step
    }

    /// Adds samples and covered seconds to the bin of `t`.
    pub(super) fn add_bin(&mut self, t: i64, samples: u64, seconds: f64) {
        let bin = self.bins.entry(self.start(t)).or_default();
        bin.samples += samples;
        bin.seconds += seconds;
    }

    /// Adds a number to the bin of `t`. Times must not go down by more than a bin.
    pub(super) fn add_stat(&mut self, t: i64, series: usize, stat: &Stat) {
        let start = self.start(t);
        let BinSeries { metric, stats, .. } = &mut self.series[series];
        if !is_possible(metric, stat.max) {
            return;
        }
        let stat = if is_share_of_time(metric) { stat.at_most_all() } else { *stat };
        match stats.last_mut() {
            Some((last, present)) if *last == start => present.add(&stat),
            _ => stats.push((start, stat)),
        }
    }

    /// The numbers of the next line begin.
    pub(super) fn restart(&mut self) {
        self.followers.restart();
    }

    /// The series of a metric that a rollup names; `None` if this version does not know it.
    pub(super) fn named(&mut self, collector: &str, field: &str, instance: &str) -> Option<usize> {
        let expected = self.followers.expected().filter(|place| {
            let BinSeries { metric, instance: known, .. } = &self.series[*place];
            metric.field == field && metric.collector == collector && known == instance
        });
        let place = match expected {
            Some(place) => place,
            None => self.place(registry::find(collector, field)?, instance),
        };
        self.followers.went_to(place);
        Some(place)
    }

    /// The series of a metric.
    pub(super) fn place(&mut self, metric: &'static Metric, instance: &str) -> usize {
        let instances = self.places.entry((metric.collector, metric.field)).or_default();
        if let Some(&place) = instances.get(instance) {
            return place;
        }
        instances.insert(instance.to_owned(), self.series.len());
        self.series.push(BinSeries { metric, instance: instance.to_owned(), stats: Vec::new() });
        self.series.len() - 1
    }

    /// Adds the rows of a table with `from <= t < until`.
    pub(super) fn add_table(&mut self, table: &Table, from: i64, until: i64) {
        let mut rows: Vec<usize> =
            (0..table.rows.len()).filter(|row| (from..until).contains(&table.rows[*row].t)).collect();
        rows.sort_by_key(|row| table.rows[*row].t);
        for row in &rows {
            let row = table.rows[*row];
            self.add_bin(row.t, 1, if row.covered.is_nan() { 0.0 } else { row.covered });
        }
        for series in &table.columns {
            let place = self.place(series.metric, &series.instance);
            for &row in &rows {
                let (value, row) = (series.values[row], table.rows[row]);
                if !value.is_nan() {
                    let stat = match series.metric.kind {
                        Kind::Gauge => Stat { weight: 1.0, sum: value, min: value, max: value },
                        Kind::Counter => {
                            let rate = value / row.covered;
                            Stat { weight: row.covered, sum: value, min: rate, max: rate }
                        }
                    };
                    self.add_stat(row.t, place, &stat);
                }
            }
        }
    }

    /// The bins as a frame.
    pub(super) fn into_frame(mut self, from: i64, until: i64, reboots: Vec<i64>) -> Frame {
        let times: Vec<i64> = self.bins.keys().copied().collect();
        let rows: HashMap<i64, usize> = times.iter().enumerate().map(|(row, time)| (*time, row)).collect();
        keep_most(&mut self.series, |_| MOST_FRAME_CELLS / times.len().max(1));
        let mut columns = HashMap::new();
        for series in self.series.into_iter().filter(|series| !series.stats.is_empty()) {
            let empty = vec![f64::NAN; times.len()];
            let mut column =
                Column { mean: empty.clone(), min: empty.clone(), max: empty, ..Column::default() };
            if series.metric.field == "up" {
                column.weights = vec![0.0; times.len()];
            }
            for (start, stat) in &series.stats {
                if let Some(&row) = rows.get(start) {
                    if let Some(weight) = column.weights.get_mut(row) {
                        *weight = stat.weight;
                    }
                    column.mean[row] = stat.mean();
                    column.min[row] = stat.min;
                    column.max[row] = stat.max;
                }
            }
            columns.insert(Key { metric: series.metric.id(), instance: series.instance }, column);
        }
        forget_larger_parts(&mut columns, times.len());
        let samples = self.bins.values().map(|bin| bin.samples).sum();
        Frame { from, until, step: self.step, times, columns, reboots, samples }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::rollup_line;

    #[test]
    fn what_older_versions_folded_is_as_far_as_it_can_be() {
        let mut bins = Bins::new(300);
        for (t, swap) in [(0, "[9e18,0,1.8e19]"), (300, "0")] {
            let line = format!(
                "{{\"v\":1,\"t\":{t},\"samples\":5,\"seconds\":300,\"meminfo\":{{\"MemTotal\":1000,\"MemFree\":400,\
                 \"SwapTotal\":0,\"SwapFree\":{swap}}},\"pressure\":{{\"io_some\":[303,0.9,1.01]}},\
                 \"stat\":{{\"steal\":[1e10,0,2e8],\"user\":[30,0,0.2]}}}}"
            );
            rollup_line::decode(line.as_bytes(), &(0..600), &mut bins).unwrap();
        }
        let frame = bins.into_frame(0, 600, Vec::new());
        let column = |metric: &str| &frame.columns[&Key::new(metric, "")];
        assert!(column("meminfo.SwapFree").mean[0].is_nan());
        assert_eq!(column("meminfo.SwapFree").mean[1], 0.0);
        assert_eq!(column("meminfo.MemFree").mean, [400.0; 2]);
        assert_eq!((column("pressure.io_some").mean[0], column("pressure.io_some").max[0]), (1.0, 1.0));
        assert!(!frame.columns.contains_key(&Key::new("stat.steal", "")));
        assert_eq!(column("stat.user").mean, [0.1; 2]);
    }
}
