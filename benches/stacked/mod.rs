//! The picture that the benchmarks draw, here so that all of them draw the same.

use cronograph::base::unit::Unit;
use cronograph::chart::{ChartSpec, Colour, Layer, Shape};
use jiff::tz::TimeZone;

/// 2026-11-23 00:00 UTC.
const MIDNIGHT: i64 = 1_795_392_000;

/// Five stacked series of a day, a sample a minute: what `benches/peers.sh` has rrdtool draw too.
pub(crate) fn stacked(width: u32, height: u32, shape: Shape) -> ChartSpec {
    let times: Vec<i64> = (0..1_440).map(|minute| MIDNIGHT - 86_400 + minute * 60).collect();
    let colours = [Colour::Purple, Colour::Vermilion, Colour::Orange, Colour::Blue, Colour::Green];
    let layers = colours.into_iter().enumerate().map(|(place, colour)| {
        let phase = place as f64;
        let value =
            |minute: usize| 50.0 + 40.0 * (minute as f64 / 80.0 + phase).sin() + (minute * 7_919 % 13) as f64;
        Layer { colour, shape, values: (0..1_440).map(value).collect(), peaks: Vec::new() }
    });
    ChartSpec {
        width,
        height,
        from: MIDNIGHT - 86_400,
        until: MIDNIGHT,
        ahead: 0,
        time_zone: TimeZone::UTC,
        unit: Unit::Count,
        per_second: false,
        gap_after: 120,
        layers: layers.collect(),
        times,
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
