//! A corpus for the leak finder: invented series, healthy and leaking, of which the truth is known. Seeded, so that
//! a number in `docs/leaks.md` can be had again; `cargo run --release --example corpus` prints the table there.
//!
//! What is random is drawn anew for each series: level, noise, rhythm, length (1 to 7 days), step (1 to 10 minutes),
//! a gap. The distributions follow what production machines show (heavy-tailed jobs, garbage collection, page
//! caches, backups at night), and the hard patterns are those that fool the usual methods.
#![allow(dead_code, reason = "the example, the tests and the bench each use a part of it")]

pub(crate) mod healthy;
pub(crate) mod hosts;
pub(crate) mod leaks;
pub(crate) mod patterns;
pub(crate) mod random;
pub(crate) mod score;

use cronograph::analysis::leak::{Kind, Series};
use random::Random;

/// 2025-10-09T08:53:20Z: when every series begins.
pub(crate) const BEGIN: i64 = 1_760_000_000;
pub(crate) const MINUTE: f64 = 60.0;
pub(crate) const HOUR: f64 = 3_600.0;
pub(crate) const DAY: f64 = 86_400.0;

/// Seeds of the published table. The finder was fitted to others (3 to 12).
pub(crate) const SEEDS: [u64; 3] = [21, 22, 23];

/// What truly leaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Truth {
    /// Unix time of its onset.
    pub(crate) onset: i64,
    /// Units a second, on average.
    pub(crate) per_second: f64,
    /// What it adds up to, in deviations of what it is laid over.
    pub(crate) signal_to_noise: f64,
    /// When it stopped, if it did.
    pub(crate) end: Option<i64>,
}

/// A series of which the truth is known.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// What it is, healthy or not: "JVM heap", "two steps".
    pub(crate) family: &'static str,
    /// How it leaks: "stairs"; empty if it does not.
    pub(crate) shape: &'static str,
    pub(crate) kind: Kind,
    pub(crate) times: Vec<i64>,
    pub(crate) values: Vec<f64>,
    pub(crate) breaks: Vec<i64>,
    pub(crate) capacity: Option<f64>,
    pub(crate) truth: Option<Truth>,
}

impl Case {
    /// As the finder is given it.
    pub(crate) fn series(&self) -> Series<'_> {
        Series {
            kind: self.kind,
            times: &self.times,
            values: &self.values,
            breaks: &self.breaks,
            capacity: self.capacity,
        }
    }

    /// How long it is, in days.
    pub(crate) fn days(&self) -> f64 {
        let ends = self.times.first().zip(self.times.last());
        ends.map_or(0.0, |(first, last)| (last - first) as f64 / DAY)
    }
}

/// When a series is sampled: so many times, so many seconds apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    pub(crate) count: usize,
    pub(crate) step: f64,
}

impl Grid {
    /// One of those that monitors use, over one of the usual windows.
    pub(crate) fn any(random: &mut Random) -> Self {
        let step = random.one_of(&[60.0, 300.0, 300.0, 300.0, 120.0, 600.0]);
        let days: f64 = random.one_of(&[1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 7.0]);
        Self { count: (days * DAY / step) as usize, step }
    }

    /// Seconds from begin to end.
    pub(crate) fn total(&self) -> f64 {
        self.count as f64 * self.step
    }

    /// Seconds since the begin.
    pub(crate) fn times(self) -> impl Iterator<Item = f64> {
        (0..self.count).map(move |index| index as f64 * self.step)
    }

    /// Unix times and values, in which a gap is cut by chance.
    pub(crate) fn sampled(self, values: &[f64], random: &mut Random) -> (Vec<i64>, Vec<f64>) {
        let total = self.total();
        let gap = if random.chance(0.3) {
            let from = random.between(0.0, total);
            from..from + random.log_between(600.0, total * 0.08)
        } else {
            0.0..0.0
        };
        let kept = self.times().zip(values).filter(|(time, _)| !gap.contains(time));
        kept.map(|(time, value)| (unix(time), *value)).unzip()
    }
}

/// Unix time of so many seconds since the begin.
pub(crate) fn unix(seconds: f64) -> i64 {
    BEGIN + seconds as i64
}

/// A case without a truth of its own, sampled with a gap by chance, of which nobody knows what it means; but what
/// is a page cache is known to be one.
pub(crate) fn case(
    family: &'static str,
    shape: &'static str,
    grid: Grid,
    values: &[f64],
    truth: Option<Truth>,
    random: &mut Random,
) -> Case {
    let (times, values) = grid.sampled(values, random);
    let kind = if family == healthy::Base::PageCache.name() { Kind::Cache } else { Kind::Other };
    Case { family, shape, kind, times, values, breaks: Vec::new(), capacity: None, truth }
}

/// The deviation that outliers don't move: 1.4826 times the median distance from the median.
pub(crate) fn robust_deviation(values: &[f64]) -> f64 {
    let middle = |values: &mut [f64]| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let median = middle(&mut values.to_vec());
    let robust = 1.4826 * middle(&mut values.iter().map(|value| (value - median).abs()).collect::<Vec<_>>());
    if robust > 0.0 {
        return robust;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
}

/// Hundreds of series for a seed: three of five healthy, the others leaking.
pub(crate) fn first_set(seed: u64) -> Vec<Case> {
    let healthy = (0..391).map(|index| patterns::healthy(index, seed));
    healthy.chain((0..259).map(|index| leaks::leak(index, seed))).collect()
}

/// Healthy patterns beyond those that the finder was fitted to.
pub(crate) fn further_set(seed: u64) -> Vec<Case> {
    (0..120).map(|index| patterns::further(index, seed)).collect()
}

/// Machines over two days; two of five healthy, the others leaking half, one and two times their own range.
pub(crate) fn second_set(seed: u64) -> Vec<Case> {
    (0..400).map(|index| leaks::machine(index, seed, [0.0, 0.0, 0.5, 1.0, 2.0][index % 5])).collect()
}
