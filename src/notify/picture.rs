//! The chart that proves an alert: where memory is, or the value that the rule is about with its limit, over the last hours.
//! In the light palette, since mail has a light ground in most programs.

use super::notice::{Picture, Swatch};
use crate::alert::{self, Alert, Rule};
use crate::analysis::Level;
use crate::analysis::report::Report;
use crate::base::unit::Unit;
use crate::base::words::Lang;
use crate::chart::{self, Band, ChartError, ChartSpec, Colour, Layer, Shape};
use crate::series::{self, Frame, Latest, SeriesError, Window};
use crate::site::snapshot;
use crate::store::Layout;
use jiff::tz::TimeZone;

/// Size in CSS pixels, as a mail shows it.
const SIZE: (u32, u32) = (560, 180);
/// The colours of lines.
const LINE: Colour = Colour::Blue;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The log cannot be read.
    #[error(transparent)]
    Series(#[from] SeriesError),
    /// It cannot be drawn.
    #[error(transparent)]
    Chart(#[from] ChartError),
}

/// The host that an alert is of.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Where its log lies.
    pub layout: &'a Layout,
    /// Its newest sample.
    pub latest: &'a Latest,
    /// What is known of its memory.
    pub report: Option<&'a Report>,
    /// The language of the words in the picture.
    pub lang: Lang,
    /// The zone of its times.
    pub zone: &'a TimeZone,
}

/// Draws the chart of an alert; none where there is nothing to be seen.
///
/// # Errors
/// Where the log cannot be read or the chart cannot be drawn.
pub(super) fn picture(
    subject: &Subject<'_>,
    alert: &Alert,
    rule: &Rule,
) -> Result<Option<Picture>, PictureError> {
    let Subject { layout, latest, report, lang, zone } = *subject;
    let until = latest.sample.t + 1;
    let long = until - alert.machine.since > Window::SixHours.seconds() / 2;
    let window = if long { Window::Day } else { Window::SixHours };
    let frame = series::window(layout, window, until)?;
    let is_memory =
        ["memory", "leak", "swap", "oom", "pressure-memory", "silent"].contains(&alert.rule.as_str());
    let (layers, trends) =
        if is_memory { snapshot::memory(&frame, latest, report, lang, zone) } else { Default::default() };
    let (layers, names): (Vec<Layer>, Vec<String>) = layers.into_iter().unzip();
    let (drawn, names) = if layers.is_empty() {
        // With one line there is nothing to tell apart.
        (value(&frame, alert, rule, latest), Vec::new())
    } else {
        (Some(stack(layers, latest)), names)
    };
    let Some(Drawn { layers, unit, per_second, limit }) = drawn.filter(|drawn| drawn.has_values()) else {
        return Ok(None);
    };
    let spec = ChartSpec {
        width: SIZE.0,
        height: SIZE.1,
        from: first_of(&frame),
        until: frame.until,
        ahead: 0,
        time_zone: zone.clone(),
        unit,
        per_second,
        times: frame.times.clone(),
        gap_after: (frame.step * 3 / 2).max(1),
        layers,
        from_zero: unit != Unit::Celsius,
        at_least: None,
        limit,
        reboots: frame.reboots.clone(),
        marks: Vec::new(),
        bands: vec![Band {
            from: alert.machine.since,
            until: if alert.is_firing() { frame.until } else { alert.machine.seen },
            strong: alert.machine.level == Level::Critical,
        }],
        trends,
        bare: false,
    };
    let (width, height) = SIZE;
    let swatch = |(layer, label): (&Layer, &String)| Swatch {
        colour: layer.colour.light().css(),
        label: label.clone(),
    };
    let legend = spec.layers.iter().zip(&names).map(swatch).collect();
    Ok(Some(Picture { png: chart::draw(&spec)?.light, width, height, alt: alert.text.clone(), legend }))
}

/// What is drawn, and in which unit.
struct Drawn {
    layers: Vec<Layer>,
    unit: Unit,
    per_second: bool,
    limit: Option<f64>,
}

impl Drawn {
    /// Whether there is a line, not only a point.
    fn has_values(&self) -> bool {
        self.layers.iter().any(|layer| layer.values.iter().filter(|value| value.is_finite()).count() > 1)
    }
}

/// A log that is younger than the window fills the picture.
fn first_of(frame: &Frame) -> i64 {
    frame.times.first().map_or(frame.from, |first| frame.from.max(first - 60))
}

fn stack(layers: Vec<Layer>, latest: &Latest) -> Drawn {
    let limit =
        latest.sample.meminfo.as_ref().and_then(|meminfo| meminfo.mem_total).map(|total| total as f64);
    Drawn { layers, unit: Unit::Memory, per_second: false, limit }
}

/// The value that the rule is about.
fn value(frame: &Frame, alert: &Alert, rule: &Rule, latest: &Latest) -> Option<Drawn> {
    let subject = rule.subject()?;
    let scale = if subject.measure.percent { 0.01 } else { 1.0 };
    let values: Vec<f64> = rule
        .values(frame, &alert.instance, alert::cores(latest))
        .into_iter()
        .map(|value| value * scale)
        .collect();
    let layers = vec![Layer { colour: LINE, shape: Shape::Line, values, peaks: Vec::new() }];
    let limit = Some(subject.limit * scale).filter(|limit| limit.is_finite() && *limit > 0.0);
    Some(Drawn { layers, unit: subject.measure.unit, per_second: subject.measure.per_second, limit })
}
