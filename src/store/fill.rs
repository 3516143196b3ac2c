//! Puts samples of the past, which others observed, where the log has none: before its first sample, and into its gaps.
//!
//! * What is there stays as it is: own samples win, and the same samples again change nothing.
//! * They go into the day's compressed lines, which are replaced as a whole, at their place in time (columns of the day are made anew later); what the plain one of an open day
//!   has comes behind it, so there only what was before its first line has a place.
//! * Each day by itself is written whole or not at all: killed anywhere and run again, the result is the same.

use super::append::relock;
use super::compress::each_line;
use super::error::StoreError;
use super::layout::{Form, Layout, day_of};
use super::line::{decode, encode, head};
use super::lines::{Ending, next_line};
use super::reader::Reader;
use super::source;
use crate::base::files;
use crate::sample::Sample;
use jiff::civil::Date;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::rc::Rc;

/// Where samples are further apart than this, there is a gap. Longer than the steps of sysstat and Munin: what was imported
/// is none. Who follows the log relies on it: nothing is put between two samples that are closer.
pub(super) const GAP_SECONDS: i64 = 900;
/// A sample that is nearer to one that is there tells nothing new.
const NEAR_SECONDS: i64 = 60;
/// How long to wait for another import, or a compaction.
const PATIENCE_SECONDS: f64 = 60.0;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// What became of samples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// The days that have new lines, ascending, and how many each.
    pub days: BTreeMap<Date, usize>,
    /// At or near the time of one that is there, or between two that are close together.
    pub known: usize,
    /// In a gap behind the first line of a day that is not compressed yet.
    pub open: usize,
}

impl Filled {
    /// Lines written.
    pub fn lines(&self) -> usize {
        self.days.values().sum()
    }
}

/// Fills the log with samples, which are by time. With `dry` nothing is written, and what would be is told.
///
/// # Errors
/// [`StoreError`]; days before the one that failed are written.
pub fn fill(layout: &Layout, samples: &[Sample], dry: bool) -> Result<Filled, StoreError> {
    let mut filled = Filled::default();
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Ok(filled) };
    let _lock = if dry { None } else { Some(lock(layout)?) };
    let known = times(layout, first.t.saturating_sub(DAY), last.t.saturating_add(DAY))?;
    let mut days = BTreeMap::<Date, Vec<&Sample>>::new();
    for sample in samples {
        if has_place(&known, sample.t) {
            days.entry(day_of(sample.t)?).or_default().push(sample);
        } else {
            filled.known += 1;
        }
    }
    for (day, samples) in days {
        let (written, open) = fill_day(layout, day, samples, dry)?;
        filled.open += open;
        if written > 0 {
            filled.days.insert(day, written);
        }
    }
    Ok(filled)
}

/// Makes the folders, and keeps other imports and compactions out.
fn lock(layout: &Layout) -> Result<std::fs::File, StoreError> {
    let path = layout.closed_lock();
    let beside = path.parent().map(Path::to_owned);
    for folder in std::iter::once(layout.samples()).chain(beside) {
        files::create_folder(&folder).map_err(|source| StoreError::Write { path: folder, source })?;
    }
    files::lock_path(&path, PATIENCE_SECONDS).map_err(|source| StoreError::Write { path, source })
}

/// The times of all samples of a range, ascending.
fn times(layout: &Layout, from: i64, until: i64) -> Result<Vec<i64>, StoreError> {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let noted = Rc::clone(&seen);
    let reader = Reader::range(layout, from, until)?;
    let rest: Vec<i64> = reader
        .wanted(move |t, _| {
            noted.borrow_mut().push(t);
            false
        })
        .map(|sample| sample.t)
        .collect();
    let mut times = seen.take();
    times.extend(rest);
    times.sort_unstable();
    Ok(times)
}

/// Whether there is no sample near a time, nor any on both sides that leave no gap.
fn has_place(known: &[i64], t: i64) -> bool {
    let after = known.partition_point(|time| *time < t);
    let (before, after) = (after.checked_sub(1).map(|at| known[at]), known.get(after).copied());
    let is_near = |time: Option<i64>| time.is_some_and(|time| time.abs_diff(t) < NEAR_SECONDS as u64);
    let is_gap = before.zip(after).is_none_or(|(before, after)| after - before > GAP_SECONDS);
    !is_near(before) && !is_near(after) && is_gap
}

/// Writes the samples of one day; how many, and how many have no place in an open day.
fn fill_day(
    layout: &Layout,
    day: Date,
    mut samples: Vec<&Sample>,
    dry: bool,
) -> Result<(usize, usize), StoreError> {
    let (path, packed) = (layout.day_file(day), layout.day_file_gz(day));
    // Held while the compressed file is replaced: who compresses the day waits.
    let plain = relock(layout, &path)?;
    let all = samples.len();
    if plain.is_some() {
        let begins =
            first_time(layout, &path).map_err(|source| StoreError::Read { path: path.clone(), source })?;
        samples.retain(|sample| begins.is_none_or(|begins| sample.t < begins));
    }
    let open = all - samples.len();
    if samples.is_empty() || dry {
        return Ok((samples.len(), open));
    }
    let present = match layout.files(day).packed() {
        Some(form) => {
            let path = layout.file_of(day, form);
            lines_of(layout, &path, form).map_err(|source| StoreError::Read { path, source })?
        }
        None => Vec::new(),
    };
    let mut merged = Vec::with_capacity(present.len() + samples.len());
    let mut samples = samples.into_iter().peekable();
    let written = samples.len();
    for (t, line) in present {
        while let Some(sample) = samples.next_if(|sample| t.is_some_and(|t| sample.t < t)) {
            merged.push(encode(sample)?);
        }
        merged.push(line);
    }
    for sample in samples {
        merged.push(encode(sample)?);
    }
    source::replace(&packed, source::LINES, |out| merged.iter().try_for_each(|line| out.write_all(line)))
        .map_err(|source| StoreError::Compress { path: packed, source })?;
    Ok((written, open))
}

/// The earliest time of a plain file.
fn first_time(layout: &Layout, path: &Path) -> io::Result<Option<i64>> {
    let mut first = None::<i64>;
    each_line(layout, path, &layout.open(path)?, |line| {
        first = first.into_iter().chain(time_of(line)).min();
        Ok(())
    })?;
    Ok(first)
}

/// The lines of a compressed file, each with its end and its time. A broken one has none, and stays as it is.
fn lines_of(layout: &Layout, path: &Path, form: Form) -> io::Result<Vec<(Option<i64>, Vec<u8>)>> {
    let mut source = source::open(layout, path, form)?;
    let (mut line, mut lines) = (Vec::new(), Vec::new());
    loop {
        match next_line(source.as_mut(), &mut line)? {
            Ending::End => return Ok(lines),
            // It could not be written again.
            Ending::TooLong => {
                return Err(io::Error::new(ErrorKind::InvalidData, "a line is longer than 1 MiB"));
            }
            Ending::Newline | Ending::Torn => {}
        }
        let t = time_of(&line);
        lines.push((t, [line.as_slice(), b"\n"].concat()));
    }
}

fn time_of(line: &[u8]) -> Option<i64> {
    head(line).map(|head| head.t).or_else(|| decode(line).sample.map(|sample| sample.t))
}

#[cfg(test)]
#[path = "fill_tests.rs"]
mod tests;
