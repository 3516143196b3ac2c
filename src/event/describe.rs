//! Events in words, one line each, without their time: `event.thing.KIND`, `event.verb.CHANGE` and the few sentences of
//! their own in the tables.

use super::{Change, Event, Kind};
use crate::base::format;
use crate::base::words::Words;

/// An event in one line. Its subject is foreign text: to be escaped where it is shown.
pub fn describe(event: &Event, words: &Words) -> String {
    let count = event.count.unwrap_or(1);
    let names = named(event, words);
    match event.kind {
        Kind::Boot => words.get("event.boot").to_owned(),
        Kind::Kernel => words.fill("event.kernel", &[("versions", &versions(event))]),
        Kind::Version => words.fill("event.version", &[("versions", &versions(event))]),
        Kind::Note => words.fill("event.note", &[("text", &event.subject)]),
        Kind::Clock => clock(event, words),
        Kind::OutOfMemory => {
            let who = if event.subject.is_empty() { &names } else { &event.subject };
            with(words.count("event.out_of_memory", count, &[]), who, words)
        }
        Kind::RebootRequired => with(words.get("event.reboot_required").to_owned(), &names, words),
        Kind::Other => words.get("event.other").to_owned(),
        kind if event.subject.is_empty() => with(several(kind, event.change, count, words), &names, words),
        kind => one(kind, event, count, words),
    }
}

/// An event in one line that anybody may read: without names of files, packages and services, and without notes.
/// `None` where nothing is left.
pub fn describe_public(event: &Event, words: &Words) -> Option<String> {
    let mut bare = event.clone();
    bare.make_public().then(|| describe(&bare, words))
}

impl Event {
    /// Takes out names of files, packages and services, and versions of packages; false for what nobody else should know at all.
    pub fn make_public(&mut self) -> bool {
        self.subject.clear();
        self.names.clear();
        // The kernel's versions are shown; those of packages tell which package it is.
        if self.kind != Kind::Kernel {
            (self.before, self.after, self.lines) = (None, None, None);
        }
        matches!(
            self.kind,
            Kind::Boot
                | Kind::Kernel
                | Kind::Clock
                | Kind::OutOfMemory
                | Kind::RebootRequired
                | Kind::Package
        )
    }
}

/// `package nginx 1.22 → 1.24 upgraded`, `crontab /etc/crontab changed, 3 times in a day`.
fn one(kind: Kind, event: &Event, count: u64, words: &Words) -> String {
    let versions = versions(event);
    let subject =
        if versions.is_empty() { event.subject.clone() } else { format!("{} {versions}", event.subject) };
    let thing = words.get(&format!("event.thing.{}", name(kind))).to_owned();
    let text = words
        .fill("event.one", &[("thing", &thing), ("subject", &subject), ("verb", verb(event.change, words))]);
    let text = match event.lines {
        Some(lines) if lines > 0 => {
            with(text, &words.count("event.lines_added", lines.unsigned_abs(), &[]), words)
        }
        Some(lines) => with(text, &words.count("event.lines_removed", lines.unsigned_abs(), &[]), words),
        None => text,
    };
    if count > 1 {
        return words.fill("event.repeated", &[("text", &text), ("n", &count.to_string())]);
    }
    text
}

/// `37 packages upgraded`
fn several(kind: Kind, change: Option<Change>, count: u64, words: &Words) -> String {
    let things = words.count(&format!("event.things.{}", name(kind)), count, &[]);
    words.fill("event.several", &[("things", &things), ("verb", verb(change, words))])
}

fn verb(change: Option<Change>, words: &Words) -> &str {
    words.get(match change {
        Some(Change::Added) => "event.verb.added",
        Some(Change::Removed) => "event.verb.removed",
        Some(Change::Installed) => "event.verb.installed",
        Some(Change::Upgraded) => "event.verb.upgraded",
        Some(Change::Enabled) => "event.verb.enabled",
        Some(Change::Disabled) => "event.verb.disabled",
        Some(Change::Started) => "event.verb.started",
        Some(Change::Stopped) => "event.verb.stopped",
        Some(Change::Restarted) => "event.verb.restarted",
        Some(Change::Failed) => "event.verb.failed",
        Some(Change::Changed | Change::Other) | None => "event.verb.changed",
    })
}

/// The name of a kind in the tables.
fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Package => "package",
        Kind::Crontab => "crontab",
        Kind::InitScript => "init_script",
        Kind::Unit => "unit",
        Kind::Service => "service",
        Kind::Container => "container",
        _ => "config",
    }
}

/// `1.22 → 1.24`, or the one that is known.
fn versions(event: &Event) -> String {
    let known: Vec<&str> = [&event.before, &event.after].into_iter().flatten().map(String::as_str).collect();
    known.join(" → ")
}

