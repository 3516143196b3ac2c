//! A host at its last sample: the few numbers that stand in its row of the fleet, under its name and in `status.json`.
//! Levels come from the sample itself, rates from the last hour's series; what the sample lacks stays absent.

use super::charts::{CPU_BUSY, Value};
use super::evaluate::{self, fill, last};
use crate::alert;
use crate::analysis::{Breakdown, Group};
use crate::sample::Sample;
use crate::series::{Frame, Latest};

/// A host's numbers of now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Now {
    /// MemTotal; inside a container its limit, if that is less.
    pub memory_total: Option<f64>,
    /// Memory by group, from the bottom; adds up to the total. Empty where that is a limit: the groups are the machine's.
    pub groups: Vec<(Group, f64)>,
    /// Share of its limit that a container uses.
    pub limit_used: Option<f64>,
    /// Swap in use.
    pub swap_used: Option<f64>,
    /// Swap space; absent where there is none.
    pub swap_total: Option<f64>,
    /// Cores.
    pub cores: Option<f64>,
    /// Busy share of all cores.
    pub cpu: Option<f64>,
    /// Share that the hypervisor gave to others.
    pub steal: Option<f64>,
    /// Share that waited for a disk.
    pub iowait: Option<f64>,
    /// Load average of 1 minute.
    pub load1: Option<f64>,
    /// The fullest file system, and how full it is.
    pub fullest: Option<(String, f64)>,
    /// The interface that is counted: that of the default route, else the one with the most traffic.
    pub interface: Option<String>,
    /// Bytes received a second.
    pub received: Option<f64>,
    /// Bytes sent a second.
    pub sent: Option<f64>,
    /// Seconds since boot.
    pub uptime: Option<f64>,
    /// The hottest sensor.
    pub celsius: Option<f64>,
}

impl Now {
    /// The numbers of a host.
    pub(crate) fn of(latest: &Latest) -> Self {
        let sample = &latest.sample;
        let rates = &latest.rates;
        let meminfo = sample.meminfo.clone().unwrap_or_default();
        let cores = alert::cores(latest);
        let per_core = |metrics: &'static [&'static str]| {
            let column = evaluate::value(Value::PerCore(metrics), rates, "", cores.unwrap_or(1.0))?;
            // Two clocks tick: within a short interval they may differ.
            last(&column.mean).map(|share| share.min(1.0))
        };
        let interface = interface(latest);
        let rate = |metric: &str| last(rates.mean(metric, interface.as_deref()?)?);
        let limit = memory_limit(sample);
        // Without the file cache, which an impossible value may cost, all of it would seem to be in use.
        let is_known = limit.is_none() && meminfo.cached.is_some();
        let machine = || Breakdown::of_sample(sample).filter(|_| is_known);
        let swap_total = meminfo.swap_total.map(bytes).filter(|total| *total > 0.0);
        Self {
            memory_total: limit.map(|(_, limit)| limit).or(meminfo.mem_total.map(bytes)),
            groups: machine().map(|breakdown| groups(&breakdown)).unwrap_or_default(),
            limit_used: limit.map(|(used, _)| used),
            swap_used: swap_total.zip(meminfo.swap_free.map(bytes)).map(|(total, free)| total - free),
            swap_total,
            cores,
            cpu: per_core(CPU_BUSY),
            steal: per_core(&["stat.steal"]),
            iowait: per_core(&["stat.iowait"]),
            load1: sample.loadavg.as_ref().and_then(|load| load.load1),
            fullest: fullest(latest),
            received: rate("netdev.rx_bytes"),
            sent: rate("netdev.tx_bytes"),
            interface,
            uptime: sample.uptime,
            celsius: hottest(latest),
        }
    }

    /// What is not given back when needed: everything but free memory, file cache, buffers and reclaimable slab.
    pub(crate) fn memory_used(&self) -> Option<f64> {
        let used = self.groups.iter().filter(|(group, _)| is_used(*group)).map(|(_, size)| size.max(0.0));
        self.limit_used.or_else(|| (!self.groups.is_empty()).then(|| used.sum()))
    }

    /// The same as a share of all memory.
    pub(crate) fn memory_share(&self) -> Option<f64> {
        Some(self.memory_used()? / self.memory_total?.max(1.0))
    }

    /// Load divided by cores.
    pub(crate) fn load_per_core(&self) -> Option<f64> {
        Some(self.load1? / self.cores?.max(1.0))
    }
}

/// Share of its limit that a container uses, and that limit, where it is less than the memory that the container sees.
pub(crate) fn memory_limit(sample: &Sample) -> Option<(f64, f64)> {
    let group = sample.cgroup.as_ref()?;
    let limit = group
        .memory_max
        .filter(|limit| Some(*limit) < sample.meminfo.as_ref().and_then(|memory| memory.mem_total))?;
    Some((bytes(group.memory_used?), bytes(limit)))
}

/// Whether memory of a group is in use, and not merely kept.
pub(crate) fn is_used(group: Group) -> bool {
    !matches!(group, Group::Free | Group::FileCache | Group::Reclaimable)
}

/// A breakdown's parts by group, in the groups' order.
fn groups(breakdown: &Breakdown) -> Vec<(Group, f64)> {
    let mut groups: Vec<(Group, f64)> = Vec::new();
    for (part, size) in &breakdown.parts {
        match groups.iter_mut().find(|(group, _)| *group == part.group()) {
            Some((_, total)) => *total += size,
            None => groups.push((part.group(), *size)),
        }
    }
    groups
}

/// The file system that is closest to being full, of those that an alert would be about.
fn fullest(latest: &Latest) -> Option<(String, f64)> {
    let all = &latest.sample.filesystem.as_ref()?.0;
    let filled = all.iter().filter(|(_, found)| !found.is_still()).filter_map(|(mount, found)| {
        Some((mount.clone(), fill(bytes(found.used?), bytes(found.available?))))
    });
    filled.filter(|(_, share)| share.is_finite()).max_by(|one, other| one.1.total_cmp(&other.1))
}

fn interface(latest: &Latest) -> Option<String> {
    let known = latest.sample.host.as_ref().and_then(|host| host.interface.clone());
    let there = |name: &String| latest.rates.mean("netdev.rx_bytes", name).is_some();
    known.filter(there).or_else(|| largest_interface(&latest.rates))
}

fn largest_interface(rates: &Frame) -> Option<String> {
    evaluate::largest_instances(rates, "netdev.rx_bytes", 1).pop()
}

fn hottest(latest: &Latest) -> Option<f64> {
    let sensors = &latest.sample.hwmon.as_ref()?.0;
    sensors.values().filter_map(|sensor| sensor.celsius).max_by(f64::total_cmp)
}

#[expect(clippy::cast_precision_loss, reason = "amounts for people; 2^53 bytes are 8 PiB")]
pub(crate) fn bytes(amount: u64) -> f64 {
    amount as f64
}
