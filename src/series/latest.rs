//! The newest of a host: its last sample made whole, the one before it, the last hour for rates, the last hours for windows.

use super::day_before;
use super::error::SeriesError;
use super::frame::Frame;
use super::table::{Collecting, LEAD_SECONDS, Table};
use super::window::{DAY, Window};
use crate::sample::cgroup::{Cgroup, Cgroups};
use crate::sample::check::{CheckRun, Checks};
use crate::sample::host::Host;
use crate::sample::perfdata::{Perfdata, Value};
use crate::sample::processes::Process;
use crate::sample::service::Services;
use crate::sample::slabinfo::Slabinfo;
use crate::sample::sockstat::Sockstat;
use crate::sample::target::{TargetRun, Targets};
use crate::sample::{FORMAT_VERSION, Sample};
use crate::store::{Damage, Layout, Reader, day_of, start_of, tail_until};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How far back what is not in every sample is looked for.
const CARRY_SECONDS: i64 = 25 * 3600;

/// A host whose clock is ahead of ours by more than a day is not believed: its samples wait until their time comes.
const AHEAD_SECONDS: i64 = DAY;

/// The newest that is known of a host.
#[derive(Clone, Debug, PartialEq)]
pub struct Latest {
    /// The last sample, with what it leaves out on a slow beat from those before it, up to 25 h back.
    pub sample: Sample,
    /// The sample before it, as it was taken.
    pub previous: Option<Sample>,
    /// The hour up to the last sample.
    pub rates: Frame,
    /// What of the last day could not be read.
    pub damage: Damage,
    /// Samples since midnight UTC, by the clock `now`.
    pub samples_today: u64,
    /// The last hours, which several windows are cut from; nothing where nobody asked for them.
    pub recent: Recent,
}

/// The samples of the last hours, read once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recent {
    table: Arc<Table>,
    from: i64,
}

impl Latest {
    /// No sample of then is left: what is known are bins, [`Latest::rates`], and the sample has a time only.
    pub fn is_rolled_up(&self) -> bool {
        self.rates.is_binned()
    }
}

impl Recent {
    /// The window that ends at `until`: cut from what was read already, where that holds all of it.
    ///
    /// # Errors
    /// [`SeriesError`] if the log cannot be read.
    pub fn window(&self, layout: &Layout, window: Window, until: i64) -> Result<Frame, SeriesError> {
        let from = until.saturating_sub(window.seconds());
        let is_held = window.step() == 0 && !self.table.rows.is_empty() && from - LEAD_SECONDS >= self.from;
        if is_held {
            Ok(Table::clone(&self.table).into_frame(from, until))
        } else {
            super::window(layout, window, until)
        }
    }
}

/// The newest of a host; `None` where it has no sample yet.
///
/// The last sample is the last of the log, not the one with the largest time: a clock that was ahead for a while and
/// was set right leaves samples behind that are not the newest, and a day in the far future is passed over.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read.
pub fn latest(layout: &Layout, now: i64) -> Result<Option<Latest>, SeriesError> {
    newest(layout, now)?.map_or(Ok(None), |last| whole(layout, last, now, 0).map(Some))
}

/// The same, with [`Latest::recent`], for who looks at several windows.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read.
pub fn latest_and_recent(layout: &Layout, now: i64) -> Result<Option<Latest>, SeriesError> {
    // The window of six hours ends up to a step before the last sample.
    let window = Window::SixHours;
    let recent = window.seconds() + window.refresh() + LEAD_SECONDS;
    newest(layout, now)?.map_or(Ok(None), |last| whole(layout, last, now, recent).map(Some))
}

/// What was the newest of a host at the end of a stretch that is past; `None` where it had no sample within the stretch or the two
/// days before its end.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read.
pub fn latest_at(layout: &Layout, from: i64, at: i64) -> Result<Option<Latest>, SeriesError> {
    let near = at - 2 * DAY;
    let newest = match Reader::range(layout, near, at + 1)?.last() {
        // Days that lie before these two.
        None if from < near => tail_until(layout, near, 1)?.pop().filter(|last| last.t >= from),
        newest => newest,
    };
    newest.map_or(Ok(None), |last| whole(layout, last, at, 0).map(Some))
}

/// What bins tell of a stretch whose samples are gone; `None` where there are none either.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read.
pub fn rolled_up_at(layout: &Layout, window: Window, at: i64) -> Result<Option<Latest>, SeriesError> {
    let rates = super::window(layout, window, at)?;
    let Some(last) = rates.times.last().map(|last| (last + rates.step).min(at) - 1) else { return Ok(None) };
    let sample = Sample { v: FORMAT_VERSION, t: last, ..Sample::default() };
    let (damage, recent) = (Damage::default(), Recent::default());
    let latest = Latest { sample, previous: None, rates, damage, samples_today: 0, recent };
    Ok(Some(latest).filter(Latest::is_rolled_up))
}

