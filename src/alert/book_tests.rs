//! Leaks as alerts, and that each sample is taken in once.

use super::book::Book;
use super::built_in_tests::{NOW, healthy};
use super::machine::Turn;
use crate::analysis::describe::describe;
use crate::analysis::leak::{self, Growth, Reason};
use crate::analysis::report::words::Telling;
use crate::analysis::report::{self, Finding, FullAt, Owner};
use crate::analysis::{Level, Part, ProblemKind};
use crate::base::words::{Lang, Words};
use crate::sample::Sample;
use crate::sample::meminfo::Meminfo;

/// What a host whose unreclaimable slab leaks is told of; memory is full in so many seconds.
fn leaking(state: leak::State, full_in: Option<i64>) -> Vec<(String, Level)> {
    let mut host = healthy();
    host.report = leak_report(state, full_in);
    host.firing()
}

fn leak_report(state: leak::State, full_in: Option<i64>) -> Option<report::Report> {
    let meminfo = Meminfo { mem_total: Some(1 << 30), mem_free: Some(1 << 28), ..Meminfo::default() };
    let sample = Sample { meminfo: Some(meminfo), ..Sample::default() };
    let mut report = report::of_sample("a", &sample).unwrap();
    let growth = Growth {
        since: NOW - 7_200,
        since_error: 60,
        until: NOW,
        per_second: 1.0,
        low: 0.9,
        high: 1.1,
        from_level: 0.0,
        to_level: 1e8,
    };
    let full = full_in.map(|seconds| FullAt { at: NOW + seconds, earliest: NOW + seconds, latest: None });
    report.findings = vec![Finding {
        subject: report::Subject::Part(Part::SlabUnreclaimable),
        state,
        growth,
        reason: Reason::Even,
        evidence: None,
        judged_from: None,
        full,
        owner: Owner::Nobody,
        grows_with: Vec::new(),
        events: Vec::new(),
        next: Vec::new(),
        find: Vec::new(),
    }];
    Some(report)
}

#[test]
fn a_leak_is_as_bad_as_it_is_near() {
    let leak = |level| vec![("leak".to_owned(), level)];
    assert_eq!(leaking(leak::State::Leaking, Some(86_399)), leak(Level::Critical));
    assert_eq!(leaking(leak::State::Leaking, Some(86_401)), leak(Level::Warning));
    assert_eq!(leaking(leak::State::Leaking, None), leak(Level::Warning), "however slow");
    assert_eq!(leaking(leak::State::Suspect, Some(60)), []);
    assert_eq!(leaking(leak::State::Ended, None), []);
}

#[test]
fn the_same_samples_are_taken_in_once_and_what_passed_in_between_is_kept() {
    let mut host = healthy();
    host.now = host.latest.sample.t + 1;
    let mut book = Book::default();
    assert_eq!(host.look(&mut book), []);
    let quiet = book.clone();
    assert_eq!(host.look(&mut book), []);
    assert_eq!(book, quiet, "nothing is new");
    // An hour later: load was high for twenty minutes, and is not any more.
    host.latest.rates.times.iter_mut().for_each(|time| *time += 3_600);
    (host.latest.sample.t, host.now) = (host.latest.sample.t + 3_600, host.now + 3_600);
    let load = (0..60).map(|row| if (20..40).contains(&row) { 3.0 } else { 0.4 }).collect();
    host.column("loadavg.load15", "", load);
    assert_eq!(host.look(&mut book), []);
    let alert = &book.alerts[0];
    assert_eq!((alert.rule.as_str(), alert.passed.len()), ("load", 1));
    let times = &host.latest.rates.times;
    // Over from row 40, for five minutes and a second at row 45.
    assert_eq!((alert.passed[0].since, alert.passed[0].until), (times[20], times[45]));
}

#[test]
fn silence_names_the_leak_before_it() {
    let mut host = healthy();
    host.report = leak_report(leak::State::Leaking, Some(7_200));
    let mut book = Book::default();
    host.look(&mut book);
    (book.looked, book.until) = (host.now, host.latest.sample.t);
    let newest = host.latest.sample.t;
    assert!(!book.is_look_due(host.now + 60, newest));
    host.now = newest + 301;
    assert!(book.is_look_due(host.now, newest), "what leaked has to be known now");
    let silent = host.look(&mut book).into_iter().find(|alert| alert.rule == "silent").unwrap();
    let kind = silent.kind.unwrap();
    let telling = Telling { words: Words::of(Lang::En), zone: &jiff::tz::TimeZone::UTC, now: newest };
    assert_eq!(
        describe(&kind, &telling, &str::to_owned),
        "No sample for 5 min 1 s; kernel, unreclaimable slab leaked +84.4 KiB/d before, memory was to be full at 17:41"
    );
    host.report = leak_report(leak::State::Suspect, None);
    let silent = host.look(&mut book).into_iter().find(|alert| alert.rule == "silent").unwrap();
    assert!(matches!(silent.kind, Some(ProblemKind::Silent { leak: None, .. })), "{silent:?}");
}

#[test]
fn a_leak_that_is_not_named_any_more_is_over_at_the_next_looks() {
    let mut host = healthy();
    let finding = |book: &mut Book, host: &super::built_in_tests::Host| {
        host.look(book).iter().any(|alert| alert.instance == "netdev.rx_bytes eth0")
    };
    host.report = leak_report(leak::State::Leaking, None);
    host.report.as_mut().unwrap().findings[0].subject =
        report::Subject::Series { metric: "netdev.rx_bytes".to_owned(), instance: "eth0".to_owned() };
    let mut book = Book::default();
    assert!(finding(&mut book, &host));
    host.report.as_mut().unwrap().findings.clear();
    let mut looks = 0;
    while finding(&mut book, &host) {
        looks += 1;
        host.now += 300;
        host.latest.sample.t += 300;
        assert!(looks < 20, "it never ends");
    }
    assert_eq!(looks, 13, "an hour of calm after the look that found it: a reboot does not end it");
}

