//! One window of one host: where it ends, its charts, and the view that is kept in the host's `cache/` until the window
//! moves on. A run after one new sample redraws the shortest window and whatever crossed its boundary, no more.
//! A view can be deleted; it is used only if every picture that it names is still published.

use super::alerts::{self, Watched};
use super::changes::{Changes, Told};
use super::charts::{CHARTS, ChartDef, Layers, SectionId, Shown};
use super::error::SiteError;
use super::evaluate::{self, Drawn, Machine, With};
use super::model::{Chart, LegendRow, Picture, Tab};
use super::picture::{Place, series_key, source};
use super::publish::Publisher;
use super::scene::{Aliases, Scene};
use super::strip::Strips;
use super::{reach, trends};
use crate::alert::Rule;
use crate::analysis::report::Report;
use crate::base::format;
use crate::base::hash;
use crate::series::{Frame, Recent, Window};
use crate::store::Layout;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a window shows: everything of a page that does not change with each sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WindowView {
    /// What it was made of; another key, another view.
    key: String,
    /// Left edge, unix time.
    pub from: i64,
    /// Right edge, unix time.
    pub until: i64,
    /// How many samples it stands for.
    pub samples: u64,
    /// Seconds of its bins; 0 where it shows the samples themselves.
    #[serde(default)]
    pub step: i64,
    /// What changed, with the numbers of the marks on the chart of memory.
    pub changes: Changes,
    /// The charts, each with the part of the page in which it stands.
    pub charts: Vec<(SectionId, Chart)>,
    /// How much of it each target was up.
    pub reached: reach::Shares,
    /// Memory in the smallest size, of the day only.
    pub small: Option<(Picture, String)>,
    /// The day of each service, of the day only.
    pub strips: Option<Strips>,
}

/// The host whose windows are made.
pub(crate) struct Subject<'a> {
    /// What all pages share.
    pub scene: &'a Scene,
    /// The output folder.
    pub publisher: &'a Publisher,
    /// Where the host's files are.
    pub layout: &'a Layout,
    /// What its series depend on.
    pub machine: &'a Machine,
    /// Its last hours.
    pub recent: &'a Recent,
    /// How its mount points are shown.
    pub mounts: &'a Aliases,
    /// How its targets are shown.
    pub targets: &'a Aliases,
    /// What happened on it, by time.
    pub told: &'a [Told],
    /// What is known of its memory.
    pub report: Option<&'a Report>,
    /// What is known of its alerts.
    pub watched: &'a Watched,
    /// Its rules.
    pub rules: &'a [Rule],
    /// When its log begins, unix time.
    pub first: i64,
    /// Time of its last sample.
    pub last: i64,
    /// It stands in a row of the fleet, with a small picture.
    pub in_fleet: bool,
    /// Of many hosts, a number of its own: by it the steps of its windows lie apart from those of others.
    pub spread: Option<u64>,
}

