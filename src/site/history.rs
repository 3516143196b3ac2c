//! The pages of the history: what was wrong when and for how long, of all hosts and of each. What holds comes first, worst first;
//! then what is over, newest first.

use super::alerts::Incident;
use super::error::SiteError;
use super::host::Workshop;
use super::host_view::{HostView, host_page};
use super::model::{Moment, Page, State};
use super::problems;
use super::scene::Scene;
use crate::base::escape::{address, terminal};
use serde::Serialize;
use std::cmp::Reverse;

/// Rows of a page, at most.
const MOST_ROWS: usize = 500;

/// The history of alerts.
#[derive(Clone, Debug, Serialize)]
struct HistoryPage {
    /// What every page has.
    page: Page,
    /// The host's name; empty for all.
    name: String,
    /// From this page to the host's folder: empty, or `web1/`.
    here: String,
    /// Heading.
    title: String,
    /// It is of several hosts.
    fleet: bool,
    /// What holds, then the newest.
    rows: Vec<HistoryRow>,
    /// How many more there are.
    note: String,
}

/// A stretch of time in which something was wrong.
#[derive(Clone, Debug, Serialize)]
struct HistoryRow {
    /// How bad it was.
    state: State,
    /// Where.
    host: String,
    /// That host's page.
    href: String,
    /// What was wrong.
    what: String,
    /// From.
    since: Moment,
    /// Until; none where it goes on.
    until: Option<Moment>,
    /// How long; empty where it goes on.
    duration: String,
}

/// Makes and publishes them.
pub(crate) fn publish(workshop: &Workshop, hosts: &[HostView]) -> Result<(), SiteError> {
    for host in hosts {
        let page = page(workshop, &host.name, "../", &[host]);
        workshop.publish("alerts.html", &format!("{}/alerts.html", host.name), &page)?;
    }
    let all: Vec<&HostView> = hosts.iter().collect();
    let name = if workshop.alone { hosts.first().map_or("", |host| host.name.as_str()) } else { "" };
    workshop.publish("alerts.html", "alerts.html", &page(workshop, name, "", &all))
}

fn page(workshop: &Workshop, name: &str, root: &str, hosts: &[&HostView]) -> HistoryPage {
    let scene = workshop.scene;
    let mut all: Vec<(&str, &Incident)> = hosts
        .iter()
        .flat_map(|host| host.watched.incidents.iter().map(|incident| (host.name.as_str(), incident)))
        .collect();
    all.sort_by_key(|(_, incident)| order(incident));
    let more = all.len().saturating_sub(MOST_ROWS);
    let is_fleet = hosts.len() > 1;
    let title = scene.word("history.title");
    HistoryPage {
        page: workshop.page(&if name.is_empty() { title.clone() } else { format!("{name}: {title}") }, root),
        name: name.to_owned(),
        here: if root.is_empty() && !name.is_empty() { format!("{}/", address(name)) } else { String::new() },
        title,
        fleet: is_fleet,
        rows: all.iter().take(MOST_ROWS).map(|(host, incident)| row(host, incident, root, scene)).collect(),
        note: if more > 0 { scene.words().count("history.more", more as u64, &[]) } else { String::new() },
    }
}

/// What holds now first, the worst of it, then what is over, the newest.
fn order(incident: &Incident) -> impl Ord + use<> {
    (Reverse(incident.until.is_none().then_some(incident.level)), Reverse(incident.since))
}

fn row(host: &str, incident: &Incident, root: &str, scene: &Scene) -> HistoryRow {
    let end = incident.until.unwrap_or(scene.now);
    HistoryRow {
        state: problems::state_of(incident.level, scene),
        host: host.to_owned(),
        href: format!("{root}{}", host_page(host)),
        what: what(incident, scene),
        since: scene.minute(incident.since),
        until: incident.until.map(|until| scene.minute(until)),
        // Of what goes on, the duration would make the page another one each minute.
        duration: incident.until.map_or_else(String::new, |_| scene.whole_duration(end - incident.since)),
    }
}

/// What was wrong: on a public page by what the rule is called, since names and paths are in the text.
pub(crate) fn what(incident: &Incident, scene: &Scene) -> String {
    if scene.public || incident.text.is_empty() {
        return scene.rule(&incident.rule);
    }
    terminal(&incident.text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Level;

    #[test]
    fn what_holds_comes_first_the_worst_of_it_then_the_newest() {
        let incident = |since: i64, level, until| Incident {
            rule: since.to_string(),
            instance: String::new(),
            level,
            since,
            fired: since,
            until,
            text: String::new(),
        };
        let mut all = [
            incident(1, Level::Critical, Some(9)),
            incident(2, Level::Warning, None),
            incident(3, Level::Critical, None),
            incident(4, Level::Warning, None),
            incident(5, Level::Warning, Some(6)),
        ];
        all.sort_by_key(order);
        assert_eq!(all.map(|incident| incident.since), [3, 4, 2, 5, 1]);
    }
}
