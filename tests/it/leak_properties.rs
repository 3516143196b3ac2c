//! What holds for every series: the finder sees only what came before, bears any numbers, and does not mind where
//! zero is, what the unit is or which week it is.

use crate::leak_patterns::{self, Case};
use cronograph::analysis::leak::{Kind, Series, Verdict, Watch, watch};
use proptest::prelude::*;

const WEEK: i64 = 7 * 86_400;

/// What would have been said at the sample of this index, seeing only what came before.
fn until(case: &Case, index: usize) -> Watch {
    let series = case.series();
    watch(&Series { times: &series.times[..=index], values: &series.values[..=index], ..series })
}

/// Every prefix that holds the detection has it at the same sample; no other prefix has one.
fn assert_sees_only_what_came_before(case: &Case) {
    let whole = watch(&case.series());
    let last = case.times.len() - 1;
    let around = whole.detected_at.map(|at| case.times.partition_point(|time| *time < at));
    let near =
        around.into_iter().flat_map(|at| [at.saturating_sub(40), at.saturating_sub(1), at, at + 1, at + 7]);
    let spread = (1..8).map(|part| last * part / 8);
    for index in near.chain(spread).filter(|index| *index <= last) {
        let end = case.times[index];
        let said = until(case, index).detected_at;
        match whole.detected_at.filter(|at| *at <= end) {
            Some(at) => assert_eq!(said, Some(at), "{} at {end}", case.name),
            None => assert_eq!(said, None, "{} at {end}", case.name),
        }
    }
}

#[test]
fn the_future_changes_nothing_that_was_said() {
    leak_patterns::cases(22, 1).iter().for_each(assert_sees_only_what_came_before);
}

#[test]
fn not_even_a_future_of_another_size() {
    // What follows is a thousand times as much: were its level looked at, no earlier growth would be worth a look.
    let mut found = 0;
    for mut case in leak_patterns::cases(23, 1).into_iter().filter(|case| case.onset.is_some()) {
        let (from, step) = (*case.times.last().unwrap(), 600);
        let most = case.values.iter().copied().fold(0.0, f64::max);
        let known = watch(&case.series()).detected_at.filter(|at| *at < from);
        found += usize::from(known.is_some());
        case.times.extend((1..2000).map(|index| from + index * step));
        case.values.extend((1..2000).map(|index| 1000.0 * most + f64::from(index % 5)));
        if known.is_some() {
            assert_eq!(watch(&case.series()).detected_at, known, "{}", case.name);
        }
    }
    assert!(found >= 3, "only {found} of the leaks were found");
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Kernel), Just(Kind::Process), Just(Kind::Cache), Just(Kind::Other)]
}

/// Steps in seconds and values of every sort, absent ones among them.
fn anything() -> impl Strategy<Value = Vec<(i64, f64)>> {
    let value =
        prop_oneof![any::<f64>(), (-1e6..1e6), Just(f64::NAN), Just(0.0), Just(f64::MAX), Just(-f64::MAX)];
    proptest::collection::vec((prop_oneof![0..5i64, 60..61i64, 0..100_000i64], value), 0..300)
}

/// Steps in seconds, and values in whole numbers: a walk that drifts up or not.
fn walk() -> impl Strategy<Value = Vec<(i64, f64)>> {
    let steps = proptest::collection::vec((240..360i64, -8..9i32), 300..900);
    (steps, 0..4i32, 0.1..0.9f64).prop_map(|(steps, drift, onset)| {
        let first = (steps.len() as f64 * onset) as usize;
        let mut leaked = 0;
        let each = steps.into_iter().enumerate().map(|(index, (seconds, noise))| {
            leaked += if index >= first { drift } else { 0 };
            (seconds, f64::from(20_000 + noise * 4 + leaked))
        });
        each.collect()
    })
}

fn unzip(steps: &[(i64, f64)], begin: i64) -> (Vec<i64>, Vec<f64>) {
    let mut time = begin;
    let each = steps.iter().map(|(seconds, value)| {
        time = time.saturating_add(*seconds);
        (time, *value)
    });
    each.unzip()
}

