//! The log: does it grow, may it be written, are its lines whole.

use super::{Finding, Patient, nearest, timer};
use crate::base::format;
use crate::base::words::Lang;
use crate::sample::Sample;
use crate::series;
use crate::store::{self, Damage, Layout, Reader};
use rustix::fs::{Access, access};
use std::io;
use std::path::{Path, PathBuf};

/// A log grows each minute; one that has missed several does not grow.
const STALE_SECONDS: i64 = 300;

/// The first sample comes with the next minute, and cron reads new crontabs once a minute.
const FIRST_SAMPLE_SECONDS: i64 = 180;

/// So many samples tell a clock from a hand.
const REGULAR_SAMPLES: usize = 5;
/// cron knows no shorter beat than a minute; it starts a little earlier or later.
const SHORTEST_BEAT_SECONDS: i64 = 45;
const BEAT_JITTER_SECONDS: i64 = 30;

/// A sample from further ahead was taken when the clock was wrong, or it is wrong now.
const CLOCK_SECONDS: i64 = 60;

/// How far back lines are looked at: today's and yesterday's.
const DAMAGE_SECONDS: i64 = 86_400;

/// A sample from this far ahead is the clock's matter.
const AHEAD_SECONDS: i64 = 86_400;

/// Another host is silent after so many of its intervals, and after [`STALE_SECONDS`].
const SILENT_INTERVALS: i64 = 3;
/// So many intervals are looked at.
const INTERVALS: usize = 10;

/// Whether this host's log grows, and which other hosts are silent.
pub(super) fn age(patient: &Patient) -> Vec<Finding> {
    let host = patient.layout.host();
    let others: Vec<String> = match store::hosts(&patient.data) {
        Ok(hosts) => hosts.into_iter().filter(|name| name != host).collect(),
        Err(_) => Vec::new(),
    };
    let mut findings = vec![own_age(patient, host, !others.is_empty())];
    let silent = |name: &String| {
        let layout = patient.log(name)?;
        let until = patient.now.saturating_add(AHEAD_SECONDS);
        let last = store::tail_until(&layout, until, INTERVALS + 1).ok()?;
        let seconds = patient.now - last.last()?.t;
        (seconds > STALE_SECONDS.max(SILENT_INTERVALS * usual_interval(&last)))
            .then(|| format!("{name} ({})", ago(seconds)))
    };
    let silent: Vec<String> = others.iter().filter_map(silent).collect();
    if !silent.is_empty() {
        let shown = silent.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
        let more = silent.len().saturating_sub(10);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        findings.push(Finding::note(format!("other hosts that are silent: {shown}{more}")));
    }
    findings
}

/// Seconds between the samples of the last hour, as they usually are: what the pages go by.
fn usual_interval(samples: &[Sample]) -> i64 {
    let since = samples.last().map_or(0, |last| last.t - 3600);
    let near = samples.windows(2).filter(|pair| pair[0].t >= since);
    let mut intervals: Vec<i64> = near.map(|pair| pair[1].t - pair[0].t).collect();
    intervals.sort_unstable();
    intervals.get(intervals.len() / 2).copied().unwrap_or(60)
}

/// Returns the file that starts the samples if it is so new that none can have been taken yet.
pub(super) fn first_sample_is_due(patient: &Patient) -> Option<PathBuf> {
    timer::started_since(patient, "sample", FIRST_SAMPLE_SECONDS)
}

fn own_age(patient: &Patient, host: &str, others: bool) -> Finding {
    let folder = patient.layout.samples();
    if let Some(hidden) = unreadable(&[&patient.data, &patient.layout.folder(), &folder]) {
        return Finding::unknown(
            format!("whether the log of {host} grows: {} may not be read", hidden.display()),
            "run it as the user who owns the logs",
        );
    }
    match newest(patient, &patient.layout) {
        Some(seconds) if seconds < -CLOCK_SECONDS => Finding::wrong(
            format!("the last sample of {host} is {} ahead of the clock", ahead(seconds)),
            "see that the clock is right and synchronised (`timedatectl`); samples ahead of it are shown when it gets there",
        ),
        Some(seconds) if seconds <= STALE_SECONDS => {
            Finding::well(format!("the log of {host} grows: last sample {}", ago(seconds)))
        }
        Some(seconds) => Finding::wrong(
            format!("the log of {host} does not grow: last sample {} in {}", ago(seconds), folder.display()),
            "run `cronograph sample` by hand: what it says is the reason; if it says nothing, nobody starts it",
        ),
        None if first_sample_is_due(patient).is_some() => Finding::note(format!(
            "the log of {host} has not begun yet: the first sample comes at {}",
            format::minute((patient.now / 60 + 1) * 60, &patient.zone)
        )),
        None if others => Finding::note(format!(
            "{host} has no log in {}: other hosts send theirs, this one is not sampled",
            patient.data.display()
        )),
        None => Finding::wrong(
            format!("{host} has no log in {}", patient.data.display()),
            "run `cronograph install`; if the logs are elsewhere, name the folder with --data or in the configuration",
        ),
    }
}

