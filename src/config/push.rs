//! `[push]`: the engine of metrics to which samples are sent, and how it knows us.

use super::Config;
use super::Secret;
use super::channel::Fault;
use crate::base::http::AUTHORIZATION;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[push]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PushConfig {
    /// Where remote write goes; none: nothing is sent.
    pub url: Option<Secret>,
    /// Labels of every series, beside and instead of `instance` and `job`.
    pub labels: BTreeMap<String, String>,
    /// The name to log in with.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// A token, in place of both.
    pub token: Option<Secret>,
    /// More headers of each request.
    pub headers: BTreeMap<String, Secret>,
}

impl PushConfig {
    /// Whether anybody who reads this table learns what he should not.
    pub fn holds_secrets(&self) -> bool {
        self.password.is_some()
            || self.token.is_some()
            || !self.headers.is_empty()
            || self.url.as_ref().is_some_and(is_secret)
    }
}

/// Whether an address has more in it than a place: a login, or a question.
pub(super) fn is_secret(url: &Secret) -> bool {
    url.reveal().contains(['@', '?'])
}

/// Whether a request can be sent there.
pub(super) fn is_address(url: &Secret) -> bool {
    let url = url.reveal();
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && url.chars().all(|letter| letter.is_ascii_graphic())
}

/// What is wrong with the table, and at which key.
pub(super) fn fault(config: &Config) -> Option<Fault> {
    let push = &config.push;
    let found = |key: &str, message: &str, hint: &str| {
        Some(Fault { key: format!("push.{key}"), message: message.to_owned(), hint: hint.to_owned() })
    };
    if let Some(url) = &push.url {
        if !is_address(url) {
            let hint = "like `url = \"http://127.0.0.1:8428/api/v1/write\"`";
            return found("url", "must be an address that begins with https:// or http://", hint);
        }
    }
    let is_label = |name: &str| {
        !name.starts_with("__")
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
    };
    if !push.labels.keys().all(|name| is_label(name)) {
        return found("labels", "these are no labels of Prometheus", "like `labels = { site = \"berlin\" }`");
    }
    login_fault("push", &push.user, &push.password, &push.token, &push.headers)
}

/// What is wrong with how a table logs in, and at which key.
pub(super) fn login_fault(
    table: &str,
    user: &Option<String>,
    password: &Option<Secret>,
    token: &Option<Secret>,
    headers: &BTreeMap<String, Secret>,
) -> Option<Fault> {
    let found = |key: &str, message: &str, hint: &str| {
        Some(Fault { key: format!("{table}.{key}"), message: message.to_owned(), hint: hint.to_owned() })
    };
    if user.is_some() != password.is_some() {
        let key = if user.is_some() { "user" } else { "password" };
        return found(key, "`user` and `password` belong together", "add the other one, or use `token`");
    }
    if token.is_some() && user.is_some() {
        return found("token", "there is a `user`, too", "take one of them out");
    }
    let is_login = |name: &String| name.eq_ignore_ascii_case(AUTHORIZATION);
    if (token.is_some() || user.is_some()) && headers.keys().any(is_login) {
        let key = if token.is_some() { "token" } else { "user" };
        return found(key, "there is a header `Authorization`, too", "take one of them out");
    }
    let is_name = |name: &String| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let is_value = |text: &str| text.chars().all(|letter| letter == ' ' || letter.is_ascii_graphic());
    if token.as_ref().is_some_and(|token| !is_value(token.reveal())) {
        return found("token", "this is no header of HTTP", "a token is one line of plain letters");
    }
    if !headers.iter().all(|(name, value)| is_name(name) && is_value(value.reveal())) {
        let hint = "like `headers = { X-Scope-OrgID = \"…\" }`, without line breaks";
        return found("headers", "this is no header of HTTP", hint);
    }
    None
}