/// A series of which nothing is known: only without a capacity does it not matter where zero is.
fn without_capacity(times: &[i64], values: &[f64]) -> Watch {
    watch(&Series { kind: Kind::Other, times, values, breaks: &[], capacity: None })
}

#[test]
fn a_walk_that_drifts_is_found() {
    // The properties below compare findings: there must be some.
    let steps: Vec<(i64, f64)> = (0..800)
        .map(|index| (300, f64::from(20_000 + (index * 7 % 17 - 8) * 4 + 3 * (index - 240).max(0))))
        .collect();
    let (times, values) = unzip(&steps, 1_795_392_000);
    for watch in [without_capacity(&times, &values), process(&times, &values, 1e5)] {
        assert!(watch.detected_at.is_some(), "{watch:?}");
    }
}

fn process(times: &[i64], values: &[f64], capacity: f64) -> Watch {
    watch(&Series { kind: Kind::Process, times, values, breaks: &[], capacity: Some(capacity) })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 5, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_it_panic(
        steps in anything(),
        kind in kinds(),
        begin in prop_oneof![Just(0i64), Just(1_795_392_000), any::<i64>()],
        capacity in proptest::option::of(any::<f64>()),
        breaks in proptest::collection::vec(any::<u32>().prop_map(i64::from), 0..4),
    ) {
        let (times, values) = unzip(&steps, begin);
        let mut breaks = breaks;
        breaks.sort_unstable();
        let watch = watch(&Series { kind, times: &times, values: &values, breaks: &breaks, capacity });
        if let Some(growth) = watch.verdict.growth {
            prop_assert!(growth.low <= growth.per_second && growth.per_second <= growth.high, "{growth:?}");
            prop_assert!(growth.since <= growth.until, "{growth:?}");
        }
    }

    #[test]
    fn where_zero_is_does_not_matter(steps in walk(), shift in 1..1_000_000i32) {
        let (times, values) = unzip(&steps, 1_795_392_000);
        let shifted: Vec<f64> = values.iter().map(|value| value + f64::from(shift)).collect();
        let (one, other) = (without_capacity(&times, &values), without_capacity(&times, &shifted));
        prop_assert_eq!((one.detected_at, one.verdict.state), (other.detected_at, other.verdict.state));
        let rates = one.verdict.growth.zip(other.verdict.growth);
        let is_near = rates.is_none_or(|(one, other)| (one.per_second / other.per_second - 1.0).abs() < 1e-6);
        prop_assert!(is_near, "{rates:?}");
    }

    #[test]
    fn which_week_it_is_does_not_matter(steps in walk(), weeks in -100..100i64) {
        let (times, values) = unzip(&steps, 1_795_392_000);
        let (later, _) = unzip(&steps, 1_795_392_000 + weeks * WEEK);
        let (one, other) = (process(&times, &values, 1e5), process(&later, &values, 1e5));
        prop_assert_eq!(one.detected_at.map(|at| at + weeks * WEEK), other.detected_at);
        prop_assert_eq!(moved(one.verdict, weeks * WEEK), other.verdict);
    }

    #[test]
    fn which_unit_it_is_does_not_matter(steps in walk(), power in -40..40i32) {
        // A power of two, so that every sum is rounded alike.
        let factor = 2f64.powi(power);
        let (times, values) = unzip(&steps, 1_795_392_000);
        let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
        let (one, other) = (process(&times, &values, 1e5), process(&times, &scaled, 1e5 * factor));
        prop_assert_eq!((one.detected_at, one.verdict.state), (other.detected_at, other.verdict.state));
        let rate = |watch: &Watch| watch.verdict.growth.map(|growth| growth.per_second);
        prop_assert_eq!(rate(&one).map(|rate| rate * factor), rate(&other));
    }
}

fn moved(mut verdict: Verdict, seconds: i64) -> Verdict {
    if let Some(growth) = &mut verdict.growth {
        growth.since += seconds;
        growth.until += seconds;
    }
    verdict
}
