//! One thing that is run again and again, and whether each run leaves memory behind.
//!
//! Watched is what each part of memory did across each run, less what it did per second outside of the runs. That alone
//! is no proof: other jobs of cron start in the same second. So a suspicion is tried by a crossover: for a while the thing
//! is run every other time only, in an order that nothing else follows, and whole intervals with and without it are compared.
//! What others leave behind is in both.

use super::reading::{COUNT, Change, Reading};
use crate::base::statistics::{Estimate, level, median};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How many runs are remembered.
const MOST_SLOTS: usize = 200;
/// A growth below this many KiB in a run is none: the kernel gives out pages of 4.
const LEAST: f64 = 4.0;
/// Over how many of the last runs a suspicion may rise: soon, in an hour's, over all.
const WINDOWS: [usize; 3] = [20, 60, MOST_SLOTS];
/// How sure a suspicion is, in standard errors: it is asked after each run, for years. With 20 runs, all of them grew.
const TO_SUSPECT: f64 = 3.9;
/// How sure the trial is: 99.7 %, with 12 pairs at least.
const TO_DECIDE: f64 = 3.0;
/// The most pairs of a trial; what is not sure by then is dropped.
const MOST_PAIRS: usize = 60;
/// The least share of a growth across the runs that must be one's own: jobs of the same second may add to it.
const OWN_SHARE: f64 = 0.25;
/// Runs before something that was tried in vain can be suspected again, twice as many after each time, up to 64 times.
const REST: u64 = 300;
const MOST_DOUBLINGS: u32 = 6;

/// A turn: the thing was run, or in a trial left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
struct Slot {
    /// Whether it was run.
    ran: bool,
    /// Seconds that it took.
    seconds: f64,
    /// What changed across it.
    inside: Change,
    /// Seconds since the turn before, and what changed in them; none after a boot.
    outside: Option<(f64, Change)>,
}

/// A slot in the file: whether it was run, milliseconds, and the rest.
type Row = (u8, f64, Change, Option<(f64, Change)>);

impl From<Row> for Slot {
    fn from((ran, milliseconds, inside, outside): Row) -> Self {
        Self { ran: ran != 0, seconds: milliseconds / 1e3, inside, outside }
    }
}

impl From<Slot> for Row {
    fn from(slot: Slot) -> Self {
        let whole = |seconds: f64| (seconds * 1e3).round();
        let outside = slot.outside.map(|(seconds, change)| (whole(seconds) / 1e3, change));
        (u8::from(slot.ran), whole(slot.seconds), slot.inside, outside)
    }
}

/// How the last turn ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Last {
    boot: Option<String>,
    time: f64,
    after: Reading,
}

/// What is thought of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    /// Nothing.
    #[default]
    Watched,
    /// A part seems to grow by so many KiB a run: it is run every other time.
    Tried { part: usize, kib: f64, turns: usize },
    /// It leaks: so many KiB a run, at least, at most; found at a time.
    Leaking { part: usize, kib: [f64; 3], since: i64 },
}

impl Phase {
    /// Whether it is run every other time.
    pub(crate) fn is_tried(self) -> bool {
        matches!(self, Self::Tried { .. })
    }
}

/// A thing that is run again and again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Subject {
    /// Tells whether it is still the same thing.
    pub(crate) print: u64,
    /// Unix time of the last turn.
    pub(crate) turned: i64,
    /// How often it was run.
    pub(crate) runs: u64,
    /// What is thought of it.
    pub(crate) phase: Phase,
    /// Not to be suspected before this many runs.
    rest_until: u64,
    /// How often a suspicion was dropped.
    dismissed: u32,
    slots: VecDeque<Slot>,
    last: Option<Last>,
}

/// What one turn showed.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    /// Unix time at its beginning.
    pub(crate) now: i64,
    /// The boot.
    pub(crate) boot: Option<String>,
    /// Whether it was run.
    pub(crate) ran: bool,
    /// How long it took.
    pub(crate) seconds: f64,
    /// Before and after.
    pub(crate) before: Reading,
    /// After it.
    pub(crate) after: Reading,
}

impl Subject {
    /// One of which nothing is known.
    pub(crate) fn new(print: u64) -> Self {
        Self { print, ..Self::default() }
    }

    /// Whether the next turn is to be run; in a trial every other one is, in a scattered order.
    pub(crate) fn runs_next(&self) -> bool {
        match self.phase {
            Phase::Tried { turns, .. } => {
                let (pair, second) = (turns / 2, turns % 2 == 1);
                scattered(pair as u64 ^ self.print) != second
            }
            _ => true,
        }
    }

