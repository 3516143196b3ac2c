//! Feishu (Lark): a group's bot. Rich text whose parts are plain, so that a foreign name cannot mention anybody.
//! <https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot>

use super::super::compose::{Composer, Form};
use super::super::error::NotifyError;
use super::super::notice::Notice;
use super::http::{Request, Service};
use super::signature;
use crate::base::refusal::{Again, Refusal};
use crate::config::{ChannelConfig, Secret};
use serde_json::{Value, json};

/// A request may have 20 KiB.
const MOST_BYTES: usize = 8_000;
/// `code` of an answer: too many messages.
const TOO_MANY: [i64; 2] = [9_499, 11_232];

pub(super) struct Feishu {
    url: Secret,
    secret: Option<Secret>,
}

impl Feishu {
    pub(super) fn of(config: &ChannelConfig) -> Self {
        Self { url: config.url.clone().unwrap_or_else(|| Secret::new("")), secret: config.secret.clone() }
    }
}

impl Service for Feishu {
    fn requests(&self, notice: &Notice, composer: &Composer, now: i64) -> Result<Vec<Request>, NotifyError> {
        let text = composer.short(notice, Form { titled: true, bytes: MOST_BYTES, ..Form::PLAIN })?;
        let paragraph = |line: &str| match line.strip_prefix("http") {
            Some(_) => json!([{ "tag": "a", "text": line, "href": line }]),
            None => json!([{ "tag": "text", "text": line }]),
        };
        let content: Vec<Value> = text.lines().map(paragraph).collect();
        let mut body = json!({
            "msg_type": "post",
            "content": { "post": { "zh_cn": { "title": composer.subject(notice), "content": content } } },
        });
        if let Some(secret) = &self.secret {
            // The text that is signed is empty, the key is time and secret.
            let key = format!("{now}\n{}", secret.reveal());
            body["timestamp"] = Value::from(now.to_string());
            body["sign"] = Value::from(signature::of(&key, ""));
        }
        Ok(vec![Request::json(self.url.clone(), &body)])
    }

    fn complaint(&self, answer: &Value) -> Option<Refusal> {
        // The old form of an answer has `StatusCode`.
        let code = answer.get("code").or_else(|| answer.get("StatusCode"))?.as_i64()?;
        let message = answer.get("msg").and_then(Value::as_str).unwrap_or("no reason");
        let again = if TOO_MANY.contains(&code) { Again::Soon } else { Again::Mended };
        (code != 0).then(|| Refusal { reason: format!("Feishu does not take it: {code} {message}"), again })
    }
}
