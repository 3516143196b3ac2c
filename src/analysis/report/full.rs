//! When memory is full: what can still be had, divided by the rate of what leaks.

use super::super::leak::Growth;
use super::super::part::Part;
use super::history::History;
use serde::Serialize;

/// Beyond this nobody plans: "not soon".
const SOON_SECONDS: f64 = 90.0 * 86_400.0;
/// What the kernel keeps for itself, so that it can go on: a share of MemTotal, at most so many bytes.
const RESERVE: (f64, f64) = (0.02, 64.0 * 1024.0 * 1024.0);

/// When memory is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FullAt {
    /// At the rate that was found.
    pub at: i64,
    /// At the upper end of the rate's interval.
    pub earliest: i64,
    /// At the lower end; absent where that is more than 90 days away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<i64>,
}

/// When memory is full if a part goes on to grow; `None` if not within 90 days, or if it cannot be told.
pub(super) fn when(history: &History, row: usize, part: Part, growth: &Growth) -> Option<FullAt> {
    let left = headroom(history, row, part)?;
    let at = *history.times().get(row)?;
    let reached = |rate: f64| {
        let seconds = left / rate;
        (rate > 0.0 && seconds <= SOON_SECONDS).then(|| at + whole(seconds))
    };
    let expected = reached(growth.per_second)?;
    Some(FullAt {
        at: expected,
        earliest: reached(growth.high).unwrap_or(expected).min(expected),
        latest: reached(growth.low).map(|latest| latest.max(expected)),
    })
}

/// Bytes that can still be had: not MemTotal, since most of that is in use, but what the kernel calls available, less
/// a reserve; with swap for what can be swapped. What a container holds of its limit no sample says.
fn headroom(history: &History, row: usize, part: Part) -> Option<f64> {
    let total = history.total_at(row)?;
    let of = |metric: &str| history.value_at(metric, row);
    let mut left = available(history, row)? - RESERVE.1.min(RESERVE.0 * total);
    if matches!(part, Part::Anonymous | Part::Shared) {
        left += of("meminfo.SwapFree").unwrap_or(0.0);
    }
    Some(left.max(0.0))
}

/// MemAvailable, estimated before 3.14, and what of the ARC can shrink.
fn available(history: &History, row: usize) -> Option<f64> {
    let of = |metric: &str| history.value_at(metric, row);
    let estimate = || {
        let files = of("meminfo.Cached")? - of("meminfo.Shmem").unwrap_or(0.0);
        let given_back = of("meminfo.Buffers").unwrap_or(0.0) + of("meminfo.SReclaimable").unwrap_or(0.0);
        Some(of("meminfo.MemFree")? + files.max(0.0) + given_back)
    };
    let shrinkable = of("arcstats.size").zip(of("arcstats.c_min")).map_or(0.0, |(size, least)| size - least);
    Some(of("meminfo.MemAvailable").or_else(estimate)? + shrinkable.max(0.0))
}

#[expect(clippy::cast_possible_truncation, reason = "less than 90 days")]
fn whole(seconds: f64) -> i64 {
    seconds as i64
}
