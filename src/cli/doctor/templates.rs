//! The user's own templates: a mistake in one stops pages, or holds up messages, and is better found before.

use super::Finding;
use crate::base::words::Lang;
use crate::config::Loaded;
use crate::notify::{self, Composer};
use crate::site::template::{PAGES, Templates};
use std::path::Path;

/// Reads the templates of pages, and writes an invented message by those of messages.
pub(super) fn check(loaded: &Loaded, now: i64) -> Vec<Finding> {
    let config = &loaded.config;
    let folder = config.site.templates.as_deref();
    let files: Vec<&Path> = config.channel.iter().filter_map(|channel| channel.template.as_deref()).collect();
    let mut findings = Vec::new();
    if folder.is_some() {
        let pages = Templates::load(PAGES, folder, config.lang).map(|_| ());
        findings.extend(pages.err().map(|error| wrong("no pages are made", &error)));
    }
    if folder.is_some() || !files.is_empty() {
        let messages = messages(loaded, folder, config.lang, &files, now);
        findings.extend(messages.err().map(|error| wrong("messages wait", &error)));
    }
    findings
}

fn messages(
    loaded: &Loaded,
    folder: Option<&Path>,
    lang: Lang,
    files: &[&Path],
    now: i64,
) -> Result<(), Box<dyn std::error::Error>> {
    let composer = Composer::new(lang, loaded.time_zone()?, folder, "doctor")?;
    Ok(notify::rehearse(&composer, files, now)?)
}

fn wrong(what: &str, error: &dyn std::fmt::Display) -> Finding {
    let text = error.to_string();
    let (text, hint) = text.split_once("\nhint: ").unwrap_or((&text, "mend it, or take it out"));
    Finding::wrong(format!("{what}, a template has a mistake: {text}"), hint)
}
