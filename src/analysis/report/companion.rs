//! What grows with a part: slab caches, control groups, mounts, numbers of things, over the same time.

use super::super::leak::{self, Growth, State};
use super::super::part::Part;
use super::history::History;
use super::source::{SOURCES, Source, Unit};
use super::{Finding, Owner, Subject, spoken};
use serde::Serialize;

/// What is less than this share of the growth is no explanation of it; nor is what grew by a multiple of it.
const SHARES: std::ops::RangeInclusive<f64> = 0.1..=2.0;
/// So many of one family are named.
const MOST_OF_A_FAMILY: usize = 2;
/// A number of things is a clue if it grew by so much of itself, and by so many.
const LEAST_COUNT: (f64, f64) = (0.2, 10.0);
/// What grew by less within a day, in bytes and as a share of memory, is not judged by itself …
const LEAST_GROWTH: (f64, f64) = (256.0 * 1024.0, 0.002);
/// … and of one source so many are.
const MOST_JUDGED: usize = 3;
/// So many clues fit into a sentence.
const MOST_CLUES: usize = 4;
/// Of what grows evenly, each half of the time has so much of the growth at least.
const LEAST_HALF: f64 = 0.15;

/// Something that grew with a part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Companion {
    /// The metric's id.
    pub metric: &'static str,
    /// Which cache, group, mount; empty for a number that there is one of.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub instance: String,
    /// What it counts.
    pub unit: Unit,
    /// By how much it grew.
    #[serde(serialize_with = "super::whole")]
    pub delta: f64,
    /// How much of the part's growth that is; absent for what is not bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
}

/// Times and values.
pub(super) struct Points<'a> {
    pub(super) times: &'a [i64],
    pub(super) values: &'a [f64],
}

/// How something changed while a part grew.
pub(super) struct Span {
    from: i64,
    until: i64,
    first: f64,
    pub(super) delta: f64,
    /// The share of `delta` in the first half of the time.
    early: f64,
}

impl Span {
    /// How much of a growth this is, over the time that both cover.
    pub(super) fn share(&self, growth: &Growth) -> f64 {
        self.delta / (growth.per_second * seconds(self.until - self.from))
    }

    fn is_even(&self) -> bool {
        (LEAST_HALF..=1.0 - LEAST_HALF).contains(&self.early)
    }
}

/// What values did between the onset and the end of a growth. `None` where they cover less than half of that.
pub(super) fn span(points: &Points, growth: &Growth, at: i64) -> Option<Span> {
    let end = growth.until.min(at);
    let known = |index: &usize| points.values.get(*index).is_some_and(|value| value.is_finite());
    let until = points.times.partition_point(|time| *time <= end);
    let since = points.times.partition_point(|time| *time < growth.since);
    let first = (since..until).find(known)?;
    let last = (first..until).rev().find(known)?;
    let (from, to) = (*points.times.get(first)?, *points.times.get(last)?);
    if to <= from || (to - from) * 2 < end - growth.since {
        return None;
    }
    let half = from + (to - from) / 2;
    let middle = (first..=last).find(|index| known(index) && points.times[*index] >= half)?;
    let (start, end) = (*points.values.get(first)?, *points.values.get(last)?);
    let delta = end - start;
    let early = (points.values.get(middle)? - start) / delta;
    Some(Span { from, until: to, first: start, delta, early })
}

