//! A notice as JSON for programs: what a webhook gets that has no template, and a command on its standard input. Without
//! pictures. Fields are only ever added; `v` counts what would break a reader.

use super::compose::{Composer, Form};
use super::error::NotifyError;
use super::notice::{Fact, Notice};
use serde::Serialize;

/// The version of the format.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Message<'a> {
    v: u32,
    id: &'a str,
    t: i64,
    subject: String,
    text: String,
    level: &'static str,
    sender: &'a str,
    /// Ids of earlier messages that this one continues or closes.
    replies_to: &'a [String],
    site: Option<&'a str>,
    items: Vec<Alert<'a>>,
}

#[derive(Serialize)]
struct Alert<'a> {
    host: &'a str,
    rule: &'a str,
    instance: &'a str,
    level: &'static str,
    change: &'static str,
    what: &'a str,
    since: i64,
    until: Option<i64>,
    facts: &'a [Fact],
    command: Option<&'a str>,
    link: Option<&'a str>,
}

/// Writes a notice as one line of JSON.
pub(super) fn of(notice: &Notice, composer: &Composer) -> Result<Vec<u8>, NotifyError> {
    let items = notice.items.iter().map(|item| Alert {
        host: &item.host,
        rule: &item.rule,
        instance: &item.instance,
        level: item.level.key(),
        change: item.change.key(),
        what: &item.what,
        since: item.since,
        until: item.until,
        facts: &item.facts,
        command: item.command.as_deref(),
        link: item.link.as_deref(),
    });
    let message = Message {
        v: VERSION,
        id: &notice.id,
        t: notice.t,
        subject: composer.subject(notice),
        text: composer.short(notice, Form { titled: true, ..Form::PLAIN })?,
        level: notice.level().key(),
        sender: composer.sender(),
        replies_to: &notice.replies_to,
        site: notice.site.as_deref(),
        items: items.collect(),
    };
    let mut line = serde_json::to_vec(&message).map_err(std::io::Error::from)?;
    line.push(b'\n');
    Ok(line)
}
