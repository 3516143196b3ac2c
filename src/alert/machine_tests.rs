//! Sequences worked out by hand, and what holds of every sequence.

use super::*;
use proptest::prelude::*;

const HOLDS: Reading = Reading::Holds(Level::Warning);
const WORSE: Reading = Reading::Holds(Level::Critical);

/// The turns of readings that come each minute from 1000 on, with the minute of each.
fn turns(readings: &[Option<Reading>], patience: Patience) -> Vec<(usize, Turn)> {
    let mut machine = Machine::default();
    let mut turns = Vec::new();
    for (minute, reading) in readings.iter().enumerate() {
        let Some(reading) = reading else { continue };
        let turn = machine.step(1000 + 60 * minute as i64, *reading, patience, 60);
        turns.extend(turn.map(|turn| (minute, turn)));
    }
    turns
}

#[test]
fn it_fires_when_it_has_held_and_ends_when_it_has_been_calm() {
    let patience = Patience { hold: 120, calm: 120 };
    let mut readings = vec![Some(HOLDS); 5];
    readings.extend([Some(Reading::Over), Some(Reading::Over), Some(Reading::Over), Some(Reading::Over)]);
    // Holds from minute 0: 120 s at minute 2. Over from minute 5: one second, 61, 121.
    assert_eq!(turns(&readings, patience), [(2, Turn::Fired), (7, Turn::Resolved)]);
}

#[test]
fn what_dips_while_it_is_pending_begins_anew() {
    let patience = Patience { hold: 120, calm: 0 };
    let readings = [HOLDS, HOLDS, Reading::Between, HOLDS, HOLDS, HOLDS].map(Some);
    assert_eq!(turns(&readings, patience), [(5, Turn::Fired)]);
}

#[test]
fn between_the_limits_nothing_ends() {
    let patience = Patience { hold: 0, calm: 60 };
    let readings = [HOLDS, Reading::Over, Reading::Between, Reading::Over, Reading::Over].map(Some);
    assert_eq!(turns(&readings, patience), [(0, Turn::Fired), (4, Turn::Resolved)]);
}

#[test]
fn a_gap_counts_as_three_intervals_and_changes_nothing() {
    let patience = Patience { hold: 600, calm: 0 };
    let mut machine = Machine::default();
    assert_eq!(machine.step(1_000, HOLDS, patience, 60), None);
    assert_eq!(machine.step(100_000, HOLDS, patience, 60), None, "180 s of a day");
    assert_eq!((machine.phase, machine.since), (Phase::Pending, 1_000));
    assert_eq!(machine.step(200_000, HOLDS, patience, 600), Some(Turn::Fired), "1980 s");
}

#[test]
fn it_worsens_once() {
    let patience = Patience { hold: 60, calm: 0 };
    let readings = [HOLDS, HOLDS, WORSE, HOLDS, WORSE, WORSE, WORSE, HOLDS, WORSE, WORSE, WORSE].map(Some);
    assert_eq!(turns(&readings, patience), [(1, Turn::Fired), (5, Turn::Worsened)]);
    assert_eq!(turns(&[Some(WORSE)], Patience::default()), [(0, Turn::Fired)]);
}

#[test]
fn what_wavers_is_kept_until_it_is_calm() {
    let patience = Patience::default();
    let waver: Vec<_> =
        (0..40).map(|minute| Some(if minute % 2 == 0 { HOLDS } else { Reading::Over })).collect();
    let turns = turns(&waver, patience);
    assert_eq!(turns.len(), 5, "fired three times, ended twice: {turns:?}");
    assert_eq!(turns[4], (4, Turn::Fired));
    let mut calm = waver;
    calm.extend([Some(Reading::Over); 40]);
    // Over from minute 39: one second there, then a minute each.
    assert_eq!(super::tests::turns(&calm, patience).last(), Some(&(69, Turn::Resolved)));
}

#[test]
fn what_is_gone_has_ended() {
    let mut machine = Machine::default();
    machine.step(1, HOLDS, Patience::default(), 60);
    assert_eq!((machine.vanish(), machine.vanish()), (Some(Turn::Resolved), None));
}

#[test]
fn pending_state_survives_serialization() {
    let patience = Patience { hold: 120, calm: 120 };
    let mut whole = Machine::default();
    for t in [3_220, 3_280] {
        whole.step(t, HOLDS, patience, 60);
    }
    let mut restored: Machine = serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
    assert_eq!(restored, whole);
    assert_eq!(whole.step(3_340, HOLDS, patience, 60), Some(Turn::Fired));
    assert_eq!(restored.step(3_340, HOLDS, patience, 60), Some(Turn::Fired));
}

fn reading() -> impl Strategy<Value = Option<Reading>> {
    prop_oneof![
        Just(None),
        Just(Some(HOLDS)),
        Just(Some(WORSE)),
        Just(Some(Reading::Between)),
        Just(Some(Reading::Over))
    ]
}

proptest! {
    /// Turns alternate: fired, maybe worsened once, resolved; an alert's phase is what its turns say.
    #[test]
    fn no_change_is_told_twice_or_missed(
        readings in proptest::collection::vec((reading(), 1i64..400), 0..200),
        hold in 0i64..600,
        calm in 0i64..600,
    ) {
        let (mut machine, mut t, mut firing, mut level) = (Machine::default(), 1_000, false, Level::Ok);
        for (reading, pause) in readings {
            t += pause;
            let Some(reading) = reading else { continue };
            match machine.step(t, reading, Patience { hold, calm }, 60) {
                Some(Turn::Fired) => {
                    prop_assert!(!firing);
                    prop_assert!(matches!(reading, Reading::Holds(_)));
                    (firing, level) = (true, machine.level);
                }
                Some(Turn::Worsened) => {
                    prop_assert!(firing && machine.level > level);
                    level = machine.level;
                }
                Some(Turn::Resolved) => {
                    prop_assert!(firing && reading == Reading::Over);
                    firing = false;
                }
                None => prop_assert!(!firing || machine.level == level),
            }
            prop_assert_eq!(machine.phase == Phase::Firing, firing);
            prop_assert!(machine.phase == Phase::Ok || machine.since <= t);
        }
    }

    /// A state that was written and read again goes on the same way.
    #[test]
    fn it_survives_being_written(readings in proptest::collection::vec(reading(), 0..60), cut in 0usize..60) {
        let patience = Patience { hold: 120, calm: 120 };
        let (mut whole, mut parts) = (Machine::default(), Machine::default());
        for (minute, reading) in readings.into_iter().enumerate() {
            if minute == cut {
                parts = serde_json::from_str(&serde_json::to_string(&parts).unwrap()).unwrap();
            }
            if let Some(reading) = reading {
                let t = 1000 + 60 * minute as i64;
                prop_assert_eq!(whole.step(t, reading, patience, 60), parts.step(t, reading, patience, 60));
            }
        }
        prop_assert_eq!(whole, parts);
    }
}

#[test]
fn its_end_stays_where_it_was_while_calm_goes_on() {
    let mut machine = Machine::default();
    for (t, reading) in
        [(1_000, HOLDS), (1_060, Reading::Over), (1_120, Reading::Over), (9_000, Reading::Over)]
    {
        machine.step(t, reading, Patience::default(), 60);
    }
    assert_eq!((machine.ended, machine.seen), (1_060, 9_000));
}
