//! How far the logs were sent, on disk, for each engine: `<data>/.push/<number of the address>/places.jsonl`.
//!
//! A line for each host, and behind them one more for each request, written when the engine has said yes: a run that is killed
//! goes on from there. Before a request goes out it is noted as well, so that the next run knows what the engine may have without our
//! knowing. The file is made anew when it is long, with days that no longer grow in a short form ([`Settled`]); deleted, everything is sent
//! once more.

use super::error::ShipError;
use super::settled::{self, Settled};
use crate::base::files;
use crate::store::{DayFiles, DayPlace, Layout, Sent, start_of};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Lines beyond one for each host before the file is made anew.
const SPARE_LINES: usize = 10_000;
/// So many of a host's newest days keep their long form: a sender that was away appends to yesterday's.
pub(super) const GROWING_DAYS: i8 = 3;
/// A day that is older, and no longer there, is forgotten.
const FORGOTTEN_DAYS: i32 = 400;

/// Where a host is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HostPlace {
    /// How far each day was read.
    pub(super) days: BTreeMap<Date, DayPlace>,
    /// The same of old ones; what `days` says wins.
    pub(super) settled: Settled,
    /// Where the log last said what host it is: the day, and the place of that line.
    pub(super) facts: Option<Facts>,
    /// The newest sample of a request that may have been taken or not.
    pub(super) doubt: Option<i64>,
    /// When the folder of the log had last changed, in nanoseconds, as all that was in it had been sent.
    pub(super) folder: Option<i64>,
}

/// The line that says what host it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Facts {
    pub(super) day: Date,
    /// Bytes before it, of the uncompressed lines.
    pub(super) at: u64,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    host: String,
    /// Of each day: bytes of the plain file, size of the compressed one, the number of the lines, and the stretches that were sent, in
    /// seconds of the day.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    days: BTreeMap<Date, Vec<i64>>,
    #[serde(default, skip_serializing_if = "Settled::is_empty")]
    settled: Settled,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    facts: Option<Facts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    doubt: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    folder: Option<i64>,
}

/// The file, being written.
#[derive(Debug)]
pub(super) struct Places {
    path: PathBuf,
    file: File,
    /// Lines in it, and how many there may be.
    lines: usize,
    most: usize,
    /// The data folder.
    data: PathBuf,
    today: Date,
}

impl Places {
    /// What the file says, and the file. A line that was torn says nothing.
    pub(super) fn open(
        folder: &Path,
        data: &Path,
        today: Date,
    ) -> Result<(Self, BTreeMap<String, HostPlace>), ShipError> {
        let path = folder.join("places.jsonl");
        let (mut hosts, lines) = read(&path)?;
        let most = hosts.len() + SPARE_LINES;
        let mut file = appended(&path)?;
        // Behind a line that was torn.
        file.write_all(b"\n")?;
        let mut places = Self { path, file, lines, most, data: data.to_owned(), today };
        // Not for each single day that has become old: all is written and forced to the disk.
        let long_days: usize = hosts.values().map(|place| places.long_days(place)).sum();
        if lines > most || long_days > hosts.len() {
            hosts = places.shorten()?;
        }
        hosts.retain(|_, place| *place != HostPlace::default());
        Ok((places, hosts))
    }

    /// How many days of a host could have their short form.
    fn long_days(&self, place: &HostPlace) -> usize {
        old(place, self.today).filter(|(day, place)| settled::encode(*day, place).is_some()).count()
    }

    /// Makes the file anew: a line for each host.
    fn shorten(&mut self) -> Result<BTreeMap<String, HostPlace>, ShipError> {
        let (mut hosts, _) = read(&self.path)?;
        let mut text = Vec::new();
        for (host, place) in &mut hosts {
            if self.long_days(place) > 0 {
                let layout = Layout::new(&self.data, host.as_str()).ok();
                settle(place, layout.as_ref(), self.today);
            }
            text.extend(line(host, place));
        }
        files::write_private(&self.path, &text)?;
        self.file = appended(&self.path)?;
        (self.lines, self.most) = (hosts.len(), hosts.len() + SPARE_LINES);
        Ok(hosts)
    }

    fn write(&mut self, text: &[u8], lines: usize) -> Result<(), ShipError> {
        self.file.write_all(text).map_err(|source| self.named(source))?;
        self.lines += lines;
        if self.lines > self.most {
            self.shorten()?;
        }
        Ok(())
    }