/// Returns the first of these folders that is there and that this user may not read.
fn unreadable(folders: &[&Path]) -> Option<PathBuf> {
    let is_hidden = |folder: &&&Path| {
        fs_err::read_dir(**folder).is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    };
    folders.iter().find(is_hidden).map(|folder| folder.to_path_buf())
}

/// Whether the last samples came as a clock starts them, and not by somebody's hand: five, as far from each other as from the next.
pub(super) fn is_regular(patient: &Patient) -> bool {
    let last = store::tail_until(&patient.layout, patient.now.saturating_add(AHEAD_SECONDS), REGULAR_SAMPLES);
    let times: Vec<i64> = last.unwrap_or_default().iter().map(|sample| sample.t).collect();
    let gaps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let (Some(least), Some(most)) = (gaps.iter().min(), gaps.iter().max()) else { return false };
    times.len() == REGULAR_SAMPLES && *least >= SHORTEST_BEAT_SECONDS && most - least <= BEAT_JITTER_SECONDS
}

/// How old the newest sample of a host is, in seconds.
fn newest(patient: &Patient, layout: &Layout) -> Option<i64> {
    let last = store::tail_until(layout, patient.now.saturating_add(AHEAD_SECONDS), 1).ok()?.pop()?;
    Some(patient.now - last.t)
}

#[expect(clippy::cast_precision_loss, reason = "seconds of some years are exact in an f64")]
fn ago(seconds: i64) -> String {
    format::age(seconds as f64, Lang::En)
}

#[expect(clippy::cast_precision_loss, reason = "seconds of some years are exact in an f64")]
fn ahead(seconds: i64) -> String {
    format::duration(-seconds as f64, Lang::En)
}

/// Whether this user may write what a sample writes.
pub(super) fn writable(patient: &Patient) -> Option<Finding> {
    let newest = patient.layout.days().ok().and_then(|days| Some(patient.layout.day_file(days.last()?.day)));
    let needed: Vec<PathBuf> = [Some(patient.layout.samples()), newest].into_iter().flatten().collect();
    for path in &needed {
        let Some(present) = nearest(path) else { continue };
        if let Err(error) = access(present, Access::WRITE_OK) {
            return Some(Finding::wrong(
                format!("this user cannot write {}: {error}", present.display()),
                format!(
                    "let cron run `cronograph sample` as the owner of {}, or give that folder to this user: chown -R",
                    patient.layout.folder().display()
                ),
            ));
        }
    }
    None
}

/// Lines that cannot be read, of all hosts, today's and yesterday's.
pub(super) fn damage(patient: &Patient) -> Vec<Finding> {
    let hosts = match store::hosts(&patient.data) {
        Ok(hosts) => hosts,
        Err(error) if patient.data.exists() => {
            return vec![Finding::unknown(error.to_string(), "run it as the user who owns the logs")];
        }
        Err(_) => return Vec::new(),
    };
    let mut findings: Vec<Finding> = hosts.iter().filter_map(|host| damage_of(patient, host)).collect();
    if findings.is_empty() && !hosts.is_empty() {
        findings.push(Finding::well("every line of today and yesterday is whole"));
    }
    findings
}

fn damage_of(patient: &Patient, host: &str) -> Option<Finding> {
    let layout = patient.log(host)?;
    let damage = match read(patient, &layout) {
        Ok(damage) => damage,
        Err(error @ store::StoreError::TooCostly { .. }) => {
            return Some(Finding::wrong(
                format!("{host} is left out of pages and alerts: {error}"),
                "a host that is all right needs a higher limit under [limits] in the configuration",
            ));
        }
        Err(error) => {
            return Some(Finding::wrong(error.to_string(), "give the logs to the user who reads them"));
        }
    };
    let first = damage.first.first()?;
    Some(Finding::wrong(
        format!(
            "broken lines of {host} since yesterday: {}, the first in {} line {}: {}",
            damage.broken_lines,
            first.path.display(),
            first.line,
            first.reason
        ),
        "they are passed over and cost nothing else; a crash or a full disk leaves one, more of them mean a disk that \
         fails or a file that something else writes",
    ))
}

fn read(patient: &Patient, layout: &Layout) -> Result<Damage, store::StoreError> {
    let mut reader =
        Reader::range(layout, patient.now.saturating_sub(DAMAGE_SECONDS), patient.now.saturating_add(1))?;
    reader.each(|_| ())?;
    // Names and numbers are what pages and alerts hold of it.
    let _ = series::latest(layout, patient.now);
    layout.within_limits()?;
    Ok(reader.damage().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_that_of_the_last_hour() {
        let of = |times: &[i64]| {
            let sample = |t: &i64| Sample { t: *t, ..Sample::default() };
            usual_interval(&times.iter().map(sample).collect::<Vec<_>>())
        };
        assert_eq!(of(&[0, 300, 600, 900, 960]), 300);
        assert_eq!(of(&[0, 60, 120, 180, 7 * 86_400]), 60, "it came back for one sample");
        assert_eq!(of(&[0, 7200, 14_400]), 60, "as the pages have it");
        assert_eq!((of(&[5]), of(&[])), (60, 60));
    }
}
