//! Memory by program: the resident memory of all processes of one name, from the same pass over `/proc/PID/stat` as the part
//! `processes`. On the slow beat; the largest and those that grew most lately. Outlives workers that come and go.

use super::growth::most_of;
use super::metric::record;
use super::{Collector, Context, SampleError, parse};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Programs by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Programs(pub BTreeMap<String, Program>);

record! {
    /// One program.
    pub struct Program in "program" {
        /// Resident memory of its processes; what they share counts for each.
        rss "rss" u64 Gauge Memory;
        /// Its processes.
        processes "processes" u64 Gauge Count;
    }
}

impl Collector for Programs {
    /// What the collector of processes has counted.
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        if context.programs.is_empty() {
            return Ok(None);
        }
        let counted = std::mem::take(&mut context.programs);
        let all: Vec<(String, u64, u64)> =
            counted.into_iter().map(|(name, (rss, count))| (parse::text(&name), rss, count)).collect();
        let before = &context.beat.programs;
        let mut shown = most_of(&all, context.options.top, |(_, rss, _)| *rss);
        shown.extend(most_of(&all, context.options.top, |(name, rss, _)| before.growth(name, *rss)));
        context.next.beat.programs = before.after(all.into_iter().map(|(name, rss, _)| (name, rss)));
        let described = shown
            .into_iter()
            .map(|(name, rss, count)| (name, Program { rss: Some(rss), processes: Some(count) }));
        Ok(Some(Self(described.collect())))
    }
}
