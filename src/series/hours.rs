//! The open day's bins, hour by hour, and its closed hours rolled up: a long window reads the lines of the last hours only.
//!
//! * An hour is made of its own samples and, for what is carried and what is a gap, of those of two hours before and one after:
//!   a pure function of these lines in the order of the log, whether it is read from them or was kept. Once the day is over it is
//!   folded as a whole.
//! * `<data>/.derived/<host>/cache/series/hours`: a line of JSON, then for each level compressed lines as in a rollup. It is replaced as a
//!   whole and can be deleted; what it says counts only while the log goes on behind the bytes that it was made of, and no line
//!   there is of an hour that they closed. Else all is read anew.

use super::bins::Bins;
use super::edge::{DayFacts, DayReading};
use super::error::SeriesError;
use super::rollup::{self, Level};
use super::table::{Collecting, Table};
use super::window::DAY;
use super::{index, members, rollup_line, today};
use crate::base::files::{create_folder, write_atomic};
use crate::store::{DayFiles, DayPlace, DaySizes, Follower, Layout, Reader, day_of, start_of, tail_until};
use flate2::bufread::MultiGzDecoder;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::PathBuf;

const HOUR: i64 = 3600;
/// Of so much before an hour its bins depend: what comes every hour is carried into it. What comes less often than every two hours
/// shows where it came, until the day is folded as a whole.
const LEAD: i64 = 2 * HOUR;
/// And of so much after it: whether an interval is a gap shows by those that follow.
const TAIL: i64 = HOUR;
/// The version of the format.
const VERSION: u32 = 1;

/// What is known of the hours that were rolled up.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Head {
    v: u32,
    day: Date,
    /// Of the day before: the first hours are made of its last ones, too.
    before: DaySizes,
    /// Bytes of the log that were read …
    read: u64,
    /// … and what tells them from others.
    mark: u64,
    /// Hours before this unix time are here.
    until: i64,
    /// Before this byte are no lines that later hours are made of.
    resume: u64,
    /// Bytes that follow for each level.
    lengths: [usize; 2],
}

/// The hours that were rolled up: compressed lines for each level.
#[derive(Clone, Debug, Default)]
struct Kept {
    head: Head,
    packed: [Vec<u8>; 2],
}

/// The rest of an open day, read from its lines.
struct Rest {
    kept: Kept,
    collecting: Collecting,
    /// The time of each sample, and the byte at which its line begins.
    lines: Vec<(i64, u64)>,
    /// Bytes read.
    read: u64,
    /// What these samples say of the day: all of it where nothing was kept.
    reading: DayReading,
}

/// Adds the bins of a range of a day and says what is known of it, if it is the log's last one and lies in one file that grows;
/// else `None`.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read.
pub(super) fn add(
    layout: &Layout,
    day: Date,
    level: Level,
    range: &Range<i64>,
    bins: &mut Bins,
) -> Result<Option<Option<DayFacts>>, SeriesError> {
    let Some(files) = layout.days()?.pop().filter(|last| last.day == day) else { return Ok(None) };
    let Some(rest) = read(layout, &files)? else { return Ok(None) };
    let lines = MultiGzDecoder::new(rest.kept.packed[place(level)].as_slice());
    rollup::read_lines(BufReader::new(lines), range, bins);
    let hours = rest.kept.head.until.max(range.start)..range.end.min(start_of(day) + DAY);
    let mut later = Bins::new(level.step());
    rest.each_hour(hours, |table, own| later.add_table(table, own.start, own.end));
    rollup_line::add(&later, range, bins);
    Ok(Some(if rest.kept.head.read == 0 { rest.reading.finish() } else { today::facts(layout, day)? }))
}

/// Rolls up the closed hours of the UTC day of `now`; says how many. What cannot be kept costs time, nothing else.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read.
pub(super) fn roll(layout: &Layout, now: i64) -> Result<usize, SeriesError> {
    let day = day_of(now)?;
    let files = layout.files(day);
    // Mostly nothing is to be done, in this hour or where nothing can be kept: that is known without reading the log.
    let known = kept_until(layout, day).unwrap_or(start_of(day));
    if !is_followed(&files) || closed(now) <= known {
        return Ok(0);
    }
    let Some(last) = tail_until(layout, now, 1)?.pop() else { return Ok(0) };
    let until = closed(last.t.min(now));
    if until <= known || !can_keep(layout) {
        return Ok(0);
    }
    let Some(mut rest) = read(layout, &files)? else { return Ok(0) };
    let from = rest.kept.head.until;
    let mut bins = Level::ALL.map(|level| Bins::new(level.step()));
    rest.each_hour(from..until, |table, own| {
        bins.iter_mut().for_each(|bins| bins.add_table(table, own.start, own.end));
    });
    for (level, bins) in Level::ALL.into_iter().zip(&bins) {
        let Ok(member) = members::compress(&rollup_line::encode(bins)) else { return Ok(0) };
        rest.kept.packed[place(level)].extend(member);
    }
    let later = rest.lines.iter().filter(|(t, _)| *t >= until - LEAD).map(|(_, begins)| *begins);
    let resume = later.min().unwrap_or(rest.read);
    let Some(mark) = today::mark(layout, day, rest.read) else { return Ok(0) };
    let lengths = rest.kept.packed.each_ref().map(Vec::len);
    let before = rest.kept.head.before;
    let head = Head { v: VERSION, day, before, read: rest.read, mark, until, resume, lengths };
    let is_kept = keep(layout, &Kept { head, packed: rest.kept.packed });
    Ok(if is_kept { usize::try_from((until - from) / HOUR).unwrap_or(0) } else { 0 })
}

