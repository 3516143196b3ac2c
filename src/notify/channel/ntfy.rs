//! ntfy: a topic of ntfy.sh or of a server of one's own, published as JSON, which needs no header in which a foreign letter
//! could go wrong. <https://docs.ntfy.sh/publish/#publish-as-json>

use super::super::compose::{Composer, Form};
use super::super::error::NotifyError;
use super::super::markup::Markup;
use super::super::notice::Notice;
use super::http::{Request, Service, base};
use crate::analysis::Level;
use crate::config::{ChannelConfig, Secret};
use serde_json::{Value, json};

/// A longer message becomes a file that must be opened.
const MOST_BYTES: usize = 4_000;

pub(super) struct Ntfy {
    server: Secret,
    topic: String,
    token: Option<Secret>,
}

impl Ntfy {
    pub(super) fn of(config: &ChannelConfig) -> Result<Self, NotifyError> {
        let url = base(&config.url);
        match url.rsplit_once('/') {
            Some((server, topic)) if !topic.is_empty() && !server.ends_with('/') => Ok(Self {
                server: Secret::new(format!("{server}/")),
                topic: topic.to_owned(),
                token: config.token.clone(),
            }),
            _ => Err(NotifyError::Channel {
                channel: config.name.clone(),
                key: "url",
                message: "names no topic, like https://ntfy.sh/TOPIC".to_owned(),
            }),
        }
    }
}

impl Service for Ntfy {
    fn requests(&self, notice: &Notice, composer: &Composer, _now: i64) -> Result<Vec<Request>, NotifyError> {
        // What is critical gets through where a telephone is told to be quiet.
        let (priority, tag) = match notice.level() {
            Level::Critical => (5, "rotating_light"),
            Level::Silent => (4, "question"),
            Level::Warning => (3, "warning"),
            Level::Ok => (2, "white_check_mark"),
        };
        let form = Form { markup: Markup::Plain, titled: true, bytes: MOST_BYTES };
        let mut body = json!({
            "topic": self.topic,
            "title": composer.subject(notice),
            "message": composer.short(notice, form)?,
            "priority": priority,
            "tags": [tag],
        });
        if let Some(link) = Composer::link(notice) {
            body["click"] = Value::from(link);
        }
        let request = Request::json(self.server.clone(), &body);
        Ok(vec![match &self.token {
            Some(token) => request.header("Authorization", format!("Bearer {}", token.reveal())),
            None => request,
        }])
    }
}
