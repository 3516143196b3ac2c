//! The memory chart of the pages for a picture elsewhere: its layers and the lines over what leaks.

use super::charts::Layers;
use super::evaluate::{self, Machine, With};
use super::scene::{Aliases, Scene};
use super::{picture, trends};
use crate::analysis::report::Report;
use crate::base::words::Lang;
use crate::chart::{Layer, Trend};
use crate::series::{Frame, Latest};
use jiff::tz::TimeZone;

/// The parts of memory as the pages stack them, each with what it is called, and what of them leaks; nothing where the window
/// has no memory.
pub fn memory(
    frame: &Frame,
    latest: &Latest,
    report: Option<&Report>,
    lang: Lang,
    zone: &TimeZone,
) -> (Vec<(Layer, String)>, Vec<Trend>) {
    let foreign = latest.sample.meminfo.as_ref().map(|meminfo| meminfo.foreign.clone()).unwrap_or_default();
    let machine = Machine { cores: 1.0, foreign };
    let scene = Scene { lang, zone: zone.clone(), public: false, now: latest.sample.t };
    let Some(drawn) = evaluate::charts(Layers::Breakdown, frame, &machine, With::Drawn).pop() else {
        return (Vec::new(), Vec::new());
    };
    let named = |series| Some((picture::layer(series)?, scene.name(&series.name, &Aliases::default())));
    let layers = drawn.series.iter().filter_map(named).collect();
    (layers, trends::of(report, &drawn, frame, &scene))
}
