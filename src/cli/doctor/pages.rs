//! The pages: are they made, are they new, can a web server read them.

use super::{Finding, Patient, timer};
use crate::base::files;
use crate::base::format;
use crate::base::words::Lang;
use crate::cli::web;
use crate::site;
use crate::store::{self, CHECK_FOLDER};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// The pages are made every five minutes; two runs may be missed.
const STALE_SECONDS: i64 = 900;
/// The first come with the first run after the installation.
const FIRST_PAGES_SECONDS: i64 = 420;

/// Looks at the output folder.
pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let out = patient.out.display();
    let status = patient.out.join("status.json");
    if !status.exists() {
        if store::hosts(&patient.data).unwrap_or_default().is_empty() {
            return Vec::new();
        }
        if timer::started_since(patient, "site", FIRST_PAGES_SECONDS).is_some() {
            return vec![Finding::note(format!(
                "there are no pages in {out} yet: the first come within five minutes"
            ))];
        }
        return vec![Finding::wrong(
            format!("there are no pages in {out}"),
            "run `cronograph site` by hand: what it says is the reason; if it says nothing, nobody starts it",
        )];
    }
    let mut findings = vec![age(patient, &status)];
    findings.extend(hanging(patient));
    if let Some(folder) = web::obstacle(&patient.out) {
        findings.push(Finding::wrong(
            format!("a web server cannot read {out}: others may not enter {}", folder.display()),
            format!("chmod o+x {}, or name another folder with --out", folder.display()),
        ));
    }
    findings
}

/// Runs that do not end: each keeps all later ones from making pages or evaluating rules.
fn hanging(patient: &Patient) -> Vec<Finding> {
    let locks = [
        (site::lock_of(&patient.out), "no pages are made"),
        (patient.data.join(CHECK_FOLDER).join("lock"), "no alert rules are evaluated"),
    ];
    let finding = |(lock, what): (PathBuf, &str)| {
        let seconds = files::held_seconds(&lock).filter(|seconds| *seconds > site::HUNG_SECONDS)?;
        let age = format::duration(seconds, Lang::En);
        Some(Finding::wrong(
            format!("{what}: a program has held the lock {} for {age}", lock.display()),
            format!("`fuser -v {}` shows which: end it if it hangs", lock.display()),
        ))
    };
    locks.into_iter().filter_map(finding).collect()
}

/// When the pages were made, by their own word; each run writes it anew.
#[expect(clippy::cast_precision_loss, reason = "seconds of some years are exact in an f64")]
fn age(patient: &Patient, status: &Path) -> Finding {
    let made = fs_err::read(status)
        .ok()
        .and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok())
        .and_then(|status| status.get("made")?.as_str()?.parse::<Timestamp>().ok());
    let Some(made) = made else {
        return Finding::wrong(
            format!("{} does not say when the pages were made", status.display()),
            "run `cronograph site`: it makes them anew",
        );
    };
    let seconds = patient.now - made.as_second();
    let age = format::age(seconds as f64, Lang::En);
    if seconds > STALE_SECONDS {
        return Finding::wrong(
            format!("the pages in {} are out of date: made {age}", patient.out.display()),
            "run `cronograph site` by hand: what it says is the reason; if it says nothing, nobody starts it",
        );
    }
    Finding::well(format!("the pages are new: made {age}"))
}
