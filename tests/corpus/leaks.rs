//! Leaks laid over healthy series: even, by day only, in jumps, in stairs, in a process that is restarted; and
//! machines over two days that leak as much as their memory moves anyway.

use super::healthy::Base;
use super::random::Random;
use super::{Case, DAY, Grid, HOUR, Truth, case, robust_deviation, unix};
use cronograph::analysis::leak::Kind;
use std::f64::consts::TAU;

/// How a leak goes on.
pub(crate) const SHAPES: [&str; 5] = ["linear", "diurnal", "poisson", "stairs", "restarts"];

/// The leaking series of this index: 2 to 60 deviations of what it is laid over by the end of the window.
pub(crate) fn leak(index: usize, seed: u64) -> Case {
    let mut random = Random::new(seed ^ (index as u64 * 104_729 + 7));
    let grid = Grid::any(&mut random);
    let total = grid.total();
    let base = random.one_of(&Base::MAY_LEAK);
    let mut values = base.values(grid, &mut random);
    let deviation = robust_deviation(&values).max(1e-9);
    let signal_to_noise = random.log_between(2.0, 60.0);
    let onset = random.between(0.1, 0.6) * total;
    let per_second = deviation * signal_to_noise / (total - onset);
    let shape = SHAPES[index % SHAPES.len()];
    let mut leak = Leak::any(shape, onset, per_second, grid, &mut random);
    for (time, value) in grid.times().zip(&mut values).filter(|(time, _)| *time > onset) {
        *value += leak.at(time, &mut random);
    }
    let truth = Truth { onset: unix(onset), per_second, signal_to_noise, end: None };
    case(base.name(), shape, grid, &values, Some(truth), &mut random)
}

/// A leak as it goes on.
struct Leak {
    shape: &'static str,
    onset: f64,
    /// What it loses in one step of the grid.
    increment: f64,
    step: f64,
    /// When the process is restarted.
    restarts: Vec<f64>,
    /// Seconds of one stair.
    stair: f64,
    jump: f64,
    phase: f64,
    leaked: f64,
    /// What was given back by restarts.
    given_back: f64,
    /// What the next stair will be.
    kept: f64,
}

impl Leak {
    fn any(shape: &'static str, onset: f64, per_second: f64, grid: Grid, random: &mut Random) -> Self {
        let total = grid.total();
        let earliest = onset + 0.15 * (total - onset);
        let restarts = 0..=random.below(3);
        let restarts = restarts.map(|_| random.between(earliest, total * 0.97)).collect();
        let increment = per_second * grid.step;
        Self {
            shape,
            onset,
            increment,
            step: grid.step,
            restarts,
            stair: random.between(1.0, 8.0) * HOUR,
            jump: increment * random.log_between(2.0, 20.0),
            phase: random.unit(),
            leaked: 0.0,
            given_back: 0.0,
            kept: 0.0,
        }
    }

    /// What has leaked by then; asked for each time in turn.
    fn at(&mut self, time: f64, random: &mut Random) -> f64 {
        let before = time - self.step;
        match self.shape {
            "diurnal" => {
                self.leaked += self.increment * (1.0 + 0.8 * ((time / DAY + self.phase) * TAU).sin());
            }
            "poisson" => self.leaked += self.jump * random.poisson(self.increment / self.jump),
            "stairs" => {
                self.kept += self.increment;
                let stair = |time: f64| ((time - self.onset) / self.stair).floor();
                if stair(time) > stair(before) {
                    self.leaked += std::mem::take(&mut self.kept);
                }
            }
            _ => self.leaked += self.increment,
        }
        let is_restarted = self.restarts.iter().any(|restart| *restart > before && *restart <= time);
        if self.shape == "restarts" && is_restarted {
            self.given_back = self.leaked;
        }
        self.leaked - self.given_back
    }
}

/// Memory of a machine over two days of a week, with a leak that adds so many of the window's own ranges, from the
/// 5th to the 95th percentile.
pub(crate) fn machine(index: usize, seed: u64, ranges: f64) -> Case {
    const WEEK: Grid = Grid { count: 7 * 288, step: 300.0 };
    const WINDOW: Grid = Grid { count: 2 * 288, step: 300.0 };
    let mut random = Random::new(seed ^ (index as u64 * 6_700_417 + 11));
    let base = [Base::MachineJobs, Base::Node, Base::Quiet, Base::VmActive][index % 4];
    let week = base.values(WEEK, &mut random);
    let first = random.below(WEEK.count - WINDOW.count);
    let mut values = week[first..first + WINDOW.count].to_vec();
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    let range = (sorted[547] - sorted[28]).max(1e-6);
    let total = WINDOW.total();
    let onset = if random.chance(0.4) { 0.0 } else { random.between(0.0, 0.5) * total };
    let per_second = ranges * range / (total - onset);
    for (time, value) in WINDOW.times().zip(&mut values) {
        *value += per_second * (time - onset).max(0.0);
    }
    let truth = Truth { onset: unix(onset), per_second, signal_to_noise: ranges * 3.0, end: None };
    Case {
        family: base.name(),
        shape: if ranges == 0.0 { "" } else { "linear" },
        kind: Kind::Other,
        times: WINDOW.times().map(unix).collect(),
        values,
        breaks: Vec::new(),
        capacity: None,
        truth: (ranges > 0.0).then_some(truth),
    }
}
