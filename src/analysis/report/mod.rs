//! What `explain`, the pages and `status.json` say of a host's memory: where it is, what changed since when, what
//! leaks, who owns it, what grows with it. From the log alone, up to a moment that the caller names; what the log
//! holds after that moment is not looked at. Knows numbers and names, no words: [`words`] makes sentences of it.
//!
//! Each part of the memory breakdown is judged by itself, never their sum: a leak that hides behind a shrinking
//! cache is seen. What can be told apart inside of a part (slab caches, control groups, processes, mounts) is
//! compared with the part's growth over the same time.

mod cause;
mod companion;
mod experiment;
mod full;
mod history;
mod judge;
mod kept;
mod next;
mod owner;
mod source;
pub mod words;

pub use companion::Companion;
pub use full::FullAt;
pub use history::{History, of_log};
pub use kept::of_latest;
pub use owner::{Owner, ProcessGrowth};
pub use source::Unit;

use super::breakdown::{Breakdown, Unknown};
use super::early_growth;
use super::leak::{self, Growth, Reason, State};
use super::part::Part;
use crate::event::Event;
use crate::sample::Sample;
use crate::sample::audit::Suspect;
use judge::{PartVerdict, drop_consequences, judge_parts, spoken};
use serde::{Serialize, Serializer};

/// Seconds of a day: how far back changes are shown where nothing leaks.
const DAY: i64 = 86_400;
/// A change of fewer bytes is none.
const LEAST_CHANGE: f64 = 64.0 * 1024.0;

/// What is known of a host's memory at a moment. This is what `explain --json` prints: bytes, seconds, unix times;
/// what is not known is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Version of this format.
    pub v: u32,
    /// The host's name in the data folder.
    pub host: String,
    /// When the sample was taken that all of this is about.
    pub at: i64,
    /// Seconds since boot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uptime: Option<f64>,
    /// The kind of container that the host is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// MemTotal.
    #[serde(serialize_with = "whole")]
    pub total: f64,
    /// What `free` calls available.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "maybe_whole")]
    pub available: Option<f64>,
    /// What `free` calls used.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "maybe_whole")]
    pub used: Option<f64>,
    /// What of that belongs to the kernel or to nobody: no process accounts for it.
    #[serde(serialize_with = "whole")]
    pub unowned: f64,
    /// Since when the log has been watching; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watched_since: Option<i64>,
    /// Earliest time at which a leak could be found, while the log is too young for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged_from: Option<i64>,
    /// Since when changes are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// Every part of memory, the largest picture first: processes, caches, kernel, free. They add up to `total`.
    pub parts: Vec<PartRow>,
    /// What leaks, may leak, or has leaked: worst first.
    pub findings: Vec<Finding>,
    /// What cronograph's own collectors and checks leave behind, if anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<Suspect>,
    /// What of the partition could not be told.
    #[serde(skip)]
    pub unknown: Vec<Unknown>,
}

/// One part of memory.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartRow {
    /// Which.
    pub part: Part,
    /// The kernel's name for it; empty for what is left over.
    pub kernel_name: &'static str,
    /// Its bytes.
    #[serde(serialize_with = "whole")]
    pub bytes: f64,
    /// How much more that is than at [`Report::since`].
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "maybe_whole")]
    pub change: Option<f64>,
    /// The finder's verdict.
    pub state: State,
    /// Bytes a second, with its interval, of what grows now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth: Option<Growth>,
}

/// Something that leaks, may leak, or has leaked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// How sure it is, and whether it is over.
    pub state: State,
    /// Since when, how fast, how much.
    pub growth: Growth,
    /// Why the finder says so.
    pub reason: Reason,
    /// The figures that it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<leak::LeakEvidence>,
    /// Earliest time at which a growth in a young log can be called a leak, if it continues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged_from: Option<i64>,
    /// When memory is full at this rate; absent where it has ended, and for what takes longer than 90 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<FullAt>,
    /// Whose it is.
    pub owner: Owner,
    /// What grew with it, the largest share first.
    pub grows_with: Vec<Companion>,
    /// What changed on the host near the onset, nearest first.
    pub events: Vec<Event>,
    /// What to look at next: commands.
    pub next: Vec<String>,
    /// Which experiment would find the cause: commands of cronograph.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub find: Vec<String>,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A part of memory.
    Part(Part),
    /// Something inside of a part, by the metric and the instance of the log.
    Series {
        /// `cgroup.slab_unreclaimable`
        metric: String,
        /// `system.slice/cron.service`
        instance: String,
    },
}

