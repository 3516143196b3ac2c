//! Munin's files by their names, `/var/lib/munin/GROUP/HOST-PLUGIN-FIELD-TYPE.rrd`: what its plugins for Linux count in which unit.
//!
//! Munin tells no total of memory. Its `apps` is what is left of it beside six other fields (and `per_cpu` where the kernel has it), so
//! the sum of all is MemTotal, where all are there.

use super::reading::{Number, Value};
use std::collections::BTreeMap;

/// Munin's plugin `cpu` counts in such parts of a second.
const HUNDREDTH: f64 = 0.01;

/// Plugin, field, the number of the log, and by how much to multiply.
const SINGLE: [(&str, &str, &str, f64); 33] = [
    ("memory", "free", "meminfo.MemFree", 1.0),
    ("memory", "buffers", "meminfo.Buffers", 1.0),
    ("memory", "cached", "meminfo.Cached", 1.0),
    ("memory", "slab", "meminfo.Slab", 1.0),
    ("memory", "swap_cache", "meminfo.SwapCached", 1.0),
    ("memory", "page_tables", "meminfo.PageTables", 1.0),
    ("memory", "per_cpu", "meminfo.Percpu", 1.0),
    ("memory", "vmalloc_used", "meminfo.VmallocUsed", 1.0),
    ("memory", "committed", "meminfo.Committed_AS", 1.0),
    ("memory", "mapped", "meminfo.Mapped", 1.0),
    ("memory", "shmem", "meminfo.Shmem", 1.0),
    // Hundredths of a second, of all CPUs.
    ("cpu", "user", "stat.user", HUNDREDTH),
    ("cpu", "nice", "stat.nice", HUNDREDTH),
    ("cpu", "system", "stat.system", HUNDREDTH),
    ("cpu", "idle", "stat.idle", HUNDREDTH),
    ("cpu", "iowait", "stat.iowait", HUNDREDTH),
    ("cpu", "irq", "stat.irq", HUNDREDTH),
    ("cpu", "softirq", "stat.softirq", HUNDREDTH),
    ("cpu", "steal", "stat.steal", HUNDREDTH),
    ("cpu", "guest", "stat.guest", HUNDREDTH),
    // The second of the three.
    ("load", "load", "loadavg.load5", 1.0),
    ("forks", "forks", "stat.processes", 1.0),
    ("interrupts", "ctx", "stat.ctxt", 1.0),
    ("open_files", "used", "vfs.file_handles", 1.0),
    ("open_files", "max", "vfs.file_handles_max", 1.0),
    ("open_inodes", "max", "vfs.inodes", 1.0),
    ("processes", "processes", "processes.total", 1.0),
    ("processes", "runnable", "processes.running", 1.0),
    ("processes", "uninterruptible", "processes.disk_sleep", 1.0),
    ("processes", "stopped", "processes.stopped", 1.0),
    ("processes", "zombie", "processes.zombies", 1.0),
    ("threads", "threads", "processes.threads", 1.0),
    ("fw_conntrack", "total", "sockstat.conntrack", 1.0),
];

/// Plugins whose name ends with that of an interface or disk: the name's start, field, number, factor.
const NAMED: [(&str, &str, &str, f64); 11] = [
    ("if_err_", "rcvd", "netdev.rx_errors", 1.0),
    ("if_err_", "trans", "netdev.tx_errors", 1.0),
    ("if_err_", "rxdrop", "netdev.rx_drops", 1.0),
    ("if_err_", "txdrop", "netdev.tx_drops", 1.0),
    ("if_", "down", "netdev.rx_bytes", 1.0),
    ("if_", "up", "netdev.tx_bytes", 1.0),
    ("diskstats_iops-", "rdio", "diskstats.reads", 1.0),
    ("diskstats_iops-", "wrio", "diskstats.writes", 1.0),
    ("diskstats_throughput-", "rdbytes", "diskstats.read_bytes", 1.0),
    ("diskstats_throughput-", "wrbytes", "diskstats.written_bytes", 1.0),
    ("diskstats_utilization-", "util", "diskstats.busy", 0.01),
];

