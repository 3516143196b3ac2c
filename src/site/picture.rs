//! One chart as it stands on a page: the series become a `ChartSpec`, that becomes a picture in two themes, and what
//! the picture says is written as a legend and as alternative text.

use super::alerts::{self, Watched};
use super::charts::{ChartDef, Layers, Limit, SectionId};
use super::error::SiteError;
use super::evaluate::{Drawn, Machine, Name, Series, last, mean_of};
use super::model::{Chart, LegendRow, Picture};
use super::publish::Publisher;
use super::scene::{Aliases, Scene};
use super::trends;
use crate::alert::Rule;
use crate::analysis::report::Report;
use crate::base::format;
use crate::chart::{self, ChartSpec, Colour, Layer, Mark, Shape};
use crate::series::{Frame, Window};

/// Sizes in CSS pixels: a chart over the full width, one of two in a row, the one in a row of the fleet.
const WIDE: (u32, u32) = (1088, 270);
const HALF: (u32, u32) = (520, 160);
const NARROW: (u32, u32) = (520, 240);
const SMALL: (u32, u32) = (160, 32);

/// Where a chart is made: the host's window and what belongs to it.
pub(crate) struct Place<'a> {
    /// What all pages share.
    pub scene: &'a Scene,
    /// The output folder.
    pub publisher: &'a Publisher,
    /// The host's folder in it.
    pub host: &'a str,
    /// The window.
    pub window: Window,
    /// Its numbers.
    pub frame: &'a Frame,
    /// What the series depend on.
    pub machine: &'a Machine,
    /// How mount points are shown.
    pub mounts: &'a Aliases,
    /// How targets are shown.
    pub targets: &'a Aliases,
    /// What changed, for the chart of memory only: others stay calm.
    pub marks: &'a [Mark],
    /// What is known of the host's memory.
    pub report: Option<&'a Report>,
    /// What is known of its alerts, for the bands.
    pub watched: &'a Watched,
    /// Its rules.
    pub rules: &'a [Rule],
}

