//! What one run adds to a number, from its levels between turns. Several estimates with an interval each, since noise comes
//! in kinds: what others keep (steps), what they allocate and free all the time (levels that come back), one late free.
//!
//! - by runs: the mean of what the command's turns added, less that of the control's: quick, and right for a leak that comes
//!   with one run in three; also over several turns at a time, in which what comes and goes between two cancels out;
//! - by ranks: Hodges–Lehmann of the same: one outlier does not move it;
//! - by blocks: the slopes of levels over blocks of turns: what comes and goes between turns does not add up over a block.

use super::blocks::{Block, blocks};
use super::world::Kind;
use crate::base::statistics::{Estimate, level, mean, squares, student};

/// How sure a leak must be: it is looked at after each run, for a dozen parts.
const LEAK_OUTSIDE: f64 = 1e-4;
/// How sure that there is none.
const CLEAN_OUTSIDE: f64 = 0.01;
/// From so many turns of the command on ranks tell enough.
const LEAST_RANKS: usize = 20;
/// So many turns at a time …
const LUMPS: [usize; 3] = [1, 4, 8];
/// … of which so many are needed.
const LEAST_LUMPS: usize = 3;
/// Blocks of fewer turns have no slope worth the name; fewer blocks no interval.
const LEAST_BLOCK: usize = 4;
const LEAST_BLOCKS: usize = 4;
/// A turn that adds so many times what is looked for is a jump.
const JUMP: f64 = 16.0;
/// A leak goes on: its second half grows by this share of the whole's rate at least, within the error.
const LEAST_HALF: f64 = 0.5;
/// Where only leaks of so many bytes matter, fewer runs tell that there is none.
pub(super) const LARGE: f64 = 32_768.0;
const LARGE_RUNS: usize = 16;
/// Before so many runs only that is a leak which no warming up explains.
const SETTLED_RUNS: usize = 24;

/// What is asked of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// A run that adds more than this leaks …
    pub leak: f64,
    /// … and one that surely adds less does not.
    pub clean: f64,
    /// The number does not stand still to less than this.
    pub noise: f64,
    /// So much in all no warming up explains.
    pub soon: f64,
    /// The share of cases in which a leak may be called by chance, at one look.
    pub leak_outside: f64,
    /// The same for the absence of one.
    pub clean_outside: f64,
    /// So many runs before anything is called clean.
    pub clean_runs: usize,
}

impl Rule {
    /// For bytes of memory: a page and more a run.
    pub fn memory() -> Self {
        Self {
            leak: 1024.0,
            clean: 4096.0,
            noise: 4096.0,
            soon: 524_288.0,
            leak_outside: LEAK_OUTSIDE,
            clean_outside: CLEAN_OUTSIDE,
            clean_runs: SETTLED_RUNS,
        }
    }

    /// For bytes of memory where fewer than these a run do not matter.
    pub fn at_least(bytes: f64) -> Self {
        let rule = Self::memory();
        // What is so large is not hidden in half-full slabs, nor taken for warming up.
        let clean_runs = if bytes >= LARGE { LARGE_RUNS } else { rule.clean_runs };
        Self { leak: (bytes / 4.0).max(rule.leak), clean: bytes.max(rule.clean), clean_runs, ..rule }
    }

    /// For each of some two hundred slab caches: surer, since there are so many.
    pub fn one_of_many() -> Self {
        Self { leak_outside: 1e-6, ..Self::memory() }
    }

    /// For numbers of things.
    pub fn things() -> Self {
        Self { leak: 0.05, clean: 0.1, noise: 0.25, soon: 8.0, ..Self::memory() }
    }

    /// For one round of a search: more or less than `threshold`, soon, as the answer is tried again at the end.
    pub fn threshold(threshold: f64, noise: f64) -> Self {
        let sure = 1e-3;
        let (leak, clean) = (threshold, threshold);
        Self { leak, clean, noise, soon: 0.0, leak_outside: sure, clean_outside: sure, clean_runs: 3 }
    }
}

/// What the turns so far say of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Answer {
    /// Each run adds to it.
    Leaks(Estimate),
    /// None does, or less than the rule asks for.
    Clean(Estimate),
    /// Not to be told yet. What is known so far, if anything.
    Open(Option<Estimate>),
}

impl Answer {
    pub(super) fn estimate(self) -> Option<Estimate> {
        match self {
            Self::Leaks(estimate) | Self::Clean(estimate) => Some(estimate),
            Self::Open(estimate) => estimate,
        }
    }
}

