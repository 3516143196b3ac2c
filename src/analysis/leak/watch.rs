//! A series watched from its beginning: what the finder would have said at each time, seeing only what came before.
//! The verdict at the end is that of the last time.

use super::ending::{Ending, ending};
use super::estimate::estimate;
use super::scale::{Scale, Sight};
use super::score::{HOLD, SUSPECT, is_same_rate};
use super::seen::Seen;
use super::verdict::{Growth, Kind, Reason, Series, State, Verdict};

/// Fewer values than this say nothing.
const LEAST_VALUES: usize = 18;
/// A rate that may be so many times what it is estimated at is none.
const LOOSEST: f64 = 2.5;
/// A leak of this age has no history on the scales that it could stand out from.
const OLD: f64 = 5.0 * 86_400.0;
/// A leak goes on if it still grows at this share of its rate …
const GOES_ON: f64 = 0.2;
/// … from the stretch before to the last one, each this share of its time.
const STRETCH_SHARE: f64 = 0.1;
const STRETCH: f64 = 3.0 * 3_600.0;
const STRETCH_KERNEL: f64 = 1_200.0;
const STRETCH_MOST: f64 = 2.0 * 86_400.0;
/// A leak that starts in this first part of the time since boot was there at boot.
const AT_BOOT: f64 = 0.2;

/// What the finder said over time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Watch {
    /// The verdict at the last sample.
    pub verdict: Verdict,
    /// The first sample at which it was said to leak.
    pub detected_at: Option<i64>,
    /// When the last such word was taken back, where it was.
    pub withdrawn_at: Option<i64>,
}

/// Watches a series from its first to its last sample.
pub fn watch(series: &Series) -> Watch {
    let seen = Seen::of(series);
    if seen.times.len() < LEAST_VALUES {
        return Watch::default();
    }
    // Most parts of a host hardly move: no look at them would find what is worth one.
    if seen.range() < seen.floor(&[], 0.0) {
        let verdict = Verdict { reason: Reason::NoGrowth, ..Verdict::default() };
        return Watch { verdict, ..Watch::default() };
    }
    let mut course = Course::default();
    let mut scales = Scale::all(series.kind, &seen);
    // All scales side by side in time: what one of them sees holds for the series.
    loop {
        let next = scales.iter().enumerate().filter_map(|(index, scale)| Some((scale.next_time()?, index)));
        let Some((time, index)) = next.min_by(|a, b| a.0.total_cmp(&b.0)) else { break };
        course.boot(seen.begin_of(time));
        if let Some(scale) = scales.get_mut(index) {
            scale.look(&seen, series.kind, course.leaked_before);
        }
        course.update(time, &scales, &seen, series.kind);
    }
    course.end(series, &seen)
}

/// What was said so far.
#[derive(Default)]
struct Course {
    detected: Option<f64>,
    withdrawn: Option<f64>,
    /// The growth that is said to be a leak, as last seen, and the last time at which that held.
    leak: Option<Sight>,
    held: f64,
    /// The one that was, once it is not said any more.
    past: Option<Sight>,
    suspicion: Option<Sight>,
    booted: f64,
    /// The rate of what was said to leak when the last boot came.
    leaked_before: Option<f64>,
}

impl Course {
    /// The last boot was at this time.
    fn boot(&mut self, time: f64) {
        if time > self.booted {
            self.leaked_before = self.leak.map(|leak| leak.shape.slope);
            self.booted = time;
        }
    }

    fn update(&mut self, time: f64, scales: &[Scale], seen: &Seen, kind: Kind) {
        let earliest = |a: &&Sight, b: &&Sight| a.shape.start.total_cmp(&b.shape.start);
        if let Some(leak) = scales.iter().filter_map(Scale::leak).min_by(earliest) {
            self.detected.get_or_insert(time);
            (self.leak, self.held, self.withdrawn) = (Some(*leak), time, None);
        } else if let Some(leak) = self.leak {
            let is_held = scales.iter().filter_map(Scale::last).any(|sight| sight.points > HOLD);
            if is_held || goes_on(&leak, time, seen, kind) {
                self.held = time;
            } else {
                (self.leak, self.past, self.withdrawn) = (None, Some(leak), Some(time));
            }
        }
        let suspicions = scales.iter().filter_map(Scale::last).filter(|sight| sight.points > SUSPECT);
        self.suspicion = suspicions.min_by(earliest).copied();
    }

