//! What the leak finder alone costs: a million points of one series, and a day of a host with all its series;
//! `cargo bench --bench leak`.
#![allow(missing_docs, reason = "criterion's macros make items without")]

use criterion::{Criterion, criterion_group, criterion_main};
use cronograph::analysis::leak::{Kind, Series, watch};
use std::hint::black_box;

/// 2026-11-23T00:00:00Z
const MIDNIGHT: i64 = 1_795_392_000;
const MIB: f64 = 1024.0 * 1024.0;

/// Each minute: noise of a part of memory; if it leaks, a MiB an hour from the middle on.
fn part(count: i64, noise: f64, does_leak: bool) -> (Vec<i64>, Vec<f64>) {
    let value = |index: i64| {
        let leaked = if does_leak { (index - count / 2).max(0) as f64 * MIB / 60.0 } else { 0.0 };
        100.0 * MIB + leaked + noise * (index * 7919 % 101 - 50) as f64 / 50.0
    };
    (0..count).map(|index| (MIDNIGHT + index * 60, value(index))).unzip()
}

fn finder(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("leak");
    group.sample_size(10);
    for (name, kind) in [("other", Kind::Other), ("kernel", Kind::Kernel)] {
        let (times, values) = part(1_000_000, 10.0 * MIB, true);
        let series = Series { kind, times: &times, values: &values, breaks: &[], capacity: None };
        group.bench_function(format!("a million points, {name}"), |bencher| {
            bencher.iter(|| watch(black_box(&series)));
        });
    }
    // 150 series of a day: ten that are noisy, three that leak, the others hardly move.
    let of_day =
        |index: i64| part(1_440, if index < 10 { 10.0 * MIB } else { 4096.0 }, (10..13).contains(&index));
    let day: Vec<(Vec<i64>, Vec<f64>)> = (0..150).map(of_day).collect();
    group.bench_function("a day, 150 series", |bencher| {
        bencher.iter(|| {
            for (index, (times, values)) in day.iter().enumerate() {
                let kind = if index % 2 == 0 { Kind::Kernel } else { Kind::Process };
                let capacity = Some(1024.0 * MIB);
                black_box(watch(&Series { kind, times, values, breaks: &[], capacity }));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, finder);
criterion_main!(benches);
