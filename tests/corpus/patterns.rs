//! Healthy series, many with a pattern on top that the usual methods take for a leak: something begins, rises, is
//! filled, comes each day. How large it is: 3 to 60 deviations of what it is laid over.

use super::healthy::{Base, Daily};
use super::random::{Memory, Random};
use super::{Case, DAY, Grid, HOUR, case, robust_deviation};
use std::f64::consts::TAU;

const HARD: [&str; 7] = ["step", "two steps", "reboot", "daily", "warm-up", "batch", "fill to a plateau"];
const FURTHER: [&str; 6] = ["saw teeth", "service", "trough", "wander", "ramp down and up", "weekdays"];

/// A ramp that later stops: while it rises, no one can tell it from a leak.
pub(crate) fn is_ramp(family: &str) -> bool {
    family == "batch" || family == "fill to a plateau"
}

/// What a pattern adds at each time, as a share of its size.
type Pattern = Box<dyn FnMut(f64, &mut Random) -> f64>;

/// The healthy series of this index: a good half without a pattern.
pub(crate) fn healthy(index: usize, seed: u64) -> Case {
    let mut random = Random::new(seed ^ (index as u64 * 7919 + 13));
    let grid = Grid::any(&mut random);
    if index % 100 < 53 {
        let base = Base::ALL[index % Base::ALL.len()];
        let values = base.values(grid, &mut random);
        return case(base.name(), "", grid, &values, None, &mut random);
    }
    let family = HARD[index % HARD.len()];
    let base = random.one_of(&Base::ALL);
    laid_over(family, base, 60.0, grid, &mut random, hard)
}

/// Patterns beyond those that the finder was fitted to.
pub(crate) fn further(index: usize, seed: u64) -> Case {
    let mut random = Random::new(seed ^ (index as u64 * 15_485_863 + 3));
    let grid = Grid::any(&mut random);
    let family = FURTHER[index % FURTHER.len()];
    let base = random.one_of(&Base::MAY_LEAK);
    laid_over(family, base, 40.0, grid, &mut random, more)
}

fn laid_over(
    family: &'static str,
    base: Base,
    most: f64,
    grid: Grid,
    random: &mut Random,
    pattern: fn(&str, Grid, &mut Random) -> Pattern,
) -> Case {
    let mut values = base.values(grid, random);
    let size = robust_deviation(&values).max(1e-9) * random.log_between(3.0, most);
    let mut pattern = pattern(family, grid, random);
    for (time, value) in grid.times().zip(&mut values) {
        *value += size * pattern(time, random);
    }
    case(family, "", grid, &values, None, random)
}

fn hard(family: &str, grid: Grid, random: &mut Random) -> Pattern {
    let total = grid.total();
    match family {
        "step" => {
            let at = random.between(0.1, 0.9) * total;
            Box::new(move |time, _| after(time, at))
        }
        "two steps" => {
            let (one, other) = (random.between(0.1, 0.9) * total, random.between(0.1, 0.9) * total);
            Box::new(move |time, _| 0.5 * after(time, one) + 0.5 * after(time, other))
        }
        "reboot" => {
            let at = random.between(0.2, 0.8) * total;
            let seconds = random.log_between(600.0, 8.0 * HOUR);
            Box::new(move |time, _| if time < at { 1.0 } else { levelling(time - at, seconds) })
        }
        "daily" => {
            let daily = Daily::any(random);
            Box::new(move |time, _| daily.at(time))
        }
        "warm-up" => {
            let seconds = random.between(0.03, 0.12) * total;
            Box::new(move |time, _| levelling(time, seconds))
        }
        "batch" => {
            let at = random.between(0.1, 0.6) * total;
            let seconds = random.between(0.1, 0.35) * total;
            let is_running = move |time: f64| time > at && time < at + seconds;
            Box::new(move |time, _| if is_running(time) { (time - at) / seconds } else { 0.0 })
        }
        _ => {
            let at = random.between(0.05, 0.5) * total;
            let seconds = random.between(0.15, 0.45) * total;
            Box::new(move |time, _| if time > at { ((time - at) / seconds).min(1.0) } else { 0.0 })
        }
    }
}

fn more(family: &str, grid: Grid, random: &mut Random) -> Pattern {
    let total = grid.total();
    match family {
        "saw teeth" => {
            let longest = (total / 3.0).clamp(2.5 * HOUR, 30.0 * HOUR);
            let period = random.log_between(2.0 * HOUR, longest);
            let phase = random.unit();
            Box::new(move |time, _| (time / period + phase).fract())
        }
        "service" => {
            let from = random.between(0.1, 0.7) * total;
            let seconds = random.log_between(0.3, 10.0) * HOUR;
            let until = from + random.between(0.2, 1.5) * total;
            let is_running = move |time: f64| time > from && time < until;
            Box::new(
                move |time, _| {
                    if is_running(time) { 0.3 + 0.7 * levelling(time - from, seconds) } else { 0.0 }
                },
            )
        }
        "trough" => {
            let at = random.between(0.1, 0.7) * total;
            let width = random.between(4.0, 20.0) * HOUR;
            Box::new(move |time, _| 1.0 - (-((time - at) / width).powi(2)).exp())
        }
        "wander" => {
            let mut wander = Memory::over(random.log_between(6.0, 60.0) * HOUR, grid.step);
            Box::new(move |_, random| wander.next(random) * 0.3)
        }
        "ramp down and up" => {
            let at = random.between(0.2, 0.6) * total;
            let seconds = random.between(0.15, 0.3) * total;
            Box::new(move |time, _| ((time - at).abs() / seconds).min(1.0))
        }
        _ => {
            let phase = random.unit() * 7.0;
            Box::new(move |time, _| {
                let day = (time / DAY + phase).rem_euclid(7.0);
                if day < 5.0 { 0.5 - 0.5 * (day / 5.0 * TAU).cos() } else { 0.0 }
            })
        }
    }
}

fn after(time: f64, at: f64) -> f64 {
    if time > at { 1.0 } else { 0.0 }
}

/// From 0 to 1, ever slower.
fn levelling(time: f64, seconds: f64) -> f64 {
    1.0 - (-time / seconds).exp()
}
