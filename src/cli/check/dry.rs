//! `check --dry-run`: each message that would be sent, once, with all the channels that get exactly it; and of what holds and is not
//! sent, why. Somebody who tries a rule must be able to tell quiet hours from a rule that finds nothing.

use super::look::{Seen, Watch};
use crate::alert::Mutes;
use crate::analysis::Level;
use crate::base::escape;
use crate::base::words::Words;
use crate::notify::{self, Batch, Channel, Composer, Notice, NotifyError, Told};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Names in one line; more are counted.
const MOST_NAMES: usize = 12;

/// A look that is not remembered.
pub(super) struct Rehearsal<'a> {
    /// What was looked at, and how.
    pub watch: &'a Watch<'a>,
    /// What was seen.
    pub seen: &'a [Seen],
    /// The same without mutes and quiet hours: what is only here is held back by them.
    pub unheld: &'a [Seen],
    /// Who there is to be told.
    pub channels: &'a [Channel],
    /// What writes messages.
    pub composer: &'a Composer,
}

/// A mute of nothing, for the look at what is held back.
pub(super) const UNMUTED: Mutes = Mutes(Vec::new());

impl Rehearsal<'_> {
    /// All of it, as text.
    pub(super) fn page(&self, batch: &Batch) -> Result<String, NotifyError> {
        let mut page = if self.channels.is_empty() { self.for_nobody()? } else { self.messages(batch)? };
        for line in self.reasons() {
            // Names come from anywhere. Writing to a string cannot fail.
            let _ = writeln!(page, "{}", escape::terminal(&line));
        }
        Ok(page)
    }

    fn words(&self) -> &'static Words {
        Words::of(self.watch.lang)
    }

    /// Each message below the names of the channels that get it.
    fn messages(&self, batch: &Batch) -> Result<String, NotifyError> {
        if batch.notices.is_empty() {
            let line = if self.seen.iter().any(|seen| !seen.firing.is_empty()) {
                self.words().get("check.nothing").to_owned()
            } else {
                self.words().count("check.nothing_holds", self.seen.len() as u64, &[])
            };
            return Ok(format!("{line}\n"));
        }
        let mut messages: Vec<(Vec<&str>, String)> = Vec::new();
        for (channel, notice) in &batch.notices {
            let text = self.message(notice)?;
            match messages.iter_mut().find(|(_, known)| *known == text) {
                Some((channels, _)) => channels.push(channel),
                None => messages.push((vec![channel], text)),
            }
        }
        let told = messages.iter().map(|(channels, text)| format!("==> {}: {text}", channels.join(", ")));
        Ok(told.collect())
    }

    /// What a channel would get, if there were one.
    fn for_nobody(&self) -> Result<String, NotifyError> {
        let news: Vec<&Told> = self.news().collect();
        let mut page = format!("{}\n", self.words().get("check.nobody"));
        if let Some(notice) = notify::notice(&news, "", self.watch.now, self.watch.site) {
            let _ =
                write!(page, "\n==> ({}): {}", self.words().get("check.no_channel"), self.message(&notice)?);
        }
        Ok(page)
    }

    fn message(&self, notice: &Notice) -> Result<String, NotifyError> {
        let composed = self.composer.compose(notice)?;
        let mut text = format!("{}\n\n{}\n", composed.subject, composed.text.trim_end());
        let pictures = notice.items.iter().filter(|item| item.picture.is_some()).count();
        if pictures > 0 {
            let _ = writeln!(text, "\n{}", self.words().count("check.pictures", pictures as u64, &[]));
        }
        text.push('\n');
        Ok(text)
    }

    fn news(&self) -> impl Iterator<Item = &Told> {
        self.seen.iter().flat_map(|seen| &seen.news)
    }

    /// A line for each reason for which something is not sent.
    fn reasons(&self) -> Vec<String> {
        let (mut quiet, mut muted) = (BTreeSet::new(), BTreeSet::new());
        let keys: BTreeSet<&str> = self.news().map(|told| told.key.as_str()).collect();
        for told in self.unheld.iter().flat_map(|seen| &seen.news) {
            let item = &told.item;
            if !keys.contains(told.key.as_str()) {
                let is_muted = self.watch.mutes.holds(&item.rule, &item.host, self.watch.now);
                let held = if is_muted { &mut muted } else { &mut quiet };
                held.insert(named(&item.host, &item.rule, &item.instance));
            }
        }
        let is_unwanted = |told: &&Told| !self.channels.iter().any(|channel| channel.wants(&told.item));
        let unwanted = self.news().filter(|_| !self.channels.is_empty()).filter(is_unwanted);
        let unwanted = unwanted.map(|told| named(&told.item.host, &told.item.rule, &told.item.instance));
        let hours = self.watch.quiet.map(|quiet| quiet.to_string()).unwrap_or_default();
        let mut lines = vec![
            self.line("check.held_muted", &muted, &[]),
            self.line("check.held_quiet", &quiet, &[("hours", &hours)]),
            self.line("check.unwanted", &unwanted.collect(), &[]),
        ];
        let held: BTreeSet<String> = muted.into_iter().chain(quiet).collect();
        lines.extend(self.rest(&held));
        lines.into_iter().flatten().collect()
    }

    /// What holds and is neither news nor held back.
    fn rest(&self, held: &BTreeSet<String>) -> [Option<String>; 3] {
        let (mut told, mut notes, mut behind) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for seen in self.seen {
            let is_news = |name: &String| {
                let mut items = seen.news.iter().map(|told| &told.item);
                items.any(|item| named(&item.host, &item.rule, &item.instance) == *name)
            };
            for alert in &seen.firing {
                let name = named(&seen.host, &alert.rule, &alert.instance);
                if is_news(&name) || held.contains(&name) {
                    continue;
                }
                let reason = match (alert.machine.level, &alert.told) {
                    (Level::Ok, _) => &mut notes,
                    (_, Some(_)) => &mut told,
                    (_, None) => &mut behind,
                };
                reason.insert(name);
            }
        }
        [("check.told", told), ("check.notes", notes), ("check.behind", behind)]
            .map(|(key, alerts)| self.line(key, &alerts, &[]))
    }

    fn line(&self, key: &str, alerts: &BTreeSet<String>, values: &[(&str, &str)]) -> Option<String> {
        let shown: Vec<&str> = alerts.iter().take(MOST_NAMES).map(String::as_str).collect();
        let mut shown = shown.join(", ");
        if alerts.len() > MOST_NAMES {
            let more = (alerts.len() - MOST_NAMES) as u64;
            shown.push_str(&self.words().count("check.more", more, &[]));
        }
        let mut all = vec![("alerts", shown.as_str())];
        all.extend_from_slice(values);
        (!alerts.is_empty()).then(|| self.words().fill(key, &all))
    }
}

/// An alert in few words: `web1 filesystem /var`.
fn named(host: &str, rule: &str, instance: &str) -> String {
    format!("{host} {rule} {instance}").trim_end().to_owned()
}
