//! Keeps a host's folder small: rolls closed days up, compresses them, turns them on their side, and lets go what is older than it
//! shall be.
//!
//! Each step leaves the log readable and can be repeated: killed anywhere and run again, the result is the same. Samples go
//! only after their day has been rolled up as it is.

use super::error::SeriesError;
use super::fold::{self, Folded};
use super::index::{Entry, Index};
use super::rollup::Level;
use super::thin;
use super::window::DAY;
use crate::base::files;
use crate::store::{self, Compressed, DayFiles, Layout, day_of};
use jiff::civil::Date;
use std::path::PathBuf;

/// A day that is over for so long is compressed: each look at a host reads the last 25 hours.
const SETTLED_SECONDS: i64 = 26 * 3600;
/// A day that is over for so long becomes columns: of the last week `zcat` shows lines.
const TURNED_SECONDS: i64 = 7 * DAY + SETTLED_SECONDS;
/// What another machine sends goes so many days later than it does there: it would come again with the next rsync.
const GRACE_DAYS: i64 = 2;

/// After how many days what goes; `None`: never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ages {
    /// The samples themselves.
    pub samples: Option<u32>,
    /// Bins of 5 minutes.
    pub five_minutes: Option<u32>,
    /// Bins of 1 hour.
    pub hours: Option<u32>,
}

/// What a compaction did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Days that were rolled up.
    pub folded: usize,
    /// Hours of the open day that were.
    pub hours: usize,
    /// Days that were compressed.
    pub compressed: usize,
    /// Days that became columns.
    pub turned: usize,
    /// Days whose samples went.
    pub expired: usize,
    /// Files of rollups that went.
    pub expired_rollups: usize,
    /// Closed days of another machine that it has not sent compressed.
    pub sent: usize,
    /// Days that could not be compressed, each with the reason.
    pub failed: Vec<String>,
}

/// Compacts a host's folder at a time. `is_own` says that this machine writes its log.
///
/// # Errors
/// [`SeriesError`] where the log cannot be read or the folder not be written.
pub fn compact(layout: &Layout, now: i64, ages: Ages, is_own: bool) -> Result<Compacted, SeriesError> {
    // Nobody has a lock on these: several runs keep what they found out there. The folder of another host may lead anywhere.
    let own = is_own.then(|| [layout.folder(), layout.samples()]);
    for folder in own.into_iter().flatten().chain([layout.cache(), layout.check()]) {
        files::remove_old_leftovers(&folder, now);
    }
    let Folded { days, hours } = fold::fold(layout, now)?;
    let mut done = Compacted { folded: days, hours, ..Compacted::default() };
    let present = layout.days()?;
    let grace = if is_own { 0 } else { GRACE_DAYS };
    let before = |days: Option<u32>| days.and_then(|days| day_of(now - (i64::from(days) + grace) * DAY).ok());
    let today = day_of(now - SETTLED_SECONDS)?;
    let closed = present.iter().filter(|files| files.plain && files.day < today);
    // What another machine sends plain comes again and again.
    let is_packed = |files: &DayFiles| files.gz || files.columns;
    let (closed, sent): (Vec<DayFiles>, Vec<DayFiles>) = closed.partition(|files| is_own || is_packed(files));
    done.sent = sent.len();
    // A clock that is far ahead makes everything old: nothing goes unless the log has the day before this one.
    let yesterday = day_of(now - DAY)?;
    let is_believed = present.iter().any(|files| files.day == yesterday);
    let before = |days: Option<u32>| before(days).filter(|_| is_believed);
    let is_old = |files: &&DayFiles| before(ages.samples).is_some_and(|before| files.day < before);
    let old: Vec<DayFiles> = present.iter().filter(is_old).copied().collect();
    let rollups = [(Level::FiveMinutes, before(ages.five_minutes)), (Level::Hours, before(ages.hours))];
    let lines = day_of(now - TURNED_SECONDS)?;
    let can_turn = |files: &&DayFiles| files.gz && files.day < lines && (is_own || files.columns);
    let index = Index::load(layout);
    let stays = |day: Date| index.days.get(&day).is_some_and(|entry| entry.stays);
    let turning = present.iter().filter(can_turn).any(|files| !stays(files.day) || files.columns);
    let has_old_rollups = index.days.keys().any(|day| {
        rollups
            .iter()
            .any(|(level, before)| before.is_some_and(|before| is_over(layout, *level, *day, before)))
    });
    let whole = day_of(now - fold::FIVE_MINUTES_DAYS * DAY)?;
    let has_spare_bins = !thin::files(layout, &index, whole).is_empty();
    if closed.is_empty() && old.is_empty() && !turning && !has_old_rollups && !has_spare_bins {
        return Ok(done);
    }
    let _lock = fold::lock(layout)?;
    let samples = layout.samples();
    layout.remove_leftovers().map_err(|source| SeriesError::Rollup { path: samples, source })?;
    let mut index = Index::load(layout);
    compress(layout, &mut index, &closed, is_own, &mut done)?;
    expire_samples(layout, &mut index, &old, &mut done)?;
    turn(layout, &mut index, lines, is_own, &mut done)?;
    for (level, before) in rollups {
        if let Some(before) = before {
            expire_rollups(layout, &mut index, level, before, &mut done)?;
        }
    }
    // Not before: bins of days whose samples just went are all that is left of them.
    let spare = thin::files(layout, &index, whole);
    thin::remove(layout, &mut index, &spare)?;
    Ok(done)
}

