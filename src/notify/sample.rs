//! The notice that `check --test` sends: invented, and said to be so, with a picture, so that all of a message is seen to arrive.

use super::compose::Composer;
use super::notice::{Change, Fact, Item, Notice, Picture, Swatch};
use crate::analysis::Level;
use crate::base::unit::Unit;
use crate::chart::{self, ChartSpec, Colour, Layer, Shape, Trend};

const MIB: f64 = 1_048_576.0;
/// What the picture shows.
const HOURS: i64 = 4;
/// When, before its end, its growth begins.
const ONSET_SECONDS: i64 = 100 * 60;
const WIDTH: u32 = 520;
const HEIGHT: u32 = 210;
/// The parts of memory that it shows, from the bottom, and their words.
const PARTS: [(Colour, &str); 3] = [
    (Colour::Vermilion, "part.slab_unreclaimable"),
    (Colour::Blue, "part.anonymous"),
    (Colour::Green, "part.file_cache"),
];

/// Makes it.
pub(super) fn notice(channel: &str, composer: &Composer, site: Option<&str>, now: i64) -> Notice {
    let words = composer.words();
    let fact =
        |label: &str, line: &str| Fact { label: words.get(label).to_owned(), lines: vec![line.to_owned()] };
    // Of no rule: there is none to silence.
    let item = Item {
        host: composer.sender().to_owned(),
        level: Level::Warning,
        change: Change::Fired,
        what: words.get("message.test.what").to_owned(),
        since: now - ONSET_SECONDS,
        facts: vec![
            fact("message.test.channel", channel),
            fact("message.test.picture", words.get("message.test.invented")),
        ],
        command: Some("cronograph explain".to_owned()),
        link: site.map(str::to_owned),
        picture: picture(composer, now),
        ..Item::default()
    };
    let site = site.map(str::to_owned);
    Notice { id: format!("test-{now}"), t: now, items: vec![item], site, ..Notice::default() }
}

/// Memory of a small server in which something leaks. Without a picture the message is worth sending all the same.
fn picture(composer: &Composer, now: i64) -> Option<Picture> {
    let drawn = chart::draw(&spec(composer, now)).ok()?;
    let swatch = |(colour, word): &(Colour, &str)| Swatch {
        colour: colour.light().css(),
        label: composer.words().get(word).to_owned(),
    };
    Some(Picture {
        png: drawn.light,
        width: WIDTH,
        height: HEIGHT,
        alt: composer.words().get("message.test.alt").to_owned(),
        legend: PARTS.iter().map(swatch).collect(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "minutes of four hours")]
fn spec(composer: &Composer, now: i64) -> ChartSpec {
    let from = now - HOURS * 3_600;
    let times: Vec<i64> = (from..now).step_by(60).collect();
    let onset = now - ONSET_SECONDS;
    let grown = |at: i64| 24.0 + (at - onset).max(0) as f64 / 60.0 * 1.02;
    // Unrest that is the same each time: a test message is no place for chance.
    let unrest = |at: i64, period: f64, size: f64| {
        (at as f64 / period).sin() * size + (at as f64 / period / 0.37).cos() * size * 0.4
    };
    let layer = |colour, value: &dyn Fn(i64) -> f64| Layer {
        colour,
        shape: Shape::Area,
        values: times.iter().map(|at| value(*at) * MIB).collect(),
        peaks: Vec::new(),
    };
    let layers = vec![
        layer(PARTS[0].0, &grown),
        layer(PARTS[1].0, &|at| 96.0 + unrest(at, 700.0, 4.0)),
        layer(PARTS[2].0, &|at| 210.0 + unrest(at, 2_400.0, 12.0) - (grown(at) - 24.0) * 0.6),
    ];
    let trend = Trend {
        onset,
        until: now,
        from: grown(onset) * MIB,
        to: grown(now) * MIB,
        label: "+1.02 MiB/min".to_owned(),
    };
    ChartSpec {
        width: WIDTH,
        height: HEIGHT,
        from,
        until: now,
        ahead: 0,
        time_zone: composer.zone().clone(),
        unit: Unit::Memory,
        per_second: false,
        times: times.clone(),
        gap_after: 90,
        layers,
        from_zero: true,
        at_least: None,
        limit: Some(496.0 * MIB),
        reboots: Vec::new(),
        marks: Vec::new(),
        bands: Vec::new(),
        trends: vec![trend],
        bare: false,
    }
}