/// The last sample with what came before it; of `recent` seconds the samples as a table.
fn whole(layout: &Layout, last: Sample, now: i64, recent: i64) -> Result<Latest, SeriesError> {
    let today = start_of(day_of(now)?);
    let hour_ago = last.t - 3600;
    let mut carried = Carried::default();
    let mut hour = Collecting::of(layout);
    let mut previous = None;
    let mut collecting = Collecting::of(layout);
    let recent = last.t - recent;
    let mut damage = Damage::default();
    let mut samples_today = 0;
    let from = last.t - CARRY_SECONDS;
    let until = last.t + 1;
    let middle = today.clamp(from, until);
    for (from, until) in [(from, middle), (middle, until)] {
        // Mostly nothing else is wanted of the day before.
        if until == middle && from < middle && middle <= recent.min(hour_ago) {
            damage.merge(&day_before::hosts(layout, from, until, &mut |sample| carried.take(sample))?);
            continue;
        }
        let reader = Reader::range(layout, from, until)?;
        let mut reader =
            reader.wanted(move |t, line| t >= recent.min(hour_ago) || day_before::has_host(line));
        let mut parsed = 0;
        reader.each(|sample| {
            parsed += 1;
            carried.take(sample);
            layout.budget().hold(carried.names(), 0);
            if sample.t >= recent {
                collecting.add(sample);
            }
            if sample.t >= hour_ago {
                hour.add(sample);
                if is_before(sample, &last) {
                    previous = Some(sample.clone());
                }
            }
        })?;
        damage.merge(reader.damage());
        if from >= today {
            samples_today = parsed + reader.skipped();
        }
    }
    let mut sample = last;
    let rates = hour.finish().advancing().into_frame(hour_ago, until);
    carried.give(&mut sample, rates.step);
    let recent = Recent { table: Arc::new(collecting.finish()), from: recent };
    Ok(Latest { sample, previous, rates, damage, samples_today, recent })
}

/// The last sample of the log: of the newest two days the one that came later by the uptime.
fn newest(layout: &Layout, now: i64) -> Result<Option<Sample>, SeriesError> {
    let newest = tail_until(layout, now.saturating_add(AHEAD_SECONDS), 1)?.pop();
    match newest {
        // Tomorrow's file, today: either the host's clock is ahead, or it was for a while.
        Some(ahead) if day_of(ahead.t)? > day_of(now)? => {
            let today = tail_until(layout, now, 1)?.pop();
            Ok(today.filter(|today| !is_before(today, &ahead)).or(Some(ahead)))
        }
        other => Ok(other),
    }
}

/// Whether a sample was taken before another.
fn is_before(sample: &Sample, other: &Sample) -> bool {
    if sample.boot == other.boot && sample.uptime.is_some() {
        sample.uptime < other.uptime
    } else {
        sample.t < other.t
    }
}

/// What some samples have and the last one may not.
#[derive(Default)]
struct Carried {
    host: Option<Host>,
    boot: Option<String>,
    slabinfo: Option<Slabinfo>,
    slow: Sample,
    sockstat: Sockstat,
    critical: BTreeMap<String, f64>,
    groups: BTreeMap<String, Cgroup>,
    checks: BTreeMap<String, CheckRun>,
    targets: BTreeMap<String, TargetRun>,
    values: BTreeMap<String, Value>,
    services: Option<Services>,
    processes: HashMap<(u32, String), Process>,
}

/// Takes over parts that only slow beats have.
macro_rules! slow_parts {
    ($into:expr, $from:expr, $($part:ident)*) => { $(
        if $into.$part.is_none() {
            $into.$part = $from.$part;
        }
    )* };
}

impl Carried {
    /// Number of things it remembers by their names.
    fn names(&self) -> usize {
        let services = self.services.as_ref().map_or(0, |services| services.units.len());
        let seldom = self.critical.len() + self.checks.len() + self.targets.len() + self.processes.len();
        self.groups.len() + self.values.len() + services + seldom
    }

