//! What changed on the host, each with its time: the boot, packages, crontabs, units, services, containers, this
//! program's own configuration, kills for want of memory, jumps of the clock, notes. One JSON object a line in
//! `<data>/<host>/events.jsonl`.
//!
//! A look costs a dozen `stat` calls; folders are listed on the sample's slow beat or where their time changed, and
//! contents are read where a file's did. What was seen lies in `<data>/<host>/seen/`, which can be deleted: a first
//! look remembers and reports nothing. What one source cannot read costs this source only, never the sample.

mod apk;
mod config;
mod containers;
mod describe;
mod dpkg;
mod files;
mod look;
mod note;
mod out_of_memory;
mod packages;
mod repeats;
mod rpm;
mod seen;
mod services;
mod system;
mod tree;

pub use config::ConfigFile;
pub use describe::{describe, describe_public};
pub use look::{Look, Noticed, look};
pub use note::{LONGEST_NOTE, note};

use serde::{Deserialize, Serialize};

/// The version of the format, `"v"` of each line.
pub const FORMAT_VERSION: u32 = 1;

/// How many events of one look that differ in nothing but their subject are recorded each by itself.
const MOST_ALIKE: usize = 10;
/// How many subjects are named where more are summed up.
const MOST_NAMES: usize = 5;

/// Something that changed on the host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Version of the format.
    pub v: u32,
    /// When it happened, where the kernel or a file says so; else when it was noticed. Unix time in seconds.
    pub t: i64,
    /// What it was.
    pub kind: Kind,
    /// What became of the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// The package, file, service, key; the text of a note. Foreign text: to be escaped where it is shown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The version before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The version after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many: events that are told by this one, or processes that were killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Some of the subjects, where one event tells of several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// By how many lines a crontab grew or shrank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<i64>,
    /// How far the clock jumped, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The host booted.
    Boot,
    /// It runs another kernel.
    Kernel,
    /// A package was installed, upgraded or removed.
    Package,
    /// A crontab.
    Crontab,
    /// A script of `/etc/init.d`, or `/etc/rc.local`.
    InitScript,
    /// A unit of systemd under `/etc`.
    Unit,
    /// A service was started, stopped, started anew.
    Service,
    /// A container came or went.
    Container,
    /// A key of cronograph's configuration. Never its value.
    Config,
    /// The version of cronograph.
    Version,
    /// The kernel killed processes for want of memory.
    OutOfMemory,
    /// The clock jumped.
    Clock,
    /// The system asks for a reboot.
    RebootRequired,
    /// A person wrote something down.
    Note,
    /// A kind that a newer version of this program knows.
    #[default]
    #[serde(other)]
    Other,
}

/// What became of the subject of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Added,
    /// It is another one.
    Changed,
    /// It is gone.
    Removed,
    /// A package is new.
    Installed,
    /// A package has another version.
    Upgraded,
    /// A unit is started at boot now.
    Enabled,
    /// A unit is not started at boot any more.
    Disabled,
    /// A service or container runs now.
    Started,
    /// A service or container is gone.
    Stopped,
    /// A service runs anew.
    Restarted,
    /// A service failed, or its process died.
    Failed,
    /// What a newer version of this program knows.
    #[serde(other)]
    Other,
}

impl Event {
    /// An event without more to it than its kind and time.
    pub fn new(t: i64, kind: Kind) -> Self {
        Self { v: FORMAT_VERSION, t, kind, ..Self::default() }
    }

    /// What happened to something.
    pub fn of(t: i64, kind: Kind, change: Change, subject: impl Into<String>) -> Self {
        Self { change: Some(change), subject: subject.into(), ..Self::new(t, kind) }
    }

    /// Whether two tell of the same thing happening again.
    fn is_like(&self, other: &Self) -> bool {
        (self.kind, self.change) == (other.kind, other.change)
    }
}

/// Sums up, in one event each, what is too many of a kind: "37 packages upgraded".
fn summed(events: Vec<Event>) -> Vec<Event> {
    let mut kept: Vec<Event> = Vec::with_capacity(events.len());
    for event in &events {
        let alike: Vec<&Event> = events.iter().filter(|other| other.is_like(event)).collect();
        if alike.len() <= MOST_ALIKE {
            kept.push(event.clone());
        } else if !kept.iter().any(|other| other.is_like(event)) {
            kept.push(sum(&alike));
        }
    }
    kept
}

/// One event for several that are alike, at the time of the last.
fn sum(alike: &[&Event]) -> Event {
    let last = alike.iter().map(|event| event.t).max().unwrap_or_default();
    let (kind, change) = alike.first().map_or((Kind::Other, None), |event| (event.kind, event.change));
    let names = alike.iter().take(MOST_NAMES).map(|event| event.subject.clone()).collect();
    Event { change, count: Some(alike.len() as u64), names, ..Event::new(last, kind) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_short_and_comes_back() {
        let event = Event::of(1_795_438_200, Kind::Crontab, Change::Changed, "/etc/crontab");
        let line = serde_json::to_string(&event).unwrap();
        assert_eq!(
            line,
            r#"{"v":1,"t":1795438200,"kind":"crontab","change":"changed","subject":"/etc/crontab"}"#
        );
        assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), event);
    }

    #[test]
    fn what_a_newer_version_knows_is_no_damage() {
        let line = r#"{"v":1,"t":5,"kind":"eclipse","change":"begun","moon":true}"#;
        let event: Event = serde_json::from_str(line).unwrap();
        assert_eq!((event.kind, event.change), (Kind::Other, Some(Change::Other)));
    }

    #[test]
    fn many_alike_become_one_and_few_stay() {
        let upgrade = |n: i64| Event::of(n, Kind::Package, Change::Upgraded, format!("lib{n}"));
        let ten: Vec<Event> = (0..10).map(upgrade).collect();
        assert_eq!(summed(ten.clone()), ten);
        let mut many: Vec<Event> = (0..37).map(upgrade).collect();
        many.insert(3, Event::of(2, Kind::Package, Change::Removed, "old"));
        let summed = summed(many);
        assert_eq!(summed.len(), 2);
        assert_eq!((summed[0].count, summed[0].t), (Some(37), 36));
        assert_eq!(summed[0].names, ["lib0", "lib1", "lib2", "lib3", "lib4"]);
        assert_eq!(summed[1].subject, "old");
    }
}
