//! Services come, gone, started anew. Where systemd keeps `/run/systemd/units` (since 238), from that folder's time
//! and names: a link `invocation:NAME` for each unit that runs, made when it was started. Older systemds: from the
//! control groups, on the slow beat. Other inits: the processes whose parent is number 1, from what the sample reads
//! anyhow, and the services that it found by their managers' files. That one failed is told by the sample's part `service`.
//!
//! What lives shorter than two slow beats is not reported: a timer's job, somebody's session. What is reported has the
//! time at which it really began.

use super::look::{SLACK_SECONDS, Sight};
use super::tree::Stamp;
use super::{Change, Event, Kind};
use crate::base::hash::Fnv;
use crate::sample::service::is_lasting;
use crate::sample::state::Daemon;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

const FILE: &str = "services.json";
const FAILED: &str = "failed.json";
const UNITS: &str = "run/systemd/units";
const SYSTEMD: &str = "run/systemd/system";
/// So long after a boot services are still being started.
const SETTLING_SECONDS: f64 = 300.0;

/// What is remembered of a service or container.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Known {
    /// When the run began that was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reported: Option<i64>,
    /// When the present run began.
    since: i64,
    /// When it was found to be gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gone: Option<i64>,
}

/// What is remembered of all services.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Kept {
    /// The boot and its time, by which the starts of processes were reckoned: where the clock is set, that moves.
    boot: Option<String>,
    booted: Option<i64>,
    all: All,
}

/// Services or containers, by name.
pub(super) type All = BTreeMap<String, Known>;
/// Those that run now, with the start of the run where that is known.
pub(super) type Found = BTreeMap<String, Option<i64>>;

pub(super) fn look(sight: &mut Sight<'_>) {
    let failed = failures(sight);
    let units = sight.tree.stat(UNITS).ok().flatten();
    if sight.look.sample.uptime.is_some_and(|uptime| uptime < SETTLING_SECONDS) {
        sight.now.services_pending = true;
        return;
    }
    let pending = sight.before.services_pending;
    let found = if let Some(stamp) = units {
        (sight.differs("services", stamp.print) || pending).then(|| of_units(sight)).flatten()
    } else if sight.tree.stat(SYSTEMD).ok().flatten().is_some() {
        of_groups(sight)
    } else {
        let found = of_other_managers(sight);
        let mut hasher = Fnv::default();
        found.hash(&mut hasher);
        (sight.differs("services", hasher.finish()) || pending).then_some(found)
    };
    let Some(found) = found else { return };
    let kept: Option<Kept> = sight.shelf.load(FILE);
    // Starts of units are times of files; those of processes are counted from the boot.
    let booted = sight.boot_time().filter(|_| units.is_none());
    let boot = sight.look.sample.boot.clone();
    let mut old = kept.map(|kept| {
        let same = kept.boot == boot;
        let moved = booted.zip(kept.booted).filter(|_| same).map_or(0, |(now, then)| now - then);
        moved_by(kept.all, moved)
    });
    // That it failed was told; that it is gone then goes without saying.
    for name in failed {
        for known in [&name, &format!("{name}.service")] {
            old.iter_mut().filter_map(|old| old.get_mut(known)).for_each(|known| known.reported = None);
        }
    }
    let all = compare(sight, Kind::Service, old.as_ref(), &found, units);
    sight.now.services_pending =
        all.values().any(|known| known.reported != Some(known.since) || known.gone.is_some());
    if old.as_ref() != Some(&all) {
        sight.shelf.keep(FILE, &Kept { boot, booted, all });
    }
}

/// The same starts after the clock was set.
fn moved_by(mut all: All, seconds: i64) -> All {
    for known in all.values_mut() {
        known.since += seconds;
        known.reported = known.reported.map(|reported| reported + seconds);
    }
    all
}

/// Units of systemd that run, with the time of their start.
fn of_units(sight: &Sight<'_>) -> Option<Found> {
    let mut found = Found::new();
    for name in sight.tree.names(UNITS).ok()? {
        let Some(unit) = name.strip_prefix("invocation:").filter(|unit| is_lasting(unit)) else { continue };
        if let Ok(Some(stamp)) = sight.tree.stat(&format!("{UNITS}/{name}")) {
            found.insert(unit.to_owned(), Some(stamp.written.min(sight.time())));
        }
    }
    Some(found)
}

/// Services by their control groups.
fn of_groups(sight: &Sight<'_>) -> Option<Found> {
    let groups = sight.look.state.found_groups.as_ref()?;
    let names = groups.iter().filter_map(|path| path.rsplit('/').next()).filter(|name| is_lasting(name));
    Some(names.map(|name| (name.to_owned(), None)).collect())
}

