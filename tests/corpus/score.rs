//! How the finder did on a corpus. *Running*: what it ever said, seeing only what came before; a healthy series is
//! accused if it was ever said to leak, a leak is found if it was first said at or after its onset. *At the end*: the
//! verdict at the last sample.

use super::Case;
use cronograph::analysis::leak::{State, Watch, watch};
use rayon::prelude::*;

/// A case and what the finder said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome<'a> {
    pub(crate) case: &'a Case,
    pub(crate) watch: Watch,
}

/// Watches every case.
pub(crate) fn outcomes(cases: &[Case]) -> Vec<Outcome<'_>> {
    cases.par_iter().map(|case| Outcome { case, watch: watch(&case.series()) }).collect()
}

impl Outcome<'_> {
    /// Said to leak at any time, before its onset too.
    pub(crate) fn is_accused(&self) -> bool {
        self.watch.detected_at.is_some()
    }

    /// Seconds from the onset until it was said to leak, if that was not before.
    pub(crate) fn delay(&self) -> Option<i64> {
        let delay = self.watch.detected_at? - self.case.truth?.onset;
        (delay >= 0).then_some(delay)
    }

    /// It leaks, and was said to before it did.
    pub(crate) fn is_early(&self) -> bool {
        let truth = self.case.truth.zip(self.watch.detected_at);
        truth.is_some_and(|(truth, at)| at < truth.onset)
    }

    /// Said to leak at the end.
    pub(crate) fn is_leaking_at_end(&self) -> bool {
        self.watch.verdict.state == State::Leaking
    }

    /// It leaks and is said to, or did and is said to have.
    pub(crate) fn is_right_at_end(&self) -> bool {
        let truth = match self.case.truth {
            None => return !self.is_leaking_at_end(),
            Some(truth) if truth.end.is_some() => State::Ended,
            Some(_) => State::Leaking,
        };
        self.watch.verdict.state == truth
    }
}

/// What a set came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) leaks: usize,
    pub(crate) healthy: usize,
    /// Leaks found while running, and healthy series ever accused.
    pub(crate) found: usize,
    pub(crate) accused: usize,
    /// Of those, ramps that stopped later.
    pub(crate) accused_ramps: usize,
    /// Leaks accused before their onset.
    pub(crate) early: usize,
    /// Rightly and wrongly said to leak at the end.
    pub(crate) found_at_end: usize,
    pub(crate) accused_at_end: usize,
    /// Of leaks found at the end: intervals that hold the true rate, bands that hold the true onset.
    pub(crate) rates_held: usize,
    pub(crate) onsets_held: usize,
    /// Of each leak found: hours until it was, hours by which the onset is off, the share by which the rate is.
    pub(crate) delays: Vec<f64>,
    pub(crate) onset_errors: Vec<f64>,
    pub(crate) rate_errors: Vec<f64>,
}

impl Tally {
    pub(crate) fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome<'a>>) -> Self {
        let mut tally = Self::default();
        outcomes.into_iter().for_each(|outcome| tally.add(outcome));
        tally
    }

    fn add(&mut self, outcome: &Outcome) {
        let is_leaking = outcome.is_leaking_at_end();
        let Some(truth) = outcome.case.truth else {
            self.healthy += 1;
            self.accused += usize::from(outcome.is_accused());
            self.accused_ramps +=
                usize::from(outcome.is_accused() && super::patterns::is_ramp(outcome.case.family));
            self.accused_at_end += usize::from(is_leaking);
            return;
        };
        self.leaks += 1;
        self.early += usize::from(outcome.is_early());
        self.found += usize::from(outcome.delay().is_some());
        self.delays.extend(outcome.delay().map(|seconds| seconds as f64 / super::HOUR));
        self.found_at_end += usize::from(outcome.is_right_at_end());
        let growth = outcome.watch.verdict.growth.filter(|_| outcome.is_right_at_end());
        if let Some(growth) = growth {
            let off = (growth.since - truth.onset).abs();
            self.onset_errors.push(off as f64 / super::HOUR);
            self.rate_errors.push((growth.per_second / truth.per_second - 1.0).abs());
            self.rates_held += usize::from((growth.low..=growth.high).contains(&truth.per_second));
            self.onsets_held += usize::from(off <= growth.since_error);
        }
    }

    /// Of those that were said to leak while running, how many do.
    pub(crate) fn precision(&self) -> f64 {
        share(self.found, self.found + self.accused)
    }

    /// Of those that leak, how many were said to while running.
    pub(crate) fn recall(&self) -> f64 {
        share(self.found, self.leaks)
    }

    /// The harmonic mean of the two.
    pub(crate) fn f1(&self) -> f64 {
        2.0 * self.precision() * self.recall() / (self.precision() + self.recall())
    }

    /// As `precision`, at the end.
    pub(crate) fn precision_at_end(&self) -> f64 {
        share(self.found_at_end, self.found_at_end + self.accused_at_end)
    }

    /// As `recall`, at the end.
    pub(crate) fn recall_at_end(&self) -> f64 {
        share(self.found_at_end, self.leaks)
    }
}

/// NaN of nothing.
pub(crate) fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// The middle one; NaN of nothing.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
