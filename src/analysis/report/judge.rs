//! Verdicts on the parts of memory: the leak finder's, or a suspicion where the log is too young for one; and which of
//! them become findings.

use super::super::early_growth;
use super::super::leak::{self, Growth, State};
use super::super::part::Part;
use super::history::History;
use super::{DAY, Finding, Subject, source};

/// Seconds for which a leak that has ended is worth a word.
const REMEMBERED_SECONDS: i64 = 7 * DAY;

/// The verdict on a part.
pub(super) struct PartVerdict {
    pub(super) part: Part,
    pub(super) verdict: leak::Verdict,
    /// See [`Finding::judged_from`].
    pub(super) judged_from: Option<i64>,
}

/// Judges each part of memory up to a row.
pub(super) fn judge_parts(history: &History, row: usize) -> Vec<PartVerdict> {
    let breaks = history.boots_until(row);
    let times = &history.times()[..=row];
    let capacity = history.total_at(row);
    let judge = |(part, values): (Part, &[f64])| {
        let kind = source::kind_of(part, history)?;
        let series = leak::Series { kind, times, values: &values[..=row], breaks, capacity };
        let mut verdict = leak::judge(&series);
        let is_balloon = source::is_balloon(part, history);
        if is_balloon {
            verdict.state = verdict.state.min(State::Suspect);
        } else if verdict.state == State::Ok {
            verdict = early_growth::suspect(&series).unwrap_or(verdict);
        }
        let suspect = verdict.growth.filter(|_| verdict.state == State::Suspect && !is_balloon);
        let judged_from = suspect.and_then(|growth| early_growth::judged_from(&series, &growth));
        Some(PartVerdict { part, verdict, judged_from })
    };
    history.parts().filter_map(judge).collect()
}

/// Page tables grow with what processes map: with a leak of that they are no leak of their own.
pub(super) fn drop_consequences(findings: &mut Vec<Finding>) {
    let of = |part| {
        let is = |finding: &Finding| finding.subject == Subject::Part(part) && finding.state > State::Ended;
        findings.iter().any(is)
    };
    if of(Part::Anonymous) || of(Part::Shared) {
        findings.retain(|finding| finding.subject != Subject::Part(Part::PageTables));
    }
}

/// The growth of a verdict that is worth a word.
pub(super) fn spoken(verdict: &leak::Verdict, at: i64) -> Option<Growth> {
    let growth = verdict.growth?;
    match verdict.state {
        State::Ok => None,
        State::Ended => (at - growth.until <= REMEMBERED_SECONDS).then_some(growth),
        State::Suspect | State::Leaking => Some(growth),
    }
}
