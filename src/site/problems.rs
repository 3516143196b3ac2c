//! What is wrong with a host, in plain words: the analysis judges and describes, this puts it on a page, without what
//! a public page must not say.

use super::model::{Problem, State};
use super::scene::{Aliases, Scene};
use crate::analysis::describe::describe;
use crate::analysis::report::{self, Report};
use crate::analysis::{self, Level, ProblemKind};
use crate::series::{DaySummary, Latest};

/// The host's state and its problems, worst first; notes last.
pub(crate) fn judge(
    latest: &Latest,
    days: &[DaySummary],
    report: Option<&Report>,
    scene: &Scene,
    mounts: &Aliases,
) -> (State, Vec<Problem>) {
    let judged = analysis::judge(latest, days, report, scene.now);
    let telling = scene.telling(latest.sample.t);
    let problems = judged.problems.iter().map(|problem| {
        let kind = if scene.public { public(problem.kind.clone()) } else { problem.kind.clone() };
        Problem {
            state: if problem.level == Level::Ok { note(scene) } else { shown(problem.level, scene) },
            text: describe(&kind, &telling, &|mount| mounts.of(mount)),
            since: problem.since.map(|since| scene.minute(since)),
            leaks: matches!(problem.kind, ProblemKind::Leak { .. }),
        }
    });
    (shown(judged.level, scene), problems.collect())
}

/// A level as it is shown.
pub(crate) fn shown(level: Level, scene: &Scene) -> State {
    State { class: level.key(), word: scene.word(&format!("state.{}", level.key())) }
}

/// Something to know that is not wrong.
fn note(scene: &Scene) -> State {
    State { class: "note", word: scene.word("state.note") }
}

/// Where the logs are and what checks are called is nobody's business.
fn public(kind: ProblemKind) -> ProblemKind {
    match kind {
        ProblemKind::BrokenLines { count, place } => {
            let name = place.rsplit('/').next().unwrap_or_default().to_owned();
            ProblemKind::BrokenLines { count, place: name }
        }
        ProblemKind::Leak { finding } => {
            let finding = Box::new(report::without_names(*finding));
            ProblemKind::Leak { finding }
        }
        ProblemKind::Check { run, .. } => ProblemKind::Check { name: String::new(), run },
        ProblemKind::OwnLeak(mut suspect) => {
            suspect.name.clear();
            ProblemKind::OwnLeak(suspect)
        }
        other => other,
    }
}
