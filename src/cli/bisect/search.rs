//! The rounds of a search, each a short experiment in which some scripts are off, under one budget of time and memory.

use crate::base::statistics::Estimate;
use crate::cli::args::BisectArgs;
use crate::cli::probe::Bar;
use crate::probe::bisect::{Ask, culprits};
use crate::probe::{
    Answered, Judgement, Limits, Machine, Observed, ProbeError, Stop, Trace, Verdict, Way, World, is_decided,
    observe, verdict,
};

/// With all scripts on, the verdict should be exact; a round only has to tell much from little.
const WARM_UP: usize = 2;
const WARM_UP_OF_ROUND: usize = 1;
const LATE_SECONDS: f64 = 1.0;
/// In so many runs a round has to be sure; else the likelier answer is taken, and tried again at the end.
const MOST_RUNS_OF_ROUND: usize = 30;
/// If this share of the leak is there without any script, it is the command's.
const OWN_SHARE: f64 = 0.75;

/// One round.
pub(super) struct Round {
    /// 0 with all scripts on, 1 with none, then the rounds of the search.
    pub(super) number: usize,
    /// The scripts that were on.
    pub(super) on: Vec<usize>,
    /// What it said.
    pub(super) answered: Answered,
    /// What it counts, where that is not bytes.
    pub(super) things: Option<&'static str>,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With culprits.
    Found,
    /// With all scripts on nothing leaks.
    Clean,
    /// Whether it leaks with all scripts on cannot be told.
    Unsure,
    /// It leaks with all scripts off.
    CommandItself,
    /// At a limit.
    Stopped(Stop),
}

/// What a search found.
pub(super) struct Found {
    pub(super) outcome: Outcome,
    /// With all scripts on.
    pub(super) whole: Option<Verdict>,
    /// Each set that leaks, with what a run of it adds, where that was asked by itself.
    pub(super) culprits: Vec<(Vec<usize>, Option<Answered>)>,
    /// All rounds.
    pub(super) rounds: Vec<Round>,
    /// What is counted, where that is not bytes.
    pub(super) things: Option<&'static str>,
    /// Bytes that all rounds left behind together.
    pub(super) cost: f64,
    pub(super) seconds: f64,
}

/// What ends a search.
pub(super) enum End {
    Stop(Stop),
    Error(ProbeError),
}

impl From<ProbeError> for End {
    fn from(error: ProbeError) -> Self {
        Self::Error(error)
    }
}

