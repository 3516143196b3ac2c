//! Draws the picture of the benchmarks again and again, for `benches/peers.sh`: `chart_times 50` prints the milliseconds
//! that each took, drawn and encoded for both themes; `chart_times 1 FILE` writes the light one.

use cronograph::base::clock::Stopwatch;
use cronograph::chart::{self, Shape};

#[path = "../benches/stacked/mod.rs"]
mod stacked;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: u32 = arguments.next().unwrap_or_else(|| "50".to_owned()).parse()?;
    let spec = stacked::stacked(360, 120, Shape::Area);
    let watch = Stopwatch::start();
    let mut last = None;
    for _ in 0..count.max(1) {
        last = Some(chart::draw(&spec)?);
    }
    println!("{:.4}", watch.seconds() * 1_000.0 / f64::from(count.max(1)));
    if let (Some(file), Some(picture)) = (arguments.next(), last) {
        fs_err::write(file, picture.light)?;
    }
    Ok(())
}