/// Judges a number: `levels` are its values before the first turn and after each.
pub(super) fn judge(turns: &[Kind], levels: &[f64], rule: &Rule) -> Answer {
    let Some(series) = Series::new(turns, levels) else { return Answer::Open(None) };
    let mut strict = series.estimates(rule.noise, rule.leak_outside);
    // Of what stands still, as most slab caches do, ranks have nothing to tell.
    if series.moves() {
        strict.extend(series.by_ranks(rule.leak_outside));
    }
    if let Some(found) = narrowest(strict.iter().filter(|estimate| estimate.low > rule.leak)) {
        if series.is_leak(&found, rule) {
            return Answer::Leaks(found);
        }
        return Answer::Open(Some(found));
    }
    let clipped = series.clipped(JUMP * rule.clean);
    let calm = Series::new(turns, &clipped).map(|calm| calm.estimates(rule.noise, rule.clean_outside));
    let loose = calm.unwrap_or_default();
    let clean = narrowest(loose.iter().filter(|estimate| estimate.high < rule.clean));
    match clean {
        Some(found) if series.of_command.len() >= rule.clean_runs && !series.jumps(rule) => {
            Answer::Clean(found)
        }
        _ => Answer::Open(narrowest(strict.iter())),
    }
}

/// What the control's turns added on average: those that follow another one of theirs, as what a run of the command gives
/// back late comes in the turn after it.
pub(super) fn control(turns: &[Kind], levels: &[f64]) -> f64 {
    Series::new(turns, levels).map_or(0.0, |series| series.drift())
}

fn narrowest<'a>(estimates: impl Iterator<Item = &'a Estimate>) -> Option<Estimate> {
    let width = |estimate: &Estimate| estimate.high - estimate.low;
    estimates.min_by(|one, other| width(one).total_cmp(&width(other))).copied()
}

struct Series<'a> {
    turns: &'a [Kind],
    levels: &'a [f64],
    /// What each turn of the command added.
    of_command: Vec<f64>,
    /// What each turn of the control added.
    of_control: Vec<f64>,
}

impl<'a> Series<'a> {
    fn new(turns: &'a [Kind], levels: &'a [f64]) -> Option<Self> {
        if levels.len() != turns.len() + 1 || levels.iter().any(|level| !level.is_finite()) {
            return None;
        }
        let added = |wanted: Kind| {
            let steps = turns.iter().zip(levels.windows(2)).filter(|(kind, _)| **kind == wanted);
            steps.map(|(_, pair)| pair[1] - pair[0]).collect()
        };
        Some(Self { turns, levels, of_command: added(Kind::Command), of_control: added(Kind::Control) })
    }

    fn moves(&self) -> bool {
        self.levels.windows(2).any(|pair| pair[0] != pair[1])
    }

    /// Without ranks: they are no proof that there is nothing, as a leak that fills a page with every fourth run has none.
    fn estimates(&self, noise: f64, outside: f64) -> Vec<Estimate> {
        let by_runs = LUMPS.map(|lump| self.by_runs(lump, noise, outside));
        by_runs.into_iter().chain([self.by_blocks(noise, outside)]).flatten().collect()
    }

    /// Over as many turns at a time.
    fn by_runs(&self, lump: usize, noise: f64, outside: f64) -> Option<Estimate> {
        let (command, control) = (self.lumps(Kind::Command, lump), self.lumps(Kind::Control, lump));
        if command.len() < LEAST_LUMPS || control.len() < LEAST_LUMPS {
            return None;
        }
        let freedom = command.len() + control.len() - 2;
        let deviation =
            ((squares(&command) + squares(&control)) / count(freedom)).sqrt().max(noise / count(lump));
        let error = deviation * (1.0 / count(command.len()) + 1.0 / count(control.len())).sqrt();
        Some(about(mean(&command) - mean(&control), error * student(whole(freedom), outside)))
    }

    /// What turns of a kind added, over so many of a block at a time, for one of them.
    fn lumps(&self, kind: Kind, lump: usize) -> Vec<f64> {
        let mut lumps = Vec::new();
        for block in blocks(self.turns).iter().filter(|block| block.kind == kind) {
            let levels = &self.levels[block.start..=block.start + block.length];
            lumps.extend(
                levels.windows(lump + 1).step_by(lump).map(|levels| (levels[lump] - levels[0]) / count(lump)),
            );
        }
        lumps
    }

    fn by_ranks(&self, outside: f64) -> Option<Estimate> {
        let pairs: Vec<f64> = self
            .of_command
            .iter()
            .zip(&self.of_control)
            .map(|(command, control)| command - control)
            .collect();
        if pairs.len() < LEAST_RANKS {
            return None;
        }
        level(&pairs, student(u32::MAX, outside))
    }

    /// The slope of each block of the command, less that of the control's beside it; long blocks count for more.
    fn by_blocks(&self, noise: f64, outside: f64) -> Option<Estimate> {
        let blocks = blocks(self.turns);
        let contrasts: Vec<(f64, f64)> =
            (0..blocks.len()).filter_map(|index| self.contrast(&blocks, index)).collect();
        if contrasts.len() < LEAST_BLOCKS {
            return None;
        }
        let weights: f64 = contrasts.iter().map(|(_, weight)| weight).sum();
        let center = contrasts.iter().map(|(slope, weight)| slope * weight).sum::<f64>() / weights;
        // How many blocks of equal weight would tell as much.
        let equal = weights.powi(2) / contrasts.iter().map(|(_, weight)| weight.powi(2)).sum::<f64>();
        if equal < count(LEAST_BLOCKS) {
            return None;
        }
        let scatter = contrasts.iter().map(|(slope, weight)| weight * (slope - center).powi(2)).sum::<f64>();
        let scatter = scatter / weights * equal / (equal - 1.0);
        // A slope's weight is the sum of squares about its middle: the variance of a slope is that of a level over it.
        let least = noise.powi(2) / (weights / count(contrasts.len()));
        let error = (scatter.max(least) / equal).sqrt();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few blocks")]
        let freedom = (equal - 1.0).floor() as u32;
        Some(about(center, error * student(freedom, outside)))
    }

