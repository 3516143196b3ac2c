//! What became of alerts, one JSON object a line: `<data>/<host>/alerts.jsonl` on the host itself. What one machine finds
//! out about another stands under `<data>/.check/hosts/<host>/`, where no rsync of that host's folder writes.

use super::machine::Turn;
use crate::analysis::Level;
use crate::base::files;
use crate::store::Layout;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Version of the lines' format.
const VERSION: u32 = 1;
/// A longer file loses its older half.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// A longer line is none of ours.
const LONGEST_LINE: usize = 64 * 1024;

/// One change of one alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Version of the format.
    pub v: u32,
    /// When, unix time.
    pub t: i64,
    /// The rule's name.
    pub rule: String,
    /// The file system, interface, service …; empty where there is only one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub instance: String,
    /// What became of it.
    pub change: Turn,
    /// How bad it is, or was.
    pub level: Level,
    /// Since when it holds, or held.
    pub since: i64,
    /// What was said of it, in the language of that time. Foreign text: to be escaped where it is shown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

impl Entry {
    /// A change of an alert.
    pub fn new(t: i64, rule: &str, instance: &str, change: Turn) -> Self {
        let (rule, instance) = (rule.to_owned(), instance.to_owned());
        Self { v: VERSION, t, rule, instance, change, level: Level::Ok, since: t, text: String::new() }
    }
}

/// Where the alerts of a host lie, as seen from this machine.
#[derive(Clone, Debug)]
pub struct Place {
    layout: Layout,
    folder: PathBuf,
    lock: PathBuf,
    history: PathBuf,
    sent_along: PathBuf,
}

impl Place {
    /// Of a host that is this machine, or another one.
    pub fn of(layout: &Layout, is_own: bool) -> Self {
        let folder = layout.check();
        let sent_along = layout.alerts();
        let history = if is_own { sent_along.clone() } else { folder.join("alerts.jsonl") };
        let lock = folder.join("lock");
        Self { layout: layout.clone(), folder, lock, history, sent_along }
    }

    /// The folder of what is remembered of the host's alerts.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file whose lock guards that folder.
    pub fn lock_file(&self) -> &Path {
        &self.lock
    }

    /// Appends changes.
    ///
    /// # Errors
    /// What the file system says.
    pub fn append(&self, entries: &[Entry]) -> io::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        if let Some(folder) = self.history.parent() {
            files::create_folder(folder)?;
        }
        shorten(&self.history)?;
        let mut lines = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut lines, entry)?;
            lines.push(b'\n');
        }
        let mut file = fs_err::OpenOptions::new().create(true).append(true).read(true).open(&self.history)?;
        // A line that a crash cut short must not swallow the next one.
        if !ends_with_newline(file.file_mut())? {
            lines.insert(0, b'\n');
        }
        file.write_all(&lines)
    }

    /// Appends those of the last changes that a run which was cut short did not come to write.
    ///
    /// # Errors
    /// What the file system says.
    pub fn complete(&self, last: &[Entry]) -> io::Result<()> {
        if last.is_empty() {
            return Ok(());
        }
        let written = read(&self.layout, &self.history);
        let missing: Vec<Entry> = last.iter().filter(|entry| !written.contains(entry)).cloned().collect();
        self.append(&missing)
    }

    /// All changes that are known, by time: those found out here, and those that the host sent along.
    pub fn read(&self) -> Vec<Entry> {
        let mut entries = read(&self.layout, &self.history);
        if self.history != self.sent_along {
            entries.extend(read(&self.layout, &self.sent_along));
        }
        entries.sort_by_key(|entry| entry.t);
        // Both may have looked at the same log.
        let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
        for entry in entries {
            let is_same = |other: &&Entry| {
                (&other.rule, &other.instance, other.change) == (&entry.rule, &entry.instance, entry.change)
            };
            let same = kept.iter().rev().take_while(|other| entry.t - other.t < 600).find(is_same);
            if same.is_none_or(|same| same.since != entry.since) {
                kept.push(entry);
            }
        }
        kept
    }
}

/// The lines that can be read; of a file that another host sent, no more than its newest part.
fn read(layout: &Layout, path: &Path) -> Vec<Entry> {
    let Ok(mut file) = layout.open(path) else { return Vec::new() };
    let skip = file.metadata().map_or(0, |metadata| metadata.len()).saturating_sub(MOST_BYTES);
    if file.seek(SeekFrom::Start(skip)).is_err() {
        return Vec::new();
    }
    let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
    lines
        .filter(|line| line.len() <= LONGEST_LINE)
        .filter_map(|line| serde_json::from_slice::<Entry>(&line).ok())
        .filter(|entry| entry.v == VERSION)
        .collect()
}

fn shorten(path: &Path) -> io::Result<()> {
    if fs_err::metadata(path).map_or(0, |metadata| metadata.len()) <= MOST_BYTES {
        return Ok(());
    }
    let bytes = fs_err::read(path)?;
    let middle = bytes.len() / 2;
    let start = bytes[middle..].iter().position(|byte| *byte == b'\n').map_or(middle, |at| middle + at + 1);
    files::write_durable(path, &bytes[start..]).map(|_| ())
}

fn ends_with_newline(file: &mut File) -> io::Result<bool> {
    use std::io::Read;
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_come_back_and_torn_lines_cost_themselves() {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path(), "web1").unwrap();
        let place = Place::of(&layout, true);
        let fired = Entry { level: Level::Warning, ..Entry::new(60, "memory", "", Turn::Fired) };
        place.append(std::slice::from_ref(&fired)).unwrap();
        let mut bytes = fs_err::read(layout.alerts()).unwrap();
        bytes.extend_from_slice(b"{\"v\":1,\"t\":9");
        fs_err::write(layout.alerts(), bytes).unwrap();
        let resolved = Entry { since: 60, ..Entry::new(120, "memory", "", Turn::Resolved) };
        place.append(std::slice::from_ref(&resolved)).unwrap();
        assert_eq!(place.read(), [fired, resolved]);
        let line = fs_err::read_to_string(layout.alerts()).unwrap();
        let first = r#"{"v":1,"t":60,"rule":"memory","change":"fired","level":"warning","since":60}"#;
        assert_eq!(line.lines().next(), Some(first));
    }

    #[test]
    fn what_both_found_is_told_once() {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path(), "web1").unwrap();
        let (there, here) = (Place::of(&layout, true), Place::of(&layout, false));
        let fired = Entry::new(60, "memory", "", Turn::Fired);
        there.append(std::slice::from_ref(&fired)).unwrap();
        here.append(&[
            Entry { t: 70, since: 60, ..fired.clone() },
            Entry::new(90, "silent", "", Turn::Fired),
        ])
        .unwrap();
        let known: Vec<_> = here.read().into_iter().map(|entry| (entry.t, entry.rule)).collect();
        assert_eq!(known, [(60, "memory".to_owned()), (90, "silent".to_owned())]);
        assert_eq!(there.read().len(), 1, "the host's own file is left to the host");
    }
}
