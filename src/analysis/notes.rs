//! What is worth a line on a host's page and no alarm: slab that is large and does not grow, what may leak or has leaked,
//! a reboot that is asked for, what could not be read.

use super::breakdown::Breakdown;
use super::leak::State;
use super::part::Part;
use super::report::{Report, Subject};
use super::state::{Level, Problem, ProblemKind};
use crate::sample::Sample;
use crate::series::DaySummary;
use crate::store::Damage;

/// Unreclaimable slab of healthy hosts is a few percent; a quarter is worth a word.
const SLAB_SHARE: f64 = 0.25;

/// A kill is over at once, and whoever looks in the morning should know of it.
const KILLS_SECONDS: i64 = 86_400;

/// That the kernel killed processes for want of memory within a day; `days` are yesterday and today.
pub fn kills(days: &[DaySummary], now: i64) -> Option<Problem> {
    let recent = || days.iter().flat_map(|day| &day.kills).filter(|(time, _)| now - time < KILLS_SECONDS);
    let last = recent().map(|(time, _)| *time).max()?;
    let kills = recent().fold(0, |sum: u64, (_, kills)| sum.saturating_add(*kills));
    Some(Problem { level: Level::Ok, kind: ProblemKind::OutOfMemory { kills }, since: Some(last) })
}

/// The notes on a host: its last sample, what of its log could not be read, what is known of its memory.
pub fn notes(sample: &Sample, damage: &Damage, report: Option<&Report>) -> Vec<Problem> {
    let mut notes = Vec::new();
    let mut add =
        |kind: ProblemKind, since: Option<i64>| notes.push(Problem { level: Level::Ok, kind, since });
    for finding in report.iter().flat_map(|report| &report.findings) {
        if finding.state != State::Leaking {
            add(ProblemKind::Leak { finding: Box::new(finding.clone()) }, Some(finding.growth.since));
        }
    }
    if let Some(kind) = slab(sample, report) {
        add(kind, None);
    }
    if sample.reboot_required {
        add(ProblemKind::RebootRequired, None);
    }
    if let Some(first) = damage.first.first() {
        let file = first.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // Line 0 is the file as a whole.
        let place = if first.line > 0 { format!("{file}:{}", first.line) } else { file };
        add(ProblemKind::BrokenLines { count: damage.broken_lines, place }, None);
    }
    if !sample.errors.is_empty() {
        add(ProblemKind::Collectors { names: sample.errors.keys().cloned().collect() }, None);
    }
    notes
}

fn slab(sample: &Sample, report: Option<&Report>) -> Option<ProblemKind> {
    let slab = Subject::Part(Part::SlabUnreclaimable);
    if report.is_some_and(|report| report.findings.iter().any(|finding| finding.subject == slab)) {
        return None;
    }
    let breakdown = Breakdown::of_sample(sample)?;
    let bytes = breakdown.part(Part::SlabUnreclaimable);
    let share = bytes / breakdown.total;
    (share >= SLAB_SHARE).then_some(ProblemKind::SlabUnreclaimable { bytes, share })
}

#[cfg(test)]
#[path = "notes_tests.rs"]
mod tests;
