//! Packages of Fedora's and Red Hat's kin, from the log of what installs them: `/var/log/dnf.rpm.log`
//! (`2026-11-23T15:00:01+0000 SUBDEBUG Installed: nginx-1:1.22.1-3.el9.x86_64`) or the older `/var/log/yum.log`
//! (`Nov 23 15:00:01 Updated: nginx-1.20.1-10.el7.x86_64`, local time without a year). Where neither tells, all that is
//! known is that packages have changed.

use super::look::Sight;
use super::{Change, Event, Kind, dpkg};
use jiff::Timestamp;
use jiff::tz::TimeZone;

const LOG_BYTES: usize = 1 << 20;

/// What the logs say since shortly before `since`, when the database was first seen to change.
pub(super) fn changes(sight: &mut Sight<'_>, since: i64) -> Vec<Event> {
    if sight.first || !sight.before.prints.contains_key("packages") {
        return Vec::new();
    }
    let now = sight.time();
    // The log is written while the database is, which was after the look before.
    let from = sight.look.previous.time.min(since) - 120;
    let from = sight.before.rpm_told.map_or(from, |told| from.max(told + 1));
    let read = |path| {
        let bytes = sight.tree.tail(path, LOG_BYTES).ok().flatten().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let mut events = of_dnf(&read("var/log/dnf.rpm.log"));
    events.extend(of_yum(&read("var/log/yum.log"), now, &dpkg::zone(sight)));
    events.retain(|event| (from..=now).contains(&event.t));
    sight.now.rpm_told = events.iter().map(|event| event.t).max().or(sight.before.rpm_told);
    if events.is_empty() {
        events.push(Event { change: Some(Change::Changed), ..Event::new(now, Kind::Package) });
    }
    events
}

fn of_dnf(log: &str) -> Vec<Event> {
    let event = |line: &str| {
        let (time, rest) = line.split_once(' ')?;
        let at: Timestamp = time.parse().ok()?;
        let (_, rest) = rest.split_once(' ')?;
        action(at.as_second(), rest)
    };
    log.lines().filter_map(event).collect()
}

fn of_yum(log: &str, now: i64, zone: &TimeZone) -> Vec<Event> {
    let year = Timestamp::from_second(now).map_or(1970, |now| zone.to_datetime(now).year());
    let event = |line: &str| {
        let (time, rest) = line.split_at_checked(16)?;
        let at = |year: i16| {
            let text = format!("{year} {}", time.trim());
            let at = jiff::civil::DateTime::strptime("%Y %b %d %H:%M:%S", &text).ok()?;
            Some(zone.to_timestamp(at).ok()?.as_second())
        };
        // A line of last December is read in January.
        let at = Some(at(year)?).filter(|at| *at <= now + 86_400).or_else(|| at(year - 1))?;
        action(at, rest)
    };
    log.lines().filter_map(event).collect()
}

/// `Installed: nginx-1:1.22.1-3.el9.x86_64`
fn action(at: i64, text: &str) -> Option<Event> {
    let (action, package) = text.split_once(": ")?;
    let change = match action {
        "Installed" => Change::Installed,
        "Upgrade" | "Updated" | "Downgrade" => Change::Upgraded,
        "Erase" | "Erased" => Change::Removed,
        _ => return None,
    };
    let (name, version) = split_package(package.trim());
    let version = (!version.is_empty()).then_some(version);
    let (before, after) = if change == Change::Removed { (version, None) } else { (None, version) };
    Some(Event { before, after, ..Event::of(at, Kind::Package, change, name) })
}

/// `nginx-1:1.22.1-3.el9.x86_64` is nginx, 1:1.22.1-3.el9.
fn split_package(package: &str) -> (String, String) {
    let (epoch, rest) = match package.split_once(':') {
        // yum writes the epoch in front of the name.
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => (epoch, rest),
        _ => ("", package),
    };
    let without = rest.rsplit_once('.').map_or(rest, |(without, _)| without);
    let Some((front, release)) = without.rsplit_once('-') else { return (rest.to_owned(), String::new()) };
    let Some((name, version)) = front.rsplit_once('-') else { return (rest.to_owned(), String::new()) };
    let epoch = if epoch.is_empty() { String::new() } else { format!("{epoch}:") };
    (name.to_owned(), format!("{epoch}{version}-{release}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_fall_into_name_and_version() {
        let pair = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(split_package("nginx-1:1.22.1-3.el9.x86_64"), pair("nginx", "1:1.22.1-3.el9"));
        assert_eq!(split_package("1:nginx-core-1.20.1-10.el7.x86_64"), pair("nginx-core", "1:1.20.1-10.el7"));
        assert_eq!(split_package("odd"), pair("odd", ""));
    }

    #[test]
    fn both_logs_are_read() {
        let dnf = of_dnf(
            "2026-11-23T15:00:01+0000 INFO --- logging initialized ---\n\
             2026-11-23T15:00:01+0000 SUBDEBUG Installed: nginx-1.22.1-3.el9.x86_64\n\
             2026-11-23T15:00:02Z SUBDEBUG Erase: vim-9-1.el9.x86_64\n",
        );
        let told: Vec<_> = dnf.iter().map(|event| (event.t, event.subject.as_str(), event.change)).collect();
        assert_eq!(
            told,
            [
                (1_795_446_001, "nginx", Some(Change::Installed)),
                (1_795_446_002, "vim", Some(Change::Removed))
            ]
        );
        let yum = of_yum("Nov 23 15:00:01 Updated: bash-4.2-1.el7.x86_64\n", 1_795_446_061, &TimeZone::UTC);
        assert_eq!((yum[0].t, yum[0].after.as_deref()), (1_795_446_001, Some("4.2-1.el7")));
        // 2025-01-01T00:00:00Z: the 31st before it is of a leap year.
        let last = of_yum("Dec 31 23:00:00 Updated: bash-4.2-1.el7.x86_64\n", 1_735_689_600, &TimeZone::UTC);
        assert_eq!(last[0].t, 1_735_689_600 - 3_600);
    }
}
