//! Pictures, looked at as pixels: goldens for what each kind looks like, properties for what no numbers may break.

use std::path::Path;

use cronograph::base::unit::Unit;
use cronograph::chart::{self, Band, ChartSpec, Colour, GROUND, Layer, Mark, Rgb, Shape, Trend};
use jiff::tz::TimeZone;
use proptest::prelude::*;

/// 2026-10-25 12:00 UTC: in Berlin the day before has ended with an hour twice.
const NOON: i64 = 1_792_929_600;
const MIB: f64 = 1_048_576.0;

/// A decoded picture.
#[derive(PartialEq)]
struct Pixels {
    width: usize,
    rgb: Vec<u8>,
}

impl Pixels {
    fn of(png: &[u8]) -> Self {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut rgb).unwrap();
        rgb.truncate(info.buffer_size());
        Self { width: info.width as usize, rgb }
    }

    fn at(&self, x: usize, y: usize) -> Rgb {
        let at = (y * self.width + x) * 3;
        Rgb(self.rgb[at], self.rgb[at + 1], self.rgb[at + 2])
    }

    fn height(&self) -> usize {
        self.rgb.len() / 3 / self.width
    }

    fn columns_with(&self, colour: Rgb) -> Vec<usize> {
        let has = |x: &usize| (0..self.height()).any(|y| self.at(*x, y) == colour);
        (0..self.width).filter(has).collect()
    }
}

