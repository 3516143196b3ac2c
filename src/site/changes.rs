//! What changed on a host: the events of a window as a numbered list, newest first, and as the marks of the memory chart
//! with the same numbers; and the latest of all for `status.json`. A public page names no files, packages or services,
//! and shows no notes.

use super::model::{Cell, Table};
use super::scene::Scene;
use super::tables::Tables;
use crate::base::escape;
use crate::chart::Mark;
use crate::event::{Event, Kind, describe, describe_public};
use serde::{Deserialize, Serialize};

/// Events that a page lists and its chart marks, at most.
const MOST_LISTED: usize = 40;
/// Events of a host in `status.json`.
const MOST_IN_STATUS: usize = 5;

/// One event in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// When, unix time.
    pub t: i64,
    /// What kind of event.
    pub kind: Kind,
    /// What happened.
    pub text: String,
}

/// What a window's page tells of its events; kept with the window's pictures, whose marks have the same numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Changes {
    /// The newest of the window, oldest first: the first is number 1.
    pub listed: Vec<Told>,
    /// How many of the window are older than those.
    pub older: usize,
}

/// Everything that happened on a host, in words that this site may show.
pub(crate) fn told(events: &[Event], scene: &Scene) -> Vec<Told> {
    let words = scene.words();
    let tell = |event: &Event| {
        let text = if scene.public { describe_public(event, words)? } else { describe(event, words) };
        // A file's name may turn the direction of what follows it.
        Some(Told { t: event.t, kind: event.kind, text: escape::terminal(&text).into_owned() })
    };
    events.iter().filter_map(tell).collect()
}

/// The last of all events, newest first; none that a clock set wrong dated ahead.
pub(crate) fn latest(told: &[Told], now: i64) -> Vec<Told> {
    told.iter().rev().filter(|told| told.t <= now).take(MOST_IN_STATUS).cloned().collect()
}

impl Changes {
    /// Those with `from <= t < until`, of events by time.
    pub(crate) fn of(told: &[Told], from: i64, until: i64) -> Self {
        let inside: Vec<&Told> = told.iter().filter(|told| (from..until).contains(&told.t)).collect();
        let older = inside.len().saturating_sub(MOST_LISTED);
        Self { listed: inside[older..].iter().map(|told| (*told).clone()).collect(), older }
    }

    /// The marks of a chart.
    pub(crate) fn marks(&self) -> Vec<Mark> {
        self.listed.iter().zip(1..).map(|(told, number)| Mark { at: told.t, number }).collect()
    }

    /// The list, newest first; none where nothing changed.
    pub(crate) fn table(&self, tables: &Tables) -> Option<Table> {
        let scene = tables.scene;
        let rows = self.listed.iter().enumerate().rev().map(|(index, told)| {
            let number = (index + 1).to_string();
            vec![Cell::text(number), Cell::text(scene.minute(told.t).text), Cell::text(&told.text)]
        });
        let mut table =
            tables.table("changes", &["mark.text", "when.text", "change.text"], rows.collect())?;
        table.wide = true;
        if self.older > 0 {
            table.note = scene.words().count("changes.older", self.older as u64, &[]);
        }
        Some(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Lang;
    use crate::event::Change;
    use jiff::tz::TimeZone;

    fn scene(public: bool) -> Scene {
        Scene { lang: Lang::En, zone: TimeZone::UTC, public, now: 1000 }
    }

    #[test]
    fn the_newest_are_listed_and_marked_with_the_same_numbers() {
        let events: Vec<Event> = (0..50).map(|t| Event::new(t, Kind::Boot)).collect();
        let changes = Changes::of(&told(&events, &scene(false)), 5, 100);
        assert_eq!((changes.older, changes.listed.len()), (5, MOST_LISTED));
        let marks = changes.marks();
        assert_eq!((marks[0].at, marks[0].number), (10, 1));
        assert_eq!((marks[39].at, marks[39].number), (49, 40));
    }

    #[test]
    fn a_public_site_tells_no_names_and_no_notes() {
        let note = Event { subject: "secret".to_owned(), ..Event::new(1, Kind::Note) };
        let package = Event::of(2, Kind::Package, Change::Installed, "secret");
        let events = [note, package, Event::of(3, Kind::Crontab, Change::Added, "/etc/cron.d/secret")];
        let public = told(&events, &scene(true));
        assert_eq!(public.len(), 1);
        assert_eq!(public[0].text, "one package installed");
        assert_eq!(latest(&told(&events, &scene(false)), 3)[0].text, "crontab /etc/cron.d/secret added");
    }

    #[test]
    fn names_cannot_turn_the_text_around() {
        let event = Event::of(3, Kind::Crontab, Change::Added, "/etc/cron.d/a\u{202e}b");
        assert_eq!(told(&[event], &scene(false))[0].text, "crontab /etc/cron.d/a\\u{202e}b added");
    }
}
