//! An experiment: turns of the command and of nothing in alternating blocks, a reading after each, until it is sure, or at
//! a limit. Knows nothing of processes or of the kernel: it acts on a [`World`].

use super::ProbeError;
use super::blocks::lengths;
use super::reading::{Catalogue, PROCESSES, Reading, Thing};
use super::world::{Kind, World};
use crate::base::statistics::median;
use crate::sample::command::Outcome;

/// A turn of nothing lasts as long as one of the command, but no longer than this many seconds.
const LONGEST_CONTROL: f64 = 1.0;
/// So much longer than the budget the last run may take.
const LAST_SECONDS: f64 = 1.0;
/// Of many runs it is asked after each fourth only whether they are enough.
const MANY_RUNS: usize = 100;
/// Fewer runs than this tell nothing.
const FEW_RUNS: usize = 3;
/// A command that is killed at its timeout so often is not run again.
const MOST_HUNG: usize = 3;
/// How often whoever waits is told where it is, in seconds of rest.
const REST: f64 = 0.1;

/// When an experiment ends at the latest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Runs of the command.
    pub runs: usize,
    /// Seconds.
    pub budget_seconds: f64,
    /// Bytes that runs may leave behind.
    pub growth: f64,
    /// Runs whose readings do not count.
    pub warm_up: usize,
    /// How long to wait at the end for what is given back late.
    pub late_seconds: f64,
    /// A leak of fewer bytes a run does not matter.
    pub least: f64,
    /// Whether to have the kernel drop its caches before the first run and after the last.
    pub drop_caches: bool,
}

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It is sure.
    Sure,
    /// All runs are done.
    Runs,
    /// The time is up.
    Budget,
    /// The runs left too much behind.
    Growth,
    /// The command was killed at its timeout again and again.
    Hung,
    /// The user wanted it.
    Interrupted,
}

/// Where an experiment is, for whoever waits for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Runs of the command so far.
    pub runs: usize,
    /// Bytes that they added so far.
    pub growth: f64,
    /// Seconds that are left at most.
    pub seconds_left: f64,
}

/// What was seen.
#[derive(Debug)]
pub struct Observed {
    /// The numbers of things.
    pub catalogue: Catalogue,
    /// What was run, in order, without the warm-up.
    pub turns: Vec<Kind>,
    /// Before the first turn and after each.
    pub readings: Vec<Reading>,
    /// How each run of the command went, those of the warm-up first.
    pub outcomes: Vec<Outcome>,
    /// After the caches were dropped at the beginning, and at the end; none before the end.
    pub dropped: Option<[Reading; 2]>,
    /// When it had to end.
    pub limits: Limits,
    /// Bytes that the command's turns added, those of the warm-up, too.
    pub grown: f64,
    /// Why it ended.
    pub stop: Stop,
    /// How long it took.
    pub seconds: f64,
}

impl Observed {
    /// The levels of a number before the first turn and after each.
    pub(super) fn levels(&self, of: impl Fn(&Reading) -> f64) -> Vec<f64> {
        self.readings.iter().map(of).collect()
    }

    /// The number of a thing.
    pub(super) fn number_of(&self, metric: &str, instance: &str) -> Option<usize> {
        let is = |thing: &Thing| thing.metric == metric && thing.instance == instance;
        self.catalogue.all().find(|(thing, _)| is(thing)).map(|(_, number)| number)
    }

    /// The levels of a thing. One that is not there counts 0: a cache that comes with its first object.
    pub(super) fn levels_of(&self, number: usize) -> Vec<f64> {
        self.levels(|reading| reading.thing(number).unwrap_or(0.0))
    }

    /// The runs of the command that count.
    pub fn runs(&self) -> usize {
        self.turns.iter().filter(|kind| **kind == Kind::Command).count()
    }
}