/// Plugins of Munin that have no number here, or none whose unit is known: no mapping is missed.
const OTHER: [&str; 26] = [
    "memory",
    "cpu",
    "load",
    "df",
    "df_abs",
    "df_inode",
    "swap",
    "uptime",
    "vmstat",
    "processes",
    "interrupts",
    "entropy",
    "users",
    "proc_pri",
    "irqstats",
    "open_inodes",
    "threads",
    "fw_packets",
    "fw_conntrack",
    "netstat",
    "diskstats_latency",
    "diskstats_iops",
    "diskstats_throughput",
    "diskstats_utilization",
    "cpuspeed",
    "munin_stats",
];

/// What MemTotal is the sum of.
const TOTAL: [&str; 7] = ["apps", "free", "buffers", "cached", "slab", "swap_cache", "page_tables"];

/// What a file's name says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Named {
    /// The host.
    pub(super) host: String,
    /// Plugin and field.
    pub(super) name: String,
    /// The number and the factor; `None` where it has no place.
    pub(super) number: Option<(Number, f64)>,
}

/// What the name of a file, without its end, says; `None` where it is not Munin's.
pub(super) fn of(stem: &str) -> Option<Named> {
    let (rest, kind) = stem.rsplit_once('-')?;
    if !matches!(kind, "g" | "d" | "c" | "a") {
        return None;
    }
    let (rest, field) = rest.rsplit_once('-')?;
    // The host's name may have dashes: the last one before a plugin's name that is known.
    let places = rest.match_indices('-').map(|(at, _)| (&rest[..at], &rest[at + 1..]));
    let candidates: Vec<(&str, &str)> = places.collect();
    let named =
        candidates.iter().rev().find_map(|(host, plugin)| Some((*host, *plugin, number(plugin, field)?)));
    if let Some((host, plugin, number)) = named {
        return Some(Named {
            host: host.to_owned(),
            name: format!("{plugin}.{field}"),
            number: Some(number),
        });
    }
    let other = candidates.iter().rev().find(|(_, plugin)| {
        OTHER.iter().any(|other| {
            plugin.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        }) || plugin.starts_with("if_")
    });
    other.map(|(host, plugin)| Named {
        host: (*host).to_owned(),
        name: format!("{plugin}.{field}"),
        number: None,
    })
}

fn number(plugin: &str, field: &str) -> Option<(Number, f64)> {
    if let Some((.., id, factor)) = SINGLE.iter().find(|(known, of, ..)| *known == plugin && *of == field) {
        return Some((Number::named(id, "")?, *factor));
    }
    let named = NAMED.iter().filter(|(_, of, ..)| *of == field);
    let mut named =
        named.filter_map(|(start, _, id, factor)| Some((plugin.strip_prefix(start)?, id, factor)));
    let (instance, id, factor) = named.find(|(instance, ..)| !instance.is_empty())?;
    Some((Number::named(id, instance)?, *factor))
}

/// Fields that take several files, time by time: what adds up to MemTotal, and user time, in which Munin counts that of guests.
/// A field that is told twice (by a file and its dump) counts as it was told first.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals(BTreeMap<i64, BTreeMap<String, Value>>);

impl Totals {
    /// Whether a field is one of them.
    pub(super) fn needs(name: &str) -> bool {
        let in_total = |field: &str| field == "per_cpu" || TOTAL.contains(&field);
        matches!(name, "cpu.user" | "cpu.guest") || name.strip_prefix("memory.").is_some_and(in_total)
    }

    /// Takes a value in.
    pub(super) fn add(&mut self, name: &str, t: i64, value: Value) {
        if Self::needs(name) {
            self.0.entry(t).or_default().entry(name.to_owned()).or_insert(value);
        }
    }

