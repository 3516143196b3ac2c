//! Rollups on disk: `5m/2026-11.jsonl.gz`, `1h/2026.jsonl.gz`, a member for each closed day.

use super::bins::Bins;
use super::error::SeriesError;
use super::index::{Entry, Index};
use super::members::{self, Member, Place};
use super::rollup_line;
use crate::store::Layout;
use jiff::civil::Date;
use std::io::BufRead;
use std::ops::Range;
use std::path::PathBuf;

/// The lengths of bins that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// 5 minutes, a file for each month.
    FiveMinutes,
    /// 1 hour, a file for each year.
    Hours,
}

impl Level {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::FiveMinutes, Self::Hours];

    /// Seconds of a bin.
    pub(super) fn step(self) -> i64 {
        match self {
            Self::FiveMinutes => 300,
            Self::Hours => 3600,
        }
    }

    /// The coarsest level whose bins make up bins of `step` seconds.
    pub(super) fn for_step(step: i64) -> Self {
        if step % Self::Hours.step() == 0 { Self::Hours } else { Self::FiveMinutes }
    }

    /// Its folder.
    pub(super) fn folder(self, layout: &Layout) -> PathBuf {
        layout.derived().join(match self {
            Self::FiveMinutes => "5m",
            Self::Hours => "1h",
        })
    }

    /// The file that a day lies in.
    pub(super) fn file(self, layout: &Layout, day: Date) -> PathBuf {
        let name = match self {
            Self::FiveMinutes => format!("{:04}-{:02}.jsonl.gz", day.year(), day.month()),
            Self::Hours => format!("{:04}.jsonl.gz", day.year()),
        };
        self.folder(layout).join(name)
    }
}

/// Puts a day's bins into the file of a level, in place of those that it has; appends where that is enough.
pub(super) fn put(
    layout: &Layout,
    index: &mut Index,
    level: Level,
    day: Date,
    text: &str,
) -> Result<(), SeriesError> {
    let path = level.file(layout, day);
    let rollup_error = |source| SeriesError::Rollup { path: path.clone(), source };
    let mut present = index.in_file(layout, level, &path);
    present.retain(|(other, _)| *other != day);
    let member = members::compress(text).map_err(rollup_error)?;
    let packed = present.last().is_none_or(|(last, _)| *last < day) && is_packed(&present);
    if packed {
        let end = present.last().map_or(0, |(_, place)| place.end());
        let place = members::append(&path, end, &member).map_err(rollup_error)?;
        set(index, level, day, place);
        return Ok(());
    }
    // Killed between here and the next save, the members are found in the file by themselves: old places in a new file
    // would point anywhere.
    for (day, _) in &present {
        forget(index, level, *day);
    }
    forget(index, level, day);
    index.save(layout)?;
    present.sort_by_key(|(day, _)| *day);
    let at = present.partition_point(|(other, _)| *other < day);
    let mut order: Vec<(Date, Member<'_>)> =
        present.into_iter().map(|(day, place)| (day, Member::Present(place))).collect();
    order.insert(at, (day, Member::New(&member)));
    let (days, parts): (Vec<Date>, Vec<Member<'_>>) = order.into_iter().unzip();
    let places = members::rewrite(&path, &parts).map_err(rollup_error)?;
    for (day, place) in days.into_iter().zip(places) {
        set(index, level, day, place);
    }
    Ok(())
}

fn set(index: &mut Index, level: Level, day: Date, place: Place) {
    index.days.entry(day).or_insert_with(|| Entry::new(day)).set_place(level, Some(place));
}

fn forget(index: &mut Index, level: Level, day: Date) {
    if let Some(entry) = index.days.get_mut(&day) {
        entry.set_place(level, None);
    }
}

/// Whether the members lie one after the other from the start, so that cutting behind the last one loses nothing.
fn is_packed(present: &[(Date, Place)]) -> bool {
    let mut end = 0;
    present.iter().all(|(_, place)| std::mem::replace(&mut end, place.end()) == place.offset)
}

/// Adds a day's bins of a range from its rollup. Lines that cannot be read are passed over, as in the log.
pub(super) fn read(
    layout: &Layout,
    level: Level,
    entry: &Entry,
    range: &Range<i64>,
    bins: &mut Bins,
) -> Result<(), SeriesError> {
    let Some(place) = entry.place(level) else { return Ok(()) };
    let path = level.file(layout, entry.day);
    let rollup_error = |source| SeriesError::Rollup { path: path.clone(), source };
    read_lines(members::lines(&path, place).map_err(rollup_error)?, range, bins);
    Ok(())
}

/// Adds the bins of a range from the lines of a rollup; what is spoilt gives what can be read of it.
pub(super) fn read_lines(mut lines: impl BufRead, range: &Range<i64>, bins: &mut Bins) {
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let _ = rollup_line::decode(&line, range, bins);
        line.clear();
    }
}
