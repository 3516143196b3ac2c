//! Folds closed days into rollups: each once, and again when its file has changed (an rsync that came late).
//!
//! Killed anywhere and run again it gives the same result: a member counts when the index names it, the index is
//! replaced as a whole, and what lies in a file behind its last member is cut off by the next append.

use super::bins::Bins;
use super::edge::{DayFacts, DayReading};
use super::error::SeriesError;
use super::hours;
use super::index::{self, Entry, Index};
use super::members;
use super::rollup::{self, Level};
use super::rollup_line;
use super::table::{Collecting, LEAD_SECONDS, Table};
use super::window::DAY;
use crate::base::files::{create_folder, lock_path, remove_leftovers};
use crate::sample::Sample;
use crate::store::{DaySizes, Layout, Reader, day_of, start_of};
use jiff::civil::Date;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// After so many days the index is saved, so that a first run over years can be interrupted.
const SAVE_EVERY: usize = 20;

/// So many days have bins of 5 minutes: more than any page shows in such steps. Older ones are made from the samples when somebody
/// asks for them, and before the samples go.
pub(super) const FIVE_MINUTES_DAYS: i64 = 40;

/// How long to wait for another fold of the same host.
const PATIENCE_SECONDS: f64 = 60.0;

/// So many samples are kept for the day after; where there are more, a clock is wrong, and they are read again.
const MOST_LED: usize = 200;

/// What a fold did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// Days that were read and rolled up.
    pub days: usize,
    /// Hours of the open day that were.
    pub hours: usize,
}

/// Rolls up the closed days (those before the UTC day of `now`) that are new or have changed, and the closed hours of the open one.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read or the host's folder not be written; then windows are made from the
/// samples themselves.
pub fn fold(layout: &Layout, now: i64) -> Result<Folded, SeriesError> {
    let days = fold_days(layout, now)?;
    Ok(Folded { days, hours: hours::roll(layout, now)? })
}

fn fold_days(layout: &Layout, now: i64) -> Result<usize, SeriesError> {
    let today = day_of(now)?;
    let closed = layout.days()?.into_iter().filter(|files| files.day < today);
    let closed: Vec<Closed> =
        closed.map(|files| Closed { day: files.day, sizes: layout.sizes(&files) }).collect();
    let index = Index::load(layout);
    if closed.is_empty() || work(&index, &closed).is_empty() {
        return Ok(0);
    }
    let _lock = lock(layout)?;
    // Another run may have done it while this one waited.
    let mut index = Index::load(layout);
    adopt(layout, &mut index)?;
    let work = work(&index, &closed);
    let whole = day_of(now - FIVE_MINUTES_DAYS * DAY)?;
    let mut lead = None;
    for (done, closed) in work.iter().enumerate() {
        // Bins that are there are replaced, since they are of other samples now.
        let has_bins = index.days.get(&closed.day).is_some_and(|entry| entry.five_minutes.is_some());
        fold_day(layout, &mut index, *closed, closed.day >= whole || has_bins, &mut lead)?;
        if (done + 1) % SAVE_EVERY == 0 {
            index.save(layout)?;
        }
    }
    index.save(layout)?;
    Ok(work.len())
}

/// Makes the folders of what is derived, and keeps other runs out of them until the file is dropped.
pub(super) fn lock(layout: &Layout) -> Result<File, SeriesError> {
    let own = index::folder(layout);
    let [five_minutes, hours] = Level::ALL.map(|level| level.folder(layout));
    for folder in [&layout.cache(), &own, &five_minutes, &hours] {
        create_folder(folder).map_err(|source| SeriesError::Rollup { path: folder.clone(), source })?;
    }
    let rollup_error = |path: &Path| {
        let path = path.to_owned();
        move |source| SeriesError::Rollup { path, source }
    };
    let lock = lock_path(&layout.closed_lock(), PATIENCE_SECONDS).map_err(rollup_error(&own))?;
    for folder in [&own, &five_minutes, &hours] {
        remove_leftovers(folder).map_err(rollup_error(folder))?;
    }
    Ok(lock)
}

/// A day that is over, as it is now. Its sizes are taken before it is read: what comes in between is found next time.
#[derive(Clone, Copy)]
struct Closed {
    day: Date,
    sizes: DaySizes,
}

/// The days to fold: new, changed, or after one that changed (whose last sample is before their first).
fn work(index: &Index, closed: &[Closed]) -> Vec<Closed> {
    let known = |closed: &Closed| index.days.get(&closed.day).is_some_and(|entry| entry.is_of(closed.sizes));
    let mut before: Option<(Date, bool)> = None;
    let mut work = Vec::new();
    for day in closed {
        let fresh = !known(day);
        let after_fresh =
            before.is_some_and(|(before, fresh)| fresh && start_of(day.day) - start_of(before) == DAY);
        if fresh || after_fresh {
            work.push(*day);
        }
        before = Some((day.day, fresh));
    }
    work
}

/// Makes the bins of 5 minutes that a day was left without.
pub(super) fn complete(
    layout: &Layout,
    index: &mut Index,
    day: Date,
    sizes: DaySizes,
) -> Result<(), SeriesError> {
    fold_day(layout, index, Closed { day, sizes }, true, &mut None)
}

