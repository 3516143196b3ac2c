//! A series watched from its beginning: what the finder would have said at each time, seeing only what came before.
//! The verdict at the end is that of the last time.

use super::ending::{Ending, ending};
use super::estimate::estimate;
use super::evidence::{Assessment, DOUBTS_OF_A_SUSPECT};
use super::level::Level;
use super::seen::Seen;
use super::verdict::{Kind, Reason, Series, State, Verdict};

/// Fewer values than this say nothing.
const LEAST_VALUES: usize = 18;
/// Share of the needed time that growth must have lasted for somebody who asks once.
const NEEDED_SHARE_ASKED_ONCE: f64 = 0.5;

/// Verdicts of the finder over time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Watch {
    /// The verdict at the last sample.
    pub verdict: Verdict,
    /// The first sample at which it was said to leak.
    pub detected_at: Option<i64>,
    /// When the last such verdict was withdrawn.
    pub withdrawn_at: Option<i64>,
}

/// Watches a series from its first to its last sample.
pub fn watch(series: &Series) -> Watch {
    let seen = Seen::new(series);
    if seen.times.len() < LEAST_VALUES {
        return Watch::default();
    }
    let mut course = Course::default();
    // Most parts of a host hardly move: no look at them would find what is worth one.
    let mut levels = if seen.range() > seen.floor(0.0) { Level::all(&seen) } else { Vec::new() };
    // All levels side by side in time: what one of them sees holds for the series.
    loop {
        let due = levels.iter_mut().filter_map(|level| Some((level.next_time(&seen)?, level)));
        let Some((time, level)) = due.min_by(|a, b| a.0.total_cmp(&b.0)) else { break };
        level.look(&seen, course.is_known(time), course.leak.is_some());
        course.update(time, &levels);
    }
    course.end(&seen)
}

/// Verdicts so far.
#[derive(Default)]
struct Course {
    detected: Option<f64>,
    withdrawn: Option<f64>,
    /// The growth that is said to be a leak, as last seen.
    leak: Option<Assessment>,
    /// The one that was, once it is not said any more.
    past: Option<Assessment>,
    suspicion: Option<Assessment>,
}

impl Course {
    /// Reports whether a leak goes on, or was withdrawn not longer ago than it had lasted: it may go on after a restart.
    fn is_known(&self, time: f64) -> bool {
        let may_go_on = |(past, since): (Assessment, f64)| time - since <= past.evidence.lasted;
        self.leak.is_some() || self.past.zip(self.withdrawn).is_some_and(may_go_on)
    }

    fn update(&mut self, time: f64, levels: &[Level]) {
        let least_doubted =
            |a: &&Assessment, b: &&Assessment| a.evidence.doubts.total_cmp(&b.evidence.doubts);
        let looked = || levels.iter().filter_map(|level| level.last.as_ref());
        let found = levels.iter().filter_map(Level::leak).min_by(|a, b| a.onset.total_cmp(&b.onset));
        let goes_on = || looked().filter(|growth| growth.is_known_leak()).min_by(least_doubted);
        let seen = found.or_else(|| self.leak.and_then(|_| goes_on())).copied();
        if found.is_some() {
            self.detected.get_or_insert(time);
            self.withdrawn = None;
        } else if self.leak.is_some() && seen.is_none() {
            (self.past, self.withdrawn) = (self.leak, Some(time));
        }
        // A fine level sees only the last hours of a leak that goes on.
        let known_onset = self.leak.map_or(f64::INFINITY, |leak| leak.onset);
        self.leak = seen.map(|growth| growth.since(known_onset.min(growth.onset)));
        self.suspicion = looked().filter(|growth| growth.is_suspect()).min_by(least_doubted).copied();
    }

    fn end(&self, seen: &Seen) -> Watch {
        let verdict = self.verdict(seen);
        if seen.kind == Kind::Cache {
            // What may grow as long as it likes is never said to leak.
            return Watch { verdict, ..Watch::default() };
        }
        let ended = verdict.growth.filter(|_| verdict.state == State::Ended).map(|growth| growth.until);
        let withdrawn = self.withdrawn.map(|time| seen.unix_of_first_since(time)).or(ended);
        let withdrawn = withdrawn.or_else(|| Some(seen.unix(*seen.times.last()?)));
        Watch {
            verdict,
            detected_at: self.detected.map(|time| seen.unix_of_first_since(time)),
            withdrawn_at: withdrawn.filter(|_| verdict.state != State::Leaking && self.detected.is_some()),
        }
    }

    fn verdict(&self, seen: &Seen) -> Verdict {
        let leak = self.leak.or(self.past);
        if seen.kind == Kind::Cache {
            let growth = leak.or(self.suspicion);
            return growth.map_or_else(nothing, |growth| said(State::Ok, &growth, Reason::Cache, seen));
        }
        match leak.and_then(|leak| ending(leak.onset, self.leak.is_none(), seen)) {
            Some(Ending::Flat(growth)) => {
                let (growth, evidence) = (Some(growth), leak.map(|leak| leak.evidence));
                return Verdict { state: State::Ended, growth, evidence, reason: Reason::Stopped };
            }
            Some(Ending::GivenBack) => return Verdict { reason: Reason::GivenBack, ..Verdict::default() },
            None => {}
        }
        if let Some(leak) = self.leak {
            return said(State::Leaking, &leak, Reason::Even, seen);
        }
        self.suspicion.map_or_else(nothing, |growth| said(State::Suspect, &growth, Reason::NotYet, seen))
    }
}

impl Verdict {
    /// The verdict for somebody who asks once. A monitor looks hundreds of times, and each look can be wrong; a single
    /// look needs less evidence, so a suspect that has lasted half as long as needed is called a leak.
    pub fn asked_once(mut self) -> Self {
        if let Some(evidence) = self.evidence.as_mut().filter(|_| self.state == State::Suspect) {
            evidence.needed *= NEEDED_SHARE_ASKED_ONCE;
            evidence.most_doubts = DOUBTS_OF_A_SUSPECT;
            if evidence.lasted >= evidence.needed {
                (self.state, self.reason) = (State::Leaking, Reason::Even);
            }
        }
        self
    }
}

fn nothing() -> Verdict {
    Verdict { reason: Reason::NoGrowth, ..Verdict::default() }
}

/// The verdict on a growth, as it is at the end.
fn said(state: State, growth: &Assessment, reason: Reason, seen: &Seen) -> Verdict {
    let evidence = Some(growth.evidence);
    let Some(growth) = estimate(seen, growth.onset, f64::INFINITY) else { return nothing() };
    Verdict { state, growth: Some(growth), evidence, reason }
}
