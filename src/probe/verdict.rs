//! What an experiment says: whether each run leaves memory behind, how much, in which parts, held by what.

use super::Way;
use super::estimate::{Answer, Rule, control, judge};
use super::reading::{
    IN_USE, LARGE_KMALLOC, LEFT, LeftKind, Reading, SLAB_BYTES, SLAB_OBJECTS, Thing, is_of_processes,
    reclaimable, staying,
};
use super::session::{Observed, Stop, WARM_UP};
use super::world::Kind;
use crate::analysis::part::Part;
use crate::base::statistics::{Estimate, median};
use serde::Serialize;

/// What of a growth comes back when caches are dropped is no leak; less than this share is what else moved.
const GIVEN_BACK: f64 = 0.5;
/// A cache is named if it grows by this share of what its part does.
const LEAST_SHARE: f64 = 0.1;
/// So many caches are named.
const MOST_SLABS: usize = 3;
/// What is given back when needed is worth a word from so many bytes a run on.
const LEAST_RECLAIMABLE: f64 = 8192.0;
/// Reclaimable slab has bookkeeping that is not (a pointer for each object, in powers of 2): up to this share of it.
const BOOKKEEPING: f64 = 0.125;
/// A leak that comes with fewer than this share of the runs comes now and then …
const NOW_AND_THEN: f64 = 0.8;
/// … if each time it is so large: smaller ones fill pages, and show when one is full.
const LEAST_JUMP: f64 = 131_072.0;
/// So many runs are made where no limit comes first.
const LEAST_RUNS: usize = 8;
/// Where the objects in slabs cannot be seen, so many runs are made before all is clean.
const LEAST_UNSEEN: usize = 48;
/// A leak is told with an interval of this share of it, or of so many runs.
const EXACT: f64 = 0.5;
const MOST_FOR_EXACT: usize = 64;
/// What leaves things behind is run so often at most to see how much memory that is.
const MOST_FOR_THINGS: usize = 150;
/// Page lists and pages on their way make this part wander.
const LOOSE: f64 = 16.0;

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
    /// The first line that a failed run printed, where its output could be read.
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
        let total = total(seen, &judged.leaking(seen)).unwrap_or_default();
        total.high - total.low <= EXACT * total.center || seen.runs() >= MOST_FOR_EXACT
    };
    judged.of_memory() && is_exact() || judged.is_clean() || judged.leaks() && seen.runs() >= MOST_FOR_THINGS
}

/// The verdict.
pub fn verdict(seen: &Observed, way: Way, limits_runs: usize) -> Verdict {
    let judged = Judged::of(seen);
    let leaking: Vec<Grown> = judged.leaking(seen);
    let left = judged.left();
    let judgement = if judged.leaks() {
        Judgement::Leaks
    } else if judged.is_clean() {
        Judgement::Clean
    } else {
        Judgement::Unsure
    };
    let total = total(seen, &leaking);
    let (sum, measured) = (total.unwrap_or_default(), total.is_some());
    let half = f64::midpoint(sum.high, -sum.low);
    Verdict {
        way,
        judgement,
        why: (judgement == Judgement::Unsure).then(|| why(seen, limits_runs)),
        runs: seen.runs(),
        bytes: sum.center.round(),
        interval: [sum.low.round(), sum.high.round()],
        control: control(&seen.turns, &seen.levels(|reading| sum_of(reading, &leaking))).round(),
        detectable: if measured { half.max(Rule::memory().clean) } else { f64::INFINITY },
        leaking_runs: now_and_then(seen, &leaking),
        slabs: slabs(seen, &leaking),
        parts: leaking,
        left,
        reclaimable: reclaimed(seen),
        caches_dropped: seen.dropped.is_some(),
        untold: judged.untold(),
        ran: ran(seen),
        seconds: seen.seconds,
    }
}

/// The answers of all parts and things.
struct Judged {
    parts: Vec<(Part, Answer)>,
    things: Vec<(LeftKind, Answer)>,
}

