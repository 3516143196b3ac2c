//! What the template of the page of all hosts gets: texts as they are shown, and numbers to sort by.

use super::heat::HeatMap;
use super::lately::Lately;
use super::model::{Bar, LegendRow, Link, Moment, Page, Picture, Problem, State};
use serde::Serialize;

/// One host in the fleet.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FleetRow {
    /// The host's name.
    pub name: String,
    /// Its page, percent-encoded.
    pub href: String,
    /// How it is.
    pub state: State,
    /// Memory in parts.
    pub memory_bar: Option<Bar>,
    /// `352 of 496 MiB`.
    pub memory: String,
    /// Busy share of all cores.
    pub cpu: String,
    /// Load divided by cores.
    pub load: String,
    /// How full the fullest file system is.
    pub filled: String,
    /// Which one that is.
    pub filesystem: String,
    /// Received.
    pub received: String,
    /// Sent.
    pub sent: String,
    /// Since boot.
    pub up: String,
    /// Age of the last sample when the page was made.
    pub age: String,
    /// Time of the last sample.
    pub sample_time: Option<Moment>,
    /// Memory in the last 24 hours.
    pub picture: Option<Picture>,
    /// What that picture says, in numbers.
    pub picture_alt: String,
    /// What is wrong, worst first.
    pub problems: Vec<Problem>,
    /// The group that it is in; may be empty.
    pub group: String,
    /// What it is marked with.
    pub tags: Vec<String>,
    /// The numbers of the columns, for the script that sorts.
    pub values: FleetValues,
}

/// What a host is sorted by: shares of one, bytes a second, seconds; empty where it is not known.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct FleetValues {
    /// Memory in use.
    pub memory: String,
    /// Busy share of all cores.
    pub cpu: String,
    /// Load divided by cores.
    pub load: String,
    /// How full the fullest file system is.
    pub filled: String,
    /// Received and sent.
    pub network: String,
    /// Since boot.
    pub up: String,
    /// Age of the last sample.
    pub age: String,
}

/// A host that is not well, in short.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WorstRow {
    /// The host's name.
    pub name: String,
    /// Its page.
    pub href: String,
    /// The group that it is in; may be empty.
    pub group: String,
    /// How it is.
    pub state: State,
    /// What is wrong, worst first; no notes.
    pub problems: Vec<Problem>,
}

/// A group, or a page of hosts, in a line.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct GroupLine {
    /// What it is called.
    pub title: String,
    /// Where its hosts are listed.
    pub href: String,
    /// The state of the worst of them.
    pub state: Option<State>,
    /// How many there are.
    pub hosts: usize,
    /// How many are not well; empty for none.
    pub bad: String,
    /// Memory in use of all that they have, those left out of which nothing is heard.
    pub memory: String,
    /// Busy share of their cores, the mean over the hosts.
    pub cpu: String,
}

/// Hosts that are listed together.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct FleetSection {
    /// Its anchor.
    pub id: String,
    /// The group; empty where there are none.
    pub title: String,
    /// `3 hosts: 1 critical, 2 ok`.
    pub summary: String,
    /// Its hosts.
    pub rows: Vec<FleetRow>,
}

/// The way from one page of hosts to the others.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PageLinks {
    /// What all of them are called.
    pub title: String,
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
    /// All of them, the current one without an address; none where there is one only.
    pub pages: Vec<Link>,
}

/// All hosts, or those of one page.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FleetPage {
    /// What every page has.
    pub page: Page,
    /// `3 hosts: 1 critical, 2 ok`.
    pub summary: String,
    /// How many alerts there were lately; empty for none.
    pub past: String,
    /// What is muted, a line each.
    pub muted: Vec<String>,
    /// Which versions of cronograph the hosts run, where they differ.
    pub versions: String,
    /// The optional script that finds and sorts; empty for a few hosts.
    pub script: String,
    /// Where there are groups or many hosts: those that are not well.
    pub worst: Vec<WorstRow>,
    /// How many more these are; empty for none.
    pub worst_more: String,
    /// All hosts as coloured cells; none for a few.
    pub heat: Option<HeatMap>,
    /// The groups, or of many hosts the pages.
    pub groups: Vec<GroupLine>,
    /// The hosts, by group.
    pub sections: Vec<FleetSection>,
    /// What changed lately.
    pub lately: Lately,
    /// Colours of the bars and what they mean.
    pub legend: Vec<LegendRow>,
    /// What to show where there is no host yet.
    pub empty: Vec<String>,
    /// Of a page of hosts: the way to the others; none on the first page of all.
    pub links: Option<PageLinks>,
}

impl FleetPage {
    /// A page on which nothing stands yet.
    pub(crate) fn new(page: Page) -> Self {
        Self {
            page,
            summary: String::new(),
            past: String::new(),
            muted: Vec::new(),
            versions: String::new(),
            script: String::new(),
            worst: Vec::new(),
            worst_more: String::new(),
            heat: None,
            groups: Vec::new(),
            sections: Vec::new(),
            lately: Lately::default(),
            legend: Vec::new(),
            empty: Vec::new(),
            links: None,
        }
    }
}
