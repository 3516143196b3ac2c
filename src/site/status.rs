//! `status.json`, beside the pages, for scripts: each host's state, problems and numbers of now. Bytes, seconds and
//! shares of one; times are unix seconds, but for `made`, which is RFC 3339; what a host does not have is absent. The same is left out on a public site as on its pages.

use super::changes::Told;
use super::error::SiteError;
use super::grouping::Grouping;
use super::host_view::HostView;
use super::now::Now;
use super::scene::Scene;
use crate::alert::{Alert, Mutes};
use crate::analysis::Level;
use crate::analysis::report::Report;
use serde::Serialize;
use std::collections::BTreeMap;

/// Version of this file's format.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Status<'a> {
    v: u32,
    /// When the file was made; put in when it is published.
    made: &'a str,
    hosts: Vec<HostStatus<'a>>,
}

#[derive(Serialize)]
struct HostStatus<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'a str>,
    /// The version of cronograph that samples it; not on a public site.
    #[serde(skip_serializing_if = "Option::is_none")]
    cronograph: Option<&'a str>,
    state: &'a str,
    problems: Vec<ProblemStatus<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<i64>,
    /// What holds now, worst first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alerts: Vec<AlertStatus<'a>>,
    /// What is muted on it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mutes: Vec<MuteStatus<'a>>,
    /// What happened last, newest first.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    events: &'a [Told],
    #[serde(flatten)]
    numbers: Option<Numbers<'a>>,
    /// As `cronograph explain --json` has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<&'a Report>,
}

#[derive(Serialize)]
struct ProblemStatus<'a> {
    state: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<i64>,
}

/// A rule of which nothing is sent.
#[derive(Serialize)]
struct MuteStatus<'a> {
    rule: &'a str,
    until: i64,
}

/// An alert; on a public site no more than its rule.
#[derive(Serialize)]
struct AlertStatus<'a> {
    rule: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    instance: &'a str,
    state: &'a str,
    since: i64,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'a str,
}

#[derive(Serialize)]
struct Numbers<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    memory: BTreeMap<&'a str, f64>,
    #[serde(flatten)]
    levels: BTreeMap<&'a str, f64>,
}

/// The file's text; `made` stands for its own time.
pub(crate) fn text(
    hosts: &[HostView],
    mutes: &Mutes,
    grouping: &Grouping,
    made: &str,
    scene: &Scene,
) -> Result<String, SiteError> {
    let mute = |host| {
        let mutes = mutes.of_host(host, scene.now);
        mutes.map(|mute| MuteStatus { rule: &mute.rule, until: mute.until }).collect()
    };
    let hosts = hosts.iter().map(|view| HostStatus {
        name: &view.name,
        group: grouping.group(&view.name),
        tags: grouping.tags(&view.name),
        cronograph: view.version.as_deref().filter(|version| !scene.public && !version.is_empty()),
        state: view.state.class,
        problems: view
            .problems
            .iter()
            .map(|problem| ProblemStatus {
                state: problem.state.class,
                text: &problem.text,
                since: problem.since.as_ref().map(|since| since.unix),
            })
            .collect(),
        t: view.sampled,
        alerts: view.watched.firing.iter().map(|alert| alert_status(alert, scene.public)).collect(),
        mutes: mute(view.name.as_str()),
        events: &view.changes,
        numbers: view.now.as_ref().map(numbers),
        report: view.report.as_ref(),
    });
    let status = Status { v: VERSION, made, hosts: hosts.collect() };
    let mut text = serde_json::to_string_pretty(&status).map_err(std::io::Error::other)?;
    text.push('\n');
    Ok(text)
}

fn alert_status(alert: &Alert, public: bool) -> AlertStatus<'_> {
    AlertStatus {
        rule: &alert.rule,
        instance: if public { "" } else { &alert.instance },
        state: if alert.machine.level == Level::Ok { "note" } else { alert.machine.level.key() },
        since: alert.machine.since,
        text: if public { "" } else { &alert.text },
    }
}

fn numbers(now: &Now) -> Numbers<'static> {
    let mut memory: BTreeMap<&str, f64> =
        now.groups.iter().map(|(group, size)| (group.key(), size.round())).collect();
    memory.extend(now.memory_total.map(|total| ("total", total)));
    memory.extend(now.memory_used().map(|used| ("used", used.round())));
    let levels = [
        ("swap_used", now.swap_used),
        ("swap_total", now.swap_total),
        ("cores", now.cores),
        ("cpu", now.cpu.map(rounded)),
        ("steal", now.steal.map(rounded)),
        ("iowait", now.iowait.map(rounded)),
        ("load1", now.load1),
        ("fullest_filesystem", now.fullest.as_ref().map(|(_, share)| rounded(*share))),
        ("received", now.received.map(f64::round)),
        ("sent", now.sent.map(f64::round)),
        ("uptime", now.uptime),
        ("celsius", now.celsius),
    ];
    let levels = levels.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    Numbers { memory, levels }
}

/// A share to a hundredth of a percent: more digits are noise.
fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}
