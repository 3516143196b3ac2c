//! The list of all keys of the configuration, each with its value: what `cronograph config` prints, and what a mistake is compared
//! with.

use super::secret::SET;
use super::{
    Age, Ask, ChannelConfig, ChannelKind, CheckConfig, Config, GroupConfig, RetainConfig, RuleConfig, Secret,
    TargetConfig, TrafficConfig, TrafficCount, push,
};
use crate::base::limits::Limits;
use toml::Value;

/// A key of a table, and its value if it has one.
pub(super) type Entry = (&'static str, Option<Value>);

/// Every key outside tables.
pub(super) fn top_entries(config: &Config) -> Vec<Entry> {
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
pub(super) fn sample_entries(config: &Config) -> Vec<Entry> {
    let sample = &config.sample;
    vec![
        ("top", number(sample.top)),
        ("command_lines", Some(sample.command_lines.into())),
        ("groups", number(sample.groups)),
        ("slow_interval_seconds", Some(i64::from(sample.slow_interval_seconds).into())),
    ]
}

/// Every key of `[self]`.
pub(super) fn self_entries(config: &Config) -> Vec<Entry> {
    vec![("stop_leaking_collectors", Some(config.own.stop_leaking_collectors.into()))]
}

/// Every key of `[retain]`.
pub(super) fn retain_entries(config: &Config) -> Vec<Entry> {
    let RetainConfig { samples, five_minutes, hours } = config.retain;
    let age = |age: Age| Some(Value::from(age.to_string()));
    vec![("samples", age(samples)), ("five_minutes", age(five_minutes)), ("hours", age(hours))]
}

/// Every key of `[limits]`.
pub(super) fn limits_entries(config: &Config) -> Vec<Entry> {
    let Limits { days, file_bytes, lines, numbers, cpu_seconds } = config.limits;
    let whole = |value: u64| i64::try_from(value).ok().map(Value::from);
    vec![
        ("days", number(days)),
        ("file_bytes", whole(file_bytes)),
        ("lines", whole(lines)),
        ("numbers", number(numbers)),
        ("cpu_seconds", whole(cpu_seconds)),
    ]
}

/// Every key of `[services]`.
pub(super) fn services_entries(config: &Config) -> Vec<Entry> {
    let services = &config.services;
    vec![
        ("also", Some(services.also.clone().into())),
        ("ignore", Some(services.ignore.clone().into())),
        ("ask_systemd", Some(services.ask_systemd.into())),
    ]
}

/// Every key of a `[[check]]`.
pub(super) fn check_entries(check: &CheckConfig) -> Vec<Entry> {
    vec![
        ("name", Some(check.name.as_str().into())),
        ("command", Some(check.command.clone().into())),
        ("interval_seconds", Some(i64::from(check.interval_seconds).into())),
        ("timeout_seconds", Some(i64::from(check.timeout_seconds).into())),
    ]
}

/// A check whose keys matter, not its values.
pub(super) fn any_check() -> CheckConfig {
    CheckConfig { name: String::new(), command: Vec::new(), interval_seconds: 0, timeout_seconds: 1 }
}

/// Every key of a `[[target]]`.
pub(super) fn target_entries(target: &TargetConfig) -> Vec<Entry> {
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
pub(super) fn any_target() -> TargetConfig {
    TargetConfig {
        name: String::new(),
        ask: Ask::Tcp(String::new()),
        interval_seconds: 0,
        timeout_seconds: 1,
    }
}

/// Every key of `[site]`.
pub(super) fn site_entries(config: &Config) -> Vec<Entry> {
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

/// Every key of a `[[group]]` and of a `[[tag]]`.
pub(super) fn group_entries(group: &GroupConfig) -> Vec<Entry> {
    vec![("name", Some(group.name.as_str().into())), ("hosts", Some(group.hosts.clone().into()))]
}

/// A group whose keys matter, not its values.
pub(super) fn any_group() -> GroupConfig {
    GroupConfig { name: String::new(), hosts: Vec::new() }
}

/// Every key of a `[[traffic]]`.
pub(super) fn traffic_entries(traffic: &TrafficConfig) -> Vec<Entry> {
    vec![
        ("host", traffic.host.as_deref().map(Value::from)),
        ("interface", traffic.interface.as_deref().map(Value::from)),
        ("quota_gb", Some(traffic.quota_gb.into())),
        ("count", Value::try_from(traffic.count).ok()),
        ("reset_day", Some(i64::from(traffic.reset_day).into())),
    ]
}

/// Every key of a `[[rule]]`.
pub(super) fn rule_entries(rule: &RuleConfig) -> Vec<Entry> {
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
pub(super) fn messages_entries(config: &Config) -> Vec<Entry> {
    let messages = &config.messages;
    vec![
        ("address", messages.address.as_deref().map(Value::from)),
        ("quiet", messages.quiet.map(|quiet| quiet.to_string().into())),
        ("remind", messages.remind.map(|span| span.to_string().into())),
    ]
}

/// A quota whose keys matter, not its values.
pub(super) fn any_quota() -> TrafficConfig {
    TrafficConfig { host: None, interface: None, quota_gb: 1.0, count: TrafficCount::Sum, reset_day: 1 }
}

/// Every key of a `[[channel]]`. Of secrets only that they are set.
pub(super) fn channel_entries(channel: &ChannelConfig) -> Vec<Entry> {
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
pub(super) fn any_channel() -> ChannelConfig {
    ChannelConfig::new("", ChannelKind::Mail)
}

fn number(value: usize) -> Option<Value> {
    i64::try_from(value).ok().map(Value::from)
}

/// Every key of `[source]`. Of secrets only that they are set.
pub(super) fn source_entries(config: &Config) -> Vec<Entry> {
    let source = &config.source;
    let secret = |secret: &Option<Secret>| secret.as_ref().map(|_| Value::from(SET));
    vec![
        ("prometheus", source.prometheus.as_ref().map(address)),
        ("days", Some(i64::from(source.days).into())),
        ("user", source.user.as_deref().map(Value::from)),
        ("password", secret(&source.password)),
        ("token", secret(&source.token)),
        ("headers", table(source.headers.keys().map(|name| (name.clone(), SET.into())).collect())),
    ]
}

/// A table in one line; none where it is empty.
fn table(table: toml::Table) -> Option<Value> {
    (!table.is_empty()).then_some(Value::Table(table))
}

/// An address, without what may be a secret in it.
fn address(url: &Secret) -> Value {
    match push::is_secret(url) {
        true => Value::from(url.shown_address()),
        false => Value::from(url.reveal()),
    }
}

/// Every key of `[push]`. Of secrets only that they are set.
pub(super) fn push_entries(config: &Config) -> Vec<Entry> {
    let push = &config.push;
    let secret = |secret: &Option<Secret>| secret.as_ref().map(|_| Value::from(SET));
    vec![
        ("url", push.url.as_ref().map(address)),
        (
            "labels",
            table(push.labels.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect()),
        ),
        ("user", push.user.as_deref().map(Value::from)),
        ("password", secret(&push.password)),
        ("token", secret(&push.token)),
        ("headers", table(push.headers.keys().map(|name| (name.clone(), SET.into())).collect())),
    ]
}
