//! What repeats itself is not written down each time: a configuration manager that rewrites a crontab each minute,
//! containers that come and go all day. Of one subject three events a day are recorded, of one kind and change twenty;
//! what is beyond is counted, and told in one event when the day is over.

use super::look::Sight;
use super::{Change, Event, Kind, MOST_NAMES};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const FILE: &str = "repeats.json";
const DAY_SECONDS: i64 = 86_400;
/// Recorded each by itself, of one subject in a day.
const MOST_OF_SUBJECT: u32 = 3;
/// The same, of one kind and change.
const MOST_OF_KIND: u32 = 20;

/// What was recorded and held back since a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Run {
    since: i64,
    recorded: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    held: u64,
    /// When the last that was held back happened.
    #[serde(default, skip_serializing_if = "is_zero")]
    last: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    names: Vec<String>,
}

fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What a run is of. An empty subject stands for all of the kind and change.
type Key = (Kind, Option<Change>, String);

/// The events to record.
pub(super) fn fold(sight: &mut Sight<'_>, found: Vec<Event>) -> Vec<Event> {
    let now = sight.time();
    let due = sight.before.held_until.is_some_and(|until| now >= until);
    if found.is_empty() && !due {
        return found;
    }
    let runs: Vec<(Key, Run)> = sight.shelf.load(FILE).unwrap_or_default();
    let mut runs: BTreeMap<Key, Run> = runs.into_iter().collect();
    let mut events = over(&mut runs, now);
    events.extend(found.into_iter().filter(|event| admit(&mut runs, event, now)));
    let held = runs.values().filter(|run| run.held > 0).map(|run| run.since + DAY_SECONDS);
    sight.now.held_until = held.min();
    sight.shelf.keep(FILE, &runs.into_iter().collect::<Vec<_>>());
    events
}

/// Ends the runs whose day is over: an event for each that held something back.
fn over(runs: &mut BTreeMap<Key, Run>, now: i64) -> Vec<Event> {
    let mut events = Vec::new();
    runs.retain(|(kind, change, subject), run| {
        // A clock that went back ends a run, too.
        let is_over = !(run.since..run.since + DAY_SECONDS).contains(&now);
        if is_over && run.held > 0 {
            events.push(Event {
                change: *change,
                subject: subject.clone(),
                count: Some(run.held),
                names: std::mem::take(&mut run.names),
                ..Event::new(run.last, *kind)
            });
        }
        !is_over
    });
    events
}

/// Whether an event is to be recorded by itself.
fn admit(runs: &mut BTreeMap<Key, Run>, event: &Event, now: i64) -> bool {
    let fresh = || Run { since: now, ..Run::default() };
    let kind = runs.entry((event.kind, event.change, String::new())).or_insert_with(fresh);
    if kind.recorded >= MOST_OF_KIND {
        kind.hold(event);
        return false;
    }
    if !event.subject.is_empty() {
        let subject = (event.kind, event.change, event.subject.clone());
        let subject = runs.entry(subject).or_insert_with(fresh);
        if subject.recorded >= MOST_OF_SUBJECT {
            subject.hold(&Event { subject: String::new(), ..event.clone() });
            return false;
        }
        subject.recorded += 1;
    }
    if let Some(kind) = runs.get_mut(&(event.kind, event.change, String::new())) {
        kind.recorded += 1;
    }
    true
}

impl Run {
    fn hold(&mut self, event: &Event) {
        self.held += event.count.unwrap_or(1);
        self.last = self.last.max(event.t);
        let name = &event.subject;
        if !name.is_empty() && self.names.len() < MOST_NAMES && !self.names.contains(name) {
            self.names.push(name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crontab_that_is_rewritten_each_minute_is_told_of_four_times_a_day() {
        let (mut runs, mut recorded) = (BTreeMap::new(), Vec::new());
        for minute in 0..2 * 1440 {
            let now = minute * 60;
            recorded.extend(over(&mut runs, now));
            let event = Event::of(now, Kind::Crontab, Change::Changed, "/etc/cron.d/managed");
            if admit(&mut runs, &event, now) {
                recorded.push(event);
            }
        }
        let counts: Vec<_> = recorded.iter().map(|event| event.count).collect();
        assert_eq!(counts, [None, None, None, Some(1437), None, None, None]);
        assert_eq!((recorded[3].t, recorded[3].subject.as_str()), (86_340, "/etc/cron.d/managed"));
    }

    #[test]
    fn containers_without_end_are_told_of_twenty_times_and_then_together() {
        let (mut runs, mut recorded) = (BTreeMap::new(), 0);
        for n in 0..300 {
            let event = Event::of(n, Kind::Container, Change::Started, format!("docker {n:012x}"));
            recorded += u32::from(admit(&mut runs, &event, n));
        }
        assert_eq!(recorded, 20);
        assert_eq!(runs.len(), 21, "no more subjects are remembered than are recorded");
        let told = over(&mut runs, DAY_SECONDS + 300);
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].count, told[0].t, told[0].names.len()), (Some(280), 299, MOST_NAMES));
        assert!(runs.is_empty());
    }
}