impl Rest {
    /// The table of each of some hours behind those that are kept, with the hour.
    fn each_hour(&self, hours: Range<i64>, mut add: impl FnMut(&Table, Range<i64>)) {
        let first = hours.start.div_euclid(HOUR) * HOUR;
        let mut hour = first.max(self.kept.head.until);
        while hour < hours.end {
            let own = hour..hour + HOUR;
            if self.lines.iter().any(|(t, _)| own.contains(t)) {
                let table = self.collecting.stretch(hour - LEAD, own.end + TAIL).finish();
                add(&table, own.clone());
            }
            hour = own.end;
        }
    }
}

/// What is kept of a day and what of it is not; `None` where it cannot be followed.
fn read(layout: &Layout, files: &DayFiles) -> Result<Option<Rest>, SeriesError> {
    if !is_followed(files) {
        return Ok(None);
    }
    if let Some(kept) = kept(layout, files)
        && let Some(rest) = follow(layout, files, kept)?
    {
        return Ok(Some(rest));
    }
    let before = size_before(layout, files.day);
    let head = Head { until: start_of(files.day), before, ..Head::default() };
    follow(layout, files, Kept { head, ..Kept::default() })
}

/// Reads what is not kept; `None` where a line came late.
fn follow(layout: &Layout, files: &DayFiles, kept: Kept) -> Result<Option<Rest>, SeriesError> {
    let Head { until, resume, read: known, .. } = kept.head;
    let start = start_of(files.day);
    let (collecting, reading) = (Collecting::of(layout), DayReading::default());
    let mut rest = Rest { kept, collecting, lines: Vec::new(), read: resume, reading };
    if until - LEAD < start {
        Reader::range(layout, until - LEAD, start)?.each(|sample| rest.collecting.add(sample))?;
    }
    let place = DayPlace { plain: resume, ..DayPlace::default() };
    let Some(mut follower) = Follower::open(layout, files, place)? else { return Ok(Some(rest)) };
    if known > 0 && follower.place().plain != resume {
        return Ok(None);
    }
    while let Some(sample) = follower.next_before(i64::MAX)? {
        if !(start..start + DAY).contains(&sample.t) {
            continue;
        }
        if known > 0 && follower.began() >= known && sample.t < until + TAIL {
            return Ok(None);
        }
        rest.lines.push((sample.t, follower.began()));
        rest.collecting.add(&sample);
        rest.reading.add(&sample);
    }
    layout.within_limits()?;
    rest.read = follower.place().plain;
    Ok(Some(rest))
}

/// Whether a day is one file that grows.
fn is_followed(files: &DayFiles) -> bool {
    (DayFiles { plain: true, ..DayFiles::none(files.day) }) == *files
}

fn size_before(layout: &Layout, day: Date) -> DaySizes {
    day.yesterday().map_or_else(|_| DaySizes::default(), |before| layout.sizes(&layout.files(before)))
}

fn place(level: Level) -> usize {
    usize::from(level == Level::Hours)
}

fn path(layout: &Layout) -> PathBuf {
    index::folder(layout).join("hours")
}

/// Before which time all hours are closed, where the newest sample is of `t`.
fn closed(t: i64) -> i64 {
    t.saturating_sub(TAIL).div_euclid(HOUR) * HOUR
}

/// Before which time hours of a day are kept, if any are.
fn kept_until(layout: &Layout, day: Date) -> Option<i64> {
    let mut line = Vec::new();
    BufReader::new(fs_err::File::open(path(layout)).ok()?).read_until(b'\n', &mut line).ok()?;
    let head: Head = serde_json::from_slice(&line).ok()?;
    (head.v == VERSION && head.day == day).then_some(head.until)
}

/// Reports whether the folder is there and ours to write.
fn can_keep(layout: &Layout) -> bool {
    let folder = index::folder(layout);
    create_folder(&folder).is_ok() && rustix::fs::access(&folder, rustix::fs::Access::WRITE_OK).is_ok()
}

/// What is kept of a day, if its log only grew since.
fn kept(layout: &Layout, files: &DayFiles) -> Option<Kept> {
    let bytes = fs_err::read(path(layout)).ok()?;
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let head: Head = serde_json::from_slice(&bytes[..end]).ok()?;
    let [five_minutes, hours] = head.lengths;
    let (first, rest) = bytes[end + 1..].split_at_checked(five_minutes)?;
    let is_of = head.v == VERSION
        && head.day == files.day
        && (0..=DAY).contains(&head.until.saturating_sub(start_of(files.day)))
        && head.until % HOUR == 0
        && head.resume <= head.read
        && rest.len() == hours
        && head.before == size_before(layout, files.day)
        && today::mark(layout, files.day, head.read) == Some(head.mark);
    is_of.then(|| Kept { head, packed: [first.to_vec(), rest.to_vec()] })
}

/// Whoever renders need not own the logs: says whether it could be written.
fn keep(layout: &Layout, kept: &Kept) -> bool {
    let Ok(mut bytes) = serde_json::to_vec(&kept.head) else { return false };
    bytes.push(b'\n');
    kept.packed.iter().for_each(|packed| bytes.extend(packed));
    write_atomic(&path(layout), &bytes).is_ok()
}

#[cfg(test)]
#[path = "hours_tests.rs"]
mod tests;