    fn end(&self, series: &Series, seen: &Seen) -> Watch {
        let verdict = self.verdict(series, seen);
        let is_over = verdict.state != State::Leaking;
        let is_over = is_over && series.kind != Kind::Cache;
        let withdrawn = self.withdrawn.or(self.detected.filter(|_| is_over).map(|_| self.held));
        Watch {
            verdict,
            // What may grow as long as it likes is never said to leak.
            detected_at: self
                .detected
                .filter(|_| series.kind != Kind::Cache)
                .map(|time| seen.unix_of_last_before(time)),
            withdrawn_at: withdrawn.filter(|_| is_over).map(|time| seen.unix_of_last_before(time)),
        }
    }

    fn verdict(&self, series: &Series, seen: &Seen) -> Verdict {
        let nothing = Verdict { reason: Reason::NoGrowth, ..Verdict::default() };
        let told = |state, sight: &Sight, reason| {
            let growth = growth_since(sight.shape.start, series, seen);
            // Of what may grow at any rate, none included, there is no more than a suspicion.
            let (state, reason) = match growth {
                Some(growth) if state == State::Leaking && growth.high > LOOSEST * growth.per_second => {
                    (State::Suspect, Reason::NotYet)
                }
                _ => (state, reason),
            };
            growth.map_or(nothing, |growth| Verdict { state, growth: Some(growth), reason })
        };
        let leak = self.leak.or(self.past);
        if series.kind == Kind::Cache {
            return leak.map_or(nothing, |sight| told(State::Ok, &sight, Reason::Cache));
        }
        match leak.and_then(|sight| ending(sight.shape.start, self.leak.is_none(), series.kind, seen)) {
            Some(Ending::Flat(growth)) => {
                return Verdict { state: State::Ended, growth: Some(growth), reason: Reason::Stopped };
            }
            Some(Ending::GivenBack) => return Verdict { reason: Reason::GivenBack, ..Verdict::default() },
            None => {}
        }
        if let Some(sight) = self.leak {
            return told(State::Leaking, &sight, Reason::Even);
        }
        self.suspicion.map_or(nothing, |sight| told(State::Suspect, &sight, Reason::NotYet))
    }
}

/// Whether a leak still grows: the last stretch lies above the one before it.
fn goes_on(leak: &Sight, now: f64, seen: &Seen, kind: Kind) -> bool {
    let is_quiet = kind == Kind::Kernel;
    // A younger one is seen whole on the scales, and must convince there.
    if !is_quiet && now - leak.shape.start < OLD {
        return false;
    }
    let least = if is_quiet { STRETCH_KERNEL } else { STRETCH };
    let stretch = (STRETCH_SHARE * (now - leak.shape.start)).clamp(least, STRETCH_MOST);
    let levels = seen.level(now - stretch, now).zip(seen.level(now - 2.0 * stretch, now - stretch));
    levels.is_some_and(|(last, before)| last - before >= GOES_ON * leak.shape.slope * stretch)
}

/// The growth since about `start` as it is at the end; across a boot, if it went on there as it was.
fn growth_since(start: f64, series: &Series, seen: &Seen) -> Option<Growth> {
    let begin = seen.begin_of(start);
    let estimate = estimate(&seen.times, &seen.values, start, begin)?;
    let mut growth = estimate.growth(seen);
    if estimate.since - begin < AT_BOOT * (estimate.until - begin)
        && let Some(earlier) = leak_before(seen.unix(begin), series)
        && is_same_rate(earlier.per_second, growth.per_second)
    {
        (growth.since, growth.since_error) = (earlier.since, earlier.since_error);
    }
    Some(growth)
}

/// What leaked when the host went down: a boot gives all back, and what leaked before leaks on.
fn leak_before(boot: i64, series: &Series) -> Option<Growth> {
    let end = series.times.partition_point(|time| *time < boot);
    let earlier = Series { times: series.times.get(..end)?, values: series.values.get(..end)?, ..*series };
    let verdict = watch(&earlier).verdict;
    verdict.growth.filter(|_| verdict.state == State::Leaking)
}
