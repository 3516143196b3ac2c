//! How far the logs were sent, on disk, for each engine: `<data>/.push/<number of the address>/places.jsonl`.
//!
//! A line for each host, and behind them one more for each request, written when the engine has said yes: a run that is killed
//! goes on from there. Before a request goes out it is noted as well, so that the next run knows what the engine may have without our
//! knowing. The file is made anew by each run that finds it long; deleted, everything is sent once more.

use super::error::ShipError;
use crate::base::files;
use crate::store::DayPlace;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Lines beyond one for each host before the file is made anew.
const SPARE_LINES: usize = 10_000;

/// Where a host is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HostPlace {
    /// How far each day was read.
    pub(super) days: BTreeMap<Date, DayPlace>,
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
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    days: BTreeMap<Date, [u64; 3]>,
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
}

impl Places {
    /// What the file says, and the file. A line that was torn says nothing.
    pub(super) fn open(folder: &Path) -> Result<(Self, BTreeMap<String, HostPlace>), ShipError> {
        let path = folder.join("places.jsonl");
        let (mut hosts, lines) = read(&path)?;
        if lines > hosts.len() + SPARE_LINES {
            let mut text = Vec::new();
            for (host, place) in &hosts {
                text.extend(line(host, &place.days, place.facts, place.doubt, place.folder));
            }
            files::write_private(&path, &text)?;
        }
        hosts.retain(|_, place| *place != HostPlace::default());
        let mut file = fs_err::OpenOptions::new().create(true).append(true).open(&path)?.into_parts().0;
        // Behind a line that was torn.
        file.write_all(b"\n")?;
        Ok((Self { path, file }, hosts))
    }

    /// Notes where some hosts are now. In the file when it returns, and outlives a kill.
    pub(super) fn note<'a>(
        &mut self,
        places: impl Iterator<Item = (&'a str, &'a BTreeMap<Date, DayPlace>, Option<Facts>, Option<i64>)>,
    ) -> Result<(), ShipError> {
        let mut text = Vec::new();
        for (host, days, facts, doubt) in places {
            text.extend(line(host, days, facts, doubt, None));
        }
        self.file.write_all(&text).map_err(|source| self.named(source))
    }

    /// Notes of some hosts that all was sent that was in their folders as these had last changed.
    pub(super) fn note_folders<'a>(
        &mut self,
        folders: impl Iterator<Item = (&'a str, i64)>,
    ) -> Result<(), ShipError> {
        let none = BTreeMap::new();
        let text: Vec<u8> =
            folders.flat_map(|(host, changed)| line(host, &none, None, None, Some(changed))).collect();
        self.file.write_all(&text).map_err(|source| self.named(source))
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
    let text = match fs_err::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error.into()),
    };
    let mut hosts: BTreeMap<String, HostPlace> = BTreeMap::new();
    let mut count = 0;
    for line in text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
        count += 1;
        let place = hosts.entry(line.host).or_default();
        for (day, [read, beside, compressed]) in line.days {
            place.days.insert(day, DayPlace { read, beside, compressed });
        }
        place.facts = line.facts.or(place.facts);
        place.doubt = line.doubt;
        place.folder = line.folder.or(place.folder);
    }
    Ok((hosts, count))
}

fn line(
    host: &str,
    days: &BTreeMap<Date, DayPlace>,
    facts: Option<Facts>,
    doubt: Option<i64>,
    folder: Option<i64>,
) -> Vec<u8> {
    let days = days.iter().map(|(day, place)| (*day, [place.read, place.beside, place.compressed])).collect();
    let line = Line { host: host.to_owned(), days, facts, doubt, folder };
    // Numbers and names cannot fail to be JSON.
    let mut text = serde_json::to_vec(&line).unwrap_or_default();
    text.push(b'\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn what_was_noted_is_there_whatever_happens_to_the_last_line() {
        let folder = tempfile::tempdir().unwrap();
        let (mut places, hosts) = Places::open(folder.path()).unwrap();
        assert!(hosts.is_empty());
        let (first, second) = (date(2026, 11, 22), date(2026, 11, 23));
        let place = |read| DayPlace { read, beside: 0, compressed: 7 };
        let facts = Some(Facts { day: first, at: 0 });
        let at = |day, read| BTreeMap::from([(day, place(read))]);
        places.note([("web1", &at(first, 10), facts, None)].into_iter()).unwrap();
        let none = BTreeMap::new();
        let both = [("web1", &at(second, 20), None, None), ("web2", &none, None, Some(5))];
        places.note(both.into_iter()).unwrap();
        drop(places);
        let path = folder.path().join("places.jsonl");
        let mut torn = fs_err::read(&path).unwrap();
        torn.extend(b"{\"host\":\"web1\",\"days\":{\"2026-11-23\":[9");
        fs_err::write(&path, torn).unwrap();
        let (mut places, hosts) = Places::open(folder.path()).unwrap();
        let days = [(first, place(10)), (second, place(20))].into();
        let web1 = HostPlace { days, facts, doubt: None, folder: None };
        assert_eq!(hosts["web1"], web1);
        assert_eq!(hosts["web2"].doubt, Some(5));
        places.note([("web2", &at(second, 30), None, None)].into_iter()).unwrap();
        let (hosts, _) = read(&path).unwrap();
        assert_eq!((hosts["web2"].days[&second].read, hosts["web2"].doubt), (30, None));
        places.note_folders([("web2", 77)].into_iter()).unwrap();
        places.note([("web2", &at(first, 40), None, None)].into_iter()).unwrap();
        let (hosts, _) = read(&path).unwrap();
        assert_eq!((hosts["web2"].folder, hosts["web2"].days.len()), (Some(77), 2));
    }
}
