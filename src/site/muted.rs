//! What the user has muted, on the pages: a calm line, so that nobody wonders why no message came.

use super::scene::Scene;
use crate::alert::Mutes;

/// What is muted on a host now.
pub(crate) fn of_host(mutes: &Mutes, host: &str, scene: &Scene) -> Vec<String> {
    let line = |rule: &str, until: i64| {
        scene.words().fill("alert.muted", &[("rule", rule), ("time", &scene.minute(until).text)])
    };
    mutes.of_host(host, scene.now).map(|mute| line(&mute.rule, mute.until)).collect()
}

/// What is muted anywhere now, with the hosts.
pub(crate) fn of_all(mutes: &Mutes, scene: &Scene) -> Vec<String> {
    let words = scene.words();
    let lines = mutes.holding(scene.now).map(|mute| {
        let hosts = mute.host.as_deref().unwrap_or(words.get("mute.everywhere"));
        let time = scene.minute(mute.until).text;
        words.fill("alert.muted_on", &[("rule", &mute.rule), ("host", hosts), ("time", &time)])
    });
    lines.collect()
}
