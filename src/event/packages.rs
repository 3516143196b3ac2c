//! Packages installed, upgraded, removed. Each minute a `stat` of the databases; where one has changed and rests, its
//! packages are compared with those remembered (dpkg, apk), or the package manager's log is read (rpm, whose database
//! only rpm can read).

use super::look::Sight;
use super::tree::Stamp;
use super::{Change, Event, Kind, apk, dpkg, rpm};
use std::collections::BTreeMap;

const FILE: &str = "packages.json";
/// A database is compared when it was left alone for so long: an upgrade of a hundred packages is told at once.
const REST_SECONDS: i64 = 45;
/// And at the latest after so long.
const PATIENCE_SECONDS: i64 = 1800;

/// Installed packages and their versions.
pub(super) type Packages = BTreeMap<String, String>;

/// The databases, each with the format that it has.
const DATABASES: [(&str, Format); 5] = [
    (dpkg::DATABASE, Format::Dpkg),
    (apk::DATABASE, Format::Apk),
    ("var/lib/rpm/rpmdb.sqlite", Format::Rpm),
    ("usr/lib/sysimage/rpm/rpmdb.sqlite", Format::Rpm),
    ("var/lib/rpm/Packages", Format::Rpm),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Dpkg,
    Apk,
    Rpm,
}

pub(super) fn look(sight: &mut Sight<'_>) {
    let stamps =
        DATABASES.iter().filter_map(|(path, format)| Some((*format, sight.tree.stat(path).ok().flatten()?)));
    // A Debian on which rpm is installed, too, has two: the first is its own.
    let Some((format, stamp)) = stamps.into_iter().next() else { return };
    let now = sight.time();
    if sight.before.prints.get("packages") == Some(&stamp.print) {
        return;
    }
    let since = *sight.now.packages_since.get_or_insert(now);
    let rests = !(0..REST_SECONDS).contains(&(now - stamp.changed));
    if !sight.first && !rests && now - since < PATIENCE_SECONDS {
        return;
    }
    let found = match format {
        Format::Dpkg => dpkg::packages(&sight.tree).and_then(|packages| compared(sight, packages, stamp)),
        Format::Apk => apk::packages(&sight.tree).and_then(|packages| compared(sight, packages, stamp)),
        Format::Rpm => Some(rpm::changes(sight, since)),
    };
    // What cannot be read now is read at the next look.
    let Some(mut events) = found else { return };
    if format == Format::Dpkg && !events.is_empty() {
        dpkg::date(sight, &mut events);
    }
    sight.events.extend(events);
    sight.differs("packages", stamp.print);
    sight.now.packages_since = None;
}

/// What became of the packages that are remembered.
fn compared(sight: &mut Sight<'_>, new: Packages, stamp: Stamp) -> Option<Vec<Event>> {
    // A database that is being written has no packages for a moment.
    if new.is_empty() {
        return None;
    }
    let old: Option<Packages> = sight.shelf.load(FILE);
    let at = sight.moment(Some(stamp));
    let events = old.as_ref().map_or_else(Vec::new, |old| compare(old, &new, at));
    if old.as_ref() != Some(&new) {
        sight.shelf.keep(FILE, &new);
    }
    Some(events)
}

fn compare(old: &Packages, new: &Packages, at: i64) -> Vec<Event> {
    let event = |change, name: &String, before: Option<&String>, after: Option<&String>| Event {
        before: before.cloned(),
        after: after.cloned(),
        ..Event::of(at, Kind::Package, change, name)
    };
    let there = new.iter().filter_map(|(name, version)| match old.get(name) {
        None => Some(event(Change::Installed, name, None, Some(version))),
        Some(before) => {
            (before != version).then(|| event(Change::Upgraded, name, Some(before), Some(version)))
        }
    });
    let gone = old.iter().filter(|(name, _)| !new.contains_key(*name));
    there.chain(gone.map(|(name, version)| event(Change::Removed, name, Some(version), None))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_installed_upgraded_and_removed() {
        let packages = |list: &[(&str, &str)]| -> Packages {
            list.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
        };
        let old = packages(&[("bash", "5.2"), ("curl", "7.88"), ("vim", "9")]);
        let new = packages(&[("bash", "5.2"), ("curl", "7.89"), ("nginx", "1.22")]);
        let found = compare(&old, &new, 9);
        let told: Vec<_> = found
            .iter()
            .map(|event| {
                (event.subject.as_str(), event.change, event.before.as_deref(), event.after.as_deref())
            })
            .collect();
        assert_eq!(
            told,
            [
                ("curl", Some(Change::Upgraded), Some("7.88"), Some("7.89")),
                ("nginx", Some(Change::Installed), None, Some("1.22")),
                ("vim", Some(Change::Removed), Some("9"), None),
            ]
        );
    }
}
