//! The shape of the growth since one start: how long, how even, whether it goes on, and how it compares with what
//! the series did before. Each number is one clause of the evidence.

use super::points::{Points, block_medians, count, line, median, quantile};
use std::collections::VecDeque;

/// Blocks in which evenness is judged, and twice as many, in which steadiness is.
const BLOCKS: usize = 6;
const FINE_BLOCKS: usize = 12;
/// A slope of fewer standard errors is none.
const LEAST_CERTAINTY: f64 = 3.5;
/// Below this evenness it is no growth; nor is a single step one, nor what falls in between.
const LEAST_EVENNESS: f64 = 0.8;
const LARGEST_STEP: f64 = 0.55;
const LARGEST_FALL: f64 = -0.08;
/// Fewer points have no shape.
const LEAST_POINTS: usize = 12;
/// Fewer points before the start are no history.
const LEAST_HISTORY: usize = 6;
/// How much of the history's movement over the same time counts as usual: all but the wildest tenth.
const USUAL: f64 = 0.9;
/// So few distances are no usual one.
const LEAST_DISTANCES: usize = 5;
/// Comparisons with the history are made at so many places: more would not tell more.
const PLACES: usize = 200;
const DAY: f64 = 86_400.0;
/// How far from a day earlier a value still counts as of that time of day.
const SAME_TIME: f64 = 7_200.0;

/// What is seen of a growth. Shares are of the whole growth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
    /// Its first point.
    pub(super) start: f64,
    /// How long it lasts.
    pub(super) seconds: f64,
    /// Units a second, by least squares.
    pub(super) slope: f64,
    /// `slope` × `seconds`.
    pub(super) growth: f64,
    /// The level at which it starts.
    pub(super) level: f64,
    /// The slope in its standard errors.
    pub(super) certainty: f64,
    /// The least of the increments between the medians of six blocks.
    pub(super) least_step: f64,
    /// The largest of them: 1 is a single step.
    pub(super) largest_step: f64,
    /// How well a line describes the six medians.
    pub(super) evenness: f64,
    /// How much it bends downwards: positive where it levels off.
    pub(super) levelling: f64,
    /// Share of twelve blocks that are above the one before.
    pub(super) steadiness: f64,
    /// How much the floor, the lowest tenth, rises from the first to the last third.
    pub(super) floor: f64,
    /// The slope of the last third against the whole.
    pub(super) last_third: f64,
    /// How many seconds before it are known.
    pub(super) history: f64,
    /// The growth against the largest rise in as long a time before; absent without history.
    pub(super) against_rises: Option<f64>,
    /// The growth against the usual distance of values so far apart before.
    pub(super) against_usual: Option<f64>,
    /// How far the last quarter lies above the same time a day earlier.
    pub(super) against_yesterday: Option<f64>,
}

/// A growth that starts at one point of a horizon.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    /// The horizon, falls added back.
    pub(super) horizon: &'a Points,
    /// After which points something was added.
    pub(super) falls: &'a [usize],
    /// Index of the first point.
    pub(super) start: usize,
    /// All that was seen up to now, as it was.
    pub(super) seen: &'a Points,
    /// Where the history begins in it, and where now is.
    pub(super) range: (usize, usize),
}