/// The report on a host at the last sample that is not later than `at`; changes are counted from `since`, or from
/// where it makes sense. `None` where the log has no memory by then.
pub fn report(history: &History, at: i64, since: Option<i64>) -> Option<Report> {
    let row = history.row_at(at)?;
    let at = *history.times().get(row)?;
    let judged = judge_parts(history, row);
    let mut findings: Vec<Finding> =
        judged.iter().filter_map(|judgement| part_finding(history, row, judgement)).collect();
    drop_consequences(&mut findings);
    findings.extend(companion::own_findings(history, row, &findings));
    findings.sort_by(worst_first);
    let first = history.first_time()?;
    let since = since.unwrap_or_else(|| default_since(history, at, &findings)).max(first);
    let parts = part_rows(history, row, since, &judged);
    Some(assemble(history, row, Some(since), parts, findings))
}

/// The report on one sample of a host without a log: where memory is, and nothing of how it changes.
pub fn of_sample(host: &str, sample: &Sample) -> Option<Report> {
    let history = History::of_sample(host, sample)?;
    let parts = part_rows(&history, 0, sample.t, &[]);
    let parts = parts.into_iter().map(|row| PartRow { change: None, ..row }).collect();
    let report = assemble(&history, 0, None, parts, Vec::new());
    Some(Report { watched_since: None, judged_from: None, ..report })
}

impl PartRow {
    /// Whether it changed by more than lists of free pages and caches breathe.
    pub fn has_changed(&self) -> bool {
        self.change.is_some_and(|change| change.abs() >= LEAST_CHANGE)
    }

    /// Whether there is anything to show of it.
    pub fn is_shown(&self) -> bool {
        self.bytes >= 1.0 || self.has_changed()
    }
}

impl Report {
    /// The same without what a page for everyone must not say: names of processes, users, services and mounts.
    #[must_use]
    pub fn without_names(mut self) -> Self {
        self.findings = self.findings.into_iter().map(without_names).collect();
        self.own.iter_mut().for_each(|own| own.name.clear());
        self
    }

    /// Whether anything leaks now.
    pub fn is_leaking(&self) -> bool {
        self.findings.iter().any(|finding| finding.state == State::Leaking)
            || self.own.iter().any(|own| own.leaks && !own.stopped)
    }
}

/// A finding without the names of processes, users, services and mounts.
#[must_use]
pub fn without_names(mut finding: Finding) -> Finding {
    if let Owner::Process(process) = &mut finding.owner {
        process.name.clear();
        process.user.clear();
        process.pid = 0;
    }
    if let Owner::Program { name, .. } = &mut finding.owner {
        name.clear();
    }
    if let Subject::Series { instance, .. } = &mut finding.subject {
        instance.clear();
    }
    if let Owner::Cronograph(suspect) = &mut finding.owner {
        suspect.name.clear();
    }
    // The names of slab caches are the kernel's own.
    finding
        .grows_with
        .retain(|companion| companion.instance.is_empty() || companion.metric == "slabinfo.bytes");
    finding.events.retain_mut(Event::make_public);
    finding.next.clear();
    finding.find.clear();
    finding
}

/// The parts in the order in which people ask for them: what programs hold, what is given back, what the kernel
/// holds, what nobody knows, what is free.
pub fn shown_order(part: Part) -> usize {
    use super::part::Group;
    let group = match part.group() {
        Group::Anonymous => 0,
        Group::Shared => 1,
        Group::FileCache => 2,
        Group::Reclaimable => 3,
        Group::SlabUnreclaimable => 4,
        Group::KernelOther => 5,
        Group::Unaccounted => 6,
        Group::Free => 7,
    };
    let within = Part::all().position(|known| known == part).unwrap_or(0);
    // Of what is free, the largest comes last, where the eye looks for it.
    group * 100 + within
}

