//! How the hosts are sorted and marked: groups and tags of the configuration, and the names of the pages that list them. A host is
//! in the first group that it fits; those that fit none are the others, which there are only beside groups.

use super::host_view::HostView;
use super::model::Link;
use crate::base::escape::address;
use crate::config::GroupConfig;

/// From more hosts on than this, the page of all hosts lists none: each group has pages of its own, or all hosts have.
pub(crate) const MOST_ON_FIRST: usize = 100;

/// The groups and tags of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grouping {
    groups: Vec<GroupConfig>,
    /// What pages and anchors of each group begin with.
    slugs: Vec<String>,
    tags: Vec<GroupConfig>,
    /// There are too many hosts for one page.
    pub is_paged: bool,
}

/// Hosts that stand together, by name.
#[derive(Clone, Debug)]
pub(crate) struct Section<'a> {
    /// Name of the group; none where there are no groups, or of the others.
    pub group: Option<&'a str>,
    /// What its pages begin with, and its anchor.
    pub slug: &'a str,
    /// Its hosts; never empty.
    pub hosts: Vec<&'a HostView>,
}

impl Grouping {
    /// Of the configuration, for so many hosts.
    pub(crate) fn new(groups: &[GroupConfig], tags: &[GroupConfig], hosts: usize) -> Self {
        let mut slugs: Vec<String> = Vec::new();
        for group in groups {
            let mut slug = slug(&group.name);
            while slugs.contains(&slug) {
                slug.push('_');
            }
            slugs.push(slug);
        }
        Self { groups: groups.to_vec(), slugs, tags: tags.to_vec(), is_paged: hosts > MOST_ON_FIRST }
    }

    /// Whether there are groups at all.
    pub(crate) fn has_groups(&self) -> bool {
        !self.groups.is_empty()
    }

    fn index(&self, host: &str) -> Option<usize> {
        self.groups.iter().position(|group| group.holds(host))
    }

    /// The group of a host.
    pub(crate) fn group(&self, host: &str) -> Option<&str> {
        Some(&self.groups.get(self.index(host)?)?.name)
    }

    /// Where the host's group is shown, seen from the output folder.
    pub(crate) fn group_address(&self, host: &str) -> Option<String> {
        let slug = self.slugs.get(self.index(host)?)?;
        Some(if self.is_paged {
            address(&sheet_name(slug, 1))
        } else {
            format!("index.html#{}", address(slug))
        })
    }

    /// The same as a link, on a page from which `root` leads to the output folder; none where the host has no group.
    pub(crate) fn link(&self, host: &str, root: &str) -> Option<Link> {
        let label = self.group(host)?.to_owned();
        Some(Link { label, href: format!("{root}{}", self.group_address(host)?) })
    }

    /// The tags of a host, as they are written.
    pub(crate) fn tags(&self, host: &str) -> Vec<&str> {
        self.tags.iter().filter(|tag| tag.holds(host)).map(|tag| tag.name.as_str()).collect()
    }

    /// The hosts (which come by name) by group, the others last; one section of all where there are no groups.
    pub(crate) fn sections<'a>(&'a self, hosts: &'a [HostView]) -> Vec<Section<'a>> {
        let others = self.groups.len();
        let mut members: Vec<Vec<&HostView>> = vec![Vec::new(); others + 1];
        for host in hosts {
            members[self.index(&host.name).unwrap_or(others)].push(host);
        }
        let section = |(index, hosts): (usize, Vec<&'a HostView>)| Section {
            group: self.groups.get(index).map(|group| group.name.as_str()),
            slug: self
                .slugs
                .get(index)
                .map_or(if self.has_groups() { "others" } else { "hosts" }, |slug| slug),
            hosts,
        };
        members.into_iter().enumerate().filter(|(_, hosts)| !hosts.is_empty()).map(section).collect()
    }
}

/// The file of a section's page, from 1. A group's name has no dot in it any more, so that no two pages can meet; no host may have
/// a name that ends so.
pub(crate) fn sheet_name(slug: &str, number: usize) -> String {
    if number == 1 { format!("{slug}.html") } else { format!("{slug}.{number}.html") }
}

/// A name as a part of a file's name.
fn slug(name: &str) -> String {
    let plain = |character: char| if character.is_alphanumeric() { character } else { '-' };
    format!("group-{}", name.chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Lang;
    use crate::site::scene::Scene;

    fn named(name: &str, hosts: &[&str]) -> GroupConfig {
        GroupConfig { name: name.to_owned(), hosts: hosts.iter().map(|host| (*host).to_owned()).collect() }
    }

    fn hosts(names: &[&str]) -> Vec<HostView> {
        let scene = Scene { lang: Lang::En, zone: jiff::tz::TimeZone::UTC, public: false, now: 0 };
        names.iter().map(|name| HostView::unknown(name, &scene, String::new())).collect()
    }

    #[test]
    fn a_host_is_in_the_first_group_that_it_fits() {
        let groups = [named("shop", &["web-9"]), named("web", &["web-*"]), named("empty", &["x"])];
        let tags = [named("prod", &["*-1", "web-9"]), named("old", &["web-*"])];
        let grouping = Grouping::new(&groups, &tags, 4);
        let hosts = hosts(&["db-1", "mail", "web-1", "web-9"]);
        let sections = grouping.sections(&hosts);
        let shown: Vec<(Option<&str>, &str, Vec<&str>)> = sections
            .iter()
            .map(|section| {
                (section.group, section.slug, section.hosts.iter().map(|host| host.name.as_str()).collect())
            })
            .collect();
        assert_eq!(
            shown,
            [
                (Some("shop"), "group-shop", vec!["web-9"]),
                (Some("web"), "group-web", vec!["web-1"]),
                (None, "others", vec!["db-1", "mail"]),
            ]
        );
        assert_eq!((grouping.tags("web-9"), grouping.tags("mail")), (vec!["prod", "old"], vec![]));
        assert_eq!(grouping.group_address("web-1").as_deref(), Some("index.html#group-web"));
        assert_eq!(grouping.group_address("mail"), None);
    }

    #[test]
    fn without_groups_there_are_no_others() {
        let hosts = hosts(&["a", "b"]);
        let grouping = Grouping::default();
        let sections = grouping.sections(&hosts);
        assert_eq!((sections.len(), sections[0].slug, sections[0].group), (1, "hosts", None));
    }

    #[test]
    fn no_two_groups_share_a_page() {
        let groups = [named("a b", &["1"]), named("a-b", &["2"]), named("a.2", &["3"])];
        let grouping = Grouping::new(&groups, &[], 101);
        assert_eq!(grouping.slugs, ["group-a-b", "group-a-b_", "group-a-2"]);
        assert_eq!(grouping.group_address("2").as_deref(), Some("group-a-b_.html"));
        assert_eq!(
            (sheet_name("hosts", 1), sheet_name("hosts", 2)),
            ("hosts.html".into(), "hosts.2.html".into())
        );
    }
}