/// Makes columns of the days before `lines` whose lines are compressed.
fn turn(
    layout: &Layout,
    index: &mut Index,
    lines: Date,
    is_own: bool,
    done: &mut Compacted,
) -> Result<(), SeriesError> {
    let days = layout.days()?;
    for files in days.iter().filter(|files| files.gz && files.day < lines && (is_own || files.columns)) {
        let before = layout.sizes(files);
        let Some(entry) = index.days.get_mut(&files.day).filter(|entry| entry.is_of(before)) else {
            continue;
        };
        if entry.stays && !files.columns {
            continue;
        }
        match store::turn(layout, files, is_own) {
            Ok(turned) => {
                entry.stays = !turned;
                entry.sizes = layout.sizes(&layout.files(files.day));
                done.turned += usize::from(turned);
                index.save(layout)?;
            }
            Err(error) => done.failed.push(error.to_string()),
        }
    }
    Ok(())
}

/// Compresses what is closed. The index learns the new sizes, else the day would be rolled up again.
fn compress(
    layout: &Layout,
    index: &mut Index,
    closed: &[DayFiles],
    is_own: bool,
    done: &mut Compacted,
) -> Result<(), SeriesError> {
    for files in closed {
        match store::compress(layout, files, is_own) {
            Ok(Compressed::Done(before)) => {
                done.compressed += 1;
                if let Some(entry) = index.days.get_mut(&files.day).filter(|entry| entry.is_of(before)) {
                    entry.sizes = layout.sizes(&layout.files(files.day));
                    index.save(layout)?;
                }
            }
            Ok(Compressed::Sent) => done.sent += 1,
            Err(error) => done.failed.push(error.to_string()),
        }
    }
    Ok(())
}

/// Removes the samples of days, where their rollups are there. What comes of such a day later is removed, too.
fn expire_samples(
    layout: &Layout,
    index: &mut Index,
    old: &[DayFiles],
    done: &mut Compacted,
) -> Result<(), SeriesError> {
    // Bins are all that will be left of these days: the disk is to know their files before the samples go.
    for level in Level::ALL.iter().filter(|_| !old.is_empty()) {
        let folder = level.folder(layout);
        files::sync_folder(&folder).map_err(|source| SeriesError::Rollup { path: folder, source })?;
    }
    for DayFiles { day, .. } in old {
        // As the files are now: they may have been compressed.
        let files = layout.files(*day);
        let sizes = layout.sizes(&files);
        let is_known = |entry: &&mut Entry| entry.is_of(sizes) && entry.facts.is_some();
        let Some(entry) = index.days.get_mut(day).filter(is_known) else { continue };
        if entry.is_thinned(Level::FiveMinutes) && !entry.expired {
            fold::complete(layout, index, *day, sizes)?;
        }
        let Some(entry) = index.days.get_mut(day) else { continue };
        if !entry.expired {
            entry.expired = true;
            index.save(layout)?;
        }
        done.expired += usize::from(store::remove(layout, &files, sizes)?);
    }
    Ok(())
}

/// Whether every day of the file in which a day lies is before another day.
fn is_over(layout: &Layout, level: Level, day: Date, before: Date) -> bool {
    let last = match level {
        Level::FiveMinutes => day.last_of_month(),
        Level::Hours => day.last_of_year(),
    };
    last < before && level.file(layout, day).exists()
}

/// Removes the files of a level in which every day is before a day.
fn expire_rollups(
    layout: &Layout,
    index: &mut Index,
    level: Level,
    before: Date,
    done: &mut Compacted,
) -> Result<(), SeriesError> {
    let old: Vec<Date> =
        index.days.keys().copied().filter(|day| is_over(layout, level, *day, before)).collect();
    let mut paths: Vec<PathBuf> = old.iter().map(|day| level.file(layout, *day)).collect();
    paths.dedup();
    if paths.is_empty() {
        return Ok(());
    }
    // The index first: a place in a file that is gone would be looked for.
    for day in old {
        if let Some(entry) = index.days.get_mut(&day) {
            entry.set_place(level, None);
        }
    }
    index.days.retain(|_, entry| {
        entry.facts.is_some() || Level::ALL.iter().any(|level| entry.place(*level).is_some())
    });
    index.save(layout)?;
    for path in paths {
        fs_err::remove_file(&path).map_err(|source| SeriesError::Rollup { path, source })?;
        done.expired_rollups += 1;
    }
    Ok(())
}

#[cfg(test)]
#[path = "compact_tests.rs"]
mod tests;
