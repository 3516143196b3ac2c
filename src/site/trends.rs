//! What leaks, on the charts of memory: the onset, the fitted line on top of its layer, and where it will end.

use super::evaluate::{Drawn, Name};
use super::scene::Scene;
use crate::analysis::leak::State;
use crate::analysis::report::words::Telling;
use crate::analysis::report::{Finding, Report, Subject};
use crate::analysis::{Group, Part};
use crate::base::format;
use crate::base::words::{Lang, Words};
use crate::chart::Trend;
use crate::series::{Frame, Window};

/// The time ahead takes so much of the width at most.
const MOST_AHEAD: i64 = 6;
/// Onsets wander by a few minutes from run to run, which is no reason to draw anew.
const STEADY_SECONDS: i64 = 600;

/// The findings that a chart shows: parts of memory that leak, or leaked.
fn shown(report: Option<&Report>) -> impl Iterator<Item = (&Finding, Part)> {
    let findings = report.into_iter().flat_map(|report| &report.findings);
    findings.filter_map(|finding| match finding.subject {
        Subject::Part(part) if finding.state != State::Suspect => Some((finding, part)),
        _ => None,
    })
}

/// What a window's pictures depend on: another one, another picture.
pub(crate) fn key(report: Option<&Report>, window: Window) -> String {
    let step = window.refresh().max(STEADY_SECONDS);
    let of = |(finding, part): (&Finding, Part)| {
        format!("{}{:?}{}", part.key(), finding.state, finding.growth.since.div_euclid(step))
    };
    shown(report).map(of).collect::<Vec<_>>().join(" ")
}

/// Seconds after the right edge up to which a leak is drawn on: to where memory ends, if that is near.
pub(crate) fn ahead(report: Option<&Report>, window: Window, until: i64) -> i64 {
    let (most, step) = (window.seconds() / MOST_AHEAD, window.refresh());
    let full = shown(report).filter_map(|(finding, _)| Some(finding.full?.at - until)).min();
    let Some(left) = full.filter(|left| *left > 0) else { return 0 };
    (left.min(most) + step - 1).div_euclid(step) * step
}

/// The lines over a chart whose layers stand on each other.
pub(crate) fn of(report: Option<&Report>, drawn: &Drawn, frame: &Frame, scene: &Scene) -> Vec<Trend> {
    let trend = |(finding, part): (&Finding, Part)| trend(finding, part, drawn, frame, scene);
    shown(report).filter_map(trend).collect()
}

fn trend(finding: &Finding, part: Part, drawn: &Drawn, frame: &Frame, scene: &Scene) -> Option<Trend> {
    let growth = &finding.growth;
    let until = growth.until.min(frame.until - 1);
    if until <= growth.since || growth.since >= frame.until || until <= frame.from {
        return None;
    }
    // What lies below it, by the rows at both ends; the rest of its own layer counts as lying below.
    let below = |at: i64, level: f64| below(drawn, frame, part.group(), at, level);
    let (start, end) = (growth.from_level, level_at(finding, until));
    let from = start + below(growth.since.max(frame.from), level_at(finding, growth.since.max(frame.from)))?;
    Some(Trend {
        onset: growth.since,
        until,
        from,
        to: end + below(until, end)?,
        label: label(finding, scene),
    })
}

/// The fitted level at a time.
#[expect(clippy::cast_precision_loss, reason = "seconds")]
fn level_at(finding: &Finding, at: i64) -> f64 {
    let growth = &finding.growth;
    let share = (at - growth.since) as f64 / (growth.until - growth.since).max(1) as f64;
    growth.from_level + (growth.to_level - growth.from_level) * share
}

/// The height at which a part's own bytes begin, where its layer ends at the sum of all up to it.
fn below(drawn: &Drawn, frame: &Frame, group: Group, at: i64, level: f64) -> Option<f64> {
    let mut stack = 0.0;
    for series in &drawn.series {
        let value = near(&frame.times, &series.column.mean, at)?;
        if series.name == Name::Group(group) {
            return Some(stack + (value - level).max(0.0) * f64::from(u8::from(is_mixed(group))));
        }
        stack += value;
    }
    None
}

/// Whether a layer holds other parts, too, which then lie below.
fn is_mixed(group: Group) -> bool {
    !matches!(group, Group::SlabUnreclaimable | Group::Unaccounted)
}

/// The value of the row that is nearest to a time.
fn near(times: &[i64], values: &[f64], at: i64) -> Option<f64> {
    let known = times.iter().zip(values).filter(|(_, value)| value.is_finite());
    known.min_by_key(|(time, _)| (**time - at).abs()).map(|(_, value)| *value)
}

