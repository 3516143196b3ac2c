//! Eight kinds of healthy series, as machines in production draw them. Most are scaled to about 100 for "full".

use super::random::{Memory, Random};
use super::{DAY, Grid, HOUR};
use std::f64::consts::TAU;

/// What a series is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    VmActive,
    MachineJobs,
    Node,
    Jvm,
    PageCache,
    Cpu,
    Network,
    Quiet,
}

impl Base {
    pub(crate) const ALL: [Self; 8] = [
        Self::VmActive,
        Self::MachineJobs,
        Self::Node,
        Self::Jvm,
        Self::PageCache,
        Self::Cpu,
        Self::Network,
        Self::Quiet,
    ];
    /// Those that a leak is laid over: of a cache, growth is no leak.
    pub(crate) const MAY_LEAK: [Self; 7] =
        [Self::VmActive, Self::MachineJobs, Self::Node, Self::Jvm, Self::Cpu, Self::Network, Self::Quiet];

    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::VmActive => "VM, active memory",
            Self::MachineJobs => "machine with jobs",
            Self::Node => "node",
            Self::Jvm => "JVM heap",
            Self::PageCache => "page cache",
            Self::Cpu => "CPU",
            Self::Network => "network",
            Self::Quiet => "quiet",
        }
    }

    /// Its values.
    pub(crate) fn values(self, grid: Grid, random: &mut Random) -> Vec<f64> {
        let phase = random.between(0.0, DAY);
        match self {
            Self::VmActive => vm_active(grid, phase, random),
            Self::MachineJobs => machine_jobs(grid, phase, random),
            Self::Node => node(grid, phase, random),
            Self::Jvm => jvm(grid, phase, random),
            Self::PageCache => page_cache(grid, phase, random),
            Self::Cpu => {
                load(grid, phase, random, |level, noise, deviation| (level.0 + noise * deviation).max(0.0))
            }
            Self::Network => load(grid, phase, random, |level, noise, deviation| {
                level.0 * (noise * deviation / level.1).exp()
            }),
            Self::Quiet => quiet(grid, random),
        }
    }
}

/// A day's shape: 0 at night, 1 by day, with edges of some hours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Daily {
    phase: f64,
    width: f64,
    edge: f64,
}

impl Daily {
    pub(crate) fn any(random: &mut Random) -> Self {
        Self { phase: random.unit(), width: random.between(0.25, 0.6), edge: random.between(0.02, 0.14) }
    }

    pub(crate) fn at(&self, time: f64) -> f64 {
        let from_noon = ((time / DAY + self.phase).rem_euclid(1.0) - 0.5).abs();
        1.0 / (1.0 + ((from_noon - self.width / 2.0) / (self.edge / 2.0)).exp())
    }
}

/// What a hypervisor counts as active: noise, a daily rhythm, bursts that fade, shifts, a job each night.
fn vm_active(grid: Grid, phase: f64, random: &mut Random) -> Vec<f64> {
    let daily = Daily::any(random);
    let level = random.log_between(2.0, 40.0);
    let deviation = level * random.log_between(0.02, 0.4);
    let mut noise = Memory::keeping(random.between(0.0, 0.95));
    let amplitude = if random.chance(0.6) { level * random.between(0.0, 0.6) } else { 0.0 };
    let bursts = random.log_between(0.2, 12.0) / DAY;
    let burst_size = level * random.log_between(0.2, 3.0);
    let burst_seconds = random.log_between(300.0, 3.0 * HOUR);
    let is_nightly = random.chance(0.4);
    let night_size = level * random.between(0.3, 2.0);
    let night_seconds = random.between(0.3, 3.0) * HOUR;
    let night_at = random.between(0.0, DAY);
    let shifts = random.log_between(0.02, 0.5) / DAY;
    let wandering = if random.chance(0.3) { level * random.log_between(0.02, 0.2) } else { 0.0 };
    let mut wander = Memory::over(random.between(0.5, 8.0) * HOUR, grid.step);
    let (mut shift, mut burst) = (0.0, 0.0);
    let value = |time: f64| {
        let time = time + phase;
        let noise = noise.next(random) * deviation;
        if random.chance(shifts * grid.step) {
            shift += random.normal() * level * 0.3;
        }
        if random.chance(bursts * grid.step) {
            burst += random.exponential(burst_size);
        }
        burst *= (-grid.step / burst_seconds).exp();
        let wander = wander.next(random) * wandering;
        let is_night = is_nightly && (time - night_at).rem_euclid(DAY) < night_seconds;
        let night = if is_night { night_size } else { 0.0 };
        (level + noise + shift + burst + wander + amplitude * daily.at(time) + night).max(level * 0.05)
    };
    grid.times().map(value).collect()
}

