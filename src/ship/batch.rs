//! A request in the making: pieces of one or more hosts, sent together, and noted when the engine has them.
//!
//! What the engine does not want is taken apart, by hosts and then by time, so that one sample that is too old does not cost the
//! others: Prometheus refuses a request as a whole.

use super::engine::Outcome;
use super::error::ShipError;
use super::feed::{Behind, Feed};
use super::place::{Facts, HostPlace};
use super::push::Run;
use super::table::Table;
use crate::base::refusal::Refusal;
use crate::sample::Sample;
use crate::store::DayPlace;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// A request is sent when it has so many points.
const POINTS: usize = 10_000;
/// After so many requests that the engine did not want, others are no longer taken apart in this run.
const MOST_UNWANTED: usize = 300;

/// A request in the making.
pub(super) struct Batch<'a> {
    run: &'a Run<'a>,
    pieces: Vec<Piece>,
    points: usize,
    request: Vec<u8>,
}

/// What of a host is in it.
struct Piece {
    host: String,
    table: Table,
    days: BTreeMap<Date, DayPlace>,
    facts: Option<Facts>,
    /// The newest sample that the engine may have already.
    doubt: Option<i64>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(run: &'a Run<'a>) -> Self {
        Self { run, pieces: Vec::new(), points: 0, request: Vec::new() }
    }

    /// What follows is of this host.
    pub(super) fn begin(&mut self, feed: &Feed) {
        self.pieces.push(Piece {
            host: feed.name().to_owned(),
            table: Table::new(feed.name(), self.run.labels),
            days: BTreeMap::new(),
            facts: None,
            doubt: feed.doubt,
        });
    }

    /// Adds a sample of the host that was begun last; sends what is there where it is enough.
    pub(super) fn add(&mut self, sample: &Sample, behind: Behind, feed: &Feed) -> Result<(), ShipError> {
        let Some(piece) = self.pieces.last_mut() else { return Ok(()) };
        let before = piece.table.points();
        let host = if sample.imported.is_some() { sample.host.as_ref() } else { feed.host() };
        piece.table.add(sample, host);
        piece.days.insert(behind.day, behind.place);
        piece.facts = behind.facts;
        self.points += piece.table.points() - before;
        if self.points >= POINTS { self.send() } else { Ok(()) }
    }

    /// Days of that host that have ended.
    pub(super) fn passed(&mut self, days: Vec<(Date, DayPlace)>) {
        if let Some(piece) = self.pieces.last_mut() {
            piece.days.extend(days);
        }
    }

    /// Sends what is there, and notes it. Where the engine takes nothing the run is told to end, and nothing is noted.
    pub(super) fn send(&mut self) -> Result<(), ShipError> {
        let pieces: Vec<usize> = (0..self.pieces.len()).collect();
        if self.run.is_dry {
            self.count();
        } else if self.points == 0 || self.deliver(&pieces, None)? {
            self.note(false)?;
            self.count();
        } else {
            return Ok(());
        }
        self.points = 0;
        self.pieces.drain(..self.pieces.len().saturating_sub(1));
        for piece in &mut self.pieces {
            piece.table.clear();
            piece.days.clear();
        }
        Ok(())
    }

    fn count(&self) {
        let mut samples = 0;
        let mut report = self.run.report();
        for piece in self.pieces.iter().filter(|piece| piece.table.points() > 0) {
            report.sent(&piece.host, piece.table.times.len(), piece.table.points());
            samples += piece.table.times.len();
        }
        drop(report);
        self.run.progress(samples);
    }

    /// Notes where the hosts are; or, before a request goes out, that the engine may have it.
    fn note(&self, is_in_doubt: bool) -> Result<(), ShipError> {
        let noted = self.pieces.iter().map(|piece| {
            let place = match is_in_doubt {
                true => HostPlace { doubt: piece.table.times.iter().max().copied(), ..HostPlace::default() },
                false => HostPlace { days: piece.days.clone(), facts: piece.facts, ..HostPlace::default() },
            };
            (piece.host.as_str(), place)
        });
        let noted = noted.filter(|(_, place)| !place.days.is_empty() || place.doubt.is_some());
        self.run.places().note(noted)
    }

    /// Sends some pieces, or some times of one. False where the engine takes nothing.
    fn deliver(&mut self, pieces: &[usize], times: Option<&[i64]>) -> Result<bool, ShipError> {
        if self.run.is_stopped() {
            return Ok(false);
        }
        if times.is_none() && pieces.len() == self.pieces.len() {
            self.note(true)?;
        }
        self.request.clear();
        for index in pieces {
            let table = &self.pieces[*index].table;
            match times {
                None => table.encode(&mut self.request),
                Some(times) => table.encode_some(times, &mut self.request),
            }
        }
        match self.run.engine.send(&self.request, &|| !self.run.is_stopped())? {
            Outcome::Taken => {
                self.run.taken.store(true, Ordering::Relaxed);
                Ok(true)
            }
            Outcome::Down(refusal) => {
                self.run.stop(refusal);
                Ok(false)
            }
            Outcome::Unwanted { reason, again } => self.take_apart(pieces, times, &reason, again),
        }
    }

    /// Sends the parts of what was not wanted; what has no parts is named.
    fn take_apart(
        &mut self,
        pieces: &[usize],
        times: Option<&[i64]>,
        reason: &str,
        again: bool,
    ) -> Result<bool, ShipError> {
        let may_try = self.run.unwanted.fetch_add(1, Ordering::Relaxed) < MOST_UNWANTED;
        if pieces.len() > 1 {
            for index in pieces {
                if self.pieces[*index].table.points() > 0 && !self.deliver(&[*index], None)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let Some(piece) = pieces.first().map(|index| &mut self.pieces[*index]) else { return Ok(true) };
        let mut all = piece.table.times.clone();
        all.sort_unstable();
        all.dedup();
        if again {
            piece.doubt = piece.doubt.max(all.last().copied());
        }
        let times = times.map_or(all, <[i64]>::to_vec);
        if times.len() > 1 && may_try {
            let (early, late) = times.split_at(times.len() / 2);
            return Ok(self.deliver(pieces, Some(early))? && self.deliver(pieces, Some(late))?);
        }
        // What an ended run sent last, the engine may have already: then it is not lost.
        let lost: Vec<i64> =
            times.into_iter().filter(|time| piece.doubt.is_none_or(|doubt| *time > doubt)).collect();
        let host = piece.host.clone();
        if !lost.is_empty() && !self.takes_anything(reason)? {
            return Ok(false);
        }
        self.run.report().unwanted(&host, &lost, reason);
        Ok(true)
    }

    /// Whether what was refused was refused for what it says: an engine that takes a request with nothing in it is one. Else it
    /// is another server, a wrong path, a wrong tenant, and nothing is lost until somebody mends that.
    fn takes_anything(&mut self, reason: &str) -> Result<bool, ShipError> {
        if !self.run.taken.load(Ordering::Relaxed) && !self.run.proved.load(Ordering::Relaxed) {
            self.request.clear();
            if self.run.engine.send(&self.request, &|| !self.run.is_stopped())? != Outcome::Taken {
                let all = format!(
                    "{reason}; it refuses an empty request as well: is it the right address, and tenant?"
                );
                self.run.stop(Refusal::lasting(all));
                return Ok(false);
            }
            self.run.proved.store(true, Ordering::Relaxed);
        }
        Ok(true)
    }
}
