use super::super::model::Model;
use super::*;
use crate::analysis::part::Part;

const MIB: f64 = 1_048_576.0;

fn limits() -> Limits {
    Limits {
        runs: 40,
        budget_seconds: 100.0,
        growth: 1e12,
        warm_up: 2,
        late_seconds: 1.0,
        least: 4096.0,
        drop_caches: false,
    }
}

fn run(model: &mut Model<'_>, limits: &Limits, is_sure: &mut dyn FnMut(&Observed) -> bool) -> Observed {
    observe(model, limits, is_sure, &mut |_| {}).unwrap()
}

fn leaking(kind: Kind) -> f64 {
    if kind == Kind::Command { MIB } else { 0.0 }
}

#[test]
fn turns_alternate_in_blocks_that_grow_and_the_warm_up_does_not_count() {
    use Kind::{Command as R, Control as C};
    let mut model = Model::new(|kind, _, memory| memory.add(Part::SlabUnreclaimable, leaking(kind)));
    let seen = run(&mut model, &limits(), &mut |seen| seen.runs() == 6);
    assert_eq!(seen.turns, [C, R, C, R, C, R, C, R, C, C, R, R, C]);
    assert_eq!((seen.runs(), seen.outcomes.len(), seen.readings.len()), (6, 8, 14));
    assert_eq!(seen.stop, Stop::Sure);
    let levels = seen.levels(|reading| reading.part(Part::SlabUnreclaimable) / MIB);
    assert_eq!(
        levels,
        [102.0, 102.0, 103.0, 103.0, 104.0, 104.0, 105.0, 105.0, 106.0, 106.0, 106.0, 107.0, 108.0, 108.0]
    );
    assert_eq!(seen.grown, 8.0 * MIB, "with the warm-up");
}

#[test]
fn a_turn_of_nothing_lasts_as_long_as_one_of_the_command_but_not_longer_than_a_second() {
    for (run_seconds, expected) in [(0.2, 0.2), (30.0, 1.0)] {
        let mut model = Model::new(|_, _, _| {});
        model.run_seconds = run_seconds;
        let limits = Limits { warm_up: 0, budget_seconds: 1e9, late_seconds: 0.0, ..limits() };
        let mut starts = Vec::new();
        observe(&mut model, &limits, &mut |seen| seen.runs() == 2, &mut |progress| starts.push(progress))
            .unwrap();
        // The first turn does not know the command yet; the third lasts as long as the second did.
        let spent = 2.0 * run_seconds + 0.001 + expected + 0.001;
        assert!((model.seconds - spent).abs() < 0.01, "{} {spent}", model.seconds);
    }
}

#[test]
fn it_ends_at_each_limit() {
    let leak = || Model::new(|kind, _, memory| memory.add(Part::SlabUnreclaimable, leaking(kind)));
    let ended = |model: &mut Model<'_>, limits: &Limits| run(model, limits, &mut |_| false).stop;
    assert_eq!(ended(&mut leak(), &Limits { runs: 7, ..limits() }), Stop::Runs);
    assert_eq!(ended(&mut leak(), &Limits { budget_seconds: 1.0, ..limits() }), Stop::Budget);
    let mut model = leak();
    assert_eq!(ended(&mut model, &Limits { growth: 4.5 * MIB, ..limits() }), Stop::Growth);
    assert_eq!(model.runs(), 5, "no run more than allowed but the one that passes it");
    let mut hanging = Model { hangs: true, ..leak() };
    assert_eq!(ended(&mut hanging, &limits()), Stop::Hung);
    assert_eq!(hanging.runs(), MOST_HUNG);
    let mut interrupted = Model { interrupted_after: 5, ..leak() };
    assert_eq!(ended(&mut interrupted, &limits()), Stop::Interrupted);
    assert_eq!(interrupted.runs(), 5);
}

#[test]
fn what_others_give_back_does_not_raise_what_the_command_may_leave() {
    let mut model = Model::new(|kind, _, memory| {
        memory.add(Part::SlabUnreclaimable, leaking(kind));
        memory.add(Part::KernelStacks, if kind == Kind::Control { -MIB } else { 0.0 });
        memory.add(Part::Anonymous, if kind == Kind::Command { 2.0 * MIB } else { -2.0 * MIB });
    });
    let seen = run(&mut model, &Limits { growth: 4.5 * MIB, ..limits() }, &mut |_| false);
    assert_eq!((seen.stop, model.runs()), (Stop::Growth, 5));
}

#[test]
fn caches_are_dropped_before_the_first_run_that_counts_and_after_the_last() {
    let mut model = Model::new(|kind, _, memory| memory.add(Part::SlabReclaimable, leaking(kind)));
    model.may_drop = true;
    let seen = run(&mut model, &Limits { drop_caches: true, ..limits() }, &mut |seen| seen.runs() == 8);
    let [before, after] = seen.dropped.unwrap();
    assert_eq!(before.part(Part::SlabReclaimable), after.part(Part::SlabReclaimable));
    let mut model = Model::new(|_, _, _| {});
    assert!(run(&mut model, &Limits { drop_caches: true, ..limits() }, &mut |_| true).dropped.is_none());
}

#[test]
fn whoever_waits_is_told_how_far_it_is() {
    let mut model = Model::new(|kind, _, memory| memory.add(Part::SlabUnreclaimable, leaking(kind)));
    let mut told = Vec::new();
    observe(&mut model, &Limits { runs: 10, ..limits() }, &mut |_| false, &mut |progress| {
        told.push(progress)
    })
    .unwrap();
    assert!(told.is_sorted_by(|one, next| one.runs <= next.runs && one.growth <= next.growth));
    let last = told.last().unwrap();
    assert_eq!((last.runs, last.growth, last.seconds_left), (10, 10.0 * MIB, 0.0));
}
