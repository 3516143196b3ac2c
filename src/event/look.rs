//! One look at everything that may have changed, after a sample: which sources are looked at, and what was seen of
//! each is kept for the next look.

use super::config::ConfigFile;
use super::seen::{Seen, Shelf};
use super::tree::{Stamp, Tree};
use super::{Event, config, containers, files, out_of_memory, packages, repeats, services, summed, system};
use crate::sample::{Root, Sample, State};
use std::io;
use std::path::Path;

/// A file's time may be a little before the look that should have seen it: the kernel's clock ticks in milliseconds,
/// and a look takes some.
pub(super) const SLACK_SECONDS: i64 = 60;

/// What a look is made of.
pub struct Look<'a> {
    /// The tree.
    pub root: &'a Root,
    /// The sample that was just taken.
    pub sample: &'a Sample,
    /// The state of the sample before.
    pub previous: &'a State,
    /// The state of this sample.
    pub state: &'a State,
    /// The folder of what was seen.
    pub seen: &'a Path,
    /// This program's configuration.
    pub config: ConfigFile<'a>,
    /// Seconds of the slow beat.
    pub beat_seconds: i64,
}

/// Findings of a look. Saved before the events are appended, since what could not be remembered would be reported again each
/// minute, and with the events, since a run that is cut short in between would lose them.
pub struct Noticed {
    /// Changes, by time; with them those that a run before this one did not come to log.
    pub events: Vec<Event>,
    /// The log may have some of the events already: a run before this one was cut short.
    pub resumed: bool,
    shelf: Option<Shelf>,
}

impl Noticed {
    /// Remembers what was seen, for the next look.
    ///
    /// # Errors
    /// The error of the file system.
    pub fn save(&self) -> io::Result<()> {
        self.shelf.as_ref().map_or(Ok(()), Shelf::save)
    }

    /// Remembers that the log has the events.
    ///
    /// # Errors
    /// The error of the file system.
    pub fn logged(&self) -> io::Result<()> {
        match &self.shelf {
            Some(shelf) if !self.events.is_empty() => shelf.forget_unlogged(),
            _ => Ok(()),
        }
    }
}

/// Looks. Never fails: what cannot be read is looked at again the next time. While another run looks, nothing is seen:
/// what changed is told once.
pub fn look(look: &Look<'_>) -> Noticed {
    let opened = Shelf::open(look.seen).zip(Tree::open(look.root));
    let Some((shelf, tree)) = opened else {
        return Noticed { events: Vec::new(), resumed: false, shelf: None };
    };
    let before = shelf.seen();
    let mut sight = Sight {
        look,
        tree,
        slow: look.state.is_slow(),
        first: before.is_none(),
        now: before.clone().unwrap_or_default(),
        before: before.clone().unwrap_or_default(),
        shelf,
        events: Vec::new(),
    };
    system::look(&mut sight);
    config::look(&mut sight);
    files::look(&mut sight);
    packages::look(&mut sight);
    services::look(&mut sight);
    containers::look(&mut sight);
    out_of_memory::look(&mut sight);
    let found = summed(std::mem::take(&mut sight.events));
    let mut events = repeats::fold(&mut sight, found);
    let Sight { now, mut shelf, .. } = sight;
    let unlogged = shelf.unlogged();
    // What was not saved with them is found once more, at another time.
    events.retain(|event| !unlogged.iter().any(|known| *known == Event { t: known.t, ..event.clone() }));
    let resumed = !unlogged.is_empty();
    events.extend(unlogged);
    events.sort_by_key(|event| event.t);
    if !events.is_empty() {
        shelf.keep_unlogged(&events);
    }
    if before.as_ref() != Some(&now) {
        shelf.keep_seen(&now);
    }
    Noticed { events, resumed, shelf: Some(shelf) }
}

/// A look under way.
pub(super) struct Sight<'a> {
    pub(super) look: &'a Look<'a>,
    pub(super) tree: Tree,
    /// Folders are listed this time whatever their time says.
    pub(super) slow: bool,
    /// Nothing is remembered.
    pub(super) first: bool,
    pub(super) before: Seen,
    pub(super) now: Seen,
    pub(super) shelf: Shelf,
    pub(super) events: Vec<Event>,
}

impl Sight<'_> {
    /// The time of the look.
    pub(super) fn time(&self) -> i64 {
        self.look.sample.t
    }

    /// Whether what `stat` says of a source's paths differs from what it said last.
    pub(super) fn has_changed(&mut self, source: &str, paths: &[&str]) -> bool {
        let print = self.tree.print(paths);
        self.differs(source, print)
    }

    /// Whether a source's number differs from the last one.
    pub(super) fn differs(&mut self, source: &str, print: u64) -> bool {
        self.now.prints.insert(source.to_owned(), print) != Some(print)
    }

    /// When a file was changed, where its times are such that they can be true; else now.
    pub(super) fn moment(&self, stamp: Option<Stamp>) -> i64 {
        let now = self.time();
        let since = self.look.previous.slow_time - SLACK_SECONDS;
        let times = stamp.map(|stamp| [stamp.changed, stamp.written]).into_iter().flatten();
        times.into_iter().find(|time| (since..=now).contains(time)).unwrap_or(now)
    }

    /// The kernel's time of the boot.
    #[expect(clippy::cast_possible_truncation, reason = "an uptime has far less than 2^63 seconds")]
    pub(super) fn boot_time(&self) -> Option<i64> {
        self.look.sample.uptime.map(|uptime| self.time() - uptime as i64)
    }
}
