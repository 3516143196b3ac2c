//! A host's past up to a moment, in three resolutions that follow each other: the samples of the last day, before
//! that a week of 5-minute rollups, before that a month of hours. Rows ascend; a bin stands at its middle. Built
//! once, it can be asked for any moment in it: rows after that moment are not looked at.

use super::super::breakdown::{self, Unknown};
use super::super::part::Part;
use super::Report;
use super::owner::Processes;
use crate::event::Event;
use crate::sample::Sample;
use crate::sample::audit::Suspect;
use crate::series::{self, Column, Frame, Key, SeriesError, Window};
use crate::store::{self, Layout, tail_until};
use std::collections::HashMap;

/// The finest stretch begins at a full hour, so that the coarser ones stay the same for an hour.
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// A host's past.
#[derive(Clone, Debug, Default)]
pub struct History {
    host: String,
    times: Vec<i64>,
    /// Ascending in time; rows of one follow those of the one before.
    frames: Vec<Frame>,
    /// In the order of the stack.
    parts: Vec<(Part, Vec<f64>)>,
    totals: Vec<f64>,
    boots: Vec<i64>,
    processes: Processes,
    container: Option<String>,
    has_uncounted_balloon: bool,
    unknown: Vec<Unknown>,
    last: Option<(i64, f64)>,
    events: Vec<Event>,
    own: Vec<Suspect>,
}

/// What single samples tell that no column does.
#[derive(Default)]
struct Facts {
    processes: Processes,
    container: Option<String>,
    has_uncounted_balloon: bool,
    foreign: Vec<String>,
    unknown: Vec<Unknown>,
    last: Option<(i64, f64)>,
    own: Vec<Suspect>,
}

impl Facts {
    fn take(&mut self, sample: &Sample) {
        self.processes.take(sample);
        if let Some(host) = &sample.host {
            self.container.clone_from(&host.container);
            // Older versions did not say it of themselves.
            self.has_uncounted_balloon =
                host.uncounted_balloon || host.virtualization.as_deref() == Some("hyperv");
        }
        if let Some(meminfo) = &sample.meminfo {
            self.foreign.clone_from(&meminfo.foreign);
        }
        if let Some(cost) = &sample.own_cost {
            self.own.clone_from(&cost.audit);
        }
        self.last = sample.uptime.map(|uptime| (sample.t, uptime));
    }
}

/// The report on a host up to a moment, from its log. `None` where the log has no memory by then.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read.
pub fn of_log(layout: &Layout, at: i64) -> Result<Option<Report>, SeriesError> {
    Ok(History::load(layout, at)?.and_then(|history| super::report(&history, at, None)))
}

impl History {
    /// Reads a host's past up to `at`, that moment included. `None` where the log has nothing by then.
    ///
    /// # Errors
    /// [`SeriesError`] if the log cannot be read.
    pub fn load(layout: &Layout, at: i64) -> Result<Option<Self>, SeriesError> {
        let Some(newest) = newest(layout, at)? else { return Ok(None) };
        let until = newest.t.min(at) + 1;
        let recent = (until - DAY).div_euclid(HOUR) * HOUR;
        let mut facts = Facts::default();
        let samples = series::samples(layout, recent, until, &mut |sample| facts.take(sample))?;
        let week = series::window(layout, Window::Week, recent)?;
        let month = series::window(layout, Window::Month, recent - Window::Week.seconds())?;
        facts.unknown = super::unknown_of(&newest);
        let mut history = Self::of_frames(layout.host(), vec![month, week, samples], facts);
        if let Some(first) = history.first_time() {
            // Events explain and decide nothing: where they cannot be read, the rest is told all the same.
            history.events = store::events(layout, first - DAY, until).unwrap_or_default();
        }
        Ok(Some(history))
    }

    /// A past of one sample.
    pub(super) fn of_sample(host: &str, sample: &Sample) -> Option<Self> {
        let found = breakdown::Breakdown::of_sample(sample)?;
        let mut facts = Facts { unknown: found.unknown.clone(), ..Facts::default() };
        facts.take(sample);
        let mut frame = Frame { times: vec![sample.t], ..Frame::default() };
        let available = sample.meminfo.as_ref().and_then(|memory| memory.mem_available);
        if let Some(available) = available {
            let column = Column { mean: vec![bytes(available)], ..Column::default() };
            frame.columns.insert(Key::new("meminfo.MemAvailable", ""), column);
        }
        let mut history = Self::of_frames(host, vec![frame], facts);
        history.parts = found.parts.into_iter().map(|(part, bytes)| (part, vec![bytes])).collect();
        history.totals = vec![found.total];
        Some(history)
    }

    fn of_frames(host: &str, frames: Vec<Frame>, facts: Facts) -> Self {
        let mut history = Self {
            host: host.to_owned(),
            processes: facts.processes,
            container: facts.container,
            has_uncounted_balloon: facts.has_uncounted_balloon,
            unknown: facts.unknown,
            last: facts.last,
            own: facts.own,
            ..Self::default()
        };
        let mut parts: HashMap<Part, Vec<f64>> = HashMap::new();
        for frame in &frames {
            // A bin stands for its middle, a sample for itself.
            let shift = if frame.is_binned() { frame.step / 2 } else { 0 };
            let before = history.times.len();
            history.times.extend(frame.times.iter().map(|time| time + shift));
            for (row, found) in breakdown::rows(frame, &facts.foreign).into_iter().enumerate() {
                let Some(found) = found else {
                    history.totals.push(f64::NAN);
                    continue;
                };
                history.totals.push(found.total);
                for (part, bytes) in found.parts {
                    let values = parts.entry(part).or_default();
                    values.resize(before + row, f64::NAN);
                    values.push(bytes);
                }
            }
            history.boots.extend(&frame.reboots);
        }
        for (part, mut values) in parts {
            values.resize(history.times.len(), f64::NAN);
            // A part that comes and goes is nothing while it is away.
            for (value, total) in values.iter_mut().zip(&history.totals) {
                if value.is_nan() && !total.is_nan() {
                    *value = 0.0;
                }
            }
            history.parts.push((part, values));
        }
        history.parts.sort_by_key(|(part, _)| *part);
        history.boots.sort_unstable();
        history.frames = frames;
        history
    }

