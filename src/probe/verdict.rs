//! What an experiment says: whether each run leaves memory behind, how much, in which parts, held by what.

use super::Way;
use super::estimate::{Rule, control, count, judge};
use super::judged::{Judged, reclaimed};
use super::reading::{Reading, is_of_processes, staying};
use super::session::{Observed, Stop};
use super::slab::growing_caches;
use super::world::Kind;
use crate::analysis::part::Part;
use crate::base::statistics::{Estimate, median};
use serde::Serialize;

/// A leak that comes with fewer than this share of the runs comes now and then …
const NOW_AND_THEN: f64 = 0.8;
/// … if each time it is so large: smaller ones fill pages, and show when one is full.
const LEAST_JUMP: f64 = 131_072.0;
/// So many runs are made where no limit comes first.
const LEAST_RUNS: usize = 8;
/// A leak is told with an interval of this share of it, or of so many runs.
const EXACT: f64 = 1.0;
const MOST_FOR_EXACT: usize = 64;
/// What leaves things behind is run so often at most to see how much memory that is.
const MOST_FOR_THINGS: usize = 150;

/// In a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Each run leaves something behind.
    Leaks,
    /// None does.
    Clean,
    /// It cannot be told.
    Unsure,
}

/// Why it cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// All runs are done, and others moved more memory than a run could hide.
    TooNoisy,
    /// The time was up first.
    Budget,
    /// More was left behind than allowed, in too few runs.
    Growth,
    /// Too few runs were asked for.
    TooFewRuns,
    /// The command did not end by itself.
    Hung,
    /// The user ended it.
    Interrupted,
}

/// What a run adds to a part of memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Grown {
    /// The part.
    pub part: Part,
    /// The kernel's name for it; empty for what no field holds.
    pub kernel_name: &'static str,
    /// Bytes a run.
    pub bytes: f64,
    /// The ends of its interval.
    pub interval: [f64; 2],
}

/// What a run adds to a slab cache; without a name for slab in no cache (large kmalloc).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Slab {
    /// The cache.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Bytes a run.
    pub bytes: f64,
    /// Objects a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<f64>,
}

/// Things that a run leaves behind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Left {
    /// The metric's id: `ipc.msg_queues`.
    pub metric: &'static str,
    /// How many a run.
    pub count: f64,
    /// The command that lists them.
    pub command: &'static str,
}

/// How the runs went.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ran {
    /// Seconds of the middle one.
    pub seconds: f64,
    /// All runs, those of the warm-up, too.
    pub runs: usize,
    /// Runs that ended with another code than 0 or by a signal.
    pub failed: usize,
    /// The code of the last of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Its signal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// Runs that were killed at their timeout.
    pub killed: usize,
    /// The last line that the last of these printed, where its output could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
}

/// What was found out of one way of running a command.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// The way.
    pub way: Way,
    /// In a word.
    pub judgement: Judgement,
    /// Why not, where it cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// Runs that counted.
    pub runs: usize,
    /// Bytes that a run leaves behind: the parts that leak together, or all that are not given back.
    pub bytes: f64,
    /// The ends of its interval.
    pub interval: [f64; 2],
    /// Bytes that a run of nothing left behind.
    pub control: f64,
    /// A leak of fewer bytes a run would not have been seen.
    pub detectable: f64,
    /// Where only some of the runs leak: how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaking_runs: Option<usize>,
    /// The parts that leak, largest first.
    pub parts: Vec<Grown>,
    /// The slab caches that grow with them, largest first.
    pub slabs: Vec<Slab>,
    /// What else each run leaves behind.
    pub left: Vec<Left>,
    /// What grows and is given back when it is needed.
    pub reclaimable: Vec<Grown>,
    /// Whether dropping the caches proved that it is given back.
    pub caches_dropped: bool,
    /// Parts that moved too much to tell, though the others can be told.
    pub untold: Vec<Grown>,
    /// How the runs went.
    pub ran: Ran,
    /// Bytes that all runs of the experiment left behind together, about.
    pub cost: f64,
    /// How long it all took, in seconds.
    pub seconds: f64,
}

/// Whether there is nothing more to learn: something leaks, or nothing that belongs to no process does. Three runs can be
/// proof enough; where nothing forbids it, some more make the interval narrow.
pub fn is_decided(seen: &Observed) -> bool {
    if seen.runs() < LEAST_RUNS {
        return false;
    }
    let judged = Judged::of(seen);
    let is_exact = || {
        let total = total(seen, &judged.leaking()).unwrap_or_default();
        total.high - total.low <= EXACT * total.center || seen.runs() >= MOST_FOR_EXACT
    };
    judged.of_memory() && is_exact() || judged.is_clean() || judged.leaks() && seen.runs() >= MOST_FOR_THINGS
}

