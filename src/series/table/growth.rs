//! By how much counters grew from row to row. What cannot be is unknown (NaN): a counter that fell, more CPU time than there was.
//!
//! Hypervisors and old kernels let such counters jump. It costs the interval in which they do, never a chart's scale or a mean.

use super::{CORE_BUSY, Row, Series, Table};
use crate::sample::metric::{Kind, Metric, Unit};
use crate::series::wrap::unwrapped;

/// A counter of seconds may fall by so much without a reset: the kernel's idle and iowait times do.
const JITTER_SECONDS: f64 = 1.0;

/// The clocks of a counter and of the uptime differ, and the kernel adds some times up every two seconds only: time may have grown by
/// so much more than passed.
const ALLOWED_SHARE: f64 = 1.1;
const ALLOWED_SECONDS: f64 = 2.0;

/// Where a log names no cores: more than any machine has.
const MOST_CORES: f64 = 8192.0;

/// By how much a counter can grow.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Limit {
    /// No limit is known.
    None,
    /// By the time that passed on so many cores.
    Cores(f64),
    /// By the time that passed; a request that ends may bring all of its time at once, however long ago it began.
    Uptime,
}

impl Limit {
    fn of(metric: &Metric, cores: f64) -> Self {
        match (metric.collector, metric.field) {
            _ if metric.unit != Unit::Seconds => Self::None,
            ("stat", field) if field == CORE_BUSY.field => Self::Cores(1.0),
            ("pressure", _) => Self::Cores(1.0),
            ("stat", _) | ("cgroup", "cpu") => Self::Cores(cores),
            ("diskstats", "busy") => Self::Uptime,
            _ => Self::None,
        }
    }

    /// Growth of a counter in a time that ends at a row, at most all of the time; `None` where it cannot be.
    fn apply(self, grown: f64, passed: f64, row: &Row) -> Option<f64> {
        match self {
            Self::None => Some(grown),
            Self::Cores(cores) => (grown <= allowed(passed, cores)).then(|| grown.min(passed * cores)),
            Self::Uptime => (grown <= row.uptime).then(|| grown.min(passed)),
        }
    }
}

fn allowed(passed: f64, cores: f64) -> f64 {
    (passed * ALLOWED_SHARE + ALLOWED_SECONDS) * cores
}

/// Makes increases of the totals of all counters.
pub(super) fn of_counters(table: &mut Table) {
    let cores = cores(table);
    let mut impossible = vec![false; table.rows.len()];
    let mut sums = vec![0.0; table.rows.len()];
    for series in table.columns.iter_mut().filter(|series| series.metric.kind == Kind::Counter) {
        let is_mode = is_cpu_mode(series.metric);
        let failed = increases(&table.rows, series, Limit::of(series.metric, cores));
        if is_mode {
            failed.into_iter().for_each(|row| impossible[row] = true);
            let known = sums.iter_mut().zip(&series.values).filter(|(_, grown)| !grown.is_nan());
            known.for_each(|(sum, grown)| *sum += grown);
        }
    }
    for (row, sum) in sums.into_iter().enumerate() {
        impossible[row] |= sum > allowed(table.rows[row].covered, cores);
    }
    forget_modes(table, &impossible);
}

/// One mode that cannot be spoils the interval: a total without it would be too small.
fn forget_modes(table: &mut Table, impossible: &[bool]) {
    if !impossible.contains(&true) {
        return;
    }
    for series in table.columns.iter_mut().filter(|series| is_cpu_mode(series.metric)) {
        let values = series.values.iter_mut().zip(impossible);
        values.filter(|(_, impossible)| **impossible).for_each(|(value, _)| *value = f64::NAN);
        series.over_gaps.retain(|(row, _)| !impossible[*row]);
    }
}

/// Reports whether it is the time that all CPUs spent in one way.
fn is_cpu_mode(metric: &Metric) -> bool {
    metric.collector == "stat" && metric.unit == Unit::Seconds && metric.field != CORE_BUSY.field
}

/// Number of cores the samples list.
#[expect(clippy::cast_precision_loss, reason = "a number of cores")]
fn cores(table: &Table) -> f64 {
    let cores = table.columns.iter().filter(|series| series.metric.field == CORE_BUSY.field).count();
    if cores == 0 { MOST_CORES } else { cores as f64 }
}

