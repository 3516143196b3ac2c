//! Whether a rule finds anything to look at on a host, whatever its condition says of it.

use super::names::FACTS;
use super::rule::Rule;
use super::table::Table;
use crate::series::Frame;

/// Whether a window has an instance of what a rule is about. What is known beside the samples is taken to be there.
pub fn finds(rule: &Rule, frame: &Frame) -> bool {
    let mut asks_fact = false;
    for comparison in rule.when.comparisons() {
        comparison.left.columns(&mut |metric, _| {
            asks_fact |= metric != "host.cores" && FACTS.iter().any(|fact| fact.name == metric);
        });
    }
    asks_fact || !rule.instances(&Table::new(frame, i64::MIN)).is_empty()
}
