//! What of a host's log is still to be sent: its days, the oldest first, and the samples of each behind the host's place.

use super::error::ShipError;
use super::place::{Facts, HostPlace};
use crate::sample::Sample;
use crate::sample::host::Host;
use crate::store::{DayFiles, DayPlace, Follower, Layout, StoreError, start_of};
use jiff::civil::Date;
use std::collections::VecDeque;

/// A host's log behind its place.
pub(super) struct Feed {
    layout: Layout,
    /// Days that may have something new, the oldest first, each with how far it was read.
    days: VecDeque<(DayFiles, DayPlace)>,
    /// The first of them, open.
    open: Option<Follower>,
    /// The next sample is not before this time.
    next: Option<i64>,
    /// What the log said last of the host, and where.
    host: Option<Host>,
    facts: Option<Facts>,
    /// Days whose end was reached, with how far they were read: behind lines that are no samples, too.
    passed: Vec<(Date, DayPlace)>,
    /// The newest sample that the engine may have already.
    pub(super) doubt: Option<i64>,
}

/// Behind a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Behind {
    pub(super) day: Date,
    pub(super) place: DayPlace,
    pub(super) facts: Option<Facts>,
}

impl Feed {
    /// The log of a host behind its place.
    pub(super) fn new(layout: Layout, place: Option<&HostPlace>) -> Result<Self, ShipError> {
        let known = |day| place.and_then(|place| place.days.get(&day)).copied().unwrap_or_default();
        let mut days = VecDeque::new();
        for files in layout.days()? {
            let at = known(files.day);
            if Follower::open(&layout, &files, at)?.is_some() {
                days.push_back((files, at));
            }
        }
        let next = days.front().map(|(files, _)| start_of(files.day));
        let (facts, doubt) = place.map_or((None, None), |place| (place.facts, place.doubt));
        let mut feed = Self { layout, days, open: None, next, host: None, facts, passed: Vec::new(), doubt };
        if !feed.days.is_empty() {
            feed.host = feed.remembered();
        }
        Ok(feed)
    }

    /// The host's name.
    pub(super) fn name(&self) -> &str {
        self.layout.host()
    }

    /// A time before which there is nothing more to send; none where there is nothing at all.
    pub(super) fn next(&self) -> Option<i64> {
        self.next
    }

    /// What is known of the host.
    pub(super) fn host(&self) -> Option<&Host> {
        self.host.as_ref()
    }

    /// The next sample before a time.
    pub(super) fn sample_before(&mut self, until: i64) -> Result<Option<(Sample, Behind)>, ShipError> {
        while let Some((files, place)) = self.days.front_mut() {
            let day = files.day;
            if start_of(day) >= until && self.open.is_none() {
                break;
            }
            if self.open.is_none() {
                self.open = Follower::open(&self.layout, files, *place)?;
            }
            let Some(follower) = &mut self.open else {
                self.days.pop_front();
                continue;
            };
            let before = follower.place();
            if let Some(sample) = follower.next_before(until)? {
                *place = follower.place();
                let place = *place;
                if sample.host.is_some() {
                    self.host.clone_from(&sample.host);
                    // Of a day with both files it is found by its beginning only.
                    self.facts = Some(Facts { day, at: before.read });
                }
                self.next = Some(sample.t);
                return Ok(Some((sample, Behind { day, place, facts: self.facts })));
            }
            if let Some(next) = follower.next_time() {
                self.next = Some(next);
                return Ok(None);
            }
            self.passed.push((day, follower.place()));
            self.days.pop_front();
            self.open = None;
        }
        self.next = self.days.front().map(|(files, _)| start_of(files.day));
        Ok(None)
    }

    /// Lets go of the open file; it is opened again when its turn comes.
    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// Gives up on the log: a file of it cannot be read.
    pub(super) fn abandon(&mut self) {
        self.close();
        self.days.clear();
        self.next = None;
    }

    /// The days that have ended since this was asked last.
    pub(super) fn passed(&mut self) -> Vec<(Date, DayPlace)> {
        std::mem::take(&mut self.passed)
    }

    /// The facts that the log said before the place: where it was noted, else the first line of the first day.
    fn remembered(&self) -> Option<Host> {
        let (first, place) = self.days.front()?;
        let facts = match self.facts {
            Some(facts) => facts,
            None if place.read > 0 => Facts { day: first.day, at: 0 },
            None => return None,
        };
        self.facts_at(facts).ok().flatten()
    }

    fn facts_at(&self, facts: Facts) -> Result<Option<Host>, StoreError> {
        let days = self.layout.days()?;
        let Some(files) = days.iter().find(|files| files.day == facts.day) else { return Ok(None) };
        let place = DayPlace { read: facts.at, ..DayPlace::default() };
        let Some(mut follower) = Follower::open(&self.layout, files, place)? else { return Ok(None) };
        Ok(follower.next_before(i64::MAX)?.and_then(|sample| sample.host))
    }
}