/// The verdict.
pub fn verdict(seen: &Observed, way: Way) -> Verdict {
    let judged = Judged::of(seen);
    let leaking: Vec<Grown> = judged.leaking();
    let left = judged.left();
    let judgement = if judged.leaks() {
        Judgement::Leaks
    } else if judged.is_clean() {
        Judgement::Clean
    } else {
        Judgement::Unsure
    };
    let total = total(seen, &leaking);
    let (mut sum, measured) = (total.unwrap_or_default(), total.is_some());
    if judgement == Judgement::Leaks && leaking.is_empty() {
        // Things are left; a figure for their memory only where that is sure.
        sum.center = if sum.low > 0.0 { sum.center } else { 0.0 };
    }
    if judgement == Judgement::Clean {
        sum.high = judged.clean_up_to();
        (sum.low, sum.center) = (sum.low.min(0.0), sum.center.min(sum.high));
    }
    let half = f64::midpoint(sum.high, -sum.low);
    Verdict {
        way,
        judgement,
        why: (judgement == Judgement::Unsure).then(|| why(seen)),
        runs: seen.runs(),
        bytes: sum.center.round(),
        interval: [sum.low.round(), sum.high.round()],
        control: control(&seen.turns, &seen.levels(|reading| sum_of(reading, &leaking))).round(),
        detectable: if measured { half.max(seen.limits.least) } else { f64::INFINITY },
        leaking_runs: now_and_then(seen, &leaking),
        slabs: growing_caches(seen, &leaking),
        parts: leaking,
        left,
        reclaimable: reclaimed(seen),
        caches_dropped: seen.dropped.is_some(),
        untold: judged.untold(seen.limits.least, judgement),
        ran: ran(seen),
        cost: if judgement == Judgement::Leaks { cost(seen, sum.center) } else { 0.0 },
        seconds: seen.seconds,
    }
}

/// What a run adds to the leaking parts together, or to the kernel's where none leaks.
fn total(seen: &Observed, leaking: &[Grown]) -> Option<Estimate> {
    // One part has been judged by the best that is known of it.
    if let [only] = leaking {
        return Some(Estimate { center: only.bytes, low: only.interval[0], high: only.interval[1] });
    }
    let rule = Rule::at_least(seen.limits.least);
    judge(&seen.turns, &seen.levels(|reading| sum_of(reading, leaking)), &rule).estimate()
}

fn sum_of(reading: &Reading, leaking: &[Grown]) -> f64 {
    if !leaking.is_empty() {
        return leaking.iter().map(|grown| reading.part(grown.part)).sum();
    }
    let of_kernel = staying().filter(|part| !is_of_processes(*part) && *part != Part::Unaccounted);
    of_kernel.map(|part| reading.part(part)).filter(|bytes| bytes.is_finite()).sum()
}

/// In how many of the runs it leaked, if far from all.
fn now_and_then(seen: &Observed, leaking: &[Grown]) -> Option<usize> {
    let levels = seen.levels(|reading| sum_of(reading, leaking));
    let steps: Vec<(Kind, f64)> =
        seen.turns.iter().zip(levels.windows(2)).map(|(kind, pair)| (*kind, pair[1] - pair[0])).collect();
    let (runs, total) = steps
        .iter()
        .filter(|(kind, _)| *kind == Kind::Command)
        .fold((0, 0.0), |(runs, total), (_, step)| (runs + 1, total + step));
    let least = (total / count(runs.max(1)) / 2.0).max(LEAST_JUMP / 2.0);
    let jumps = |wanted: Kind| steps.iter().filter(move |(kind, step)| *kind == wanted && *step > least);
    let (number, sum) =
        jumps(Kind::Command).fold((0, 0.0), |(number, sum), (_, step)| (number + 1, sum + step));
    let is_all = sum > NOW_AND_THEN * total && sum / count(number.max(1)) > LEAST_JUMP;
    let is_few = count(number) < NOW_AND_THEN * count(runs) && jumps(Kind::Control).count() == 0;
    (!leaking.is_empty() && is_all && is_few).then_some(number)
}

/// What the experiment itself has left behind, with its warm-up.
fn cost(seen: &Observed, per_run: f64) -> f64 {
    (per_run * count(seen.outcomes.len())).max(0.0).round()
}

fn why(seen: &Observed) -> Why {
    match seen.stop {
        Stop::Interrupted => Why::Interrupted,
        Stop::Hung => Why::Hung,
        Stop::Growth => Why::Growth,
        Stop::Budget => Why::Budget,
        // What cannot be told of a hundred runs, others move.
        Stop::Runs | Stop::Sure if seen.limits.runs < 100 => Why::TooFewRuns,
        Stop::Runs | Stop::Sure => Why::TooNoisy,
    }
}

fn ran(seen: &Observed) -> Ran {
    let counted = seen
        .outcomes
        .get(seen.limits.warm_up..)
        .filter(|counted| !counted.is_empty())
        .unwrap_or(&seen.outcomes);
    let mut seconds: Vec<f64> = counted.iter().map(|outcome| outcome.seconds).collect();
    let failed = seen.outcomes.iter().filter(|outcome| outcome.code != Some(0) && !outcome.killed);
    let last = failed.clone().next_back();
    Ran {
        runs: seen.outcomes.len(),
        seconds: median(&mut seconds).unwrap_or(0.0),
        failed: failed.count(),
        exit_code: last.and_then(|outcome| outcome.code),
        signal: last.and_then(|outcome| outcome.signal),
        killed: seen.outcomes.iter().filter(|outcome| outcome.killed).count(),
        line: last.and_then(|outcome| outcome.line.clone()),
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