/// Reads one day and writes its rollups and its entry; `whole`: with bins of 5 minutes. `lead` is what the day before left.
fn fold_day(
    layout: &Layout,
    index: &mut Index,
    closed: Closed,
    whole: bool,
    lead: &mut Option<Lead>,
) -> Result<(), SeriesError> {
    let start = start_of(closed.day);
    let (table, facts) = read_after(layout, closed.day, lead)?;
    if facts.is_some() {
        for level in Level::ALL.into_iter().filter(|level| whole || *level != Level::FiveMinutes) {
            let mut bins = Bins::new(level.step());
            bins.add_table(&table, start, start + DAY);
            rollup::put(layout, index, level, closed.day, &rollup_line::encode(&bins))?;
        }
    }
    let entry = index.days.entry(closed.day).or_insert_with(|| Entry::new(closed.day));
    (entry.sizes, entry.facts) = (closed.sizes, facts);
    (entry.thinned, entry.stays) = (!whole, false);
    Ok(())
}

/// All of a day's samples as a table, and those shortly before it; what the day says by itself.
pub(super) fn read_day(layout: &Layout, day: Date) -> Result<(Table, Option<DayFacts>), SeriesError> {
    read_after(layout, day, &mut None)
}

/// What the files of a day hold for the day after: its samples shortly before that, and those within it.
struct Lead {
    day: Date,
    samples: Vec<Sample>,
}

/// The same, after the day before was read: its file is unpacked once, not again for the last minutes of it.
fn read_after(
    layout: &Layout,
    day: Date,
    lead: &mut Option<Lead>,
) -> Result<(Table, Option<DayFacts>), SeriesError> {
    let start = start_of(day);
    let end = start + DAY;
    let mut collecting = Collecting::of(layout);
    let mut reading = DayReading::default();
    let mut next = Lead { day, samples: Vec::new() };
    let mut add = |sample: &Sample| {
        if sample.t < end {
            collecting.add(sample);
            if sample.t >= start {
                reading.add(sample);
            }
        }
    };
    let known = lead.take().filter(|lead| start_of(lead.day) + DAY == start);
    match &known {
        Some(lead) => lead.samples.iter().for_each(&mut add),
        None => Reader::of_files_at(layout, start - DAY, start - LEAD_SECONDS, end)?.each(&mut add)?,
    }
    Reader::of_files_at(layout, start, start - LEAD_SECONDS, end + DAY)?.each(|sample| {
        add(sample);
        if sample.t >= end - LEAD_SECONDS && next.samples.len() <= MOST_LED {
            next.samples.push(sample.clone());
        }
    })?;
    *lead = Some(next).filter(|next| next.samples.len() <= MOST_LED);
    Ok((collecting.finish(), reading.finish()))
}

/// Takes whole members into the index that it does not know: it was deleted, or a run was killed before it was saved.
fn adopt(layout: &Layout, index: &mut Index) -> Result<(), SeriesError> {
    for level in Level::ALL {
        let folder = level.folder(layout);
        for path in rollup_files(&folder).map_err(|source| SeriesError::Rollup { path: folder, source })? {
            let end = index.in_file(layout, level, &path).last().map_or(0, |(_, place)| place.end());
            let found = members::scan(&path, end)
                .map_err(|source| SeriesError::Rollup { path: path.clone(), source })?;
            for (time, place) in found {
                let day = day_of(time)?;
                let entry = index.days.entry(day).or_insert_with(|| Entry::new(day));
                if entry.place(level).is_none() && level.file(layout, day) == path {
                    entry.set_place(level, Some(place));
                }
            }
        }
    }
    Ok(())
}

fn rollup_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".jsonl.gz") && fs_err::symlink_metadata(&path)?.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{append, scratch};

    /// 2026-11-22T00:00:00Z
    const SUNDAY: i64 = 1_795_305_600;

    #[test]
    fn a_day_after_another_is_as_if_it_were_read_alone() {
        let (_data, layout) = scratch();
        fs_err::create_dir_all(layout.samples()).unwrap();
        for minute in 0..3 * 1440 {
            // A clock that was ahead by a day for a while: its lines are in the file of the day they say.
            let ahead = if (1400..1410).contains(&minute) { DAY } else { 0 };
            let sample = Sample {
                v: 1,
                t: SUNDAY + minute * 60 + ahead,
                uptime: Some(minute as f64 * 60.0),
                ..Sample::default()
            };
            append(&layout, &sample).unwrap();
        }
        // Lines of the day after, and of the one after that, in the file of Sunday.
        let file = layout.day_file(day_of(SUNDAY).unwrap());
        let mut text = fs_err::read_to_string(&file).unwrap();
        for t in [SUNDAY + DAY - 30, SUNDAY + DAY + 30, SUNDAY + 2 * DAY + 30] {
            text.push_str(&format!("{{\"v\":1,\"t\":{t},\"uptime\":{}}}\n", t - SUNDAY));
        }
        fs_err::write(&file, text).unwrap();
        let alone = |number: i64| {
            let mut alone = (Collecting::default(), DayReading::default());
            let start = SUNDAY + number * DAY;
            for sample in Reader::range(&layout, start - LEAD_SECONDS, start + DAY).unwrap() {
                alone.0.add(&sample);
                if sample.t >= start {
                    alone.1.add(&sample);
                }
            }
            (alone.0.finish(), alone.1.finish())
        };
        let alone: Vec<_> = (0..4).map(alone).collect();
        let mut lead = None;
        for (number, alone) in (0..).zip(alone) {
            let day = day_of(SUNDAY + number * DAY).unwrap();
            let after = read_after(&layout, day, &mut lead).unwrap();
            // Compared as text, in which what is no number is equal to itself.
            assert_eq!(format!("{after:?}"), format!("{alone:?}"), "{day}");
            // It is not read again.
            let _ = fs_err::remove_file(layout.day_file(day));
        }
    }
}