/// The hour before noon, a row a minute, nothing in it yet.
fn hour(unit: Unit) -> ChartSpec {
    ChartSpec {
        width: 240,
        height: 100,
        from: NOON - 3_600,
        until: NOON,
        ahead: 0,
        time_zone: TimeZone::get("Europe/Berlin").unwrap(),
        unit,
        per_second: false,
        times: (0..60).map(|minute| NOON - 3_600 + minute * 60).collect(),
        gap_after: 120,
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

fn layer(colour: Colour, shape: Shape, value: impl Fn(f64) -> f64) -> Layer {
    Layer {
        colour,
        shape,
        values: (0..60).map(|minute| value(f64::from(minute))).collect(),
        peaks: Vec::new(),
    }
}

/// A leak under a cache that gives way, an outage, a reboot, marks.
fn memory() -> ChartSpec {
    let mut spec = hour(Unit::Memory);
    let up = |minute: f64| if (15.0..25.0).contains(&minute) { f64::NAN } else { 1.0 };
    spec.layers = vec![
        layer(Colour::Vermilion, Shape::Area, |minute| {
            up(minute) * MIB * (20.0 + 5.0 * (minute - 30.0).max(0.0))
        }),
        layer(Colour::Blue, Shape::Area, |minute| up(minute) * MIB * (120.0 + 9.0 * (minute / 6.0).sin())),
        layer(Colour::Green, Shape::Area, |minute| up(minute) * MIB * (230.0 - 4.0 * minute)),
    ];
    spec.limit = Some(476.0 * MIB);
    spec.reboots = vec![spec.times[25]];
    spec.marks = vec![Mark { at: spec.times[24], number: 1 }, Mark { at: spec.times[30], number: 2 }];
    spec
}

fn traffic() -> ChartSpec {
    let mut spec = hour(Unit::Data);
    spec.per_second = true;
    spec.layers = vec![
        layer(Colour::Blue, Shape::Area, |minute| 8e5 * (1.2 + (minute / 5.0).sin())),
        layer(Colour::Orange, Shape::Mirrored, |minute| 5e5 * (1.2 + (minute / 3.0).cos())),
    ];
    for layer in &mut spec.layers {
        layer.peaks = layer.values.iter().map(|value| value * 1.4).collect();
    }
    spec
}

fn load() -> ChartSpec {
    let mut spec = hour(Unit::Count);
    let broken = |minute: f64| if (20.0..22.0).contains(&minute) || minute == 40.0 { f64::NAN } else { 0.0 };
    spec.layers = vec![
        layer(Colour::Blue, Shape::Line, |minute| broken(minute) + 0.7 + (minute / 4.0).sin() * 0.5),
        layer(Colour::Ink, Shape::Line, |minute| broken(minute) + 0.6),
    ];
    spec
}

/// Six days around the end of summer time.
fn days() -> ChartSpec {
    let mut spec = hour(Unit::Celsius);
    (spec.from, spec.until) = (NOON - 3 * 86_400, NOON + 3 * 86_400);
    spec.times = (0..60).map(|row| spec.from + row * 8_640).collect();
    spec.gap_after = 10_000;
    spec.from_zero = false;
    spec.layers = vec![layer(Colour::Vermilion, Shape::Line, |row| 50.0 + 8.0 * (row / 1.6).sin())];
    spec
}

#[test]
fn pictures_look_as_they_did() {
    let mut bare = memory();
    (bare.bare, bare.width, bare.height) = (true, 160, 32);
    let mut single = hour(Unit::Ratio);
    single.layers =
        vec![layer(Colour::Blue, Shape::Area, |minute| if minute == 30.0 { 0.4 } else { f64::NAN })];
    let nothing = hour(Unit::Memory);
    let all = [
        ("memory", memory()),
        ("memory-bare", bare),
        ("traffic", traffic()),
        ("load", load()),
        ("days", days()),
        ("single-sample", single),
        ("nothing", nothing),
    ];
    let mut differing = Vec::new();
    for (name, spec) in all {
        let picture = chart::draw(&spec).unwrap();
        let golden = Path::new("tests/golden").join(format!("{name}.png"));
        let known = fs_err::read(&golden).is_ok_and(|known| Pixels::of(&known) == Pixels::of(&picture.light));
        if !known {
            let drawn = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
            fs_err::write(&drawn, &picture.light).unwrap();
            differing.push(format!("cp {} {}", drawn.display(), golden.display()));
        }
    }
    assert!(differing.is_empty(), "look at these, then accept them by\n{}", differing.join("\n"));
}

#[test]
fn both_themes_are_one_picture_under_two_palettes() {
    let picture = chart::draw(&memory()).unwrap();
    let (light, dark) = (Pixels::of(&picture.light), Pixels::of(&picture.dark));
    assert_eq!(picture.light.len(), picture.dark.len());
    assert_eq!(light.at(0, 199), GROUND.light);
    assert_eq!(dark.at(0, 199), GROUND.dark);
    let places = light.columns_with(Colour::Vermilion.light());
    assert!(places.len() > 200);
    assert_eq!(places, dark.columns_with(Colour::Vermilion.dark()));
}

#[test]
fn the_same_spec_gives_the_same_bytes_and_another_another_name() {
    let (one, other) = (chart::draw(&memory()).unwrap(), chart::draw(&memory()).unwrap());
    assert_eq!(one, other);
    let mut changed = memory();
    changed.layers[1].values[7] *= 1.5;
    assert_ne!(chart::draw(&changed).unwrap().hash, one.hash);
}

#[test]
fn nothing_is_drawn_across_a_gap() {
    let mut spec = memory();
    spec.layers.push(layer(Colour::Purple, Shape::Line, |_| f64::NAN));
    let line: Vec<f64> = spec.layers[0]
        .values
        .iter()
        .map(|value| if value.is_nan() { f64::NAN } else { 200.0 * MIB })
        .collect();
    spec.layers[3].values = line;
    let pixels = Pixels::of(&chart::draw(&spec).unwrap().light);
    // The plot is from 84 to 456; minutes 14 to 25 have no sample between them.
    let x = |minute: f64| 84.0 + minute / 60.0 * 372.0;
    for colour in [Colour::Vermilion, Colour::Blue, Colour::Green, Colour::Purple] {
        let columns = pixels.columns_with(colour.light());
        let inside = |column: &&usize| (**column as f64) > x(14.0) + 3.0 && (**column as f64) < x(25.0) - 3.0;
        assert_eq!(columns.iter().find(inside), None, "{colour:?}");
        assert!(columns.len() > 250, "{colour:?}: {columns:?}");
    }
}

#[test]
fn what_cannot_be_drawn_is_refused_by_name() {
    let mut spec = memory();
    spec.layers[2].values.pop();
    let error = chart::draw(&spec).unwrap_err().to_string();
    assert_eq!(error, "layer 2 of the chart has 59 values for 60 times");
    let refused = [(0, 100, 60), (100, 9_000, 60), (100, 100, 0)];
    for (width, height, seconds) in refused {
        let spec = ChartSpec { width, height, until: NOON - 3_600 + seconds, ..hour(Unit::Count) };
        assert!(chart::draw(&spec).is_err(), "{width} × {height}, {seconds} s");
    }
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1e3..1e3_f64,
        1 => Just(f64::NAN),
        1 => prop_oneof![Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(f64::MAX), Just(f64::MIN), Just(-0.0)],
        1 => prop_oneof![Just(1e18), Just(1e-300), Just(0.0), Just(1.0)],
    ]
}

fn any_layer(rows: usize) -> impl Strategy<Value = Layer> {
    let shape = prop_oneof![Just(Shape::Area), Just(Shape::Line), Just(Shape::Mirrored)];
    let values = prop::collection::vec(any_value(), rows);
    let peaks = prop_oneof![Just(Vec::new()), prop::collection::vec(any_value(), rows)];
    (0..Colour::ALL.len(), shape, values, peaks).prop_map(|(colour, shape, values, peaks)| Layer {
        colour: Colour::ALL[colour],
        shape,
        values,
        peaks,
    })
}

proptest! {
    // A part of the usual number: a case takes long.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]

    #[test]
    fn any_numbers_become_a_picture(
        layers in prop::collection::vec(any_layer(40), 0..4),
        unit in prop_oneof![Just(Unit::Memory), Just(Unit::Data), Just(Unit::Ratio), Just(Unit::Seconds), Just(Unit::Count)],
        limit in prop::option::of(any_value()),
        ends in (any_value(), any_value()),
        (width, height, seconds) in (1..200u32, 1..120u32, 1..400_000_000i64),
        (from_zero, bare, gap_after) in (any::<bool>(), any::<bool>(), 0..100_000i64),
        mut times in prop::collection::vec(-50_000_000..450_000_000i64, 40),
    ) {
        times.sort_unstable();
        let from = 1_500_000_000;
        let spec = ChartSpec {
            width, height, unit, limit, from_zero, bare, gap_after, layers, from,
            until: from + seconds,
            times: times.into_iter().map(|time| from + time).collect(),
            marks: vec![Mark { at: from, number: 1 }, Mark { at: from + seconds, number: u32::MAX }],
            bands: vec![Band { from, until: i64::MAX, strong: true }],
            reboots: vec![i64::MIN, from, i64::MAX],
            trends: vec![
                Trend { onset: from, until: from + seconds / 2, from: ends.0, to: ends.1, label: "+1".into() },
                Trend { onset: i64::MIN, until: i64::MAX, from: ends.1, to: ends.0, label: "x".repeat(99) },
            ],
            ..hour(unit)
        };
        let picture = chart::draw(&spec).unwrap();
        let pixels = Pixels::of(&picture.dark);
        prop_assert_eq!((pixels.width, pixels.height()), (width as usize * 2, height as usize * 2));
    }
}
