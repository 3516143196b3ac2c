//! What is known of a host beside the numbers of its samples, put into the table of the rules: silence, clock, leaks, file
//! systems that fill or turned read-only, RAID arrays, quotas, cronograph's own leaks and messages.

use super::rule::{Rule, SILENT};
use super::table::Table;
use crate::analysis::leak;
use crate::analysis::report::{Finding, Report, Subject};
use crate::sample::filesystem::Filesystem;
use crate::sample::mdstat::{CONTAINER, RaidArray};
use crate::series::{Frame, Latest};
use std::collections::{BTreeMap, BTreeSet};

/// Samples that fail to come: fewer missing ones than this are late.
const SILENT_INTERVALS: i64 = 3;
/// A sample of this age is news of its host.
const FRESH_SECONDS: i64 = 300;
/// Critical temperatures outside of this are nonsense of drivers.
const CRITICAL_CELSIUS: std::ops::RangeInclusive<f64> = 45.0..=125.0;

/// What is known of a host beside its samples.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Its newest sample.
    pub latest: &'a Latest,
    /// The samples that rules are evaluated on: those that are new, and so much of the past as rules look at.
    pub samples: &'a Frame,
    /// What is known of its memory; none where nobody looked this time.
    pub report: Option<&'a Report>,
    /// The share of its traffic's quota that is used.
    pub traffic: Option<f64>,
    /// Seconds until its file systems are full, see `filling`; none where nobody looked this time.
    pub filling: Option<&'a BTreeMap<String, f64>>,
    /// How long messages wait, by channel; none where nobody looked.
    pub waiting: Option<&'a BTreeMap<String, f64>>,
    /// Why its log could not be read.
    pub unreadable: Option<&'a str>,
    /// The present moment.
    pub now: i64,
}

