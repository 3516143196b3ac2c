//! What each number of the log is called in Prometheus: the one table, for pushing, for the text format and for
//! `docs/prometheus.md`. Names are node_exporter's where the meaning is the same, so that its dashboards work; all else is
//! `cronograph_<section>_<key>[_unit][_total]`. A name with its fixed label stands for one number only, and each number can be
//! had back from what is sent.

use super::extra;
use crate::sample::Sample;
use crate::sample::metric::{Kind, Metric, Unit};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Separates the parts of an instance: mount, device and type of a file system. In no name of the kernel's.
pub(super) const PART: char = '\u{1f}';

/// A number's name in Prometheus.
#[derive(Debug)]
pub struct Mapped {
    /// The number.
    pub metric: &'static Metric,
    /// The name.
    pub name: String,
    /// A label that belongs to the name.
    pub fixed: Option<(&'static str, &'static str)>,
    /// The labels that name the instance.
    pub labels: &'static [&'static str],
    /// How the value differs from the log's.
    pub change: Change,
}

/// How a value differs from the log's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Not at all.
    None,
    /// Bytes there, KiB here.
    Kibibytes,
    /// What is used there, what is free of this number here.
    FreeOf(&'static str),
}

/// A number that node_exporter has.
struct Row {
    id: &'static str,
    name: &'static str,
    fixed: Option<(&'static str, &'static str)>,
    change: Change,
}

const fn row(id: &'static str, name: &'static str) -> Row {
    Row { id, name, fixed: None, change: Change::None }
}

const fn state(id: &'static str, name: &'static str, state: &'static str) -> Row {
    Row { id, name, fixed: Some(("state", state)), change: Change::None }
}

const fn changed(id: &'static str, name: &'static str, change: Change) -> Row {
    Row { id, name, fixed: None, change }
}

/// What node_exporter has and means the same by; of `meminfo` all, see [`name_of`].
const NODE: [Row; 65] = [
    row("stat.ctxt", "node_context_switches_total"),
    row("stat.processes", "node_forks_total"),
    row("stat.procs_running", "node_procs_running"),
    row("stat.procs_blocked", "node_procs_blocked"),
    row("loadavg.load1", "node_load1"),
    row("loadavg.load5", "node_load5"),
    row("loadavg.load15", "node_load15"),
    row("pressure.cpu_some", "node_pressure_cpu_waiting_seconds_total"),
    row("pressure.io_some", "node_pressure_io_waiting_seconds_total"),
    row("pressure.io_full", "node_pressure_io_stalled_seconds_total"),
    row("pressure.memory_some", "node_pressure_memory_waiting_seconds_total"),
    row("pressure.memory_full", "node_pressure_memory_stalled_seconds_total"),
    changed("vmstat.pgpgin", "node_vmstat_pgpgin", Change::Kibibytes),
    changed("vmstat.pgpgout", "node_vmstat_pgpgout", Change::Kibibytes),
    row("vmstat.pgfault", "node_vmstat_pgfault"),
    row("vmstat.pgmajfault", "node_vmstat_pgmajfault"),
    row("vmstat.oom_kill", "node_vmstat_oom_kill"),
    row("slabinfo.objects", "node_slabinfo_active_objects"),
    row("arcstats.size", "node_zfs_arc_size"),
    row("arcstats.c_min", "node_zfs_arc_c_min"),
    row("arcstats.c_max", "node_zfs_arc_c_max"),
    row("diskstats.reads", "node_disk_reads_completed_total"),
    row("diskstats.writes", "node_disk_writes_completed_total"),
    row("diskstats.read_bytes", "node_disk_read_bytes_total"),
    row("diskstats.written_bytes", "node_disk_written_bytes_total"),
    row("diskstats.read_time", "node_disk_read_time_seconds_total"),
    row("diskstats.write_time", "node_disk_write_time_seconds_total"),
    row("diskstats.busy", "node_disk_io_time_seconds_total"),
    row("filesystem.total", "node_filesystem_size_bytes"),
    changed("filesystem.used", "node_filesystem_free_bytes", Change::FreeOf("total")),
    row("filesystem.available", "node_filesystem_avail_bytes"),
    row("filesystem.inodes", "node_filesystem_files"),
    changed("filesystem.inodes_used", "node_filesystem_files_free", Change::FreeOf("inodes")),
    row("netdev.rx_bytes", "node_network_receive_bytes_total"),
    row("netdev.rx_packets", "node_network_receive_packets_total"),
    row("netdev.rx_errors", "node_network_receive_errs_total"),
    row("netdev.rx_drops", "node_network_receive_drop_total"),
    row("netdev.tx_bytes", "node_network_transmit_bytes_total"),
    row("netdev.tx_packets", "node_network_transmit_packets_total"),
    row("netdev.tx_errors", "node_network_transmit_errs_total"),
    row("netdev.tx_drops", "node_network_transmit_drop_total"),
    row("sockstat.used", "node_sockstat_sockets_used"),
    row("sockstat.tcp_orphan", "node_sockstat_TCP_orphan"),
    row("sockstat.tcp_memory", "node_sockstat_TCP_mem_bytes"),
    row("sockstat.udp_memory", "node_sockstat_UDP_mem_bytes"),
    row("sockstat.established", "node_netstat_Tcp_CurrEstab"),
    row("sockstat.time_wait", "node_sockstat_TCP_tw"),
    row("sockstat.retransmitted", "node_netstat_Tcp_RetransSegs"),
    row("sockstat.conntrack", "node_nf_conntrack_entries"),
    row("sockstat.conntrack_max", "node_nf_conntrack_entries_limit"),
    row("processes.total", "node_processes_pids"),
    row("processes.threads", "node_processes_threads"),
    row("processes.pid_max", "node_processes_max_processes"),
    row("processes.threads_max", "node_processes_max_threads"),
    state("processes.running", "node_processes_state", "R"),
    state("processes.disk_sleep", "node_processes_state", "D"),
    state("processes.zombies", "node_processes_state", "Z"),
    row("vfs.file_handles", "node_filefd_allocated"),
    row("vfs.file_handles_max", "node_filefd_maximum"),
    row("hwmon.celsius", "node_hwmon_temp_celsius"),
    row("hwmon.critical_celsius", "node_hwmon_temp_crit_celsius"),
    row("hwmon.rpm", "node_hwmon_fan_rpm"),
    row("mdstat.members", "node_md_disks_required"),
    state("mdstat.working", "node_md_disks", "active"),
    state("mdstat.failed", "node_md_disks", "failed"),
];

