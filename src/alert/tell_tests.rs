//! What is told, by hand, and that of no sequence of looks anything is told twice or missed.

use super::*;
use crate::alert::book::Told;
use crate::alert::machine::{Machine, Patience, Reading, Turn};
use crate::alert::mute::Mute;
use crate::alert::rule::Rules;
use proptest::prelude::*;

fn policy(mutes: &Mutes, now: i64) -> Policy<'_> {
    Policy { mutes, quiet: false, remind: None, now }
}

fn alert(rule: &str, phase: Phase, level: Level, told: Option<Level>) -> Alert {
    let mut machine = Machine::default();
    (machine.phase, machine.level) = (phase, level);
    let told = told.map(|level| Told { at: 1_000, level, ..Told::default() });
    Alert { rule: rule.to_owned(), machine, told, ..Alert::default() }
}

fn told(alerts: Vec<Alert>, policy: &Policy<'_>) -> Vec<(String, What)> {
    let book = Book { alerts, ..Book::default() };
    let rules = Rules::new(&[]).unwrap().of("web1");
    let tellings = tellings("web1", &book, &rules, policy);
    tellings.into_iter().map(|telling| (telling.alert.rule.clone(), telling.what)).collect()
}

fn one(alert: Alert, policy: &Policy<'_>) -> Option<What> {
    told(vec![alert], policy).pop().map(|(_, what)| what)
}

#[test]
fn the_difference_between_what_holds_and_what_was_told() {
    use Level::{Critical, Warning};
    let mutes = Mutes::default();
    let policy = policy(&mutes, 2_000);
    let of = |phase, level, told| one(alert("memory", phase, level, told), &policy);
    assert_eq!(of(Phase::Firing, Warning, None), Some(What::Fired));
    assert_eq!(of(Phase::Firing, Warning, Some(Warning)), None);
    assert_eq!(of(Phase::Firing, Critical, Some(Warning)), Some(What::Worsened));
    assert_eq!(of(Phase::Firing, Warning, Some(Critical)), None, "better is not over");
    assert_eq!(of(Phase::Ok, Warning, Some(Warning)), Some(What::Resolved));
    assert_eq!((of(Phase::Ok, Warning, None), of(Phase::Pending, Warning, None)), (None, None));
    let remind = Policy { remind: Some(1_000), ..policy };
    assert_eq!(one(alert("memory", Phase::Firing, Warning, Some(Warning)), &remind), Some(What::Reminder));
    assert_eq!(
        one(alert("reboot", Phase::Ok, Warning, Some(Warning)), &policy),
        None,
        "that a boot is over is no news"
    );
}

#[test]
fn quiet_hours_and_mutes_hold_back_what_can_wait() {
    use Level::{Critical, Warning};
    let mutes = Mutes(vec![Mute { rule: "mem*".to_owned(), host: None, until: 5_000 }]);
    let firing = |level| alert("memory", Phase::Firing, level, None);
    assert_eq!(one(firing(Critical), &policy(&mutes, 4_999)), None);
    assert_eq!(one(firing(Critical), &policy(&mutes, 5_000)), Some(What::Fired));
    let none = Mutes::default();
    let quiet = Policy { quiet: true, ..policy(&none, 9_000) };
    assert_eq!((one(firing(Warning), &quiet), one(firing(Critical), &quiet)), (None, Some(What::Fired)));
    let episode = Episode { since: 1, until: 2, level: Warning, text: String::new() };
    let passed = || Alert { passed: vec![episode.clone()], ..alert("memory", Phase::Ok, Warning, None) };
    assert_eq!(one(passed(), &quiet), None);
    assert_eq!(one(passed(), &policy(&none, 9_000)), Some(What::Passed(episode)), "in the morning");
}

#[test]
fn of_a_silent_host_its_silence_is_told_and_nothing_else() {
    let mutes = Mutes::default();
    let alerts = vec![
        alert("memory", Phase::Firing, Level::Critical, None),
        alert("silent", Phase::Firing, Level::Silent, None),
        alert("load", Phase::Ok, Level::Warning, Some(Level::Warning)),
    ];
    assert_eq!(told(alerts, &policy(&mutes, 9)), [("silent".to_owned(), What::Fired)]);
}

proptest! {
    /// A machine is stepped, now and then somebody looks and tells; with a notice for each telling, each firing that is
    /// over is told from beginning to end, once, as fired and resolved or as passed.
    #[test]
    fn each_firing_is_told_once(steps in proptest::collection::vec((0u8..3, any::<bool>()), 1..120)) {
        let (mutes, rules) = (Mutes::default(), Rules::new(&[]).unwrap().of("web1"));
        let mut book = Book { alerts: vec![alert("memory", Phase::Ok, Level::Ok, None)], ..Book::default() };
        book.alerts[0].told = None;
        let (mut fired, mut told_fired, mut told_resolved, mut told_passed) = (0, 0, 0, 0);
        for (minute, (reading, look)) in steps.iter().enumerate() {
            let t = 60_000 + 60 * minute as i64;
            let alert = &mut book.alerts[0];
            let reading = [Reading::Over, Reading::Holds(Level::Warning), Reading::Between][usize::from(*reading)];
            let since = alert.machine.since;
            match alert.machine.step(t, reading, Patience::default(), 60) {
                Some(Turn::Fired) => fired += 1,
                Some(Turn::Resolved) if alert.told.is_none() => {
                    let level = alert.machine.level;
                    alert.passed.push(Episode { since, until: t, level, text: String::new() });
                }
                _ => {}
            }
            if !look && minute + 1 < steps.len() {
                continue;
            }
            let whats: Vec<What> =
                tellings("web1", &book, &rules, &policy(&mutes, t)).into_iter().map(|telling| telling.what).collect();
            let alert = &mut book.alerts[0];
            for what in whats {
                match what {
                    What::Fired => {
                        told_fired += 1;
                        alert.told = Some(Told { at: t, level: alert.machine.level, ..Told::default() });
                    }
                    What::Resolved => {
                        told_resolved += 1;
                        alert.told = None;
                    }
                    What::Passed(episode) => {
                        told_passed += 1;
                        alert.passed.retain(|known| *known != episode);
                    }
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            prop_assert!(tellings("web1", &book, &rules, &policy(&mutes, t)).is_empty(), "nothing is left to tell");
        }
        let open = usize::from(book.alerts[0].is_firing());
        // One that ended and fired anew between two looks goes on, as far as anybody was told.
        prop_assert!(told_fired - told_resolved == open);
        prop_assert!(told_fired + told_passed <= fired);
        if fired > 0 {
            prop_assert!(told_fired + told_passed > 0);
        }
    }
}
