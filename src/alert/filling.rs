//! How long until a file system is full, from its last hours: what is available falls evenly, and goes on to fall. A
//! backup that comes and goes, a log that is rotated, an installation of a minute are no trend; after a boot, or where the
//! log is young, nothing is said until there are three hours.

use crate::series::Frame;
use std::collections::BTreeMap;

/// So much of the past must be known.
const LEAST_SECONDS: i64 = 3 * 3_600;
/// Values are means of so many seconds.
const BIN_SECONDS: i64 = 600;
/// Of all pairs of bins, this share must agree on the direction.
const AGREEMENT: f64 = 0.8;
/// What fills by less than this share of its size in these hours is not filling.
const LEAST_SHARE: f64 = 0.01;
/// The last third must fall at least at this share of the whole's rate: what has stopped is over.
const STILL: f64 = 0.5;

/// Seconds until each file system is full, by mount point: infinite where it does not fill. Those of which too little is
/// known are left out. `hours` is a window of six hours.
pub(super) fn full_in(hours: &Frame) -> BTreeMap<String, f64> {
    let since = hours.reboots.last().copied().unwrap_or(i64::MIN);
    let mounts = hours.instances("filesystem.available");
    mounts.into_iter().filter_map(|mount| Some((mount.to_owned(), of(hours, mount, since)?))).collect()
}

fn of(hours: &Frame, mount: &str, since: i64) -> Option<f64> {
    let available = hours.mean("filesystem.available", mount)?;
    let used = hours.mean("filesystem.used", mount)?;
    let bins = bins(&hours.times, available, since);
    let (first, last) = (bins.first()?, bins.last()?);
    if last.0 - first.0 < as_seconds(LEAST_SECONDS) {
        return None;
    }
    let left = available.iter().rev().copied().find(|value| value.is_finite())?;
    let size = left + used.iter().rev().copied().find(|value| value.is_finite())?;
    let (rate, agreement) = fall(&bins);
    let (late, _) = fall(&bins[bins.len() * 2 / 3..]);
    let fills = agreement >= AGREEMENT
        && rate * (last.0 - first.0) >= LEAST_SHARE * size
        && late >= STILL * rate
        && rate > 0.0;
    Some(if fills { left / rate } else { f64::INFINITY })
}

/// Means of ten minutes since a time: the middle of each, and its value.
fn bins(times: &[i64], values: &[f64], since: i64) -> Vec<(f64, f64)> {
    let mut bins: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for (time, value) in times.iter().zip(values).filter(|(time, value)| **time >= since && value.is_finite())
    {
        let (sum, count) = bins.entry(time.div_euclid(BIN_SECONDS)).or_default();
        (*sum, *count) = (*sum + value, *count + 1.0);
    }
    let middle = |bin: i64| as_seconds(bin * BIN_SECONDS + BIN_SECONDS / 2);
    bins.into_iter().map(|(bin, (sum, count))| (middle(bin), sum / count)).collect()
}

/// The Theil–Sen slope downwards, and which share of the pairs falls.
#[expect(clippy::cast_precision_loss, reason = "a few hundred pairs")]
fn fall(bins: &[(f64, f64)]) -> (f64, f64) {
    let mut slopes = Vec::new();
    for (index, one) in bins.iter().enumerate() {
        slopes.extend(bins[index + 1..].iter().map(|other| (one.1 - other.1) / (other.0 - one.0)));
    }
    slopes.sort_by(f64::total_cmp);
    let falling = slopes.iter().filter(|slope| **slope > 0.0).count();
    match slopes.get(slopes.len() / 2) {
        Some(middle) => (*middle, falling as f64 / slopes.len() as f64),
        None => (0.0, 0.0),
    }
}

#[expect(clippy::cast_precision_loss, reason = "unix seconds are exact in an f64")]
fn as_seconds(seconds: i64) -> f64 {
    seconds as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{Column, Key};

    /// Minutes of a file system of 100 GB with so much available in each.
    fn frame(available: impl Fn(i64) -> f64, minutes: i64) -> Frame {
        let times: Vec<i64> = (0..minutes).map(|minute| minute * 60).collect();
        let available: Vec<f64> = (0..minutes).map(available).collect();
        let used = available.iter().map(|available| 100e9 - available).collect();
        let mut frame = Frame { times, step: 60, ..Frame::default() };
        for (metric, mean) in [("filesystem.available", available), ("filesystem.used", used)] {
            frame.columns.insert(Key::new(metric, "/"), Column { mean, ..Column::default() });
        }
        frame
    }

    fn hours(frame: &Frame) -> Option<f64> {
        full_in(frame).get("/").map(|seconds| (seconds / 360.0).round() / 10.0)
    }

    #[test]
    fn what_fills_evenly_has_an_end() {
        // 1 GB each ten minutes: 6 GB an hour, 64 GB left after six hours.
        let even = frame(|minute| 100e9 - minute as f64 * 0.1e9, 360);
        assert_eq!(hours(&even), Some(10.7));
        let jagged = frame(|minute| 100e9 - minute as f64 * 0.1e9 - f64::from(minute % 7 == 0) * 1e9, 360);
        assert!((10.0..11.5).contains(&hours(&jagged).unwrap()), "{:?}", hours(&jagged));
    }

    #[test]
    fn what_comes_and_goes_has_none() {
        let never = Some(f64::INFINITY);
        assert_eq!(hours(&frame(|_| 50e9, 360)), never);
        let saw = frame(|minute| 50e9 - (minute % 120) as f64 * 0.1e9, 360);
        assert_eq!(hours(&saw), never, "a log that is rotated");
        let once = frame(|minute| if minute < 200 { 50e9 } else { 45e9 }, 360);
        assert_eq!(hours(&once), never, "an installation");
        let stopped = frame(|minute| 50e9 - minute.min(200) as f64 * 0.1e9, 360);
        assert_eq!(hours(&stopped), never, "it has stopped");
        let slow = frame(|minute| 50e9 - minute as f64 * 1e6, 360);
        assert_eq!(hours(&slow), never, "a thousandth in six hours");
    }

    #[test]
    fn young_logs_and_boots_are_waited_for() {
        let falls = |minute: i64| 100e9 - minute as f64 * 0.1e9;
        assert_eq!(hours(&frame(falls, 150)), None);
        let rebooted = Frame { reboots: vec![250 * 60], ..frame(falls, 360) };
        assert_eq!(hours(&rebooted), None);
    }
}
