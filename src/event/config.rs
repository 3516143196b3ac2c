//! This program's own configuration: which keys were added, removed, changed. A value is never kept, nor what could
//! be turned back into it: of each key 16 bits of a hash are, which a thousand secrets share.

use super::look::Sight;
use super::{Change, Event, Kind};
use crate::base::hash;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const FILE: &str = "config.json";

/// The configuration as this stage sees it.
pub struct ConfigFile<'a> {
    /// The file.
    pub path: &'a Path,
    /// Its keys, `check.services.command`, and their values as text. Asked for only when the file has changed.
    pub keys: &'a dyn Fn() -> Vec<(String, String)>,
}

pub(super) fn look(sight: &mut Sight<'_>) {
    let file = &sight.look.config;
    // Not under the root: a recorded tree is read with the configuration of this machine.
    let stat = fs_err::metadata(file.path).ok();
    let print = stat.as_ref().map_or(0, |stat| {
        hash::number(
            format!("{} {} {} {}", stat.ino(), stat.len(), stat.ctime(), stat.ctime_nsec()).as_bytes(),
        )
    });
    if !sight.differs("config", print) {
        return;
    }
    let old: Option<BTreeMap<String, u16>> = sight.shelf.load(FILE);
    let new: BTreeMap<String, u16> =
        (file.keys)().into_iter().map(|(key, value)| (key, short_print(&value))).collect();
    let now = sight.time();
    let written =
        stat.map(|stat| stat.mtime()).filter(|written| (sight.look.previous.time..=now).contains(written));
    if let Some(old) = &old {
        sight.events.extend(compare(old, &new, written.unwrap_or(now)));
    }
    sight.shelf.keep(FILE, &new);
}

fn compare(old: &BTreeMap<String, u16>, new: &BTreeMap<String, u16>, at: i64) -> Vec<Event> {
    let event = |change, key: String| Event::of(at, Kind::Config, change, key);
    let changed = new.iter().filter_map(|(key, print)| match old.get(key) {
        None => Some(event(Change::Added, entry_or_key(key, old))),
        Some(before) => (before != print).then(|| event(Change::Changed, key.clone())),
    });
    let removed = old.keys().filter(|key| !new.contains_key(*key));
    let mut events: Vec<Event> =
        changed.chain(removed.map(|key| event(Change::Removed, entry_or_key(key, new)))).collect();
    events.dedup();
    events
}

/// `check services` for a key of `check.services` of which `others` has none: the entry came or went as a whole.
fn entry_or_key(key: &str, others: &BTreeMap<String, u16>) -> String {
    let entry = key.rsplit_once('.').map(|(entry, _)| entry).filter(|entry| entry.contains('.'));
    let is_whole = |entry: &&str| {
        let inside = |other: &String| other.strip_prefix(*entry).is_some_and(|rest| rest.starts_with('.'));
        !others.keys().any(inside)
    };
    entry.filter(is_whole).map_or_else(|| key.to_owned(), |entry| entry.replacen('.', " ", 1))
}

#[expect(clippy::cast_possible_truncation, reason = "few bits are the purpose")]
fn short_print(value: &str) -> u16 {
    let print = hash::number(value.as_bytes());
    (print ^ print >> 16 ^ print >> 32 ^ print >> 48) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_and_values_are_not_kept() {
        let keys = |list: &[(&str, &str)]| {
            list.iter().map(|(key, value)| ((*key).to_owned(), short_print(value))).collect()
        };
        let old: BTreeMap<String, u16> = keys(&[("a", "1"), ("mail.password", "hunter2"), ("z", "1")]);
        let new: BTreeMap<String, u16> = keys(&[("a", "1"), ("mail.password", "hunter3"), ("b", "1")]);
        let found: Vec<_> =
            compare(&old, &new, 7).into_iter().map(|event| (event.subject, event.change.unwrap())).collect();
        assert_eq!(
            found,
            [
                ("b".to_owned(), Change::Added),
                ("mail.password".to_owned(), Change::Changed),
                ("z".to_owned(), Change::Removed)
            ]
        );
        let with_check = keys(&[
            ("a", "1"),
            ("check.services.command", "x"),
            ("check.services.name", "x"),
            ("mail.password", "hunter2"),
            ("z", "1"),
        ]);
        let told = |old, new| -> Vec<_> {
            compare(old, new, 7).into_iter().map(|event| (event.subject, event.change.unwrap())).collect()
        };
        assert_eq!(told(&old, &with_check), [("check services".to_owned(), Change::Added)]);
        assert_eq!(told(&with_check, &old), [("check services".to_owned(), Change::Removed)]);
        assert!(!serde_json::to_string(&new).unwrap().contains("hunter"));
    }
}