    /// The whole sums of memory, to the page: averages are told with eleven digits.
    pub(super) fn whole(&self) -> impl Iterator<Item = (i64, Value)> + '_ {
        const PAGE: f64 = 4096.0;
        self.0.iter().filter_map(|(t, fields)| {
            let of = |field: &str| fields.get(&format!("memory.{field}"));
            let parts: Option<Vec<&Value>> = TOTAL.iter().map(|field| of(field)).collect();
            let parts = parts?.into_iter().chain(of("per_cpu"));
            let seconds = of(TOTAL[0])?.seconds;
            let sum: f64 = parts.map(|part| part.value).sum();
            Some((*t, Value { value: (sum / PAGE).round() * PAGE, seconds }))
        })
    }

    /// Where it tells both: the time, user time as it is told in seconds, and without that of guests.
    pub(super) fn user_times(&self) -> Vec<(i64, f64, f64)> {
        let times = self.0.iter().filter_map(|(t, fields)| {
            let (user, guest) = (fields.get("cpu.user")?.value, fields.get("cpu.guest")?.value);
            Some((*t, user * HUNDREDTH, (user * HUNDREDTH - guest * HUNDREDTH).max(0.0)))
        });
        times.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(stem: &str) -> (String, String, Option<(String, String, f64)>) {
        let named = of(stem).unwrap();
        let number = named.number.map(|(number, factor)| (number.metric.id(), number.instance, factor));
        (named.host, named.name, number)
    }

    fn number(id: &str, instance: &str, factor: f64) -> Option<(String, String, f64)> {
        Some((id.to_owned(), instance.to_owned(), factor))
    }

    #[test]
    fn names_of_hosts_may_have_dashes() {
        assert_eq!(
            what("web-1.example.org-memory-swap_cache-g"),
            ("web-1.example.org".into(), "memory.swap_cache".into(), number("meminfo.SwapCached", "", 1.0))
        );
        assert_eq!(
            what("cpu-load-load-g"),
            ("cpu".into(), "load.load".into(), number("loadavg.load5", "", 1.0))
        );
    }

    #[test]
    fn plugins_with_a_name_in_theirs() {
        assert_eq!(what("a-if_eth0-down-d").2, number("netdev.rx_bytes", "eth0", 1.0));
        assert_eq!(what("a-if_err_eth0-rcvd-d").2, number("netdev.rx_errors", "eth0", 1.0));
        assert_eq!(what("a-diskstats_utilization-vda-util-g").2, number("diskstats.busy", "vda", 0.01));
        assert_eq!(what("a-cpu-steal-d").2, number("stat.steal", "", 0.01));
    }

    #[test]
    fn what_has_no_place_is_munins_all_the_same() {
        assert_eq!(what("a-df-_dev_vda1-g"), ("a".into(), "df._dev_vda1".into(), None));
        assert_eq!(what("a-diskstats_latency-vda-svctm-g").2, None);
        assert_eq!(of("temperature"), None);
        assert_eq!(of("a-memory-free"), None);
    }

    #[test]
    fn every_number_is_one() {
        let ids =
            SINGLE.iter().map(|(.., id, _)| (*id, "")).chain(NAMED.iter().map(|(.., id, _)| (*id, "x")));
        for (id, instance) in ids {
            let number = Number::named(id, instance);
            assert!(
                number.is_some_and(|n| super::super::counters::accepts(&n, &serde_json::json!(1))),
                "{id}"
            );
        }
    }

    #[test]
    fn the_total_needs_all_its_parts() {
        let mut totals = Totals::default();
        for (field, value) in
            [("apps", 4000.0), ("free", 90.0), ("buffers", 1.0), ("cached", 1.0), ("slab", 2.0)]
        {
            totals.add(&format!("memory.{field}"), 300, Value { value, seconds: 300 });
        }
        assert_eq!(totals.whole().count(), 0);
        for field in ["swap_cache", "page_tables", "per_cpu", "mapped"] {
            totals.add(&format!("memory.{field}"), 300, Value { value: 1.0, seconds: 300 });
        }
        // Again, from a dump of the same file.
        totals.add("memory.apps", 300, Value { value: 4000.0, seconds: 300 });
        let whole: Vec<(i64, Value)> = totals.whole().collect();
        assert_eq!(whole, [(300, Value { value: 4096.0, seconds: 300 })]);
    }
}
