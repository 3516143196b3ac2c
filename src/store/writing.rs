//! Who writes a log, and by which clock, as far as its newest lines tell: whether two machines write under one name, whether what
//! arrives is old, whether its format is newer than ours. From the heads of the last lines and the time at which the file changed
//! here; nothing is parsed whole, so that it costs one short read a host.

use super::error::StoreError;
use super::layout::{Layout, day_of};
use super::line::head;
use crate::sample::FORMAT_VERSION;
use std::os::unix::fs::{FileExt, MetadataExt};

/// So much of the end is looked at: a dozen lines and more.
const BYTES: u64 = 64 * 1024;
/// The boot stands this early in a line that we write.
const BOOT_WITHIN: usize = 96;
/// A file that changed within this time is being written.
const FRESH_SECONDS: i64 = 900;
/// Samples that are older than this when they arrive are old: rsync comes each minute, or every few.
const LATE_SECONDS: i64 = 900;

/// What a log's newest lines tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Writing {
    /// Two boots take turns: two machines write under one name.
    pub by_two: bool,
    /// Samples arrive now, and are so many seconds old: the clock that dates them is behind, or the log comes late.
    pub late: Option<i64>,
    /// The newest line has this format, which this program does not know.
    pub newer: Option<u32>,
}

/// Looks at the end of a host's newest day; one that is compressed is closed and tells nothing.
///
/// # Errors
/// [`StoreError::Read`] if the folder or the file cannot be read; `now` is no time.
pub fn writing(layout: &Layout, now: i64) -> Result<Writing, StoreError> {
    let last_day = day_of(now.saturating_add(86_400))?;
    let days = layout.days()?;
    let Some(newest) = days.iter().rev().find(|files| files.day <= last_day).filter(|files| files.plain)
    else {
        return Ok(Writing::default());
    };
    let path = layout.day_file(newest.day);
    let read = || {
        let file = layout.open(&path)?;
        let metadata = file.metadata()?;
        let start = metadata.len().saturating_sub(BYTES);
        let mut end = vec![0; usize::try_from(metadata.len() - start).unwrap_or_default()];
        file.read_exact_at(&mut end, start)?;
        // A file that rsync brings keeps the other machine's time of change; when it arrived says this one.
        Ok((end, metadata.ctime()))
    };
    let (end, arrived) = read().map_err(|source| StoreError::Read { path: path.clone(), source })?;
    Ok(judged(&end, arrived, now))
}

/// What these lines tell, the first of which may be half a line.
fn judged(end: &[u8], arrived: i64, now: i64) -> Writing {
    let mut writing = Writing::default();
    let mut newest: Option<i64> = None;
    let mut boots: Vec<&[u8]> = Vec::new();
    for line in end.split(|byte| *byte == b'\n') {
        let Some(head) = head(line) else { continue };
        writing.newer = (head.v > FORMAT_VERSION).then_some(head.v);
        newest = newest.max(Some(head.t));
        let Some(boot) = boot(line) else { continue };
        if boots.last() != Some(&boot) {
            // A boot that is over never comes back.
            writing.by_two |= boots.contains(&boot);
            boots.push(boot);
        }
    }
    let late = newest.map(|newest| arrived - newest).filter(|late| *late > LATE_SECONDS);
    writing.late = late.filter(|_| (0..FRESH_SECONDS).contains(&(now - arrived)));
    writing
}

/// The boot of a line.
fn boot(line: &[u8]) -> Option<&[u8]> {
    const KEY: &[u8] = b",\"boot\":\"";
    let early = &line[..line.len().min(BOOT_WITHIN)];
    let start = early.windows(KEY.len()).position(|window| window == KEY)? + KEY.len();
    early[start..].split(|byte| *byte == b'"').next().filter(|boot| !boot.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[(i64, &str)]) -> Vec<u8> {
        let line =
            |(t, boot): &(i64, &str)| format!("{{\"v\":1,\"t\":{t},\"boot\":\"{boot}\",\"uptime\":5.0}}\n");
        lines.iter().map(line).collect::<String>().into_bytes()
    }

    #[test]
    fn a_boot_that_comes_back_is_another_machine() {
        let by_two = |boots: &[&str]| {
            let all: Vec<(i64, &str)> = boots.iter().map(|boot| (1000, *boot)).collect();
            judged(&lines(&all), 1000, 1000).by_two
        };
        assert!(by_two(&["a", "b", "a"]) && by_two(&["a", "a", "b", "b", "a"]));
        assert!(!by_two(&["a", "a", "b", "b", "c"]), "two reboots");
        assert!(!by_two(&[]));
    }

    #[test]
    fn what_arrives_now_and_is_old_is_late() {
        let late = |newest: i64, arrived: i64, now: i64| judged(&lines(&[(newest, "a")]), arrived, now).late;
        assert_eq!(late(10_000, 10_030, 10_060), None);
        assert_eq!(late(2_800, 10_000, 10_060), Some(7_200));
        assert_eq!(late(2_800, 10_000, 11_000), None, "nothing arrives any more: it is silent");
        assert_eq!(late(10_000, 9_000, 10_000), None, "ahead is another matter");
        assert_eq!(judged(b"t\":5}\nnonsense", 10_000, 10_000), Writing::default());
    }

    #[test]
    fn a_newer_format_is_told_as_long_as_it_is_the_newest() {
        let newer = |text: &[u8]| judged(text, 10, 10).newer;
        assert_eq!(newer(b"{\"v\":1,\"t\":5}\n{\"v\":2,\"t\":6,\"x\":1}\n"), Some(2));
        assert_eq!(newer(b"{\"v\":2,\"t\":5}\n{\"v\":1,\"t\":6}\n"), None);
    }

    #[test]
    fn reads_the_newest_day_that_can_be() {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path(), "web1").unwrap();
        assert_eq!(writing(&layout, 1_795_442_820).unwrap(), Writing::default());
        fs_err::create_dir_all(layout.samples()).unwrap();
        fs_err::write(layout.samples().join("2026-11-23.jsonl"), lines(&[(5, "a"), (6, "b"), (7, "a")]))
            .unwrap();
        fs_err::write(layout.samples().join("2036-11-23.jsonl"), "").unwrap();
        assert!(writing(&layout, 1_795_442_820).unwrap().by_two);
    }
}
