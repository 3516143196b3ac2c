//! What a report on a host costs: the finder over a day of minute samples with all their series, and the reading
//! before it, of a day and of five weeks; `cargo bench --bench report`.
#![allow(clippy::unwrap_used, reason = "a bench that fails says so by a panic")]
#![allow(missing_docs, reason = "criterion's macros make items without")]

#[allow(unused_imports, reason = "its own tests have no harness here")]
#[path = "../tests/it/synth/mod.rs"]
mod synth;

use criterion::{Criterion, criterion_group, criterion_main};
use cronograph::analysis::report::{self, History};
use cronograph::series;
use cronograph::store::Layout;
use synth::{GIB, MIB, Synth};

/// 2026-11-23T00:00:00Z
const MIDNIGHT: i64 = 1_795_392_000;
const DAY: i64 = 86_400;

fn reports(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("report");
    group.sample_size(10);
    let leak = Some((MIDNIGHT + 15 * 3_600, 1.02 * MIB / 60.0));
    let hosts = [
        ("a day, healthy", Synth::new("a", 480.0 * MIB, MIDNIGHT, MIDNIGHT + DAY)),
        ("a day, leaking", Synth { leak, ..Synth::new("b", 960.0 * MIB, MIDNIGHT, MIDNIGHT + DAY) }),
        ("a day, server", Synth::new("c", 62.0 * GIB, MIDNIGHT, MIDNIGHT + DAY)),
        (
            "5 weeks, leaking",
            Synth { leak, gzip: true, ..Synth::new("d", 960.0 * MIB, MIDNIGHT - 35 * DAY, MIDNIGHT + DAY) },
        ),
    ];
    let data = tempfile::tempdir().unwrap();
    for (name, host) in &hosts {
        host.write(data.path()).unwrap();
        let layout = Layout::new(data.path(), &host.host).unwrap();
        series::fold(&layout, host.until).unwrap();
        let history = History::load(&layout, host.until).unwrap().unwrap();
        group.bench_function(format!("{name}: read"), |bencher| {
            bencher.iter(|| History::load(&layout, host.until).unwrap().unwrap());
        });
        group.bench_function(format!("{name}: judge"), |bencher| {
            bencher.iter(|| report::report(&history, host.until, None).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, reports);
criterion_main!(benches);
