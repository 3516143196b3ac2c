//! What the user decided. One schema with its defaults beside the fields; knows no collector, chart or transport.

mod channel;
mod entries;
mod error;
mod field;
mod group;
mod keys;
mod load;
mod origin;
mod push;
mod retain;
mod rule;
mod secret;
mod server;
mod services;
mod shown;
mod source;
mod target;

pub use channel::{ChannelConfig, ChannelKind, Least};
pub use error::ConfigError;
pub use group::GroupConfig;
pub use load::{Environment, Flags, Loaded, defaults, load};
pub use origin::Origin;
pub use push::PushConfig;
pub use retain::{Age, RetainConfig};
pub use rule::{MessagesConfig, Quiet, RuleConfig, Severity, Span};
pub use secret::{Secret, Secrets};
pub use server::{Security, Server};
pub use services::ServicesConfig;
pub use source::SourceConfig;
pub use target::{Ask, TargetConfig, server_address};

use crate::base::limits::Limits;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

pub use crate::base::words::Lang;

/// The configuration file, `cronograph.toml`. Every field has a default.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The folder of the logs, one folder a host.
    #[serde(deserialize_with = "field::absolute")]
    pub data: PathBuf,
    /// The folder of the generated pages.
    #[serde(deserialize_with = "field::absolute")]
    pub out: PathBuf,
    /// This host's name in the data folder; empty: the kernel's.
    pub host: String,
    /// The zone of times on pages, `Europe/Berlin`; empty: the system's.
    pub time_zone: String,
    /// The language of pages and messages.
    pub lang: Lang,
    /// What `cronograph sample` reads.
    pub sample: SampleConfig,
    /// How cronograph watches itself.
    #[serde(rename = "self")]
    pub own: SelfConfig,
    /// What `cronograph site` shows.
    pub site: SiteConfig,
    /// How the page of all hosts is divided: a host is in the first group that it fits.
    #[serde(deserialize_with = "group::groups")]
    pub group: Vec<GroupConfig>,
    /// What hosts are marked with on pages: a host has every tag that it fits.
    #[serde(deserialize_with = "group::tags")]
    pub tag: Vec<GroupConfig>,
    /// How long samples and rollups are kept.
    pub retain: RetainConfig,
    /// Limits of one host's log in a run.
    pub limits: Limits,
    /// Which services are watched.
    pub services: ServicesConfig,
    /// Commands that `cronograph sample` runs.
    #[serde(deserialize_with = "field::checks")]
    pub check: Vec<CheckConfig>,
    /// What `cronograph sample` asks whether it answers.
    #[serde(deserialize_with = "target::targets")]
    pub target: Vec<TargetConfig>,
    /// Traffic quotas.
    pub traffic: Vec<TrafficConfig>,
    /// The engine of metrics to which samples are sent.
    pub push: PushConfig,
    /// The engine of metrics from which samples are read.
    pub source: SourceConfig,
    /// What the user wants to be told of, beside and instead of the built-in rules.
    pub rule: Vec<RuleConfig>,
    /// When messages are sent, and what is in them.
    pub messages: MessagesConfig,
    /// Where messages go.
    pub channel: Vec<ChannelConfig>,
}

/// `[sample]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SampleConfig {
    /// How many processes by memory, and how many by CPU.
    #[serde(deserialize_with = "field::rows")]
    pub top: usize,
    /// Keep command lines of the top processes; they may hold secrets.
    pub command_lines: bool,
    /// How many control groups and slab caches.
    #[serde(deserialize_with = "field::rows")]
    pub groups: usize,
    /// Seconds between readings of dear sources.
    #[serde(deserialize_with = "field::seconds")]
    pub slow_interval_seconds: u32,
}

/// `[self]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SelfConfig {
    /// No longer run a collector or a check that leaks memory.
    pub stop_leaking_collectors: bool,
}

/// `[[check]]`: a command that `sample` runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckConfig {
    /// Its name in the log.
    #[serde(deserialize_with = "field::name")]
    pub name: String,
    /// The program and its arguments.
    #[serde(deserialize_with = "field::command")]
    pub command: Vec<String>,
    /// How often it is run.
    #[serde(default = "five_minutes", deserialize_with = "field::seconds")]
    pub interval_seconds: u32,
    /// After how long it is killed.
    #[serde(default = "ten_seconds", deserialize_with = "field::timeout")]
    pub timeout_seconds: u32,
}

fn five_minutes() -> u32 {
    300
}

fn ten_seconds() -> u32 {
    10
}

/// `[site]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiteConfig {
    /// Leave out addresses, user and process names, mount paths: the page can be shown to anyone.
    pub public: bool,
    /// The title of the fleet page.
    pub title: String,
    /// Seconds after which an open page loads itself again; 0: never.
    #[serde(deserialize_with = "field::seconds")]
    pub refresh_seconds: u32,
    /// A folder whose templates replace the built-in ones of the same name.
    #[serde(deserialize_with = "field::optional_absolute")]
    pub templates: Option<PathBuf>,
    /// A style sheet that replaces the built-in one.
    #[serde(deserialize_with = "field::optional_absolute")]
    pub style: Option<PathBuf>,
}

/// `[[traffic]]`: a quota of a month's traffic.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrafficConfig {
    /// The host it is for; absent: every host.
    pub host: Option<String>,
    /// The interface; absent: all together.
    pub interface: Option<String>,
    /// Gigabytes (10^9 bytes) a month.
    #[serde(deserialize_with = "field::positive")]
    pub quota_gb: f64,
    /// What counts: `sum`, `out`, `in` or `max` of both.
    #[serde(default)]
    pub count: TrafficCount,
    /// The day of the month on which the provider starts anew.
    #[serde(default = "first_day", deserialize_with = "field::day_of_month")]
    pub reset_day: u8,
}

/// Which direction counts against a quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TrafficCount {
    /// Received and sent together.
    #[default]
    Sum,
    /// Sent.
    Out,
    /// Received.
    In,
    /// The larger of both.
    Max,
}

fn first_day() -> u8 {
    1
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("/var/lib/cronograph"),
            out: PathBuf::from("/var/www/cronograph"),
            host: String::new(),
            time_zone: String::new(),
            lang: Lang::En,
            sample: SampleConfig::default(),
            own: SelfConfig::default(),
            site: SiteConfig::default(),
            group: Vec::new(),
            tag: Vec::new(),
            retain: RetainConfig::default(),
            limits: Limits::default(),
            services: ServicesConfig::default(),
            check: Vec::new(),
            target: Vec::new(),
            traffic: Vec::new(),
            push: PushConfig::default(),
            source: SourceConfig::default(),
            rule: Vec::new(),
            messages: MessagesConfig::default(),
            channel: Vec::new(),
        }
    }
}

impl Default for SampleConfig {
    fn default() -> Self {
        Self { top: 5, command_lines: false, groups: 10, slow_interval_seconds: 300 }
    }
}

impl Default for SelfConfig {
    fn default() -> Self {
        Self { stop_leaking_collectors: true }
    }
}

impl Default for SiteConfig {
    fn default() -> Self {
        Self {
            public: false,
            title: "cronograph".to_owned(),
            refresh_seconds: 60,
            templates: None,
            style: None,
        }
    }
}
