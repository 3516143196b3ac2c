//! Detection counts of the leak finder on patterns like those of real memory: VMs and machines with noise that follows
//! itself, bursts, dips and gaps, healthy or with a leak, a step, a ramp that ends, a warm-up or a daily cycle laid over.
//! The real series that the limits were chosen on are not part of the project; `docs/leaks.md` has the figures on them.

use cronograph::analysis::leak::{Kind, Series, State, watch};
use std::collections::BTreeMap;

const STEP: i64 = 300;
const HOUR: i64 = 3_600;
/// 2026-11-23T00:00:00Z
const BEGIN: i64 = 1_795_392_000;
/// Standard deviation of the noise, and the level that it is about.
const NOISE: f64 = 40.0;
const LEVEL: f64 = 1_000.0;

/// A series and what is true of it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) times: Vec<i64>,
    pub(crate) values: Vec<f64>,
    /// Unix time at which the leak begins.
    pub(crate) onset: Option<i64>,
}

impl Case {
    pub(crate) fn series(&self) -> Series<'_> {
        let (times, values) = (&self.times, &self.values);
        Series { kind: Kind::Other, times, values, breaks: &[], capacity: None }
    }
}

/// Numbers between 0 and 1 that are the same each time (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.roll()
    }

    /// Normal with standard deviation 1, nearly: a sum of twelve.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.roll()).sum::<f64>() - 6.0
    }
}

/// The names of the patterns; the first five leak.
const PATTERNS: [&str; 12] = [
    "linear",
    "stairs",
    "diurnal",
    "bursts",
    "gap",
    "nothing",
    "step",
    "two steps",
    "warm-up",
    "daily",
    "batch",
    "fill",
];
const LEAKING: usize = 5;

/// `count` cases of each pattern; the signal is 6 to 40 times the noise.
pub(crate) fn cases(seed: u64, count: usize) -> Vec<Case> {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    (0..count).flat_map(|_| PATTERNS).map(|name| case(name, &mut dice)).collect()
}

fn case(name: &'static str, dice: &mut Dice) -> Case {
    let hours = [48, 72, 120, 168][(dice.roll() * 4.0) as usize];
    let is_leak = PATTERNS[..LEAKING].contains(&name);
    let end = (hours * HOUR) as f64;
    let onset = end * if name == "fill" { dice.between(0.1, 0.25) } else { dice.between(0.25, 0.6) };
    let growth = NOISE * 6.0 * (40.0 / 6.0_f64).powf(dice.roll());
    let (correlation, phase) = (dice.between(0.0, 0.8), dice.roll());
    let burst = (dice.between(0.1, 0.8) * end, dice.between(2.0, 5.0) * HOUR as f64);
    let mut noise = 0.0;
    let values = (0..hours * HOUR / STEP).map(|index| {
        let time = (index * STEP) as f64;
        noise = correlation * noise + (1.0 - correlation * correlation).sqrt() * dice.normal();
        let spike = if dice.roll() < 0.005 { dice.between(5.0, 30.0) * NOISE } else { 0.0 };
        let is_burst = name == "bursts" && (burst.0..burst.0 + burst.1).contains(&time);
        let laid_over = growth * shape(name, time, onset, end, phase);
        LEVEL + NOISE * noise + spike + laid_over + if is_burst { 3.0 * growth } else { 0.0 }
    });
    let rows = (0..hours * HOUR / STEP).map(|index| BEGIN + index * STEP).zip(values);
    let hole = (onset + 0.3 * (end - onset)) as i64;
    let is_there = |time: i64| name != "gap" || !(hole..hole + 5 * HOUR).contains(&(time - BEGIN));
    let (times, values) = rows.filter(|(time, _)| is_there(*time)).unzip();
    Case { name, times, values, onset: is_leak.then_some(BEGIN + onset as i64) }
}

/// Share of the whole growth that has come by a time.
fn shape(name: &str, time: f64, onset: f64, end: f64, phase: f64) -> f64 {
    let since = (time - onset).max(0.0);
    let share = since / (end - onset);
    let day = |time: f64| (std::f64::consts::TAU * (time / 86_400.0 + phase)).sin();
    let begun = |at: f64| if time >= at { 1.0 } else { 0.0 };
    match name {
        "linear" | "bursts" | "gap" => share,
        "stairs" => (share * 12.0).floor() / 12.0,
        "diurnal" => {
            share + 0.6 * 86_400.0 / std::f64::consts::TAU / (end - onset) * (day(onset) - day(onset + since))
        }
        "step" => begun(onset),
        "two steps" => 0.5 * begun(onset) + 0.5 * begun(onset + 0.2 * end),
        "warm-up" => 1.0 - (-since / (0.03 * end)).exp(),
        "daily" => day(time).max(0.0),
        // Grows, is held for a while, and is given back.
        "batch" => {
            if since > 0.16 * end {
                0.0
            } else {
                (since / (0.14 * end)).min(1.0)
            }
        }
        "fill" => (since / (0.3 * end)).min(1.0),
        _ => 0.0,
    }
}

/// Counts, for each pattern, the cases accused at or after the onset, before it (or at all, if healthy), and at the end.
fn counts(cases: &[Case]) -> BTreeMap<&'static str, [usize; 3]> {
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for case in cases {
        let watch = watch(&case.series());
        let [found, falsely, end] = counts.entry(case.name).or_default();
        let is_right = |at: i64| case.onset.is_some_and(|onset| at >= onset);
        *found += usize::from(watch.detected_at.is_some_and(is_right));
        *falsely += usize::from(watch.detected_at.is_some_and(|at| !is_right(at)));
        *end += usize::from(watch.verdict.state == State::Leaking);
    }
    counts
}

#[test]
fn patterns_are_judged_as_often_right_as_recorded() {
    const COUNT: usize = 16;
    let counts = counts(&cases(7, COUNT));
    let lines = PATTERNS.map(|name| {
        let [found, falsely, end] = counts[name];
        format!("{name}: of {COUNT} found {found}, falsely accused {falsely}, at the end {end}")
    });
    insta::assert_snapshot!("leak_patterns", lines.join("\n"));
    assert!(["nothing", "step", "warm-up", "daily"].iter().all(|name| counts[name][1] == 0));
    assert!(["linear", "stairs", "gap"].iter().all(|name| counts[name][0] >= COUNT - 1));
}

#[test]
fn a_leak_that_goes_on_is_never_withdrawn() {
    // Over five days, and so over the change from one width of bins to the next, at 36 hours and four days.
    let mut case = cases(5, 1).remove(0);
    let hours = 0..125_i64;
    case.times =
        hours.clone().flat_map(|hour| (0..12).map(move |part| BEGIN + hour * HOUR + part * STEP)).collect();
    let grown = |time: i64| (time - BEGIN - 20 * HOUR).max(0) as f64 / HOUR as f64;
    case.values =
        case.times.iter().map(|time| LEVEL + (time / STEP % 7) as f64 + 5.0 * grown(*time)).collect();
    let detected = watch(&case.series()).detected_at.unwrap();
    assert!(detected < BEGIN + 36 * HOUR, "found after {} h", (detected - BEGIN) / HOUR);
    for hour in (detected - BEGIN) / HOUR + 1..hours.end {
        let seen = case.times.partition_point(|time| *time <= BEGIN + hour * HOUR);
        let series = Series { times: &case.times[..seen], values: &case.values[..seen], ..case.series() };
        assert_eq!(watch(&series).verdict.state, State::Leaking, "after {hour} h");
    }
}
