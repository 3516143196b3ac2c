//! Telegram: a message of a bot to a chat. <https://core.telegram.org/bots/api#sendmessage>

use super::super::compose::{Composer, Form};
use super::super::error::NotifyError;
use super::super::markup::Markup;
use super::super::notice::Notice;
use super::http::{Request, Service, base};
use crate::analysis::Level;
use crate::base::refusal::Refusal;
use crate::config::{ChannelConfig, Secret};
use serde_json::{Value, json};

/// A message has at most 4096 letters.
const MOST_BYTES: usize = 4_000;
const SERVER: &str = "https://api.telegram.org";

pub(super) struct Telegram {
    url: Secret,
    chat: String,
}

impl Telegram {
    pub(super) fn of(config: &ChannelConfig) -> Self {
        let server = if config.url.is_some() { base(&config.url) } else { SERVER.to_owned() };
        let token = config.token.as_ref().map_or("", |token| token.reveal());
        Self {
            url: Secret::new(format!("{server}/bot{token}/sendMessage")),
            chat: config.chat.clone().unwrap_or_default(),
        }
    }
}

impl Service for Telegram {
    fn requests(&self, notice: &Notice, composer: &Composer, _now: i64) -> Result<Vec<Request>, NotifyError> {
        let form = Form { markup: Markup::Telegram, titled: false, bytes: MOST_BYTES };
        let body = json!({
            "chat_id": self.chat,
            "text": composer.short(notice, form)?,
            "parse_mode": "HTML",
            "link_preview_options": { "is_disabled": true },
            "disable_notification": notice.level() == Level::Ok,
        });
        Ok(vec![Request::json(self.url.clone(), &body)])
    }

    fn complaint(&self, answer: &Value) -> Option<Refusal> {
        if answer.get("ok").and_then(Value::as_bool) != Some(false) {
            return None;
        }
        let error = answer.get("description").and_then(Value::as_str).unwrap_or("no reason");
        Some(Refusal::lasting(format!("Telegram does not take it: {error}")))
    }
}