fn named(event: &Event, words: &Words) -> String {
    let mut names = event.names.join(words.get("event.separator"));
    if event.count.is_some_and(|count| count > event.names.len() as u64) && !names.is_empty() {
        names.push_str(words.get("event.more"));
    }
    names
}

fn with(text: String, more: &str, words: &Words) -> String {
    if more.is_empty() { text } else { words.fill("event.with", &[("text", &text), ("more", more)]) }
}

#[expect(clippy::cast_precision_loss, reason = "a jump is at most some thousand years")]
fn clock(event: &Event, words: &Words) -> String {
    let seconds = event.seconds.unwrap_or(0);
    let key = if seconds < 0 { "event.clock_back" } else { "event.clock_ahead" };
    let duration = format::duration(seconds.unsigned_abs() as f64, words.lang());
    words.fill(key, &[("duration", &duration)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Lang;

    fn en(event: &Event) -> String {
        describe(event, Words::of(Lang::En))
    }

    fn some_of_each() -> Vec<(Event, &'static str)> {
        let of = |kind, change, subject: &str| Event::of(5, kind, change, subject);
        let new = |kind| Event::new(5, kind);
        let text = |text: &str| Some(text.to_owned());
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let nginx = of(Kind::Package, Change::Installed, "nginx");
        let upgrade = of(Kind::Package, Change::Upgraded, "");
        let crontab = of(Kind::Crontab, Change::Changed, "/etc/crontab");
        vec![
            (new(Kind::Boot), "boot"),
            (Event { before: text("6.1"), after: text("6.2"), ..new(Kind::Kernel) }, "kernel 6.1 → 6.2"),
            (Event { after: text("1.22.1-9"), ..nginx }, "package nginx 1.22.1-9 installed"),
            (
                Event { count: Some(37), names: names(&["a", "b"]), ..upgrade },
                "37 packages upgraded: a, b, …",
            ),
            (Event { lines: Some(1), ..crontab.clone() }, "crontab /etc/crontab changed: one line more"),
            (Event { count: Some(1437), ..crontab }, "crontab /etc/crontab changed, 1437 times in a day"),
            (of(Kind::Unit, Change::Enabled, "x.service"), "unit x.service enabled"),
            (of(Kind::Service, Change::Failed, "x.service"), "service x.service failed"),
            (of(Kind::Config, Change::Added, "a.b"), "cronograph config: a.b added"),
            (
                Event { count: Some(2), names: names(&["a", "b"]), ..new(Kind::OutOfMemory) },
                "the kernel killed 2 processes for want of memory: a, b",
            ),
            (Event { seconds: Some(-3600), ..new(Kind::Clock) }, "the clock jumped back by 1 h"),
            (Event { subject: "hi".to_owned(), ..new(Kind::Note) }, "note \"hi\""),
            (new(Kind::RebootRequired), "the system asks for a reboot"),
        ]
    }

    #[test]
    fn each_kind_in_words() {
        for (event, expected) in some_of_each() {
            assert_eq!(en(&event), expected);
        }
    }

    #[test]
    fn every_kind_and_change_has_words_in_both_languages() {
        for lang in [Lang::En, Lang::Zh] {
            let words = Words::of(lang);
            for kind in [
                Kind::Package,
                Kind::Crontab,
                Kind::InitScript,
                Kind::Unit,
                Kind::Service,
                Kind::Container,
                Kind::Config,
                Kind::Version,
                Kind::Other,
            ] {
                for (subject, count) in [("x", 1), ("x", 2), ("", 1), ("", 2)] {
                    let event = Event { count: Some(count), ..Event::of(5, kind, Change::Failed, subject) };
                    let text = describe(&event, words);
                    assert!(!text.contains("event.") && !text.contains('{'), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_public_page_names_nothing() {
        let words = Words::of(Lang::En);
        for (event, _) in some_of_each() {
            let text = describe_public(&event, words).unwrap_or_default();
            let private = ["nginx", "crontab", "hi\"", "a.b", "x.service", ": a"];
            assert!(private.iter().all(|private| !text.contains(private)), "{text}");
        }
        let versions =
            Event { before: Some("1.22".to_owned()), ..Event::of(5, Kind::Package, Change::Upgraded, "x") };
        let mut bare = Event { after: Some("1.24".to_owned()), lines: Some(3), ..versions };
        assert!(bare.make_public());
        let json = serde_json::to_string(&bare).unwrap();
        assert!(!json.contains("1.2") && !json.contains("lines"), "{json}");
        let installed = Event::of(5, Kind::Package, Change::Installed, "nginx");
        assert_eq!(describe_public(&installed, words).unwrap(), "one package installed");
    }
}
