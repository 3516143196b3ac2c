//! Samples as a table: a row for each, a column for each number; counters as what they grew by since the row before.
//! A day of a small host takes 3 MB.

use super::carry::{carry_changes, carry_forward};
use super::followers::Followers;
use super::frame::{Column, Frame, Key};
use super::registry::{CORE_BUSY, busy_seconds};
use crate::sample::Sample;
use crate::sample::metric::{Kind, Metric, Visitor};
use crate::store::{Budget, Layout};
use std::collections::HashMap;
use std::sync::Arc;

mod growth;
pub(super) mod merge;
mod stretch;

/// The part of a sample that has what changed, and all of it on the slow beat only.
const TOLD_ON_CHANGE: &str = "service";
/// What such a line says of the state; where it leaves one of them out, that is so on purpose.
const STATES: [&str; 2] = ["up", "failed"];

/// How far before a range to start reading, so that its first row has a row before it and slow parts are known.
pub(super) const LEAD_SECONDS: i64 = 900;

/// An interval of more than this many usual ones is a gap.
pub(super) const GAP_FACTOR: f64 = 3.0;

/// The usual interval is the median of so many intervals on each side: a sampler that is set to another interval has
/// gaps only where it really paused.
const NEIGHBOURS: usize = 8;

/// One sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row {
    /// Unix time.
    pub(super) t: i64,
    /// Which boot, in the order in which the log shows them.
    pub(super) boot: usize,
    /// Seconds since boot.
    pub(super) uptime: f64,
    /// Seconds since the row before, by the uptime; NaN after a boot or a gap.
    pub(super) covered: f64,
}

/// One number of every row, NaN where it is absent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    /// What it is.
    pub(super) metric: &'static Metric,
    /// Of which disk, interface ….
    pub(super) instance: String,
    /// A gauge's level; of a counter first its total, after [`Collecting::finish`] its increase.
    pub(super) values: Vec<f64>,
    /// Of a counter: by how much it grew over a gap that ends at a row.
    over_gaps: Vec<(usize, f64)>,
}

/// Samples while they are read, in a table that never has more than so many cells: of a host with thousands of numbers a row stands
/// for several samples.
#[derive(Default)]
pub(super) struct Collecting {
    rows: Vec<Row>,
    /// The last number of each boot.
    boots: HashMap<Option<String>, usize>,
    boot_count: usize,
    /// Whether the row before was imported.
    is_imported: bool,
    columns: Vec<Series>,
    places: HashMap<(&'static str, &'static str), HashMap<String, usize>>,
    followers: Followers,
    /// Samples of a row; see `merge`.
    stride: merge::Stride,
    budget: Option<Arc<Budget>>,
}

/// Rows in the order of boots and uptime, with increases in place of totals.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table {
    /// The rows.
    pub(super) rows: Vec<Row>,
    /// The columns.
    pub(super) columns: Vec<Series>,
}

impl Visitor for Collecting {
    fn number(&mut self, metric: &'static Metric, instance: &str, value: f64) {
        let column = self.column_of(metric, instance);
        let values = &mut self.columns[column].values;
        let row = self.rows.len() - 1;
        if values.len() <= row {
            values.resize(row, f64::NAN);
            values.push(value);
        } else if self.stride.is_merging() {
            // The later of the samples of a row.
            values[row] = value;
        }
    }
}

impl Collecting {
    /// Collects samples of a host, within its limits.
    pub(super) fn of(layout: &Layout) -> Self {
        Self { budget: Some(Arc::clone(layout.budget())), ..Self::default() }
    }

    /// Adds a sample.
    #[expect(clippy::cast_precision_loss, reason = "unix seconds are exact in an f64")]
    pub(super) fn add(&mut self, sample: &Sample) {
        // Between the host's own samples and imported ones nothing is counted on, nor is what lies on both sides of them one.
        let is_seam = sample.imported.is_some() != self.is_imported && !self.rows.is_empty();
        self.is_imported = sample.imported.is_some();
        let known = self.boots.get(&sample.boot).copied().filter(|_| !is_seam);
        let boot = known.unwrap_or_else(|| {
            self.boots.insert(sample.boot.clone(), self.boot_count);
            self.boot_count += 1;
            self.boot_count - 1
        });
        let uptime = sample.uptime.unwrap_or(sample.t as f64);
        self.begin_row(Row { t: sample.t, boot, uptime, covered: f64::NAN });
        self.followers.restart();
        sample.numbers(self);
        for (index, core) in sample.stat.iter().flat_map(|stat| &stat.cores).enumerate() {
            self.number(&CORE_BUSY, &index.to_string(), busy_seconds(&core.0));
        }
        if let Some(budget) = &self.budget {
            budget.hold(self.columns.len(), self.boot_count);
        }
        self.merge_rows();
    }

