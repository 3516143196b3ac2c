//! The facts of a day that is not folded yet, mostly the open one, kept between runs: of a log that grew only the new lines are read.
//!
//! `<data>/.derived/<host>/cache/series/today.json`. It can be deleted; what it says counts only while the file begins with the bytes
//! that were read.

use super::edge::{DayFacts, DayReading};
use super::error::SeriesError;
use super::index;
use super::window::DAY;
use crate::base::{files, hash};
use crate::store::{DayFiles, DayPlace, Follower, Layout, Reader, start_of};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::os::unix::fs::FileExt;

/// So many samples are read anew before the facts are kept again: less work than to write them each time.
const KEEP_AFTER: u64 = 30;
/// So many bytes at the beginning and at the end tell what was read from another.
const MARKED: u64 = 256;

/// What was read of a day.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Kept {
    day: Date,
    /// Bytes read …
    read: u64,
    /// … and what tells them from others.
    mark: u64,
    reading: DayReading,
}

/// The facts of a day; `None` where it has no sample.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read.
pub(super) fn facts(layout: &Layout, day: Date) -> Result<Option<DayFacts>, SeriesError> {
    let files = layout.files(day);
    if (DayFiles { plain: true, ..DayFiles::none(day) }) == files
        && let Some(facts) = followed(layout, &files)
    {
        return Ok(facts);
    }
    let start = start_of(day);
    let mut reading = DayReading::default();
    Reader::range(layout, start, start + DAY)?.each(|sample| reading.add(sample))?;
    Ok(reading.finish())
}

/// Reads on where the last run ended; `None` where that cannot be.
fn followed(layout: &Layout, files: &DayFiles) -> Option<Option<DayFacts>> {
    let path = index::folder(layout).join("today.json");
    let kept: Option<Kept> = fs_err::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let is_of = |kept: &Kept| kept.day == files.day && mark(layout, files.day, kept.read) == Some(kept.mark);
    let mut kept = kept.filter(is_of).unwrap_or_else(|| Kept { day: files.day, ..Kept::default() });
    let mut before = kept.reading.samples();
    let place = DayPlace { plain: kept.read, ..DayPlace::default() };
    if let Some(mut follower) = Follower::open(layout, files, place).ok()? {
        if follower.place().plain != kept.read {
            // It begins anew, and so does what is counted.
            (kept.reading, before) = (DayReading::default(), 0);
        }
        let start = start_of(files.day);
        while let Some(sample) = follower.next_before(i64::MAX).ok()? {
            if (start..start + DAY).contains(&sample.t) {
                kept.reading.add(&sample);
            }
        }
        kept.read = follower.place().plain;
    }
    if kept.reading.samples() >= before + KEEP_AFTER {
        kept.mark = mark(layout, files.day, kept.read)?;
        let Ok(text) = serde_json::to_vec(&kept) else { return None };
        // A cache that cannot be written costs time, nothing else.
        let _ = files::write_atomic(&path, &text);
    }
    Some(kept.reading.finish())
}

/// What tells the first `read` bytes of a day's log from others: how they begin and how they end. `None` where the file is shorter.
pub(super) fn mark(layout: &Layout, day: Date, read: u64) -> Option<u64> {
    let file = layout.open(&layout.day_file(day)).ok()?;
    let length = read.min(MARKED);
    let length_of_each = usize::try_from(length).ok()?;
    let mut bytes = vec![0; 2 * length_of_each];
    let (beginning, end) = bytes.split_at_mut(length_of_each);
    file.read_exact_at(beginning, 0).ok()?;
    file.read_exact_at(end, read - length).ok()?;
    Some(hash::number(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use crate::sample::vmstat::Vmstat;
    use crate::store::append;
    use jiff::civil::date;

    const DAY: Date = date(2026, 11, 23);

    fn sample(minute: i64, kills: u64) -> Sample {
        let vmstat = Some(Vmstat { oom_kill: Some(kills), ..Vmstat::default() });
        let boot = Some("0123abcd".repeat(40));
        Sample {
            v: 1,
            t: start_of(DAY) + minute * 60,
            boot,
            uptime: Some(minute as f64 * 60.0),
            vmstat,
            ..Sample::default()
        }
    }

    #[test]
    fn reads_on_where_it_ended_and_anew_where_the_file_is_another() {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path(), "web1").unwrap();
        fs_err::create_dir_all(index::folder(&layout)).unwrap();
        let facts = || facts(&layout, DAY).unwrap().unwrap();
        (0..40).for_each(|minute| drop(append(&layout, &sample(minute, 0)).unwrap()));
        assert_eq!((facts().samples, facts().up_seconds), (40, 2_340.0));
        let path = index::folder(&layout).join("today.json");
        let kept = fs_err::read_to_string(&path).unwrap();
        // What it says is believed: only what is new is read.
        fs_err::write(&path, kept.replace("\"samples\":40", "\"samples\":39")).unwrap();
        append(&layout, &sample(41, 2)).unwrap();
        assert_eq!((facts().samples, facts().kills.len(), facts().last.t), (40, 1, sample(41, 0).t));
        // A log that began anew.
        let text = fs_err::read_to_string(layout.day_file(DAY)).unwrap();
        fs_err::write(
            layout.day_file(DAY),
            text.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>(),
        )
        .unwrap();
        assert_eq!((facts().samples, facts().first.t), (40, sample(1, 0).t));
        fs_err::write(&path, "spoilt").unwrap();
        assert_eq!(facts().samples, 40);
    }
}
