//! The facts about the host in the lines of the day before, when only these are wanted of it: kept while the day's compressed file
//! is as it was, since a whole day would be unpacked for a line or two.
//!
//! `<data>/<host>/cache/series/before.json`. It can be deleted. A day with damage is not kept: it is read and told each time.

use super::error::SeriesError;
use super::index;
use crate::base::files;
use crate::sample::Sample;
use crate::store::{Damage, DaySizes, Layout, Reader, day_of, start_of};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Facts about the host come this early in a line, if they are in it.
const HOST_WITHIN: usize = 256;

/// What was read of a day.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    day: Date,
    sizes: DaySizes,
    samples: Vec<Sample>,
}

/// The samples of one day with `from <= t < until` that have facts about the host, and what of it could not be read.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read.
pub(super) fn hosts(layout: &Layout, from: i64, until: i64) -> Result<(Vec<Sample>, Damage), SeriesError> {
    let day = day_of(from)?;
    let files = layout.files(day);
    let sizes = layout.sizes(&files);
    let path = index::folder(layout).join("before.json");
    let kept: Option<Kept> = fs_err::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let known = kept.as_ref().map(|kept| kept.day);
    if let Some(kept) = kept.filter(|kept| (kept.day, kept.sizes) == (day, sizes)) {
        return Ok((within(kept.samples, from, until), Damage::default()));
    }
    let mut reader = Reader::range(layout, start_of(day), until)?.wanted(|_, line| has_host(line));
    let samples: Vec<Sample> = reader.by_ref().collect();
    let damage = reader.damage().clone();
    // A plain file may grow, and is read without being unpacked. Who looks at the past does not keep it.
    let is_packed = sizes.plain.is_none() && sizes != DaySizes::default();
    if is_packed && damage == Damage::default() && known.is_none_or(|known| known <= day) {
        let kept = Kept { day, sizes, samples: samples.clone() };
        if let Ok(text) = serde_json::to_vec(&kept) {
            // A cache that cannot be written costs time, nothing else.
            let _ = files::write_atomic(&path, &text);
        }
    }
    Ok((within(samples, from, until), damage))
}

fn within(mut samples: Vec<Sample>, from: i64, until: i64) -> Vec<Sample> {
    samples.retain(|sample| (from..until).contains(&sample.t));
    samples
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
        let (samples, damage) = hosts(layout, SUNDAY + from_hour * 3600, SUNDAY + DAY).unwrap();
        assert_eq!(damage, Damage::default());
        samples.into_iter().map(|sample| sample.host.unwrap().name).collect()
    }

    #[test]
    fn are_kept_of_a_compressed_day_until_it_is_another() {
        let (_data, layout) = scratch();
        fs_err::create_dir_all(index::folder(&layout)).unwrap();
        let kept = index::folder(&layout).join("before.json");
        (0..24).for_each(|hour| {
            write(&layout, hour, [Some("a"), Some("b"), None][usize::try_from(hour.min(2)).unwrap()])
        });
        assert_eq!(names(&layout, 0), ["a", "b"]);
        assert!(!kept.exists(), "of a plain file nothing is kept");
        let files = layout.files(day_of(SUNDAY).unwrap());
        compress(&layout, &files, true).unwrap();
        assert_eq!(names(&layout, 0), ["a", "b"]);
        assert!(kept.exists());
        // It is that which is asked.
        let text = fs_err::read_to_string(&kept).unwrap();
        fs_err::write(&kept, text.replace("\"name\":\"b\"", "\"name\":\"c\"")).unwrap();
        assert_eq!(names(&layout, 1), ["c"]);
        // A line came late.
        write(&layout, 2, Some("late"));
        assert_eq!(names(&layout, 0), ["a", "b", "late"]);
        // Of the day after, then of this one again: the newer one stays.
        write(&layout, 30, Some("d"));
        let next = layout.files(day_of(SUNDAY + DAY).unwrap());
        compress(&layout, &next, true).unwrap();
        hosts(&layout, SUNDAY + DAY, SUNDAY + 2 * DAY).unwrap();
        let later = fs_err::read(&kept).unwrap();
        assert_eq!(names(&layout, 0), ["a", "b", "late"]);
        assert_eq!(fs_err::read(&kept).unwrap(), later);
    }
}
