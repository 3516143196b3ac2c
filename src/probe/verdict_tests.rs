use super::super::estimate::count;
use super::super::model::{Memory, Model, Noise};
use super::super::reading::{IN_USE, LARGE_KMALLOC, SLAB_BYTES, SLAB_OBJECTS};
use super::super::session::{Limits, observe};
use super::super::way::{Stream, Surroundings};
use super::*;

const KIB: f64 = 1024.0;
const MIB: f64 = 1_048_576.0;
const WAY: Way = Way { stdout: Stream::Pipe, stdin: Stream::Null, env: Surroundings::Full };

fn limits() -> Limits {
    Limits {
        runs: 200,
        budget_seconds: 1e6,
        growth: 1e12,
        warm_up: 2,
        late_seconds: 1.0,
        least: 4096.0,
        drop_caches: false,
    }
}

fn probe_within(model: &mut Model<'_>, limits: &Limits) -> Verdict {
    let seen = observe(model, limits, &mut is_decided, &mut |_| {}).unwrap();
    verdict(&seen, WAY)
}

fn probe<'a>(turn: impl FnMut(Kind, usize, &mut Memory) + 'a) -> Verdict {
    probe_within(&mut Model::new(turn), &limits())
}

fn when(kind: Kind, value: f64) -> f64 {
    if kind == Kind::Command { value } else { 0.0 }
}

#[test]
fn a_leak_with_its_parts_caches_and_what_is_left() {
    let found = probe(|kind, _, memory| {
        memory.add(Part::SlabUnreclaimable, when(kind, MIB));
        memory.add(Part::KernelStacks, when(kind, 64.0 * KIB));
        memory.add_things(SLAB_BYTES, "kmalloc-4k", when(kind, MIB));
        memory.add_things(SLAB_OBJECTS, "kmalloc-4k", when(kind, 256.0));
        memory.add_things(IN_USE, "kmalloc-4k", when(kind, MIB));
        memory.add_things("ipc.msg_queues", "", when(kind, 64.0));
    });
    assert_eq!((found.judgement, found.why, found.runs), (Judgement::Leaks, None, 8));
    let parts: Vec<(&str, f64)> = found.parts.iter().map(|part| (part.kernel_name, part.bytes)).collect();
    assert_eq!(parts, [("SUnreclaim", MIB), ("KernelStack", 64.0 * KIB)]);
    assert_eq!(found.bytes, MIB + 64.0 * KIB);
    assert_eq!(found.slabs, [Slab { name: "kmalloc-4k".to_owned(), bytes: MIB, objects: Some(256.0) }]);
    assert_eq!(found.left, [Left { metric: "ipc.msg_queues", count: 64.0, command: "ipcs -q" }]);
    assert!(found.interval[0] > 0.9 * MIB && found.interval[1] < 1.3 * MIB, "{:?}", found.interval);
}

#[test]
fn nothing_is_clean() {
    let found = probe(|_, _, _| {});
    assert_eq!((found.judgement, found.runs), (Judgement::Clean, LEAST_UNSEEN_RUNS));
    assert!(found.parts.is_empty() && found.left.is_empty() && found.interval[1] < 4096.0);
    let as_root = probe(|_, _, memory| memory.add_things(IN_USE, "kmalloc-4k", 0.0));
    assert_eq!((as_root.judgement, as_root.runs), (Judgement::Clean, 24), "half-full slabs can hide nothing");
}

/// Without the objects in slabs, as an ordinary user.
const LEAST_UNSEEN_RUNS: usize = 48;

#[test]
fn a_leak_that_finds_room_in_half_full_slabs_is_seen_by_its_objects() {
    let found = probe(|kind, _, memory| memory.add_things(IN_USE, "kmalloc-cg-4k", when(kind, 8.0 * KIB)));
    assert_eq!(found.judgement, Judgement::Leaks);
    assert_eq!(found.parts[0].part, Part::SlabUnreclaimable);
    assert!((7.5..8.5).contains(&(found.bytes / KIB)), "{}", found.bytes);
}

