use super::super::blocks::lengths;
use super::super::model::Noise;
use super::*;

const KIB: f64 = 1024.0;
const MIB: f64 = 1_048_576.0;

/// Turns as a session makes them, up to so many runs of the command, and the levels that `step` makes: of a turn's kind, of
/// its number among those of its kind, of the level so far.
fn series(runs: usize, mut step: impl FnMut(Kind, usize) -> f64) -> (Vec<Kind>, Vec<f64>) {
    let (mut turns, mut levels) = (Vec::new(), vec![50.0 * MIB]);
    let mut done = [0, 0];
    for length in lengths() {
        for kind in [Kind::Control, Kind::Command] {
            for _ in 0..length {
                let place = usize::from(kind == Kind::Command);
                levels.push(levels[levels.len() - 1] + step(kind, done[place]));
                turns.push(kind);
                done[place] += 1;
                if done[1] == runs {
                    return (turns, levels);
                }
            }
        }
    }
    (turns, levels)
}

fn answer(runs: usize, step: impl FnMut(Kind, usize) -> f64) -> Answer {
    let (turns, levels) = series(runs, step);
    judge(&turns, &levels, &Rule::memory())
}

/// The first run after which it is said to leak, and what is said then.
fn first_leak(runs: usize, step: impl FnMut(Kind, usize) -> f64) -> Option<(usize, Estimate)> {
    let (turns, levels) = series(runs, step);
    // As a session asks: after runs of the command.
    let ends = (1..=turns.len()).filter(|end| turns[end - 1] == Kind::Command);
    ends.into_iter().find_map(|end| {
        let count = turns[..end].iter().filter(|kind| **kind == Kind::Command).count();
        match judge(&turns[..end], &levels[..=end], &Rule::memory()) {
            Answer::Leaks(estimate) => Some((count, estimate)),
            _ => None,
        }
    })
}

fn of_command(kind: Kind, bytes: f64) -> f64 {
    if kind == Kind::Command { bytes } else { 0.0 }
}

#[test]
fn a_mebibyte_a_run_is_seen_after_three_runs() {
    let (runs, estimate) = first_leak(200, |kind, _| of_command(kind, MIB)).unwrap();
    assert_eq!((runs, estimate.center), (3, MIB));
    // Three turns of each: 4 degrees of freedom, 15.544 standard errors, of numbers that stand still to a page.
    let half = 4096.0 * (2.0_f64 / 3.0).sqrt() * 15.544;
    assert!((estimate.high - MIB - half).abs() < 10.0, "{estimate:?} {half}");
}

#[test]
fn what_warms_up_is_no_leak() {
    let warm = |kind, run| of_command(kind, if run < 8 { 40.0 * KIB } else { 0.0 });
    assert_eq!(first_leak(200, warm), None);
    assert!(matches!(
        answer(48, |kind, run| of_command(kind, if run < 2 { 8.0 * KIB } else { 0.0 })),
        Answer::Clean(_)
    ));
}

#[test]
fn nothing_is_clean_after_two_dozen_runs_and_not_before() {
    assert!(matches!(answer(23, |_, _| 0.0), Answer::Open(Some(_))));
    let Answer::Clean(estimate) = answer(24, |_, _| 0.0) else { panic!("{:?}", answer(24, |_, _| 0.0)) };
    assert!(estimate.center == 0.0 && estimate.high < 4096.0);
    assert_eq!(answer(1, |_, _| 0.0), Answer::Open(None), "of one run nothing can be told");
}

#[test]
fn one_run_in_three() {
    let (runs, estimate) =
        first_leak(200, |kind, run| of_command(kind, if run % 3 == 2 { MIB } else { 0.0 })).unwrap();
    assert!((20..60).contains(&runs), "{runs}");
    assert!((0.28..0.39).contains(&(estimate.center / MIB)), "{estimate:?}");
}

#[test]
fn what_is_given_back_a_turn_later_is_no_leak() {
    let mut pending = 0.0;
    let late = |kind, _| {
        let freed = std::mem::take(&mut pending);
        if kind == Kind::Command {
            pending = MIB;
        }
        of_command(kind, MIB) - freed
    };
    assert_eq!(first_leak(200, late), None);
}

