//! What of a sample goes to Prometheus beside the numbers of `docs/metrics.md`: times, the cores, and facts, which are labels of
//! a series whose value is 1. Each stands here as a metric of its own, so that all go one way.

use super::mapping::{Change, Mapped};
use crate::sample::metric::{Kind, Metric, Unit};

/// A metric of this file, and its name.
pub(super) struct Extra {
    pub(super) metric: Metric,
    name: &'static str,
    fixed: Option<(&'static str, &'static str)>,
    labels: &'static [&'static str],
}

impl Extra {
    pub(super) fn mapped(&'static self) -> Mapped {
        let Self { metric, name, fixed, labels } = self;
        Mapped { metric, name: (*name).to_owned(), fixed: *fixed, labels, change: Change::None }
    }
}

const fn level(
    field: &'static str,
    name: &'static str,
    labels: &'static [&'static str],
    about: &'static str,
) -> Extra {
    let metric = Metric { collector: "", field, unit: Unit::Count, kind: Kind::Gauge, about };
    Extra { metric, name, fixed: None, labels }
}

/// The time of all cores in a mode, by its place in the log's list.
const fn core(field: &'static str, mode: &'static str) -> Extra {
    let about = "CPU time of a core by what it did; that of guests is in no mode.";
    let metric = Metric { collector: "stat", field, unit: Unit::Seconds, kind: Kind::Counter, about };
    Extra { metric, name: "node_cpu_seconds_total", fixed: Some(("mode", mode)), labels: &["cpu"] }
}

/// The place of each in [`TABLE`].
pub(super) const TIME: usize = 0;
pub(super) const UPTIME: usize = 1;
pub(super) const BOOT_TIME: usize = 2;
pub(super) const REBOOT_REQUIRED: usize = 3;
pub(super) const BOOT: usize = 4;
pub(super) const UNAME: usize = 5;
pub(super) const OS: usize = 6;
pub(super) const HOST: usize = 7;
pub(super) const READ_ONLY: usize = 8;
pub(super) const FOREIGN: usize = 9;
pub(super) const GROUP_VERSION: usize = 10;
pub(super) const RAID: usize = 11;
pub(super) const SERVICE: usize = 12;
pub(super) const SERVICE_SINCE: usize = 13;
pub(super) const TARGET: usize = 14;
pub(super) const MANAGER: usize = 15;
pub(super) const TARGET_TIME: usize = 16;
pub(super) const TARGET_INTERVAL: usize = 17;
pub(super) const CHECK_TIME: usize = 18;
pub(super) const IMPORTED: usize = 19;
/// Where the eight modes of the cores begin.
pub(super) const CORES: usize = 20;

/// The place of a core's number among its modes.
pub(super) fn mode_of(field: &str) -> Option<usize> {
    TABLE[CORES..].iter().position(|core| core.metric.field == field)
}

/// All of them.
pub(super) static TABLE: [Extra; 28] = [
    level("t", "node_time_seconds", &[], "When the sample was taken, unix time."),
    level("uptime", "cronograph_uptime_seconds", &[], "Time since boot."),
    level("host.boot_time", "node_boot_time_seconds", &[], "When the host booted, unix time."),
    level("reboot_required", "node_reboot_required", &[], "1 where the system asks for a reboot."),
    level("boot", "cronograph_boot_info", &["boot"], "The first digits of the boot's id."),
    level(
        "host",
        "node_uname_info",
        &["nodename", "release", "machine", "sysname"],
        "Name, kernel and architecture of the host.",
    ),
    level("host.os", "node_os_info", &["pretty_name"], "The host's distribution."),
    level("host.…", "cronograph_host_info", &HOST_LABELS, "Facts about the host."),
    level(
        "filesystem.read_only",
        "node_filesystem_readonly",
        &["mountpoint", "device", "fstype"],
        "1 where it is mounted read-only.",
    ),
    level(
        "meminfo.foreign",
        "cronograph_meminfo_foreign_info",
        &["field"],
        "A field of meminfo that is the host's, not this container's.",
    ),
    level("cgroup.version", "cronograph_cgroup_version", &[], "1 or 2: where memory is accounted."),
    level(
        "mdstat.state",
        "cronograph_mdstat_info",
        &["device", "state", "level", "action"],
        "State and kind of an array.",
    ),
    level("service.state", "cronograph_service_info", &["service", "state"], "What a service does."),
    level(
        "service.since",
        "cronograph_service_since_seconds",
        &["service"],
        "Since when it does so, unix time.",
    ),
    level("target.kind", "cronograph_target_info", &["target", "kind"], "How a target is asked."),
    level(
        "service.manager",
        "cronograph_service_manager_info",
        &["manager"],
        "Who looks after the services, in whole lists.",
    ),
    level("target.t", "cronograph_target_asked_seconds", &["target"], "When a target was asked, unix time."),
    level("target.interval", "cronograph_target_interval_seconds", &["target"], "How often it is asked."),
    level("check.t", "cronograph_check_started_seconds", &["check"], "When a check was started, unix time."),
    level("imported", "cronograph_imported_info", &["source"], "What program observed an imported sample."),
    core("cores[0]", "user"),
    core("cores[1]", "nice"),
    core("cores[2]", "system"),
    core("cores[3]", "idle"),
    core("cores[4]", "iowait"),
    core("cores[5]", "irq"),
    core("cores[6]", "softirq"),
    core("cores[7]", "steal"),
];

/// The labels of the host's facts, in the order in which they are walked.
pub(super) const HOST_LABELS: [&str; 13] = [
    "name",
    "os",
    "kernel",
    "architecture",
    "cpu_model",
    "cores",
    "mhz",
    "boot_id",
    "virtualization",
    "container",
    "interface",
    "addresses",
    "cronograph",
];