/// The sum of jobs that come by chance, more by day, and live long or short: Pareto.
fn machine_jobs(grid: Grid, phase: f64, random: &mut Random) -> Vec<f64> {
    const WARM: f64 = 10.0 * DAY;
    const MOST_JOBS: f64 = 6_000.0;
    let daily = Daily::any(random);
    let load = random.between(20.0, 80.0);
    let size = random.log_between(0.3, 6.0);
    let exponent = random.between(1.3, 2.5);
    let shortest = random.log_between(600.0, 2.0 * HOUR);
    let mean_life = (shortest * exponent / (exponent - 1.0)).min(20.0 * DAY);
    let amplitude = random.between(0.0, 0.8);
    let rate = (load / size / mean_life).min(MOST_JOBS / (WARM + grid.total()));
    let mut values = vec![0.0; grid.count];
    let mut begin = -WARM;
    while begin < grid.total() {
        begin += random.exponential(1.0 / rate);
        let busy = 1.0 + amplitude * (2.0 * daily.at(begin + phase) - 1.0);
        if !random.chance(busy / (1.0 + amplitude)) {
            continue;
        }
        let end = begin + random.pareto(shortest, exponent).min(30.0 * DAY);
        if end <= 0.0 {
            continue;
        }
        let memory = random.exponential(size).min(size * 5.0);
        let last = ((end / grid.step) as usize).min(grid.count);
        let first = ((begin.max(0.0) / grid.step) as usize).min(last);
        values[first..last].iter_mut().for_each(|value| *value += memory);
    }
    let noise = random.log_between(0.05, 1.0);
    values.iter_mut().for_each(|value| *value += 8.0 + random.normal() * noise);
    if random.chance(0.5) {
        values.iter_mut().for_each(|value| *value = value.round());
    }
    values
}

/// All of a node's memory: a walk that is pulled back, and now and then a fall or a jump.
fn node(grid: Grid, phase: f64, random: &mut Random) -> Vec<f64> {
    let daily = Daily::any(random);
    let level = random.between(10.0, 70.0);
    let stride = level * random.log_between(0.0003, 0.003) * (grid.step / 300.0).sqrt();
    let noise = level * random.log_between(0.001, 0.02);
    let hours = if random.chance(0.85) { (0.3, 5.0) } else { (6.0, 48.0) };
    let pull = (-grid.step / (random.log_between(hours.0, hours.1) * HOUR)).exp();
    let jumps = random.log_between(0.05, 3.0) / DAY;
    let amplitude = level * random.between(0.0, 0.1);
    let mut walk = 0.0;
    let value = |time: f64| {
        walk = walk * pull + random.normal() * stride;
        if random.chance(jumps * grid.step) {
            walk += random.normal() * level * 0.05;
        }
        level + walk + random.normal() * noise + amplitude * daily.at(time + phase)
    };
    grid.times().map(value).collect()
}

