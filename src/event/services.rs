//! Services come, gone, started anew. Where systemd keeps `/run/systemd/units` (since 238), from that folder's time
//! and names: a link `invocation:NAME` for each unit that runs, made when it was started. Older systemds: from the
//! control groups, on the slow beat. Other inits: the processes whose parent is number 1, from what the sample reads
//! anyhow.
//!
//! What lives shorter than two slow beats is not reported: a timer's job, somebody's session. What is reported has the
//! time at which it really began.

use super::look::Sight;
use super::tree::{Fnv, Stamp};
use super::{Change, Event, Kind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

const FILE: &str = "services.json";
const UNITS: &str = "run/systemd/units";
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
    let units = sight.tree.stat(UNITS).ok().flatten();
    if sight.look.sample.uptime.is_some_and(|uptime| uptime < SETTLING_SECONDS) {
        sight.now.services_pending = true;
        return;
    }
    let pending = sight.before.services_pending;
    let found = if let Some(stamp) = units {
        (sight.differs("services", stamp.print) || pending).then(|| of_units(sight)).flatten()
    } else if sight.tree.stat("run/systemd/system").ok().flatten().is_some() {
        of_groups(sight)
    } else {
        let daemons = of_daemons(sight);
        let mut hasher = Fnv::default();
        daemons.hash(&mut hasher);
        (sight.differs("services", hasher.finish()) || pending).then_some(daemons)
    };
    let Some(found) = found else { return };
    let kept: Option<Kept> = sight.shelf.load(FILE);
    // Starts of units are times of files; those of processes are counted from the boot.
    let booted = sight.boot_time().filter(|_| units.is_none());
    let boot = sight.look.sample.boot.clone();
    let old = kept.map(|kept| {
        let same = kept.boot == boot;
        let moved = booted.zip(kept.booted).filter(|_| same).map_or(0, |(now, then)| now - then);
        moved_by(kept.all, moved)
    });
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
        let Some(unit) = name.strip_prefix("invocation:").filter(|unit| is_service(unit)) else { continue };
        if let Ok(Some(stamp)) = sight.tree.stat(&format!("{UNITS}/{name}")) {
            found.insert(unit.to_owned(), Some(stamp.written.min(sight.time())));
        }
    }
    Some(found)
}

/// Services by their control groups.
fn of_groups(sight: &Sight<'_>) -> Option<Found> {
    let groups = sight.look.state.found_groups.as_ref()?;
    let names = groups.iter().filter_map(|path| path.rsplit('/').next()).filter(|name| is_service(name));
    Some(names.map(|name| (name.to_owned(), None)).collect())
}

/// The processes that init looks after, with the start of the oldest of each name.
fn of_daemons(sight: &Sight<'_>) -> Found {
    let mut found = Found::new();
    let Some(boot) = sight.boot_time() else { return found };
    for (name, started) in &sight.look.state.daemons {
        let seconds = started / sight.look.root.ticks_per_second.max(1);
        let at = boot.saturating_add(i64::try_from(seconds).unwrap_or(0)).min(sight.time());
        let first = found.entry(name.clone()).or_insert(Some(at));
        *first = (*first).min(Some(at));
    }
    found
}

/// Whether a unit is a service of the host, not a person's session or something that was run once.
fn is_service(unit: &str) -> bool {
    let transient = ["user@", "user-runtime-dir@", "run-", "session-"];
    unit.ends_with(".service") && !transient.iter().any(|start| unit.starts_with(start))
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
