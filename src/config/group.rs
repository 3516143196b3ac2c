//! `[[group]]` and `[[tag]]`: how the hosts of a fleet are sorted and marked on its pages, by patterns of their names.

use super::field;
use crate::base::glob;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// `[[group]]` or `[[tag]]`: a name, and the hosts that it is for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupConfig {
    /// What pages call it.
    #[serde(deserialize_with = "field::name")]
    pub name: String,
    /// Names of hosts, or patterns of them: `web-*`.
    #[serde(deserialize_with = "hosts")]
    pub hosts: Vec<String>,
}

impl GroupConfig {
    /// Whether a host is one of them.
    pub fn holds(&self, host: &str) -> bool {
        self.hosts.iter().any(|pattern| glob::matches(pattern, host))
    }
}

/// Names or patterns of hosts: at least one.
fn hosts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let hosts = Vec::<String>::deserialize(deserializer)?;
    if hosts.is_empty() {
        return Err(D::Error::custom("must name at least one host, like [\"web-*\"]"));
    }
    let is_none = |host: &&String| {
        let fits = |character: char| character.is_alphanumeric() || "-_.*?".contains(character);
        host.is_empty() || !host.chars().all(fits)
    };
    if let Some(host) = hosts.iter().find(is_none) {
        let shown = host.escape_debug();
        return Err(D::Error::custom(format!(
            "`{shown}` is not the name of a host, like \"db1\" or \"web-*\""
        )));
    }
    Ok(hosts)
}

/// Groups, each under a name of its own.
pub(super) fn groups<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<GroupConfig>, D::Error> {
    distinct_groups(deserializer, "groups")
}

/// Tags, each under a name of its own.
pub(super) fn tags<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<GroupConfig>, D::Error> {
    distinct_groups(deserializer, "tags")
}

fn distinct_groups<'de, D: Deserializer<'de>>(
    deserializer: D,
    what: &str,
) -> Result<Vec<GroupConfig>, D::Error> {
    let all = Vec::<GroupConfig>::deserialize(deserializer)?;
    field::distinct(&all, |group| &group.name, what)?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_pattern_means_hosts() {
        let group =
            GroupConfig { name: "web".to_owned(), hosts: vec!["web-*".to_owned(), "shop".to_owned()] };
        assert!(group.holds("web-1") && group.holds("shop"));
        assert!(!group.holds("shop2") && !group.holds("my-web-1"));
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| toml::from_str::<Config>(text).unwrap_err().message().to_owned();
        let twice = "[[group]]\nname = \"a\"\nhosts = [\"x\"]\n[[group]]\nname = \"a\"\nhosts = [\"y\"]\n";
        assert_eq!(error(twice), "there are two groups of the name `a`");
        assert_eq!(error(&twice.replace("group", "tag")), "there are two tags of the name `a`");
        assert!(error("[[tag]]\nname = \"a\"\nhosts = []\n").starts_with("must name at least one host"));
        assert!(error("[[tag]]\nname = \"a\"\nhosts = [\"a/b\"]\n").starts_with("`a/b` is not the name"));
    }
}
