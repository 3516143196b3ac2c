//! Round robin databases: `rrdtool dump` (XML), `rrdtool xport` (XML or JSON). Each source is a series of averages; of archives of
//! several steps each time is told by the finest one that reaches back so far.

use super::rrd_xml;
use serde_json::Value as Json;

/// A longer step is told as several, so that neither a page nor a day has a gap in it: an average over an hour is one of each
/// ten minutes of it.
const LONGEST_STEP: i64 = 600;

/// A database, or an export of several.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Database {
    /// Its sources.
    pub(super) sources: Vec<Source>,
    /// Its archives of averages.
    pub(super) archives: Vec<Archive>,
}

/// A source of a database.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Source {
    /// Its name; of an export its legend.
    pub(super) name: String,
    /// `GAUGE`, `DERIVE`, …; of an export empty.
    pub(super) kind: String,
}

/// An archive of averages.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Archive {
    /// Seconds of a row.
    pub(super) step: i64,
    /// The time at which the last row ends.
    pub(super) end: i64,
    /// A value for each source; NaN where it is not known.
    pub(super) rows: Vec<Vec<f64>>,
}

/// An average: up to when, over how many seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Average {
    /// Unix time of its end.
    pub(super) t: i64,
    /// Seconds.
    pub(super) seconds: i64,
    /// The average.
    pub(super) value: f64,
}

impl Database {
    /// From XML.
    pub(super) fn of_xml(text: &[u8]) -> Result<Self, String> {
        rrd_xml::read(text)
    }

    /// From the JSON of `rrdtool xport --json`; `None` where it is none.
    pub(super) fn of_json(document: &Json) -> Option<Self> {
        let meta = document.get("meta")?;
        let (step, end) = (meta["step"].as_i64().filter(|step| *step > 0)?, meta["end"].as_i64()?);
        let legend = meta["legend"].as_array()?.iter();
        let sources = legend.map(|name| Source {
            name: name.as_str().unwrap_or_default().trim().to_owned(),
            kind: String::new(),
        });
        let rows = document["data"].as_array()?.iter().filter_map(Json::as_array);
        let rows = rows.map(|row| row.iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect());
        let archive = Archive { step, end, rows: rows.collect() };
        Some(Self { sources: sources.collect(), archives: vec![archive] })
    }

    /// The averages of a source, by time; where they are not known there are none.
    pub(super) fn averages(&self, source: usize) -> Vec<Average> {
        let mut archives: Vec<&Archive> = self.archives.iter().collect();
        archives.sort_by_key(|archive| archive.step);
        let mut averages: Vec<Average> = Vec::new();
        let mut known_from = i64::MAX;
        for archive in archives {
            let of_archive: Vec<Average> = archive.averages(source).collect();
            // A coarser archive tells what was before the finer ones.
            averages.extend(
                of_archive.iter().flat_map(|average| average.parts()).filter(|part| part.t <= known_from),
            );
            if let Some(first) = of_archive.first() {
                known_from = known_from.min(first.t - first.seconds);
            }
        }
        averages.sort_by_key(|average| average.t);
        averages
    }

    /// The step of the finest archive.
    pub(super) fn step(&self) -> i64 {
        self.archives.iter().map(|archive| archive.step).min().unwrap_or(0)
    }
}

impl Archive {
    fn averages(&self, source: usize) -> impl Iterator<Item = Average> + '_ {
        let known = (0_i64..).zip(self.rows.iter().rev());
        let mut averages: Vec<Average> = known
            .filter_map(|(back, row)| {
                let value = row.get(source).copied().filter(|value| value.is_finite())?;
                Some(Average { t: self.end - back * self.step, seconds: self.step, value })
            })
            .collect();
        averages.reverse();
        averages.into_iter()
    }
}

impl Average {
    /// The average as those of its parts, none longer than [`LONGEST_STEP`].
    fn parts(self) -> impl Iterator<Item = Self> {
        let parts = (self.seconds + LONGEST_STEP - 1) / LONGEST_STEP;
        let start = self.t - self.seconds;
        (0..parts).map(move |part| {
            let (from, until) = (self.seconds * part / parts, self.seconds * (part + 1) / parts);
            Self { t: start + until, seconds: until - from, value: self.value }
        })
    }
}

#[cfg(test)]
#[path = "rrd_tests.rs"]
mod tests;
