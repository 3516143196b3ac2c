//! The answers of an experiment about each part of memory and about each kind of thing, by the best evidence that there is.

use super::estimate::{Answer, Rule, control, count, hundredths, judge};
use super::reading::PROCESSES;
use super::reading::{LEFT, LeftKind, is_of_processes, reclaimable, staying};
use super::session::Observed;
use super::slab;
use super::verdict::{Grown, Judgement, Left};
use crate::analysis::part::Part;
use crate::base::statistics::Estimate;

/// What of a growth comes back when caches are dropped is no leak; less than this share is what else moved.
const GIVEN_BACK: f64 = 0.5;
/// What is given back when needed is worth a word from so many bytes a run on.
const LEAST_RECLAIMABLE: f64 = 8192.0;
/// Page lists and pages on their way make what no field holds wander: so many times what is looked for must be enough, …
const LOOSE: f64 = 16.0;
/// … and that it was so restless is told from so many times on.
const RESTLESS: f64 = 4.0;

/// The answers of all parts and things.
pub(super) struct Judged {
    pub(super) parts: Vec<(Part, Answer)>,
    things: Vec<(LeftKind, Answer)>,
}

impl Judged {
    pub(super) fn of(seen: &Observed) -> Self {
        let least = seen.limits.least;
        let rule = |part| if part == Part::Unaccounted { loose(least) } else { Rule::at_least(least) };
        let part = |part: Part| {
            let levels = seen.levels(|reading| reading.part(part));
            let is_known = levels.iter().all(|level| level.is_finite());
            let answer = is_known.then(|| judge(&seen.turns, &levels, &rule(part)))?;
            let answer =
                if part == Part::SlabUnreclaimable { slab::judge_slab(seen, answer) } else { answer };
            Some((part, proved(seen, part, answer)))
        };
        let thing = |kind: &LeftKind| {
            let levels = seen.levels_of(seen.number_of(kind.metric, "")?);
            let answer = judge(&seen.turns, &levels, &Rule::things());
            Some((*kind, answer))
        };
        let held = reclaimable().filter_map(|part| Some((part, Answer::Leaks(held(seen, part)?))));
        Self {
            parts: staying().filter_map(part).chain(held).collect(),
            things: LEFT.iter().filter_map(thing).collect(),
        }
    }

    pub(super) fn leaks(&self) -> bool {
        self.of_memory() || self.of_things()
    }

    pub(super) fn of_memory(&self) -> bool {
        self.parts.iter().any(|(_, answer)| matches!(answer, Answer::Leaks(_)))
    }

    fn of_things(&self) -> bool {
        self.things.iter().any(|(kind, answer)| kind.is_leak && matches!(answer, Answer::Leaks(_)))
    }

    /// Memory of processes may be too noisy to tell: it is named, and changes nothing.
    pub(super) fn is_clean(&self) -> bool {
        let mut of_kernel = self.parts.iter().filter(|(part, _)| !is_of_processes(*part)).peekable();
        let is_clean = |answer: &Answer| matches!(answer, Answer::Clean(_));
        of_kernel.peek().is_some()
            && of_kernel.all(|(_, answer)| is_clean(answer))
            && !self.may_leave_things()
    }

    /// Whether things seem to be left behind, and it is not sure yet.
    fn may_leave_things(&self) -> bool {
        self.things.iter().any(|(kind, answer)| match answer {
            Answer::Open(Some(estimate)) => kind.is_leak && estimate.center > Rule::things().clean,
            _ => false,
        })
    }

    /// What a run adds at most to any of the kernel's parts that were found clean.
    pub(super) fn clean_up_to(&self) -> f64 {
        let clean = self.parts.iter().filter_map(|(part, answer)| match answer {
            Answer::Clean(estimate) if !is_of_processes(*part) && *part != Part::Unaccounted => {
                Some(estimate.high)
            }
            _ => None,
        });
        clean.fold(0.0, f64::max)
    }

    pub(super) fn leaking(&self) -> Vec<Grown> {
        let mut found: Vec<Grown> = self
            .parts
            .iter()
            .filter_map(|(part, answer)| match answer {
                Answer::Leaks(estimate) => Some(grown(*part, estimate)),
                _ => None,
            })
            .collect();
        found.sort_by(|one, other| other.bytes.total_cmp(&one.bytes));
        found
    }

    pub(super) fn left(&self) -> Vec<Left> {
        let is_left = |(kind, answer): &(LeftKind, Answer)| {
            kind.metric == PROCESSES && matches!(answer, Answer::Leaks(_))
        };
        let of_processes = self.things.iter().any(is_left);
        let found = self.things.iter().filter_map(|(kind, answer)| match answer {
            // Files are open as long as the processes that were left have them.
            Answer::Leaks(_) if kind.metric == "vfs.file_handles" && of_processes => None,
            Answer::Leaks(estimate) => {
                Some(Left { metric: kind.metric, count: hundredths(estimate.center), command: kind.command })
            }
            _ => None,
        });
        found.collect()
    }

    /// Parts too restless for so small a leak as was looked for: those of processes, and what no field holds.
    /// Where it cannot be told, all that are why.
    pub(super) fn untold(&self, least: f64, judgement: Judgement) -> Vec<Grown> {
        let is_unsure = judgement == Judgement::Unsure;
        let open = self.parts.iter().filter_map(|(part, answer)| match answer {
            Answer::Open(Some(estimate)) if is_unsure || is_of_processes(*part) => {
                Some(grown(*part, estimate))
            }
            Answer::Clean(estimate) if *part == Part::Unaccounted && estimate.high > RESTLESS * least => {
                Some(grown(*part, estimate))
            }
            _ => None,
        });
        open.collect()
    }
}

fn loose(least: f64) -> Rule {
    let rule = Rule::at_least(least);
    Rule { clean: rule.clean.max(Rule::memory().clean * LOOSE), noise: rule.noise * RESTLESS, ..rule }
}

/// A growth that dropping the caches takes back is none.
fn proved(seen: &Observed, part: Part, answer: Answer) -> Answer {
    let (Answer::Leaks(estimate) | Answer::Open(Some(estimate)), Some(kept)) = (answer, kept(seen, part))
    else {
        return answer;
    };
    // Of what does not grow for sure there is nothing to prove.
    if estimate.low <= 0.0 {
        return answer;
    }
    let half = (estimate.high - estimate.low) / 2.0;
    if kept + half < GIVEN_BACK * estimate.center {
        Answer::Clean(Estimate { center: kept, low: kept.min(0.0), high: kept.max(0.0) })
    } else if kept < GIVEN_BACK * estimate.center {
        // Two readings alone are no proof.
        Answer::Open(Some(estimate))
    } else {
        answer
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
fn held(seen: &Observed, part: Part) -> Option<Estimate> {
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
pub(super) fn reclaimed(seen: &Observed) -> Vec<Grown> {
    let found = reclaimable().filter_map(|part| {
        let levels = seen.levels(|reading| reading.part(part));
        let estimate = judge(&seen.turns, &levels, &Rule::memory()).estimate()?;
        let is_sure = estimate.low > 0.0 && estimate.center >= LEAST_RECLAIMABLE;
        (is_sure && held(seen, part).is_none()).then(|| grown(part, &estimate))
    });
    let mut found: Vec<Grown> = found.collect();
    found.sort_by(|one, other| other.bytes.total_cmp(&one.bytes));
    found
}

fn grown(part: Part, estimate: &Estimate) -> Grown {
    let interval = [estimate.low.round(), estimate.high.round()];
    Grown { part, kernel_name: part.kernel_name(), bytes: estimate.center.round(), interval }
}
