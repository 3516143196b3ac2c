//! Debian's packages: `/var/lib/dpkg/status` says what is installed, `/var/log/dpkg.log` when that was done (local time,
//! one line an action: `2026-11-23 15:00:01 install nginx:amd64 <none> 1.22.1-9`).

use super::look::Sight;
use super::packages::Packages;
use super::tree::Tree;
use super::{Change, Event};
use crate::sample::parse;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

pub(super) const DATABASE: &str = "var/lib/dpkg/status";
const LOG: &str = "var/log/dpkg.log";
/// A desktop's database has 10 MB.
const MOST_BYTES: usize = 64 << 20;
/// An upgrade of everything writes about this much.
const LOG_BYTES: usize = 1 << 20;

/// The packages that are installed, in whatever state between unpacked and configured.
pub(super) fn packages(tree: &Tree) -> Option<Packages> {
    Some(parse_status(&tree.read(DATABASE, 0, MOST_BYTES).ok()??))
}

fn parse_status(bytes: &[u8]) -> Packages {
    let mut packages = Packages::new();
    let mut fields: [Option<&[u8]>; 4] = [None; 4];
    for line in bytes.split(|byte| *byte == b'\n').chain([&b""[..]]) {
        if line.is_empty() {
            add(&mut packages, std::mem::take(&mut fields));
            continue;
        }
        for (field, key) in fields.iter_mut().zip(["Package: ", "Status: ", "Architecture: ", "Version: "]) {
            if let Some(value) = line.strip_prefix(key.as_bytes()) {
                *field = Some(value);
            }
        }
    }
    packages
}

/// `Status: install ok installed`
fn add(packages: &mut Packages, [name, status, architecture, version]: [Option<&[u8]>; 4]) {
    let (Some(name), Some(status), Some(version)) = (name, status, version) else { return };
    if matches!(parse::fields(status).nth(2), Some(b"not-installed" | b"config-files") | None) {
        return;
    }
    let mut name = parse::text(name);
    // The second of the same name is of another architecture.
    if packages.contains_key(&name) {
        name = format!("{name}:{}", parse::text(architecture.unwrap_or_default()));
    }
    packages.insert(name, parse::text(version));
}

/// Gives events the time that the log has for them.
pub(super) fn date(sight: &Sight<'_>, events: &mut [Event]) {
    let Ok(Some(log)) = sight.tree.tail(LOG, LOG_BYTES) else { return };
    let log = String::from_utf8_lossy(&log);
    let actions = actions(&log);
    let zone = zone(sight);
    let range = sight.look.previous.slow_time - 86_400..=sight.time();
    for event in events {
        let Some(change) = event.change else { continue };
        let name = event.subject.split(':').next().unwrap_or_default();
        let at = actions.get(&(change_group(change), name)).and_then(|at| unix(at, &zone));
        if let Some(at) = at.filter(|at| range.contains(at)) {
            event.t = at;
        }
    }
}

/// The last time of each action on each package, as the log writes it.
fn actions(log: &str) -> BTreeMap<(&'static str, &str), String> {
    let mut actions = BTreeMap::new();
    for line in log.lines() {
        let mut fields = line.split(' ');
        let (Some(day), Some(time), Some(action)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let group = match action {
            "install" => "install",
            "upgrade" => "upgrade",
            "remove" | "purge" => "remove",
            _ => continue,
        };
        let name = fields.next().and_then(|package| package.split(':').next()).unwrap_or_default();
        actions.insert((group, name), format!("{day}T{time}"));
    }
    actions
}

fn change_group(change: Change) -> &'static str {
    match change {
        Change::Installed => "install",
        Change::Removed => "remove",
        _ => "upgrade",
    }
}

fn unix(at: &str, zone: &TimeZone) -> Option<i64> {
    let at: DateTime = at.parse().ok()?;
    Some(zone.to_timestamp(at).ok()?.as_second())
}

/// The zone in which this host's logs are written.
pub(super) fn zone(sight: &Sight<'_>) -> TimeZone {
    if sight.look.root.is_real() {
        return TimeZone::try_system().unwrap_or(TimeZone::UTC);
    }
    let file = sight.tree.read("etc/localtime", 0, 64 * 1024).ok().flatten();
    file.and_then(|bytes| TimeZone::tzif("local", &bytes).ok()).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installed_is_what_has_files_on_the_disk() {
        let status =
            b"Package: nginx\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.22.1-9\n\
            Description: a\n Package: not this\n\n\
            Package: old\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n\n\
            Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36\n\n\
            Package: libc6\nStatus: install ok unpacked\nArchitecture: i386\nVersion: 2.36\n";
        let found: Vec<(String, String)> = parse_status(status).into_iter().collect();
        let pair = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(found, [pair("libc6", "2.36"), pair("libc6:i386", "2.36"), pair("nginx", "1.22.1-9")]);
    }

    #[test]
    fn the_log_has_the_time_of_the_last_action() {
        let log = "2026-11-23 15:00:01 startup archives unpack\n\
            2026-11-23 15:00:01 install nginx:amd64 <none> 1.22.1-9\n\
            2026-11-23 15:00:02 status installed nginx:amd64 1.22.1-9\n\
            2026-11-23 15:01:00 purge vim:amd64 9 <none>\nbroken\n";
        let actions = actions(log);
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let at = |group, name| unix(&actions[&(group, name)], &berlin);
        assert_eq!(at("install", "nginx"), Some(1_795_442_401));
        assert_eq!(at("remove", "vim"), Some(1_795_442_460));
        assert_eq!(actions.len(), 2);
    }
}
