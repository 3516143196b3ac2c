//! The evidence for a leak: five tests of the growth since a bend, each a doubt between 0 and 1, and how long such a
//! growth must last. `docs/leaks.md` explains them, so that a reader can redo a verdict by hand.

use super::fit::{self, Bend};
use super::points::{correlation, count};
use super::verdict::{Kind, LeakEvidence};
use crate::base::statistics::{mean, median, squares};
use std::collections::VecDeque;

const HOUR: f64 = 3_600.0;
const DAY: f64 = 24.0 * HOUR;

/// Growth with at most this sum of doubts is a leak …
const DOUBTS_OF_A_LEAK: f64 = 0.8;
/// … stays one up to this sum …
pub(super) const DOUBTS_OF_A_KNOWN_LEAK: f64 = 2.5;
/// … and may become one up to this.
pub(super) const DOUBTS_OF_A_SUSPECT: f64 = 1.5;
/// A test that cannot be made counts as this doubt, half of it once growth has lasted so long.
const UNKNOWN: f64 = 0.5;
const LONG_SECONDS: f64 = 72.0 * HOUR;

/// Where each test raises no doubt, and where it raises a full one; between them doubt rises evenly, for ratios evenly
/// by their logarithm.
const STRENGTH: (f64, f64) = (20.0, 5.0);
const OTHER_SHAPES: (f64, f64) = (0.0, -6.0);
const YESTERDAY: (f64, f64) = (0.5, 0.1);
const NOISE: (f64, f64) = (1.5, 10.0);
const EARLIER_RISE: (f64, f64) = (1.1, 0.7);

/// Growth must last this share of the time for which the series was known before it, within these bounds …
const HISTORY_SHARE: f64 = 0.6;
const LEAST_SECONDS: f64 = 8.0 * HOUR;
const MOST_SECONDS: f64 = 36.0 * HOUR;
/// … and the upper bound where less than this is known before.
const LEAST_HISTORY: f64 = 8.0 * HOUR;
/// For what is full within a day, minutes count as much as hours do elsewhere.
const FAST: f64 = 1.0 / 24.0;
/// In the kernel, whose memory is quiet, growth as large as an earlier rise must last so long.
const KERNEL_SECONDS: f64 = 2.0 * HOUR;
/// Fewer points after the bend show nothing.
const LEAST_POINTS: usize = 6;
/// Points before the bend from which its noise and its rises are known.
const KNOWN_POINTS: usize = 6;
/// Rises are known if the history is this share of the growth.
const KNOWN_HISTORY: f64 = 0.25;
/// Recent values are compared with yesterday's over this share of the growth, and this long at most.
const RECENT_SHARE: f64 = 0.25;
const RECENT_SECONDS: f64 = 6.0 * HOUR;
/// Longer growth adds so little in a day that the share would say nothing.
const LONGEST_COMPARED: f64 = 3.0 * DAY;
/// Larger multiples of an earlier rise tell no more.
const MOST_RISES: f64 = 100.0;
/// Noise below this share of the growth is none.
const CALM: f64 = 0.03;
/// Squares below this share of all are rounding.
const ROUNDING: f64 = 1e-12;

/// A growth that was looked at, and its evidence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Assessment {
    /// Seconds in the series' own time.
    pub(super) onset: f64,
    pub(super) evidence: LeakEvidence,
}

impl Assessment {
    /// The same growth as part of a longer one.
    pub(super) fn since(mut self, onset: f64) -> Self {
        self.evidence.lasted += self.onset - onset;
        self.onset = onset;
        self
    }

    /// Reports whether all of it speaks for a leak.
    pub(super) fn is_leak(&self) -> bool {
        self.evidence.lasted >= self.evidence.needed && self.evidence.doubts <= self.evidence.most_doubts
    }

    /// Reports whether a leak that was found goes on.
    pub(super) fn is_known_leak(&self) -> bool {
        self.evidence.doubts <= DOUBTS_OF_A_KNOWN_LEAK
    }

    /// Reports whether it may become a leak.
    pub(super) fn is_suspect(&self) -> bool {
        self.evidence.doubts <= DOUBTS_OF_A_SUSPECT && self.evidence.lasted >= self.evidence.needed / 3.0
    }
}

/// Points that are looked at for a growth that lasts up to now.
pub(super) struct GrowthSearch<'a> {
    pub(super) kind: Kind,
    /// Capacity in units of the values.
    pub(super) capacity: Option<f64>,
    /// Least growth that is looked at.
    pub(super) floor: f64,
    /// Times of all points that are known, restarts joined.
    pub(super) times: &'a [f64],
    /// Their values.
    pub(super) values: &'a [f64],
    /// Index of the first known point that a shape is fitted to.
    pub(super) first: usize,
    /// Time between points.
    pub(super) width: f64,
    /// Restricts the search to growth that is fast: in the kernel, or to be full within a day.
    pub(super) is_fast_only: bool,
    /// Growth with more doubts is not asked for.
    pub(super) most_doubts: f64,
}

