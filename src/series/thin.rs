//! Bins of 5 minutes of days that no page shows in such steps: while the samples are there the bins can be made at any time, and
//! would take twice the room that the samples take.

use super::error::SeriesError;
use super::index::{Entry, Index};
use super::rollup::Level;
use crate::store::{DaySizes, Layout};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::path::PathBuf;

const LEVEL: Level = Level::FiveMinutes;

/// The files that are not needed: of months that are over before a day, with the samples of each of their days still there.
pub(super) fn files(layout: &Layout, index: &Index, before: Date) -> Vec<PathBuf> {
    // Samples may have been removed by hand: the index does not know.
    let has_samples = |entry: &Entry| {
        let sizes = layout.sizes(&layout.files(entry.day));
        !entry.expired && entry.facts.is_some() && sizes != DaySizes::default() && entry.is_of(sizes)
    };
    let mut months = BTreeMap::<PathBuf, bool>::new();
    for entry in index.days.values().filter(|entry| entry.place(LEVEL).is_some()) {
        let is_free = entry.day.last_of_month() < before && has_samples(entry);
        *months.entry(LEVEL.file(layout, entry.day)).or_insert(true) &= is_free;
    }
    months.into_iter().filter_map(|(path, is_free)| is_free.then_some(path)).collect()
}

/// Removes them. The index first: killed in between, members are left that it takes in again.
pub(super) fn remove(layout: &Layout, index: &mut Index, files: &[PathBuf]) -> Result<(), SeriesError> {
    if files.is_empty() {
        return Ok(());
    }
    for entry in index.days.values_mut().filter(|entry| files.contains(&LEVEL.file(layout, entry.day))) {
        entry.set_place(LEVEL, None);
        entry.thinned = true;
    }
    index.save(layout)?;
    for path in files {
        fs_err::remove_file(path).map_err(|source| SeriesError::Rollup { path: path.clone(), source })?;
    }
    Ok(())
}
