//! Draws one of each kind of chart into a folder, in both themes, for the eye:
//! `cargo run --release --example charts -- /tmp/charts`. The numbers are invented.

use std::f64::consts::TAU;
use std::path::Path;

use cronograph::base::unit::Unit;
use cronograph::chart::{self, ChartSpec, Colour, Layer, Mark, Shape, Trend};
use jiff::tz::TimeZone;

const MIB: f64 = 1_048_576.0;
const NOW: i64 = 1_795_391_100; // 2026-11-22 22:45 UTC

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "charts".to_owned());
    fs_err::create_dir_all(&folder)?;
    for (name, spec) in charts() {
        let picture = chart::draw(&spec)?;
        println!("{name}: {} + {} bytes", picture.light.len(), picture.dark.len());
        fs_err::write(Path::new(&folder).join(format!("{name}-light.png")), &picture.light)?;
        fs_err::write(Path::new(&folder).join(format!("{name}-dark.png")), &picture.dark)?;
    }
    Ok(())
}

/// A spec without layers: `width` × `height`, the last `seconds`, a row every `step`.
fn empty(width: u32, height: u32, seconds: i64, step: i64, unit: Unit) -> ChartSpec {
    ChartSpec {
        width,
        height,
        from: NOW - seconds,
        until: NOW,
        ahead: 0,
        time_zone: TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC),
        unit,
        per_second: false,
        times: (0..seconds / step).map(|row| NOW - seconds + row * step + 3).collect(),
        gap_after: step * 2,
        layers: Vec::new(),
        from_zero: true,
        at_least: None,
        limit: None,
        reboots: Vec::new(),
        marks: Vec::new(),
        bands: Vec::new(),
        trends: Vec::new(),
        bare: false,
    }
}

