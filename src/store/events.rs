//! The log of events, `<data>/<host>/events.jsonl`: appended to under a lock like the sample log, read whole, since it is
//! small: repeated events are folded before they come here, and of a file that grows all the same the older half goes.

use super::append::{open_locked, write_line};
use super::error::StoreError;
use super::layout::Layout;
use super::line::strip;
use super::lines::{Ending, next_line};
use super::reader::Damage;
use crate::base::files;
use crate::event::{Event, FORMAT_VERSION};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};

/// A file of this size loses its older half. That is about 40 000 events.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// How every line that we write begins.
const START: &[u8] = b"{\"v\":";

/// The events of a host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventLog {
    /// By time, ascending; those of one time in the order in which they were written.
    pub events: Vec<Event>,
    /// What could not be read.
    pub damage: Damage,
}

impl EventLog {
    /// What stands for a log that cannot be read: nothing, and that counted.
    #[must_use]
    pub fn unreadable(layout: &Layout, error: &StoreError) -> Self {
        let mut log = Self::default();
        log.damage.add(&layout.events(), 0, error.to_string());
        log
    }
}

/// Appends events to the host's log, one line each in one write; makes the folder if it is missing.
///
/// # Errors
/// Any [`StoreError`]; then the log is as it was.
pub fn append_events(layout: &Layout, events: &[Event]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let mut lines = Vec::new();
    for event in events {
        serde_json::to_writer(&mut lines, event)?;
        lines.push(b'\n');
    }
    let folder = layout.folder();
    let path = layout.events();
    files::create_folder(&folder).map_err(|source| StoreError::Write { path: path.clone(), source })?;
    let mut file = open_locked(layout, &path)?;
    if file.metadata().is_ok_and(|metadata| metadata.len() > MOST_BYTES) {
        let newer =
            newer_half(&mut file).map_err(|source| StoreError::Read { path: path.clone(), source })?;
        files::write_durable(&path, &newer)
            .map_err(|source| StoreError::Write { path: path.clone(), source })?;
        // The name means another file now; the lock on the old one is of no more use.
        file = open_locked(layout, &path)?;
    }
    write_line(&mut file, &path, &lines)?;
    Ok(())
}

/// Appends those events that the log has not.
///
/// # Errors
/// As [`append_events`] and [`event_log`].
pub fn append_missing_events(layout: &Layout, events: &[Event]) -> Result<(), StoreError> {
    let known = event_log(layout)?.events;
    let missing: Vec<Event> = events.iter().filter(|event| !known.contains(event)).cloned().collect();
    append_events(layout, &missing)
}

/// The bytes of the file's newer half, from the beginning of a line on.
fn newer_half(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let middle = bytes.len() / 2;
    let start = bytes[middle..].iter().position(|byte| *byte == b'\n').map_or(0, |at| middle + at + 1);
    Ok(bytes.split_off(start))
}

/// The events with `from <= t < until`, by time. A host without any has none.
///
/// # Errors
/// [`StoreError::Read`] if the file is there and cannot be read.
pub fn events(layout: &Layout, from: i64, until: i64) -> Result<Vec<Event>, StoreError> {
    let mut events = event_log(layout)?.events;
    events.retain(|event| (from..until).contains(&event.t));
    Ok(events)
}

/// All events of a host, and what of their log could not be read.
///
/// # Errors
/// As [`events`].
pub fn event_log(layout: &Layout) -> Result<EventLog, StoreError> {
    let path = layout.events();
    let read_error = |source| StoreError::Read { path: path.clone(), source };
    let mut file = match layout.open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(EventLog::default()),
        Err(error) => return Err(read_error(error)),
    };
    // One that another host sent can be of any size; its newest part counts, from the beginning of a line on.
    let skip = file.metadata().map_err(read_error)?.len().saturating_sub(MOST_BYTES);
    file.seek(SeekFrom::Start(skip)).map_err(read_error)?;
    let mut source = BufReader::new(file);
    let (mut log, mut line, mut number) = (EventLog::default(), Vec::new(), 0);
    if skip > 0 {
        next_line(&mut source, &mut line).map_err(read_error)?;
    }
    loop {
        number += 1;
        match next_line(&mut source, &mut line).map_err(read_error)? {
            Ending::End => break,
            Ending::TooLong => log.damage.add(&path, number, "the line is longer than 1 MiB".to_owned()),
            // The last line may be being written.
            ending => {
                let (event, damage) = decode(&line);
                let damage = damage.filter(|_| event.is_some() || ending == Ending::Newline);
                log.events.extend(event);
                if let Some(reason) = damage {
                    log.damage.add(&path, number, reason);
                }
            }
        }
    }
    log.events.sort_by_key(|event| event.t);
    Ok(log)
}

