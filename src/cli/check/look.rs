//! Looks at all hosts of the data folder: which alerts hold, and what of them is news.

use crate::alert::{Alert, Mutes, Policy, Rule, Rules, Shelf, Subject, tellings};
use crate::analysis::describe::describe;
use crate::analysis::report::words::Telling;
use crate::analysis::report::{self, Report};
use crate::analysis::traffic;
use crate::base::files;
use crate::base::words::{Lang, Words};
use crate::config::{Quiet, TrafficConfig};
use crate::notify::{self, Evidence, Told};
use crate::series::{self, Latest, SeriesError};
use crate::site;
use crate::store::{self, Layout, StoreError, day_of};
use jiff::tz::TimeZone;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io;

/// Days of a month and one more.
const MONTH_SECONDS: i64 = 32 * 86_400;

/// What is the same for all hosts.
pub(super) struct Watch<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// What is muted.
    pub mutes: &'a Mutes,
    /// Quotas of traffic.
    pub traffic: &'a [TrafficConfig],
    /// This machine's name in the data folder.
    pub own: Option<&'a str>,
    /// How long messages wait, by channel.
    pub waiting: &'a BTreeMap<String, f64>,
    /// The language.
    pub lang: Lang,
    /// The zone.
    pub zone: &'a TimeZone,
    /// Where the pages are.
    pub site: Option<&'a str>,
    /// Hours in which only what is critical is told.
    pub quiet: Option<Quiet>,
    /// After so many seconds what still holds is told again.
    pub remind: Option<i64>,
    /// Whether what is found is remembered.
    pub keep: bool,
    /// Every alert that holds is news, whatever was sent of it.
    pub repeats: bool,
    /// Whether there is a channel: without one nothing that passed waits to be told.
    pub tells: bool,
    /// The present moment.
    pub now: i64,
}

/// What a look at one host found.
#[derive(Debug)]
pub(super) struct Seen {
    /// The host's name.
    pub host: String,
    /// What holds, worst first.
    pub firing: Vec<Alert>,
    /// What is news.
    pub news: Vec<Told>,
}