/// Makes an experiment. `is_sure` is asked after each run of the command that counts, `tell` is told where it is.
///
/// # Errors
/// The command could not be started.
pub fn observe(
    world: &mut dyn World,
    limits: &Limits,
    is_sure: &mut dyn FnMut(&Observed) -> bool,
    tell: &mut dyn FnMut(Progress),
) -> Result<Observed, ProbeError> {
    let seen = Observed {
        catalogue: Catalogue::default(),
        turns: Vec::new(),
        readings: Vec::new(),
        outcomes: Vec::new(),
        dropped: None,
        limits: *limits,
        grown: 0.0,
        stop: Stop::Runs,
        seconds: 0.0,
    };
    let mut session = Session {
        world,
        limits,
        is_sure,
        tell,
        seen,
        floor: None,
        warm_up: Vec::new(),
        warm_up_readings: Vec::new(),
    };
    session.seen.stop = session.all()?;
    session.finish()?;
    session.use_warm_up();
    Ok(session.seen)
}

struct Session<'a> {
    world: &'a mut dyn World,
    limits: &'a Limits,
    is_sure: &'a mut dyn FnMut(&Observed) -> bool,
    tell: &'a mut dyn FnMut(Progress),
    seen: Observed,
    /// After the caches were dropped.
    floor: Option<Reading>,
    /// The turns that do not count, and the readings before each.
    warm_up: Vec<Kind>,
    warm_up_readings: Vec<Reading>,
}