#[test]
fn a_leak_in_a_quiet_cache_beside_a_noisy_one() {
    let (mut noise, mut height) = (Noise::new(3), 0.0);
    let found = probe(|kind, _, memory| {
        let next = noise.next() * MIB;
        memory.add(Part::SlabUnreclaimable, next - height + when(kind, 64.0 * KIB));
        memory.add_things(IN_USE, "kmalloc-4k", next - height);
        memory.add_things(LARGE_KMALLOC, "", when(kind, 64.0 * KIB));
        height = next;
    });
    assert_eq!(found.judgement, Judgement::Leaks);
    assert!(found.runs < 24 && (60.0..68.0).contains(&(found.bytes / KIB)), "{found:?}");
}

#[test]
fn caches_grow_and_what_keeps_their_books_with_them() {
    let found = probe(|kind, _, memory| {
        memory.add(Part::SlabReclaimable, when(kind, 570.0 * KIB));
        memory.add(Part::FileCache, when(kind, 2.0 * MIB));
        // A pointer for each dentry, in an object of kmalloc-192 for each slab.
        memory.add(Part::SlabUnreclaimable, when(kind, 28.0 * KIB));
        memory.add_things(IN_USE, "kmalloc-192", when(kind, 27.0 * KIB));
        memory.add_things("vfs.dentries", "", when(kind, 3000.0));
    });
    assert_eq!(found.judgement, Judgement::Clean);
    let given_back: Vec<&str> = found.reclaimable.iter().map(|part| part.kernel_name).collect();
    assert_eq!(given_back, ["Cached", "SReclaimable"]);
    assert_eq!(found.left[0].metric, "vfs.dentries", "told, and no leak");
}

#[test]
fn dropping_the_caches_proves_what_is_given_back_and_what_is_not() {
    let grow = |kind, _, memory: &mut Memory| memory.add(Part::SlabReclaimable, when(kind, 500.0 * KIB));
    let limits = Limits { drop_caches: true, ..limits() };
    let mut model = Model { may_drop: true, ..Model::new(grow) };
    let found = probe_within(&mut model, &limits);
    assert_eq!((found.judgement, found.caches_dropped), (Judgement::Clean, true));
    // Something holds them: they are there still after the drop.
    let mut model = Model { may_drop: true, ..Model::new(grow) };
    let mut seen = observe(&mut model, &limits, &mut is_decided, &mut |_| {}).unwrap();
    let runs = count(seen.runs());
    let [_, after] = seen.dropped.as_mut().unwrap();
    after.parts[Part::SlabReclaimable as usize] += 500.0 * KIB * runs;
    let found = verdict(&seen, WAY);
    assert_eq!((found.judgement, found.parts[0].part), (Judgement::Leaks, Part::SlabReclaimable));
}

#[test]
fn things_that_are_left_are_a_leak_however_small() {
    let found = probe(|kind, _, memory| memory.add_things("ipc.msg_queues", "", when(kind, 1.0)));
    assert_eq!((found.judgement, found.parts.len()), (Judgement::Leaks, 0));
    assert_eq!(found.left[0].count, 1.0);
}

#[test]
fn some_of_the_runs() {
    let found = probe(|kind, run, memory| {
        memory.add(Part::SlabUnreclaimable, when(kind, if run % 3 == 0 { MIB } else { 0.0 }))
    });
    assert_eq!(found.judgement, Judgement::Leaks);
    let leaking = found.leaking_runs.unwrap();
    assert!((leaking * 3).abs_diff(found.runs) <= 3, "{leaking} of {}", found.runs);
    let always = probe(|kind, _, memory| memory.add(Part::SlabUnreclaimable, when(kind, MIB)));
    assert_eq!(always.leaking_runs, None);
}

#[test]
fn noise_of_processes_is_named_and_changes_nothing() {
    let mut noise = Noise::new(7);
    let found = probe(|_, _, memory| memory.add(Part::Anonymous, noise.next() * 8.0 * MIB));
    assert_eq!(found.judgement, Judgement::Clean);
    assert!(found.untold.iter().any(|grown| grown.part == Part::Anonymous), "{:?}", found.untold);
}

