//! One run: sends what is new in the logs of all hosts to an engine, the oldest hour first, on all cores.
//!
//! Hour by hour over all hosts, since an engine that takes no old samples judges by the newest that it has of anybody. What is held
//! is a request for each core, and the open files of a small fleet. Nothing is lost: a place is noted when the engine has what is before it.
//! What is sent again, after a kill or without an answer, is the same again.

use super::batch::Batch;
use super::engine::Engine;
use super::error::ShipError;
use super::feed::Feed;
use super::place::{HostPlace, Places};
use super::report::Report;
use super::status::{Status, folder};
use crate::base::files;
use crate::base::refusal::Refusal;
use crate::config::PushConfig;
use crate::store::{Layout, day_of};
use jiff::civil::Date;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The stretch of time that is sent of all hosts before the next one.
const STRETCH_SECONDS: i64 = 3_600;
/// Of fleets up to this size the files stay open.
const MOST_OPEN: usize = 200;
/// How many parts a fleet is cut into, for each core.
const PARTS: usize = 4;

/// What is to be sent, and how.
pub struct Push<'a> {
    /// The data folder.
    pub data: &'a Path,
    /// The engine.
    pub config: &'a PushConfig,
    /// The hosts.
    pub hosts: Vec<Layout>,
    /// Unix time.
    pub now: i64,
    /// Somebody waits: an engine that did not answer lately is asked all the same.
    pub is_asked: bool,
    /// Only count.
    pub is_dry: bool,
}

/// Called with the number of samples that were sent.
pub type Progress<'a> = &'a (dyn Fn(usize) + Sync);

/// What the parts of a run share.
pub(super) struct Run<'a> {
    pub(super) engine: Engine,
    pub(super) labels: &'a BTreeMap<String, String>,
    pub(super) is_dry: bool,
    /// Whether the engine took anything.
    pub(super) taken: AtomicBool,
    /// Whether it took a request with nothing in it.
    pub(super) proved: AtomicBool,
    /// How many requests it did not want.
    pub(super) unwanted: AtomicUsize,
    places: Mutex<Places>,
    report: Mutex<Report>,
    stopped: AtomicBool,
    refusal: Mutex<Option<Refusal>>,
    progress: Progress<'a>,
}

/// What a thread that panicked left is whole: each change of it is one call.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Run<'_> {
    pub(super) fn places(&self) -> MutexGuard<'_, Places> {
        locked(&self.places)
    }

    pub(super) fn report(&self) -> MutexGuard<'_, Report> {
        locked(&self.report)
    }

    pub(super) fn progress(&self, samples: usize) {
        (self.progress)(samples);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// The engine takes nothing: the run ends.
    pub(super) fn stop(&self, refusal: Refusal) {
        self.stopped.store(true, Ordering::Relaxed);
        locked(&self.refusal).get_or_insert(refusal);
    }
}