impl Judged {
    fn of(seen: &Observed) -> Self {
        let rule = |part| if part == Part::Unaccounted { loose() } else { Rule::memory() };
        let part = |part: Part| {
            let levels = seen.levels(|reading| reading.part(part));
            let is_known = levels.iter().all(|level| level.is_finite());
            let answer = is_known.then(|| judge(&seen.turns, &levels, &rule(part)))?;
            let answer = if part == Part::SlabUnreclaimable { of_slab(seen, answer) } else { answer };
            Some((part, proved(seen, part, answer)))
        };
        let thing = |kind: &LeftKind| {
            let number = number_of(seen, kind.metric, "")?;
            let levels = levels_of(seen, number);
            let answer = judge(&seen.turns, &levels, &Rule::things());
            Some((*kind, answer))
        };
        Self { parts: staying().filter_map(part).collect(), things: LEFT.iter().filter_map(thing).collect() }
    }

    fn leaks(&self) -> bool {
        self.of_memory() || self.of_things()
    }

    fn of_memory(&self) -> bool {
        self.parts.iter().any(|(_, answer)| matches!(answer, Answer::Leaks(_)))
    }

    fn of_things(&self) -> bool {
        self.things.iter().any(|(kind, answer)| kind.is_leak && matches!(answer, Answer::Leaks(_)))
    }

    /// Memory of processes may be too noisy to tell: it is named, and changes nothing.
    fn is_clean(&self) -> bool {
        let mut of_kernel = self.parts.iter().filter(|(part, _)| !is_of_processes(*part)).peekable();
        of_kernel.peek().is_some() && of_kernel.all(|(_, answer)| matches!(answer, Answer::Clean(_)))
    }

    fn leaking(&self, seen: &Observed) -> Vec<Grown> {
        let mut found: Vec<Grown> = self
            .parts
            .iter()
            .filter_map(|(part, answer)| match answer {
                Answer::Leaks(estimate) => Some(grown(*part, estimate)),
                _ => None,
            })
            .collect();
        let pinned = reclaimable().filter_map(|part| Some(grown(part, &pinned(seen, part)?)));
        found.extend(pinned);
        found.sort_by(|one, other| other.bytes.total_cmp(&one.bytes));
        found
    }

    fn left(&self) -> Vec<Left> {
        let found = self.things.iter().filter_map(|(kind, answer)| match answer {
            Answer::Leaks(estimate) => {
                Some(Left { metric: kind.metric, count: hundredths(estimate.center), command: kind.command })
            }
            _ => None,
        });
        found.collect()
    }

    fn untold(&self) -> Vec<Grown> {
        let open = self.parts.iter().filter_map(|(part, answer)| match answer {
            Answer::Open(Some(estimate)) if is_of_processes(*part) => Some(grown(*part, estimate)),
            _ => None,
        });
        open.collect()
    }
}

/// Unreclaimable slab: by its pages, and as root by the objects in each cache and by large kmalloc. Bookkeeping of
/// reclaimable slab that came meanwhile is not counted.
fn of_slab(seen: &Observed, pages: Answer) -> Answer {
    let leaking = leaking_caches(seen);
    if !leaking.is_empty() {
        return judge(&seen.turns, &sum_of_things(seen, &leaking), &Rule::memory());
    }
    let all: Vec<usize> = in_use(seen).collect();
    if matches!(pages, Answer::Leaks(_)) {
        let levels = seen.levels(|reading| reading.part(Part::SlabUnreclaimable));
        let rest = judge(&seen.turns, &without_bookkeeping(seen, levels), &Rule::memory());
        return if matches!(rest, Answer::Leaks(_)) { pages } else { rest };
    }
    if all.is_empty() {
        // Half-full slabs can hide a small leak for a while.
        return if seen.runs() >= LEAST_UNSEEN { pages } else { Answer::Open(pages.estimate()) };
    }
    match judge(&seen.turns, &without_bookkeeping(seen, sum_of_things(seen, &all)), &Rule::memory()) {
        Answer::Clean(objects) if matches!(pages, Answer::Clean(_)) => Answer::Clean(objects),
        objects => Answer::Open(pages.estimate().or(objects.estimate())),
    }
}

