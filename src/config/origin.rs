//! Every value with where it comes from: the list of all keys, and the effective configuration as TOML.

use super::error::place;
use super::{CheckConfig, Config, Loaded, TrafficConfig, TrafficCount};
use std::fmt::{self, Write};
use toml::Value;
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

/// A key of a table, and its value if it has one.
type Entry = (&'static str, Option<Value>);

/// Every key outside tables.
fn top_entries(config: &Config) -> Vec<Entry> {
    let path = |path: &std::path::Path| Some(Value::from(path.to_string_lossy().into_owned()));
    vec![
        ("data", path(&config.data)),
        ("out", path(&config.out)),
        ("host", Some(config.host.as_str().into())),
        ("time_zone", Some(config.time_zone.as_str().into())),
        ("lang", Value::try_from(config.lang).ok()),
    ]
}

/// Every key of `[sample]`.
fn sample_entries(config: &Config) -> Vec<Entry> {
    let sample = &config.sample;
    vec![
        ("top", number(sample.top)),
        ("command_lines", Some(sample.command_lines.into())),
        ("groups", number(sample.groups)),
        ("slow_interval_seconds", Some(i64::from(sample.slow_interval_seconds).into())),
    ]
}

/// Every key of `[self]`.
fn self_entries(config: &Config) -> Vec<Entry> {
    vec![("stop_leaking_collectors", Some(config.own.stop_leaking_collectors.into()))]
}

/// Every key of `[services]`.
fn services_entries(config: &Config) -> Vec<Entry> {
    let services = &config.services;
    vec![
        ("also", Some(services.also.clone().into())),
        ("ignore", Some(services.ignore.clone().into())),
        ("ask_systemd", Some(services.ask_systemd.into())),
    ]
}

/// Every key of a `[[check]]`.
fn check_entries(check: &CheckConfig) -> Vec<Entry> {
    vec![
        ("name", Some(check.name.as_str().into())),
        ("command", Some(check.command.clone().into())),
        ("interval_seconds", Some(i64::from(check.interval_seconds).into())),
        ("timeout_seconds", Some(i64::from(check.timeout_seconds).into())),
    ]
}

/// A check whose keys matter, not its values.
fn any_check() -> CheckConfig {
    CheckConfig { name: String::new(), command: Vec::new(), interval_seconds: 0, timeout_seconds: 1 }
}

/// Every key of `[site]`.
fn site_entries(config: &Config) -> Vec<Entry> {
    let site = &config.site;
    let path = |path: &std::path::PathBuf| Value::from(path.to_string_lossy().into_owned());
    vec![
        ("public", Some(site.public.into())),
        ("title", Some(site.title.as_str().into())),
        ("refresh_seconds", Some(i64::from(site.refresh_seconds).into())),
        ("templates", site.templates.as_ref().map(path)),
        ("style", site.style.as_ref().map(path)),
    ]
}

/// Every key of a `[[traffic]]`.
fn traffic_entries(traffic: &TrafficConfig) -> Vec<Entry> {
    vec![
        ("host", traffic.host.as_deref().map(Value::from)),
        ("interface", traffic.interface.as_deref().map(Value::from)),
        ("quota_gb", Some(traffic.quota_gb.into())),
        ("count", Value::try_from(traffic.count).ok()),
        ("reset_day", Some(i64::from(traffic.reset_day).into())),
    ]
}

/// A quota whose keys matter, not its values.
fn any_quota() -> TrafficConfig {
    TrafficConfig { host: None, interface: None, quota_gb: 1.0, count: TrafficCount::Sum, reset_day: 1 }
}

fn number(value: usize) -> Option<Value> {
    i64::try_from(value).ok().map(Value::from)
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
    } else if has(top_entries(&config)) {
        Some("at the top, before the first `[table]`")
    } else if has(traffic_entries(&any_quota())) {
        Some("under `[[traffic]]`")
    } else if has(check_entries(&any_check())) {
        Some("under `[[check]]`")
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
        self.write_table(&mut page, "[services]", "services.", &services_entries(config));
        for (index, check) in config.check.iter().enumerate() {
            self.write_table(&mut page, "[[check]]", &format!("check.{index}."), &check_entries(check));
        }
        for (index, traffic) in config.traffic.iter().enumerate() {
            let prefix = format!("traffic.{index}.");
            self.write_table(&mut page, "[[traffic]]", &prefix, &traffic_entries(traffic));
        }
        page
    }

    /// One table. A key without a value is a comment: TOML has no word for "none".
    fn write_table(&self, page: &mut String, header: &str, prefix: &str, entries: &[Entry]) {
        let lines: Vec<(String, String)> = entries
            .iter()
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
    Some(place(text, &span).0)
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
            ("[services]\n", services_entries(&Config::default())),
            ("[[check]]\n", check_entries(&any_check())),
            ("[[traffic]]\n", traffic_entries(&any_quota())),
        ] {
            let error = toml::from_str::<Config>(&format!("{header}nonsense = 1\n")).unwrap_err();
            let known: Vec<&str> = error.message().split('`').skip(3).step_by(2).collect();
            let listed: Vec<&str> = entries.iter().map(|(key, _)| *key).collect();
            let tables = ["sample", "self", "site", "services", "check", "traffic"];
            let known: Vec<&str> = known.into_iter().filter(|key| !tables.contains(key)).collect();
            assert_eq!(listed, known, "in `{header}`");
        }
    }
}
