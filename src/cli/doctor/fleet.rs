//! The hosts whose logs lie here, whoever samples them: by which clock they go, whether two share a name, which run an older
//! cronograph; and the groups and tags that fit none of them.

use super::{Finding, Patient};
use crate::base::format;
use crate::base::words::Lang;
use crate::config::Config;
use crate::store::{self, Layout, Reader};
use std::collections::BTreeMap;

/// A clock this far ahead is off; less is the time that a run takes.
const AHEAD_SECONDS: i64 = 120;
/// Facts about the host are in the log once a day.
const FACTS_SECONDS: i64 = 25 * 3600;
/// Facts come this early in a line, if they are in it.
const FACTS_WITHIN: usize = 256;
/// Hosts that a line names, at most.
const MOST_NAMES: usize = 10;

/// Looks at all hosts.
pub(super) fn check(patient: &Patient, config: &Config) -> Vec<Finding> {
    let hosts = store::hosts(&patient.data).unwrap_or_default();
    let mut findings: Vec<Finding> = hosts.iter().flat_map(|host| clock_and_name(patient, host)).collect();
    findings.extend(versions(patient, &hosts));
    findings.extend(unheard(patient));
    for (what, groups) in [("group", &config.group), ("tag", &config.tag)] {
        let unused = groups.iter().filter(|group| !hosts.iter().any(|host| group.holds(host)));
        findings
            .extend(unused.map(|group| Finding::note(format!("the {what} `{}` fits no host", group.name))));
    }
    findings
}

/// Names the hosts' folders into which no sample ever came.
fn unheard(patient: &Patient) -> Option<Finding> {
    let names =
        fs_err::read_dir(&patient.data).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_unheard = |name: &String| {
        let Ok(layout) = Layout::new(&patient.data, name.as_str()) else { return false };
        let is_other = name != patient.layout.host() && layout.folder().is_dir();
        is_other && store::tail(&layout, 1).is_ok_and(|samples| samples.is_empty())
    };
    let mut unheard: Vec<String> = names.filter(is_unheard).collect();
    unheard.sort_unstable();
    (!unheard.is_empty()).then(|| {
        Finding::wrong(
            format!("no sample has ever come into {} of {}", named(&unheard), patient.data.display()),
            "on that host `cronograph doctor` says whether its log is sent; a folder that is no host's belongs elsewhere",
        )
    })
}

/// Names in a line, the first ones of many.
fn named(names: &[impl AsRef<str>]) -> String {
    let more = names.len().saturating_sub(MOST_NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let shown: Vec<&str> = names.iter().take(MOST_NAMES).map(AsRef::as_ref).collect();
    format!("{}{more}", shown.join(", "))
}

fn clock_and_name(patient: &Patient, host: &str) -> Vec<Finding> {
    let Some(layout) = patient.log(host) else { return Vec::new() };
    let writing = store::writing(&layout, patient.now).unwrap_or_default();
    let mut findings = Vec::new();
    if writing.by_two {
        findings.push(Finding::wrong(
            format!("two machines write the log of {host} in turns: boots that were over come back"),
            "give one of them another name: `host` in its configuration, and a folder of its own where it is sent to",
        ));
    }
    if let Some(late) = writing.late {
        findings.push(Finding::wrong(
            format!(
                "samples of {host} are {} old when they arrive: its clock is behind, or its log comes late",
                told(late)
            ),
            format!(
                "on {host}: see that the clock is synchronised (`timedatectl`), and how often the log is sent"
            ),
        ));
    }
    // This machine's own clock has a check of its own.
    let ahead = newest(&layout, patient.now).map(|newest| newest - patient.now);
    if let Some(ahead) = ahead.filter(|ahead| *ahead > AHEAD_SECONDS && host != patient.layout.host()) {
        findings.push(Finding::wrong(
            format!(
                "the last sample of {host} lies {} in the future: its clock is ahead, or this one behind",
                told(ahead)
            ),
            format!("on {host} and here: see that the clock is synchronised (`timedatectl`)"),
        ));
    }
    findings
}

fn newest(layout: &Layout, now: i64) -> Option<i64> {
    Some(store::tail_until(layout, now.saturating_add(86_400), 1).ok()?.pop()?.t)
}

/// Which hosts are sampled by another version than most of the program's kin: a line for each but the one that runs here.
fn versions(patient: &Patient, hosts: &[String]) -> Vec<Finding> {
    let own = env!("CARGO_PKG_VERSION");
    let mut by_version: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for host in hosts {
        if let Some(version) = version(patient, host).filter(|version| !version.is_empty() && version != own)
        {
            by_version.entry(version).or_default().push(host);
        }
    }
    let line = |(version, hosts): (String, Vec<&str>)| {
        Finding::note(format!("cronograph {version} samples {}; here it is {own}", named(&hosts)))
    };
    by_version.into_iter().map(line).collect()
}

/// The version that took the newest facts about a host.
fn version(patient: &Patient, host: &str) -> Option<String> {
    let layout = patient.log(host)?;
    let reader = Reader::range(&layout, patient.now - FACTS_SECONDS, patient.now + 1).ok()?;
    let has_facts = |_: i64, line: &[u8]| {
        line[..line.len().min(FACTS_WITHIN)].windows(8).any(|part| part == b"\"host\":{")
    };
    let facts = reader.wanted(has_facts).filter_map(|sample| sample.host).last()?;
    Some(facts.cronograph)
}

#[expect(clippy::cast_precision_loss, reason = "seconds of some years are exact in an f64")]
fn told(seconds: i64) -> String {
    format::duration(seconds as f64, Lang::En)
}