/// Makes increases of totals: NaN where there is no row before, where the counter fell and so began anew, or where it grew by what
/// cannot be. What it grew by over a gap is kept apart: exact, but of no known time. Returns the rows of what cannot be.
fn increases(rows: &[Row], series: &mut Series, limit: Limit) -> Vec<usize> {
    let jitter = if series.metric.unit == Unit::Seconds { JITTER_SECONDS } else { 0.0 };
    // The kernel's own times of idling and waiting fall where a CPU goes or comes.
    let must_rise = !matches!(series.metric.field, "idle" | "iowait");
    let mut before = f64::NAN;
    let mut failed = Vec::new();
    for (index, (value, row)) in series.values.iter_mut().zip(rows).enumerate() {
        let passed = match index.checked_sub(1).map(|before| &rows[before]) {
            Some(before) if before.boot == row.boot => row.uptime - before.uptime,
            _ => f64::NAN,
        };
        let total = *value;
        let grown = match total - before {
            fallen if fallen < 0.0 => unwrapped(series.metric, before, total, passed).unwrap_or(fallen),
            grown => grown,
        };
        before = total;
        let possible = limit.apply(grown, passed, row);
        if row.covered.is_nan() && !passed.is_nan() && grown > 0.0 {
            series.over_gaps.extend(possible.map(|grown| (index, grown)));
        }
        let fell = grown < -jitter;
        if !passed.is_nan() && (possible.is_none() && !grown.is_nan() || fell && must_rise) {
            failed.push(index);
        }
        *value = match possible {
            _ if row.covered.is_nan() || grown.is_nan() || fell => f64::NAN,
            Some(grown) => grown.max(0.0),
            None => f64::NAN,
        };
    }
    failed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use crate::sample::diskstats::{Disk, Diskstats};
    use crate::sample::netdev::{Netdev, NetworkInterface};
    use crate::sample::pressure::Pressure;
    use crate::sample::stat::{CoreTimes, Stat};

    /// A host of two cores, sampled each minute.
    fn table(change: impl Fn(i64, &mut Sample)) -> Table {
        Table::of((0..10).map(|minute| {
            let seconds = minute as f64 * 60.0;
            let core = CoreTimes([seconds * 0.5, 0.0, 0.0, seconds * 0.5, 0.0, 0.0, 0.0, 0.0]);
            let stat = Stat {
                user: Some(seconds),
                idle: Some(seconds),
                steal: Some(0.0),
                cores: vec![core; 2],
                ..Stat::default()
            };
            let uptime = Some(10_000.0 + seconds);
            let mut sample = Sample { v: 1, t: minute * 60, uptime, stat: Some(stat), ..Sample::default() };
            change(minute, &mut sample);
            sample
        }))
    }

    fn values(table: &Table, field: &str, instance: &str) -> Vec<f64> {
        let is = |series: &&Series| series.metric.field == field && series.instance == instance;
        table.columns.iter().find(is).unwrap().values.clone()
    }

    fn unknown(values: &[f64]) -> Vec<usize> {
        (0..values.len()).filter(|row| values[*row].is_nan()).collect()
    }

    #[test]
    fn a_jump_of_cpu_time_costs_its_interval_and_the_one_that_falls_back() {
        for seconds in [300.0, 1.2e10] {
            let table = table(|minute, sample| {
                let stat = sample.stat.as_mut().unwrap();
                if minute == 4 {
                    stat.steal = Some(seconds);
                    stat.cores[1].0[7] = seconds;
                }
            });
            for (field, instance) in [("user", ""), ("steal", ""), ("idle", ""), ("core_busy", "1")] {
                assert_eq!(unknown(&values(&table, field, instance)), [0, 4, 5], "{field} {seconds}");
            }
            assert_eq!(unknown(&values(&table, "core_busy", "0")), [0]);
            assert_eq!(values(&table, "user", "")[6], 60.0);
        }
    }

    #[test]
    fn all_modes_together_take_no_more_than_the_time_of_all_cores() {
        let table = table(|minute, sample| {
            let stat = sample.stat.as_mut().unwrap();
            let more = if minute >= 4 { 100.0 } else { 0.0 };
            stat.system = Some(more);
            stat.softirq = Some(more);
        });
        assert_eq!(unknown(&values(&table, "user", "")), [0, 4]);
    }

    #[test]
    fn clocks_that_differ_a_little_make_no_more_than_all_of_the_time() {
        let table = table(|minute, sample| {
            let seconds = minute as f64 * 61.0;
            sample.stat.as_mut().unwrap().cores[0].0[0] = seconds;
            sample.pressure = Some(Pressure { io_some: Some(seconds), ..Pressure::default() });
            // Requests that took long bring their time when they end.
            let busy = Some(if minute < 5 { 0.0 } else { 300.0 });
            let disk = Disk { busy, ..Disk::default() };
            sample.diskstats = Some(Diskstats([("vda".to_owned(), disk)].into()));
        });
        assert_eq!(values(&table, "core_busy", "0")[1..], [60.0; 9]);
        assert_eq!(values(&table, "io_some", "")[1..], [60.0; 9]);
        assert_eq!(values(&table, "busy", "vda")[5], 60.0);
    }

    #[test]
    fn a_counter_of_32_bits_wraps_near_its_end_only() {
        const END: u64 = 1 << 32;
        for (before, after, grown) in [
            (END - 1000, 5000, Some(6000.0)),
            // It began anew.
            (END / 2, 5000, None),
            (END + 5000, 5000, None),
            // More than 1 Gbit/s.
            (END - END / 4, END - END / 4 - 10, None),
        ] {
            let table = table(|minute, sample| {
                let bytes = Some(if minute < 5 { before } else { after });
                let interface = NetworkInterface { rx_bytes: bytes, ..NetworkInterface::default() };
                sample.netdev = Some(Netdev([("eth0".to_owned(), interface)].into()));
            });
            let found = values(&table, "rx_bytes", "eth0")[5];
            assert_eq!(Some(found).filter(|found| !found.is_nan()), grown);
        }
    }
}
