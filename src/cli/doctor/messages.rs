//! Messages: are the secrets kept, can each channel work as far as that is known without sending anything, and which messages wait
//! that it did not take.

use super::{Finding, Patient};
use crate::base::format;
use crate::base::words::Lang;
use crate::config::Loaded;
use crate::notify::{self, Channel, Wait};
use crate::store::CHECK_FOLDER;

/// `check` runs each minute; what waits for longer than this was not tried because nobody runs it.
const STALE_SECONDS: i64 = 900;

/// Looks at the channels, and at what waits for them.
pub(super) fn check(patient: &Patient, loaded: &Loaded) -> Vec<Finding> {
    let mut findings = channels(loaded);
    findings.extend(waiting(patient));
    findings
}

/// What waits undelivered, by channel.
fn waiting(patient: &Patient) -> Vec<Finding> {
    let spool = patient.data.join(CHECK_FOLDER).join("spool");
    let waits = match notify::waits(&spool) {
        Ok(waits) => waits,
        Err(error) => {
            return vec![Finding::unknown(
                format!("whether messages wait is not known: {error}"),
                "run it as the user who runs `cronograph check`",
            )];
        }
    };
    waits.iter().filter_map(|(channel, wait)| wrong(channel, wait, patient.now)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "seconds of some years are exact in an f64")]
fn wrong(channel: &str, wait: &Wait, now: i64) -> Option<Finding> {
    let age = (now - wait.since).max(0);
    let messages = if wait.messages == 1 { "a message waits" } else { "messages wait" };
    let number = if wait.messages == 1 { String::new() } else { format!("{} ", wait.messages) };
    let what = format!(
        "{number}{messages} for channel {channel:?}, the oldest made {}",
        format::age(age as f64, Lang::En)
    );
    match &wait.reason {
        Some(reason) => Some(Finding::wrong(
            format!("{what}; it was not taken: {reason}"),
            format!(
                "mend that; `cronograph check --test {channel}` tries it, and what waits is sent by itself"
            ),
        )),
        None if age > STALE_SECONDS => Some(Finding::wrong(
            format!("{what}, and was never tried"),
            "run `cronograph check` by hand: what it says is the reason; if it says nothing, nobody starts it",
        )),
        None => None,
    }
}

fn channels(loaded: &Loaded) -> Vec<Finding> {
    if loaded.config.channel.is_empty() {
        return Vec::new();
    }
    if let Err(error) = loaded.keeps_secrets() {
        let remedy = error.hint().unwrap_or_default();
        return vec![Finding::wrong(format!("no messages are sent: {error}"), remedy)];
    }
    let channels: Vec<Channel> = loaded.config.channel.iter().map(Channel::of).collect();
    let faults = channels.iter().filter_map(|channel| Some(of(channel.fault()?)));
    let mut findings: Vec<Finding> = faults.collect();
    if findings.is_empty() {
        let names: Vec<&str> = channels.iter().map(Channel::name).collect();
        findings.push(Finding {
            remedy: names.first().map(|name| format!("`cronograph check --test {name}` tries it")),
            ..Finding::well(format!("messages go to {}", names.join(", ")))
        });
    }
    findings
}

/// What the stage says, which has the way out in a line of its own.
fn of(fault: &str) -> Finding {
    let (text, remedy) = fault.split_once("\nhint: ").unwrap_or((fault, "mend it in the configuration"));
    Finding::wrong(text, remedy)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;
    use crate::config::{Environment, Flags, load};
    use std::os::unix::fs::PermissionsExt;

    fn findings(text: &str, mode: u32) -> Vec<Finding> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cronograph.toml");
        fs_err::write(&path, text).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let flags = Flags { config: Some(path), ..Flags::default() };
        channels(&load(&flags, &Environment::default()).unwrap())
    }

    #[test]
    fn secrets_that_others_may_read_and_channels_that_cannot_work() {
        assert!(findings("", 0o644).is_empty());
        let phone = "[[channel]]\nname = \"phone\"\nkind = \"ntfy\"\nurl = \"https://ntfy.sh/hush\"\n";
        let found = findings(phone, 0o640);
        assert!(
            found[0].verdict == Verdict::Wrong && found[0].text.contains("others may read it (mode 0640)")
        );
        assert!(found[0].remedy.as_deref().unwrap().starts_with("chmod 600 /"));
        let found = findings(phone, 0o600);
        assert_eq!(found[0].text, "messages go to phone");
        assert_eq!(found[0].remedy.as_deref(), Some("`cronograph check --test phone` tries it"));
        let mail = "[[channel]]\nname = \"mail\"\nkind = \"mail\"\nto = [\"a@b.org\"]\nsmtp = \"smtps://localhost\"\nuser = \"a\"\npassword_file = \"/nowhere/x\"\n";
        let found = findings(&format!("{phone}{mail}"), 0o600);
        assert_eq!((found.len(), found[0].verdict), (1, Verdict::Wrong));
        assert!(found[0].text.starts_with("channel \"mail\": password_file: "), "{}", found[0].text);
    }
}
