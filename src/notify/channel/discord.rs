//! Discord: a webhook of a channel. <https://docs.discord.com/developers/resources/webhook#execute-webhook>

use super::super::compose::{Composer, Form};
use super::super::error::NotifyError;
use super::super::markup::Markup;
use super::super::notice::Notice;
use super::super::view::cut;
use super::http::{Request, Service};
use crate::analysis::Level;
use crate::config::{ChannelConfig, Secret};
use serde_json::{Value, json};

/// Of an embed's description.
const MOST_BYTES: usize = 4_000;
/// Of an embed's title Discord takes 256 letters, and each may get a backslash.
const TITLE_CHARACTERS: usize = 128;

pub(super) struct Discord {
    url: Secret,
}

impl Discord {
    pub(super) fn of(config: &ChannelConfig) -> Self {
        Self { url: config.url.clone().unwrap_or_else(|| Secret::new("")) }
    }
}

impl Service for Discord {
    fn requests(&self, notice: &Notice, composer: &Composer, _now: i64) -> Result<Vec<Request>, NotifyError> {
        let form = Form { markup: Markup::Markdown, titled: true, bytes: MOST_BYTES };
        let colour = match notice.level() {
            Level::Critical => 0x00d1_332e,
            Level::Warning => 0x00d9_9000,
            Level::Silent | Level::Ok => 0x0059_636e,
        };
        let mut embed = json!({
            "title": Markup::Markdown.escape(&cut(&composer.subject(notice), TITLE_CHARACTERS)),
            "description": composer.short(notice, form)?,
            "color": colour,
        });
        if let Some(link) = Composer::link(notice) {
            embed["url"] = Value::from(link);
        }
        // A foreign name must not call everybody.
        let body = json!({ "embeds": [embed], "allowed_mentions": { "parse": [] } });
        Ok(vec![Request::json(self.url.clone(), &body)])
    }
}