impl GrowthSearch<'_> {
    /// Assesses the growth since the best bend; `None` where nothing grows, or with too many doubts.
    pub(super) fn assess(&self) -> Option<Assessment> {
        let (times, raw) = (self.times.get(self.first..)?, self.values.get(self.first..)?);
        let last = raw.len().checked_sub(LEAST_POINTS)?;
        let is_growth = |index: usize, slope: f64| slope > 0.0 && index > 0 && index <= last;
        let needs_urgency = self.is_fast_only && self.kind != Kind::Kernel;
        if !stands_out(raw) || needs_urgency && !self.may_be_fast(times, raw, is_growth) {
            return None;
        }
        let values = fit::clipped(times, raw);
        if values.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let bend = fit::best_bend(times, &values, is_growth)?;
        let onset = *times.get(bend.index)?;
        let seconds = times.last()? + self.width / 2.0 - onset;
        let grown = CandidateGrowth { bend, onset, seconds, growth: bend.slope * seconds };
        let is_urgent = self.is_full_within_a_day(bend.slope, *values.last()?);
        if grown.growth < self.floor || (needs_urgency && !is_urgent) {
            return None;
        }
        let evidence = self.evidence(&grown, times, &values, is_urgent)?;
        Some(Assessment { onset, evidence })
    }

    /// Reports whether a plain fit, which costs less than a robust one, is at least half as fast as it must be.
    fn may_be_fast(&self, times: &[f64], raw: &[f64], is_growth: impl Fn(usize, f64) -> bool) -> bool {
        let bend = fit::best_bend(times, raw, is_growth);
        bend.zip(raw.last()).is_some_and(|(bend, level)| self.is_full_within_a_day(2.0 * bend.slope, *level))
    }

    fn is_full_within_a_day(&self, slope: f64, level: f64) -> bool {
        self.capacity.is_some_and(|capacity| capacity - level < slope * DAY)
    }

    /// Makes the tests, the cheap ones first.
    fn evidence(
        &self,
        grown: &CandidateGrowth,
        times: &[f64],
        values: &[f64],
        is_urgent: bool,
    ) -> Option<LeakEvidence> {
        let bend = grown.bend;
        let residuals = bend.residuals(times, values);
        let correlation = correlation(&residuals);
        // Values that follow each other count for less.
        let independent = (count(values.len()) * (1.0 - correlation) / (1.0 + correlation)).max(3.0);
        let flat = squares(values);
        let unexplained = bend.squares.max(ROUNDING * flat);
        let is_kernel = self.kind == Kind::Kernel;
        let pace = if is_urgent || is_kernel { FAST } else { 1.0 };
        // Long growth cannot wait for what is not known.
        let unknown = if grown.seconds >= LONG_SECONDS * pace { UNKNOWN / 2.0 } else { UNKNOWN };
        let history = grown.onset - self.times.first()?;
        let mut evidence = LeakEvidence {
            lasted: grown.seconds,
            needed: 0.0,
            strength: (flat - unexplained) / unexplained * independent,
            other_shapes: 0.0,
            above_yesterday: self.above_yesterday(grown, times, values),
            noise: noise(&residuals, grown),
            earlier_rise: Some(f64::INFINITY),
            doubts: 0.0,
            most_doubts: DOUBTS_OF_A_LEAK,
        };
        let has_too_many = |evidence: &LeakEvidence| evidence.sum_of_doubts(unknown) > self.most_doubts;
        if has_too_many(&evidence) {
            return None;
        }
        let grown_points = values.len() - bend.index;
        let others =
            [fit::step(values).0, fit::two_steps(values), fit::rise_to_level(times, values, grown_points)];
        let best = others.into_iter().fold(f64::INFINITY, f64::min).max(ROUNDING * flat);
        evidence.other_shapes = independent * (best / unexplained).ln();
        if has_too_many(&evidence) {
            return None;
        }
        evidence.earlier_rise = self.earlier_rise(grown, values, history);
        evidence.doubts = evidence.sum_of_doubts(unknown);
        evidence.needed = match is_kernel {
            true => needed_in_kernel(history, evidence.earlier_rise),
            false => needed(history, pace),
        };
        (evidence.doubts <= self.most_doubts).then_some(evidence)
    }

    /// Rise of recent values above those of a day before, as a share of the growth, of its last three days at most.
    fn above_yesterday(&self, grown: &CandidateGrowth, times: &[f64], values: &[f64]) -> Option<f64> {
        let now = grown.onset + grown.seconds;
        let from = now - RECENT_SECONDS.min(RECENT_SHARE * grown.seconds);
        let recent = times.iter().zip(values).skip(grown.bend.index).filter(|(time, _)| **time >= from);
        let earlier = |time: f64| {
            let index = self.times.partition_point(|known| *known < time - self.width / 2.0);
            self.times.get(index).filter(|found| (**found - time).abs() <= self.width)?;
            match index.checked_sub(self.first) {
                Some(fitted) => values.get(fitted),
                None => self.values.get(index),
            }
        };
        let mut above: Vec<f64> =
            recent.filter_map(|(time, value)| Some(value - earlier(time - DAY)?)).collect();
        median(&mut above).map(|above| above / (grown.bend.slope * grown.seconds.min(LONGEST_COMPARED)))
    }

    /// The growth against the largest rise within as long a time before it.
    fn earlier_rise(&self, grown: &CandidateGrowth, values: &[f64], history: f64) -> Option<f64> {
        let (before, fitted) = (self.values.get(..self.first)?, values.get(..grown.bend.index)?);
        let points = before.len() + fitted.len();
        if points < KNOWN_POINTS || history < KNOWN_HISTORY * grown.seconds {
            return None;
        }
        let levels: Vec<f64> = before.iter().chain(fitted).copied().collect();
        let rise = largest_rise(self.times.get(..points)?, &smoothed(&levels), grown.seconds);
        Some(grown.growth / rise.max(grown.growth / MOST_RISES))
    }
}

