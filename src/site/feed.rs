//! Atom feeds (RFC 4287) of what became of alerts: of all hosts, and of each. The channel that needs no server: whoever
//! reads feeds learns of a change when the pages are made.

use super::alerts::Incident;
use super::error::SiteError;
use super::history::what;
use super::host::Workshop;
use super::host_view::{HostView, host_page};
use super::problems;
use super::scene::{Scene, iso};
use crate::analysis::Level;
use crate::base::escape::address;
use crate::base::hash;
use serde::Serialize;

/// Entries of a feed, at most: the newest.
const MOST_ENTRIES: usize = 60;

/// An Atom feed.
#[derive(Clone, Debug, Serialize)]
struct Feed {
    /// Its language.
    lang: &'static str,
    /// Its name for machines.
    id: String,
    /// Its title.
    title: String,
    /// The last change, RFC 3339.
    updated: String,
    /// Its own address.
    link: String,
    /// The page that it belongs to.
    site: String,
    /// Newest first.
    entries: Vec<FeedEntry>,
}

/// One entry.
#[derive(Clone, Debug, Serialize)]
struct FeedEntry {
    /// Its name for machines.
    id: String,
    /// What happened.
    title: String,
    /// When, RFC 3339.
    updated: String,
    /// The host's page.
    link: String,
    /// Since when, until when.
    text: String,
}

/// Makes and publishes them.
pub(crate) fn publish(workshop: &Workshop, hosts: &[HostView]) -> Result<(), SiteError> {
    for host in hosts {
        let folder = format!("{}/", address(&host.name));
        let feed = feed(workshop, &host.name, &folder, &[host]);
        workshop.publish("feed.xml", &format!("{}/feed.xml", host.name), &feed)?;
    }
    let all: Vec<&HostView> = hosts.iter().collect();
    workshop.publish("feed.xml", "feed.xml", &feed(workshop, "", "", &all))
}

/// A feed that lies in a folder of the site.
fn feed(workshop: &Workshop, name: &str, folder: &str, hosts: &[&HostView]) -> Feed {
    let scene = workshop.scene;
    let base = workshop.inputs.address.clone().unwrap_or_default();
    // From a host's folder to the top, where no address is known.
    let root = if base.is_empty() && !folder.is_empty() { "../" } else { base.as_str() };
    let mut entries: Vec<(i64, FeedEntry)> = Vec::new();
    for host in hosts {
        for incident in
            host.watched.incidents.iter().filter(|incident| incident.level > Level::Ok).take(MOST_ENTRIES)
        {
            let link = format!("{root}{}", host_page(&host.name));
            entries.push((incident.fired, entry(&host.name, incident, incident.fired, false, &link, scene)));
            if let Some(until) = incident.until {
                entries.push((until, entry(&host.name, incident, until, true, &link, scene)));
            }
        }
    }
    entries.sort_by_key(|(t, _)| std::cmp::Reverse(*t));
    entries.truncate(MOST_ENTRIES);
    let title = scene.word("history.title");
    let here = if base.is_empty() { String::new() } else { format!("{base}{folder}") };
    Feed {
        lang: scene.lang.tag(),
        // The same wherever the pages lie: what is new is told by the entries.
        id: id(&format!("feed {} {name} {here}", workshop.title)),
        title: [workshop.title, name, &title]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(": "),
        // Of nothing there is no last change.
        updated: entries.first().map_or_else(|| iso(0), |(t, _)| iso(*t)),
        link: format!("{here}feed.xml"),
        site: format!("{here}index.html"),
        entries: entries.into_iter().map(|(_, entry)| entry).collect(),
    }
}

fn entry(host: &str, incident: &Incident, t: i64, is_over: bool, link: &str, scene: &Scene) -> FeedEntry {
    let words = scene.words();
    let what = what(incident, scene);
    let state =
        if is_over { scene.word("alert.resolved") } else { problems::state_of(incident.level, scene).word };
    let since = scene.minute(incident.since).text;
    let text = match incident.until.filter(|_| is_over) {
        Some(until) => {
            let length = scene.duration((until - incident.since).max(0) as f64);
            let values =
                [("since", since.as_str()), ("until", &scene.minute(until).text), ("length", &length)];
            words.fill("alert.held", &values)
        }
        None => words.fill("alert.holds", &[("since", &since)]),
    };
    FeedEntry {
        id: id(&format!("{host} {} {} {t} {is_over}", incident.rule, incident.instance)),
        title: format!("[{state}] {host}: {what}"),
        updated: iso(t),
        link: link.to_owned(),
        text,
    }
}

/// A name that is the same for the same thing, and nothing else's: a UUID of version 8, made of a hash.
fn id(of: &str) -> String {
    let hex = hash::name(&[of.as_bytes()]) + &hash::name(&[format!("{of} ").as_bytes()]);
    let mut digits = hex.bytes().map(char::from).chain(std::iter::repeat('0'));
    let mut take = |count: usize| digits.by_ref().take(count).collect::<String>();
    format!("urn:uuid:{}-{}-8{}-8{}-{}", take(8), take(4), take(3), take(3), take(12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_entries_are_uuids() {
        let one = id("a");
        assert_eq!((one.len(), one.matches('-').count()), ("urn:uuid:".len() + 36, 4), "{one}");
        assert!(one.starts_with("urn:uuid:") && one.as_bytes()[9 + 14] == b'8', "{one}");
        assert_ne!(one, id("b"));
    }
}
