//! The names that rules may use: every number of the sample, those made of several (`memory.available_percent`), and
//! what is known of a host beside its samples (`host.silent`). `docs/rules.md` lists the last two from here.

use super::measure::Measure;
use crate::base::unit::Unit;
use crate::sample::Sample;
use crate::sample::metric::{Kind, Metric};

/// A number made of others.
#[derive(Debug)]
pub struct Derived {
    /// Its name.
    pub name: &'static str,
    /// What it is made of, in the language of rules.
    pub formula: &'static str,
    /// What it measures.
    pub measure: Measure,
    /// One sentence.
    pub about: &'static str,
}

/// A number that no line of the log has: it is known of a host at the moment at which rules are looked at.
#[derive(Debug)]
pub struct Fact {
    /// Its name.
    pub name: &'static str,
    /// What it measures.
    pub measure: Measure,
    /// One sentence.
    pub about: &'static str,
}

const fn derived(
    name: &'static str,
    formula: &'static str,
    measure: Measure,
    about: &'static str,
) -> Derived {
    Derived { name, formula, measure, about }
}

const fn fact(name: &'static str, measure: Measure, about: &'static str) -> Fact {
    Fact { name, measure, about }
}

/// CPU time of all kinds; guests are in `guest` alone.
macro_rules! all_cpu {
    () => {
        "sum(stat.user, stat.nice, stat.system, stat.idle, stat.iowait, stat.irq, stat.softirq, stat.steal, stat.guest)"
    };
}

const CELSIUS: Measure = Measure { unit: Unit::Celsius, ..Measure::COUNT };
const MEMORY_RATE: Measure = Measure { per_second: true, ..Measure::MEMORY };

/// Every number made of others.
pub const DERIVED: [Derived; 18] = [
    derived(
        "memory.available",
        "sum(first(meminfo.MemAvailable, meminfo.MemFree + meminfo.Cached - first(meminfo.Shmem, 0) + sum(meminfo.Buffers, meminfo.SReclaimable, 0)), arcstats.size - min(arcstats.size, arcstats.c_min))",
        Measure::MEMORY,
        "What programs can get without swapping: MemAvailable, estimated before 3.14, and what the cache of ZFS would give back.",
    ),
    derived(
        "memory.available_percent",
        "100 * memory.available / meminfo.MemTotal",
        Measure::PERCENT,
        "The same of MemTotal.",
    ),
    derived("memory.unavailable_percent", "100 - memory.available_percent", Measure::PERCENT, "The rest."),
    derived(
        "memory.slab_percent",
        "100 * meminfo.SUnreclaim / meminfo.MemTotal",
        Measure::PERCENT,
        "Slab that is never given back, of MemTotal.",
    ),
    derived(
        "container.used_percent",
        "100 * cgroup.memory_used / cgroup.memory_max",
        Measure::PERCENT,
        "Memory of the container that this host is, of its limit, without file cache that is given back.",
    ),
    derived(
        "swap.used_percent",
        "100 * (meminfo.SwapTotal - meminfo.SwapFree) / meminfo.SwapTotal",
        Measure::PERCENT,
        "Swap in use.",
    ),
    derived("swap.in", "vmstat.pswpin", MEMORY_RATE, "Pages read back from swap: programs waited for them."),
    derived("swap.out", "vmstat.pswpout", MEMORY_RATE, "Pages written to swap."),
    derived(
        "cpu.busy_percent",
        concat!("100 - 100 * sum(stat.idle, stat.iowait) / ", all_cpu!()),
        Measure::PERCENT,
        "CPU time with something to do, of all cores.",
    ),
    derived(
        "cpu.steal_percent",
        concat!("100 * stat.steal / ", all_cpu!()),
        Measure::PERCENT,
        "CPU time that the hypervisor gave to others.",
    ),
    derived(
        "cpu.iowait_percent",
        concat!("100 * stat.iowait / ", all_cpu!()),
        Measure::PERCENT,
        "CPU time that waited for disks.",
    ),
    derived(
        "filesystem.used_percent",
        "100 * filesystem.used / (filesystem.used + filesystem.available)",
        Measure::PERCENT,
        "How full, as `df` counts. Images and what is mounted read-only have none.",
    ),
    derived(
        "filesystem.inodes_percent",
        "100 * filesystem.inodes_used / filesystem.inodes",
        Measure::PERCENT,
        "Inodes in use; btrfs has no number of them.",
    ),
    derived(
        "hwmon.margin",
        "hwmon.critical_celsius - hwmon.celsius",
        CELSIUS,
        "Degrees below what the hardware calls critical, where that is between 45 and 125 °C.",
    ),
    derived(
        "conntrack.used_percent",
        "100 * sockstat.conntrack / sockstat.conntrack_max",
        Measure::PERCENT,
        "Connections that netfilter tracks, of those that it can.",
    ),
    derived(
        "files.used_percent",
        "100 * vfs.file_handles / vfs.file_handles_max",
        Measure::PERCENT,
        "File handles in use, of those that there can be.",
    ),
    derived(
        "threads.used_percent",
        "100 * processes.threads / min(processes.pid_max, processes.threads_max)",
        Measure::PERCENT,
        "Processes and threads, of those that there can be.",
    ),
    derived(
        "disk.busy",
        "diskstats.busy",
        Measure { per_second: true, ..Measure::SECONDS },
        "Share of time in which a disk was busy.",
    ),
];

