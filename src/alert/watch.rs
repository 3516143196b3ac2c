//! One look at one host's alerts: the book is taken from its shelf, what is new is entered, and it is put back, with the
//! history a little longer. `site` and `check` both look; who has the lock goes first.

use super::book::{Alert, Book, Episode, Told};
use super::facts::Known;
use super::filling::full_in;
use super::history::Place;
use super::machine::Phase;
use super::rule::Rule;
use crate::analysis::ProblemKind;
use crate::analysis::report::Report;
use crate::base::files;
use crate::series::{self, Frame, Latest, SeriesError, Window};
use crate::store::Layout;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;

/// Another run is done within a moment.
const PATIENCE_SECONDS: f64 = 10.0;
/// How far before the first new sample rules look at most.
const PAST_SECONDS: i64 = 3_600;
/// Of a log that comes late, no more than this is looked at.
const LONGEST_SECONDS: i64 = 7 * 86_400;

/// A host to be looked at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Where its log lies.
    pub layout: &'a Layout,
    /// Its rules.
    pub rules: &'a [Rule],
    /// Its newest sample and its last hour.
    pub latest: &'a Latest,
    /// What is known of its memory, and with it of its file systems' trends; none where this look leaves that out.
    pub report: Option<&'a Report>,
    /// The share of its traffic's quota that is used.
    pub traffic: Option<f64>,
    /// How long messages wait, by channel.
    pub waiting: Option<&'a BTreeMap<String, f64>>,
    /// The present moment.
    pub now: i64,
}

/// A host's book, taken from its shelf.
#[derive(Debug)]
pub struct Shelf {
    place: Place,
    /// The book.
    pub book: Book,
    /// Held until the book is put back; none where nothing can be written.
    lock: Option<File>,
}

impl Shelf {
    /// Takes a host's book. Where it cannot be locked because this user may not write there, the book can be read and is not
    /// put back.
    pub fn open(layout: &Layout, is_own: bool) -> Self {
        let place = Place::of(layout, is_own);
        let made = private_folder(layout)
            .and_then(|()| files::lock_path(&place.folder().join("lock"), PATIENCE_SECONDS));
        let bytes = fs_err::read(place.folder().join("book.json")).unwrap_or_default();
        let book = serde_json::from_slice(&bytes).unwrap_or_default();
        Self { place, book, lock: made.ok() }
    }

    /// Enters what is new. `tell` makes a sentence of a problem.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub fn look(
        &mut self,
        subject: &Subject<'_>,
        tell: &dyn Fn(&ProblemKind) -> String,
    ) -> Result<(), SeriesError> {
        let samples = self.samples(subject)?;
        let filling = match subject.report {
            Some(_) => {
                Some(full_in(&series::window(subject.layout, Window::SixHours, subject.latest.sample.t + 1)?))
            }
            None => None,
        };
        let read_only = self.read_only();
        let known = Known {
            latest: subject.latest,
            samples: &samples,
            report: subject.report,
            traffic: subject.traffic,
            filling: filling.as_ref(),
            waiting: subject.waiting,
            read_only: &read_only,
            now: subject.now,
        };
        let entries = self.book.advance(subject.rules, &known, tell);
        if subject.report.is_some() {
            self.book.looked = subject.now;
        }
        // The history first: a run that is cut short here finds the same changes again, and they are told apart.
        if self.lock.is_some() {
            let _ = self.place.append(&entries);
        }
        Ok(())
    }

    /// The alerts that hold, worst first.
    pub fn firing(&self) -> Vec<&Alert> {
        let mut firing: Vec<&Alert> = self.book.alerts.iter().filter(|alert| alert.is_firing()).collect();
        firing.sort_by_key(|alert| std::cmp::Reverse(alert.machine.level));
        firing
    }

    /// Remembers that messages told an alert as it is, or what of it had passed. Once more the same changes nothing.
    pub fn told(
        &mut self,
        rule: &str,
        instance: &str,
        notices: &[String],
        at: i64,
        passed: Option<&Episode>,
    ) {
        let named = |alert: &&mut Alert| alert.rule == rule && alert.instance == instance;
        let Some(alert) = self.book.alerts.iter_mut().find(named) else { return };
        if let Some(passed) = passed {
            alert.passed.retain(|episode| episode != passed);
        } else if alert.machine.phase == Phase::Firing {
            let mut all = alert.told.take().map(|told| told.notices).unwrap_or_default();
            all.extend(notices.iter().filter(|notice| !all.contains(notice)).cloned().collect::<Vec<_>>());
            alert.told = Some(Told { at, level: alert.machine.level, notices: all });
        } else {
            alert.told = None;
        }
    }

    /// Forgets what passed of rules that nobody wants to hear of.
    pub fn forget_passed(&mut self, is_muted: impl Fn(&str) -> bool) {
        let muted = self.book.alerts.iter_mut().filter(|alert| is_muted(&alert.rule));
        muted.for_each(|alert| alert.passed.clear());
    }

    /// Puts the book back.
    ///
    /// # Errors
    /// What the file system says.
    pub fn save(&self) -> io::Result<()> {
        if self.lock.is_none() {
            return Ok(());
        }
        let bytes = serde_json::to_vec(&self.book)?;
        files::write_durable(&self.place.folder().join("book.json"), &bytes).map(|_| ())
    }

    /// The new samples and so much before them as rules look at: mostly the last hour, which is there already.
    fn samples<'a>(&self, subject: &Subject<'a>) -> Result<Cow<'a, Frame>, SeriesError> {
        let hour = &subject.latest.rates;
        let last = subject.latest.sample.t;
        let reach = subject.rules.iter().map(Rule::reach).max().unwrap_or(0).max(PAST_SECONDS / 2);
        let from = (self.book.until - reach).max(last - LONGEST_SECONDS);
        if self.book.until == 0 || from >= hour.from.max(hour.times.first().copied().unwrap_or(0)) - 120 {
            return Ok(Cow::Borrowed(hour));
        }
        Ok(Cow::Owned(series::samples(subject.layout, from, last + 1, &mut |_| {})?))
    }

    fn read_only(&self) -> BTreeSet<String> {
        let firing = self.book.alerts.iter().filter(|alert| alert.rule == "read-only" && alert.is_firing());
        firing.map(|alert| alert.instance.clone()).collect()
    }
}

fn private_folder(layout: &Layout) -> io::Result<()> {
    let folder = layout.check();
    if folder.is_dir() { Ok(()) } else { files::create_folder(&folder) }
}