/// The numbers of caches whose objects leak, and of large kmalloc.
pub(super) fn leaking_caches(seen: &Observed) -> Vec<usize> {
    let leaks = |number: &usize| {
        let levels = without_bookkeeping(seen, levels_of(seen, *number));
        matches!(judge(&seen.turns, &levels, &Rule::one_of_many()), Answer::Leaks(_))
    };
    in_use(seen).filter(leaks).collect()
}

/// What of unreclaimable slab is in use: the objects of each cache; large kmalloc.
fn in_use(seen: &Observed) -> impl Iterator<Item = usize> {
    let is = |thing: &Thing| matches!(thing.metric, IN_USE | LARGE_KMALLOC);
    // Without the caches it is not known what of the rest is large kmalloc.
    let is_known = seen.catalogue.all().any(|(thing, _)| thing.metric == IN_USE);
    seen.catalogue.all().filter(move |(thing, _)| is_known && is(thing)).map(|(_, number)| number)
}

fn sum_of_things(seen: &Observed, numbers: &[usize]) -> Vec<f64> {
    let value = |reading: &Reading, number: &usize| {
        reading.things.get(*number).copied().filter(|value| value.is_finite())
    };
    seen.levels(|reading| numbers.iter().filter_map(|number| value(reading, number)).sum())
}

/// Levels without what reclaimable slab that came meanwhile needs of unreclaimable.
fn without_bookkeeping(seen: &Observed, levels: Vec<f64>) -> Vec<f64> {
    let first = seen.readings.first().map_or(0.0, |reading| reading.part(Part::SlabReclaimable));
    let grown = seen.levels(|reading| (reading.part(Part::SlabReclaimable) - first).max(0.0));
    levels
        .iter()
        .zip(grown)
        .map(|(level, grown)| level - BOOKKEEPING * if grown.is_finite() { grown } else { 0.0 })
        .collect()
}

fn loose() -> Rule {
    let rule = Rule::memory();
    Rule { clean: rule.clean * LOOSE, noise: rule.noise * LOOSE, ..rule }
}

/// A growth that dropping the caches takes back is none.
fn proved(seen: &Observed, part: Part, answer: Answer) -> Answer {
    match (answer, kept(seen, part)) {
        (Answer::Leaks(estimate), Some(kept)) if kept < GIVEN_BACK * estimate.center => {
            Answer::Clean(Estimate { center: kept, low: kept.min(0.0), high: kept.max(0.0) })
        }
        _ => answer,
    }
}

/// What a run adds to a part that dropping the caches does not take back. `None` where they were not dropped.
fn kept(seen: &Observed, part: Part) -> Option<f64> {
    let [before, after] = seen.dropped.as_ref()?;
    let drift = control(&seen.turns, &seen.levels(|reading| reading.part(part)));
    let turns = count(seen.turns.len());
    Some((after.part(part) - before.part(part) - drift.min(0.0) * turns) / count(seen.runs().max(1)))
}

/// Of what should be given back: what dropping the caches did not give back.
fn pinned(seen: &Observed, part: Part) -> Option<Estimate> {
    let kept = kept(seen, part)?;
    let levels = seen.levels(|reading| reading.part(part));
    match judge(&seen.turns, &levels, &Rule::memory()) {
        Answer::Leaks(estimate) if kept >= GIVEN_BACK * estimate.center && kept >= LEAST_RECLAIMABLE => {
            Some(estimate)
        }
        _ => None,
    }
}

/// What of the parts that are given back grows.
fn reclaimed(seen: &Observed) -> Vec<Grown> {
    let found = reclaimable().filter_map(|part| {
        let levels = seen.levels(|reading| reading.part(part));
        let estimate = judge(&seen.turns, &levels, &Rule::memory()).estimate()?;
        let is_sure = estimate.low > 0.0 && estimate.center >= LEAST_RECLAIMABLE;
        (is_sure && pinned(seen, part).is_none()).then(|| grown(part, &estimate))
    });
    let mut found: Vec<Grown> = found.collect();
    found.sort_by(|one, other| other.bytes.total_cmp(&one.bytes));
    found
}