#[test]
fn a_clock_that_was_ahead_blinds_nobody() {
    let mut host = healthy();
    let mut book = Book { until: NOW + 80_000, ..Book::default() };
    host.column("loadavg.load15", "", vec![3.0; 60]);
    host.look(&mut book);
    assert_eq!(book.until, NOW - 20);
    // Minutes go on.
    for _ in 0..3 {
        host.latest.rates.times.iter_mut().for_each(|time| *time += 60);
        (host.latest.sample.t, host.now) = (host.latest.sample.t + 60, host.now + 60);
        host.look(&mut book);
    }
    assert_eq!(book.until, NOW + 160);
    assert!(book.alerts.iter().any(|alert| alert.rule == "load"), "{:?}", book.alerts);
}

#[test]
fn a_rule_that_is_new_looks_at_the_last_hour() {
    let host = healthy();
    let mut book = Book::default();
    host.look(&mut book);
    let own: Vec<crate::config::RuleConfig> =
        vec![toml::from_str("name = \"mine\"\nwhen = \"loadavg.load15 > 0.1\"\nfor = \"30m\"").unwrap()];
    let rules = super::rule::Rules::new(&own).unwrap().of("a");
    let entries = book.advance(&rules, &host.known(), &|_| String::new());
    assert_eq!(entries.iter().map(|entry| entry.rule.as_str()).collect::<Vec<_>>(), ["mine"]);
    // Switched off again, it is over.
    let rules = super::rule::Rules::new(&[]).unwrap().of("a");
    let entries = book.advance(&rules, &host.known(), &|_| String::new());
    assert_eq!(entries.iter().map(|entry| entry.change).collect::<Vec<_>>(), [Turn::Resolved]);
    assert!(book.alerts.is_empty(), "nobody was told of it");
}

#[test]
fn what_was_told_is_remembered_as_it_was_then() {
    let mut host = healthy();
    host.column("loadavg.load15", "", vec![3.0; 60]);
    let mut book = Book::default();
    host.look(&mut book);
    let alert = &mut book.alerts[0];
    let since = alert.machine.since;
    // It became critical between the look and the message that says that it is a warning.
    alert.machine.level = Level::Critical;
    alert.was_told(NOW, Level::Warning, since, &["one".to_owned()]);
    assert_eq!(alert.told.as_ref().unwrap().level, Level::Warning);
    // It was over by then: the end will be told, once.
    alert.told = None;
    alert.passed.push(super::book::Episode { since, ..Default::default() });
    for index in 0..30 {
        alert.was_told(NOW, Level::Warning, since, &[format!("{index}")]);
    }
    assert!(alert.passed.is_empty());
    let notices = &alert.told.as_ref().unwrap().notices;
    assert_eq!((notices.len(), notices[0].as_str(), notices[19].as_str()), (20, "0", "29"));
}

#[test]
fn each_boot_is_news() {
    let mut host = healthy();
    let mut book = Book::default();
    let mut look = |host: &mut super::built_in_tests::Host, uptime: f64| {
        host.now += 3_600;
        host.latest.sample.t = host.now - 20;
        host.latest.sample.uptime = Some(uptime);
        let firing = host.look(&mut book).iter().any(|alert| alert.rule == "reboot");
        let told = book.alerts.iter_mut().find(|alert| alert.rule == "reboot");
        let was_told = told.as_ref().is_some_and(|alert| alert.told.is_some());
        if let Some(alert) = told.filter(|_| firing) {
            alert.told = Some(super::book::Told::default());
        }
        (firing, was_told)
    };
    assert_eq!(look(&mut host, 60.0), (true, false));
    assert_eq!(look(&mut host, 3_660.0), (false, false), "that it is over is told to nobody");
    assert_eq!(look(&mut host, 90.0), (true, false), "the next one is");
}

#[test]
fn a_second_boot_within_minutes_is_news_as_well() {
    let mut host = healthy();
    let mut book = Book::default();
    let mut boot = |host: &mut super::built_in_tests::Host, name: &str| {
        host.now += 300;
        (host.latest.sample.t, host.latest.sample.uptime) = (host.now - 20, Some(60.0));
        host.latest.sample.boot = Some(name.to_owned());
        host.look(&mut book);
        let alert = book.alerts.iter_mut().find(|alert| alert.rule == "reboot").unwrap();
        let is_news = alert.told.is_none();
        alert.was_told(host.now, Level::Warning, alert.machine.since, &[]);
        is_news
    };
    assert!(boot(&mut host, "a"));
    assert!(boot(&mut host, "b"));
    assert!(!boot(&mut host, "b"));
}

#[test]
fn who_looks_with_an_older_sample_changes_nothing() {
    let host = healthy();
    let mut book = Book::default();
    let mut newer = host.latest.sample.clone();
    (newer.boot, newer.uptime) = (Some("a".to_owned()), Some(100.0));
    let mut later = healthy();
    later.latest.sample = newer.clone();
    later.look(&mut book);
    let older = Sample { uptime: Some(40.0), ..newer.clone() };
    assert!(book.is_ahead_of(&older) && !book.is_ahead_of(&newer));
    assert!(!book.is_ahead_of(&Sample { boot: Some("b".to_owned()), ..older }), "another boot");
}