#[test]
fn why_it_cannot_be_told() {
    let noisy = || {
        let (mut noise, mut height) = (Noise::new(5), 0.0);
        Model::new(move |_, _, memory: &mut Memory| {
            let next = noise.next() * 4.0 * MIB;
            memory.add(Part::SlabUnreclaimable, next - height);
            height = next;
        })
    };
    let why = |model: &mut Model<'_>, limits: &Limits| {
        let found = probe_within(model, limits);
        assert_eq!(found.judgement, Judgement::Unsure);
        (found.why.unwrap(), found.detectable)
    };
    let (reason, detectable) = why(&mut noisy(), &limits());
    assert_eq!(reason, Why::TooNoisy);
    assert!((100.0 * KIB..2.0 * MIB).contains(&detectable), "{detectable}");
    assert_eq!(why(&mut noisy(), &Limits { runs: 12, ..limits() }).0, Why::TooFewRuns);
    assert_eq!(why(&mut noisy(), &Limits { budget_seconds: 2.0, ..limits() }).0, Why::Budget);
    assert_eq!(why(&mut Model { interrupted_after: 6, ..noisy() }, &limits()).0, Why::Interrupted);
    let hung = why(&mut Model { hangs: true, ..noisy() }, &limits());
    assert_eq!((hung.0, hung.1), (Why::Hung, f64::INFINITY));
}

#[test]
fn a_leak_that_reaches_its_limit_after_five_runs_is_one() {
    let mut model = Model::new(|kind, _, memory| memory.add(Part::SlabUnreclaimable, when(kind, MIB)));
    let found = probe_within(&mut model, &Limits { growth: 4.9 * MIB, ..limits() });
    assert_eq!((found.judgement, found.runs), (Judgement::Leaks, 3));
}

#[test]
fn where_only_large_leaks_matter_fewer_runs_do() {
    let limits = Limits { least: 64.0 * KIB, ..limits() };
    let mut noise = Noise::new(9);
    let mut model = Model::new(|_, _, memory| memory.add(Part::SlabUnreclaimable, noise.next() * 8.0 * KIB));
    let found = probe_within(&mut model, &limits);
    assert_eq!(found.judgement, Judgement::Clean);
    assert!((16..24).contains(&found.runs), "{}", found.runs);
    let small = probe_within(
        &mut Model::new(|kind, _, memory| memory.add(Part::SlabUnreclaimable, when(kind, 8.0 * KIB))),
        &limits,
    );
    assert_eq!(small.judgement, Judgement::Clean, "so little does not matter");
}

#[test]
fn a_leak_beside_caches_that_grow() {
    let both = |kind, _, memory: &mut Memory| {
        memory.add(Part::SlabReclaimable, when(kind, 9.0 * MIB));
        memory.add(Part::SlabUnreclaimable, when(kind, MIB));
    };
    assert_eq!(probe(both).judgement, Judgement::Unsure, "the books of so much slab may take as much");
    let named = probe(|kind, run, memory| {
        both(kind, run, memory);
        memory.add_things(IN_USE, "kmalloc-cg-4k", when(kind, MIB));
    });
    assert_eq!((named.judgement, named.bytes), (Judgement::Leaks, MIB), "not in this cache");
    let limits = Limits { drop_caches: true, ..limits() };
    let proved = probe_within(&mut Model { may_drop: true, ..Model::new(both) }, &limits);
    assert_eq!((proved.judgement, proved.parts[0].kernel_name), (Judgement::Leaks, "SUnreclaim"));
}

#[test]
fn what_may_leave_things_behind_is_not_clean() {
    let found = probe_within(
        &mut Model::new(|kind, run, memory| {
            memory.add_things(IN_USE, "kmalloc-4k", 0.0);
            memory.add_things("ipc.msg_queues", "", when(kind, if run % 5 == 0 { 1.0 } else { 0.0 }));
        }),
        &Limits { runs: 26, ..limits() },
    );
    assert_eq!(found.judgement, Judgement::Unsure);
}
