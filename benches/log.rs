//! What the log costs: an append, a day read back, the windows of the pages, a day's fold.
//! The day is a synthesised host's, 1,440 lines; `cargo bench --bench log`.
#![allow(clippy::unwrap_used, reason = "a bench that fails says so by a panic")]
#![allow(missing_docs, reason = "criterion's macros make items without")]

#[allow(unused_imports, reason = "its own tests have no harness here")]
#[path = "../tests/it/synth/mod.rs"]
mod synth;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use cronograph::series::{self, Window};
use cronograph::store::{self, Layout, Reader};
use std::hint::black_box;
use synth::{MIB, Synth};

/// 2026-11-23T00:00:00Z
const MIDNIGHT: i64 = 1_795_392_000;
const DAY: i64 = 86_400;

fn log(criterion: &mut Criterion) {
    let data = tempfile::tempdir().unwrap();
    let mut host = Synth::new("web1", 480.0 * MIB, MIDNIGHT - 8 * DAY, MIDNIGHT + DAY);
    host.gzip = true;
    host.write(data.path()).unwrap();
    let layout = Layout::new(data.path(), "web1").unwrap();
    let last = store::tail(&layout, 1).unwrap().remove(0);
    let size = fs_err::metadata(layout.day_file(store::day_of(last.t).unwrap())).unwrap().len();

    let mut group = criterion.benchmark_group("log");
    group.sample_size(20);
    let other = Layout::new(data.path(), "append").unwrap();
    group.bench_function("append", |bencher| bencher.iter(|| store::append(&other, &last).unwrap()));
    group.bench_function("tail", |bencher| bencher.iter(|| store::tail(&layout, 1).unwrap()));
    group.throughput(Throughput::Bytes(size));
    group.bench_function("read a day", |bencher| {
        bencher.iter(|| {
            Reader::range(&layout, MIDNIGHT, MIDNIGHT + DAY)
                .unwrap()
                .each(|sample| {
                    black_box(sample.t);
                })
                .unwrap();
        });
    });
    group.bench_function("window of a day", |bencher| {
        bencher.iter(|| series::window(&layout, Window::Day, MIDNIGHT + DAY).unwrap())
    });
    group.bench_function("window of an hour", |bencher| {
        bencher.iter(|| series::window(&layout, Window::Hour, MIDNIGHT + DAY).unwrap())
    });
    group.bench_function("latest", |bencher| {
        bencher.iter(|| series::latest(&layout, MIDNIGHT + DAY).unwrap().unwrap())
    });
    group.bench_function("fold a week", |bencher| {
        bencher.iter(|| {
            let _ = fs_err::remove_dir_all(layout.cache());
            for folder in ["5m", "1h"] {
                let _ = fs_err::remove_dir_all(layout.folder().join(folder));
            }
            series::fold(&layout, MIDNIGHT).unwrap()
        })
    });
    group.bench_function("window of a week", |bencher| {
        bencher.iter(|| series::window(&layout, Window::Week, MIDNIGHT + DAY).unwrap())
    });
    series::fold(&layout, MIDNIGHT + DAY - 1).unwrap();
    group.bench_function("window of a week, hours rolled up", |bencher| {
        bencher.iter(|| series::window(&layout, Window::Week, MIDNIGHT + DAY).unwrap())
    });
    group.finish();
    let rollup = |folder: &str| -> u64 {
        let files = fs_err::read_dir(layout.folder().join(folder)).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
    };
    let gz: u64 = layout.days().unwrap().iter().filter_map(|files| layout.sizes(files).gz).sum();
    println!("a day: {size} bytes; compressed {}; 5m {}; 1h {}", gz / 8, rollup("5m") / 8, rollup("1h") / 8);
}

criterion_group!(benches, log);
criterion_main!(benches);