/// What a run adds to the leaking parts together, or to the kernel's where none leaks.
fn total(seen: &Observed, leaking: &[Grown]) -> Option<Estimate> {
    // One part has been judged by the best that is known of it.
    if let [only] = leaking {
        return Some(Estimate { center: only.bytes, low: only.interval[0], high: only.interval[1] });
    }
    judge(&seen.turns, &seen.levels(|reading| sum_of(reading, leaking)), &Rule::memory()).estimate()
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

/// The slab caches, and large kmalloc, that grow with the leaking parts.
fn slabs(seen: &Observed, leaking: &[Grown]) -> Vec<Slab> {
    let of = |wanted: Part| leaking.iter().find(|grown| grown.part == wanted).map(|grown| grown.bytes);
    let Some(least) =
        of(Part::SlabUnreclaimable).or(of(Part::SlabReclaimable)).map(|bytes| bytes * LEAST_SHARE)
    else {
        return Vec::new();
    };
    let per_run = |number| judge(&seen.turns, &levels_of(seen, number), &Rule::memory()).estimate();
    let mut found: Vec<Slab> = Vec::new();
    for (thing, number) in seen.catalogue.all() {
        if !matches!(thing.metric, SLAB_BYTES | LARGE_KMALLOC) {
            continue;
        }
        let Some(grown) = per_run(number).filter(|grown| grown.center >= least && grown.low > 0.0) else {
            continue;
        };
        let objects = number_of(seen, SLAB_OBJECTS, &thing.instance).filter(|_| thing.metric == SLAB_BYTES);
        let objects = objects.and_then(per_run).map(|objects| hundredths(objects.center));
        let bytes = grown.center.round();
        found.push(Slab { name: thing.instance.clone(), bytes, objects });
    }
    found.sort_by(|one, other| other.bytes.total_cmp(&one.bytes));
    found.truncate(MOST_SLABS);
    found
}

fn number_of(seen: &Observed, metric: &str, instance: &str) -> Option<usize> {
    let is = |thing: &Thing| thing.metric == metric && thing.instance == instance;
    seen.catalogue.all().find(|(thing, _)| is(thing)).map(|(_, number)| number)
}

/// A thing that is not there counts 0: a cache that comes with its first object.
fn levels_of(seen: &Observed, number: usize) -> Vec<f64> {
    seen.levels(|reading| {
        reading.things.get(number).copied().filter(|value| value.is_finite()).unwrap_or(0.0)
    })
}

fn grown(part: Part, estimate: &Estimate) -> Grown {
    let interval = [estimate.low.round(), estimate.high.round()];
    Grown { part, kernel_name: part.kernel_name(), bytes: estimate.center.round(), interval }
}

fn why(seen: &Observed, limit: usize) -> Why {
    match seen.stop {
        Stop::Interrupted => Why::Interrupted,
        Stop::Hung => Why::Hung,
        Stop::Growth => Why::Growth,
        Stop::Budget => Why::Budget,
        // What cannot be told of a hundred runs, others move.
        Stop::Runs | Stop::Sure if limit < 100 => Why::TooFewRuns,
        Stop::Runs | Stop::Sure => Why::TooNoisy,
    }
}

fn ran(seen: &Observed) -> Ran {
    let counted =
        seen.outcomes.get(WARM_UP..).filter(|counted| !counted.is_empty()).unwrap_or(&seen.outcomes);
    let mut seconds: Vec<f64> = counted.iter().map(|outcome| outcome.seconds).collect();
    let failed = seen.outcomes.iter().filter(|outcome| outcome.code != Some(0) && !outcome.killed);
    let last = failed.clone().last();
    Ran {
        seconds: median(&mut seconds).unwrap_or(0.0),
        failed: failed.count(),
        exit_code: last.and_then(|outcome| outcome.code),
        signal: last.and_then(|outcome| outcome.signal),
        killed: seen.outcomes.iter().filter(|outcome| outcome.killed).count(),
        line: last.and_then(|outcome| outcome.line.clone()),
    }
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[expect(clippy::cast_precision_loss, reason = "numbers of turns")]
fn count(turns: usize) -> f64 {
    turns as f64
}
