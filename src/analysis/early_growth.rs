//! Growth in a log that is too young for the leak finder. With nothing known before the growth, the finder needs hours
//! (kernel) or days (processes); until then a clear growth is at least a suspect, with the time at which it can be judged.
//!
//! Both answers come from the finder itself, which is asked about a series that goes on: backwards, as if the level had
//! been flat for a day before the log began; or forwards, as if the growth continued along its line.

use super::leak::{self, Growth, Kind, Reason, Series, State, Verdict};
use std::sync::LazyLock;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// Growth must have lasted this long to be clear.
const LEAST_SECONDS: i64 = 1_800;
/// Steps between assumed values, and until when they reach: fine ones first, for growth that is found within hours.
const AHEAD: [(i64, i64); 2] = [(60, 6 * HOUR), (900, 4 * DAY)];
/// Growth of an invented kernel leak, in bytes a second: one MiB a minute.
const INVENTED_RATE: f64 = 1_048_576.0 / 60.0;

/// Seconds from the first sample until a kernel leak that was there from the beginning can be found.
static LEAST_LOG_SECONDS: LazyLock<i64> = LazyLock::new(|| {
    let times: Vec<i64> = (0..DAY / 60).map(|minute| minute * 60).collect();
    let values: Vec<f64> = times.iter().map(|time| INVENTED_RATE * float(*time)).collect();
    let series = Series { kind: Kind::Kernel, times: &times, values: &values, breaks: &[], capacity: None };
    leak::watch(&series).detected_at.unwrap_or(DAY)
});

/// Returns the earliest time at which a leak could be found in a log that began at `first`, while that is ahead.
pub(super) fn leak_possible_from(first: i64, at: i64) -> Option<i64> {
    (at - first < DAY).then(|| first + *LEAST_LOG_SECONDS).filter(|from| *from > at)
}

/// Judges a series that is known for less than a day, and of which the finder says nothing: a suspect if it would be one
/// had its level been flat before.
pub(super) fn suspect(series: &Series) -> Option<Verdict> {
    let (first, last) = known_span(series)?;
    if series.kind == Kind::Cache || last - first < LEAST_SECONDS {
        return None;
    }
    let level = series.values.iter().copied().find(|value| value.is_finite())?;
    let mut times: Vec<i64> = (first - DAY..first).step_by(60).collect();
    let mut values = vec![level; times.len()];
    times.extend_from_slice(series.times);
    values.extend_from_slice(series.values);
    // A boot before the first sample began nothing anew that is known.
    let breaks: Vec<i64> = series.breaks.iter().copied().filter(|time| *time > first).collect();
    let verdict = leak::judge(&Series { times: &times, values: &values, breaks: &breaks, ..*series });
    let growth = verdict.growth.filter(|_| verdict.state >= State::Suspect)?;
    let growth = Growth { since: growth.since.max(first), ..growth };
    // Other memory also rises by day; only what cannot wait until a day is known is said sooner.
    let fills_soon = |capacity: f64| capacity - growth.to_level < growth.per_second * float(DAY);
    let is_urgent = series.kind == Kind::Kernel || series.capacity.is_some_and(fills_soon);
    let is_clear = is_urgent && growth.until - growth.since >= LEAST_SECONDS;
    // The evidence is about values that were assumed.
    let verdict =
        Verdict { state: State::Suspect, growth: Some(growth), evidence: None, reason: Reason::NotYet };
    is_clear.then_some(verdict)
}

/// Returns the time at which a growth can be called a leak if it continues along its line, for a series that is known for
/// less than a day.
pub(super) fn judged_from(series: &Series, growth: &Growth) -> Option<i64> {
    let (_, last) = known_span(series)?;
    let (mut times, mut values) = (series.times.to_vec(), series.values.to_vec());
    let mut now = last;
    for (step, reach) in AHEAD {
        while now + step <= last + reach {
            now += step;
            times.push(now);
            values.push(growth.to_level + growth.per_second * float(now - growth.until));
        }
    }
    leak::watch(&Series { times: &times, values: &values, ..*series }).detected_at.filter(|from| *from > last)
}