impl Watch<'_> {
    /// Looks at hosts, several at a time. What cannot be read is named with its reason.
    pub(super) fn all(&self, layouts: &[Layout]) -> (Vec<Seen>, Vec<(String, anyhow::Error)>) {
        let looked: Vec<_> = layouts.par_iter().map(|layout| self.one_or_reason(layout)).collect();
        let (mut seen, mut failed) = (Vec::new(), Vec::new());
        for (found, reason) in looked {
            seen.extend(found);
            failed.extend(reason);
        }
        (seen, failed)
    }

    /// Looks at a host; at one whose log cannot be read as at one that is known to be so, and says why.
    fn one_or_reason(&self, layout: &Layout) -> (Option<Seen>, Option<(String, anyhow::Error)>) {
        let error = match self.one(layout) {
            Ok(found) => return (found, None),
            // The first limit that was exceeded explains what failed after it.
            Err(error) => layout.within_limits().err().map_or(error, Into::into),
        };
        // What cannot be written is nothing that a host did.
        let is_of_log = error.is::<StoreError>() || error.is::<SeriesError>();
        let seen = is_of_log.then(|| self.unreadable(layout, &error.to_string()).ok()).flatten();
        (seen, Some((layout.host().to_owned(), error)))
    }

    /// Looks at a host of which nothing is known but why.
    fn unreadable(&self, layout: &Layout, reason: &str) -> anyhow::Result<Seen> {
        let (is_own, rules) = (self.own == Some(layout.host()), self.rules.of(layout.host()));
        let mut shelf = Shelf::open(layout, is_own);
        if self.keep {
            shelf.hold()?;
        }
        let latest = shelf.stand_in(self.now);
        let subject = Subject {
            layout,
            rules: &rules,
            latest: &latest,
            report: None,
            traffic: None,
            waiting: None,
            unreadable: Some(reason),
            now: self.now,
        };
        let telling = self.telling(&latest);
        shelf.look(&subject, &|kind| describe(kind, &telling, &str::to_owned))?;
        self.enter(layout, &latest, shelf, &rules, None)
    }

    /// Remembers what was found, and picks what is news.
    fn enter(
        &self,
        layout: &Layout,
        latest: &Latest,
        mut shelf: Shelf,
        rules: &[Rule],
        report: Option<Report>,
    ) -> anyhow::Result<Seen> {
        shelf.forget_passed(|rule| !self.tells || self.mutes.holds(rule, layout.host(), self.now));
        if self.keep {
            shelf.save()?;
        }
        if self.repeats {
            for alert in &mut shelf.book.alerts {
                alert.told = None;
                alert.passed.clear();
            }
        }
        let news = self.news(layout, latest, &shelf, rules, report)?;
        let firing = shelf.firing().into_iter().cloned().collect();
        Ok(Seen { host: layout.host().to_owned(), firing, news })
    }

    fn one(&self, layout: &Layout) -> anyhow::Result<Option<Seen>> {
        let Some(latest) = series::latest(layout, self.now)? else { return Ok(None) };
        let is_own = self.own == Some(layout.host());
        let rules = self.rules.of(layout.host());
        let mut shelf = Shelf::open(layout, is_own);
        if self.keep {
            match shelf.hold() {
                // `site` looks at this host; the next run comes soon.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let held = files::held_seconds(shelf.lock_file()).unwrap_or(0.0);
                    return if held > site::HUNG_SECONDS { Err(error.into()) } else { Ok(None) };
                }
                held => held?,
            }
        }
        let report = if shelf.book.is_look_due(self.now, latest.sample.t) {
            report::of_latest(layout, &latest.sample)?
        } else {
            None
        };
        let subject = Subject {
            layout,
            rules: &rules,
            latest: &latest,
            report: report.as_ref(),
            traffic: if report.is_some() { self.traffic(layout)? } else { None },
            waiting: Some(self.waiting).filter(|_| is_own),
            unreadable: None,
            now: self.now,
        };
        let telling = self.telling(&latest);
        shelf.look(&subject, &|kind| describe(kind, &telling, &str::to_owned))?;
        layout.within_limits()?;
        self.enter(layout, &latest, shelf, &rules, report).map(Some)
    }

    fn telling(&self, latest: &Latest) -> Telling<'_> {
        Telling { words: Words::of(self.lang), zone: self.zone, now: latest.sample.t }
    }

    fn news(
        &self,
        layout: &Layout,
        latest: &Latest,
        shelf: &Shelf,
        rules: &[Rule],
        report: Option<Report>,
    ) -> anyhow::Result<Vec<Told>> {
        let policy = Policy { mutes: self.mutes, quiet: self.is_quiet(), remind: self.remind, now: self.now };
        let tellings = tellings(layout.host(), &shelf.book, rules, &policy);
        if tellings.is_empty() {
            return Ok(Vec::new());
        }
        let report = match report {
            Some(report) => Some(report),
            // Of a log that cannot be read nothing is known.
            None => report::of_latest(layout, &latest.sample).unwrap_or_default(),
        };
        // A flaw there must not cost the message.
        let events = store::event_log(layout).map(|log| log.events).unwrap_or_default();
        let (report, telling) = (report.as_ref(), self.telling(latest));
        let evidence = Evidence { latest, report, events: &events, telling };
        let subject = notify::Subject { layout, latest, report, lang: self.lang, zone: self.zone };
        let mut news = Vec::new();
        for telling in tellings {
            let rule = rules.iter().find(|rule| rule.name == telling.alert.rule);
            let mut told = Told::new(&telling, rule, &subject, &evidence, self.site);
            if let Some(rule) = rule {
                told.illustrate(telling.alert, rule, &subject);
            }
            news.push(told);
        }
        Ok(news)
    }

    /// Whether it is a quiet hour in the zone of the pages.
    fn is_quiet(&self) -> bool {
        let Ok(now) = jiff::Timestamp::from_second(self.now) else { return false };
        let time = self.zone.to_datetime(now).time();
        let minute = u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or(0);
        self.quiet.is_some_and(|quiet| quiet.holds(minute))
    }

    fn traffic(&self, layout: &Layout) -> anyhow::Result<Option<f64>> {
        let Some(quota) = traffic::quota_of(self.traffic, layout.host()) else { return Ok(None) };
        let days = series::days(layout, day_of(self.now - MONTH_SECONDS)?, day_of(self.now)?)?;
        Ok(traffic::month(&days, Some(quota), self.now, self.zone).and_then(|month| month.share()))
    }
}
