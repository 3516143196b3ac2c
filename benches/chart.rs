//! What a picture costs, drawn and encoded for both themes: `cargo bench --bench chart`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use cronograph::chart::{self, Shape};

mod stacked;
use stacked::stacked;

fn charts(criterion: &mut Criterion) {
    let mut bare = stacked(160, 32, Shape::Area);
    bare.bare = true;
    let specs = [
        ("stack of 5 × 1440, 720 × 240 px", stacked(360, 120, Shape::Area)),
        ("stack of 5 × 1440, 2360 × 520 px", stacked(1_180, 260, Shape::Area)),
        ("5 lines × 1440, 1160 × 360 px", stacked(580, 180, Shape::Line)),
        ("bare, 320 × 64 px", bare),
    ];
    for (name, spec) in specs {
        criterion.bench_function(name, |bencher| bencher.iter(|| chart::draw(black_box(&spec))));
    }
}

criterion_group!(benches, charts);
criterion_main!(benches);