/// Tells which services failed since they were last looked at, and gives them back.
fn failures(sight: &mut Sight<'_>) -> Vec<String> {
    let Some(services) = &sight.look.sample.service else { return Vec::new() };
    let before: Option<BTreeSet<String>> = sight.shelf.load(FAILED);
    let mut now = before.clone().unwrap_or_default();
    if services.manager.is_some() {
        now.retain(|name| services.units.contains_key(name));
    }
    let mut fresh = Vec::new();
    for (name, service) in &services.units {
        match service.failed {
            Some(0) => drop(now.remove(name)),
            Some(_) if now.insert(name.clone()) && before.is_some() => {
                fresh.push((name.clone(), service.since))
            }
            _ => {}
        }
    }
    if before.as_ref() != Some(&now) {
        sight.shelf.keep(FAILED, &now);
    }
    // What had failed long before anybody looked is no news.
    let known_since = sight.look.previous.slow_time - SLACK_SECONDS;
    fresh.retain(|(_, since)| since.is_none_or(|since| since >= known_since));
    // As that manager calls it, and as it is told when it starts and stops.
    let suffix = if sight.tree.stat(SYSTEMD).ok().flatten().is_some() { ".service" } else { "" };
    for (name, since) in &fresh {
        let at = since.unwrap_or_else(|| sight.time()).min(sight.time());
        sight.events.push(Event::of(at, Kind::Service, Change::Failed, format!("{name}{suffix}")));
    }
    fresh.into_iter().map(|(name, _)| name).collect()
}

/// The services that a manager other than systemd has running, and the processes that init looks after and that are none of these.
fn of_other_managers(sight: &Sight<'_>) -> Found {
    let services = sight.look.state.services.view.iter().flatten();
    let running: Vec<_> = services
        .filter(|(name, service)| service.up == Some(1) && service.since.is_some() && !name.contains(' '))
        .collect();
    let mut found = of_daemons(sight, |pid| running.iter().any(|(_, service)| service.pid == Some(pid)));
    found.extend(running.into_iter().map(|(name, service)| (name.clone(), service.since)));
    found
}

/// The processes that init looks after, with the start of the oldest of each name.
fn of_daemons(sight: &Sight<'_>, is_known: impl Fn(u32) -> bool) -> Found {
    let mut found = Found::new();
    let Some(boot) = sight.boot_time() else { return found };
    let daemons = sight.look.state.daemons.iter().filter(|daemon| !is_known(daemon.pid));
    for Daemon { name, started, .. } in daemons {
        let seconds = started / sight.look.root.ticks_per_second.max(1);
        let at = boot.saturating_add(i64::try_from(seconds).unwrap_or(0)).min(sight.time());
        let first = found.entry(name.clone()).or_insert(Some(at));
        *first = (*first).min(Some(at));
    }
    found
}

/// What became of each, as events, and what is to be remembered.
pub(super) fn compare(
    sight: &mut Sight<'_>,
    kind: Kind,
    old: Option<&All>,
    found: &Found,
    folder: Option<Stamp>,
) -> All {
    let now = sight.time();
    let Some(old) = old else {
        let known = |since: i64| Known { reported: Some(since), since, gone: None };
        return found.iter().map(|(name, since)| (name.clone(), known(since.unwrap_or(now)))).collect();
    };
    let least = 2 * sight.look.beat_seconds;
    let mut new = All::new();
    for (name, since) in found {
        let before = old.get(name);
        let mut known = before.cloned().unwrap_or(Known { since: now, ..Known::default() });
        known.gone = None;
        // Clocks of processes are rounded, so the same start may look a second off.
        if let Some(since) = since.filter(|since| before.is_none() || known.since.abs_diff(*since) > 2) {
            known.since = since;
        }
        if known.reported != Some(known.since) && now - known.since >= least {
            let change = if known.reported.is_some() { Change::Restarted } else { Change::Started };
            // That a service runs anew after a boot is the boot's event.
            let by_boot = known.reported.is_some() && sight.boot_time() > known.reported;
            if !by_boot {
                sight.events.push(Event::of(known.since, kind, change, name));
            }
            known.reported = Some(known.since);
        }
        new.insert(name.clone(), known);
    }
    for (name, known) in old.iter().filter(|(name, _)| !found.contains_key(*name)) {
        match (known.reported, known.gone) {
            (Some(_), None) => {
                let gone = Some(sight.moment(folder));
                new.insert(name.clone(), Known { gone, ..known.clone() });
            }
            // Gone at two looks: it was not between an end and a start.
            (Some(_), Some(gone)) => sight.events.push(Event::of(gone, kind, Change::Stopped, name)),
            (None, _) => {}
        }
    }
    new
}
