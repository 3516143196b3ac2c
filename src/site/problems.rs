//! What is wrong with a host, in plain words: the rules and the analysis find it, this puts it on a page, without what a
//! public page must not say.

use super::model::{Problem, State};
use super::scene::{Aliases, Scene};
use crate::analysis::describe::describe;
use crate::analysis::report;
use crate::analysis::report::words::Telling;
use crate::analysis::{self, Level, ProblemKind};

/// Something to know that is not wrong.
pub(crate) fn note(
    note: analysis::Problem,
    scene: &Scene,
    telling: &Telling<'_>,
    mounts: &Aliases,
) -> Problem {
    Problem {
        state: state_of(note.level, scene),
        leaks: matches!(note.kind, ProblemKind::Leak { .. }),
        text: describe(&public(note.kind, scene), telling, &|mount| mounts.of(mount)),
        since: note.since.map(|since| scene.minute(since)),
    }
}

/// The state of one problem: what is but a note is called so.
pub(crate) fn state_of(level: Level, scene: &Scene) -> State {
    if level == Level::Ok {
        State { class: "note", word: scene.word("state.note") }
    } else {
        shown(level, scene)
    }
}

/// The state of a host of which nothing is known, and why.
pub(crate) fn unknown(scene: &Scene, text: String) -> (State, Vec<Problem>) {
    alone(Level::Silent, scene, text)
}

/// The state of a host that was there, of which nothing else is known, and why.
pub(crate) fn noted(scene: &Scene, text: String) -> (State, Vec<Problem>) {
    alone(Level::Ok, scene, text)
}

fn alone(level: Level, scene: &Scene, text: String) -> (State, Vec<Problem>) {
    (shown(level, scene), vec![Problem { state: state_of(level, scene), text, since: None, leaks: false }])
}

/// A level as it is shown.
pub(crate) fn shown(level: Level, scene: &Scene) -> State {
    State { class: level.key(), word: scene.word(&format!("state.{}", level.key())) }
}

/// A problem as this site may tell it: where the logs are and what checks are called is nobody's business.
pub(crate) fn public(kind: ProblemKind, scene: &Scene) -> ProblemKind {
    if !scene.public {
        return kind;
    }
    match kind {
        ProblemKind::BrokenLines { count, place } => {
            let name = place.rsplit('/').next().unwrap_or_default().to_owned();
            ProblemKind::BrokenLines { count, place: name }
        }
        ProblemKind::Leak { finding } => {
            let finding = Box::new(report::without_names(*finding));
            ProblemKind::Leak { finding }
        }
        ProblemKind::Silent { age, leak } => {
            let leak = leak.map(|finding| Box::new(report::without_names(*finding)));
            ProblemKind::Silent { age, leak }
        }
        ProblemKind::Check { run, .. } => ProblemKind::Check { name: String::new(), run },
        ProblemKind::Undelivered { seconds, .. } => {
            ProblemKind::Undelivered { channel: String::new(), seconds }
        }
        ProblemKind::Service { state, .. } => ProblemKind::Service { name: String::new(), state },
        ProblemKind::ServiceRestarts { restarts, .. } => {
            ProblemKind::ServiceRestarts { name: String::new(), restarts }
        }
        ProblemKind::Target { .. } => ProblemKind::Target { name: String::new(), error: String::new() },
        ProblemKind::Certificate { seconds, .. } => ProblemKind::Certificate { name: String::new(), seconds },
        ProblemKind::OwnLeak(mut suspect) => {
            suspect.name.clear();
            ProblemKind::OwnLeak(suspect)
        }
        ProblemKind::Rule { name, value, limit, relation, .. } => {
            ProblemKind::Rule { name, instance: String::new(), value, limit, relation }
        }
        other => other,
    }
}