/// Every number that is known beside the samples.
pub const FACTS: [Fact; 13] = [
    fact(
        "host.silent",
        Measure::SECONDS,
        "How long no sample came, where that is more than three intervals; else 0.",
    ),
    fact(
        "host.unreadable",
        Measure::COUNT,
        "1 where its log cannot be read, or costs a run more than the limits allow; else 0.",
    ),
    fact("host.ahead", Measure::SECONDS, "How far its clock is ahead of ours."),
    fact("host.uptime", Measure::SECONDS, "Since its boot."),
    fact("host.cores", Measure::COUNT, "Its cores, for `per core`."),
    fact(
        "leak.certain",
        Measure::COUNT,
        "1 where a part of memory leaks, for each part; 0 where that is over.",
    ),
    fact("leak.full_in", Measure::SECONDS, "Until memory is full, for each part that leaks."),
    fact(
        "filesystem.full_in",
        Measure::SECONDS,
        "Until a file system is full at the rate of the last hours; absent where it does not fill.",
    ),
    fact(
        "filesystem.read_only",
        Measure::COUNT,
        "1 where one is read-only that was writable since the boot, or that `/etc/fstab` mounts writable.",
    ),
    fact(
        "raid.degraded",
        Measure::COUNT,
        "0 whole, 1 being rebuilt or with a failed member, 2 short of a member, for each array. Mirrors of more than two slots \
         may have empty ones until more members worked.",
    ),
    fact(
        "own.leaks",
        Measure::COUNT,
        "1 where a collector or a check of cronograph's leaks, for each, though it may have been stopped.",
    ),
    fact("traffic.used_percent", Measure::PERCENT, "The month's traffic, of the quota in `[[traffic]]`."),
    fact(
        "messages.waiting",
        Measure::SECONDS,
        "How long a message could not be delivered, for each channel.",
    ),
];

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub enum Known {
    /// A number of the sample.
    Metric(&'static Metric),
    /// A number made of others.
    Derived(&'static Derived),
    /// Known beside the samples.
    Fact(&'static Fact),
}

impl Known {
    /// What it measures; of a counter the rate.
    pub fn measure(self) -> Measure {
        match self {
            Self::Metric(metric) => {
                Measure { unit: metric.unit, per_second: metric.kind == Kind::Counter, percent: false }
            }
            Self::Derived(derived) => derived.measure,
            Self::Fact(fact) => fact.measure,
        }
    }
}

/// What a name stands for; the nearest right name where it is none.
///
/// # Errors
/// In words.
pub fn find(name: &str) -> Result<Known, String> {
    let derived = DERIVED.iter().find(|derived| derived.name == name).map(Known::Derived);
    let fact = || FACTS.iter().find(|fact| fact.name == name).map(Known::Fact);
    let metric = || Sample::metrics().find(|metric| is_named(metric, name)).map(Known::Metric);
    derived.or_else(fact).or_else(metric).ok_or_else(|| match nearest(name) {
        Some(nearest) => format!("there is no number `{name}`; did you mean `{nearest}`?"),
        None => format!("there is no number `{name}`; docs/metrics.md and docs/rules.md list them"),
    })
}

fn is_named(metric: &Metric, name: &str) -> bool {
    name.split_once('.')
        .is_some_and(|(collector, field)| metric.collector == collector && metric.field == field)
}

fn nearest(name: &str) -> Option<String> {
    let made = DERIVED.iter().map(|derived| derived.name).chain(FACTS.iter().map(|fact| fact.name));
    most_alike(name, made.map(str::to_owned).chain(Sample::metrics().map(Metric::id)))
}

/// The one of some names that looks most like a misspelt one; none where none does.
pub(super) fn most_alike(name: &str, all: impl Iterator<Item = String>) -> Option<String> {
    let alike = |candidate: &String| {
        let (candidate, name) = (candidate.to_lowercase(), name.to_lowercase());
        strsim::jaro_winkler(&candidate, &name).max(strsim::normalized_levenshtein(&candidate, &name))
    };
    let best =
        all.map(|candidate| (alike(&candidate), candidate)).max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 >= 0.8).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_units_and_wrong_ones_a_neighbour() {
        assert_eq!(find("meminfo.SUnreclaim").unwrap().measure(), Measure::MEMORY);
        assert!(find("vmstat.pswpin").unwrap().measure().per_second, "a counter is its rate");
        assert_eq!(find("memory.unavailable_percent").unwrap().measure(), Measure::PERCENT);
        let error = find("meminfo.sunreclaim").unwrap_err();
        assert_eq!(error, "there is no number `meminfo.sunreclaim`; did you mean `meminfo.SUnreclaim`?");
        assert!(find("memory.unavailible_percent").unwrap_err().contains("`memory.unavailable_percent`"));
        assert!(find("moon.phase").unwrap_err().contains("docs/metrics.md"));
    }
}
