//! Hosts from 512 MiB to 64 GiB, sampled each minute, with what cron misses and gaps: one part of memory each. The
//! kernel's own memory is quiet (0.01 to 0.7 MiB); processes and caches are not.

use super::random::{Memory, Random};
use super::{BEGIN, Case, DAY, Grid, HOUR, MINUTE, Truth, unix};
use cronograph::analysis::leak::Kind;

pub(crate) const KIB: f64 = 1024.0;
pub(crate) const MIB: f64 = 1024.0 * KIB;
const GIB: f64 = 1024.0 * MIB;
const SIZES: [f64; 8] = [0.5 * GIB, GIB, 2.0 * GIB, 4.0 * GIB, 8.0 * GIB, 16.0 * GIB, 32.0 * GIB, 64.0 * GIB];

/// What happens on a host; `add` is given seconds since the begin and says how many bytes more there are.
#[derive(Clone, Copy)]
struct Scenario {
    name: &'static str,
    kind: Kind,
    days: f64,
    /// Onset in hours, and bytes a second, if it leaks.
    leak: Option<(f64, f64)>,
    /// Hours after which the leak is mended.
    end: Option<f64>,
    /// Hours after which the host boots.
    boot: Option<f64>,
    add: fn(time: f64, size: f64) -> f64,
}

const NOTHING: Scenario =
    Scenario { name: "", kind: Kind::Kernel, days: 3.0, leak: None, end: None, boot: None, add: |_, _| 0.0 };

/// Healthy ones first.
const SCENARIOS: [Scenario; 20] = [
    Scenario { name: "kernel: quiet", days: 7.0, ..NOTHING },
    Scenario { name: "kernel: bumps each night", days: 7.0, add: |time, _| nightly(time, 2.0), ..NOTHING },
    Scenario { name: "kernel: warm-up after boot", boot: Some(0.0), add: warm_up, ..NOTHING },
    Scenario {
        name: "kernel: a package is installed",
        add: |time, _| if time > 30.0 * HOUR { 6.0 * MIB } else { 0.0 },
        ..NOTHING
    },
    Scenario {
        name: "kernel: boot in the middle",
        boot: Some(36.0),
        add: |time, size| warm_up(since_boot(time, 36.0), size),
        ..NOTHING
    },
    Scenario { name: "process: rhythm of days", kind: Kind::Process, days: 7.0, add: daily, ..NOTHING },
    Scenario {
        name: "process: warm-up of six hours",
        kind: Kind::Process,
        add: |time, size| size * 0.15 * levelling(time, 2.0 * HOUR),
        ..NOTHING
    },
    Scenario {
        name: "process: saw teeth of a heap",
        kind: Kind::Process,
        add: |time, size| size * 0.2 * (time / (5.0 * HOUR)).fract(),
        ..NOTHING
    },
    Scenario {
        name: "process: a service is started",
        kind: Kind::Process,
        add: |time, size| if time > 40.0 * HOUR { size * 0.1 } else { 0.0 },
        ..NOTHING
    },
    Scenario {
        name: "cache: fills what is free",
        kind: Kind::Cache,
        add: |time, size| size * 0.6 * (time / (50.0 * HOUR)).min(1.0),
        ..NOTHING
    },
    Scenario { name: "kernel: 1 MiB a minute", leak: Some((26.0, MIB / MINUTE)), days: 1.5, ..NOTHING },
    Scenario { name: "kernel: 64 KiB a minute", leak: Some((26.0, 64.0 * KIB / MINUTE)), ..NOTHING },
    Scenario { name: "kernel: 1 MiB an hour", leak: Some((50.0, MIB / HOUR)), days: 10.0, ..NOTHING },
    Scenario {
        name: "kernel: 30 MiB once a day",
        leak: Some((74.0, 30.0 * MIB / DAY)),
        days: 21.0,
        ..NOTHING
    },
    Scenario {
        name: "kernel: 1 MiB a minute since boot",
        leak: Some((26.0, MIB / MINUTE)),
        boot: Some(26.0),
        days: 1.5,
        add: |time, size| warm_up(since_boot(time, 26.0), size),
        ..NOTHING
    },
    Scenario {
        name: "kernel: 1 MiB a minute, a boot in the middle",
        leak: Some((26.0, MIB / MINUTE)),
        boot: Some(31.0),
        days: 1.5,
        ..NOTHING
    },
    Scenario {
        name: "kernel: 1 MiB a minute for six hours",
        leak: Some((26.0, MIB / MINUTE)),
        end: Some(32.0),
        days: 2.0,
        ..NOTHING
    },
    Scenario {
        name: "process: 20 MiB an hour",
        kind: Kind::Process,
        leak: Some((50.0, 20.0 * MIB / HOUR)),
        days: 5.0,
        ..NOTHING
    },
    Scenario {
        name: "process: 5 MiB an hour",
        kind: Kind::Process,
        leak: Some((50.0, 5.0 * MIB / HOUR)),
        days: 7.0,
        ..NOTHING
    },
    Scenario {
        name: "process: 40 MiB an hour for two days",
        kind: Kind::Process,
        leak: Some((50.0, 40.0 * MIB / HOUR)),
        end: Some(98.0),
        days: 6.0,
        ..NOTHING
    },
];

