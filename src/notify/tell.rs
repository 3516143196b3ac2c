//! From what is news of the alerts of all hosts to a notice for each channel that wants any of it. The id of a notice is
//! made of its time, its channel and what it tells; that a crash repeats nothing is the outbox's to see to.

use super::evidence::{Evidence, is_yes_or_no};
use super::notice::{Change, Item, Notice};
use super::picture::{Subject, picture};
use super::remedy;
use crate::alert::{Alert, Marked, Rule, Telling, What};
use crate::base::escape::address;
use crate::base::hash;

/// Pictures of one notice: more would make a heavy mail of a fleet's bad day.
const MOST_PICTURES: usize = 4;

/// An item with what it is remembered by.
#[derive(Clone, Debug)]
pub struct Told {
    /// What is told.
    pub item: Item,
    /// The notices that told of the alert before, oldest first.
    pub before: Vec<String>,
    /// Names this piece of news among all.
    pub key: String,
    /// What there is to remember when it has been told.
    pub mark: Marked,
}

impl Told {
    /// Of what is news of a host's alert. `site` is where the pages are.
    pub fn new(
        telling: &Telling<'_>,
        rule: Option<&Rule>,
        subject: &Subject<'_>,
        evidence: &Evidence<'_>,
        site: Option<&str>,
    ) -> Self {
        let Telling { alert, what } = telling;
        let host = subject.layout.host();
        let is_present = matches!(what, What::Fired | What::Worsened | What::Reminder);
        let (since, until, level, text) = match what {
            What::Passed(episode) => {
                (episode.since, Some(episode.until), episode.level, episode.text.clone())
            }
            What::Resolved => {
                (alert.machine.since, Some(alert.machine.ended), alert.machine.level, alert.text.clone())
            }
            _ => (alert.machine.since, None, alert.machine.level, alert.text.clone()),
        };
        let item = Item {
            host: host.to_owned(),
            rule: alert.rule.clone(),
            instance: alert.instance.clone(),
            level,
            change: change(what),
            what: text,
            since,
            until,
            facts: rule.filter(|_| is_present).map(|rule| evidence.facts(alert, rule)).unwrap_or_default(),
            command: if is_present {
                remedy::command(alert, rule, host, &evidence.latest.sample, evidence.finding(alert))
            } else {
                None
            },
            link: site.map(|site| format!("{site}{}/index.html", address(host))),
            picture: None,
        };
        let before = alert.told.as_ref().map(|told| told.notices.clone()).unwrap_or_default();
        let key = key(host, alert, what);
        Self { item, before, key, mark: telling.mark() }
    }

    /// Adds the chart that proves it. A message without one is a message all the same.
    pub fn illustrate(&mut self, alert: &Alert, rule: &Rule, subject: &Subject<'_>) {
        if self.item.change != Change::Passed && !is_yes_or_no(&self.item.rule) {
            self.item.picture = picture(subject, alert, rule).ok().flatten();
        }
    }
}

/// The notice that tells all of this to a channel; none where there is nothing to tell.
pub fn notice(told: &[&Told], channel: &str, t: i64, site: Option<&str>) -> Option<Notice> {
    if told.is_empty() {
        return None;
    }
    let mut told = told.to_vec();
    // What begins before what ends, the worst first.
    told.sort_by_key(|one| {
        let is_over = matches!(one.item.change, Change::Resolved | Change::Passed);
        (is_over, std::cmp::Reverse(one.item.level), one.item.host.clone())
    });
    let mut keys: Vec<&str> = told.iter().map(|one| one.key.as_str()).collect();
    keys.sort_unstable();
    let mut replies_to: Vec<String> = Vec::new();
    for id in told.iter().flat_map(|one| &one.before) {
        if !replies_to.contains(id) {
            replies_to.push(id.clone());
        }
    }
    let mut items: Vec<Item> = told.iter().map(|one| one.item.clone()).collect();
    for item in items.iter_mut().filter(|item| item.picture.is_some()).skip(MOST_PICTURES) {
        item.picture = None;
    }
    let id = format!("{t}.{:016x}", hash::number(format!("{channel}\n{}", keys.join("\n")).as_bytes()));
    Some(Notice { id, t, replies_to, items, site: site.map(str::to_owned) })
}

fn change(what: &What) -> Change {
    match what {
        What::Fired => Change::Fired,
        What::Worsened => Change::Worsened,
        What::Reminder => Change::Reminder,
        What::Resolved => Change::Resolved,
        What::Passed(_) => Change::Passed,
    }
}

/// Names a piece of news: the same for the same change of the same alert.
fn key(host: &str, alert: &Alert, what: &What) -> String {
    let which = match what {
        What::Fired => "fired".to_owned(),
        What::Worsened => format!("worsened {}", alert.machine.level.key()),
        // Each is news of its own.
        What::Reminder => format!("reminder {}", alert.told.as_ref().map_or(0, |told| told.at)),
        What::Resolved => "resolved".to_owned(),
        What::Passed(episode) => format!("passed {}", episode.until),
    };
    format!("{host}\t{}\t{}\t{}\t{which}", alert.rule, alert.instance, alert.machine.since)
}