impl Place<'_> {
    /// Draws one chart of the list and writes what stands around it.
    pub(crate) fn chart(&self, def: &ChartDef, drawn: &Drawn, number: usize) -> Result<Chart, SiteError> {
        let wide = matches!(def.layers, Layers::Breakdown);
        let id = if number == 0 { def.id.to_owned() } else { format!("{}-{}", def.id, number + 1) };
        let mut spec = self.spec(def, drawn, if wide { WIDE } else { HALF });
        let (from, until) = (self.frame.from, self.frame.until);
        spec.bands = alerts::bands(self.watched, self.rules, def, &drawn.instance, from, until);
        spec.bands.iter_mut().for_each(|band| band.until = band.until.min(until));
        if wide {
            spec.marks = self.marks.to_vec();
            spec.ahead = trends::ahead(self.report, self.window, spec.until);
            spec.until += spec.ahead;
        }
        if matches!(def.layers, Layers::Breakdown | Layers::KernelParts) {
            spec.trends = trends::of(self.report, drawn, self.frame, self.scene);
        }
        let picture = self.picture(&id, &spec)?;
        let narrow = if wide {
            let spec = ChartSpec { width: NARROW.0, height: NARROW.1, ..spec };
            Some(self.picture(&format!("{id}-narrow"), &spec)?)
        } else {
            None
        };
        let mut title = self.scene.word(&format!("chart.{}", def.id));
        if !drawn.instance.is_empty() {
            title = format!("{title} {}", drawn.instance);
        }
        let legend: Vec<LegendRow> = drawn.series.iter().map(|series| self.legend_row(def, series)).collect();
        let note = self.scene.words().find(&format!("chart_note.{}", def.id)).unwrap_or("").to_owned();
        let source = source(def, &drawn.instance);
        Ok(Chart { alt: self.alt(&title, &legend), id, source, title, note, wide, picture, narrow, legend })
    }

    /// Memory in the smallest size, for a row of the fleet.
    pub(crate) fn small(&self, def: &ChartDef, drawn: &Drawn) -> Result<Picture, SiteError> {
        let spec = ChartSpec { bare: true, reboots: Vec::new(), ..self.spec(def, drawn, SMALL) };
        self.picture("small", &spec)
    }

    /// What the small picture says.
    pub(crate) fn small_alt(&self, def: &ChartDef, drawn: &Drawn) -> String {
        let legend: Vec<LegendRow> = drawn.series.iter().map(|series| self.legend_row(def, series)).collect();
        self.alt(&self.scene.word("chart.memory"), &legend)
    }

    /// A picture's files, drawn and published.
    fn picture(&self, name: &str, spec: &ChartSpec) -> Result<Picture, SiteError> {
        let drawn = chart::draw(spec)?;
        let file = |theme: &str| format!("{name}-{}-{}-{theme}.png", self.window.slug(), drawn.hash);
        let picture =
            Picture { light: file("light"), dark: file("dark"), width: spec.width, height: spec.height };
        self.publisher.file(&format!("{}/{}", self.host, picture.light), &drawn.light)?;
        self.publisher.file(&format!("{}/{}", self.host, picture.dark), &drawn.dark)?;
        Ok(picture)
    }

    fn spec(&self, def: &ChartDef, drawn: &Drawn, (width, height): (u32, u32)) -> ChartSpec {
        let layers = drawn.series.iter().filter_map(layer).collect();
        ChartSpec {
            width,
            height,
            from: self.frame.from,
            until: self.frame.until,
            ahead: 0,
            time_zone: self.scene.zone.clone(),
            unit: def.unit,
            per_second: def.per_second,
            times: self.frame.times.clone(),
            // Cron is late by some seconds now and then; a sample that is missing is a gap.
            gap_after: (self.frame.step * 3 / 2).max(1),
            layers,
            from_zero: !matches!(def.unit, crate::base::unit::Unit::Celsius),
            at_least: (def.at_least > 0.0).then_some(def.at_least),
            limit: self.limit(def, drawn),
            reboots: self.frame.reboots.clone(),
            marks: Vec::new(),
            bands: Vec::new(),
            trends: Vec::new(),
            bare: false,
        }
    }

    fn limit(&self, def: &ChartDef, drawn: &Drawn) -> Option<f64> {
        let of = |metric: &str| self.frame.mean(metric, "").and_then(last).filter(|limit| *limit > 0.0);
        let near = |limit: f64| {
            let values = drawn.series.iter().flat_map(|series| &series.column.mean);
            values.fold(0.0, |most, value| value.max(most)) >= limit / 2.0
        };
        match def.limit {
            Limit::None => None,
            Limit::Of(metric) => of(metric),
            Limit::Near(metric) => of(metric).filter(|limit| near(*limit)),
            Limit::Cores => Some(self.machine.cores).filter(|limit| near(*limit)),
            Limit::Whole => Some(1.0),
        }
    }

    fn legend_row(&self, def: &ChartDef, series: &Series) -> LegendRow {
        let figures = Figures::of(series);
        // A row has one unit, so that its figures can be compared.
        let names = if def.section == SectionId::Reachability { self.targets } else { self.mounts };
        let written = |value: f64| format::quantity(value, def.unit, def.per_second);
        LegendRow {
            key: series_key(&series.name),
            colour: series.colour.map_or_else(String::new, |colour| colour.name().to_owned()),
            label: self.scene.name(&series.name, names),
            now: last(&series.column.mean).map_or_else(|| format::ABSENT.to_owned(), written),
            min: written(figures.min),
            mean: written(figures.mean),
            max: written(figures.max),
            range: Some((figures.min, figures.max)).filter(|(min, max)| min.is_finite() && max.is_finite()),
        }
    }

    /// The picture in words: what it is of, and for each series its mean and range.
    fn alt(&self, title: &str, legend: &[LegendRow]) -> String {
        let words = self.scene.words();
        let series: Vec<String> = legend
            .iter()
            .map(|row| {
                words.fill(
                    "alt.series",
                    &[("label", &row.label), ("mean", &row.mean), ("min", &row.min), ("max", &row.max)],
                )
            })
            .collect();
        let window = self.scene.word(&format!("window.{}", self.window.slug()));
        let series = series.join(words.get("alt.separator"));
        words.fill("alt.chart", &[("title", title), ("window", &window), ("series", &series)])
    }
}

/// Names a chart in caches.
pub(crate) fn source(def: &ChartDef, instance: &str) -> String {
    format!("{} {instance}", def.id)
}

/// Names a series in caches.
pub(crate) fn series_key(name: &Name) -> String {
    match name {
        Name::Layer(key) => (*key).to_owned(),
        Name::Group(group) => group.key().to_owned(),
        Name::Instance(instance) => instance.clone(),
    }
}

/// A series as a layer; none where it stands in the legend only.
pub(crate) fn layer(series: &Series) -> Option<Layer> {
    let colour: Colour = series.colour?;
    let peaks = if series.shape == Shape::Line { series.column.max.clone() } else { Vec::new() };
    Some(Layer { colour, shape: series.shape, values: series.column.mean.clone(), peaks })
}

/// Least, mean and largest of a series.
struct Figures {
    min: f64,
    mean: f64,
    max: f64,
}

impl Figures {
    fn of(series: &Series) -> Self {
        let column = &series.column;
        let or_mean =
            |values: &'_ [f64]| if values.is_empty() { column.mean.clone() } else { values.to_vec() };
        Self {
            min: or_mean(&column.min).into_iter().fold(f64::NAN, f64::min),
            mean: mean_of(&column.mean),
            max: or_mean(&column.max).into_iter().fold(f64::NAN, f64::max),
        }
    }
}
