//! What changed in the fleet in the last 24 hours: events, alerts that began or ended, hosts that are new, fell silent or came
//! back. The same change on many hosts is one line. Made of what each host's own pages were made of: nothing is read for it.

use super::alerts::Incident;
use super::changes::Told;
use super::history;
use super::host_view::{HostView, host_page};
use super::model::{Link, Moment, State};
use super::problems;
use super::scene::Scene;
use crate::alert::SILENT;
use crate::analysis::Level;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::HashMap;

/// How far back.
const PERIOD_SECONDS: i64 = 86_400;
/// Lines, at most.
const MOST_LINES: usize = 40;
/// Hosts that a line names, at most.
const MOST_NAMES: usize = 3;

/// What changed, newest first.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Lately {
    /// A line each.
    pub lines: Vec<LatelyLine>,
    /// How many more there are; empty for none.
    pub more: String,
}

/// The same change on one host or several.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LatelyLine {
    /// When, the last time.
    pub time: Moment,
    /// What the mark before it shows: of an alert how bad it is or was.
    pub state: Option<State>,
    /// What changed.
    pub text: String,
    /// On how many hosts; empty for one.
    pub count: String,
    /// The first of them by name.
    pub hosts: Vec<Link>,
    /// Others are not named.
    pub others: bool,
}

/// One change on one host, before it is put together with the others.
struct Change {
    t: i64,
    /// The same on all hosts on which the same happened.
    text: String,
    /// How it is told where it happened on one host only.
    alone: String,
    level: Option<Level>,
}

/// What happened on a host in the last 24 hours, of all its events in words.
pub(crate) fn recent(told: &[Told], now: i64) -> Vec<Told> {
    told.iter().filter(|told| is_recent(told.t, now)).cloned().collect()
}

fn is_recent(t: i64, now: i64) -> bool {
    t <= now && now - t < PERIOD_SECONDS
}

/// What changed on all hosts.
pub(crate) fn of(hosts: &[HostView], scene: &Scene) -> Lately {
    // Each text with the last time, the worst level, and the hosts, which come by name.
    let mut merged: HashMap<String, (Change, Vec<&str>)> = HashMap::new();
    for host in hosts {
        for change in changes(host, scene) {
            let (t, level) = (change.t, change.level);
            let (known, names) = merged.entry(change.text.clone()).or_insert_with(|| (change, Vec::new()));
            known.t = known.t.max(t);
            known.level = known.level.max(level);
            if names.last() != Some(&host.name.as_str()) {
                names.push(&host.name);
            }
        }
    }
    let mut all: Vec<(Change, Vec<&str>)> = merged.into_values().collect();
    all.sort_by(|(one, _), (other, _)| (Reverse(one.t), &one.text).cmp(&(Reverse(other.t), &other.text)));
    let more = all.len().saturating_sub(MOST_LINES);
    let lines = all.iter().take(MOST_LINES).map(|(change, names)| line(change, names, scene)).collect();
    Lately {
        lines,
        more: if more > 0 { scene.words().count("lately.more", more as u64, &[]) } else { String::new() },
    }
}

impl Change {
    fn plain(t: i64, text: String) -> Self {
        Self { t, alone: text.clone(), text, level: None }
    }
}

fn line(change: &Change, names: &[&str], scene: &Scene) -> LatelyLine {
    let many = names.len() > 1;
    let link = |name: &&str| Link { label: (*name).to_owned(), href: host_page(name) };
    LatelyLine {
        time: scene.minute(change.t),
        state: change.level.map(|level| problems::state_of(level, scene)),
        text: if many { change.text.clone() } else { change.alone.clone() },
        count: if many { scene.words().count("fleet.hosts", names.len() as u64, &[]) } else { String::new() },
        hosts: names.iter().take(MOST_NAMES).map(link).collect(),
        others: names.len() > MOST_NAMES,
    }
}

/// Everything that changed on one host.
fn changes(host: &HostView, scene: &Scene) -> Vec<Change> {
    let is_recent = |t: i64| is_recent(t, scene.now);
    let mut changes: Vec<Change> =
        host.lately.iter().map(|told| Change::plain(told.t, told.text.clone())).collect();
    for incident in host.watched.incidents.iter().filter(|incident| incident.level > Level::Ok) {
        changes.extend(is_recent(incident.fired).then(|| began(incident, scene)));
        changes.extend(
            incident.until.filter(|until| is_recent(*until)).map(|until| ended(incident, until, scene)),
        );
    }
    if let Some(first) = host.first.filter(|first| is_recent(*first)) {
        changes.push(Change::plain(first, scene.word("lately.new")));
    }
    if let Some((back, gap)) = host.back.filter(|(back, _)| is_recent(*back)) {
        // The rule may have told it, too, where somebody looked meanwhile.
        changes.retain(|change| change.text != scene.word("lately.back"));
        let text = scene.words().fill("lately.back_after", &[("duration", &scene.whole_duration(gap))]);
        changes.push(Change { t: back, text: scene.word("lately.back"), alone: text, level: None });
    }
    changes
}

