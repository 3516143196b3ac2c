//! Any HTTP server: the notice as JSON, or what a template of the user's makes of it.

use super::super::compose::Composer;
use super::super::error::NotifyError;
use super::super::json;
use super::super::notice::Notice;
use super::http::{Request, Service};
use crate::config::{ChannelConfig, Secret};
use std::path::PathBuf;

pub(super) struct Webhook {
    method: String,
    url: Secret,
    headers: Vec<(String, Secret)>,
    template: Option<PathBuf>,
}

impl Webhook {
    pub(super) fn of(config: &ChannelConfig) -> Self {
        let mut headers: Vec<(String, Secret)> =
            config.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            let path = config.template.as_ref().map_or("json".into(), |path| path.to_string_lossy());
            let kind = if path.ends_with("json") { "application/json" } else { "text/plain" };
            headers.push(("Content-Type".to_owned(), Secret::new(format!("{kind}; charset=utf-8"))));
        }
        Self {
            method: config.method.clone().unwrap_or_else(|| "POST".to_owned()),
            url: config.url.clone().unwrap_or_else(|| Secret::new("")),
            headers,
            template: config.template.clone(),
        }
    }
}

impl Service for Webhook {
    fn requests(&self, notice: &Notice, composer: &Composer, _now: i64) -> Result<Vec<Request>, NotifyError> {
        let body = match &self.template {
            Some(path) => composer.render_file(path, notice)?.into_bytes(),
            None => json::of(notice, composer)?,
        };
        let (method, url) = (self.method.clone(), self.url.clone());
        Ok(vec![Request { method, url, headers: self.headers.clone(), body }])
    }
}