    /// The host's name in the data folder.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// When each row was.
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// The parts of memory over all rows.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Part, &[f64])> {
        self.parts.iter().map(|(part, values)| (*part, values.as_slice()))
    }

    /// When the host booted.
    pub(super) fn boots(&self) -> &[i64] {
        &self.boots
    }

    /// The boots up to a row.
    pub(super) fn boots_until(&self, row: usize) -> &[i64] {
        let at = self.times.get(row).copied().unwrap_or(i64::MAX);
        &self.boots[..self.boots.partition_point(|boot| *boot <= at)]
    }

    /// The processes.
    pub(super) fn processes(&self) -> &Processes {
        &self.processes
    }

    /// What changed on the host.
    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }

    /// What the last sample says of cronograph's own runs.
    pub(super) fn own(&self) -> &[Suspect] {
        &self.own
    }

    /// Reports whether a hypervisor may take memory back that no counter tells.
    pub(super) fn has_uncounted_balloon(&self) -> bool {
        self.has_uncounted_balloon
    }

    /// The kind of container that the host is.
    pub(super) fn container(&self) -> Option<&str> {
        self.container.as_deref()
    }

    /// What of the last partition could not be told.
    pub(super) fn unknown(&self) -> &[Unknown] {
        &self.unknown
    }

    /// When the log begins, as far as it is looked at.
    pub fn first_time(&self) -> Option<i64> {
        self.times.first().copied()
    }

    /// The last row with memory that is not later than `at`.
    pub(super) fn row_at(&self, at: i64) -> Option<usize> {
        let rows = self.times.partition_point(|time| *time <= at);
        self.totals[..rows].iter().rposition(|total| total.is_finite())
    }

    /// The first row with memory that is not before `since`.
    pub(super) fn row_from(&self, since: i64) -> usize {
        let row = self.times.partition_point(|time| *time < since);
        let ahead = self.totals[row..].iter().position(|total| total.is_finite());
        row + ahead.unwrap_or(0)
    }

    /// MemTotal at a row.
    pub(super) fn total_at(&self, row: usize) -> Option<f64> {
        self.totals.get(row).copied().filter(|total| total.is_finite())
    }

    /// Seconds since boot at a row, by the last sample's and the boots.
    pub(super) fn uptime_at(&self, row: usize) -> Option<f64> {
        let at = self.times.get(row).copied()?;
        match self.last {
            Some((last, uptime)) if last == at => Some(uptime),
            _ => self.boots_until(row).last().map(|boot| seconds(at - boot)),
        }
    }

    /// Whether the newest frame has a number at all.
    pub(super) fn has(&self, metric: &str) -> bool {
        self.frames.last().is_some_and(|frame| frame.mean(metric, "").is_some())
    }

    /// A number without instances at a row.
    pub(super) fn value_at(&self, metric: &str, row: usize) -> Option<f64> {
        let (frame, row) = self.place(row)?;
        frame.mean(metric, "")?.get(row).copied().filter(|value| value.is_finite())
    }

    /// The instances that a metric has from a row on; the empty one for a metric without.
    pub(super) fn instances(&self, metric: &str) -> Vec<&str> {
        let keys = self.frames.iter().flat_map(|frame| frame.columns.keys());
        let mut names: Vec<&str> =
            keys.filter(|key| key.metric == metric).map(|key| key.instance.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// A number over the rows up to `row`, NaN where it is absent.
    pub(super) fn column(&self, metric: &str, instance: &str, row: usize) -> Vec<f64> {
        let key = Key::new(metric, instance);
        let mut values = Vec::with_capacity(row + 1);
        for frame in &self.frames {
            match frame.columns.get(&key) {
                Some(column) => values.extend_from_slice(&column.mean),
                None => values.resize(values.len() + frame.times.len(), f64::NAN),
            }
        }
        values.truncate(row + 1);
        values
    }

    /// The frame of a row and the row in it.
    fn place(&self, mut row: usize) -> Option<(&Frame, usize)> {
        for frame in &self.frames {
            if row < frame.times.len() {
                return Some((frame, row));
            }
            row -= frame.times.len();
        }
        None
    }
}

/// The newest sample that is not later than `at`, or that of the last day that has one.
fn newest(layout: &Layout, at: i64) -> Result<Option<Sample>, SeriesError> {
    let newest = tail_until(layout, at, 1)?.pop();
    match newest {
        // Later on that day, or by a clock that was ahead: then what is there by `at` decides.
        Some(later) if later.t > at => {
            let reader = crate::store::Reader::range(layout, at - DAY, at + 1)?;
            let last = reader.last();
            Ok(if last.is_some() { last } else { tail_until(layout, at - DAY, 1)?.pop() })
        }
        other => Ok(other),
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes of RAM")]
fn bytes(amount: u64) -> f64 {
    amount as f64
}

#[expect(clippy::cast_precision_loss, reason = "an uptime")]
fn seconds(duration: i64) -> f64 {
    duration as f64
}