/// A search.
pub(super) struct Search<'a> {
    machine: &'a mut Machine,
    args: &'a BisectArgs,
    way: Way,
    count: usize,
    tell: &'a mut dyn FnMut(&Round),
    /// Bytes that may still be left behind.
    allowed: f64,
    cost: f64,
    trace: Option<Trace>,
    whole: f64,
    base: f64,
    rounds: Vec<Round>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        machine: &'a mut Machine,
        args: &'a BisectArgs,
        way: Way,
        count: usize,
        tell: &'a mut dyn FnMut(&Round),
    ) -> Self {
        let allowed = args.limits.max_growth.of(machine.available());
        Self {
            machine,
            args,
            way,
            count,
            tell,
            allowed,
            cost: 0.0,
            trace: None,
            whole: 0.0,
            base: 0.0,
            rounds: Vec::new(),
        }
    }

    pub(super) fn all(mut self) -> Result<Found, ProbeError> {
        let mut culprits = Vec::new();
        let mut whole = None;
        let outcome = match self.search(&mut whole, &mut culprits) {
            Ok(outcome) => outcome,
            Err(End::Stop(stop)) => Outcome::Stopped(stop),
            Err(End::Error(error)) => return Err(error),
        };
        let alone = |set: &Vec<usize>| {
            let round = self.rounds.iter().skip(1).rfind(|round| &round.on == set && round.answered.leaks);
            round.map(|round| round.answered)
        };
        let culprits = culprits.into_iter().map(|set| (set.clone(), alone(&set))).collect();
        Ok(Found {
            outcome,
            whole,
            culprits,
            things: self.trace.as_ref().and_then(Trace::things),
            cost: self.cost,
            rounds: self.rounds,
            seconds: self.machine.seconds(),
        })
    }

    fn search(&mut self, whole: &mut Option<Verdict>, found: &mut Vec<Vec<usize>>) -> Result<Outcome, End> {
        let all: Vec<usize> = (0..self.count).collect();
        let verdict = self.with_all_on(&all)?;
        let judgement = verdict.judgement;
        *whole = Some(verdict);
        match judgement {
            Judgement::Clean => return Ok(Outcome::Clean),
            Judgement::Unsure => return Ok(Outcome::Unsure),
            Judgement::Leaks => {}
        }
        let none = self.round(&[])?;
        if none.leaks && none.estimate.center > OWN_SHARE * self.whole {
            return Ok(Outcome::CommandItself);
        }
        // What the command leaks by itself is in each round.
        self.base = none.estimate.center.max(0.0);
        culprits(self, &all, &mut |set| found.push(set.to_vec()))?;
        Ok(Outcome::Found)
    }

    /// The experiment that says what to look for.
    fn with_all_on(&mut self, all: &[usize]) -> Result<Verdict, End> {
        let seen =
            self.experiment(all, WARM_UP, LATE_SECONDS, self.args.limits.runs as usize, &mut is_decided)?;
        let verdict = verdict(&seen, self.way);
        if matches!(seen.stop, Stop::Interrupted | Stop::Hung | Stop::Growth)
            && verdict.judgement != Judgement::Leaks
        {
            return Err(End::Stop(seen.stop));
        }
        if verdict.judgement == Judgement::Leaks {
            let trace = Trace::of(&seen, &verdict);
            let estimate = trace.whole(&seen);
            self.whole = estimate.center;
            let answered = Answered { leaks: true, is_sure: true, estimate, runs: seen.runs() };
            self.keep(all, answered, trace.things());
            self.trace = Some(trace);
        }
        Ok(verdict)
    }

    fn round(&mut self, on: &[usize]) -> Result<Answered, End> {
        let Some(trace) = self.trace.clone() else { return Err(End::Stop(Stop::Runs)) };
        let (whole, base) = (self.whole, self.base);
        let ask = |seen: &Observed| trace.answer(seen, whole, base);
        let runs = MOST_RUNS_OF_ROUND.min(self.args.limits.runs as usize);
        let seen = self.experiment(on, WARM_UP_OF_ROUND, 0.0, runs, &mut |seen| ask(seen).is_sure)?;
        let answered = ask(&seen);
        if !answered.is_sure
            && matches!(seen.stop, Stop::Interrupted | Stop::Growth | Stop::Budget | Stop::Hung)
        {
            return Err(End::Stop(seen.stop));
        }
        self.keep(on, answered, trace.things());
        Ok(answered)
    }

    fn keep(&mut self, on: &[usize], answered: Answered, things: Option<&'static str>) {
        let round = Round { number: self.rounds.len(), on: on.to_vec(), answered, things };
        (self.tell)(&round);
        self.rounds.push(round);
    }

    fn experiment(
        &mut self,
        on: &[usize],
        warm_up: usize,
        late_seconds: f64,
        runs: usize,
        is_sure: &mut dyn FnMut(&Observed) -> bool,
    ) -> Result<Observed, End> {
        let off: Vec<usize> = (0..self.count).filter(|script| !on.contains(script)).collect();
        self.machine.switch_off(&off)?;
        let limits = Limits {
            runs,
            budget_seconds: self.args.limits.budget,
            growth: self.allowed,
            warm_up,
            late_seconds,
            least: self.args.limits.least,
            drop_caches: false,
        };
        let bar = Bar::new(None);
        let seen = observe(self.machine, &limits, is_sure, &mut |progress| bar.show(progress));
        bar.clear();
        let seen = seen?;
        self.allowed -= seen.grown.max(0.0);
        self.cost += seen.grown.max(0.0);
        Ok(seen)
    }
}

impl Ask for Search<'_> {
    type Error = End;

    fn leaks(&mut self, on: &[usize]) -> Result<bool, End> {
        // With all on it is known.
        if on.len() == self.count {
            return Ok(true);
        }
        Ok(self.round(on)?.leaks)
    }
}

/// Estimates as they stand in JSON.
pub(super) fn interval(estimate: &Estimate) -> [f64; 2] {
    [estimate.low.round(), estimate.high.round()]
}
