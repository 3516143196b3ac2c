//! `[source]`: an engine of metrics from which samples are read, in place of logs that hosts send themselves.

use super::channel::Fault;
use super::{Config, Secret, field, push};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[source]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourceConfig {
    /// The engine, as Prometheus' HTTP API has it below `/api/v1`; none: nothing is read.
    pub prometheus: Option<Secret>,
    /// How many days are read of a host that is not known yet.
    #[serde(deserialize_with = "field::days")]
    pub days: u32,
    /// The name to log in with.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// A token, in place of both.
    pub token: Option<Secret>,
    /// More headers of each request.
    pub headers: BTreeMap<String, Secret>,
}

impl Default for SourceConfig {
    fn default() -> Self {
        Self { prometheus: None, days: 7, user: None, password: None, token: None, headers: BTreeMap::new() }
    }
}

impl SourceConfig {
    /// Whether anybody who reads this table learns what he should not.
    pub fn holds_secrets(&self) -> bool {
        self.password.is_some()
            || self.token.is_some()
            || !self.headers.is_empty()
            || self.prometheus.as_ref().is_some_and(push::is_secret)
    }
}

/// What is wrong with the table, and at which key.
pub(super) fn fault(config: &Config) -> Option<Fault> {
    let source = &config.source;
    let found = |key: &str, message: &str, hint: &str| {
        Some(Fault { key: format!("source.{key}"), message: message.to_owned(), hint: hint.to_owned() })
    };
    if source.prometheus.as_ref().is_some_and(|url| !push::is_address(url)) {
        let hint = "like `prometheus = \"http://127.0.0.1:9090\"`";
        return found("prometheus", "must be an address that begins with https:// or http://", hint);
    }
    push::login_fault("source", &source.user, &source.password, &source.token, &source.headers)
}
