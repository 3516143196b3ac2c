//! One host: its windows, its pages, and what the fleet page and `status.json` say of it.

use super::Inputs;
use super::alerts::{self, Watched};
use super::assets::Assets;
use super::bars;
use super::changes::{self, Told};
use super::error::SiteError;
use super::evaluate::Machine;
use super::extras::Extras;
use super::facts;
use super::figures;
use super::grouping::Grouping;
use super::host_view::HostView;
use super::lately;
use super::leaks;
use super::model::{HostPage, Moment, Page, Problem, State};
use super::muted;
use super::now::Now;
use super::problems;
use super::publish::Publisher;
use super::reach::Reached;
use super::scene::{Aliases, Scene};
use super::sections;
use super::template::Templates;
use super::window::{LatestValues, Subject, WindowView, tabs};
use crate::alert::{Mutes, Rule};
use crate::analysis::{report, report::Report};
use crate::base::clock::Clock;
use crate::base::escape::address;
use crate::base::hash;
use crate::series::{self, Latest, SeriesError, Window};
use crate::store::{self, EventLog, Layout};
use rayon::prelude::*;
use std::sync::Arc;

/// Stand for the page's own time until it is published.
pub(crate) const PAGE_ISO: &str = "@@page-iso@@";
/// The same, as text.
pub(crate) const PAGE_TIME: &str = "@@page-time@@";

/// What every host's pages are made with.
pub(crate) struct Workshop<'a> {
    /// The time that goes on while pages are made; theirs is the scene's.
    pub clock: Clock,
    /// Language, zone, what may be shown.
    pub scene: &'a Scene,
    /// The output folder.
    pub publisher: &'a Publisher,
    /// The templates.
    pub templates: &'a Templates,
    /// The static files.
    pub assets: &'a Assets,
    /// Title of the fleet.
    pub title: &'a str,
    /// Seconds after which a page loads itself again.
    pub refresh_seconds: u32,
    /// What the site is made of.
    pub inputs: &'a Inputs,
    /// What is muted.
    pub mutes: &'a Mutes,
    /// How the hosts are sorted and marked.
    pub grouping: Grouping,
    /// There is but one host: its page is the fleet's.
    pub alone: bool,
    /// There are so many hosts that their windows do not step all at once.
    pub spreads: bool,
}