/// What grew with a part: what is measured in bytes, largest share first; and numbers of things, as clues.
pub(super) fn of_part(
    history: &History,
    row: usize,
    part: Part,
    growth: &Growth,
) -> (Vec<Companion>, Vec<Companion>) {
    let mut found: Vec<(&'static str, Companion)> = Vec::new();
    for source in SOURCES.iter().filter(|source| source.parts.contains(&part)) {
        for instance in history.instances(source.metric) {
            // Of one group the more exact number is enough.
            let is_named =
                found.iter().any(|(family, known)| *family == source.family && known.instance == instance);
            if !is_named {
                let grown = companion(history, row, source, instance, growth);
                found.extend(grown.map(|companion| (source.family, companion)));
            }
        }
    }
    let (mut sizes, clues): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(_, companion)| companion.unit == Unit::Bytes);
    sizes.sort_by(|one, other| other.1.delta.total_cmp(&one.1.delta));
    let mut kept: Vec<(&'static str, Companion)> = Vec::new();
    for (family, companion) in sizes {
        if kept.iter().filter(|(known, _)| *known == family).count() < MOST_OF_A_FAMILY {
            kept.push((family, companion));
        }
    }
    let without_family = |all: Vec<(&'static str, Companion)>| all.into_iter().map(|(_, one)| one).collect();
    let mut clues: Vec<Companion> = without_family(clues);
    clues.truncate(MOST_CLUES);
    (without_family(kept), clues)
}

fn companion(
    history: &History,
    row: usize,
    source: &Source,
    instance: &str,
    growth: &Growth,
) -> Option<Companion> {
    let values = history.column(source.metric, instance, row);
    let at = *history.times().get(row)?;
    let found = span(&Points { times: history.times(), values: &values }, growth, at)?;
    let share = (source.unit == Unit::Bytes).then(|| found.share(growth));
    let counts = match share {
        Some(share) => SHARES.contains(&share),
        None => found.delta >= (LEAST_COUNT.0 * found.first).max(LEAST_COUNT.1) && found.is_even(),
    };
    counts.then(|| Companion {
        metric: source.metric,
        instance: instance.to_owned(),
        unit: source.unit,
        delta: found.delta,
        share,
    })
}

/// What leaks by itself while the part that it lies in does not show it: another one shrinks at the same time.
pub(super) fn own_findings(history: &History, row: usize, known: &[Finding]) -> Vec<Finding> {
    let is_seen = |source: &Source| {
        known.iter().any(|finding| match finding.subject {
            Subject::Part(part) => source.parts.contains(&part) && finding.state != State::Ended,
            _ => false,
        })
    };
    let mut found = Vec::new();
    for source in SOURCES.iter().filter(|source| !is_seen(source)) {
        let Some(kind) = source.judged else { continue };
        for (instance, values) in largest_growth(history, row, source) {
            let series = leak::Series {
                kind,
                times: &history.times()[..=row],
                values: &values,
                breaks: history.boots_until(row),
                capacity: history.total_at(row),
            };
            let subject = Subject::Series { metric: source.metric.to_owned(), instance: instance.to_owned() };
            found.extend(finding(history, row, subject, source.parts, &leak::judge(&series)));
        }
    }
    found
}

/// The instances of a source that grew most within a day, if that is worth a look.
fn largest_growth<'a>(history: &'a History, row: usize, source: &Source) -> Vec<(&'a str, Vec<f64>)> {
    let least = LEAST_GROWTH.0.max(LEAST_GROWTH.1 * history.total_at(row).unwrap_or(0.0));
    let day_ago = history.row_from(history.times().get(row).copied().unwrap_or(0) - super::DAY);
    let mut grown: Vec<(f64, &str, Vec<f64>)> = Vec::new();
    for instance in history.instances(source.metric) {
        let values = history.column(source.metric, instance, row);
        let mut known = values.get(day_ago..).into_iter().flatten().filter(|value| value.is_finite());
        if let Some((first, last)) = known.next().zip(known.next_back()) {
            if last - first >= least {
                grown.push((last - first, instance, values));
            }
        }
    }
    grown.sort_by(|one, other| other.0.total_cmp(&one.0));
    grown.into_iter().take(MOST_JUDGED).map(|(_, instance, values)| (instance, values)).collect()
}

fn finding(
    history: &History,
    row: usize,
    subject: Subject,
    parts: &[Part],
    verdict: &leak::Verdict,
) -> Option<Finding> {
    let growth = spoken(verdict, *history.times().get(row)?)?;
    // Only what is sure: the part as a whole does not say so.
    if verdict.state != State::Leaking {
        return None;
    }
    let part = parts.first().copied()?;
    Some(Finding {
        subject,
        state: verdict.state,
        growth,
        reason: verdict.reason,
        evidence: verdict.evidence,
        judged_from: None,
        full: super::full::when(history, row, part, &growth),
        owner: Owner::Nobody,
        grows_with: Vec::new(),
        events: super::cause::events_near(history.events(), &growth, *history.times().get(row)?),
        next: super::next::commands(part, &Owner::Nobody, &[], &[]),
        find: Vec::new(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "seconds")]
fn seconds(duration: i64) -> f64 {
    duration as f64
}