    /// Takes in a turn, and thinks about it. `may_suspect`: no other thing is on trial.
    pub(crate) fn observe(&mut self, turn: &Turn, may_suspect: bool) {
        let begin = turn.now as f64;
        let outside = self.last.as_ref().filter(|last| last.boot == turn.boot && last.time <= begin);
        let outside = outside.map(|last| (begin - last.time, turn.before.since(&last.after)));
        let inside = turn.after.since(&turn.before);
        self.slots.push_back(Slot { ran: turn.ran, seconds: turn.seconds, inside, outside });
        while self.slots.len() > MOST_SLOTS {
            self.slots.pop_front();
        }
        self.runs += u64::from(turn.ran);
        self.turned = turn.now;
        self.last = Some(Last { boot: turn.boot.clone(), time: begin + turn.seconds, after: turn.after });
        match self.phase {
            Phase::Watched if may_suspect && self.runs >= self.rest_until => self.suspect(),
            Phase::Tried { part, kib, turns } => {
                self.phase = Phase::Tried { part, kib, turns: turns + 1 };
                self.decide(part, kib, turns + 1, turn.now);
            }
            _ => {}
        }
    }

    /// Drops a suspicion for a while.
    pub(crate) fn dismiss(&mut self) {
        self.phase = Phase::Watched;
        self.rest_until = self.runs + (REST << self.dismissed.min(MOST_DOUBLINGS));
        self.dismissed += 1;
    }

    /// A part that grew across the runs, and over whole intervals, too: what comes back by itself soon after is no leak.
    fn suspect(&mut self) {
        let found = WINDOWS.iter().find_map(|window| {
            // The longer the window, the less a single run changes it.
            let due = self.runs % (*window as u64 / 8).max(1) == 0;
            (0..COUNT).filter(|_| due).find_map(|part| {
                let inside = self.inside(part, *window)?;
                let cycles = self.cycles(part);
                let mut last: Vec<f64> = cycles.iter().rev().take(*window).map(|(_, kib)| *kib).collect();
                (median(&mut last)? >= inside.center / 2.0).then_some((part, inside.center))
            })
        });
        if let Some((part, kib)) = found {
            self.phase = Phase::Tried { part, kib, turns: 0 };
        }
    }

    /// What a part did across the last runs, less what it does outside of them in such a time; if it is growth for sure.
    fn inside(&self, part: usize, window: usize) -> Option<Estimate> {
        let outside = self.slots.iter().filter_map(|slot| slot.outside);
        let mut rates: Vec<f64> = outside
            .filter(|(seconds, _)| *seconds > 0.0)
            .map(|(seconds, change)| change[part] as f64 / seconds)
            .collect();
        let rate = median(&mut rates).unwrap_or(0.0);
        let runs = self.slots.iter().rev().filter(|slot| slot.ran).take(window);
        let values: Vec<f64> = runs.map(|slot| slot.inside[part] as f64 - rate * slot.seconds).collect();
        // Most things never grow at all: that is seen without ranking all pairs.
        if values.len() < window.min(WINDOWS[0]) || median(&mut values.clone())? < LEAST {
            return None;
        }
        level(&values, TO_SUSPECT).filter(|level| level.center >= LEAST && level.low > 1.0)
    }

    /// Whole intervals, from a turn's beginning to that of the next one, and whether it was run in them.
    fn cycles(&self, part: usize) -> Vec<(Slot, f64)> {
        let pairs = self.slots.iter().zip(self.slots.iter().skip(1));
        pairs
            .filter_map(|(slot, next)| {
                let (_, outside) = next.outside?;
                Some((*slot, (slot.inside[part] + outside[part]) as f64))
            })
            .collect()
    }

    /// Compares intervals with and without it, as soon as there are enough pairs.
    fn decide(&mut self, part: usize, kib: f64, turns: usize, now: i64) {
        let level = level(&self.differences(part, turns), TO_DECIDE);
        let leaks = level.filter(|level| level.low > 0.0 && level.center >= kib * OWN_SHARE);
        if let Some(level) = leaks {
            self.phase = Phase::Leaking { part, kib: [level.center, level.low, level.high], since: now };
        } else if turns >= 2 * MOST_PAIRS || level.is_some_and(|level| level.high < kib * OWN_SHARE) {
            self.dismiss();
        }
    }

    /// For each pair of the trial, how much more was left by the interval with it.
    fn differences(&self, part: usize, turns: usize) -> Vec<f64> {
        let first = self.slots.len().saturating_sub(turns);
        let cycle = |at: usize| {
            let (seconds, outside) = self.slots.get(at + 1)?.outside?;
            let slot = self.slots.get(at)?;
            Some((slot.ran, (slot.inside[part] + outside[part]) as f64, seconds + slot.seconds))
        };
        (first..self.slots.len())
            .step_by(2)
            .filter_map(|at| {
                let ((ran, one, length), (_, other, other_length)) = (cycle(at)?, cycle(at + 1)?);
                // A missed turn makes an interval long, with more of everything in it.
                let alike = length <= 1.5 * other_length + 5.0 && other_length <= 1.5 * length + 5.0;
                alike.then_some(if ran { one - other } else { other - one })
            })
            .collect()
    }
}

/// A coin for each number, the same each time (the finaliser of SplitMix64).
fn scattered(number: u64) -> bool {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) & 1 == 1
}
