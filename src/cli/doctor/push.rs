//! The push to an engine of metrics, where it is configured: does it take what it is sent, is anything left behind.

use super::Finding;
use crate::base::format;
use crate::base::words::Lang;
use crate::config::Loaded;
use crate::ship::{Status, folder};

/// Without a sample taken for so long something is wrong: cron runs it each minute.
const LATE_SECONDS: i64 = 900;

/// Looks at what the runs remember.
pub(super) fn check(loaded: &Loaded, now: i64) -> Vec<Finding> {
    let Some(url) = &loaded.config.push.url else { return Vec::new() };
    if let Err(error) = loaded.keeps_secrets() {
        let remedy = error.hint().unwrap_or_default();
        return vec![Finding::wrong(format!("no samples are pushed: {error}"), remedy)];
    }
    let engine = url.shown_address();
    let folder = folder(&loaded.config.data, url.reveal());
    let status = Status::load(&folder);
    let ago = |time: i64| {
        #[expect(clippy::cast_precision_loss, reason = "seconds")]
        let seconds = (now - time) as f64;
        format::age(seconds, Lang::En)
    };
    let mut findings = Vec::new();
    let try_now = "`cronograph push` on a terminal tries it now, and says what happens";
    match (status.taken, &status.reason) {
        (taken, Some(reason)) => {
            let since = taken.map_or("ever".to_owned(), |taken| format!("since {}", ago(taken)));
            let text = format!("{engine} has taken no samples {since}: {reason}");
            findings.push(Finding::wrong(text, try_now));
        }
        (None, None) => {
            findings.push(Finding::wrong(format!("no samples have been pushed to {engine} yet"), try_now));
        }
        (Some(taken), None) if now - taken > LATE_SECONDS => {
            let text = format!("samples were pushed to {engine} {} and not since", ago(taken));
            findings.push(Finding::wrong(text, try_now));
        }
        (Some(taken), None) => {
            findings.push(Finding::well(format!("samples are pushed to {engine}, {}", ago(taken))));
        }
    }
    let unwanted: u64 = status.unwanted.values().sum();
    if unwanted > 0 {
        let hosts: Vec<&str> = status.unwanted.keys().map(String::as_str).take(3).collect();
        findings.push(Finding::note(format!(
            "{engine} did not want {unwanted} samples so far, of {}{}",
            hosts.join(", "),
            if status.unwanted.len() > hosts.len() { " and others" } else { "" }
        )));
        findings.push(Finding::note(format!(
            "once the engine takes them, everything is sent again without the folder {}",
            folder.display()
        )));
    }
    findings
}
