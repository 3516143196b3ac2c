//! PagerDuty, Events API v2: an event for each alert. `dedup_key` names the alert, so that a repeated event changes nothing, and
//! what is over resolves what it began. <https://developer.pagerduty.com/docs/send-alert-event>

use super::super::compose::Composer;
use super::super::error::NotifyError;
use super::super::notice::{Item, Notice};
use super::super::view::{address, clean, cut};
use super::http::{Request, Service};
use crate::analysis::Level;
use crate::config::{ChannelConfig, Secret};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// A summary has at most 1024 letters, a key 255.
const SUMMARY_CHARACTERS: usize = 1_000;
const KEY_CHARACTERS: usize = 255;
const SERVER: &str = "https://events.pagerduty.com/v2/enqueue";

pub(super) struct Pagerduty {
    url: Secret,
    token: Secret,
}

impl Pagerduty {
    pub(super) fn of(config: &ChannelConfig) -> Self {
        Self {
            url: config.url.clone().unwrap_or_else(|| Secret::new(SERVER)),
            token: config.token.clone().unwrap_or_else(|| Secret::new("")),
        }
    }

    fn event(&self, item: &Item, notice: &Notice) -> Value {
        let mut event = json!({
            "routing_key": self.token.reveal(),
            // What came and went needs nobody now, whatever it was.
            "event_action": if item.change.is_over() { "resolve" } else { "trigger" },
            "dedup_key": cut(&format!("{}/{}/{}", item.host, item.rule, item.instance), KEY_CHARACTERS),
        });
        if item.change.is_over() {
            return event;
        }
        let severity = match item.level {
            Level::Critical => "critical",
            Level::Silent => "error",
            Level::Warning => "warning",
            Level::Ok => "info",
        };
        let mut details: Map<String, Value> =
            item.facts.iter().map(|fact| (clean(&fact.label), Value::from(lines(&fact.lines)))).collect();
        if let Some(command) = &item.command {
            details.insert("command".to_owned(), Value::from(clean(command)));
        }
        event["client"] = Value::from("cronograph");
        if let Some(link) = item.link.as_deref().or(notice.site.as_deref()).and_then(address) {
            event["client_url"] = Value::from(link);
        }
        event["payload"] = json!({
            "summary": cut(&clean(&format!("{}: {}", item.host, item.what)), SUMMARY_CHARACTERS),
            "source": item.host,
            "severity": severity,
            "timestamp": Timestamp::from_second(item.since).map(|since| since.to_string()).ok(),
            "component": item.instance,
            "class": item.rule,
            "custom_details": details,
        });
        event
    }
}

fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| clean(line)).collect::<Vec<_>>().join("\n")
}

impl Service for Pagerduty {
    fn requests(
        &self,
        notice: &Notice,
        _composer: &Composer,
        _now: i64,
    ) -> Result<Vec<Request>, NotifyError> {
        let event = |item| Request::json(self.url.clone(), &self.event(item, notice));
        Ok(notice.items.iter().map(event).collect())
    }
}