impl Subject<'_> {
    /// The view of a window: the kept one if nothing in it can have changed, else a new one.
    ///
    /// # Errors
    /// Where the log cannot be read or a picture cannot be drawn or written.
    pub(crate) fn view(&self, window: Window) -> Result<WindowView, SiteError> {
        let until = self.until(window);
        let key = self.key(window, until);
        let path = self.cache_file(window);
        // Of a stretch of the past samples may go and come, and it is looked at once.
        let is_kept = !matches!(window, Window::Span(_));
        if is_kept && let Some(kept) = self.kept(&path, &key) {
            return Ok(kept);
        }
        let mut frame = self.recent.window(self.layout, window, until)?;
        if self.has_just_begun(window) {
            frame.from = frame.from.max(self.first);
        }
        let view = self.draw(window, &frame, key)?;
        if is_kept {
            self.keep(&path, &view);
        }
        Ok(view)
    }

    /// The right edge. It moves in steps, so that most runs find the window as it was; a log younger than two steps
    /// is shown up to now. Of a host that fell silent the picture keeps what was before: the silence takes a
    /// quarter of the width at most.
    fn until(&self, window: Window) -> i64 {
        if let Window::Span(_) = window {
            return self.scene.now;
        }
        if self.has_just_begun(window) {
            return self.last + 1;
        }
        if self.is_young(window) {
            return align_up(self.scene.now.min(self.last + 60), 60);
        }
        let edge = self.scene.now.min(self.last + window.seconds() / 4);
        self.step_before(window, edge).max(align_up(self.first + 1, 60))
    }

    fn step_before(&self, window: Window, time: i64) -> i64 {
        step_before(window, time, self.spread)
    }

    /// A log of a few minutes fills the shortest window: in an hour it would be a hair's breadth.
    fn has_just_begun(&self, window: Window) -> bool {
        let (age, silence) = (self.last - self.first, self.scene.now - self.last);
        window == Window::Hour && (1..300).contains(&age) && silence < 60
    }

    fn is_young(&self, window: Window) -> bool {
        self.last - self.first < 2 * window.refresh()
    }

    /// Everything that a view depends on. New samples count when a step of the window has passed.
    fn key(&self, window: Window, until: i64) -> String {
        let short = (window.refresh() / 24).max(1);
        let (until, last) = if self.is_young(window) {
            (align_down(until, short.max(60)), align_down(self.last, short))
        } else {
            (until, self.step_before(window, self.last))
        };
        let changes = Changes::of(self.told, until - window.seconds(), until);
        let changes = serde_json::to_string(&changes).unwrap_or_default();
        let scene = self.scene;
        let zone = scene.zone.iana_name().unwrap_or("");
        let parts = format!(
            "{} {} {zone} {} {until} {window:?} {} {:?} {} {} {} {changes} {} {}",
            env!("CARGO_PKG_VERSION"),
            scene.lang.tag(),
            scene.public,
            last,
            self.machine,
            self.mounts.hash_input(),
            self.targets.hash_input(),
            self.in_fleet,
            trends::key(self.report, window),
            self.bands_key(until - window.seconds(), until),
        );
        hash::name(&[parts.as_bytes()])
    }

    /// The bands of all charts: one that begins or ends is drawn at once.
    fn bands_key(&self, from: i64, until: i64) -> String {
        let of = |def: &ChartDef| alerts::bands(self.watched, self.rules, def, "", from, until);
        format!("{:?}", CHARTS.iter().map(of).collect::<Vec<_>>())
    }

    /// Each output folder has a view of its own: a public and a private site of the same logs do not fight over one.
    fn cache_file(&self, window: Window) -> std::path::PathBuf {
        self.layout.cache().join(format!("site-{}-{}.json", self.publisher.id(), window.slug()))
    }

    fn kept(&self, path: &std::path::Path, key: &str) -> Option<WindowView> {
        let view: WindowView = serde_json::from_slice(&fs_err::read(path).ok()?).ok()?;
        let published = |name: &str| self.publisher.keep(&format!("{}/{name}", self.layout.host()));
        let pictures =
            view.charts.iter().flat_map(|(_, chart)| std::iter::once(&chart.picture).chain(&chart.narrow));
        let mut pictures = pictures.chain(view.small.iter().map(|(picture, _)| picture));
        let usable =
            view.key == key && pictures.all(|picture| published(&picture.light) && published(&picture.dark));
        usable.then_some(view)
    }

    /// A cache that cannot be written costs time, nothing else: whoever renders need not own the logs.
    fn keep(&self, path: &std::path::Path, view: &WindowView) {
        let Ok(text) = serde_json::to_vec(view) else { return };
        if fs_err::create_dir_all(self.layout.cache()).is_ok() {
            let _ = crate::base::files::write_atomic(path, &text);
        }
    }

    fn draw(&self, window: Window, frame: &Frame, key: String) -> Result<WindowView, SiteError> {
        let (from, until, samples) = (frame.from, frame.until, frame.samples);
        let changes = Changes::of(self.told, from, until);
        let marks = changes.marks();
        let reached = reach::shares(frame);
        let mut view = WindowView {
            key,
            from,
            until,
            samples,
            step: if frame.is_binned() { frame.step } else { 0 },
            changes,
            charts: Vec::new(),
            reached,
            small: None,
            strips: None,
        };
        // Between two samples there is nothing to draw.
        if frame.times.len() < 2 {
            return Ok(view);
        }
        let place = Place {
            scene: self.scene,
            publisher: self.publisher,
            host: self.layout.host(),
            window,
            frame,
            machine: self.machine,
            mounts: self.mounts,
            targets: self.targets,
            marks: &marks,
            report: self.report,
            watched: self.watched,
            rules: self.rules,
        };
        view.charts = draw_charts(&place)?;
        view.strips = (window == Window::Day && !self.scene.public).then(|| Strips::of(frame));
        if window == Window::Day && self.in_fleet {
            view.small = draw_small(&place)?;
        }
        Ok(view)
    }
}

