//! A way to reach somebody: mail, a chat or another service over HTTP, a program. One file for each kind.
//!
//! A channel that cannot be made of what the configuration says (a password file that is not there) is a channel all the same,
//! one that takes nothing and says why: messages wait for it, and the other channels work.

mod bounded;
mod command;
mod dingtalk;
mod discord;
mod feishu;
mod gotify;
mod http;
mod letter;
mod mail;
#[cfg(test)]
mod mail_tests;
mod ntfy;
mod pagerduty;
mod program;
#[cfg(test)]
mod receiver;
mod signature;
mod slack;
mod smtp;
mod telegram;
mod webhook;
mod wecom;

use super::compose::Composer;
use super::error::NotifyError;
use super::notice::{Item, Notice};
use crate::analysis::Level;
use crate::base::glob;
use crate::base::refusal::Refusal;
use crate::config::{ChannelConfig, ChannelKind, Least, Loaded, Secrets};
use http::Service;

/// The longest that a message may take.
const LIMIT_SECONDS: f64 = 20.0;
/// The longest that a program of the user's may take.
const PROGRAM_SECONDS: f64 = 30.0;

/// A configured channel.
pub struct Channel {
    name: String,
    least: Least,
    hosts: Vec<String>,
    /// What must not be in any text about it.
    secrets: Secrets,
    way: Way,
}

/// How it is reached.
enum Way {
    Mail(Box<mail::Mail>),
    Service(Box<dyn Service>),
    Command(command::Program),
    /// Not at all, and why.
    Broken(String),
}

impl Channel {
    /// The configured channels.
    ///
    /// # Errors
    /// Where the file holds secrets and others may read it. A single channel with a fault is no error: see
    /// [`Channel::fault`].
    pub fn all(loaded: &Loaded) -> Result<Vec<Self>, NotifyError> {
        loaded.keeps_secrets()?;
        Ok(loaded.config.channel.iter().map(Self::of).collect())
    }

    /// Makes a channel.
    pub fn of(config: &ChannelConfig) -> Self {
        let mut secrets = secrets(config);
        let way = match way(config) {
            Ok(way) => way,
            Err(error) => Way::Broken(error.to_string()),
        };
        if let Way::Mail(mail) = &way {
            secrets.extend(mail.password().map(str::to_owned));
        }
        Self {
            name: config.name.clone(),
            least: config.least,
            hosts: config.hosts.clone(),
            secrets: Secrets::of(secrets),
            way,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why it cannot work, where it is known without trying.
    pub fn fault(&self) -> Option<&str> {
        match &self.way {
            Way::Broken(reason) => Some(reason),
            _ => None,
        }
    }

    /// Whether this alert is told here. A host that is silent counts as critical: nobody knows how bad it is.
    pub fn wants(&self, item: &Item) -> bool {
        let is_enough = match self.least {
            Least::Warning => true,
            Least::Critical => item.level >= Level::Silent,
        };
        is_enough
            && (self.hosts.is_empty() || self.hosts.iter().any(|pattern| glob::matches(pattern, &item.host)))
    }

    /// How many seconds a message may take.
    pub(super) fn limit(&self) -> f64 {
        match self.way {
            Way::Command(_) => PROGRAM_SECONDS,
            _ => LIMIT_SECONDS,
        }
    }

    /// Sends a notice, in at most so many seconds.
    pub(super) fn send(
        &self,
        notice: &Notice,
        composer: &Composer,
        now: i64,
        seconds: f64,
    ) -> Result<(), Refusal> {
        let sent = match &self.way {
            Way::Mail(mail) => mail.send(notice, composer, seconds),
            Way::Service(service) => http::serve(service.as_ref(), notice, composer, now, seconds),
            Way::Command(program) => program.send(notice, composer, seconds),
            Way::Broken(reason) => Err(Refusal::lasting(reason.clone())),
        };
        sent.map_err(|refusal| Refusal { reason: self.without_secrets(&refusal.reason), ..refusal })
    }

    /// A line of which no secret is a part, whatever a server has answered.
    fn without_secrets(&self, text: &str) -> String {
        self.secrets.hidden_in(&text.replace("\nhint: ", "; "))
    }
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Channel").field("name", &self.name).finish_non_exhaustive()
    }
}

fn way(config: &ChannelConfig) -> Result<Way, NotifyError> {
    Ok(match config.kind {
        ChannelKind::Mail => Way::Mail(Box::new(mail::Mail::of(config)?)),
        ChannelKind::Command => Way::Command(command::Program::of(config)),
        ChannelKind::Ntfy => Way::Service(Box::new(ntfy::Ntfy::of(config)?)),
        ChannelKind::Slack => Way::Service(Box::new(slack::Slack::of(config))),
        ChannelKind::Discord => Way::Service(Box::new(discord::Discord::of(config))),
        ChannelKind::Telegram => Way::Service(Box::new(telegram::Telegram::of(config))),
        ChannelKind::Gotify => Way::Service(Box::new(gotify::Gotify::of(config))),
        ChannelKind::Feishu => Way::Service(Box::new(feishu::Feishu::of(config))),
        ChannelKind::Dingtalk => Way::Service(Box::new(dingtalk::Dingtalk::of(config))),
        ChannelKind::Wecom => Way::Service(Box::new(wecom::Wecom::of(config))),
        ChannelKind::Pagerduty => Way::Service(Box::new(pagerduty::Pagerduty::of(config))),
        ChannelKind::Webhook => Way::Service(Box::new(webhook::Webhook::of(config))),
    })
}

/// All secrets. Of an address also what follows the host: a server may say it
/// back without the rest.
fn secrets(config: &ChannelConfig) -> Vec<String> {
    let plain = [&config.password, &config.token, &config.secret, &config.url];
    let mut secrets: Vec<String> =
        plain.into_iter().flatten().map(|secret| secret.reveal().to_owned()).collect();
    secrets.extend(config.headers.values().map(|value| value.reveal().to_owned()));
    if let Some((_, rest)) = config.url.as_ref().and_then(|url| url.reveal().split_once("://")) {
        secrets.extend(rest.split_once('/').map(|(_, path)| path.to_owned()));
    }
    secrets
}

#[cfg(test)]
mod tests;
