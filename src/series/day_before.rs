//! The facts about the host in the lines of the day before, when only these are wanted of it: kept while the day's compressed file
//! is as it was, since a whole day would be unpacked for a line or two.
//!
//! `<data>/.derived/<host>/cache/series/before.json`, written by whoever looks, where the folder is there. It can be deleted. A day with damage,
//! or with facts in too many lines, is not kept: it is read and told each time.

use super::error::SeriesError;
use super::index;
use crate::base::files;
use crate::sample::Sample;
use crate::store::{Damage, DaySizes, Layout, Reader, day_of, start_of};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Facts about the host come this early in a line, if they are in it.
const HOST_WITHIN: usize = 256;

/// The version of what is kept.
const VERSION: u32 = 1;
/// More lines with facts than these are not a host's.
const MOST_KEPT: usize = 10;
/// Bytes that are kept.
const LARGEST: u64 = 1024 * 1024;

/// What was read of a day.
#[derive(Serialize, Deserialize)]
struct Kept {
    v: u32,
    day: Date,
    sizes: DaySizes,
    samples: Vec<Sample>,
}

/// Shows the samples of one day with `from <= t < until` that have facts about the host; what of the day could not be read.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read.
pub(super) fn hosts(
    layout: &Layout,
    from: i64,
    until: i64,
    visit: &mut dyn FnMut(&Sample),
) -> Result<Damage, SeriesError> {
    let day = day_of(from)?;
    let sizes = layout.sizes(&layout.files(day));
    let mut visit = |sample: &Sample| {
        if (from..until).contains(&sample.t) {
            visit(sample);
        }
    };
    if let Some(kept) = kept(layout).filter(|kept| (kept.day, kept.sizes) == (day, sizes)) {
        kept.samples.iter().for_each(visit);
        return Ok(Damage::default());
    }
    let mut samples = Vec::new();
    let mut reader = Reader::range(layout, start_of(day), until)?.wanted(|_, line| has_host(line));
    reader.each(|sample| {
        visit(sample);
        if samples.len() <= MOST_KEPT {
            samples.push(sample.clone());
        }
    })?;
    // A plain file may grow, and is read without being unpacked.
    let is_packed = sizes.plain.is_none() && sizes != DaySizes::default();
    if is_packed && *reader.damage() == Damage::default() && samples.len() <= MOST_KEPT {
        keep(layout, &Kept { v: VERSION, day, sizes, samples });
    }
    Ok(reader.damage().clone())
}

/// Facts that were kept.
fn kept(layout: &Layout) -> Option<Kept> {
    let path = index::folder(layout).join("before.json");
    let kept: Kept = serde_json::from_slice(&fs_err::read(&path).ok()?).ok()?;
    Some(kept).filter(|kept| kept.v == VERSION)
}

/// A cache that cannot be written costs time, nothing else.
fn keep(layout: &Layout, kept: &Kept) {
    let folder = index::folder(layout);
    if folder.is_dir()
        && let Ok(text) = serde_json::to_vec(kept)
        && text.len() as u64 <= LARGEST
    {
        let _ = files::write_atomic(&folder.join("before.json"), &text);
    }
}

pub(super) fn has_host(line: &[u8]) -> bool {
    line[..line.len().min(HOST_WITHIN)].windows(8).any(|part| part == b"\"host\":{")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::host::Host;
    use crate::store::{append, compress, scratch};

    /// 2026-11-22T00:00:00Z
    const SUNDAY: i64 = 1_795_305_600;
    const DAY: i64 = 86_400;

    fn write(layout: &Layout, hour: i64, name: Option<&str>) {
        let host = name.map(|name| Host { name: name.to_owned(), ..Host::default() });
        append(layout, &Sample { v: 1, t: SUNDAY + hour * 3600, host, ..Sample::default() }).unwrap();
    }

    fn names(layout: &Layout, from_hour: i64) -> Vec<String> {
        let mut names = Vec::new();
        let mut visit = |sample: &Sample| names.extend(sample.host.clone().map(|host| host.name));
        let damage = hosts(layout, SUNDAY + from_hour * 3600, SUNDAY + DAY, &mut visit).unwrap();
        assert_eq!(damage, Damage::default());
        names
    }

    #[test]
    fn are_kept_of_a_compressed_day_until_it_is_another() {
        let (_data, layout) = scratch();
        fs_err::create_dir_all(index::folder(&layout)).unwrap();
        let kept = index::folder(&layout).join("before.json");
        (0..24)
            .for_each(|hour| write(&layout, hour, ["a", "b"].get(usize::try_from(hour).unwrap()).copied()));
        assert_eq!(names(&layout, 0), ["a", "b"]);
        assert!(!kept.exists(), "of a plain file nothing is kept");
        let day = day_of(SUNDAY).unwrap();
        compress(&layout, &layout.files(day), true).unwrap();
        assert_eq!(names(&layout, 0), ["a", "b"]);
        assert!(kept.exists());
        // It is that which is asked.
        let text = fs_err::read_to_string(&kept).unwrap();
        fs_err::write(&kept, text.replace("\"name\":\"b\"", "\"name\":\"c\"")).unwrap();
        assert_eq!(names(&layout, 1), ["c"]);
        // A line came late.
        write(&layout, 2, Some("late"));
        assert_eq!(names(&layout, 0), ["a", "b", "late"]);
    }

    #[test]
    fn a_day_with_damage_is_told_each_time() {
        let (_data, layout) = scratch();
        fs_err::create_dir_all(index::folder(&layout)).unwrap();
        let kept = index::folder(&layout).join("before.json");
        write(&layout, 0, Some("a"));
        let day = day_of(SUNDAY).unwrap();
        let file = layout.day_file(day);
        fs_err::write(&file, format!("{}torn\n", fs_err::read_to_string(&file).unwrap())).unwrap();
        compress(&layout, &layout.files(day), true).unwrap();
        for _ in 0..2 {
            assert_eq!(hosts(&layout, SUNDAY, SUNDAY + DAY, &mut |_| ()).unwrap().broken_lines, 1);
            assert!(!kept.exists());
        }
    }
}