    fn column_of(&mut self, metric: &'static Metric, instance: &str) -> usize {
        let expected = self.followers.expected().filter(|column| {
            let series = &self.columns[*column];
            std::ptr::eq(series.metric, metric) && series.instance == instance
        });
        let column = expected.unwrap_or_else(|| self.look_up(metric, instance));
        self.followers.went_to(column);
        column
    }

    fn look_up(&mut self, metric: &'static Metric, instance: &str) -> usize {
        let instances = self.places.entry((metric.collector, metric.field)).or_default();
        if let Some(&column) = instances.get(instance) {
            return column;
        }
        instances.insert(instance.to_owned(), self.columns.len());
        self.columns.push(Series {
            metric,
            instance: instance.to_owned(),
            values: Vec::new(),
            over_gaps: Vec::new(),
        });
        self.columns.len() - 1
    }

    /// Orders the rows, makes increases of the counters, carries slow gauges forward.
    pub(super) fn finish(mut self) -> Table {
        for series in &mut self.columns {
            series.values.resize(self.rows.len(), f64::NAN);
        }
        let mut table = Table { rows: self.rows, columns: self.columns };
        // A clock set back, or late lines: what follows what is the uptime's to say.
        table.order_by(|a, b| a.boot.cmp(&b.boot).then(a.uptime.total_cmp(&b.uptime)));
        mark_covered(&mut table.rows);
        let usual = table.usual_interval();
        let told = table.told();
        growth::of_counters(&mut table);
        for series in &mut table.columns {
            match series.metric.kind {
                Kind::Counter => {}
                Kind::Gauge if series.metric.collector == TOLD_ON_CHANGE => {
                    let told = told.get(&series.instance).filter(|_| STATES.contains(&series.metric.field));
                    let ends = |row: usize| told.is_some_and(|told| told[row]);
                    carry_changes(&table.rows, &mut series.values, usual, ends);
                }
                Kind::Gauge => carry_forward(&table.rows, &mut series.values, usual),
            }
        }
        table
    }
}

impl Table {
    /// In which rows something was said of the state of each thing that is told when it changes.
    fn told(&self) -> HashMap<String, Vec<bool>> {
        let mut told: HashMap<String, Vec<bool>> = HashMap::new();
        let is_state = |series: &&Series| {
            series.metric.collector == TOLD_ON_CHANGE && STATES.contains(&series.metric.field)
        };
        for series in self.columns.iter().filter(is_state) {
            let rows = told.entry(series.instance.clone()).or_insert_with(|| vec![false; self.rows.len()]);
            rows.iter_mut().zip(&series.values).for_each(|(told, value)| *told |= !value.is_nan());
        }
        told
    }
}

impl Table {
    /// Reads samples into a table.
    #[cfg(test)]
    pub(super) fn of(samples: impl Iterator<Item = Sample>) -> Self {
        let mut collecting = Collecting::default();
        samples.for_each(|sample| collecting.add(&sample));
        collecting.finish()
    }

    /// Without the rows whose time comes again in a later one: a clock that was ahead was set back, and what came later is so.
    /// A row without a place in time is in no frame.
    pub(super) fn advancing(mut self) -> Self {
        let mut later = i64::MAX;
        for row in self.rows.iter_mut().rev() {
            if row.t >= later {
                row.t = i64::MIN;
            } else {
                later = row.t;
            }
        }
        self
    }

    /// Seconds between samples as they usually are; 60 where there are not two.
    pub(super) fn usual_interval(&self) -> f64 {
        let mut covered: Vec<f64> =
            self.rows.iter().map(|row| row.covered).filter(|seconds| seconds.is_finite()).collect();
        median(&mut covered).unwrap_or(60.0)
    }

    /// When the host booted, between two rows or before the first one.
    pub(super) fn reboots(&self, from: i64, until: i64) -> Vec<i64> {
        let first_of_boots = self.rows.chunk_by(|a, b| a.boot == b.boot).filter_map(|rows| rows.first());
        let mut reboots: Vec<i64> =
            first_of_boots.map(booted).filter(|time| (from..until).contains(time)).collect();
        reboots.sort_unstable();
        // Imported stretches of one boot.
        reboots.dedup();
        reboots
    }

