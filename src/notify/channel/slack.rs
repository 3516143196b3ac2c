//! Slack: an incoming webhook; Mattermost, Rocket.Chat and others take the same.
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>

use super::super::compose::{Composer, Form};
use super::super::error::NotifyError;
use super::super::markup::Markup;
use super::super::notice::Notice;
use super::http::{Request, Service};
use crate::base::refusal::Refusal;
use crate::config::{ChannelConfig, Secret};
use serde_json::{Value, json};

/// Slack's own advice; it takes ten times as much, and folds it.
const MOST_BYTES: usize = 4_000;

pub(super) struct Slack {
    url: Secret,
}

impl Slack {
    pub(super) fn of(config: &ChannelConfig) -> Self {
        Self { url: config.url.clone().unwrap_or_else(|| Secret::new("")) }
    }
}

impl Service for Slack {
    fn requests(&self, notice: &Notice, composer: &Composer, _now: i64) -> Result<Vec<Request>, NotifyError> {
        let form = Form { markup: Markup::Slack, titled: false, bytes: MOST_BYTES };
        let text = composer.short(notice, form)?;
        let body = json!({ "text": text, "unfurl_links": false, "unfurl_media": false });
        Ok(vec![Request::json(self.url.clone(), &body)])
    }

    fn complaint(&self, answer: &Value) -> Option<Refusal> {
        if answer.get("ok").and_then(Value::as_bool) != Some(false) {
            return None;
        }
        let error = answer.get("error").and_then(Value::as_str).unwrap_or("no reason");
        Some(Refusal::lasting(format!("Slack does not take it: {error}")))
    }
}
