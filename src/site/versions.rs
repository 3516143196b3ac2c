//! Which versions of cronograph the hosts run: a line where they differ, or where a host is ahead of the one that renders. What a
//! newer one writes that this one does not know is passed over; a new format of the log is told where the host is.

use super::host_view::HostView;
use super::scene::Scene;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Hosts that a version names, at most.
const MOST_NAMES: usize = 5;

/// A version that is compared by its numbers: 0.10 comes after 0.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version<'a>(&'a str);

impl Version<'_> {
    /// The numbers, and whether it is a release: 1.0.0-rc1 comes before 1.0.0.
    fn key(self) -> (Vec<u64>, bool) {
        let (numbers, rest) = self.0.split_once(['-', '+']).unwrap_or((self.0, ""));
        (numbers.split('.').map(|number| number.parse().unwrap_or(0)).collect(), rest.is_empty())
    }
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key()).then(self.0.cmp(other.0))
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The line; empty where all hosts run what renders, or where the pages are public: a version tells which holes are open.
pub(crate) fn line(hosts: &[HostView], scene: &Scene) -> String {
    let own = env!("CARGO_PKG_VERSION");
    if scene.public { String::new() } else { told(hosts, own, scene) }
}

fn told(hosts: &[HostView], own: &str, scene: &Scene) -> String {
    let mut by_version: BTreeMap<Version<'_>, Vec<&str>> = BTreeMap::new();
    for host in hosts {
        if let Some(version) = host.version.as_deref().filter(|version| !version.is_empty()) {
            by_version.entry(Version(version)).or_default().push(&host.name);
        }
    }
    let Some((newest, current)) = by_version.pop_last() else { return String::new() };
    let words = scene.words();
    let mut parts = Vec::new();
    if newest > Version(own) {
        parts.push(words.fill(
            "versions.ahead",
            &[("version", newest.0), ("own", own), ("hosts", &named(&current, scene))],
        ));
    }
    if !by_version.is_empty() {
        let behind = by_version.iter().rev().map(|(version, names)| {
            words.fill("versions.of", &[("version", version.0), ("hosts", &named(names, scene))])
        });
        let behind = behind.collect::<Vec<_>>().join(words.get("alt.separator"));
        let count = words.count("fleet.hosts", current.len() as u64, &[]);
        parts.push(
            words.fill("versions.behind", &[("newest", newest.0), ("count", &count), ("behind", &behind)]),
        );
    }
    parts.join(" ")
}

/// `web-1, web-2 and 3 more`
fn named(names: &[&str], scene: &Scene) -> String {
    let words = scene.words();
    let shown =
        names.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(words.get("alt.separator_short"));
    match names.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => words.fill("versions.more", &[("names", &shown), ("n", &more.to_string())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Lang;

    fn line_of(versions: &[(&str, &str)], own: &str) -> String {
        let scene = Scene { lang: Lang::En, zone: jiff::tz::TimeZone::UTC, public: false, now: 0 };
        let host = |(name, version): &(&str, &str)| HostView {
            version: Some((*version).to_owned()),
            ..HostView::unknown(name, &scene, String::new())
        };
        told(&versions.iter().map(host).collect::<Vec<_>>(), own, &scene)
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(Version("0.10.0") > Version("0.9.9") && Version("1.0.0") > Version("1.0.0-rc1"));
        assert_eq!(line_of(&[("a", "1.0.0"), ("b", "1.0.0")], "1.0.0"), "");
        assert_eq!(
            line_of(&[("a", "0.10.0"), ("b", "0.9.0"), ("c", "0.10.0")], "0.10.0"),
            "cronograph 0.10.0 runs on 2 hosts; behind: 0.9.0 on b."
        );
    }

    #[test]
    fn a_host_ahead_of_the_one_that_renders_is_told() {
        assert_eq!(
            line_of(&[("a", "2.0.0")], "1.0.0"),
            "a: cronograph 2.0.0, newer than the 1.0.0 that made this page, which may not know all that is in the log."
        );
        let many: Vec<(String, &str)> = (0..8).map(|n| (format!("h{n}"), "1.0.0")).collect();
        let mut many: Vec<(&str, &str)> =
            many.iter().map(|(name, version)| (name.as_str(), *version)).collect();
        many.push(("z", "1.1.0"));
        assert_eq!(
            line_of(&many, "1.1.0"),
            "cronograph 1.1.0 runs on 1 host; behind: 1.0.0 on h0, h1, h2, h3, h4 and 3 more."
        );
    }
}