/// The labels of a section's instances: node_exporter's, or the section's own name. Some sections have numbers beside them.
fn labels_of(metric: &Metric) -> &'static [&'static str] {
    match metric.collector {
        "slabinfo" if ["total", "large_kmalloc", "net_namespaces"].contains(&metric.field) => &[],
        "cgroup" if ["count", "dying", "memory_max", "memory_used"].contains(&metric.field) => &[],
        "slabinfo" => &["slab"],
        "zram" | "diskstats" | "netdev" | "mdstat" => &["device"],
        "filesystem" => &["mountpoint", "device", "fstype"],
        "tmpfs" => &["mountpoint"],
        // `coretemp Package id 0`
        "hwmon" => &["chip", "sensor"],
        "program" => &["program"],
        "cgroup" => &["cgroup"],
        "service" => &["service"],
        "check" => &["check"],
        "target" => &["target"],
        "perfdata" => &["value", "check", "unit"],
        _ => &[],
    }
}

/// Every number, by section and key; first those of `docs/metrics.md`, then what is beside them in a sample.
pub fn table() -> &'static [Mapped] {
    static TABLE: OnceLock<Vec<Mapped>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let rows: HashMap<&str, &Row> = NODE.iter().map(|row| (row.id, row)).collect();
        let numbers = Sample::metrics().map(|metric| match rows.get(metric.id().as_str()) {
            Some(row) => Mapped {
                metric,
                name: row.name.to_owned(),
                fixed: row.fixed,
                labels: labels_of(metric),
                change: row.change,
            },
            None => Mapped {
                metric,
                name: name_of(metric),
                fixed: None,
                labels: labels_of(metric),
                change: Change::None,
            },
        });
        numbers.chain(extra::TABLE.iter().map(extra::Extra::mapped)).collect()
    })
}

/// The name of a number.
pub(super) fn find(metric: &Metric) -> Option<&'static Mapped> {
    static BY_ID: OnceLock<HashMap<(&str, &str), &Mapped>> = OnceLock::new();
    let by_id = BY_ID.get_or_init(|| {
        table().iter().map(|mapped| ((mapped.metric.collector, mapped.metric.field), mapped)).collect()
    });
    by_id.get(&(metric.collector, metric.field)).copied()
}

/// The name of what node_exporter has not, by Prometheus' rules: base unit last, `_total` behind what only grows.
fn name_of(metric: &Metric) -> String {
    let unit = match metric.unit {
        Unit::Memory | Unit::Data => "bytes",
        Unit::Seconds => "seconds",
        Unit::Ratio => "ratio",
        Unit::Count | Unit::Celsius | Unit::Rpm => "",
    };
    let unit = match metric.field.ends_with(unit) {
        true => String::new(),
        false => format!("_{unit}"),
    };
    let total = if metric.kind == Kind::Counter { "_total" } else { "" };
    match metric.collector {
        "meminfo" => format!("node_memory_{}{unit}", metric.field),
        collector => format!("cronograph_{collector}_{}{unit}{total}", metric.field),
    }
}

impl Change {
    /// The value for Prometheus; what is free was told already by whom the whole is known to.
    pub(super) fn apply(self, value: f64) -> f64 {
        match self {
            Self::Kibibytes => value / 1024.0,
            Self::None | Self::FreeOf(_) => value,
        }
    }
}

impl Mapped {
    /// Prometheus' word for what it is. node_exporter gives what the kernel counts under other names without one.
    pub fn kind(&self) -> &'static str {
        match (self.metric.kind, self.name.ends_with("_total")) {
            (Kind::Gauge, _) => "gauge",
            (Kind::Counter, true) => "counter",
            (Kind::Counter, false) => "untyped",
        }
    }

    /// Whether node_exporter has the same.
    pub fn is_node(&self) -> bool {
        self.name.starts_with("node_")
    }

    /// Name and value of each label of an instance but `__name__`; what is empty is none.
    pub(super) fn labels_with(&self, instance: &str) -> Vec<(&'static str, String)> {
        let parts = instance.splitn(self.labels.len().max(1), PART);
        let named = self.labels.iter().copied().zip(parts.map(str::to_owned));
        let fixed = self.fixed.iter().map(|(name, value)| (*name, (*value).to_owned()));
        fixed.chain(named).filter(|(_, value)| !value.is_empty()).collect()
    }
}
