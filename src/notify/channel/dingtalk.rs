//! DingTalk: a group's bot. Plain text: its Markdown has no way to show a foreign name as it is.
//! <https://open.dingtalk.com/document/robots/custom-robot-access>

use super::super::compose::{Composer, Form};
use super::super::error::NotifyError;
use super::super::notice::Notice;
use super::http::{Request, Service};
use super::signature;
use crate::base::escape;
use crate::base::refusal::{Again, Refusal};
use crate::config::{ChannelConfig, Secret};
use serde_json::{Value, json};

/// A request may have 20 000 bytes.
const MOST_BYTES: usize = 8_000;
/// `errcode` of an answer: too many messages, or the service is busy.
const TOO_MANY: [i64; 3] = [-1, 130_101, 410_100];

pub(super) struct Dingtalk {
    url: Secret,
    secret: Option<Secret>,
}

impl Dingtalk {
    pub(super) fn of(config: &ChannelConfig) -> Self {
        Self { url: config.url.clone().unwrap_or_else(|| Secret::new("")), secret: config.secret.clone() }
    }

    /// The address with time and signature behind it.
    fn signed(&self, now: i64) -> Secret {
        let Some(secret) = &self.secret else { return self.url.clone() };
        let milliseconds = now * 1_000;
        let sign = signature::of(secret.reveal(), &format!("{milliseconds}\n{}", secret.reveal()));
        let url = self.url.reveal();
        let joint = if url.contains('?') { '&' } else { '?' };
        Secret::new(format!("{url}{joint}timestamp={milliseconds}&sign={}", escape::address(&sign)))
    }
}

impl Service for Dingtalk {
    fn requests(&self, notice: &Notice, composer: &Composer, now: i64) -> Result<Vec<Request>, NotifyError> {
        let text = composer.short(notice, Form { bytes: MOST_BYTES, ..Form::PLAIN })?;
        let body = json!({ "msgtype": "text", "text": { "content": text } });
        Ok(vec![Request::json(self.signed(now), &body)])
    }

    fn complaint(&self, answer: &Value) -> Option<Refusal> {
        let code = answer.get("errcode")?.as_i64()?;
        let message = answer.get("errmsg").and_then(Value::as_str).unwrap_or("no reason");
        let again = if TOO_MANY.contains(&code) { Again::Soon } else { Again::Mended };
        (code != 0).then(|| Refusal { reason: format!("DingTalk does not take it: {code} {message}"), again })
    }
}
