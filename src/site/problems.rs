//! What is wrong with a host, in plain words.

use super::model::{Problem, State};
use super::scene::{Aliases, Scene};
use crate::series::Latest;

/// A host whose last sample is older than this is silent: three samples of the usual minute, and cron's grace.
const SILENT_SECONDS: i64 = 600;

/// The host's state and its problems, worst first.
pub(crate) fn judge(latest: &Latest, scene: &Scene, _mounts: &Aliases) -> (State, Vec<Problem>) {
    let class = if scene.now - latest.sample.t > SILENT_SECONDS { "silent" } else { "ok" };
    (state(class, scene), Vec::new())
}

/// A state by its class.
pub(crate) fn state(class: &'static str, scene: &Scene) -> State {
    State { class, word: scene.word(&format!("state.{class}")) }
}
