//! What of a host the pages of all hosts, the feeds and `status.json` are made of: known when its own pages are made, so that
//! nothing is read again for them.

use super::alerts::Watched;
use super::changes::Told;
use super::model::{Picture, Problem, State};
use super::now::Now;
use super::problems;
use super::scene::{Aliases, Scene};
use crate::analysis::report::Report;
use crate::base::escape::address;

/// Where a host's own page is, from that of all hosts.
pub(crate) fn host_page(name: &str) -> String {
    format!("{}/index.html", address(name))
}

/// What the fleet page and `status.json` say of a host.
#[derive(Clone, Debug)]
pub(crate) struct HostView {
    /// Its name.
    pub name: String,
    /// How it is.
    pub state: State,
    /// What is wrong, worst first.
    pub problems: Vec<Problem>,
    /// Time of the last sample, unix time.
    pub sampled: Option<i64>,
    /// Its numbers.
    pub now: Option<Now>,
    /// How mount points are shown.
    pub mounts: Aliases,
    /// What is known of its memory.
    pub report: Option<Report>,
    /// What happened on it last, newest first.
    pub changes: Vec<Told>,
    /// What happened on it in the last 24 hours.
    pub lately: Vec<Told>,
    /// Time of its first sample, as far back as a year.
    pub first: Option<i64>,
    /// When samples came again after at least a day without any, the last time, and after how many seconds.
    pub back: Option<(i64, i64)>,
    /// The version of cronograph that samples it.
    pub version: Option<String>,
    /// What is known of its alerts.
    pub watched: Watched,
    /// Memory in 24 hours, with what it says.
    pub small: Option<(Picture, String)>,
}

impl HostView {
    /// A host of which nothing is known but that it is there.
    pub(crate) fn unknown(name: &str, scene: &Scene, text: String) -> Self {
        let (state, problems) = problems::unknown(scene, text);
        let (name, mounts) = (name.to_owned(), Aliases::default());
        Self {
            name,
            state,
            problems,
            sampled: None,
            now: None,
            mounts,
            report: None,
            changes: Vec::new(),
            lately: Vec::new(),
            first: None,
            back: None,
            version: None,
            watched: Watched::default(),
            small: None,
        }
    }
}