fn began(incident: &Incident, scene: &Scene) -> Change {
    if incident.rule == SILENT {
        let text = scene.word("lately.silent");
        return Change { level: Some(incident.level), ..Change::plain(incident.fired, text) };
    }
    let filled = |what: &str| scene.words().fill("lately.began", &[("what", what)]);
    Change {
        t: incident.fired,
        text: filled(&scene.rule(&incident.rule)),
        alone: filled(&history::what(incident, scene)),
        level: Some(incident.level),
    }
}

/// What was wrong has a mark no more.
fn ended(incident: &Incident, until: i64, scene: &Scene) -> Change {
    if incident.rule == SILENT {
        return Change::plain(until, scene.word("lately.back"));
    }
    let filled = |what: &str| scene.words().fill("lately.ended", &[("what", what)]);
    let alone = filled(&history::what(incident, scene));
    Change { t: until, text: filled(&scene.rule(&incident.rule)), alone, level: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Lang;
    use crate::event::Kind;

    const NOW: i64 = 1_795_442_820;

    fn scene(public: bool) -> Scene {
        Scene { lang: Lang::En, zone: jiff::tz::TimeZone::UTC, public, now: NOW }
    }

    fn host(name: &str) -> HostView {
        HostView::unknown(name, &scene(false), String::new())
    }

    fn told(t: i64, text: &str) -> Told {
        Told { t, kind: Kind::Package, text: text.to_owned() }
    }

    fn incident(rule: &str, fired: i64, until: Option<i64>) -> Incident {
        Incident {
            rule: rule.to_owned(),
            instance: String::new(),
            level: Level::Critical,
            since: fired - 60,
            fired,
            until,
            text: format!("{rule} at {fired}"),
        }
    }

    /// `time what (hosts)` of each line.
    fn shown(hosts: &[HostView], public: bool) -> Vec<String> {
        let line = |line: LatelyLine| {
            let names: Vec<String> = line.hosts.into_iter().map(|host| host.label).collect();
            let more = if line.others { " …" } else { "" };
            let text = format!("{} {} ({} {}{more})", line.time.text, line.text, line.count, names.join(" "));
            text.replace("( ", "(")
        };
        of(hosts, &scene(public)).lines.into_iter().map(line).collect()
    }

    #[test]
    fn the_same_change_on_many_hosts_is_one_line() {
        let upgraded = |number: i64| HostView {
            lately: vec![told(NOW - 60 * number, "package openssl 3.0.1 → 3.0.2 upgraded")],
            ..host(&format!("web-{number}"))
        };
        let mut hosts: Vec<HostView> = (1..=4).map(upgraded).collect();
        hosts[1].lately.push(told(NOW, "boot"));
        assert_eq!(
            shown(&hosts, false),
            [
                "14:07 boot (web-2)",
                "14:06 package openssl 3.0.1 → 3.0.2 upgraded (4 hosts web-1 web-2 web-3 …)"
            ]
        );
    }

    #[test]
    fn alerts_begin_and_end_by_rule_where_there_are_several() {
        let mut hosts = [host("a"), host("b")];
        hosts[0].watched.incidents = vec![incident("memory", NOW - 600, None)];
        assert_eq!(shown(&hosts, false), ["13:57 memory at 1795442220: began (a)"]);
        assert_eq!(
            shown(&hosts, true),
            ["13:57 Little memory available: began (a)"],
            "no words of the rule's on a public page"
        );
        hosts[1].watched.incidents = vec![incident("memory", NOW - 90_000, Some(NOW - 60))];
        hosts[1].watched.incidents.push(incident("memory", NOW - 540, Some(NOW - 480)));
        assert_eq!(
            shown(&hosts, false),
            ["14:06 memory at 1795352820: over (b)", "13:58 Little memory available: began (2 hosts a b)"]
        );
    }

    #[test]
    fn hosts_come_fall_silent_and_come_back() {
        let mut hosts = [host("a"), host("b"), host("c")];
        hosts[0].first = Some(NOW - 120);
        hosts[1].watched.incidents = vec![incident("silent", NOW - 60, None)];
        hosts[2].back = Some((NOW - 180, 31 * 86_400));
        hosts[2].watched.incidents = vec![incident("silent", NOW - 90_000, Some(NOW - 170))];
        assert_eq!(
            shown(&hosts, false),
            ["14:06 fell silent (b)", "14:05 new (a)", "14:04 came back after 31 d (c)"]
        );
    }

    #[test]
    fn what_is_older_or_dated_ahead_does_not_count_and_the_rest_is_limited() {
        let all: Vec<Told> = (0..60).map(|n| told(NOW - n, &format!("event {n}"))).collect();
        let mut more = all.clone();
        more.extend([told(NOW - PERIOD_SECONDS, "old"), told(NOW + 1, "ahead")]);
        assert_eq!(recent(&more, NOW), all);
        let found = of(&[HostView { lately: all, ..host("a") }], &scene(false));
        assert_eq!((found.lines.len(), found.more.as_str()), (40, "and 20 more"));
    }
}
