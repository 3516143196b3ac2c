//! The newest samples, read from the end of the newest files: cheap however long the log is.

use super::error::StoreError;
use super::layout::{DayFiles, Layout, day_of};
use super::line::decode;
use super::reader::Reader;
use crate::base::limits::LONGEST_LINE;
use crate::sample::{FORMAT_VERSION, Sample};
use serde::Deserialize;
use std::collections::VecDeque;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes read at once, from the end; some lines of a small host.
const BLOCK: usize = 16 * 1024;

/// The last `count` samples of the log, in its order. Broken lines are passed over.
///
/// # Errors
/// [`StoreError::Read`] if the folder or a file cannot be read.
pub fn tail(layout: &Layout, count: usize) -> Result<Vec<Sample>, StoreError> {
    tail_of_days(layout, &layout.days()?, count)
}

/// The last `count` samples of the days up to the one of `until`: a day that a wrong clock put into the far future
/// does not count.
///
/// # Errors
/// As [`tail`]; or `until` is no time.
pub fn tail_until(layout: &Layout, until: i64, count: usize) -> Result<Vec<Sample>, StoreError> {
    let last_day = day_of(until)?;
    let mut days = layout.days()?;
    days.retain(|files| files.day <= last_day);
    tail_of_days(layout, &days, count)
}

fn tail_of_days(layout: &Layout, days: &[DayFiles], count: usize) -> Result<Vec<Sample>, StoreError> {
    let mut samples = VecDeque::new();
    for files in days.iter().rev() {
        let wanted = count - samples.len();
        if wanted == 0 {
            break;
        }
        for sample in tail_of_day(layout, files, wanted)?.into_iter().rev() {
            samples.push_front(sample);
        }
    }
    Ok(samples.into())
}

/// When a sample was taken, by both clocks.
#[derive(Debug, Deserialize)]
pub(super) struct Taken {
    /// The format's version.
    v: u32,
    /// Unix time.
    pub(super) t: i64,
    /// The boot.
    pub(super) boot: Option<String>,
    /// Seconds since the boot.
    pub(super) uptime: Option<f64>,
}

/// When the last sample of a day was taken, if there is one that can be read. Only that is parsed, since each run of
/// the sampler asks: the rest of a line takes as long as all else that an append does, and a quarter of a megabyte of
/// code.
pub(super) fn last_of(layout: &Layout, files: &DayFiles) -> Option<Taken> {
    if files.packed().is_some() && !files.plain {
        let last = tail_of_day(layout, files, 1).ok()?.pop()?;
        return Some(Taken { v: last.v, t: last.t, boot: last.boot, uptime: last.uptime });
    }
    let path = layout.day_file(files.day);
    let mut last = None;
    for_each_line_from_end(layout, &path, &mut |line| {
        let taken = serde_json::from_slice::<Taken>(line).ok();
        last = taken.filter(|taken| taken.v == FORMAT_VERSION);
        last.is_none()
    })
    .ok()?;
    // The plain file of a day comes last, unless it is empty.
    let packed = DayFiles { plain: false, ..*files };
    last.or_else(|| files.packed().and_then(|_| last_of(layout, &packed)))
}

fn tail_of_day(layout: &Layout, files: &DayFiles, count: usize) -> Result<Vec<Sample>, StoreError> {
    if files.packed().is_some() {
        // Compressed bytes cannot be read from the end.
        let mut last = VecDeque::with_capacity(count + 1);
        for sample in Reader::of_day(layout, files) {
            last.push_back(sample);
            if last.len() > count {
                last.pop_front();
            }
        }
        layout.within_limits()?;
        return Ok(last.into());
    }
    let path = layout.day_file(files.day);
    let mut samples =
        tail_of_file(layout, &path, count).map_err(|source| StoreError::Read { path, source })?;
    samples.reverse();
    Ok(samples)
}

/// The last samples of a plain file, newest first.
fn tail_of_file(layout: &Layout, path: &Path, count: usize) -> io::Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for_each_line_from_end(layout, path, &mut |line| {
        samples.extend(decode(line).sample);
        samples.len() < count
    })?;
    Ok(samples)
}

/// Hands over the lines from the last to the first for as long as `more` asks for more.
fn for_each_line_from_end(
    layout: &Layout,
    path: &Path,
    more: &mut dyn FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    let file = layout.open(path)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (mut position, mut lines) = (file.metadata()?.len(), 0);
    // The start of a line whose end was in the blocks already read; `None`: it is too long to be a line of ours.
    let mut rest: Option<Vec<u8>> = Some(Vec::new());
    while position > 0 {
        let size = position.min(BLOCK as u64);
        position -= size;
        let mut block = vec![0; usize::try_from(size).unwrap_or(BLOCK)];
        file.read_exact_at(&mut block, position)?;
        while let Some(newline) = block.iter().rposition(|byte| *byte == b'\n') {
            let line = rest.replace(Vec::new()).map(|rest| [&block[newline + 1..], &rest].concat());
            block.truncate(newline);
            lines += 1;
            layout.budget().read_lines(&name, lines)?;
            if line.is_some_and(|line| !line.is_empty() && !more(&line)) {
                return Ok(());
            }
        }
        if rest.is_none() {
            layout.budget().skip_bytes(&name, size)?;
        }
        rest = rest.filter(|rest| rest.len() <= LONGEST_LINE).map(|rest| [block, rest].concat());
    }
    if let Some(line) = rest.filter(|line| !line.is_empty()) {
        more(&line);
    }
    Ok(())
}