/// A chart that is to be drawn: its definition, its series, its number among those of one kind.
type Job = (&'static ChartDef, Drawn, usize);

/// Every chart that the window has numbers for.
fn jobs(frame: &Frame, machine: &Machine) -> Vec<Job> {
    let mut jobs = Vec::new();
    for def in CHARTS {
        let charts = evaluate::charts(def.layers, frame, machine, With::Drawn);
        let shown = charts.into_iter().filter(|drawn| is_shown(def.shown, drawn, machine.cores));
        jobs.extend(shown.enumerate().map(|(number, drawn)| (def, drawn, number)));
    }
    jobs
}

fn draw_charts(place: &Place) -> Result<Vec<(SectionId, Chart)>, SiteError> {
    use rayon::prelude::*;
    jobs(place.frame, place.machine)
        .par_iter()
        .map(|(def, drawn, number)| Ok((def.section, place.chart(def, drawn, *number)?)))
        .collect()
}

fn draw_small(place: &Place) -> Result<Option<(Picture, String)>, SiteError> {
    let Some(def) = CHARTS.iter().find(|def| matches!(def.layers, Layers::Breakdown)) else {
        return Ok(None);
    };
    let Some(drawn) = evaluate::charts(def.layers, place.frame, place.machine, With::Drawn).pop() else {
        return Ok(None);
    };
    let chart = place.small(def, &drawn)?;
    Ok(Some((chart, place.small_alt(def, &drawn))))
}

fn is_shown(shown: Shown, drawn: &Drawn, cores: f64) -> bool {
    match shown {
        Shown::WhenThere => true,
        Shown::WhenNotZero => {
            drawn.series.iter().any(|series| series.column.mean.iter().any(|value| *value > 0.0))
        }
        Shown::OnSeveralCores => cores > 1.0,
    }
}

/// The latest value of each series of each chart, and how it is written.
pub(crate) struct LatestValues(BTreeMap<(String, String), (f64, String)>);

impl LatestValues {
    /// From the host's last hour.
    pub(crate) fn of(rates: &Frame, machine: &Machine) -> Self {
        let mut latest = BTreeMap::new();
        let all = CHARTS.iter().flat_map(|def| {
            let charts = evaluate::charts(def.layers, rates, machine, With::Rare);
            charts.into_iter().map(move |drawn| (def, drawn))
        });
        for (def, drawn) in all {
            for series in &drawn.series {
                if let Some(value) = evaluate::last(&series.column.mean) {
                    let text = format::quantity(value, def.unit, def.per_second);
                    latest.insert((source(def, &drawn.instance), series_key(&series.name)), (value, text));
                }
            }
        }
        Self(latest)
    }

    /// Puts them into the legends of a view. A picture may end before the latest value: that counts for the range, too.
    pub(crate) fn fill(&self, charts: &mut [(SectionId, Chart)]) {
        for (_, chart) in charts {
            for row in &mut chart.legend {
                let found = self.0.get(&(chart.source.clone(), row.key.clone()));
                row.now = found.map_or(format::ABSENT, |(_, text)| text).to_owned();
                let (Some((value, text)), Some((min, max))) = (found, row.range) else { continue };
                if *value < min {
                    row.min.clone_from(text);
                } else if *value > max {
                    row.max.clone_from(text);
                }
            }
        }
    }
}

/// The windows of a host's page, one of which is shown.
pub(crate) fn tabs(windows: &[Window], current: Window, here: &str, scene: &Scene) -> Vec<Tab> {
    let tab = |window: &Window| Tab {
        label: scene.word(&format!("tab.{}", window.slug())),
        href: format!("{here}{}.html", window.slug()),
        current: *window == current,
    };
    windows.iter().map(tab).collect()
}

/// The last step of a window's edge that is not later. Of many hosts each steps at a time of its own, so that runs that follow
/// each other draw an even share.
fn step_before(window: Window, time: i64, spread: Option<u64>) -> i64 {
    let step = window.refresh();
    // Edges are those of bins.
    let grain = window.step().max(60);
    let places = (step / grain).max(1);
    let shift = spread.map_or(0, |number| i64::try_from(number >> 1).unwrap_or(0) % places * grain);
    align_down(time - shift, step) + shift
}

fn align_down(time: i64, step: i64) -> i64 {
    time.div_euclid(step.max(1)) * step.max(1)
}

fn align_up(time: i64, step: i64) -> i64 {
    align_down(time + step - 1, step)
}

/// The rows of a legend without figures, for the fleet's key.
pub(crate) fn bare_row(colour: &str, label: String) -> LegendRow {
    LegendRow {
        key: String::new(),
        colour: colour.to_owned(),
        label,
        now: String::new(),
        min: String::new(),
        mean: String::new(),
        max: String::new(),
        range: None,
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
