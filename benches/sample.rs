//! What a sample costs inside the process: of this machine between slow beats and on one, and of a recorded tree, which
//! leaves the parsers. Start of the process, log and state are `benches/peers.sh`'s to measure; `cargo bench --bench sample`.
#![allow(missing_docs, reason = "criterion's macros make items without")]

use criterion::{Criterion, criterion_group, criterion_main};
use cronograph::sample::{Options, Root, State, take};
use std::path::Path;

/// 2026-11-23T12:00:00Z
const NOW: i64 = 1_795_435_200;

fn samples(criterion: &mut Criterion) {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hosts/debian12-vps");
    let options = Options::default();
    let mut group = criterion.benchmark_group("sample");
    for (name, root) in [("this machine", Root::real()), ("recorded tree", Root::recorded(tree))] {
        let (_, state) = take(&root, &options, &State::default(), NOW);
        let between = format!("{name}, between beats");
        group.bench_function(between, |bencher| bencher.iter(|| take(&root, &options, &state, NOW + 60)));
        let slow = format!("{name}, slow beat");
        group.bench_function(slow, |bencher| bencher.iter(|| take(&root, &options, &state, NOW + 300)));
    }
    group.finish();
}

criterion_group!(benches, samples);
criterion_main!(benches);
