//! Every value with where it comes from: the effective configuration as TOML, and the table in which a key belongs.

use super::entries::{
    Entry, any_channel, any_check, any_group, any_quota, any_target, channel_entries, check_entries,
    group_entries, limits_entries, messages_entries, push_entries, retain_entries, rule_entries,
    sample_entries, self_entries, services_entries, site_entries, source_entries, target_entries,
    top_entries, traffic_entries,
};
use super::error::place;
use super::{Config, Loaded, RuleConfig};
use std::fmt::{self, Write};
use toml::de::DeTable;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag(&'static str),
    /// A variable of the environment.
    Environment(&'static str),
    /// A line of the file.
    File {
        /// The file's path, as text.
        path: String,
        /// The line, from 1.
        line: usize,
    },
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Environment(name) => formatter.write_str(name),
            Self::File { path, line } => write!(formatter, "{path}:{line}"),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// In words, the table that a key belongs to, for someone who wrote it elsewhere.
pub(super) fn table_of(key: &str) -> Option<&'static str> {
    let config = Config::default();
    let has = |entries: Vec<Entry>| entries.iter().any(|(known, _)| *known == key);
    if has(sample_entries(&config)) {
        Some("under `[sample]`")
    } else if has(self_entries(&config)) {
        Some("under `[self]`")
    } else if has(site_entries(&config)) {
        Some("under `[site]`")
    } else if has(services_entries(&config)) {
        Some("under `[services]`")
    } else if has(retain_entries(&config)) {
        Some("under `[retain]`")
    } else if has(limits_entries(&config)) {
        Some("under `[limits]`")
    } else if has(top_entries(&config)) {
        Some("at the top, before the first `[table]`")
    } else if has(traffic_entries(&any_quota())) {
        Some("under `[[traffic]]`")
    } else if has(check_entries(&any_check())) {
        Some("under `[[check]]`")
    } else if has(push_entries(&config)) {
        Some("under `[push]`")
    } else if has(source_entries(&config)) {
        Some("under `[source]`")
    } else if has(messages_entries(&config)) {
        Some("under `[messages]`")
    } else if has(rule_entries(&RuleConfig::default())) {
        Some("under `[[rule]]`")
    } else if has(channel_entries(&any_channel())) {
        Some("under `[[channel]]`")
    } else if has(target_entries(&any_target())) {
        Some("under `[[target]]`")
    } else if has(group_entries(&any_group())) {
        Some("under `[[group]]`")
    } else {
        None
    }
}

impl Loaded {
    /// Where the value of a key comes from: `origin("site.public")`.
    pub fn origin(&self, key: &str) -> Origin {
        if let Some((_, origin)) = self.overrides.iter().find(|(known, _)| *known == key) {
            return origin.clone();
        }
        match self.text.as_deref().and_then(|text| line_of(text, key)) {
            Some(line) => Origin::File { path: self.path.display().to_string(), line },
            None => Origin::Default,
        }
    }

    /// The effective configuration as TOML, each value with a comment that says where it comes from.
    pub fn to_toml(&self) -> String {
        let mut page = String::new();
        let config = &self.config;
        self.write_table(&mut page, "", "", &top_entries(config));
        self.write_table(&mut page, "[sample]", "sample.", &sample_entries(config));
        self.write_table(&mut page, "[self]", "self.", &self_entries(config));
        self.write_table(&mut page, "[site]", "site.", &site_entries(config));
        for (list, groups) in [("group", &config.group), ("tag", &config.tag)] {
            for (index, group) in groups.iter().enumerate() {
                let (header, prefix) = (format!("[[{list}]]"), format!("{list}.{index}."));
                self.write_table(&mut page, &header, &prefix, &group_entries(group));
            }
        }
        self.write_table(&mut page, "[retain]", "retain.", &retain_entries(config));
        self.write_table(&mut page, "[limits]", "limits.", &limits_entries(config));
        self.write_table(&mut page, "[services]", "services.", &services_entries(config));
        for (index, check) in config.check.iter().enumerate() {
            self.write_table(&mut page, "[[check]]", &format!("check.{index}."), &check_entries(check));
        }
        for (index, target) in config.target.iter().enumerate() {
            self.write_table(&mut page, "[[target]]", &format!("target.{index}."), &target_entries(target));
        }
        for (index, traffic) in config.traffic.iter().enumerate() {
            let prefix = format!("traffic.{index}.");
            self.write_table(&mut page, "[[traffic]]", &prefix, &traffic_entries(traffic));
        }
        self.write_table(&mut page, "[push]", "push.", &push_entries(config));
        self.write_table(&mut page, "[source]", "source.", &source_entries(config));
        self.write_table(&mut page, "[messages]", "messages.", &messages_entries(config));
        for (index, rule) in config.rule.iter().enumerate() {
            self.write_table(&mut page, "[[rule]]", &format!("rule.{index}."), &rule_entries(rule));
        }
        for (index, channel) in config.channel.iter().enumerate() {
            let mut entries = channel_entries(channel);
            entries.retain(|(key, _)| channel.kind.has(key));
            self.write_table(&mut page, "[[channel]]", &format!("channel.{index}."), &entries);
        }
        page
    }

    /// One table. A key without a value is a comment: TOML has no word for "none". An entry of a list, of which there may be many,
    /// shows only what it has.
    fn write_table(&self, page: &mut String, header: &str, prefix: &str, entries: &[Entry]) {
        let lines: Vec<(String, String)> = entries
            .iter()
            .filter(|(_, value)| value.is_some() || !header.starts_with("[["))
            .map(|(key, value)| match value {
                Some(value) => {
                    (format!("{key} = {value}"), self.origin(&format!("{prefix}{key}")).to_string())
                }
                None => (format!("# {key} ="), "default: none".to_owned()),
            })
            .collect();
        let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or_default();
        if !header.is_empty() {
            page.push_str(&format!("\n{header}\n"));
        }
        for (line, origin) in lines {
            // Writing to a string cannot fail.
            let _ = writeln!(page, "{line:width$}  # {origin}");
        }
    }
}

/// The line on which a key stands in a file that is known to be valid.
fn line_of(text: &str, key: &str) -> Option<usize> {
    place_of(text, key).map(|(line, _)| line)
}

/// Line and character, from 1, at which a key stands in a file that is known to be valid.
pub(super) fn place_of(text: &str, key: &str) -> Option<(usize, usize)> {
    let table = DeTable::parse(text).ok()?.into_inner();
    let mut parts = key.split('.');
    let first = parts.next()?;
    let (name, mut value) = table.get_key_value(first)?;
    let mut span = name.span();
    for part in parts {
        if let Some(array) = value.get_ref().as_array() {
            value = array.get(part.parse::<usize>().ok()?)?;
        } else {
            let (name, inner) = value.get_ref().as_table()?.get_key_value(part)?;
            span = name.span();
            value = inner;
        }
    }
    let (line, column, _) = place(text, &span);
    Some((line, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_line_of_a_key_in_any_table() {
        let text =
            "lang = \"zh\"\n[site]\n\npublic = true\n[[traffic]]\nquota_gb = 1\n[[traffic]]\nquota_gb = 2\n";
        assert_eq!(line_of(text, "lang"), Some(1));
        assert_eq!(line_of(text, "site.public"), Some(4));
        assert_eq!(line_of(text, "traffic.1.quota_gb"), Some(8));
        assert_eq!(line_of(text, "site.title"), None);
        assert_eq!(line_of(text, "sample.top"), None);
    }

    #[test]
    fn the_lists_here_hold_every_key_that_serde_knows() {
        for (header, entries) in [
            ("", top_entries(&Config::default())),
            ("[sample]\n", sample_entries(&Config::default())),
            ("[site]\n", site_entries(&Config::default())),
            ("[self]\n", self_entries(&Config::default())),
            ("[retain]\n", retain_entries(&Config::default())),
            ("[limits]\n", limits_entries(&Config::default())),
            ("[services]\n", services_entries(&Config::default())),
            ("[[check]]\n", check_entries(&any_check())),
            ("[[target]]\n", target_entries(&any_target())),
            ("[[group]]\n", group_entries(&any_group())),
            ("[[tag]]\n", group_entries(&any_group())),
            ("[[traffic]]\n", traffic_entries(&any_quota())),
            ("[push]\n", push_entries(&Config::default())),
            ("[source]\n", source_entries(&Config::default())),
            ("[messages]\n", messages_entries(&Config::default())),
            ("[[rule]]\n", rule_entries(&RuleConfig::default())),
            ("[[channel]]\n", channel_entries(&any_channel())),
        ] {
            let error = toml::from_str::<Config>(&format!("{header}nonsense = 1\n")).unwrap_err();
            let known: Vec<&str> = error.message().split('`').skip(3).step_by(2).collect();
            let listed: Vec<&str> = entries.iter().map(|(key, _)| *key).collect();
            let tables = [
                "sample", "self", "site", "retain", "limits", "services", "check", "target", "traffic",
                "channel", "rule", "messages", "push", "source", "group", "tag",
            ];
            let known: Vec<&str> = known.into_iter().filter(|key| !tables.contains(key)).collect();
            assert_eq!(listed, known, "in `{header}`");
        }
    }
}
