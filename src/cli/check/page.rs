//! What `check` prints: what holds, what was not taken.

use super::look::{Seen, Watch};
use crate::alert::Alert;
use crate::analysis::Level;
use crate::analysis::report::words::Telling;
use crate::base::escape;
use crate::base::words::Words;
use crate::notify::Delivery;
use std::fmt::Write;

/// A line for each alert that holds, worst first: host, state, what, since when.
pub(super) fn firing(seen: &[Seen], watch: &Watch<'_>) -> String {
    let words = Words::of(watch.lang);
    let telling = Telling { words, zone: watch.zone, now: watch.now };
    let mut all: Vec<(&str, &Alert)> =
        seen.iter().flat_map(|seen| seen.firing.iter().map(|alert| (seen.host.as_str(), alert))).collect();
    if all.is_empty() {
        return format!("{}\n", words.count("check.calm", seen.len() as u64, &[]));
    }
    all.sort_by_key(|(host, alert)| (std::cmp::Reverse(alert.machine.level), *host));
    let mut page = String::new();
    for (host, alert) in all {
        let state = if alert.machine.level == Level::Ok { "note" } else { alert.machine.level.key() };
        let muted = watch.mutes.until(&alert.rule, host, watch.now);
        let since = words.fill("check.since", &[("time", &telling.time(alert.machine.since))]);
        let mut line = format!("{host}  {}  {}  {since}", words.get(&format!("state.{state}")), alert.text);
        if let Some(until) = muted {
            line.push_str(&format!("  {}", words.fill("check.muted", &[("time", &telling.time(until))])));
        }
        // Writing to a string cannot fail.
        let _ = writeln!(page, "{}", escape::terminal(&line));
    }
    page
}

/// What was not taken, and when it is tried again.
pub(super) fn trouble(delivery: &Delivery, now: i64) -> Vec<String> {
    let failed = delivery.failed.iter().map(|failed| {
        let minutes = (failed.next - now).max(0).div_euclid(60).max(1);
        format!(
            "cronograph: channel {:?} did not take a message: {}; it is tried again in {minutes} min",
            failed.channel, failed.reason
        )
    });
    let aside = delivery.aside.iter().map(|aside| {
        format!("cronograph: a message was set aside: {}: {}", aside.path.display(), aside.reason)
    });
    failed.chain(aside).collect()
}
