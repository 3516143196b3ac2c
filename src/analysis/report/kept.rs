//! The report of a host on which nothing grows, kept for half an hour at most: to look for leaks a month of numbers is read,
//! and where every part of memory is about what it was, nothing large would be found that was not there before.
//!
//! `<data>/.derived/<host>/cache/report.json`; it can be deleted. What is leaking, has leaked, or moves by a fiftieth of RAM (caches:
//! a twentieth) is looked at each time; what grows more slowly, or inside of a part, is found half an hour later. The bytes
//! are those of the newest sample, always; only the search is spared.

use super::super::early_growth;
use super::super::part::{Group, Part};
use super::history::of_log;
use super::{PartRow, Report, State};
use crate::base::files;
use crate::sample::Sample;
use crate::series::SeriesError;
use crate::store::Layout;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The version of the file.
const VERSION: u32 = 1;
/// After so long the past is read again.
const KEPT_SECONDS: i64 = 1_800;
/// What moves by more than this share of RAM is looked at.
const LEAST_SHARE: f64 = 0.02;
/// Caches breathe.
const LEAST_CACHE_SHARE: f64 = 0.05;

/// A calm report.
#[derive(Serialize, Deserialize)]
struct Kept {
    v: u32,
    at: i64,
    boot: Option<String>,
    total: f64,
    watched_since: Option<i64>,
    since: Option<i64>,
    /// Each part's bytes, and what they were at `since`.
    parts: Vec<(Part, f64, Option<f64>)>,
}

/// The report on a host at its newest sample, which is whole: from its log, or from a kept one where that says the same.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read.
pub fn of_latest(layout: &Layout, sample: &Sample) -> Result<Option<Report>, SeriesError> {
    let path = path(layout);
    if let Some(report) = load(&path).and_then(|kept| kept.report(layout.host(), sample)) {
        return Ok(Some(report));
    }
    let report = of_log(layout, sample.t)?;
    match report.as_ref().and_then(|report| Kept::of(report, sample)) {
        Some(kept) => kept.save(&path),
        None => {
            let _ = fs_err::remove_file(&path);
        }
    }
    Ok(report)
}

fn path(layout: &Layout) -> PathBuf {
    layout.cache().join("report.json")
}

fn load(path: &Path) -> Option<Kept> {
    let kept: Kept = serde_json::from_slice(&fs_err::read(path).ok()?).ok()?;
    (kept.v == VERSION).then_some(kept)
}

impl Kept {
    /// Of a report in which nothing is found.
    fn of(report: &Report, sample: &Sample) -> Option<Self> {
        let is_calm = report.findings.is_empty() && report.own.is_empty();
        if !is_calm || report.at != sample.t || report.parts.iter().any(|row| row.state != State::Ok) {
            return None;
        }
        let part = |row: &PartRow| (row.part, row.bytes, row.change.map(|change| row.bytes - change));
        Some(Self {
            v: VERSION,
            at: report.at,
            boot: sample.boot.clone(),
            total: report.total,
            watched_since: report.watched_since,
            since: report.since,
            parts: report.parts.iter().map(part).collect(),
        })
    }

    fn save(&self, path: &Path) {
        // Where nothing can be kept, it is found out again.
        if let Ok(bytes) = serde_json::to_vec(self) {
            let _ = files::write_atomic(path, &bytes);
        }
    }

    /// The report at a later sample; `None` where the past has to be looked at.
    fn report(&self, host: &str, sample: &Sample) -> Option<Report> {
        let is_fresh = (self.at..self.at + KEPT_SECONDS).contains(&sample.t) && self.boot == sample.boot;
        if !is_fresh || sample.own_cost.iter().any(|cost| !cost.audit.is_empty()) {
            return None;
        }
        let mut report = super::of_sample(host, sample)?;
        let known = |part: Part| self.parts.iter().find(|(known, ..)| *known == part);
        let has_moved = |part: Part| {
            let before = known(part).map_or(0.0, |(_, before, _)| *before);
            let now = report.parts.iter().find(|row| row.part == part).map_or(0.0, |row| row.bytes);
            let share = match part.group() {
                Group::Free => return false,
                Group::FileCache | Group::Reclaimable => LEAST_CACHE_SHARE,
                _ => LEAST_SHARE,
            };
            (now - before).abs() > share * self.total
        };
        if report.total.to_bits() != self.total.to_bits() || Part::all().any(has_moved) {
            return None;
        }
        (report.watched_since, report.since) = (self.watched_since, self.since);
        report.judged_from =
            self.watched_since.and_then(|first| early_growth::leak_possible_from(first, sample.t));
        for row in &mut report.parts {
            row.change = known(row.part).and_then(|(_, _, then)| *then).map(|then| row.bytes - then);
        }
        Some(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::meminfo::Meminfo;
    use crate::store::append;

    const T: i64 = 1_795_392_000;
    const MIB: u64 = 1 << 20;

    fn sample(t: i64, slab_mib: u64) -> Sample {
        let meminfo = Meminfo {
            mem_total: Some(1_000 * MIB),
            mem_free: Some((700 - slab_mib) * MIB),
            anon_pages: Some(200 * MIB),
            s_unreclaim: Some(slab_mib * MIB),
            cached: Some(100 * MIB),
            ..Meminfo::default()
        };
        let uptime = Some((t - T) as f64 + 100_000.0);
        Sample { v: 1, t, boot: Some("a".to_owned()), uptime, meminfo: Some(meminfo), ..Sample::default() }
    }

    #[test]
    fn a_calm_host_is_not_searched_again_and_its_bytes_are_new() {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path(), "web1").unwrap();
        fs_err::create_dir_all(layout.cache()).unwrap();
        for minute in 0..300 {
            append(&layout, &sample(T + minute * 60, 30)).unwrap();
        }
        let at = T + 299 * 60;
        let whole = of_latest(&layout, &sample(at, 30)).unwrap().unwrap();
        assert!(path(&layout).exists());
        assert_eq!(of_latest(&layout, &sample(at, 30)).unwrap(), Some(whole.clone()), "the same again");
        // Later, with a little more slab: as the log itself says.
        let later = sample(at + 600, 35);
        append(&layout, &later).unwrap();
        let (kept, read) =
            (of_latest(&layout, &later).unwrap().unwrap(), of_log(&layout, later.t).unwrap().unwrap());
        assert_eq!(load(&path(&layout)).unwrap().at, at, "nothing was read");
        assert_eq!(kept.parts, read.parts);
        assert_eq!(
            (kept.available, kept.unowned, kept.watched_since),
            (read.available, read.unowned, read.watched_since)
        );
        // More than a fiftieth of RAM, or another boot: the past is read.
        let more = sample(at + 660, 52);
        append(&layout, &more).unwrap();
        of_latest(&layout, &more).unwrap();
        assert_eq!(load(&path(&layout)).unwrap().at, more.t);
        let boot = Sample { boot: Some("b".to_owned()), ..sample(at + 720, 52) };
        append(&layout, &boot).unwrap();
        of_latest(&layout, &boot).unwrap();
        assert_eq!(load(&path(&layout)).unwrap().boot.as_deref(), Some("b"));
    }
}
