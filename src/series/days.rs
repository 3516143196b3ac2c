//! Days for what is counted by the day or the month: samples, uptime, boots, traffic, kills.

use super::edge::{Between, DayFacts, Edge, add_traffic, is_about};
use super::error::SeriesError;
use super::table::GAP_FACTOR;
use super::today;
use super::window::{DAY, Source, sources};
use crate::store::{Layout, day_of, start_of};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// One day of a host, UTC.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DaySummary {
    /// The day.
    pub day: Date,
    /// Samples taken; 0 for a day that the host was up without being sampled.
    pub samples: u64,
    /// The first sample's time; without samples the day's start.
    pub first: i64,
    /// The last sample's time; without samples the day's start.
    pub last: i64,
    /// Seconds in which the host was up: known from boot times, so also where no samples were taken, up to the last
    /// sample of the log.
    pub up_seconds: f64,
    /// Seconds that samples cover: at most three usual intervals between one and the next.
    pub observed_seconds: f64,
    /// When the host booted, unix time.
    pub boots: Vec<i64>,
    /// Bytes received and sent by interface: exact, also over gaps and over a boot; what passed in a gap counts on the
    /// day on which the gap ends.
    pub traffic: BTreeMap<String, (u64, u64)>,
    /// Interfaces of which bytes are missing, since their counter began anew without a boot.
    pub incomplete: BTreeSet<String>,
    /// True if an interface counts by itself, or what passes it passes another one, too; where the host said it.
    pub physical: BTreeMap<String, bool>,
    /// Processes killed for want of memory: unix time of the sample that first counts them, and how many.
    pub kills: Vec<(i64, u64)>,
}

/// The days with `from <= day <= until`; those of which nothing is known are left out.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read.
pub fn days(layout: &Layout, from: Date, until: Date) -> Result<Vec<DaySummary>, SeriesError> {
    let known = sources(layout, Date::MIN, Date::MAX)?;
    // A day on each side more, for what joins it to those that are asked for.
    let start = known.range(..from).next_back().map_or(from, |(day, _)| *day);
    let end = known.range(until..).find(|(day, _)| **day > until).map_or(until, |(day, _)| *day);
    let mut facts = Vec::new();
    for (day, source) in known.into_iter().filter(|(day, _)| (start..=end).contains(day)) {
        let of_day = match source {
            Source::Rollup(entry) => entry.facts,
            Source::Samples => today::facts(layout, day)?,
        };
        facts.extend(of_day.map(|facts| (day, facts)));
    }
    drop_days_of_a_wrong_clock(&mut facts);
    let mut joined = join(&facts)?;
    joined.retain(|summary| (from..=until).contains(&summary.day));
    Ok(joined)
}

/// Drops days whose samples a wrong clock dated: they are of the first minutes of a boot that goes on, the clock set, on a
/// later day.
fn drop_days_of_a_wrong_clock(days: &mut Vec<(Date, DayFacts)>) {
    let mut later: Option<Edge> = None;
    let mut kept = Vec::new();
    while let Some((day, facts)) = days.pop() {
        let is_one_boot = facts.boots.is_empty() && facts.first.boot == facts.last.boot;
        let is_wrong = later.as_ref().is_some_and(|later| facts.last.clock_set(later).is_some());
        if !(is_one_boot && is_wrong) {
            later = Some(facts.first.clone());
            kept.push((day, facts));
        }
    }
    kept.reverse();
    *days = kept;
}

/// Puts days together: adds what lies between the last sample of one and the first of the next.
fn join(days: &[(Date, DayFacts)]) -> Result<Vec<DaySummary>, SeriesError> {
    let mut joined: BTreeMap<Date, DaySummary> = BTreeMap::new();
    let mut before: Option<&DayFacts> = None;
    for (day, facts) in days {
        let mut between = match before {
            Some(before) => before.last.until(&facts.first),
            None => Some(since_midnight(*day, &facts.first)),
        };
        if let Some(before) = before.filter(|before| before.last.clock_set(&facts.first).is_some()) {
            // The day before ended with a boot that was dated by a wrong clock.
            let (wrong, booted) = (before.last.booted(), facts.first.booted());
            joined.values_mut().for_each(|summary| summary.boots.retain(|boot| !is_about(*boot, wrong)));
            between = between.map(|between| Between {
                up_since: booted,
                passed: None,
                boot: Some(booted),
                ..between
            });
        }
        let summary = joined.entry(*day).or_insert_with(|| empty(*day));
        summary.samples = facts.samples;
        summary.first = facts.first.t;
        summary.last = facts.last.t;
        summary.up_seconds += facts.up_seconds;
        summary.observed_seconds += facts.observed_seconds;
        if let Some(between) = between {
            summary.boots.extend(between.boot);
            summary.kills.extend(between.kills);
            add_traffic(&mut summary.traffic, &between.traffic);
            summary.incomplete.extend(between.incomplete.iter().cloned());
            let interval = facts.interval.max(before.map_or(0.0, |before| before.interval));
            let observed = between.passed.is_some_and(|passed| passed <= GAP_FACTOR * interval);
            let up_until = between.up_until(facts.first.t);
            spread(&mut joined, between.up_since, up_until, observed)?;
        }
        if let Some(summary) = joined.get_mut(day) {
            summary.boots.extend(&facts.boots);
            summary.kills.extend(&facts.kills);
            add_traffic(&mut summary.traffic, &facts.traffic);
            summary.incomplete.extend(facts.incomplete.iter().cloned());
            summary.physical.clone_from(&facts.physical);
        }
        before = Some(facts);
    }
    Ok(joined.into_values().map(whole).collect())
}

/// The log's first day: of what was before the first sample only the boot is known.
fn since_midnight(day: Date, first: &Edge) -> Between {
    let start = start_of(day);
    let boot = first.booted();
    if first.imported && boot <= 0 {
        // Its source does not tell.
        return Between { up_since: first.t, ..Between::default() };
    }
    Between { up_since: boot.max(start), boot: (boot >= start).then_some(boot), ..Between::default() }
}

/// Gives each day its share of a stretch in which the host was up.
#[expect(clippy::cast_precision_loss, reason = "seconds of a day are exact in an f64")]
fn spread(
    days: &mut BTreeMap<Date, DaySummary>,
    from: i64,
    until: i64,
    observed: bool,
) -> Result<(), SeriesError> {
    let mut at = from;
    while at < until {
        let day = day_of(at)?;
        let end = until.min(start_of(day) + DAY);
        let summary = days.entry(day).or_insert_with(|| empty(day));
        summary.up_seconds += (end - at) as f64;
        summary.observed_seconds += if observed { (end - at) as f64 } else { 0.0 };
        at = end;
    }
    Ok(())
}

fn empty(day: Date) -> DaySummary {
    DaySummary { day, first: start_of(day), last: start_of(day), ..DaySummary::default() }
}

/// A day has no more seconds than a day, whatever the clock did.
#[expect(clippy::cast_precision_loss, reason = "seconds of a day are exact in an f64")]
fn whole(mut summary: DaySummary) -> DaySummary {
    summary.up_seconds = summary.up_seconds.min(DAY as f64);
    summary.observed_seconds = summary.observed_seconds.min(summary.up_seconds);
    summary
}
