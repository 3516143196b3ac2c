//! Every value with where it comes from: the list of all keys, and the effective configuration as TOML.

use super::error::place;
use super::secret::SET;
use super::{
    Age, Ask, ChannelConfig, ChannelKind, CheckConfig, Config, Loaded, RetainConfig, RuleConfig, Secret,
    TargetConfig, TrafficConfig, TrafficCount,
};
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

/// Every key of `[retain]`.
fn retain_entries(config: &Config) -> Vec<Entry> {
    let RetainConfig { samples, five_minutes, hours } = config.retain;
    let age = |age: Age| Some(Value::from(age.to_string()));
    vec![("samples", age(samples)), ("five_minutes", age(five_minutes)), ("hours", age(hours))]
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

/// Every key of a `[[target]]`.
fn target_entries(target: &TargetConfig) -> Vec<Entry> {
    let (mut tcp, mut http, mut icmp, mut dns, mut status, mut server) = (None, None, None, None, None, None);
    let text = |text: &str| Some(Value::from(text));
    match &target.ask {
        Ask::Tcp(place) => tcp = text(place),
        Ask::Http { address, status: wanted } => {
            (http, status) = (text(address), wanted.map(|status| i64::from(status).into()));
        }
        Ask::Icmp(host) => icmp = text(host),
        Ask::Dns { name, server: given } => (dns, server) = (text(name), given.as_deref().and_then(text)),
    }
    vec![
        ("name", text(&target.name)),
        ("tcp", tcp),
        ("http", http),
        ("icmp", icmp),
        ("dns", dns),
        ("interval_seconds", Some(i64::from(target.interval_seconds).into())),
        ("timeout_seconds", Some(i64::from(target.timeout_seconds).into())),
        ("status", status),
        ("server", server),
    ]
}

/// A target whose keys matter, not its values.
fn any_target() -> TargetConfig {
    TargetConfig {
        name: String::new(),
        ask: Ask::Tcp(String::new()),
        interval_seconds: 0,
        timeout_seconds: 1,
    }
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

/// Every key of a `[[rule]]`.
fn rule_entries(rule: &RuleConfig) -> Vec<Entry> {
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let span = |span: Option<super::Span>| span.map(|span| Value::from(span.to_string()));
    vec![
        ("name", Some(rule.name.as_str().into())),
        ("host", text(&rule.host)),
        ("when", text(&rule.when)),
        ("critical", text(&rule.critical)),
        ("clear", text(&rule.clear)),
        ("for", span(rule.hold)),
        ("clear_for", span(rule.clear_for)),
        ("severity", rule.severity.and_then(|severity| Value::try_from(severity).ok())),
        ("enabled", rule.enabled.map(Value::from)),
        ("only", rule.only.clone().map(Value::from)),
        ("except", rule.except.clone().map(Value::from)),
        ("resolve", rule.resolve.map(Value::from)),
        ("text", text(&rule.text)),
        ("command", text(&rule.command)),
    ]
}

/// Every key of `[messages]`.
fn messages_entries(config: &Config) -> Vec<Entry> {
    let messages = &config.messages;
    vec![
        ("address", messages.address.as_deref().map(Value::from)),
        ("quiet", messages.quiet.map(|quiet| quiet.to_string().into())),
        ("remind", messages.remind.map(|span| span.to_string().into())),
    ]
}

/// A quota whose keys matter, not its values.
fn any_quota() -> TrafficConfig {
    TrafficConfig { host: None, interface: None, quota_gb: 1.0, count: TrafficCount::Sum, reset_day: 1 }
}

/// Every key of a `[[channel]]`. Of secrets only that they are set.
fn channel_entries(channel: &ChannelConfig) -> Vec<Entry> {
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let list = |list: &[String]| (!list.is_empty()).then(|| Value::from(list.to_vec()));
    let path = |path: &Option<std::path::PathBuf>| {
        path.as_ref().map(|path| Value::from(path.to_string_lossy().into_owned()))
    };
    let secret = |secret: &Option<Secret>| secret.as_ref().map(|_| Value::from(SET));
    let headers: toml::Table = channel.headers.keys().map(|name| (name.clone(), SET.into())).collect();
    vec![
        ("name", Some(channel.name.as_str().into())),
        ("kind", Some(channel.kind.name().into())),
        ("least", Value::try_from(channel.least).ok()),
        ("hosts", list(&channel.hosts)),
        ("to", list(&channel.to)),
        ("from", text(&channel.from)),
        ("smtp", text(&channel.smtp)),
        ("user", text(&channel.user)),
        ("password", secret(&channel.password)),
        ("password_file", path(&channel.password_file)),
        ("ca_file", path(&channel.ca_file)),
        ("url", channel.url.as_ref().map(|url| Value::from(url.shown_address()))),
        ("token", secret(&channel.token)),
        ("secret", secret(&channel.secret)),
        ("chat", text(&channel.chat)),
        ("method", text(&channel.method)),
        ("headers", (!headers.is_empty()).then_some(Value::Table(headers))),
        ("template", path(&channel.template)),
        ("command", list(&channel.command)),
    ]
}

/// A channel whose keys matter, not its values.
fn any_channel() -> ChannelConfig {
    ChannelConfig::new("", ChannelKind::Mail)
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
    } else if has(retain_entries(&config)) {
        Some("under `[retain]`")
    } else if has(top_entries(&config)) {
        Some("at the top, before the first `[table]`")
    } else if has(traffic_entries(&any_quota())) {
        Some("under `[[traffic]]`")
    } else if has(check_entries(&any_check())) {
        Some("under `[[check]]`")
    } else if has(messages_entries(&config)) {
        Some("under `[messages]`")
    } else if has(rule_entries(&RuleConfig::default())) {
        Some("under `[[rule]]`")
    } else if has(channel_entries(&any_channel())) {
        Some("under `[[channel]]`")
    } else if has(target_entries(&any_target())) {
        Some("under `[[target]]`")
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
        self.write_table(&mut page, "[retain]", "retain.", &retain_entries(config));
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
            ("[services]\n", services_entries(&Config::default())),
            ("[[check]]\n", check_entries(&any_check())),
            ("[[target]]\n", target_entries(&any_target())),
            ("[[traffic]]\n", traffic_entries(&any_quota())),
            ("[messages]\n", messages_entries(&Config::default())),
            ("[[rule]]\n", rule_entries(&RuleConfig::default())),
            ("[[channel]]\n", channel_entries(&any_channel())),
        ] {
            let error = toml::from_str::<Config>(&format!("{header}nonsense = 1\n")).unwrap_err();
            let known: Vec<&str> = error.message().split('`').skip(3).step_by(2).collect();
            let listed: Vec<&str> = entries.iter().map(|(key, _)| *key).collect();
            let tables = [
                "sample", "self", "site", "retain", "services", "check", "target", "traffic", "channel",
                "rule", "messages",
            ];
            let known: Vec<&str> = known.into_iter().filter(|key| !tables.contains(key)).collect();
            assert_eq!(listed, known, "in `{header}`");
        }
    }
}