impl Workshop<'_> {
    /// Makes and publishes the pages of one host.
    ///
    /// # Errors
    /// Where its log cannot be read, or its pages cannot be made or written.
    pub(crate) fn host(&self, layout: &Layout) -> Result<HostView, SiteError> {
        // Rollups only make it faster: where they cannot be kept (logs of another user), the samples are read.
        let is_own = self.inputs.own.as_deref() == Some(layout.host());
        // Other runs may have been waited for, and days been compressed: a sample may have come since the run began.
        let found = if let Some(seconds) = self.inputs.span {
            let latest = series::latest_at(layout, self.scene.now - seconds, self.scene.now)?;
            match latest {
                None => series::rolled_up_at(layout, Window::Span(seconds), self.scene.now)?,
                latest => latest,
            }
        } else {
            match series::compact(layout, self.scene.now, self.inputs.ages, is_own) {
                Ok(_) | Err(SeriesError::Rollup { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            series::latest_and_recent(layout, self.clock.now())?
        };
        let Some(mut latest) = found else { return self.empty_host(layout) };
        // A flaw there must not cost the page.
        let log = store::event_log(layout).unwrap_or_else(|error| EventLog::unreadable(layout, &error));
        latest.damage.merge(&log.damage);
        let told = changes::told(&log.events, self.scene);
        let mut host = Host::of(self, layout, &latest, &told)?;
        let windows = self.windows();
        let views = windows.par_iter().map(|window| Ok((*window, host.subject().view(*window)?)));
        let views: Vec<(Window, WindowView)> = views.collect::<Result<_, SiteError>>()?;
        // Nothing is published of what was read in part.
        layout.within_limits()?;
        host.reached = Reached::of(&views);
        let small = views.iter().find_map(|(_, view)| view.small.clone());
        // Every page shows the day of its services.
        let strips = views.iter().find_map(|(_, view)| view.strips.clone());
        views.into_par_iter().try_for_each(|(window, mut view)| {
            view.strips.clone_from(&strips);
            host.publish(window, view)
        })?;
        let Host { state, problems, now, mounts, report, watched, extras, .. } = host;
        let sampled = (!latest.is_rolled_up()).then_some(latest.sample.t);
        Ok(HostView {
            name: layout.host().to_owned(),
            state,
            problems,
            sampled,
            now: Some(now),
            mounts,
            report,
            changes: changes::latest(&told, self.scene.now),
            lately: lately::recent(&told, self.scene.now),
            first: extras.first,
            back: extras.back,
            version: latest.sample.host.as_ref().map(|host| host.cronograph.clone()),
            watched,
            small,
        })
    }

    /// The windows of each host.
    pub(super) fn windows(&self) -> Vec<Window> {
        self.inputs.span.map(Window::Span).into_iter().chain(Window::ALL).collect()
    }

    /// Whether a window is what a host's page begins with.
    fn is_first(&self, window: Window) -> bool {
        window == self.inputs.span.map_or(Window::Day, Window::Span)
    }

    /// Where a host's pages go, each with the way from there to the output folder, which is one itself for a host alone.
    pub(super) fn folders(&self, host: &str) -> Vec<(String, &'static str)> {
        let mut folders = vec![(format!("{host}/"), "../")];
        if self.alone {
            folders.push((String::new(), ""));
        }
        folders
    }

    /// What every page has.
    pub(crate) fn page(&self, title: &str, root: &str) -> Page {
        let fleet = if root.is_empty() { "index.html".to_owned() } else { format!("{root}index.html") };
        Page {
            lang: self.scene.lang.tag(),
            title: if title.is_empty() {
                self.title.to_owned()
            } else {
                format!("{title} – {}", self.title)
            },
            site_title: self.title.to_owned(),
            root: root.to_owned(),
            fleet: (!self.alone).then_some(fleet),
            style: self.assets.style().to_owned(),
            icon: self.assets.icon().to_owned(),
            script: self.assets.script().to_owned(),
            refresh_seconds: self.refresh_seconds,
            zone: self.scene.zone_name(),
            page_time: Moment { iso: PAGE_ISO.to_owned(), text: PAGE_TIME.to_owned(), unix: 0 },
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// Renders a page and hands it to the publisher.
    pub(crate) fn publish(
        &self,
        template: &str,
        path: &str,
        page: &impl serde::Serialize,
    ) -> Result<(), SiteError> {
        self.publish_at(template, std::iter::once(path.to_owned()), page)
    }

    /// The same for a page that stands in several places.
    fn publish_at(
        &self,
        template: &str,
        paths: impl Iterator<Item = String>,
        page: &impl serde::Serialize,
    ) -> Result<(), SiteError> {
        let text = self.templates.render(template, page)?;
        let made = self.scene.second(self.scene.now);
        for path in paths {
            self.publisher.page(&path, &text, &[(PAGE_ISO, &made.iso), (PAGE_TIME, &made.text)])?;
        }
        Ok(())
    }
}

/// A host while its pages are made: what is the same in all its windows.
pub(super) struct Host<'a> {
    pub(super) workshop: &'a Workshop<'a>,
    layout: &'a Layout,
    pub(super) latest: &'a Latest,
    pub(super) extras: Extras,
    pub(super) report: Option<Report>,
    state: State,
    problems: Vec<Problem>,
    now: Now,
    pub(super) mounts: Aliases,
    pub(super) targets: Aliases,
    pub(super) reached: Reached,
    told: &'a [Told],
    machine: Machine,
    values: LatestValues,
    watched: Watched,
    rules: Arc<Vec<Rule>>,
}

impl<'a> Host<'a> {
    fn of(
        workshop: &'a Workshop<'a>,
        layout: &'a Layout,
        latest: &'a Latest,
        told: &'a [Told],
    ) -> Result<Self, SiteError> {
        let scene = workshop.scene;
        let mounts = latest.sample.filesystem.as_ref().map(|all| all.0.keys().map(String::as_str));
        let mounts = scene.mounts(mounts.into_iter().flatten());
        let targets = latest.sample.target.as_ref().map(|all| all.0.keys().map(String::as_str));
        let targets = scene.targets(targets.into_iter().flatten());
        let is_past = workshop.inputs.span.is_some();
        let extras = Extras::of(layout, scene, &workshop.inputs.traffic, latest.sample.t, is_past)?;
        let report = if is_past {
            report::of_log(layout, latest.sample.t)?
        } else {
            report::of_latest(layout, &latest.sample)?
        };
        let (watched, rules) = alerts::watch(workshop, layout, latest, report.as_ref(), extras.quota_used())?;
        let report = report.map(|report| leaks::shown(report, scene));
        let (state, problems) = if latest.is_rolled_up() {
            problems::noted(scene, scene.word("site.samples_gone"))
        } else {
            alerts::problems(&watched, latest, report.as_ref(), &extras, scene, &mounts)
        };
        let now = Now::of(latest);
        let foreign = latest.sample.meminfo.as_ref().map(|meminfo| meminfo.foreign.clone());
        let machine = Machine { cores: now.cores.unwrap_or(1.0), foreign: foreign.unwrap_or_default() };
        let values = LatestValues::of(&latest.rates, &machine);
        let reached = Reached::default();
        Ok(Self {
            workshop,
            layout,
            latest,
            extras,
            report,
            state,
            problems,
            now,
            mounts,
            targets,
            reached,
            told,
            machine,
            values,
            watched,
            rules,
        })
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            scene: self.workshop.scene,
            publisher: self.workshop.publisher,
            layout: self.layout,
            machine: &self.machine,
            recent: &self.latest.recent,
            mounts: &self.mounts,
            targets: &self.targets,
            told: self.told,
            report: self.report.as_ref(),
            watched: &self.watched,
            rules: &self.rules,
            first: self.extras.first.unwrap_or(self.latest.sample.t),
            last: self.latest.sample.t,
            in_fleet: !self.workshop.alone,
            spread: self.workshop.spreads.then(|| hash::number(self.layout.host().as_bytes())),
        }
    }

    /// Publishes the page of one window; the day's also as the host's index.
    fn publish(&self, window: Window, mut view: WindowView) -> Result<(), SiteError> {
        // Of the past a legend has the last values that its picture shows.
        if self.workshop.inputs.span.is_none() {
            self.values.fill(&mut view.charts);
        }
        let host = self.layout.host();
        let slug = window.slug();
        let own = self.page(window, &view, "../", "");
        let is_first = self.workshop.is_first(window);
        let index = is_first.then(|| format!("{host}/index.html"));
        let paths = std::iter::once(format!("{host}/{slug}.html")).chain(index);
        self.workshop.publish_at("host.html", paths, &own)?;
        if is_first && self.workshop.alone {
            let here = format!("{}/", address(host));
            self.workshop.publish("host.html", "index.html", &self.page(window, &view, "", &here))?;
        }
        Ok(())
    }

    fn page(&self, window: Window, view: &WindowView, root: &str, here: &str) -> HostPage {
        let scene = self.workshop.scene;
        let name = self.layout.host().to_owned();
        let (is_silent, past) = (self.state.class == "silent", self.workshop.inputs.span.is_some());
        HostPage {
            page: self.workshop.page(&name, root),
            name,
            here: here.to_owned(),
            group: self.workshop.grouping.link(self.layout.host(), root),
            tags: self.workshop.grouping.tags(self.layout.host()).into_iter().map(str::to_owned).collect(),
            state: self.state.clone(),
            tabs: tabs(&self.workshop.windows(), window, here, scene),
            sample_time: (!self.latest.is_rolled_up()).then(|| scene.second(self.latest.sample.t)),
            // What leaks has a panel of its own.
            problems: self.problems.iter().filter(|problem| !problem.leaks).cloned().collect(),
            leaks: leaks::panels(self.report.as_ref(), scene),
            parts_table: leaks::parts(self.report.as_ref(), scene, past).filter(|_| self.has_findings()),
            all_well: self.all_well(),
            past: alerts::past([&self.watched], scene),
            muted: muted::of_host(self.workshop.mutes, self.layout.host(), scene),
            memory_bar: bars::memory(&self.now, scene),
            figures: figures::of(&self.now, scene, &self.mounts),
            window: self.window_words(window, view),
            window_note: self.window_note(window, view),
            latest: scene.word(if is_silent || past { "legend.last" } else { "legend.now" }),
            sections: sections::of(self, view),
            facts: facts::of(self.latest, scene),
        }
    }

    pub(super) fn has_findings(&self) -> bool {
        self.report.as_ref().is_some_and(|report| !report.findings.is_empty())
    }

    /// That nothing is wrong, and how much of a watch says that nothing leaks.
    fn all_well(&self) -> String {
        let scene = self.workshop.scene;
        match self.state.class {
            _ if self.latest.is_rolled_up() => String::new(),
            "silent" => scene.word("site.silent_note"),
            "ok" if self.has_findings() => String::new(),
            "ok" => {
                let calm = self.report.as_ref().map(|report| scene.telling(report.at).calm(report));
                [scene.word("site.all_well"), calm.unwrap_or_default()].join(" ").trim().to_owned()
            }
            _ => String::new(),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a few minutes")]
    fn window_words(&self, window: Window, view: &WindowView) -> String {
        let scene = self.workshop.scene;
        if view.until - view.from < 600 {
            // Of a log that has just begun: what there is, to the second.
            let (from, until) = (scene.second(view.from).text, scene.second(view.until - 1).text);
            let name = scene.duration((view.until - 1 - view.from) as f64);
            return scene
                .words()
                .fill("site.window", &[("window", &name), ("from", &from), ("until", &until)]);
        }
        let (from, until) = (scene.day_minute(view.from), scene.day_minute(view.until));
        let name = scene.word(&format!("window.{}", window.slug()));
        scene.words().fill("site.window", &[("window", &name), ("from", &from), ("until", &until)])
    }

    fn window_note(&self, window: Window, view: &WindowView) -> String {
        let scene = self.workshop.scene;
        if view.samples == 0 {
            return scene.word("site.window_empty");
        }
        if view.charts.is_empty() {
            return scene.word("site.window_one");
        }
        if view.step > window.step() && matches!(window, Window::Span(_)) {
            return scene.words().fill("site.window_bins", &[("step", &scene.whole_duration(view.step))]);
        }
        match self.extras.first.filter(|first| *first > view.from) {
            Some(first) => scene.words().fill("site.log_begins", &[("time", &scene.minute(first).text)]),
            None => String::new(),
        }
    }
}