impl Push<'_> {
    /// Sends what is new.
    ///
    /// # Errors
    /// The places cannot be read or written, or another run of this data folder fails at it. What the engine says, and a log that
    /// cannot be read, stand in the report.
    pub fn run(&self, progress: Progress<'_>) -> Result<Report, ShipError> {
        let (Some(engine), Some(url)) = (Engine::of(self.config, self.now), &self.config.url) else {
            return Ok(Report::default());
        };
        let folder = folder(self.data, url.reveal());
        files::create_private_folder(&folder)?;
        let _lock = match files::lock_path(&folder.join("lock"), 0.0) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                return Ok(Report { busy: true, ..Report::default() });
            }
            lock => lock?,
        };
        files::remove_leftovers(&folder)?;
        let mut status = Status::load(&folder);
        if status.next > self.now && !self.is_asked {
            let waits = Some((status.reason.unwrap_or_default(), status.next));
            return Ok(Report { waits, ..Report::default() });
        }
        let (places, known) = Places::open(&folder, self.data, today(self.now))?;
        let run = Run {
            engine,
            labels: &self.config.labels,
            is_dry: self.is_dry,
            taken: AtomicBool::new(false),
            proved: AtomicBool::new(false),
            unwanted: AtomicUsize::new(0),
            places: Mutex::new(places),
            report: Mutex::new(Report::default()),
            stopped: AtomicBool::new(false),
            refusal: Mutex::new(None),
            progress,
        };
        let (mut feeds, idle) = self.feeds(&run, &known);
        let ended = all(&run, &mut feeds);
        if ended.is_ok() && !self.is_dry && !run.is_stopped() {
            let is_new = |host: &str, folder| known.get(host).and_then(|place| place.folder) != Some(folder);
            let settled = idle.iter().chain(&feeds).filter_map(|feed| Some((feed.name(), feed.settled()?)));
            let settled = settled.filter(|(host, folder)| is_new(host, *folder));
            let noted = settled
                .map(|(host, folder)| (host, HostPlace { folder: Some(folder), ..HostPlace::default() }));
            run.places().note(noted)?;
        }
        run.places().sync()?;
        let report = self.settle(run, &mut status);
        if !self.is_dry {
            status.save(&folder)?;
        }
        ended.map(|()| report)
    }

    /// The hosts that have something new, and those that have not.
    fn feeds(&self, run: &Run<'_>, known: &BTreeMap<String, HostPlace>) -> (Vec<Feed>, Vec<Feed>) {
        let today = today(self.now);
        let feed = |layout: &Layout| {
            let feed = Feed::new(layout.clone(), known.get(layout.host()), today);
            feed.map_err(|error| (layout.host().to_owned(), error.to_string()))
        };
        let (mut feeds, mut idle) = (Vec::new(), Vec::new());
        for feed in self.hosts.par_iter().map(feed).collect::<Vec<_>>() {
            match feed {
                Ok(feed) if feed.next().is_some() => feeds.push(feed),
                Ok(feed) => idle.push(feed),
                Err(failed) => run.report().failed.push(failed),
            }
        }
        (feeds, idle)
    }

    /// What the run has to say, and what the next one must know.
    fn settle(&self, run: Run<'_>, status: &mut Status) -> Report {
        let mut report = run.report.into_inner().unwrap_or_else(PoisonError::into_inner);
        if run.taken.into_inner() {
            status.taken(self.now);
        }
        for (host, unwanted) in &report.unwanted {
            *status.unwanted.entry(host.clone()).or_default() += unwanted.samples;
        }
        if let Some(refusal) = run.refusal.into_inner().unwrap_or_else(PoisonError::into_inner) {
            status.refused(&refusal, self.now);
            report.down = Some((refusal, status.next));
        }
        report
    }
}

fn today(now: i64) -> Date {
    day_of(now).unwrap_or(Date::ZERO)
}

/// Sends all, stretch by stretch.
fn all(run: &Run<'_>, feeds: &mut [Feed]) -> Result<(), ShipError> {
    let keeps_open = feeds.len() <= MOST_OPEN;
    let part = feeds.len().div_ceil(rayon::current_num_threads() * PARTS).max(1);
    while let Some(next) = feeds.iter().filter_map(Feed::next).min() {
        let until = (next.div_euclid(STRETCH_SECONDS) + 1).saturating_mul(STRETCH_SECONDS);
        feeds.par_chunks_mut(part).try_for_each(|feeds| stretch(run, feeds, until, keeps_open))?;
        if run.is_stopped() {
            break;
        }
    }
    Ok(())
}

/// Sends what some hosts have before a time.
fn stretch(run: &Run<'_>, feeds: &mut [Feed], until: i64, keeps_open: bool) -> Result<(), ShipError> {
    let mut batch = Batch::new(run);
    for feed in feeds.iter_mut().filter(|feed| feed.next().is_some_and(|next| next < until)) {
        batch.begin(feed);
        loop {
            if run.is_stopped() {
                return Ok(());
            }
            match feed.sample_before(until) {
                Ok(Some((sample, behind))) => batch.add(&sample, behind, feed)?,
                Ok(None) => break,
                Err(error) => {
                    run.report().failed.push((feed.name().to_owned(), error.to_string()));
                    feed.abandon();
                    break;
                }
            }
        }
        batch.passed(feed.passed());
        if !keeps_open {
            feed.close();
        }
    }
    batch.send()
}