    /// Remembers what a sample has.
    fn take(&mut self, sample: &Sample) {
        if self.boot != sample.boot {
            // Facts outlive a boot until the new ones come; numbers do not.
            *self = Self { host: self.host.take(), boot: sample.boot.clone(), ..Self::default() };
        }
        if sample.host.is_some() {
            self.host.clone_from(&sample.host);
        }
        if let Some(slabinfo) = &sample.slabinfo {
            // Between beats the caches may be read without what tells how much is in none.
            let large = slabinfo.large_kmalloc.or(self.slabinfo.as_ref().and_then(|slab| slab.large_kmalloc));
            self.slabinfo = Some(Slabinfo { large_kmalloc: large, ..slabinfo.clone() });
        }
        let newer = Sample {
            tmpfs: sample.tmpfs.clone(),
            ipc: sample.ipc.clone(),
            program: sample.program.clone(),
            deleted: sample.deleted.clone(),
            ..Sample::default()
        };
        let older = std::mem::replace(&mut self.slow, newer);
        slow_parts!(self.slow, older, tmpfs ipc program deleted);
        if let Some(sockstat) = sample.sockstat.as_ref().filter(|sockstat| sockstat.listen.is_some()) {
            self.sockstat = sockstat.clone();
        }
        for (label, sensor) in sample.hwmon.iter().flat_map(|sensors| &sensors.0) {
            if let Some(critical) = sensor.critical_celsius {
                self.critical.insert(label.clone(), critical);
            }
        }
        for (path, group) in sample.cgroup.iter().flat_map(|cgroup| &cgroup.groups) {
            fill_group(self.groups.entry(path.clone()).or_default(), group, true);
        }
        for (name, run) in sample.check.iter().flat_map(|checks| &checks.0) {
            self.checks.insert(name.clone(), run.clone());
            // A run has all the numbers of its check.
            self.values.retain(|_, value| value.check != *name);
        }
        for (key, value) in sample.perfdata.iter().flat_map(|values| &values.0) {
            self.values.insert(key.clone(), value.clone());
        }
        if let Some(services) = &sample.service {
            take_services(&mut self.services, services);
        }
        for (name, run) in sample.target.iter().flat_map(|targets| &targets.0) {
            self.targets.insert(name.clone(), run.clone());
        }
        for process in sample.processes.iter().flat_map(|processes| &processes.top) {
            if process.started.is_some() || process.pss.is_some() || process.swap.is_some() {
                self.processes.insert((process.pid, process.name.clone()), process.clone());
            }
        }
    }

    /// Fills what the last sample leaves out; samples come each `step` seconds.
    fn give(mut self, sample: &mut Sample, step: i64) {
        sample.host = sample.host.take().or(self.host);
        if self.boot != sample.boot {
            return;
        }
        sample.slabinfo = self.slabinfo.or(sample.slabinfo.take());
        slow_parts!(sample, self.slow, tmpfs ipc program deleted);
        // Each check has its own beat: a line has only those that ran since the line before it.
        sample.check = (!self.checks.is_empty()).then_some(Checks(self.checks));
        // So has each target, until nobody asks it any more.
        self.targets.retain(|_, run| run.is_fresh(sample.t, step));
        sample.target = (!self.targets.is_empty()).then_some(Targets(self.targets));
        sample.perfdata = (!self.values.is_empty()).then_some(Perfdata(self.values));
        sample.service = self.services;
        if let Some(sockstat) = &mut sample.sockstat {
            fill_sockets(sockstat, &self.sockstat);
        }
        for (label, sensor) in sample.hwmon.iter_mut().flat_map(|sensors| &mut sensors.0) {
            sensor.critical_celsius = sensor.critical_celsius.or(self.critical.get(label).copied());
        }
        if let Some(Cgroups { groups, .. }) = &mut sample.cgroup {
            for (path, group) in groups {
                if let Some(known) = self.groups.get(path) {
                    fill_group(group, known, false);
                }
            }
        }
        for process in sample.processes.iter_mut().flat_map(|processes| &mut processes.top) {
            if let Some(known) = self.processes.get(&(process.pid, process.name.clone())) {
                process.pss = process.pss.or(known.pss);
                process.swap = process.swap.or(known.swap);
                process.started = process.started.or(known.started);
            }
        }
    }
}

/// Puts a line's services into what is known: a whole list in its place, else those that it names.
fn take_services(known: &mut Option<Services>, line: &Services) {
    let older = known.take().unwrap_or_default();
    let mut newer = line.clone();
    for (name, service) in &mut newer.units {
        if let Some(before) = older.units.get(name) {
            service.fill(before);
        }
    }
    if line.manager.is_none() {
        newer.manager = older.manager;
        for (name, service) in older.units {
            newer.units.entry(name).or_insert(service);
        }
    }
    *known = Some(newer);
}

/// Takes over fields of a group: all that are there, or only those that are missing.
fn fill_group(group: &mut Cgroup, from: &Cgroup, newer: bool) {
    macro_rules! fill {
        ($($field:ident)*) => { $(
            group.$field = if newer { from.$field.or(group.$field) } else { group.$field.or(from.$field) };
        )* };
    }
    fill!(memory cpu anon file kernel slab_reclaimable slab_unreclaimable percpu sock shmem swap);
}

/// Takes over the states of connections, which are counted on a slower beat where there are many.
fn fill_sockets(sockstat: &mut Sockstat, from: &Sockstat) {
    macro_rules! fill {
        ($($field:ident)*) => { $( sockstat.$field = sockstat.$field.or(from.$field); )* };
    }
    fill!(established listen syn closing close_wait time_wait);
}
