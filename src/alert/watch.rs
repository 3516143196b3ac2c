//! One look at one host's alerts: the book is taken from its shelf, what is new is entered, and it is put back, with the
//! history a little longer. `site` and `check` both look; who has the lock goes first.

use super::book::{Alert, Book};
use super::facts::Known;
use super::filling::full_in;
use super::history::Place;
use super::rule::Rule;
use super::tell::Marked;
use crate::analysis::ProblemKind;
use crate::analysis::report::Report;
use crate::base::files;
use crate::sample::{FORMAT_VERSION, Sample};
use crate::series::{self, Frame, Latest, Recent, SeriesError, Window};
use crate::store::{Damage, Layout};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

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
    /// Why its log could not be read; then `latest` is [`Shelf::stand_in`].
    pub unreadable: Option<&'a str>,
    /// The present moment.
    pub now: i64,
}

/// A host's book, taken from its shelf.
#[derive(Debug)]
pub struct Shelf {
    place: Place,
    /// The book.
    pub book: Book,
    /// Whether a look found what the history has not yet.
    has_news: bool,
    /// Held until the book is put back.
    lock: io::Result<File>,
}

impl Shelf {
    /// Takes a host's book. Where it cannot be locked, because another run has it or this user may not write there, it can be
    /// read and not be put back.
    pub fn open(layout: &Layout, is_own: bool) -> Self {
        let place = Place::of(layout, is_own);
        let made =
            private_folder(layout).and_then(|()| files::lock_path(place.lock_file(), PATIENCE_SECONDS));
        let bytes = fs_err::read(place.folder().join("book.json")).unwrap_or_default();
        let book: Book = serde_json::from_slice(&bytes).unwrap_or_default();
        if made.is_ok() {
            let _ = place.complete(&book.entries);
        }
        Self { place, book, has_news: false, lock: made }
    }

    /// A book in which nothing stands, to look at a time that is past; it cannot be put back.
    pub fn blank(layout: &Layout, is_own: bool) -> Self {
        let past = io::Error::other("what is past is not remembered anew");
        Self { place: Place::of(layout, is_own), book: Book::default(), has_news: false, lock: Err(past) }
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
        if self.book.is_ahead_of(&subject.latest.sample) {
            self.book.entries.clear();
            return Ok(());
        }
        let samples = self.samples(subject)?;
        let filling = match subject.report {
            Some(_) => {
                let (recent, until) = (&subject.latest.recent, subject.latest.sample.t + 1);
                Some(full_in(&recent.window(subject.layout, Window::SixHours, until)?))
            }
            None => None,
        };
        let known = Known {
            latest: subject.latest,
            samples: &samples,
            report: subject.report,
            traffic: subject.traffic,
            filling: filling.as_ref(),
            waiting: subject.waiting,
            unreadable: subject.unreadable,
            now: subject.now,
        };
        self.book.entries = self.book.advance(subject.rules, &known, tell);
        self.has_news = !self.book.entries.is_empty();
        if subject.report.is_some() {
            self.book.looked = subject.now;
        }
        Ok(())
    }

    /// Stands for the newest sample of a host whose log cannot be read: taken now, in the boot that was seen last.
    pub fn stand_in(&self, now: i64) -> Latest {
        let (boot, uptime) = (self.book.boot.clone(), self.book.uptime);
        Latest {
            sample: Sample { v: FORMAT_VERSION, t: now, boot, uptime, ..Sample::default() },
            previous: None,
            rates: Frame::default(),
            damage: Damage::default(),
            samples_today: 0,
            recent: Recent::default(),
        }
    }

    /// The alerts that hold, worst first.
    pub fn firing(&self) -> Vec<&Alert> {
        let mut firing: Vec<&Alert> = self.book.alerts.iter().filter(|alert| alert.is_firing()).collect();
        firing.sort_by_key(|alert| std::cmp::Reverse(alert.machine.level));
        firing
    }

    /// Remembers that messages told something of an alert: as it was then, whatever has become of it. Once more the same changes
    /// nothing.
    pub fn told(&mut self, rule: &str, instance: &str, notices: &[String], at: i64, what: &Marked) {
        let named = |alert: &&mut Alert| alert.rule == rule && alert.instance == instance;
        // Of a rule that was switched off meanwhile nothing needs to be remembered.
        let Some(alert) = self.book.alerts.iter_mut().find(named) else { return };
        match what {
            Marked::Holds { level, since } => alert.was_told(at, *level, *since, notices),
            Marked::Over => alert.told = None,
            Marked::Passed(episode) => alert.passed.retain(|known| known != episode),
        }
    }

    /// Forgets what passed of rules that nobody wants to hear of.
    pub fn forget_passed(&mut self, is_muted: impl Fn(&str) -> bool) {
        let muted = self.book.alerts.iter_mut().filter(|alert| is_muted(&alert.rule));
        muted.for_each(|alert| alert.passed.clear());
    }

    /// Puts the book back, and makes the history longer.
    ///
    /// # Errors
    /// What the file system says; that another run has the book, or that this user may not write.
    pub fn save(&mut self) -> io::Result<()> {
        self.hold()?;
        files::remove_leftovers(self.place.folder())?;
        // The book first: of a run that is cut short in between the next one finds in it what the history lacks.
        let bytes = serde_json::to_vec(&self.book)?;
        files::write_synced(&self.place.folder().join("book.json"), &bytes)?;
        if std::mem::take(&mut self.has_news) {
            self.place.append(&self.book.entries)?;
        }
        Ok(())
    }

    /// Forces the folder of the book to the disk, before something is forgotten that only the book still says.
    ///
    /// # Errors
    /// The error of the file system.
    pub fn sync(&self) -> io::Result<()> {
        files::sync_folder(self.place.folder())
    }

    /// The file whose lock says that a run has the book.
    pub fn lock_file(&self) -> &Path {
        self.place.lock_file()
    }

    /// Whether the book can be put back.
    ///
    /// # Errors
    /// Why not.
    pub fn hold(&self) -> io::Result<()> {
        match &self.lock {
            Ok(_) => Ok(()),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
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
}

fn private_folder(layout: &Layout) -> io::Result<()> {
    let folder = layout.check();
    if folder.is_dir() { Ok(()) } else { files::create_folder(&folder) }
}