impl Known<'_> {
    /// The table that the host's rules are evaluated on: its samples, and all of this. `writable` are the file systems that
    /// could be written to since the boot, `working` the most members of each RAID array that ever worked.
    pub fn table(&self, writable: &BTreeSet<String>, working: &BTreeMap<String, f64>) -> Table<'_> {
        let mut table = Table::new(self.samples, self.now);
        self.host(&mut table);
        self.leave_out(&mut table);
        if !self.is_fresh() {
            return table;
        }
        self.memory(&mut table);
        self.filesystems(&mut table, writable);
        self.hardware(&mut table, working);
        self.own(&mut table);
        table
    }

    /// Returns how many members of each array worked at best: `before`, in the samples, and now. Slots that nothing ever
    /// filled are no failure.
    pub(super) fn most_working(&self, before: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
        let Some(arrays) = &self.latest.sample.mdstat else { return before.clone() };
        let most = arrays.0.iter().filter_map(|(name, array)| {
            let past = self.samples.mean("mdstat.working", name).into_iter().flatten().copied();
            let known = past.chain(before.get(name).copied()).chain(array.working.map(count));
            Some((name.clone(), known.filter(|working| working.is_finite()).reduce(f64::max)?))
        });
        most.collect()
    }

    /// What names only what is wrong was looked at: each with the value of what it does not name.
    pub(super) fn calm(&self) -> Vec<(&'static str, f64)> {
        let mut calm = Vec::new();
        if self.is_fresh() && self.report.is_some() {
            calm.extend([("leak.certain", 0.0), ("leak.full_in", f64::INFINITY)]);
        }
        if self.is_fresh() && self.latest.sample.own_cost.is_some() {
            calm.push(("own.leaks", 0.0));
        }
        calm
    }

    /// When what a rule found began, where that is known better than by when it was found.
    pub(super) fn onset(&self, rule: &Rule, instance: &str) -> Option<i64> {
        if rule.name == SILENT {
            return Some(self.latest.sample.t);
        }
        let findings = self.report.filter(|_| rule.name == "leak").map(|report| report.findings.as_slice());
        let finding = findings?.iter().find(|finding| subject_of(finding) == instance)?;
        Some(finding.growth.since)
    }

    /// Whether the newest sample is as new as can be expected: of a silent host nothing is known but its silence.
    fn is_fresh(&self) -> bool {
        self.now - self.latest.sample.t <= FRESH_SECONDS.max(SILENT_INTERVALS * self.samples.step)
    }

    fn host(&self, table: &mut Table<'_>) {
        let sample = &self.latest.sample;
        let age = self.now - sample.t;
        let late = age > SILENT_INTERVALS * self.latest.rates.step;
        table.fact("host.silent", "", if late { age as f64 } else { 0.0 });
        table.fact("host.unreadable", "", f64::from(u8::from(self.unreadable.is_some())));
        table.fact("host.ahead", "", (-age).max(0) as f64);
        if let Some(uptime) = sample.uptime.filter(|_| self.is_fresh()) {
            table.fact("host.uptime", "", uptime);
        }
        if let Some(cores) = cores(self.latest) {
            table.constant("host.cores", cores);
        }
        if let Some(share) = self.traffic {
            table.fact("traffic.used_percent", "", 100.0 * share);
        }
    }

    /// Takes out of the samples what is no number of this host, or says nothing.
    fn leave_out(&self, table: &mut Table<'_>) {
        if self.latest.sample.meminfo.as_ref().is_some_and(|memory| !memory.foreign.is_empty()) {
            // The host's ARC: the container's memory has nothing of it.
            table.leave_out("arcstats.size", |_| true);
        }
        if let Some(mounts) = &self.latest.sample.filesystem {
            let is_out = |mount: &str| mounts.0.get(mount).is_some_and(Filesystem::is_still);
            for metric in
                ["filesystem.used", "filesystem.available", "filesystem.inodes", "filesystem.inodes_used"]
            {
                table.leave_out(metric, is_out);
            }
        }
        let sensors = self.latest.sample.hwmon.iter().flat_map(|sensors| &sensors.0);
        let usual = |critical: f64| CRITICAL_CELSIUS.contains(&critical);
        let odd: BTreeSet<&str> = sensors
            .filter(|(_, sensor)| !sensor.critical_celsius.is_some_and(usual))
            .map(|(name, _)| name.as_str())
            .collect();
        table.leave_out("hwmon.critical_celsius", |sensor| odd.contains(sensor));
    }

    fn memory(&self, table: &mut Table<'_>) {
        let Some(report) = self.report else { return };
        for row in &report.parts {
            table.fact("leak.certain", row.part.key(), 0.0);
            table.fact("leak.full_in", row.part.key(), f64::INFINITY);
        }
        for finding in &report.findings {
            let subject = subject_of(finding);
            let is_leaking = finding.state == leak::State::Leaking;
            let full =
                finding.full.filter(|_| is_leaking).map_or(f64::INFINITY, |full| (full.at - self.now) as f64);
            table.fact("leak.certain", &subject, f64::from(u8::from(is_leaking)));
            table.fact("leak.full_in", &subject, full);
        }
    }

    fn filesystems(&self, table: &mut Table<'_>, writable: &BTreeSet<String>) {
        let Some(mounts) = &self.latest.sample.filesystem else { return };
        for (mount, filesystem) in &mounts.0 {
            let is_turned = filesystem.read_only && (filesystem.fstab_writable || writable.contains(mount));
            table.fact("filesystem.read_only", mount, f64::from(u8::from(is_turned)));
            let fills = self.filling.and_then(|filling| filling.get(mount));
            if let Some(seconds) = fills.filter(|_| !filesystem.is_still()) {
                table.fact("filesystem.full_in", mount, *seconds);
            }
        }
    }

    fn hardware(&self, table: &mut Table<'_>, working: &BTreeMap<String, f64>) {
        for (name, array) in self.latest.sample.mdstat.iter().flat_map(|arrays| &arrays.0) {
            table.fact("raid.degraded", name, degraded(array, working.get(name).copied()));
        }
    }

    fn own(&self, table: &mut Table<'_>) {
        // One that was stopped leaks no more, but what it should do is not done: somebody has to know.
        for suspect in self.latest.sample.own_cost.iter().flat_map(|own| &own.audit).filter(|own| own.leaks) {
            table.fact("own.leaks", &format!("{} {}", suspect.kind, suspect.name), 1.0);
        }
        for (channel, seconds) in self.waiting.into_iter().flatten() {
            table.fact("messages.waiting", channel, *seconds);
        }
    }
}

/// Cores of a host, as the kernel lists them or the host's facts name them.
pub fn cores(latest: &Latest) -> Option<f64> {
    let sample = &latest.sample;
    let listed = sample.stat.as_ref().map(|stat| stat.cores.len()).filter(|cores| *cores > 0);
    let named = sample.host.as_ref().and_then(|host| host.cores);
    let drawn = latest.is_rolled_up().then(|| latest.rates.instances("stat.core_busy").len());
    let listed = listed.or(drawn.filter(|cores| *cores > 0));
    listed.map(|cores| cores as f64).or(named.map(f64::from))
}

/// What a finding is about, as the instance of a rule.
pub fn subject_of(finding: &Finding) -> String {
    match &finding.subject {
        Subject::Part(part) => part.key().to_owned(),
        Subject::Series { metric, instance } => format!("{metric} {instance}"),
    }
}

/// 2 where a disk is missing, 1 while its replacement is being filled, or where one failed, or nothing runs. `most` is how
/// many members worked at best.
fn degraded(array: &RaidArray, most: Option<f64>) -> f64 {
    let failed = array.failed.unwrap_or(0) > 0;
    let recovers = array.action.as_deref() == Some("recovery");
    let fell = array.working.zip(most).is_some_and(|(working, most)| count(working) < most);
    let is_short = array.is_short() && (fell || !array.may_never_have_been_full());
    match (is_short, recovers) {
        (true, false) => 2.0,
        (true, true) => 1.0,
        _ if failed || array.state.starts_with("inactive") && array.level != CONTAINER => 1.0,
        _ => 0.0,
    }
}

#[expect(clippy::cast_precision_loss, reason = "members of an array")]
fn count(number: u64) -> f64 {
    number as f64
}