fn part_finding(history: &History, row: usize, judgement: &PartVerdict) -> Option<Finding> {
    let PartVerdict { part, verdict, judged_from } = *judgement;
    let growth = spoken(&verdict, *history.times().get(row)?)?;
    let (grows_with, clues) = companion::of_part(history, row, part, &growth);
    let owner = owner::of_part(history, row, part, &growth, verdict.state);
    let next = next::commands(part, &owner, &grows_with, &clues);
    let events = cause::events_near(history.events(), &growth, *history.times().get(row)?);
    let grown: Vec<Companion> = grows_with.into_iter().chain(clues).collect();
    let find = match verdict.state {
        State::Ended => Vec::new(),
        _ => experiment::experiments(part, &owner, &grown, &events),
    };
    let full = (verdict.state != State::Ended).then(|| full::when(history, row, part, &growth)).flatten();
    Some(Finding {
        subject: Subject::Part(part),
        state: verdict.state,
        growth,
        reason: verdict.reason,
        evidence: verdict.evidence,
        judged_from,
        full,
        owner,
        grows_with: grown,
        events,
        next,
        find,
    })
}

/// The surest first, of those the one that fills memory first.
fn worst_first(one: &Finding, other: &Finding) -> std::cmp::Ordering {
    let full = |finding: &Finding| finding.full.map_or(i64::MAX, |full| full.at);
    let rate = |finding: &Finding| finding.growth.per_second;
    other.state.cmp(&one.state).then(full(one).cmp(&full(other))).then(rate(other).total_cmp(&rate(one)))
}

/// The onset of the worst finding; else a day ago, or the boot since.
fn default_since(history: &History, at: i64, findings: &[Finding]) -> i64 {
    match findings.first() {
        Some(finding) => finding.growth.since,
        None => {
            let day_ago = at - DAY;
            let boots = history.boots();
            boots.iter().rfind(|boot| (day_ago..at).contains(*boot)).copied().unwrap_or(day_ago)
        }
    }
}

fn part_rows(history: &History, row: usize, since: i64, judged: &[PartVerdict]) -> Vec<PartRow> {
    let start = history.row_from(since).min(row);
    let mut rows: Vec<PartRow> = history
        .parts()
        .filter_map(|(part, values)| {
            let bytes = values.get(row).copied().filter(|bytes| bytes.is_finite())?;
            let verdict = judged.iter().find(|known| known.part == part).map(|known| known.verdict);
            let verdict = verdict.unwrap_or_default();
            let grows = matches!(verdict.state, State::Suspect | State::Leaking);
            Some(PartRow {
                part,
                kernel_name: part.kernel_name(),
                bytes,
                change: values.get(start).map(|then| bytes - then).filter(|change| change.is_finite()),
                state: verdict.state,
                growth: verdict.growth.filter(|_| grows),
            })
        })
        .collect();
    rows.sort_by_key(|row| shown_order(row.part));
    rows
}

fn assemble(
    history: &History,
    row: usize,
    since: Option<i64>,
    parts: Vec<PartRow>,
    findings: Vec<Finding>,
) -> Report {
    use super::part::Group;
    let total = history.total_at(row).unwrap_or(0.0);
    let available = history.value_at("meminfo.MemAvailable", row);
    let at = history.times().get(row).copied().unwrap_or(0);
    let of = |wanted: &[Group]| -> f64 {
        parts.iter().filter(|row| wanted.contains(&row.part.group())).map(|row| row.bytes).sum()
    };
    Report {
        v: 1,
        host: history.host().to_owned(),
        at,
        uptime: history.uptime_at(row),
        container: history.container().map(str::to_owned),
        total,
        available,
        used: available.map(|available| (total - available).max(0.0)),
        unowned: of(&[Group::SlabUnreclaimable, Group::KernelOther, Group::Unaccounted]),
        watched_since: history.first_time(),
        judged_from: history.first_time().and_then(|first| early_growth::leak_possible_from(first, at)),
        since,
        parts,
        findings,
        own: history.own().to_vec(),
        unknown: history.unknown().to_vec(),
    }
}

/// What of a partition is not known.
fn unknown_of(sample: &Sample) -> Vec<Unknown> {
    Breakdown::of_sample(sample).map(|breakdown| breakdown.unknown).unwrap_or_default()
}

#[expect(clippy::cast_possible_truncation, reason = "bytes of memory are far below 2^63")]
fn whole<S: Serializer>(bytes: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(bytes.round() as i64)
}

#[expect(clippy::ref_option, reason = "serde hands a reference to the field")]
fn maybe_whole<S: Serializer>(bytes: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    whole(&bytes.unwrap_or(0.0), serializer)
}