impl Candidate<'_> {
    /// Its shape; `None` where nothing grows evenly or too little is known.
    pub(super) fn shape(&self) -> Option<Shape> {
        let (times, values) = (self.horizon.times.get(self.start..)?, self.horizon.values.get(self.start..)?);
        let (start, end) = (*times.first()?, *times.last()?);
        if times.len() < LEAST_POINTS {
            return None;
        }
        // Most growths end here; what follows is dear.
        let line = line(times, values).filter(|line| line.slope > LEAST_CERTAINTY * line.error)?;
        let growth = line.slope * (end - start);
        let blocks = block_medians::<BLOCKS>(times, values)?;
        let (least_step, largest_step) = steps(&blocks)?;
        let evenness = super::points::line(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], &blocks)?.r_squared;
        if evenness < LEAST_EVENNESS || largest_step > LARGEST_STEP || least_step < LARGEST_FALL {
            return None;
        }
        let third = times.len() / 3;
        let last = times.len() - third;
        let last_third = super::points::line(times.get(last..)?, values.get(last..)?)?;
        let longest = self.longest_piece();
        let kept = longest / (end - start);
        let history = self.history(start);
        Some(Shape {
            start,
            seconds: end - start,
            slope: line.slope,
            growth,
            level: line.level,
            certainty: line.slope / line.error.max(f64::MIN_POSITIVE),
            least_step,
            largest_step,
            evenness,
            levelling: levelling(&blocks),
            steadiness: steadiness(times, values),
            floor: (low(values.get(last..)?)? - low(values.get(..third)?)?) / growth,
            last_third: last_third.slope / line.slope,
            history: history.seconds(),
            against_rises: history.largest_rise(longest).map(|rise| growth * kept / rise.max(growth * 1e-3)),
            against_usual: history
                .usual_distance(longest)
                .map(|usual| growth * kept / usual.max(growth * 1e-3)),
            against_yesterday: self.against_yesterday(growth),
        })
    }

    /// The longest time without a fall: what the history is compared with, or a saw tooth would beat itself.
    fn longest_piece(&self) -> f64 {
        let inner = self.falls.iter().copied().filter(|fall| *fall > self.start);
        let cuts: Vec<usize> = std::iter::once(self.start).chain(inner).chain([self.horizon.len()]).collect();
        let seconds = |from: usize, until: usize| {
            let (first, last) =
                (self.horizon.times.get(from), self.horizon.times.get(until.saturating_sub(1)));
            first.zip(last).map_or(0.0, |(first, last)| last - first)
        };
        cuts.windows(2).map(|cut| seconds(cut[0], cut[1])).fold(0.0, f64::max)
    }

    fn history(&self, start: f64) -> History<'_> {
        let (begin, now) = self.range;
        let end = self.seen.at(start).clamp(begin, now);
        History {
            times: self.seen.times.get(begin..end).unwrap_or_default(),
            values: self.seen.values.get(begin..end).unwrap_or_default(),
        }
    }

    fn against_yesterday(&self, growth: f64) -> Option<f64> {
        let points = self.horizon.len() - self.start;
        let recent = self.start + points * 3 / 4..self.horizon.len();
        let mut above = Vec::with_capacity(points / 4 + 1);
        for (time, value) in
            self.horizon.times.get(recent.clone())?.iter().zip(self.horizon.values.get(recent)?)
        {
            let then = self.seen.at(time - DAY - 1.0);
            let Some((found, level)) = self.seen.times.get(then).zip(self.seen.values.get(then)) else {
                continue;
            };
            if (found - (time - DAY)).abs() < SAME_TIME {
                above.push(value - level);
            }
        }
        if above.len() < 3 { None } else { median(&mut above).map(|above| above / growth) }
    }
}

/// What was seen before a growth.
struct History<'a> {
    times: &'a [f64],
    values: &'a [f64],
}

impl History<'_> {
    fn seconds(&self) -> f64 {
        self.times.first().zip(self.times.last()).map_or(0.0, |(first, last)| last - first)
    }

    /// The largest rise within so many seconds.
    fn largest_rise(&self, seconds: f64) -> Option<f64> {
        if self.times.len() < LEAST_HISTORY {
            return None;
        }
        // The times and values that may be the least of the last `seconds`, the least first.
        let mut least: VecDeque<(f64, f64)> = VecDeque::new();
        let mut largest: f64 = 0.0;
        for (time, value) in self.times.iter().zip(self.values) {
            while least.front().is_some_and(|(known, _)| *known < time - seconds) {
                least.pop_front();
            }
            while least.back().is_some_and(|(_, known)| known >= value) {
                least.pop_back();
            }
            least.push_back((*time, *value));
            largest = largest.max(least.front().map_or(0.0, |(_, least)| value - least));
        }
        Some(largest)
    }

    /// How far values that are so many seconds apart lie from each other, usually.
    fn usual_distance(&self, seconds: f64) -> Option<f64> {
        let mut distances = Vec::new();
        let mut later = 0;
        for index in (0..self.times.len()).step_by((self.times.len() / PLACES).max(1)) {
            let (time, value) = (self.times.get(index)?, self.values.get(index)?);
            while self.times.get(later).is_some_and(|known| *known < time + seconds) {
                later += 1;
            }
            distances.extend(self.values.get(later).map(|known| (known - value).abs()));
        }
        if distances.len() < LEAST_DISTANCES { None } else { quantile(&mut distances, USUAL) }
    }
}

/// The least and the largest increment of the medians, as shares of all; `None` where they do not grow.
fn steps(blocks: &[f64; BLOCKS]) -> Option<(f64, f64)> {
    let growth = blocks[BLOCKS - 1] - blocks[0];
    if growth <= 0.0 {
        return None;
    }
    let steps = blocks.windows(2).map(|pair| (pair[1] - pair[0]) / growth);
    Some(
        steps.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), step| {
            (least.min(step), most.max(step))
        }),
    )
}

/// The second-order contrast of six equal steps, as a share of the growth.
fn levelling(blocks: &[f64; BLOCKS]) -> f64 {
    const CONTRAST: [f64; BLOCKS] = [5.0, -1.0, -4.0, -4.0, -1.0, 5.0];
    let bend: f64 = blocks.iter().zip(CONTRAST).map(|(block, weight)| block * weight).sum();
    -bend * 2.5 / 28.0 / (blocks[BLOCKS - 1] - blocks[0])
}

fn steadiness(times: &[f64], values: &[f64]) -> f64 {
    let Some(blocks) = block_medians::<FINE_BLOCKS>(times, values) else { return 0.0 };
    count(blocks.windows(2).filter(|pair| pair[1] > pair[0]).count()) / count(FINE_BLOCKS - 1)
}

/// The lowest tenth.
fn low(values: &[f64]) -> Option<f64> {
    quantile(&mut values.to_vec(), 0.1)
}