impl Session<'_> {
    fn all(&mut self) -> Result<Stop, ProbeError> {
        let first = self.read();
        self.seen.readings.push(first);
        for _ in 0..self.limits.warm_up {
            for kind in [Kind::Control, Kind::Command] {
                if let Some(stop) = self.step(kind, false)? {
                    return Ok(stop);
                }
            }
        }
        self.warm_up = std::mem::take(&mut self.seen.turns);
        let mut warm_up = std::mem::take(&mut self.seen.readings);
        let mut reading = warm_up.pop().unwrap_or_default();
        self.warm_up_readings = warm_up;
        if self.limits.drop_caches && self.world.drop_caches() {
            reading = self.read();
            self.floor = Some(reading.clone());
        }
        self.seen.readings.push(reading);
        for length in lengths() {
            for kind in [Kind::Control, Kind::Command] {
                for _ in 0..length {
                    if let Some(stop) = self.step(kind, true)? {
                        return Ok(stop);
                    }
                }
            }
        }
        Ok(Stop::Runs)
    }

    /// One turn. Of one that counts it is asked whether that is enough.
    fn step(&mut self, kind: Kind, counts: bool) -> Result<Option<Stop>, ProbeError> {
        let before = self.seen.readings.last().cloned().unwrap_or_default();
        let reading = self.turn(kind, &before)?;
        if self.world.is_interrupted() {
            // What was killed on the way is no run.
            return Ok(Some(Stop::Interrupted));
        }
        self.seen.turns.push(kind);
        self.seen.readings.push(reading);
        let stop = self.limit();
        let runs = self.seen.runs();
        let is_asked = counts && kind == Kind::Command && (runs < MANY_RUNS || runs % 4 == 0);
        if stop.is_none() && is_asked && (self.is_sure)(&self.seen) {
            // What is given back late may change that; then it goes on.
            self.wait_for_late()?;
            return Ok((self.is_sure)(&self.seen).then_some(Stop::Sure));
        }
        Ok(stop)
    }

    /// A turn of nothing that takes longer.
    fn wait_for_late(&mut self) -> Result<(), ProbeError> {
        if self.limits.late_seconds > 0.0 {
            self.world.run(Kind::Control, LAST_SECONDS)?;
            self.rest(self.limits.late_seconds);
            let reading = self.read();
            self.seen.turns.push(Kind::Control);
            self.seen.readings.push(reading);
        }
        Ok(())
    }

    /// Runs something, waits, reads.
    fn turn(&mut self, kind: Kind, before: &Reading) -> Result<Reading, ProbeError> {
        let outcome = self.world.run(kind, self.time_left())?;
        match kind {
            Kind::Command if self.world.is_interrupted() => {}
            Kind::Command => self.seen.outcomes.push(outcome),
            Kind::Control => self.rest(self.pause() - outcome.seconds),
        }
        let reading = self.read();
        if kind == Kind::Command {
            // Others move the memory of processes, too; it counts where the command left some running.
            let processes = self.seen.number_of(PROCESSES, "").and_then(|number| reading.things.get(number));
            let added = if processes.is_some_and(|processes| *processes > 0.0) {
                reading.staying() - before.staying()
            } else {
                reading.of_kernel() - before.of_kernel()
            };
            self.seen.grown += if added.is_finite() { added } else { 0.0 };
        }
        let progress = self.progress();
        (self.tell)(progress);
        Ok(reading)
    }

    /// Where the runs left so much behind that few were allowed, those of the warm-up have to count, too.
    fn use_warm_up(&mut self) {
        if self.seen.stop == Stop::Growth && self.seen.runs() < FEW_RUNS && self.seen.dropped.is_none() {
            self.seen.turns.splice(0..0, std::mem::take(&mut self.warm_up));
            self.seen.readings.splice(0..0, std::mem::take(&mut self.warm_up_readings));
        }
    }

    fn read(&mut self) -> Reading {
        self.world.read(&mut self.seen.catalogue)
    }

    /// How long a turn of nothing lasts.
    fn pause(&self) -> f64 {
        let mut seconds: Vec<f64> = self.seen.outcomes.iter().map(|outcome| outcome.seconds).collect();
        median(&mut seconds).unwrap_or(0.0).min(LONGEST_CONTROL)
    }

    fn rest(&mut self, seconds: f64) {
        let mut left = seconds;
        while left > 0.0 && !self.world.is_interrupted() {
            self.world.rest(left.min(REST));
            left -= REST;
        }
    }

    /// How long a run may take before the time is up for all.
    fn time_left(&self) -> f64 {
        (self.limits.budget_seconds - self.world.seconds()).max(0.0) + LAST_SECONDS
    }

    fn limit(&self) -> Option<Stop> {
        let outcomes = &self.seen.outcomes;
        let hung = outcomes.iter().rev().take_while(|outcome| outcome.killed).count();
        if self.world.is_interrupted() {
            Some(Stop::Interrupted)
        } else if hung >= MOST_HUNG {
            Some(Stop::Hung)
        } else if self.seen.grown > self.limits.growth {
            Some(Stop::Growth)
        } else if self.world.seconds() > self.limits.budget_seconds {
            Some(Stop::Budget)
        } else if outcomes.len() >= self.limits.runs {
            Some(Stop::Runs)
        } else {
            None
        }
    }

    fn progress(&self) -> Progress {
        let (runs, seconds) = (self.seen.outcomes.len(), self.world.seconds());
        #[expect(clippy::cast_precision_loss, reason = "numbers of runs")]
        let by_runs = seconds / runs.max(1) as f64 * self.limits.runs.saturating_sub(runs) as f64;
        let by_time = self.limits.budget_seconds - seconds;
        Progress { runs, growth: self.seen.grown, seconds_left: by_runs.min(by_time).max(0.0) }
    }

    /// Waits for what is given back late, and drops the caches again. After Ctrl-C at once.
    fn finish(&mut self) -> Result<(), ProbeError> {
        let was_interrupted = self.seen.stop == Stop::Interrupted;
        if self.seen.turns.last() == Some(&Kind::Command) && !was_interrupted {
            self.wait_for_late()?;
        }
        if let Some(floor) = self.floor.take().filter(|_| !was_interrupted) {
            if self.world.drop_caches() {
                self.seen.dropped = Some([floor, self.read()]);
            }
        }
        self.seen.seconds = self.world.seconds();
        Ok(())
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