/// A heap under a collector of generations: saw teeth on saw teeth, the faster the more load there is.
fn jvm(grid: Grid, phase: f64, random: &mut Random) -> Vec<f64> {
    let daily = Daily::any(random);
    let least = random.between(10.0, 40.0);
    let top = least + random.between(10.0, 40.0);
    let period = random.log_between(300.0, 1.5 * HOUR);
    let amplitude = random.between(0.0, 0.6);
    let mut used = random.between(least, top);
    let mut floor = least;
    let full_every = (random.log_between(0.2, 2.5) * HOUR / period).ceil() as usize + 1;
    let tenured = random.between(0.0, 0.6) * (top - least) / full_every as f64;
    let mut collections = 0;
    let value = |time: f64| {
        let load = 0.6 + amplitude * 2.0 * daily.at(time + phase);
        used += (top - floor) / period * grid.step * load * random.between(0.5, 1.5);
        if used >= top {
            collections += 1;
            if collections % full_every == 0 {
                floor = least + random.normal().abs() * 0.5;
            } else {
                floor += tenured * random.between(0.5, 1.5);
            }
            floor = floor.min(top - 3.0);
            used = floor + (used - top).rem_euclid((top - floor).max(1.0)) * random.unit();
        }
        used + random.normal() * 0.2
    };
    grid.times().map(value).collect()
}

/// Fills what is free, the faster the more is read, and is emptied by chance.
fn page_cache(grid: Grid, phase: f64, random: &mut Random) -> Vec<f64> {
    let most = random.between(30.0, 90.0);
    let mut cached = random.between(0.8, 1.0) * most;
    let rate = random.log_between(2.0, 12.0) / HOUR;
    let drops = random.log_between(1.0, 12.0) / DAY;
    let batch = random.between(0.0, 1.0);
    let value = |time: f64| {
        let busy = 0.3 + 0.7 * (0.5 + 0.5 * ((time + phase) / DAY * TAU).sin()).powi(2);
        let room = (1.0 - cached / most).max(0.0) * 2.0;
        cached += rate * grid.step * busy * random.exponential(1.0) * room;
        if random.chance(drops * grid.step) {
            cached *= 1.0 - random.between(0.02, 0.5) * batch;
        }
        cached + random.normal() * 0.1
    };
    grid.times().map(value).collect()
}

/// Load by day, by week, in bursts; `with_noise` is given the level now and the usual one, the noise and its
/// deviation.
fn load(
    grid: Grid,
    phase: f64,
    random: &mut Random,
    with_noise: impl Fn((f64, f64), f64, f64) -> f64,
) -> Vec<f64> {
    let daily = Daily::any(random);
    let level = random.log_between(1.0, 30.0);
    let amplitude = level * random.between(0.0, 2.0);
    let deviation = level * random.log_between(0.05, 0.8);
    let mut noise = Memory::keeping(random.between(0.0, 0.9));
    let has_weekends = random.chance(0.3);
    let bursts = random.log_between(0.5, 30.0) / DAY;
    let burst_seconds = random.log_between(300.0, 5.0 * HOUR);
    let mut burst = 0.0;
    let value = |time: f64| {
        let time = time + phase;
        let noise = noise.next(random);
        if random.chance(bursts * grid.step) {
            burst += random.exponential(level * 2.0);
        }
        burst *= (-grid.step / burst_seconds).exp();
        let is_weekend = has_weekends && (time / DAY) as i64 % 7 >= 5;
        let share = if is_weekend { 0.3 } else { 1.0 };
        let now = (level + amplitude * daily.at(time) * share + burst).max(0.01);
        with_noise((now, level), noise, deviation)
    };
    grid.times().map(value).collect()
}

/// Nearly constant, rounded by chance.
fn quiet(grid: Grid, random: &mut Random) -> Vec<f64> {
    let level = random.log_between(1.0, 60.0);
    let deviation = level * random.log_between(0.0005, 0.02);
    let unit = if random.chance(0.4) { level * random.log_between(0.002, 0.02) } else { 0.0 };
    let mut noise = Memory::keeping(random.between(0.0, 0.98));
    let value = |_| {
        let value = level + noise.next(random) * deviation;
        if unit > 0.0 { (value / unit).round() * unit } else { value }
    };
    grid.times().map(value).collect()
}