#[test]
fn what_is_given_back_some_turns_later_is_no_leak() {
    for delay in [2, 3, 5, 8] {
        let mut pending = std::collections::VecDeque::from(vec![0.0; delay]);
        let late = |kind, _| {
            pending.push_back(of_command(kind, MIB));
            of_command(kind, MIB) - pending.pop_front().unwrap_or(0.0)
        };
        let (turns, levels) = series(200, late);
        // From so many runs on as a session asks at the earliest, where nothing forbids it.
        let ends = (1..=turns.len())
            .filter(|end| turns[..*end].iter().filter(|kind| **kind == Kind::Command).count() >= 8);
        let accused = ends.filter(|end| {
            matches!(judge(&turns[..*end], &levels[..=*end], &Rule::memory()), Answer::Leaks(_))
        });
        assert_eq!(accused.count(), 0, "{delay} turns");
    }
}

#[test]
fn what_others_keep_is_in_both() {
    assert_eq!(first_leak(200, |_, _| 100.0 * KIB), None);
    let (_, estimate) = first_leak(200, |kind, _| 100.0 * KIB + of_command(kind, MIB)).unwrap();
    assert!((estimate.center - MIB).abs() < 1.0);
}

#[test]
fn one_late_free_does_not_hide_a_leak() {
    let leak = |kind, run| of_command(kind, if run == 5 { -MIB } else { MIB });
    let (runs, _) = first_leak(200, leak).unwrap();
    assert!(runs <= 40, "{runs}");
    let Answer::Leaks(estimate) = answer(40, leak) else { panic!("{:?}", answer(40, leak)) };
    assert_eq!(estimate.center, MIB, "by ranks, which the one run does not move");
}

#[test]
fn eight_kibibytes_that_fill_a_slab_with_each_fourth_run() {
    let (runs, estimate) =
        first_leak(200, |kind, run| of_command(kind, if run % 4 == 3 { 32.0 * KIB } else { 0.0 })).unwrap();
    assert!(runs <= 100, "{runs}");
    assert!((6.0..10.0).contains(&(estimate.center / KIB)), "{estimate:?}");
}

/// Others allocate and free up to 256 KiB all the time: the level comes back.
fn come_and_go(seed: u64, leak: f64) -> impl FnMut(Kind, usize) -> f64 {
    let (mut noise, mut height) = (Noise::new(seed), 0.0);
    move |kind, _| {
        let next = noise.next() * 128.0 * KIB;
        let step = next - height;
        height = next;
        step + of_command(kind, leak)
    }
}

#[test]
fn noise_that_comes_and_goes_is_no_leak_and_hides_none_of_64_kib() {
    let accused = (0..40).filter(|seed| first_leak(200, come_and_go(*seed, 0.0)).is_some()).count();
    assert_eq!(accused, 0, "of 40");
    let found = (0..25).filter(|seed| first_leak(200, come_and_go(*seed, 64.0 * KIB)).is_some()).count();
    assert_eq!(found, 25);
    let (_, estimate) = first_leak(200, come_and_go(1, MIB)).unwrap();
    assert!(estimate.low < MIB && MIB < estimate.high, "{estimate:?}");
}

/// Others keep what they allocate, up to 64 KiB more or less with each turn.
#[test]
fn noise_that_stays_is_no_leak() {
    let wander = |seed| {
        let mut noise = Noise::new(seed);
        move |_, _| noise.next() * 64.0 * KIB
    };
    let accused = (0..40).filter(|seed| first_leak(200, wander(*seed)).is_some()).count();
    assert_eq!(accused, 0, "of 40");
}

#[test]
fn a_round_of_a_search_tells_much_from_little_at_once() {
    let rule = Rule::threshold(256.0 * KIB, 4096.0);
    let told = |leak| {
        let (turns, levels) = series(3, |kind, _| of_command(kind, leak));
        judge(&turns, &levels, &rule)
    };
    assert!(matches!(told(MIB), Answer::Leaks(_)));
    assert!(matches!(told(0.0), Answer::Clean(_)));
    assert!(matches!(told(256.0 * KIB), Answer::Open(_)));
}

#[test]
fn a_control_is_told_by_turns_that_follow_another_of_theirs() {
    let turns = [Kind::Command, Kind::Control, Kind::Control, Kind::Control];
    // What the command gives back late comes in the turn after it.
    assert_eq!(control(&turns, &[0.0, 100.0, 0.0, 8.0, 12.0]), 6.0);
}

#[test]
fn what_cannot_be_read_is_not_judged() {
    assert_eq!(judge(&[Kind::Command], &[1.0, f64::NAN], &Rule::memory()), Answer::Open(None));
}
