//! Gotify: a server of one's own that pushes to telephones. <https://gotify.net/docs/pushmsg>

use super::super::compose::{Composer, Form};
use super::super::error::NotifyError;
use super::super::markup::Markup;
use super::super::notice::Notice;
use super::http::{Request, Service, base};
use crate::analysis::Level;
use crate::config::{ChannelConfig, Secret};
use serde_json::json;

/// There is no limit but patience.
const MOST_BYTES: usize = 8_000;

pub(super) struct Gotify {
    url: Secret,
    token: Secret,
}

impl Gotify {
    pub(super) fn of(config: &ChannelConfig) -> Self {
        Self {
            url: Secret::new(format!("{}/message", base(&config.url))),
            token: config.token.clone().unwrap_or_else(|| Secret::new("")),
        }
    }
}

impl Service for Gotify {
    fn requests(&self, notice: &Notice, composer: &Composer, _now: i64) -> Result<Vec<Request>, NotifyError> {
        // From 8 on a telephone makes a noise, from 4 on it shows it at once.
        let priority = match notice.level() {
            Level::Critical => 8,
            Level::Silent => 7,
            Level::Warning => 5,
            Level::Ok => 2,
        };
        let form = Form { markup: Markup::Markdown, titled: true, bytes: MOST_BYTES };
        let mut extras = json!({ "client::display": { "contentType": "text/markdown" } });
        if let Some(link) = Composer::link(notice) {
            extras["client::notification"] = json!({ "click": { "url": link } });
        }
        let body = json!({
            "title": composer.subject(notice),
            // A line break alone is a space in Markdown.
            "message": composer.short(notice, form)?.replace('\n', "  \n"),
            "priority": priority,
            "extras": extras,
        });
        let request = Request::json(self.url.clone(), &body);
        Ok(vec![request.header("X-Gotify-Key", self.token.reveal())])
    }
}