/// `+1.02 MiB/min → 00:12`: figures and units only, since the font of pictures knows no Chinese.
fn label(finding: &Finding, scene: &Scene) -> String {
    let telling = Telling { words: Words::of(Lang::En), zone: &scene.zone, now: scene.now };
    let rate = telling.rate(finding.growth.per_second);
    let soon = finding.full.filter(|full| full.at - scene.now < 86_400);
    match (finding.state, soon) {
        (State::Leaking, Some(full)) => format!("{rate} → {}", format::minute(full.at, &scene.zone)),
        _ => rate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::leak::{Growth, Reason};
    use crate::analysis::report::{FullAt, Owner};
    use crate::chart::Shape;
    use crate::series::Column;
    use crate::site::evaluate::Series;

    fn report() -> Report {
        let growth = Growth {
            since: 1_000,
            since_error: 60,
            until: 3_000,
            per_second: 0.1,
            low: 0.09,
            high: 0.11,
            from_level: 50.0,
            to_level: 250.0,
        };
        let finding = Finding {
            subject: Subject::Part(Part::SlabUnreclaimable),
            state: State::Leaking,
            growth,
            reason: Reason::Even,
            evidence: None,
            judged_from: None,
            full: Some(FullAt { at: 5_000, earliest: 4_900, latest: None }),
            owner: Owner::Nobody,
            grows_with: Vec::new(),
            events: Vec::new(),
            next: Vec::new(),
            find: Vec::new(),
        };
        Report { findings: vec![finding], ..Report::default() }
    }

    fn drawn() -> (Drawn, Frame) {
        let series = |group, mean: Vec<f64>| Series {
            name: Name::Group(group),
            colour: None,
            shape: Shape::Area,
            column: Column { mean, ..Column::default() },
        };
        let layers = vec![
            series(Group::Unaccounted, vec![7.0, 8.0, 9.0]),
            series(Group::SlabUnreclaimable, vec![50.0, 150.0, 250.0]),
            series(Group::Anonymous, vec![20.0; 3]),
        ];
        let times = vec![1_000, 2_000, 2_980];
        let frame = Frame { from: 600, until: 3_000, step: 60, times, ..Frame::default() };
        (Drawn { instance: String::new(), series: layers }, frame)
    }

    fn scene() -> Scene {
        Scene { lang: Lang::Zh, zone: jiff::tz::TimeZone::UTC, public: false, now: 3_000 }
    }

    #[test]
    fn the_line_lies_on_top_of_its_layer() {
        let (drawn, frame) = drawn();
        let trends = of(Some(&report()), &drawn, &frame, &scene());
        let expected = Trend {
            onset: 1_000,
            until: 2_999,
            from: 57.0,
            to: 9.0 + 50.0 + 200.0 * 1_999.0 / 2_000.0,
            label: "+8.44 KiB/d → 01:23".to_owned(),
        };
        assert_eq!(trends, [expected]);
    }

    #[test]
    fn an_onset_before_the_window_is_one_all_the_same_and_one_after_it_none() {
        let (drawn, frame) = drawn();
        let late = Frame { from: 1_500, ..frame.clone() };
        assert_eq!(of(Some(&report()), &drawn, &late, &scene()).len(), 1);
        let before = Frame { until: 900, ..frame };
        assert_eq!(of(Some(&report()), &drawn, &before, &scene()), []);
        assert_eq!(of(None, &drawn, &late, &scene()), []);
    }

    #[test]
    fn what_is_ahead_is_shown_as_far_as_memory_lasts() {
        let report = report();
        assert_eq!(ahead(Some(&report), Window::Hour, 3_000), 600, "a sixth of the hour");
        assert_eq!(ahead(Some(&report), Window::SixHours, 3_000), 2_400, "to the end, in whole steps");
        assert_eq!(ahead(Some(&report), Window::Day, 6_000), 0, "full already");
        assert_eq!(ahead(None, Window::Day, 0), 0);
    }

    #[test]
    fn a_little_later_onset_is_no_other_picture() {
        let (one, mut other) = (report(), report());
        other.findings[0].growth.since += 60;
        other.findings[0].growth.per_second *= 1.1;
        assert_eq!(key(Some(&one), Window::Day), key(Some(&other), Window::Day));
        other.findings[0].state = State::Ended;
        assert_ne!(key(Some(&one), Window::Day), key(Some(&other), Window::Day));
    }
}
