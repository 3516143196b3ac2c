//! The generated pages: what changed decides what is drawn and written, atomically, for all hosts of a data folder.
//!
//! ```text
//! series, analysis ─> window (charts, kept in the cache) ─> host, fleet, status (models) ─> template ─> publish
//! ```
//!
//! `charts` lists what is drawn. Nothing is published before everything is made: a template with a mistake, a full disk
//! or a run cut short leaves the site that was there.

mod alerts;
mod assets;
mod bare;
mod bars;
mod changes;
mod charts;
mod checks;
mod damage;
mod error;
mod evaluate;
mod extras;
mod facts;
mod feed;
mod figures;
mod fleet;
mod fleet_model;
mod fleet_row;
mod grouping;
mod heat;
mod history;
mod host;
mod host_view;
mod lately;
mod leaks;
mod manifest;
mod model;
mod muted;
mod now;
mod picture;
mod problems;
mod publish;
mod reach;
mod scene;
mod sections;
mod services;
pub mod snapshot;
mod status;
mod strip;
mod tables;
pub(crate) mod template;
mod trends;
mod used;
mod versions;
mod window;

pub use error::SiteError;
pub use publish::{Published, lock_of};

use crate::alert::{Mutes, Rules};
use crate::base::clock::Clock;
use crate::base::limits::Limits;
use crate::base::words::Lang;
use crate::config::{Config, GroupConfig, RetainConfig, SiteConfig, TrafficConfig};
use crate::series::Ages;
use crate::store::Layout;
use assets::Assets;
use grouping::Grouping;
use host::{PAGE_ISO, Workshop};
use host_view::HostView;
use jiff::tz::TimeZone;
use publish::Publisher;
use rayon::prelude::*;
use scene::Scene;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use template::Templates;

/// What a site is made of.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The folder of the logs.
    pub data: PathBuf,
    /// The folder of the pages.
    pub out: PathBuf,
    /// Title, privacy, the user's own templates and style.
    pub site: SiteConfig,
    /// The language.
    pub lang: Lang,
    /// The zone of times.
    pub time_zone: TimeZone,
    /// How the page of all hosts is divided.
    pub groups: Vec<GroupConfig>,
    /// What hosts are marked with.
    pub tags: Vec<GroupConfig>,
    /// Quotas.
    pub traffic: Vec<TrafficConfig>,
    /// How long what is kept.
    pub ages: Ages,
    /// Limits of a host.
    pub limits: Limits,
    /// The rules.
    pub rules: Rules,
    /// Where the pages will be, for the links of the feeds.
    pub address: Option<String>,
    /// This machine's name in the data folder: its own alerts lie in its own folder.
    pub own: Option<String>,
    /// The pages are about a stretch of so many seconds that ends at a time that is past: one more window shows it, and
    /// nothing is remembered.
    pub span: Option<i64>,
}

/// How long what is kept, as the configuration says it.
pub fn ages(retain: &RetainConfig) -> Ages {
    Ages {
        samples: retain.samples.days(),
        five_minutes: retain.five_minutes.days(),
        hours: retain.hours.days(),
    }
}

impl Inputs {
    /// What the configuration says; `own` is this machine's name in the data folder.
    ///
    /// # Errors
    /// Where the time zone is not known, or a rule cannot be understood.
    pub fn of(config: &Config, own: Option<String>) -> Result<Self, SiteError> {
        let time_zone = match config.time_zone.as_str() {
            "" => TimeZone::system(),
            name => TimeZone::get(name).map_err(|_| SiteError::TimeZone(name.to_owned()))?,
        };
        Ok(Self {
            data: config.data.clone(),
            out: config.out.clone(),
            site: config.site.clone(),
            lang: config.lang,
            time_zone,
            groups: config.group.clone(),
            tags: config.tag.clone(),
            traffic: config.traffic.clone(),
            ages: ages(&config.retain),
            limits: config.limits,
            rules: Rules::new(&config.rule)?,
            address: config.messages.address.clone(),
            own,
            span: None,
        })
    }
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many hosts the site shows.
    pub hosts: usize,
    /// What was written, kept, removed.
    pub published: Published,
    /// Hosts that could not be read, each with the reason; their pages stay as they were.
    pub failed: Vec<(String, String)>,
}