/// First and last time of a series that is known for less than a day.
fn known_span(series: &Series) -> Option<(i64, i64)> {
    let (first, last) = series.times.first().copied().zip(series.times.last().copied())?;
    (last - first < DAY).then_some((first, last))
}

#[expect(clippy::cast_precision_loss, reason = "seconds of some days")]
fn float(seconds: i64) -> f64 {
    seconds as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: f64 = 1_048_576.0;

    fn judge(kind: Kind, minutes: i64, value: impl Fn(f64) -> f64) -> (Option<Verdict>, Option<i64>) {
        let times: Vec<i64> = (0..minutes).map(|minute| minute * 60).collect();
        let values: Vec<f64> = (0..minutes).map(|minute| value(minute as f64)).collect();
        let series =
            Series { kind, times: &times, values: &values, breaks: &[], capacity: Some(500.0 * MIB) };
        assert!(leak::judge(&series).state < State::Leaking, "the finder itself cannot tell");
        let verdict = suspect(&series);
        let from = verdict.and_then(|verdict| judged_from(&series, &verdict.growth.unwrap()));
        (verdict, from)
    }

    #[test]
    fn steady_growth_from_the_first_sample_is_suspect_after_half_an_hour() {
        let leak = |minute: f64| 24.0 * MIB + 1.4 * MIB * minute;
        assert_eq!(judge(Kind::Kernel, 25, leak).0, None);
        let (verdict, from) = judge(Kind::Kernel, 33, leak);
        let growth = verdict.unwrap().growth.unwrap();
        assert!((growth.to_level - growth.from_level - 45.0 * MIB).abs() < 1.5 * MIB, "{growth:?}");
        assert!((growth.per_second * 60.0 - 1.4 * MIB).abs() < 0.05 * MIB, "{growth:?}");
        // That is when the finder does call it one.
        let from = from.unwrap();
        let found = |minutes: i64| {
            let times: Vec<i64> = (0..minutes).map(|minute| minute * 60).collect();
            let values: Vec<f64> = (0..minutes).map(|minute| leak(minute as f64)).collect();
            let capacity = Some(500.0 * MIB);
            leak::judge(&Series { kind: Kind::Kernel, times: &times, values: &values, breaks: &[], capacity })
                .state
        };
        assert_eq!((found(from / 60 - 4), found(from / 60 + 4)), (State::Suspect, State::Leaking));
        assert_eq!(leak_possible_from(0, 1_980), Some(from));
    }

    #[test]
    fn processes_that_fill_memory_within_a_day_are_suspect_too() {
        let (verdict, from) = judge(Kind::Process, 50, |minute| 100.0 * MIB + 2.0 * MIB * minute);
        assert!(verdict.is_some() && from.is_some(), "{verdict:?} {from:?}");
        let morning = |minute: f64| 100.0 * MIB + 0.03 * MIB * minute;
        assert_eq!(judge(Kind::Process, 900, morning).0, None, "memory may rise by day");
    }

    #[test]
    fn noise_steps_and_growth_that_levels_off_are_not_suspect() {
        let noise = |minute: f64| 24.0 * MIB + MIB * (minute * 2.4).sin();
        let step = |minute: f64| if minute < 12.0 { 24.0 * MIB } else { 30.0 * MIB };
        let warm_up = |minute: f64| 24.0 * MIB + 9.0 * MIB * (1.0 - (-minute / 8.0).exp());
        for (name, value) in
            [("noise", &noise as &dyn Fn(f64) -> f64), ("step", &step), ("warm-up", &warm_up)]
        {
            for kind in [Kind::Kernel, Kind::Process, Kind::Other] {
                assert_eq!(judge(kind, 55, value).0, None, "{name} {kind:?}");
            }
        }
    }
}
