//! `[[channel]]`: where messages go. One table of the file whatever the kind, so that a mistake is told with its line; which
//! keys a kind takes is a table here, and what they must be is checked once the file is read.

use super::server::{Server, is_loopback};
use super::{Config, Secret, field};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// `[[channel]]`: one way to reach somebody.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelConfig {
    /// Its name: for `--test`, for rules, for what is said of it.
    #[serde(deserialize_with = "field::name")]
    pub name: String,
    /// How it is reached.
    pub kind: ChannelKind,
    /// What is not worth a message here is left out.
    #[serde(default)]
    pub least: Least,
    /// Names of hosts, `web*`; none: all.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// mail: the addresses.
    #[serde(default)]
    pub to: Vec<String>,
    /// mail: whom it is from; none: cronograph at this host.
    pub from: Option<String>,
    /// mail: the server, `smtps://mail.example.org`; none: this machine's sendmail.
    pub smtp: Option<String>,
    /// mail: the name to log in with.
    pub user: Option<String>,
    /// mail: its password.
    pub password: Option<Secret>,
    /// mail: a private file whose first line is the password.
    #[serde(default, deserialize_with = "field::optional_absolute")]
    pub password_file: Option<PathBuf>,
    /// mail: a certificate authority to trust beside the system's, PEM.
    #[serde(default, deserialize_with = "field::optional_absolute")]
    pub ca_file: Option<PathBuf>,
    /// Services: the address to send to, which for most of them is a secret itself.
    pub url: Option<Secret>,
    /// Services: the token.
    pub token: Option<Secret>,
    /// feishu, dingtalk: the secret that requests are signed with.
    pub secret: Option<Secret>,
    /// telegram: the chat's id.
    pub chat: Option<String>,
    /// webhook: `POST`, `PUT` or `PATCH`.
    pub method: Option<String>,
    /// webhook: more headers.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// webhook: a template of the body.
    #[serde(default, deserialize_with = "field::optional_absolute")]
    pub template: Option<PathBuf>,
    /// command: the program and its arguments.
    #[serde(default, deserialize_with = "field::command")]
    pub command: Vec<String>,
}

/// How a channel is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// Mail, by SMTP or the local sendmail.
    Mail,
    /// ntfy.sh, or a server of one's own.
    Ntfy,
    /// Slack, an incoming webhook; also Mattermost and others that understand the same.
    Slack,
    /// Discord, a webhook.
    Discord,
    /// Telegram, a bot.
    Telegram,
    /// A Gotify server.
    Gotify,
    /// Feishu (Lark), a group's bot.
    Feishu,
    /// DingTalk, a group's bot.
    Dingtalk,
    /// WeCom, a group's bot.
    Wecom,
    /// PagerDuty, Events API v2.
    Pagerduty,
    /// Any HTTP server.
    Webhook,
    /// A program on this machine.
    Command,
}

/// From which level on a channel is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Least {
    /// Everything.
    #[default]
    Warning,
    /// What is critical, and hosts of which nothing is heard.
    Critical,
}

/// The keys of every kind.
const COMMON: [&str; 4] = ["name", "kind", "least", "hosts"];

impl ChannelKind {
    /// Its name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Ntfy => "ntfy",
            Self::Slack => "slack",
            Self::Discord => "discord",
            Self::Telegram => "telegram",
            Self::Gotify => "gotify",
            Self::Feishu => "feishu",
            Self::Dingtalk => "dingtalk",
            Self::Wecom => "wecom",
            Self::Pagerduty => "pagerduty",
            Self::Webhook => "webhook",
            Self::Command => "command",
        }
    }

    /// The keys that it must have, and those that it may have.
    fn keys(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Mail => (&["to"], &["from", "smtp", "user", "password", "password_file", "ca_file"]),
            Self::Ntfy => (&["url"], &["token"]),
            Self::Slack | Self::Discord | Self::Wecom => (&["url"], &[]),
            Self::Telegram => (&["token", "chat"], &["url"]),
            Self::Gotify => (&["url", "token"], &[]),
            Self::Feishu | Self::Dingtalk => (&["url"], &["secret"]),
            Self::Pagerduty => (&["token"], &["url"]),
            Self::Webhook => (&["url"], &["method", "headers", "template"]),
            Self::Command => (&["command"], &[]),
        }
    }

    /// Whether a key is one of this kind.
    pub(super) fn has(self, key: &str) -> bool {
        let (required, optional) = self.keys();
        [&COMMON[..], required, optional].iter().any(|keys| keys.contains(&key))
    }
}

