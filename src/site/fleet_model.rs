//! What the template of the page of all hosts gets: texts as they are shown, and numbers to sort by.

use super::model::{Bar, LegendRow, Moment, Page, Picture, Problem, State};
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

/// All hosts.
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
    /// The optional script that finds and sorts; empty for a few hosts.
    pub script: String,
    /// Worst first.
    pub rows: Vec<FleetRow>,
    /// Colours of the bars and what they mean.
    pub legend: Vec<LegendRow>,
    /// What to show where there is no host yet.
    pub empty: Vec<String>,
}
