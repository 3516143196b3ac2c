//! What is known of each closed day without reading it: its files' sizes, where its rollups lie, its facts.
//!
//! `<data>/.derived/<host>/cache/series/days.jsonl`, a line for each day. It can be deleted: the days are read again, and rollups of
//! days whose samples are gone are found in their files.

use super::edge::DayFacts;
use super::error::SeriesError;
use super::members::Place;
use super::rollup::Level;
use crate::base::files::write_atomic;
use crate::store::{DaySizes, Layout, day_of, start_of};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The version of the format, `"v"` of each line.
const VERSION: u32 = 1;

/// The size of the file: sixteen years with forty interfaces.
const MOST_BYTES: usize = 32 << 20;

/// One closed day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    v: u32,
    t: i64,
    /// The day, which is the one of `t`.
    #[serde(skip)]
    pub(super) day: Date,
    /// The sizes of its files when it was folded.
    #[serde(flatten)]
    pub(super) sizes: DaySizes,
    /// Where its bins of 5 minutes lie.
    #[serde(rename = "5m", default, skip_serializing_if = "Option::is_none")]
    pub(super) five_minutes: Option<Place>,
    /// Where its bins of 1 hour lie.
    #[serde(rename = "1h", default, skip_serializing_if = "Option::is_none")]
    pub(super) hours: Option<Place>,
    /// Its samples have gone of old age: what still comes of it is not all of it, and changes nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) expired: bool,
    /// It has no bins of 5 minutes, since its samples are there and no page asks for them; they are made before the samples go.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) thinned: bool,
    /// Its lines could not become columns; of another size they may.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) stays: bool,
    /// Its facts; `None` where it has no sample, or where only its rollups are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) facts: Option<DayFacts>,
}

impl Entry {
    /// A day of which nothing is known yet.
    pub(super) fn new(day: Date) -> Self {
        Self { v: VERSION, t: start_of(day), day, ..Self::default() }
    }

    /// Where its bins of a level lie.
    pub(super) fn place(&self, level: Level) -> Option<Place> {
        match level {
            Level::FiveMinutes => self.five_minutes,
            Level::Hours => self.hours,
        }
    }

    /// Whether its bins of a level are to be made from its samples.
    pub(super) fn is_thinned(&self, level: Level) -> bool {
        level == Level::FiveMinutes && self.thinned && self.five_minutes.is_none()
    }

    /// Sets where its bins of a level lie.
    pub(super) fn set_place(&mut self, level: Level, place: Option<Place>) {
        match level {
            Level::FiveMinutes => self.five_minutes = place,
            Level::Hours => self.hours = place,
        }
    }

    /// Whether its samples are gone, where its files have these sizes: what still came of an expired day is not all of it.
    pub(super) fn has_no_samples(&self, sizes: DaySizes) -> bool {
        self.expired || sizes == DaySizes::default()
    }

    /// Whether it was made from files of these sizes and all that it names is there.
    pub(super) fn is_of(&self, sizes: DaySizes) -> bool {
        if self.expired {
            return true;
        }
        let is_there = |level| self.place(level).is_some() || level == Level::FiveMinutes && self.thinned;
        let whole = self.facts.is_none() || Level::ALL.into_iter().all(is_there);
        self.sizes == sizes && whole
    }
}

/// The closed days that were folded.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Index {
    /// By day.
    pub(super) days: BTreeMap<Date, Entry>,
}

/// The folder of the index: its own, so that a fold may sweep it.
pub(super) fn folder(layout: &Layout) -> PathBuf {
    layout.cache().join("series")
}

fn path(layout: &Layout) -> PathBuf {
    folder(layout).join("days.jsonl")
}

impl Index {
    /// Reads it. What cannot be read is not known, and places that a file does not reach are forgotten.
    pub(super) fn load(layout: &Layout) -> Self {
        let text = fs_err::read(path(layout)).unwrap_or_default();
        let entries = text
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice::<Entry>(line).ok())
            .filter(|entry| entry.v == VERSION)
            .filter_map(|entry| day_of(entry.t).ok().map(|day| (day, Entry { day, ..entry })));
        let mut index = Self { days: entries.collect() };
        index.forget_missing(layout);
        index
    }

    /// Writes it, as a whole.
    pub(super) fn save(&self, layout: &Layout) -> Result<(), SeriesError> {
        let path = path(layout);
        let mut text = Vec::new();
        for entry in self.days.values() {
            // Numbers and names only: it cannot fail.
            if let Ok(line) = serde_json::to_vec(entry) {
                text.extend(line);
                text.push(b'\n');
            }
        }
        if text.len() > MOST_BYTES {
            let much = "what is known of its days takes more than 32 MiB";
            layout.budget().exceed(much.to_owned());
            layout.within_limits()?;
        }
        write_atomic(&path, &text).map_err(|source| SeriesError::Rollup { path, source })?;
        Ok(())
    }

    fn forget_missing(&mut self, layout: &Layout) {
        let mut lengths = BTreeMap::<PathBuf, u64>::new();
        for level in Level::ALL {
            for entry in self.days.values_mut() {
                let path = level.file(layout, entry.day);
                let length = *lengths
                    .entry(path)
                    .or_insert_with_key(|path| fs_err::metadata(path).map_or(0, |m| m.len()));
                let place = entry.place(level).filter(|place| place.end() <= length);
                entry.set_place(level, place);
            }
        }
    }

    /// The entries that lie in a file, with their places, in the order of the file.
    pub(super) fn in_file(&self, layout: &Layout, level: Level, file: &Path) -> Vec<(Date, Place)> {
        let mut places: Vec<(Date, Place)> = self
            .days
            .values()
            .filter(|entry| level.file(layout, entry.day) == file)
            .filter_map(|entry| Some((entry.day, entry.place(level)?)))
            .collect();
        places.sort_by_key(|(_, place)| place.offset);
        places
    }
}