/// What is wrong with a channel or with `[push]`, and at which key.
pub(super) struct Fault {
    /// The key's place: `channel.0.url`.
    pub(super) key: String,
    pub(super) message: String,
    pub(super) hint: String,
}

/// The first thing that is wrong with the channels.
pub(super) fn fault(config: &Config) -> Option<Fault> {
    config.channel.iter().enumerate().find_map(|(index, channel)| {
        let twice = config.channel[..index].iter().any(|other| other.name == channel.name);
        let found = if twice {
            let message = format!("there are two channels of the name `{}`", channel.name);
            Some(("name", message, "give each a name of its own".to_owned()))
        } else {
            channel.wrong_keys().or_else(|| channel.wrong_values())
        };
        found.map(|(key, message, hint)| Fault { key: format!("channel.{index}.{key}"), message, hint })
    })
}

/// Key, message, way out.
type Found = (&'static str, String, String);

impl ChannelConfig {
    /// A channel with nothing but a name and a kind.
    pub fn new(name: &str, kind: ChannelKind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            least: Least::default(),
            hosts: Vec::new(),
            to: Vec::new(),
            from: None,
            smtp: None,
            user: None,
            password: None,
            password_file: None,
            ca_file: None,
            url: None,
            token: None,
            secret: None,
            chat: None,
            method: None,
            headers: BTreeMap::new(),
            template: None,
            command: Vec::new(),
        }
    }

    /// Whether anybody who reads this table learns what he should not.
    pub fn holds_secrets(&self) -> bool {
        [&self.password, &self.url, &self.token, &self.secret].iter().any(|secret| secret.is_some())
            || !self.headers.is_empty()
    }

    /// Every key of some kind only, and whether the file sets it.
    fn set(&self) -> [(&'static str, bool); 15] {
        [
            ("to", !self.to.is_empty()),
            ("from", self.from.is_some()),
            ("smtp", self.smtp.is_some()),
            ("user", self.user.is_some()),
            ("password", self.password.is_some()),
            ("password_file", self.password_file.is_some()),
            ("ca_file", self.ca_file.is_some()),
            ("url", self.url.is_some()),
            ("token", self.token.is_some()),
            ("secret", self.secret.is_some()),
            ("chat", self.chat.is_some()),
            ("method", self.method.is_some()),
            ("headers", !self.headers.is_empty()),
            ("template", self.template.is_some()),
            ("command", !self.command.is_empty()),
        ]
    }

    fn wrong_keys(&self) -> Option<Found> {
        let (required, optional) = self.kind.keys();
        let kind = self.kind.name();
        let set = self.set();
        let foreign = set.iter().find(|(key, is_set)| *is_set && !self.kind.has(key));
        if let Some((key, _)) = foreign {
            let keys = [required, optional].concat().join(", ");
            let hint = format!("its keys: {}, {keys}", COMMON.join(", "));
            return Some((key, format!("a channel of kind {kind} has no key `{key}`"), hint));
        }
        let missing = required.iter().find(|key| set.contains(&(**key, false)))?;
        let hint = format!("like `{}`", example(self.kind, missing));
        Some(("kind", format!("a channel of kind {kind} needs the key `{missing}`"), hint))
    }

    fn wrong_values(&self) -> Option<Found> {
        self.wrong_login().or_else(|| self.wrong_address()).or_else(|| self.wrong_request())
    }

    /// What of mail's keys does not go together.
    fn wrong_login(&self) -> Option<Found> {
        let found = |key, message: &str, hint: &str| Some((key, message.to_owned(), hint.to_owned()));
        let has_password = self.password.is_some() || self.password_file.is_some();
        if self.password.is_some() && self.password_file.is_some() {
            return found("password_file", "there is a `password`, too", "take one of them out");
        }
        if self.user.is_some() != has_password {
            let key = if self.user.is_some() { "user" } else { "kind" };
            return found(
                key,
                "`user` and `password` belong together",
                "add the other one (`password_file` will do)",
            );
        }
        if self.smtp.is_none() && (has_password || self.ca_file.is_some()) {
            let key = if has_password { "user" } else { "ca_file" };
            return found(
                key,
                "the local sendmail takes no login",
                "name the server: `smtp = \"smtps://mail.example.org\"`",
            );
        }
        None
    }

    /// Addresses that nobody could send to.
    fn wrong_address(&self) -> Option<Found> {
        let is_address = |text: &String| text.contains('@') && !text.chars().any(char::is_control);
        if let Some(wrong) = self.to.iter().chain(&self.from).find(|text| !is_address(text)) {
            let key = if self.to.contains(wrong) { "to" } else { "from" };
            let hint = "like \"ada@example.org\", or \"Ada <ada@example.org>\"";
            return Some((key, format!("{wrong:?} is no mail address"), hint.to_owned()));
        }
        if let Some(reason) = self.smtp.as_deref().and_then(|smtp| Server::parse(smtp).err()) {
            let hint = "smtps://HOST (TLS, port 465), smtp://HOST (STARTTLS, port 587), or smtp+insecure://localhost";
            return Some(("smtp", reason, hint.to_owned()));
        }
        let url = self.url.as_ref()?.reveal();
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let is_plain = |letter: char| letter.is_ascii_graphic();
        if host.is_some_and(|host| !host.is_empty() && !host.starts_with('/')) && url.chars().all(is_plain) {
            return self.unprotected(url);
        }
        let hint = format!("like `{}`", example(self.kind, "url"));
        Some(("url", "must be an address that begins with https://".to_owned(), hint))
    }

    /// Finds a token or header that would go over the network unprotected: the same rule as for mail.
    fn unprotected(&self, url: &str) -> Option<Found> {
        let authority = url.strip_prefix("http://")?.split(['/', '?', '#']).next()?;
        let place = authority.rsplit('@').next()?;
        let host = match place.strip_prefix('[') {
            Some(rest) => rest.split(']').next()?,
            None => place.split(':').next()?,
        };
        if is_loopback(host) || (self.token.is_none() && self.headers.is_empty()) {
            return None;
        }
        let what = if self.token.is_some() { "the token" } else { "the headers" };
        let hint = "begin it with https://; only this machine itself (http://localhost) needs no protection";
        Some(("url", format!("would send {what} unprotected over the network"), hint.to_owned()))
    }

    /// What no HTTP request can hold.
    fn wrong_request(&self) -> Option<Found> {
        if let Some(method) = &self.method {
            if !["POST", "PUT", "PATCH"].contains(&method.as_str()) {
                let message = format!("there is no method {method:?} that sends something");
                return Some(("method", message, "\"POST\", \"PUT\" or \"PATCH\"".to_owned()));
            }
        }
        let is_name = |name: &String| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        let is_value =
            |value: &Secret| value.reveal().chars().all(|letter| letter == ' ' || letter.is_ascii_graphic());
        if self.headers.iter().all(|(name, value)| is_name(name) && is_value(value)) {
            return None;
        }
        let hint = "like `headers = { Authorization = \"Bearer …\" }`, without line breaks";
        Some(("headers", "these are no headers of HTTP".to_owned(), hint.to_owned()))
    }
}

/// How a key that is missing would look.
fn example(kind: ChannelKind, key: &str) -> &'static str {
    match (kind, key) {
        (ChannelKind::Mail, _) => "to = [\"ada@example.org\"]",
        (ChannelKind::Ntfy, _) => "url = \"https://ntfy.sh/TOPIC\"",
        (ChannelKind::Slack, _) => "url = \"https://hooks.slack.com/services/…\"",
        (ChannelKind::Discord, _) => "url = \"https://discord.com/api/webhooks/…\"",
        (ChannelKind::Telegram, "chat") => "chat = \"-1001234567890\"",
        (ChannelKind::Telegram, "url") => "url = \"https://api.telegram.org\"",
        (ChannelKind::Telegram, _) => "token = \"123456:ABC…\"",
        (ChannelKind::Gotify, "token") => "token = \"A…\"",
        (ChannelKind::Gotify, _) => "url = \"https://gotify.example.org\"",
        (ChannelKind::Feishu, _) => "url = \"https://open.feishu.cn/open-apis/bot/v2/hook/…\"",
        (ChannelKind::Dingtalk, _) => "url = \"https://oapi.dingtalk.com/robot/send?access_token=…\"",
        (ChannelKind::Wecom, _) => "url = \"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…\"",
        (ChannelKind::Pagerduty, "url") => "url = \"https://events.eu.pagerduty.com/v2/enqueue\"",
        (ChannelKind::Pagerduty, _) => "token = \"R…\"",
        (ChannelKind::Webhook, _) => "url = \"https://example.org/hook\"",
        (ChannelKind::Command, _) => "command = [\"/usr/local/bin/pager\", \"-x\"]",
    }
}