/// How long a run waits for the output folder: for an rsync that copies it, or for the run before.
const PATIENCE_SECONDS: f64 = 60.0;

/// A run that holds the lock of the output folder for longer than this hangs: two of the intervals at which cron starts it.
pub const HUNG_SECONDS: f64 = 600.0;

/// From so many hosts on, their windows do not step all at once.
const SPREAD_FROM: usize = 50;

/// Makes the site of all hosts under a data folder.
///
/// # Errors
/// Where the output folder cannot be written or is in use, or a template has a mistake. What was published before
/// stays. A host whose log cannot be read is shown as such and is no error.
pub fn build(inputs: &Inputs, clock: Clock) -> Result<Report, SiteError> {
    build_watched(inputs, clock, &|_, _| {})
}

/// The same; `watch` is told how many hosts are done, of how many.
///
/// # Errors
/// As [`build`].
pub fn build_watched(
    inputs: &Inputs,
    clock: Clock,
    watch: &(dyn Fn(usize, usize) + Sync),
) -> Result<Report, SiteError> {
    let templates = Templates::load(template::PAGES, inputs.site.templates.as_deref(), inputs.lang)?;
    let assets = Assets::load(&inputs.site)?;
    let hosts = crate::store::hosts(&inputs.data)?;
    let now = clock.now();
    // What is muted now says nothing of then, and a page of the past stays as it is.
    let is_past = inputs.span.is_some();
    let mutes = if is_past { Mutes::default() } else { Mutes::load(&inputs.data) };
    let publisher = Publisher::open(&inputs.out, now, PATIENCE_SECONDS)?;
    let publisher = if is_past { publisher.of_the_past()? } else { publisher };
    let (lang, zone, public) = (inputs.lang, inputs.time_zone.clone(), inputs.site.public);
    let scene = Scene { lang, zone, public, now };
    let workshop = Workshop {
        clock,
        scene: &scene,
        publisher: &publisher,
        templates: &templates,
        assets: &assets,
        title: &inputs.site.title,
        refresh_seconds: if is_past { 0 } else { inputs.site.refresh_seconds },
        inputs,
        mutes: &mutes,
        grouping: Grouping::new(&inputs.groups, &inputs.tags, hosts.len()),
        alone: hosts.len() == 1,
        spreads: hosts.len() >= SPREAD_FROM,
    };
    assets.publish(&publisher)?;
    let done = AtomicUsize::new(0);
    let make = |host: &String| {
        let made = make_host(&workshop, inputs, host);
        watch(done.fetch_add(1, Ordering::Relaxed) + 1, hosts.len());
        made
    };
    let made: Vec<(HostView, Option<String>)> = hosts.par_iter().map(make).collect::<Result<_, _>>()?;
    let failed =
        made.iter().filter_map(|(view, failed)| Some((view.name.clone(), failed.clone()?))).collect();
    let views: Vec<HostView> = made.into_iter().map(|(view, _)| view).collect();
    if !workshop.alone {
        fleet::publish(&workshop, &views)?;
    }
    history::publish(&workshop, &views)?;
    feed::publish(&workshop, &views)?;
    publisher.page(
        "status.json",
        &status::text(&views, &mutes, &workshop.grouping, PAGE_ISO, &scene)?,
        &[(PAGE_ISO, &scene::iso(now))],
    )?;
    Ok(Report { hosts: views.len(), published: publisher.commit()?, failed })
}

/// One host's pages. What is wrong with its log is its own matter; what is wrong with the site is everybody's.
fn make_host(
    workshop: &Workshop,
    inputs: &Inputs,
    host: &str,
) -> Result<(HostView, Option<String>), SiteError> {
    let layout = Layout::new(&inputs.data, host)?.limited(inputs.limits);
    // The first limit that was exceeded explains what failed after it.
    let made = workshop.host(&layout).map_err(|error| layout.within_limits().err().map_or(error, Into::into));
    match made {
        Ok(view) => Ok((view, None)),
        Err(error @ (SiteError::Store(_) | SiteError::Series(_))) => {
            let view = workshop.unreadable(host, &error)?;
            Ok((view, Some(error.to_string())))
        }
        Err(error) => Err(error),
    }
}
