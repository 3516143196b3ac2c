//! WeCom: a group's bot. Plain text: its Markdown would let a foreign name mention somebody.
//! <https://developer.work.weixin.qq.com/document/path/91770>

use super::super::compose::{Composer, Form};
use super::super::error::NotifyError;
use super::super::notice::Notice;
use super::http::{Request, Service};
use crate::base::refusal::{Again, Refusal};
use crate::config::{ChannelConfig, Secret};
use serde_json::{Value, json};

/// A text has at most 2048 bytes.
const MOST_BYTES: usize = 2_000;
/// `errcode` of an answer: too many messages, or the service is busy.
const TOO_MANY: [i64; 2] = [-1, 45_009];

pub(super) struct Wecom {
    url: Secret,
}

impl Wecom {
    pub(super) fn of(config: &ChannelConfig) -> Self {
        Self { url: config.url.clone().unwrap_or_else(|| Secret::new("")) }
    }
}

impl Service for Wecom {
    fn requests(&self, notice: &Notice, composer: &Composer, _now: i64) -> Result<Vec<Request>, NotifyError> {
        let text = composer.short(notice, Form { bytes: MOST_BYTES, ..Form::PLAIN })?;
        let body = json!({ "msgtype": "text", "text": { "content": text } });
        Ok(vec![Request::json(self.url.clone(), &body)])
    }

    fn complaint(&self, answer: &Value) -> Option<Refusal> {
        let code = answer.get("errcode")?.as_i64()?;
        let message = answer.get("errmsg").and_then(Value::as_str).unwrap_or("no reason");
        let again = if TOO_MANY.contains(&code) { Again::Soon } else { Again::Mended };
        (code != 0).then(|| Refusal { reason: format!("WeCom does not take it: {code} {message}"), again })
    }
}