/// Every scenario on hosts of every size.
pub(crate) fn hosts(seed: u64) -> Vec<Case> {
    let each = SCENARIOS.iter().enumerate().flat_map(|(index, scenario)| {
        SIZES.iter().enumerate().map(move |(of_size, size)| (index * SIZES.len() + of_size, scenario, *size))
    });
    each.map(|(index, scenario, size)| {
        host(scenario, size, &mut Random::new(seed ^ (index as u64 * 86_028_121)))
    })
    .collect()
}

fn host(scenario: &Scenario, size: f64, random: &mut Random) -> Case {
    let grid = Grid { count: (scenario.days * DAY / MINUTE) as usize, step: MINUTE };
    let values = values(scenario, size, grid, random);
    let (times, values): (Vec<i64>, Vec<f64>) = grid.sampled(&values, random);
    // One run in three hundred does not come: the machine was too busy.
    let (times, values) = times.into_iter().zip(values).filter(|_| !random.chance(1.0 / 300.0)).unzip();
    let truth = scenario.leak.map(|(onset, per_second)| Truth {
        onset: unix(onset * HOUR),
        per_second,
        signal_to_noise: f64::NAN,
        end: scenario.end.map(|end| unix(end * HOUR)),
    });
    Case {
        family: scenario.name,
        shape: if truth.is_some() { "linear" } else { "" },
        kind: scenario.kind,
        times,
        values,
        breaks: scenario.boot.into_iter().filter(|boot| *boot > 0.0).map(|boot| unix(boot * HOUR)).collect(),
        capacity: Some(size),
        truth,
    }
}

fn values(scenario: &Scenario, size: f64, grid: Grid, random: &mut Random) -> Vec<f64> {
    let is_kernel = scenario.kind == Kind::Kernel;
    let level = if is_kernel {
        18.0 * MIB + size * 0.012 * random.log_between(0.5, 2.0)
    } else {
        size * random.between(0.15, 0.35)
    };
    let deviation =
        if is_kernel { random.log_between(0.01, 0.7) * MIB } else { level * random.log_between(0.001, 0.01) };
    let mut noise = Memory::over(random.log_between(2.0, 90.0) * MINUTE, MINUTE);
    grid.times()
        .map(|time| {
            let leaked = scenario.leak.map_or(0.0, |leak| leaked(leak, scenario, time));
            let value = level + (scenario.add)(time, size) + leaked + noise.next(random) * deviation;
            (value / (4.0 * KIB)).round().max(0.0) * 4.0 * KIB
        })
        .collect()
}

fn leaked((onset, per_second): (f64, f64), scenario: &Scenario, time: f64) -> f64 {
    let begin = scenario.boot.map(|boot| boot * HOUR).filter(|boot| *boot <= time).unwrap_or(0.0);
    let end = scenario.end.map_or(f64::INFINITY, |end| end * HOUR);
    let seconds = (time.min(end) - begin.max(onset * HOUR)).max(0.0);
    // What cron runs leaks at its minute, the first time at the onset.
    let period = if scenario.name.ends_with("once a day") { DAY } else { MINUTE };
    per_second * (seconds / period).ceil() * period
}

/// So many MiB for half an hour at three at night.
fn nightly(time: f64, mib: f64) -> f64 {
    let of_day = (time + BEGIN as f64).rem_euclid(DAY);
    if (3.0 * HOUR..3.5 * HOUR).contains(&of_day) { mib * MIB } else { 0.0 }
}

/// What the kernel needs once services run.
fn warm_up(since_boot: f64, size: f64) -> f64 {
    (6.0 * MIB + size * 0.004) * levelling(since_boot, 25.0 * MINUTE)
}

/// A tenth of memory more by day.
fn daily(time: f64, size: f64) -> f64 {
    size * 0.05 * (1.0 - (time / DAY * std::f64::consts::TAU).cos())
}

fn levelling(time: f64, seconds: f64) -> f64 {
    1.0 - (-time / seconds).exp()
}

/// Seconds since the boot at this hour; before it, since one long ago.
fn since_boot(time: f64, hours: f64) -> f64 {
    if time < hours * HOUR { 30.0 * DAY } else { time - hours * HOUR }
}