    fn contrast(&self, blocks: &[Block], index: usize) -> Option<(f64, f64)> {
        let block = blocks.get(index).filter(|block| block.kind == Kind::Command)?;
        let before = index.checked_sub(1).and_then(|index| blocks.get(index));
        let beside: Vec<f64> = [before, blocks.get(index + 1)]
            .into_iter()
            .flatten()
            .filter_map(|block| self.slope(block))
            .collect();
        let slope = self.slope(block)?;
        (!beside.is_empty()).then(|| (slope - mean(&beside), weight(block.length)))
    }

    /// The slope of the levels of a block, by least squares.
    fn slope(&self, block: &Block) -> Option<f64> {
        if block.length < LEAST_BLOCK {
            return None;
        }
        let levels = self.levels.get(block.start..=block.start + block.length)?;
        let middle = count(block.length) / 2.0;
        let products = levels.iter().enumerate().map(|(turn, level)| (count(turn) - middle) * level);
        Some(products.sum::<f64>() / weight(block.length))
    }

    /// Whether a growth that is sure is a leak, too: large or lasting, even, and not given back a turn later.
    fn is_leak(&self, found: &Estimate, rule: &Rule) -> bool {
        let runs = self.of_command.len();
        let total = self.of_command.iter().sum::<f64>();
        let is_settled = runs >= SETTLED_RUNS || total >= rule.soon;
        is_settled && self.goes_on(found) && self.stays(found)
    }

    fn goes_on(&self, found: &Estimate) -> bool {
        let half = self.of_command.len() / 2;
        let late = &self.of_command[half..];
        if half < 4 {
            return true;
        }
        let error = (squares(late) / count(late.len() - 1) / count(late.len())).sqrt() * 2.0;
        mean(late) - self.drift() + error >= LEAST_HALF * found.center
    }

    /// What runs give back late comes with the turns of the control, and the level stays where it was. A drift downwards may be
    /// just that, and is not made up for.
    fn stays(&self, found: &Estimate) -> bool {
        let (Some(first), Some(last)) = (self.levels.first(), self.levels.last()) else { return false };
        let risen = last - first - self.drift().max(0.0) * count(self.turns.len());
        risen >= LEAST_HALF * found.center * count(self.of_command.len())
    }

    /// What the control's turns add that do not follow one of the command.
    fn drift(&self) -> f64 {
        let after_another = self.turns.windows(2).enumerate();
        let steps: Vec<f64> = after_another
            .filter(|(_, pair)| pair[0] == Kind::Control && pair[1] == Kind::Control)
            .filter_map(|(turn, _)| Some(self.levels.get(turn + 2)? - self.levels.get(turn + 1)?))
            .collect();
        mean(&steps)
    }

    /// Whether more turns of the command than of the control added far more than what is looked for, beyond chance: one run in
    /// a few may leak.
    fn jumps(&self, rule: &Rule) -> bool {
        let jumps = |steps: &[f64]| count(steps.iter().filter(|step| **step > JUMP * rule.clean).count());
        let (command, control) = (jumps(&self.of_command), jumps(&self.of_control));
        command > control + 1.0 + 2.0 * (command + control).sqrt()
    }

    /// The levels as if no turn had moved them by more than this: on a busy machine others take and give back megabytes now
    /// and then, in turns of both kinds, and that there is no leak of some KiB could never be told.
    fn clipped(&self, most: f64) -> Vec<f64> {
        let mut level = self.levels.first().copied().unwrap_or(0.0);
        let steps = self.levels.windows(2).map(|pair| (pair[1] - pair[0]).clamp(-most, most));
        let rest = steps.map(|step| {
            level += step;
            level
        });
        self.levels.iter().take(1).copied().chain(rest.collect::<Vec<_>>()).collect()
    }
}

/// The sum of the squares of 0 to `length` about their middle.
fn weight(length: usize) -> f64 {
    let length = count(length);
    length * (length + 1.0) * (length + 2.0) / 12.0
}

fn about(center: f64, error: f64) -> Estimate {
    Estimate { center, low: center - error, high: center + error }
}

fn whole(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// To two decimals.
pub(super) fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[expect(clippy::cast_precision_loss, reason = "numbers of turns")]
pub(super) fn count(turns: usize) -> f64 {
    turns as f64
}

#[cfg(test)]
#[path = "estimate_tests.rs"]
mod tests;