/// Repeatable noise between 0 and 1.
fn noise(seed: u64, row: usize) -> f64 {
    let mut state = (row as u64).wrapping_add(seed << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state ^= state >> 29;
    state = state.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state ^= state >> 32;
    (state % 10_000) as f64 / 10_000.0
}

fn layer(spec: &ChartSpec, colour: Colour, shape: Shape, value: impl Fn(usize, f64) -> f64) -> Layer {
    let hour = |row: usize| (spec.times[row] - NOW) as f64 / 3_600.0;
    let values = (0..spec.times.len()).map(|row| value(row, hour(row))).collect();
    Layer { colour, shape, values, peaks: Vec::new() }
}

/// A VPS of 476 MiB whose unreclaimable slab has grown since four hours, with a reboot and an outage.
fn memory(width: u32, height: u32) -> ChartSpec {
    let mut spec = empty(width, height, 86_400, 60, Unit::Memory);
    let gone = |row: usize| (500..560).contains(&row);
    let part = |colour, value: &dyn Fn(usize, f64) -> f64| {
        layer(
            &spec,
            colour,
            Shape::Area,
            |row, hour| if gone(row) { f64::NAN } else { value(row, hour) * MIB },
        )
    };
    let slow = |hour: f64, phase: f64| (hour / 24.0 * TAU * 3.0 + phase).sin();
    let layers = vec![
        part(Colour::Purple, &|row, _| 4.0 + noise(1, row)),
        part(Colour::Vermilion, &|_, hour| 18.0 + (hour + 4.0).max(0.0) * 61.0),
        part(Colour::Orange, &|_, hour| 14.0 + slow(hour, 0.0)),
        part(Colour::Blue, &|row, hour| 92.0 + 9.0 * slow(hour, 1.0) + 2.0 * noise(2, row)),
        part(Colour::Sky, &|_, _| 9.0),
        part(Colour::LightGreen, &|_, hour| 22.0 + 2.0 * slow(hour, 2.0)),
        part(Colour::Green, &|row, hour| {
            let age = if row > 560 { (row - 560) as f64 } else { row as f64 + 400.0 };
            (40.0 + age * 0.5).min(240.0 - (hour + 4.0).max(0.0) * 58.0) + 3.0 * noise(3, row)
        }),
    ];
    spec.layers = layers;
    spec.limit = Some(476.0 * MIB);
    spec.reboots = vec![spec.times[560]];
    spec.marks = [(500, 1), (558, 2), (562, 3), (1_200, 4)]
        .map(|(row, number)| Mark { at: spec.times[row], number })
        .into();
    spec
}

/// The same with what is known of the leak: since when, how fast, until when, which the chart has room for.
fn leak(width: u32, height: u32) -> ChartSpec {
    let mut spec = memory(width, height);
    let until = *spec.times.last().unwrap_or(&NOW);
    spec.ahead = 4 * 3_600;
    spec.until = NOW + spec.ahead;
    spec.trends = vec![Trend {
        onset: NOW - 4 * 3_600,
        until,
        from: 22.5 * MIB,
        to: (22.5 + 244.0) * MIB,
        label: "19:45  +1.02 MiB/min → 02:12".to_owned(),
    }];
    spec
}

fn bare(mut spec: ChartSpec) -> ChartSpec {
    spec.bare = true;
    spec.marks.clear();
    spec
}

fn processor() -> ChartSpec {
    let mut spec = empty(580, 180, 86_400, 60, Unit::Ratio);
    let day = |hour: f64| 0.5 + 0.5 * (hour / 24.0 * TAU).sin();
    let spike = |row: usize| if row % 360 < 12 { 0.35 } else { 0.0 };
    spec.layers = vec![
        layer(&spec, Colour::Purple, Shape::Area, |row, _| 0.01 + 0.02 * noise(1, row)),
        layer(&spec, Colour::Vermilion, Shape::Area, |row, _| {
            0.02 + 0.05 * noise(2, row).powi(6) + spike(row) * 0.4
        }),
        layer(&spec, Colour::Orange, Shape::Area, |row, hour| 0.04 + 0.03 * day(hour) + 0.01 * noise(3, row)),
        layer(&spec, Colour::Yellow, Shape::Area, |row, _| 0.005 + 0.005 * noise(4, row)),
        layer(&spec, Colour::Blue, Shape::Area, |row, hour| {
            0.06 + 0.2 * day(hour) * noise(5, row) + spike(row)
        }),
        layer(&spec, Colour::Sky, Shape::Area, |row, _| 0.02 * noise(6, row)),
    ];
    spec.at_least = Some(1.0);
    spec
}

fn load() -> ChartSpec {
    let mut spec = empty(580, 180, 21_600, 60, Unit::Count);
    spec.layers = vec![
        layer(&spec, Colour::Sky, Shape::Line, |row, hour| {
            0.4 + 0.3 * (hour * 2.0).sin() + 0.5 * noise(1, row).powi(3)
        }),
        layer(&spec, Colour::Blue, Shape::Line, |row, hour| {
            0.42 + 0.25 * (hour * 2.0).sin() + 0.05 * noise(2, row / 5)
        }),
        layer(&spec, Colour::Ink, Shape::Line, |_, hour| 0.45 + 0.12 * (hour * 2.0 - 0.8).sin()),
    ];
    spec.limit = Some(2.0);
    for layer in &mut spec.layers {
        layer.values[100..115].fill(f64::NAN);
        layer.values[200] = f64::NAN;
        layer.values[202] = f64::NAN;
    }
    spec
}

fn traffic(seconds: i64, step: i64) -> ChartSpec {
    let mut spec = empty(580, 180, seconds, step, Unit::Data);
    spec.per_second = true;
    let day = |hour: f64| 0.6 + 0.4 * (hour / 24.0 * TAU).sin();
    let mut received =
        layer(&spec, Colour::Blue, Shape::Area, |row, hour| 8e5 * day(hour) * (0.7 + 0.6 * noise(1, row)));
    let mut sent = layer(&spec, Colour::Orange, Shape::Mirrored, |row, hour| {
        3.1e6 * day(hour) * (0.7 + 0.6 * noise(2, row))
    });
    if step > 60 {
        received.peaks =
            received.values.iter().enumerate().map(|(row, value)| value * (1.5 + noise(3, row))).collect();
        sent.peaks =
            sent.values.iter().enumerate().map(|(row, value)| value * (1.3 + noise(4, row))).collect();
    }
    spec.layers = vec![received, sent];
    spec
}

fn disk_busy(seconds: i64, step: i64) -> ChartSpec {
    let mut spec = empty(580, 180, seconds, step, Unit::Ratio);
    let mut busy = layer(&spec, Colour::Blue, Shape::Line, |row, hour| {
        0.05 + 0.03 * (hour / 30.0).sin() + 0.02 * noise(1, row)
    });
    busy.peaks = busy
        .values
        .iter()
        .enumerate()
        .map(|(row, value)| value + 0.06 + 0.1 * noise(2, row).powi(4))
        .collect();
    spec.layers = vec![busy];
    spec
}

fn temperatures() -> ChartSpec {
    let mut spec = empty(580, 180, 3_600, 60, Unit::Celsius);
    spec.from_zero = false;
    spec.layers = vec![
        layer(&spec, Colour::Vermilion, Shape::Line, |row, hour| {
            48.0 + 6.0 * (hour * 9.0).sin() + noise(1, row)
        }),
        layer(&spec, Colour::Blue, Shape::Line, |row, hour| 41.0 + 2.0 * (hour * 7.0).sin() + noise(2, row)),
    ];
    spec
}

fn odd() -> Vec<(&'static str, ChartSpec)> {
    let one = |colour, shape, value: fn(usize, f64) -> f64, unit| {
        let mut spec = empty(380, 150, 3_600, 60, unit);
        spec.layers = vec![layer(&spec, colour, shape, value)];
        spec
    };
    let mut no_rows = empty(380, 150, 86_400, 60, Unit::Memory);
    no_rows.times.clear();
    let mut single =
        one(Colour::Blue, Shape::Area, |row, _| if row == 50 { 60.0 * MIB } else { f64::NAN }, Unit::Memory);
    single.layers.push(layer(&single, Colour::Vermilion, Shape::Line, |row, _| {
        if row == 30 { 80.0 * MIB } else { f64::NAN }
    }));
    let mut stairs =
        one(Colour::Vermilion, Shape::Area, |row, _| if row % 20 < 10 { 0.2 } else { 0.7 }, Unit::Ratio);
    stairs.layers.push(layer(
        &stairs,
        Colour::Blue,
        Shape::Area,
        |row, _| if row % 7 == 3 { f64::NAN } else { 0.1 },
    ));
    vec![
        ("odd-no-rows", no_rows),
        ("odd-all-nan", one(Colour::Blue, Shape::Line, |_, _| f64::NAN, Unit::Ratio)),
        ("odd-single", single),
        ("odd-zero", one(Colour::Blue, Shape::Line, |_, _| 0.0, Unit::Data)),
        ("odd-constant", one(Colour::Blue, Shape::Line, |_, _| 37.0, Unit::Count)),
        (
            "odd-negative",
            one(Colour::Blue, Shape::Area, |row, _| (row as f64 / 9.0).sin() * 12.0 - 4.0, Unit::Celsius),
        ),
        ("odd-huge", one(Colour::Blue, Shape::Area, |row, _| 1e18 * (1.0 + noise(1, row)), Unit::Data)),
        ("odd-tiny", one(Colour::Blue, Shape::Line, |row, _| 1e-7 * (1.0 + noise(1, row)), Unit::Seconds)),
        ("odd-stairs", stairs),
    ]
}

fn charts() -> Vec<(&'static str, ChartSpec)> {
    let mut short = memory(580, 180);
    short.from = NOW - 3 * 3_600;
    let mut year = disk_busy(365 * 86_400, 21_600);
    year.layers[0].values[..700].fill(f64::NAN);
    year.layers[0].peaks[..700].fill(f64::NAN);
    let mut all = vec![
        ("memory", memory(1180, 260)),
        ("memory-half", memory(580, 180)),
        ("memory-leak", leak(1088, 270)),
        ("memory-leak-narrow", leak(520, 240)),
        ("memory-bare", bare(memory(160, 32))),
        ("processor", processor()),
        ("processor-bare", bare(processor())),
        ("load", load()),
        ("traffic-24h", traffic(86_400, 60)),
        ("traffic-7d", traffic(604_800, 300)),
        ("busy-30d", disk_busy(30 * 86_400, 3_600)),
        ("busy-1y", year),
        ("temperatures-1h", temperatures()),
    ];
    all.extend(odd());
    all
}