/// The event in a line, and what is wrong with the line. A good one behind the torn start of another is recovered.
fn decode(line: &[u8]) -> (Option<Event>, Option<String>) {
    let (line, zeros) = strip(line);
    let zeros = (zeros > 0).then(|| format!("{zeros} zero bytes, as a crash of the machine leaves them"));
    if line.is_empty() {
        return (None, zeros);
    }
    match parse(line) {
        Ok(event) => (Some(event), zeros),
        Err(reason) => {
            let start = line.windows(START.len()).rposition(|window| window == START);
            let glued = start.filter(|start| *start > 0).and_then(|start| parse(&line[start..]).ok());
            (glued, Some(reason))
        }
    }
}

fn parse(line: &[u8]) -> Result<Event, String> {
    let event: Event = serde_json::from_slice(line)
        .map_err(|error| error.to_string().replace(" at line 1 column ", " at column "))?;
    if event.v == FORMAT_VERSION {
        return Ok(event);
    }
    Err(format!("format {} is not one that this program knows ({FORMAT_VERSION})", event.v))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Change, Kind};

    fn layout() -> (tempfile::TempDir, Layout) {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path(), "web1").unwrap();
        (folder, layout)
    }

    #[test]
    fn events_come_back_by_time() {
        let (_folder, layout) = layout();
        assert_eq!(event_log(&layout).unwrap(), EventLog::default());
        let boot = Event::new(50, Kind::Boot);
        let note = Event { subject: "x".to_owned(), ..Event::new(20, Kind::Note) };
        append_events(&layout, std::slice::from_ref(&boot)).unwrap();
        append_events(&layout, std::slice::from_ref(&note)).unwrap();
        assert_eq!(events(&layout, 0, 100).unwrap(), [note.clone(), boot]);
        assert_eq!(events(&layout, 0, 50).unwrap(), [note]);
    }

    #[test]
    fn a_broken_line_costs_itself_and_is_counted() {
        let (_folder, layout) = layout();
        let good = Event::of(7, Kind::Crontab, Change::Added, "/etc/cron.d/x");
        append_events(&layout, std::slice::from_ref(&good)).unwrap();
        let mut bytes = fs_err::read(layout.events()).unwrap();
        let line = bytes.clone();
        bytes.extend_from_slice(b"nonsense\n{\"v\":1,\"t\":5,\"ki");
        bytes.extend_from_slice(&line);
        bytes.extend_from_slice(b"{\"v\":9,\"t\":5,\"kind\":\"boot\"}\n{\"v\":1,\"t\":6");
        fs_err::write(layout.events(), bytes).unwrap();
        let log = event_log(&layout).unwrap();
        assert_eq!(log.events, [good.clone(), good.clone()]);
        assert_eq!(log.damage.broken_lines, 3, "{:?}", log.damage);
        append_events(&layout, std::slice::from_ref(&good)).unwrap();
        assert_eq!(event_log(&layout).unwrap().events.len(), 3, "a torn end is closed off");
    }

    #[test]
    fn a_log_that_grew_too_large_loses_its_older_half() {
        let (_folder, layout) = layout();
        fs_err::create_dir_all(layout.folder()).unwrap();
        let line = |t: i64| serde_json::to_string(&Event::new(t, Kind::Boot)).unwrap() + "\n";
        let many: String = (0..160_000).map(line).collect();
        assert!(many.len() as u64 > MOST_BYTES);
        fs_err::write(layout.events(), many).unwrap();
        let log = event_log(&layout).unwrap();
        assert!(log.damage.is_none() && log.events.len() < 160_000, "no more is read of it");
        assert_eq!(log.events.last().unwrap().t, 159_999);
        append_events(&layout, &[Event::new(160_000, Kind::Boot)]).unwrap();
        let log = event_log(&layout).unwrap();
        assert!(log.damage.is_none());
        assert_eq!(log.events.last().unwrap().t, 160_000);
        assert!((78_000..81_500).contains(&log.events.len()), "{}", log.events.len());
    }
}