    /// The rows with `from <= t < until` as a frame: rows are samples, counters are rates.
    #[expect(clippy::cast_possible_truncation, reason = "seconds between samples")]
    pub(super) fn into_frame(mut self, from: i64, until: i64) -> Frame {
        let step = (self.usual_interval().round() as i64).max(1);
        let reboots = self.reboots(from, until);
        self.divide_by_time();
        self.order_by(|a, b| a.t.cmp(&b.t));
        let kept: Vec<usize> = (0..self.rows.len())
            .filter(|row| (from..until).contains(&self.rows[*row].t))
            // Two samples of one second: the later one.
            .filter(|row| self.rows.get(row + 1).is_none_or(|next| next.t != self.rows[*row].t))
            .collect();
        let times: Vec<i64> = kept.iter().map(|row| self.rows[*row].t).collect();
        let mut columns = HashMap::new();
        for series in self.columns {
            let mean: Vec<f64> = kept.iter().map(|row| series.values[*row]).collect();
            if mean.iter().any(|value| !value.is_nan()) {
                let key = Key { metric: series.metric.id(), instance: series.instance };
                let over_gaps = series.over_gaps.iter();
                let over_gaps =
                    over_gaps.filter_map(|(row, grown)| Some((kept.binary_search(row).ok()?, *grown)));
                columns.insert(key, Column { mean, over_gaps: over_gaps.collect(), ..Column::default() });
            }
        }
        Frame { from, until, step, samples: times.len() as u64, times, columns, reboots }
    }

    fn divide_by_time(&mut self) {
        for series in self.columns.iter_mut().filter(|series| series.metric.kind == Kind::Counter) {
            for (value, row) in series.values.iter_mut().zip(&self.rows) {
                *value /= row.covered;
            }
        }
    }

    fn order_by(&mut self, compare: impl Fn(&Row, &Row) -> std::cmp::Ordering) {
        if self.rows.is_sorted_by(|a, b| compare(a, b).is_le()) {
            return;
        }
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by(|a, b| compare(&self.rows[*a], &self.rows[*b]));
        self.rows = order.iter().map(|row| self.rows[*row]).collect();
        for series in &mut self.columns {
            series.values = order.iter().map(|row| series.values[*row]).collect();
            for (row, _) in &mut series.over_gaps {
                *row = order.iter().position(|from| from == row).unwrap_or(*row);
            }
        }
    }
}

/// When the boot of a row was.
#[expect(clippy::cast_possible_truncation, reason = "an uptime fits")]
fn booted(row: &Row) -> i64 {
    row.t.saturating_sub(row.uptime.round() as i64)
}

/// Sets the seconds that each row covers: those since the row before, unless a boot or a gap lies between.
fn mark_covered(rows: &mut [Row]) {
    for index in 1..rows.len() {
        let passed = rows[index].uptime - rows[index - 1].uptime;
        if rows[index].boot == rows[index - 1].boot && passed > 0.0 {
            rows[index].covered = passed;
        }
    }
    let before: Vec<(usize, f64)> = rows.iter().map(|row| (row.boot, row.covered)).collect();
    for (index, row) in rows.iter_mut().enumerate() {
        if usual_around(&before, index).is_some_and(|usual| row.covered > GAP_FACTOR * usual) {
            row.covered = f64::NAN;
        }
    }
}

/// The usual interval around a row: of its own boot where that has enough of them, since imported samples come at another one.
fn usual_around(rows: &[(usize, f64)], index: usize) -> Option<f64> {
    const ENOUGH: usize = 3;
    let around = &rows[index.saturating_sub(NEIGHBOURS)..(index + NEIGHBOURS + 1).min(rows.len())];
    let finite = around.iter().filter(|(_, seconds)| seconds.is_finite());
    let mut own: Vec<f64> =
        finite.clone().filter(|(boot, _)| *boot == rows[index].0).map(|(_, seconds)| *seconds).collect();
    if own.len() >= ENOUGH {
        return median(&mut own);
    }
    median(&mut finite.map(|(_, seconds)| *seconds).collect::<Vec<_>>())
}

/// The middle one, of two middle ones the lesser.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len().checked_sub(1)? / 2;
    Some(*values.select_nth_unstable_by(middle, f64::total_cmp).1)
}