    /// Notes what is new of some hosts' places. In the file when it returns, and outlives a kill.
    pub(super) fn note<'a>(
        &mut self,
        places: impl Iterator<Item = (&'a str, HostPlace)>,
    ) -> Result<(), ShipError> {
        let noted: Vec<Vec<u8>> = places.map(|(host, place)| line(host, &place)).collect();
        self.write(&noted.concat(), noted.len())
    }

    /// Forces what was noted to the disk.
    pub(super) fn sync(&self) -> Result<(), ShipError> {
        self.file.sync_data().map_err(|source| self.named(source))
    }

    fn named(&self, source: std::io::Error) -> ShipError {
        let text = format!("failed to write file `{}`: {source}", self.path.display());
        ShipError::Io(std::io::Error::new(source.kind(), text))
    }
}

/// Where each host is, for who only looks.
pub(super) fn read(path: &Path) -> Result<(BTreeMap<String, HostPlace>, usize), ShipError> {
    // Bytes: what a kill or a full disk cut may end inside a letter of a host's name.
    let text = match fs_err::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let mut hosts: BTreeMap<String, HostPlace> = BTreeMap::new();
    let mut count = 0;
    let lines = text.split(|byte| *byte == b'\n');
    for line in lines.filter_map(|line| serde_json::from_slice::<Line>(line).ok()) {
        count += 1;
        let place = hosts.entry(line.host).or_default();
        place
            .days
            .extend(line.days.into_iter().filter_map(|(day, numbers)| Some((day, long(day, &numbers)?))));
        if !line.settled.is_empty() {
            place.settled = line.settled;
        }
        place.facts = line.facts.or(place.facts);
        place.doubt = line.doubt;
        place.folder = line.folder.or(place.folder);
    }
    Ok((hosts, count))
}

/// The file, to add to.
fn appended(path: &Path) -> Result<File, ShipError> {
    Ok(fs_err::OpenOptions::new().create(true).append(true).open(path)?.into_parts().0)
}

/// The days of a host that no longer grow.
pub(super) fn old(place: &HostPlace, today: Date) -> impl Iterator<Item = (Date, &DayPlace)> {
    let from = today.checked_sub(GROWING_DAYS.days()).unwrap_or(today);
    let newest = usize::from(GROWING_DAYS.unsigned_abs());
    let days = place.days.len().saturating_sub(newest);
    place.days.iter().take(days).filter(move |(day, _)| **day < from).map(|(day, place)| (*day, place))
}

/// Puts the old days of a host into their short form, and forgets what went long ago.
pub(super) fn settle(place: &mut HostPlace, layout: Option<&Layout>, today: Date) {
    let records = old(place, today).filter_map(|(day, place)| Some((day, settled::encode(day, place)?)));
    let records: BTreeMap<Date, String> = records.collect();
    let mut all = place.settled.records();
    all.extend(records.iter().map(|(day, record)| (*day, record.as_str())));
    let from = today.checked_sub(FORGOTTEN_DAYS.days()).unwrap_or(today);
    let is_gone = |day| layout.is_some_and(|layout| layout.files(day) == DayFiles::none(day));
    all.retain(|day, _| *day >= from || !is_gone(*day));
    place.settled = Settled::of(all);
    place.days.retain(|day, _| !records.contains_key(day));
}

/// A day's place as the file has it.
fn long(day: Date, numbers: &[i64]) -> Option<DayPlace> {
    let [plain, compressed, lines, stretches @ ..] = numbers else { return None };
    let start = start_of(day);
    let stretches = stretches.chunks_exact(2).map(|pair| (start + pair[0], start + pair[1])).collect();
    let number = |number: &i64| u64::try_from(*number).ok();
    let sent = Sent { lines: number(lines)?, stretches };
    Some(DayPlace { plain: number(plain)?, compressed: number(compressed)?, sent })
}

/// The inverse.
fn numbers(day: Date, place: &DayPlace) -> Vec<i64> {
    let start = start_of(day);
    let sizes = [place.plain, place.compressed, place.sent.lines];
    let sizes = sizes.map(|size| i64::try_from(size).unwrap_or(i64::MAX));
    let stretches = place.sent.stretches.iter().flat_map(|(first, last)| [first - start, last - start]);
    sizes.into_iter().chain(stretches).collect()
}

fn line(host: &str, place: &HostPlace) -> Vec<u8> {
    let days = place.days.iter().map(|(day, place)| (*day, numbers(*day, place))).collect();
    let HostPlace { facts, doubt, folder, .. } = *place;
    let line = Line { host: host.to_owned(), days, settled: place.settled.clone(), facts, doubt, folder };
    // Numbers and names cannot fail to be JSON.
    let mut text = serde_json::to_vec(&line).unwrap_or_default();
    text.push(b'\n');
    text
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