/// A growth since a bend.
struct CandidateGrowth {
    bend: Bend,
    /// Time of the bend.
    onset: f64,
    seconds: f64,
    /// Slope times seconds.
    growth: f64,
}

impl LeakEvidence {
    /// The doubts of the five tests.
    fn sum_of_doubts(&self, unknown: f64) -> f64 {
        let logarithm = |(none, full): (f64, f64)| (none.ln(), full.ln());
        let known = |value: Option<f64>, limits| value.map_or(unknown, |value| doubt(value, limits));
        doubt(self.strength.ln(), logarithm(STRENGTH))
            + doubt(self.other_shapes, OTHER_SHAPES)
            + known(self.above_yesterday, YESTERDAY)
            + known(self.noise.map(f64::ln), logarithm(NOISE))
            + known(self.earlier_rise.map(f64::ln), logarithm(EARLIER_RISE))
    }
}

/// Doubt that a value raises: 0 at `none` and beyond it, 1 at `full` and beyond that.
fn doubt(value: f64, (none, full): (f64, f64)) -> f64 {
    if value.is_nan() { 1.0 } else { ((value - none) / (full - none)).clamp(0.0, 1.0) }
}

/// Reports whether the last points lie above three of four points: most of the time they do not.
fn stands_out(values: &[f64]) -> bool {
    let recent = values.get(values.len().saturating_sub(LEAST_POINTS)..).unwrap_or_default();
    let Some(recent) = median(&mut recent.to_vec()) else { return false };
    4 * values.iter().filter(|value| **value < recent).count() > 3 * values.len()
}

/// Seconds for which growth must last after so long a history, at most and at least by `pace`.
fn needed(history: f64, pace: f64) -> f64 {
    if history < LEAST_HISTORY * pace {
        MOST_SECONDS * pace
    } else {
        (HISTORY_SHARE * history).clamp(LEAST_SECONDS * pace, MOST_SECONDS * pace)
    }
}

/// The same for the kernel's memory: the more the growth stands out from earlier rises, the sooner; a quarter of
/// that before a whole day is known, which may have its nightly job yet to come.
fn needed_in_kernel(history: f64, earlier_rise: Option<f64>) -> f64 {
    let known = earlier_rise.filter(|_| history >= LEAST_HISTORY * FAST).unwrap_or(1.0);
    let rises = if history < DAY { known / 4.0 } else { known };
    (KERNEL_SECONDS / rises.max(1.0)).max(LEAST_SECONDS * FAST)
}

/// The variance since the bend against that before it; `None` where little is known before.
fn noise(residuals: &[f64], grown: &CandidateGrowth) -> Option<f64> {
    let (calm, noisy) = residuals.split_at(grown.bend.index);
    // Of what is so little against the growth, all is alike: stairs are no noise.
    let least = (CALM * grown.growth).powi(2);
    let variance = |part: &[f64]| mean(&part.iter().map(|rest| rest * rest).collect::<Vec<f64>>()).max(least);
    (calm.len() >= KNOWN_POINTS).then(|| variance(noisy) / variance(calm))
}

/// Running medians of five; of fewer at the ends.
fn smoothed(values: &[f64]) -> Vec<f64> {
    let around = |index: usize| {
        let near = values.get(index.saturating_sub(2)..(index + 3).min(values.len())).unwrap_or_default();
        let mut sorted = [f64::INFINITY; 5];
        sorted.iter_mut().zip(near).for_each(|(slot, value)| *slot = *value);
        sorted.sort_unstable_by(f64::total_cmp);
        sorted[near.len() / 2]
    };
    (0..values.len()).map(around).collect()
}

/// The largest rise within so many seconds.
fn largest_rise(times: &[f64], values: &[f64], seconds: f64) -> f64 {
    // The times and values that may be the least of the last `seconds`, the least first.
    let mut least: VecDeque<(f64, f64)> = VecDeque::new();
    let mut largest: f64 = 0.0;
    for (time, value) in times.iter().zip(values) {
        while least.front().is_some_and(|(known, _)| *known < time - seconds) {
            least.pop_front();
        }
        while least.back().is_some_and(|(_, known)| known >= value) {
            least.pop_back();
        }
        least.push_back((*time, *value));
        largest = largest.max(least.front().map_or(0.0, |(_, least)| value - least));
    }
    largest
}
