//! The ledger of what was sent: lines for each message, kept for 30 days, so that the same notice, made again by
//! whatever chance, is not sent
//! again. One is written before each try, one when the message was taken.

use super::super::error::NotifyError;
use crate::base::files;
use serde::{Deserialize, Serialize};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// How long it is kept.
const KEPT_SECONDS: i64 = 30 * 86_400;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    /// When, unix time.
    pub(super) t: i64,
    /// The notice's id.
    pub(super) id: String,
    /// The channel's name.
    pub(super) channel: String,
    /// It is about to be sent: whether it was, the queue knows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    reserved: bool,
}

impl Line {
    /// Line of a message that a channel took.
    pub(super) fn sent(t: i64, id: &str, channel: &str) -> Self {
        Self { t, id: id.to_owned(), channel: channel.to_owned(), reserved: false }
    }

    /// Line of a message that is about to be sent.
    pub(super) fn reserved(t: i64, id: &str, channel: &str) -> Self {
        Self { reserved: true, ..Self::sent(t, id, channel) }
    }
}

/// The lines of the file that can be read; a torn one is the end of a write that nobody relied on yet.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    lines: Vec<Line>,
}

impl Ledger {
    /// Reads the file; none is an empty one.
    pub(super) fn read(path: &Path) -> Result<Self, NotifyError> {
        let bytes = match fs_err::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
        Ok(Self { lines: lines.collect() })
    }

    /// Returns true if a channel has had a notice that does not wait for it any more.
    pub(super) fn has(&self, id: &str, channel: &str) -> bool {
        self.lines.iter().any(|line| line.id == id && line.channel == channel)
    }

    /// Returns true if a channel has taken a notice.
    pub(super) fn has_sent(&self, id: &str, channel: &str) -> bool {
        self.lines.iter().any(|line| !line.reserved && line.id == id && line.channel == channel)
    }

    /// Adds a line at the end of the file, and forces it to the disk.
    pub(super) fn add(path: &Path, line: &Line) -> Result<(), NotifyError> {
        let is_new = !path.exists();
        let mut file = fs_err::OpenOptions::from_options({
            let mut options = std::fs::OpenOptions::new();
            options.create(true).read(true).append(true).mode(0o600);
            options
        })
        .open(path)?;
        let mut text = serde_json::to_vec(line).map_err(std::io::Error::from)?;
        if is_torn(&mut file)? {
            text.insert(0, b'\n');
        }
        text.push(b'\n');
        file.write_all(&text)?;
        file.sync_all()?;
        if is_new {
            files::sync_folder(path.parent().unwrap_or(path))?;
        }
        Ok(())
    }

    /// Forgets what is too old, if there is enough of it to be worth a write.
    pub(super) fn forget(self, path: &Path, now: i64) -> Result<(), NotifyError> {
        let all = self.lines.len();
        let kept: Vec<Line> =
            self.lines.into_iter().filter(|line| line.t.saturating_add(KEPT_SECONDS) > now).collect();
        if kept.len() == all {
            return Ok(());
        }
        let mut text = Vec::new();
        for line in &kept {
            serde_json::to_writer(&mut text, line).map_err(std::io::Error::from)?;
            text.push(b'\n');
        }
        Ok(files::write_private(path, &text)?)
    }
}

/// Whether a file ends within a line.
fn is_torn(file: &mut fs_err::File) -> std::io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(t: i64, id: &str) -> Line {
        Line::sent(t, id, "mail")
    }

    #[test]
    fn a_torn_line_costs_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sent.jsonl");
        Ledger::add(&path, &line(1, "a")).unwrap();
        fs_err::write(&path, [&fs_err::read(&path).unwrap()[..], br#"{"t":2,"id":"b","#].concat()).unwrap();
        Ledger::add(&path, &line(3, "c")).unwrap();
        let ledger = Ledger::read(&path).unwrap();
        assert!(ledger.has("a", "mail") && ledger.has("c", "mail") && !ledger.has("b", "mail"));
        assert!(!ledger.has("a", "ntfy"));
    }

    #[test]
    fn thirty_days_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sent.jsonl");
        for (t, id) in [(0, "old"), (1, "kept")] {
            Ledger::add(&path, &line(t, id)).unwrap();
        }
        Ledger::read(&path).unwrap().forget(&path, KEPT_SECONDS).unwrap();
        let ledger = Ledger::read(&path).unwrap();
        assert_eq!(ledger.lines, [line(1, "kept")]);
    }
}
