use super::*;
use crate::alert::names::DERIVED;
use proptest::prelude::*;

fn column(metric: &str, pattern: Option<&str>) -> Expression {
    Expression::Column { metric: metric.to_owned(), pattern: pattern.map(str::to_owned) }
}

#[test]
fn a_comparison_has_a_value_and_a_limit_in_its_unit() {
    let found = condition("meminfo.SUnreclaim > 500 MiB").unwrap();
    let first = found.first().unwrap();
    assert_eq!(first.left, column("meminfo.SUnreclaim", None));
    assert_eq!((first.relation, first.limit), (Relation::Above, 524_288_000.0));
    let busy = condition("diskstats[sd*].busy>=95%").unwrap();
    let busy = busy.first().unwrap();
    assert_eq!((&busy.left, busy.limit), (&column("diskstats.busy", Some("sd*")), 0.95));
}

#[test]
fn and_binds_closer_than_or() {
    let found = condition("stat.steal > 1 and loadavg.load1 < 2 or loadavg.load5 == 3").unwrap();
    assert_eq!(found.any.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn per_core_and_arithmetic() {
    let found = condition("loadavg.load15 per core > 2").unwrap();
    let cores = Box::new(column("host.cores", None));
    let load = Box::new(column("loadavg.load15", None));
    assert_eq!(found.first().unwrap().left, Expression::Binary(Operator::Divide, load, cores));
    let share = condition("meminfo.SUnreclaim / meminfo.MemTotal > 25 %").unwrap();
    assert_eq!(share.first().unwrap().limit, 0.25);
    let scaled = condition("2 * (meminfo.Shmem + meminfo.Buffers) > 1 GiB").unwrap();
    assert_eq!(scaled.first().unwrap().limit, 1_073_741_824.0);
}

#[test]
fn a_made_name_hands_its_pattern_to_what_it_is_made_of() {
    let found = condition("filesystem[/var].used_percent > 90 %").unwrap();
    let mut patterns = Vec::new();
    found.first().unwrap().left.columns(&mut |metric, pattern| patterns.push((metric, pattern)));
    assert_eq!(patterns[0], ("filesystem.used", Some("/var")));
    assert!(patterns.iter().all(|(_, pattern)| *pattern == Some("/var")));
}

#[test]
fn stretches_of_time() {
    let found = condition("mean(pressure.memory_full, 10m) > 5 %").unwrap();
    let first = found.first().unwrap();
    assert_eq!((first.left.reach(), first.limit), (600, 0.05));
    let kills = condition("increase(vmstat.oom_kill, 1 h) >= 3").unwrap();
    assert_eq!((kills.first().unwrap().limit, kills.first().unwrap().measure.per_second), (3.0, false));
}

#[test]
fn the_end_of_a_condition_is_about_the_same_value() {
    let when = condition("memory.unavailable_percent > 90").unwrap();
    let clear = continued("< 85", &when).unwrap();
    assert_eq!(clear.first().unwrap().left, when.first().unwrap().left);
    assert_eq!((clear.first().unwrap().relation, clear.first().unwrap().limit), (Relation::Below, 85.0));
    assert!(continued("swap.in < 1 MiB/s", &when).is_ok(), "a whole condition is one, too");
}

#[test]
fn mistakes_are_named() {
    for (text, words) in [
        ("", "expected a number's name at the end"),
        ("memory", "`memory` names no number: write `memory.NAME` at the end"),
        ("meminfo.MemFree", "expected >, >=, <, <=, == or != at the end"),
        ("meminfo.MemFree < ", "expected a number at the end"),
        (
            "meminfo.MemFree < meminfo.Cached",
            "the right side of `<` must be a number, at `meminfo.Cached`; \
             put both on the left: `A - B < 0` or `A / B < 1`",
        ),
        (
            "meminfo.MemFree < 0.1 * meminfo.MemTotal",
            "the right side of `<` must be a number, at `* meminfo.MemTotal`; \
             put both on the left: `A - B < 0` or `A / B < 1`",
        ),
        ("meminfo.MemFree < 5 m", "`m` does not fit: this is bytes, written as `500 MiB` or `2 GB`"),
        ("meminfo.MemFree < 5 MiB 7", "expected nothing more at `7`"),
        ("median(swap.in) > 1", "there is no function `median`; there are mean, increase, sum, first, min"),
        ("mean(swap.in) > 1", "expected `,` at `) > 1`"),
        ("mean(swap.in, 3 w) > 1", "mean(…) looks back over at most a day"),
        ("loadavg.load1 per cpu > 1", "expected `per core` at `cpu > 1`"),
        ("filesystem[/var.used > 1", "`[` without `]` at `[/var.used > 1`"),
    ] {
        assert_eq!(condition(text).unwrap_err(), words, "{text}");
    }
}

#[test]
fn every_made_name_can_be_read() {
    for derived in DERIVED {
        condition(&format!("{} > 1", derived.name))
            .unwrap_or_else(|error| panic!("{}: {error}", derived.name));
    }
}

proptest! {
    #[test]
    fn nothing_that_is_typed_breaks_it(text in "[ -~°]{0,60}") {
        let _ = condition(&text);
    }
}

#[test]
fn one_thing_divided_by_another_is_a_plain_ratio_or_a_share_as_the_rule_says() {
    let told = |text: &str, value: f64| {
        let found = condition(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let first = found.first().unwrap();
        (first.limit, first.measure.tell(value))
    };
    assert_eq!(told("meminfo.SUnreclaim / meminfo.MemTotal > 0.25", 0.3), (0.25, "0.30".to_owned()));
    assert_eq!(told("meminfo.SUnreclaim / meminfo.MemTotal > 25 %", 0.3), (0.25, "30 %".to_owned()));
    assert_eq!(
        told("filesystem.used / meminfo.MemTotal > 3", 4.5).1,
        "4.50",
        "of disks and of memory: both bytes"
    );
    assert_eq!(told("loadavg.load1 / host.cores > 2", 3.5).1, "3.50");
    assert_eq!(told("mean(netdev.rx_bytes / netdev.tx_bytes, 10m) > 2", 3.5).1, "3.50");
    // In hundredths already.
    assert_eq!(told("100 * meminfo.SUnreclaim / meminfo.MemTotal > 25 %", 30.0), (25.0, "30 %".to_owned()));
    assert_eq!(
        told("100 - 100 * meminfo.MemFree / meminfo.MemTotal > 90", 92.5),
        (90.0, "92.5 %".to_owned())
    );
    // By a plain number it stays what it is, and so does a mean of many.
    assert_eq!(told("meminfo.SUnreclaim / 2 > 25 MiB", 1_572_864.0).1, "1.50 MiB");
    assert_eq!(told("meminfo.AnonPages / processes.total > 25 MiB", 1_572_864.0).1, "1.50 MiB");
    let when = condition("meminfo.SUnreclaim / meminfo.MemTotal > 0.25").unwrap();
    assert_eq!(continued("> 50 %", &when).unwrap().first().unwrap().limit, 0.5);
}

#[test]
fn a_number_of_a_check_has_the_unit_that_the_rule_compares_it_with() {
    let told = |text: &str, value: f64| {
        let found = condition(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let first = found.first().unwrap();
        (first.limit, first.measure.tell(value))
    };
    assert_eq!(told("perfdata[disk *].value > 500 MB", 6e8), (5e8, "600 MB".to_owned()));
    assert_eq!(told("mean(perfdata[mem rss].value, 10m) > 1 GiB", 1_572_864.0).1, "1.50 MiB");
    assert_eq!(told("perfdata[http time].value > 500 ms", 2.5), (0.5, "2.50 s".to_owned()));
    assert_eq!(told("perfdata[http time].value > 5 m", 60.0).0, 300.0);
    assert_eq!(told("perfdata[disk used].value > 90 %", 92.5), (90.0, "92.5 %".to_owned()));
    assert_eq!(told("perfdata[mail size].value > 5 k", 6000.0).0, 5000.0);
    assert_eq!(told("perfdata[mail size].value > 2 M", 6000.0).0, 2e6);
    let when = condition("perfdata[disk *].value > 500").unwrap();
    assert_eq!(continued("> 2 GB", &when).unwrap().first().unwrap().limit, 2e9);
    let error = condition("perfdata[disk *].value > 5 apples").unwrap_err();
    assert!(error.contains("`apples` does not fit"), "{error}");
    assert!(condition("perfdata[a].value + loadavg.load1 > 5 MB").is_err(), "not a check's alone");
}

#[test]
fn what_no_stack_could_hold_is_refused_in_words() {
    let nested = |open: usize| format!("{}1{} > 0", "(".repeat(open), ")".repeat(open));
    assert!(condition(&nested(50)).is_ok());
    let error = condition(&nested(100_000)).unwrap_err();
    assert!(error.starts_with("more than 50 parentheses within each other, at `((("), "{error}");
    assert!(error.len() < 200, "{}", error.len());
    let called = format!("{}1{} > 0", "sum(".repeat(100_000), ")".repeat(100_000));
    assert!(condition(&called).is_err());
    let chain = |values: usize| format!("{} > 0", vec!["loadavg.load1"; values].join(" + "));
    assert!(condition(&chain(500)).is_ok());
    assert!(condition(&chain(100_000)).unwrap_err().starts_with("more than 500 values in one condition"));
}
