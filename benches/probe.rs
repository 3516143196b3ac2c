//! What an experiment costs beside the command: a reading of memory, and one of all that holds it.
#![allow(missing_docs, reason = "criterion's macros make items without")]

use criterion::{Criterion, criterion_group, criterion_main};
use cronograph::base::clock::Clock;
use cronograph::sample::{Root, Watcher};

fn readings(criterion: &mut Criterion) {
    let mut watcher = Watcher::new(Root::real(), Clock::Real);
    criterion.bench_function("probe: memory of this machine", |bencher| bencher.iter(|| watcher.memory()));
    criterion.bench_function("probe: all that holds it", |bencher| bencher.iter(|| watcher.all()));
}

criterion_group!(benches, readings);
criterion_main!(benches);
