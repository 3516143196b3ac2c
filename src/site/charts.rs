//! The one list of charts: what each shows by metric id, its unit, its colours, when it is there. A chart that the host
//! has no numbers for is left out by itself. Titles are the words `chart.ID`, notes `chart_note.ID` where there is one,
//! names of layers `layer.KEY`.

use crate::base::unit::Unit;
use crate::chart::{Colour, Shape};
use serde::{Deserialize, Serialize};

/// The parts of a host's page, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum SectionId {
    /// Memory and swap.
    Memory,
    /// CPU, load, pressure, temperatures.
    Cpu,
    /// Disks and file systems.
    Disk,
    /// Interfaces and sockets.
    Network,
    /// Targets.
    Reachability,
    /// Processes and what the kernel keeps.
    System,
}

impl SectionId {
    /// Id of the element, and key of its words `section.…`.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpu => "cpu",
            Self::Disk => "disk",
            Self::Network => "network",
            Self::Reachability => "reachability",
            Self::System => "system",
        }
    }
}

/// One chart of the list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChartDef {
    /// Name of its files and of its words.
    pub id: &'static str,
    /// Where it stands.
    pub section: SectionId,
    /// What is measured.
    pub unit: Unit,
    /// Values are rates.
    pub per_second: bool,
    /// What is drawn.
    pub layers: Layers,
    /// Where it ends.
    pub limit: Limit,
    /// The value axis reaches at least this; 0: whatever the values need.
    pub at_least: f64,
    /// Whether it is there although all its values are 0.
    pub shown: Shown,
}

/// What a chart draws.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layers {
    /// All parts of MemTotal, stacked.
    Breakdown,
    /// The parts of MemTotal that nothing gives back, stacked on a scale of their own.
    KernelParts,
    /// These.
    Listed(&'static [LayerDef]),
    /// A line for each instance, the largest first, at most eight.
    Each(Value),
    /// A chart for each instance (those with the most of this metric first, at most four), each with these layers.
    Repeated(&'static str, &'static [LayerDef]),
}

/// One layer of a chart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerDef {
    /// Names it in words and in the cache.
    pub key: &'static str,
    /// What it shows.
    pub value: Value,
    /// Its colour.
    pub colour: Colour,
    /// How it is drawn.
    pub shape: Shape,
    /// Left out where it is 0 all the time: most hosts never have it.
    pub rare: bool,
}

/// A number made of columns.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value {
    /// One metric.
    Of(&'static str),
    /// The first less the second: total less free.
    Less(&'static str, &'static str),
    /// The first divided by the sum of both: what `df` calls use, used / (used + available).
    Fill(&'static str, &'static str),
    /// The sum of CPU times divided by the number of cores.
    PerCore(&'static [&'static str]),
    /// Over all instances together.
    Total(&'static str),
    /// The largest of all instances.
    Largest(&'static str),
    /// The sums of two metrics over all instances, divided by the sums of two others: time for each request.
    Mean([&'static str; 2], [&'static str; 2]),
}

/// The thin line where a chart ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    /// None.
    None,
    /// The last value of a metric.
    Of(&'static str),
    /// The last value of a metric, where what is drawn comes near it (half).
    Near(&'static str),
    /// The number of cores, where what is drawn comes near it.
    Cores,
    /// All of it: 100 %.
    Whole,
}

/// When a chart is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Whenever there are numbers.
    WhenThere,
    /// When one of its numbers is not 0.
    WhenNotZero,
    /// Where there is more than one core.
    OnSeveralCores,
}

/// An area of the stack.
const fn area(key: &'static str, value: Value, colour: Colour) -> LayerDef {
    LayerDef { key, value, colour, shape: Shape::Area, rare: false }
}

/// A line over the areas.
const fn line(key: &'static str, value: Value, colour: Colour) -> LayerDef {
    LayerDef { key, value, colour, shape: Shape::Line, rare: false }
}

/// An area that hangs below the zero line.
const fn below(key: &'static str, value: Value, colour: Colour) -> LayerDef {
    LayerDef { key, value, colour, shape: Shape::Mirrored, rare: false }
}

/// A layer that most hosts never have.
const fn rare(layer: LayerDef) -> LayerDef {
    LayerDef { rare: true, ..layer }
}

/// A chart of levels with nothing special.
const fn levels(id: &'static str, section: SectionId, unit: Unit, layers: Layers) -> ChartDef {
    ChartDef {
        id,
        section,
        unit,
        per_second: false,
        layers,
        limit: Limit::None,
        at_least: 0.0,
        shown: Shown::WhenThere,
    }
}

/// A chart of rates with nothing special.
const fn rates(id: &'static str, section: SectionId, unit: Unit, layers: Layers) -> ChartDef {
    ChartDef { per_second: true, ..levels(id, section, unit, layers) }
}

use Layers::{Breakdown, Each, KernelParts, Listed, Repeated};
use SectionId::{Cpu, Disk, Memory, Network, Reachability, System};
use Value::{Fill, Largest, Less, Mean, Of, PerCore, Total};

/// Every chart, in the order of the page.
pub(crate) const CHARTS: &[ChartDef] = &[
    ChartDef { limit: Limit::Of("meminfo.MemTotal"), ..levels("memory", Memory, Unit::Memory, Breakdown) },
    levels("kernel", Memory, Unit::Memory, KernelParts),
    ChartDef {
        limit: Limit::Of("meminfo.SwapTotal"),
        ..levels(
            "swap",
            Memory,
            Unit::Memory,
            Listed(&[
                area("swap_used", Less("meminfo.SwapTotal", "meminfo.SwapFree"), Colour::Blue),
                rare(line("zswapped", Of("meminfo.Zswapped"), Colour::Orange)),
                rare(line("zram", Total("zram.original"), Colour::Green)),
            ]),
        )
    },
    ChartDef {
        shown: Shown::WhenNotZero,
        ..rates(
            "paging",
            Memory,
            Unit::Memory,
            Listed(&[
                area("swap_in", Of("vmstat.pswpin"), Colour::Vermilion),
                below("swap_out", Of("vmstat.pswpout"), Colour::Blue),
            ]),
        )
    },
    ChartDef {
        shown: Shown::WhenNotZero,
        ..rates(
            "faults",
            Memory,
            Unit::Count,
            Listed(&[
                line("major_faults", Of("vmstat.pgmajfault"), Colour::Vermilion),
                rare(line("oom_kills", Of("vmstat.oom_kill"), Colour::Purple)),
            ]),
        )
    },
    ChartDef {
        at_least: 0.1,
        ..levels(
            "cpu",
            Cpu,
            Unit::Ratio,
            Listed(&[
                area("steal", PerCore(&["stat.steal"]), Colour::Purple),
                area("iowait", PerCore(&["stat.iowait"]), Colour::Vermilion),
                area("system", PerCore(&["stat.system"]), Colour::Orange),
                rare(area("interrupts", PerCore(&["stat.irq", "stat.softirq"]), Colour::Yellow)),
                area("user", PerCore(&["stat.user"]), Colour::Blue),
                rare(area("nice", PerCore(&["stat.nice"]), Colour::Sky)),
                rare(area("guest", PerCore(&["stat.guest"]), Colour::Grey)),
            ]),
        )
    },
    ChartDef {
        limit: Limit::Cores,
        ..levels(
            "load",
            Cpu,
            Unit::Count,
            Listed(&[
                line("load15", Of("loadavg.load15"), Colour::Grey),
                line("load5", Of("loadavg.load5"), Colour::Sky),
                line("load1", Of("loadavg.load1"), Colour::Blue),
            ]),
        )
    },
    ChartDef {
        at_least: 0.1,
        shown: Shown::OnSeveralCores,
        ..levels(
            "cores",
            Cpu,
            Unit::Ratio,
            Listed(&[
                line("busiest_core", Largest("stat.core_busy"), Colour::Vermilion),
                line("all_cores", PerCore(CPU_BUSY), Colour::Blue),
            ]),
        )
    },
    ChartDef {
        at_least: 0.01,
        ..levels(
            "pressure",
            Cpu,
            Unit::Ratio,
            Listed(&[
                line("pressure_cpu", Of("pressure.cpu_some"), Colour::Blue),
                line("pressure_io", Of("pressure.io_some"), Colour::Orange),
                line("pressure_memory", Of("pressure.memory_some"), Colour::Purple),
                rare(line("pressure_memory_full", Of("pressure.memory_full"), Colour::Vermilion)),
            ]),
        )
    },
    levels("temperature", Cpu, Unit::Celsius, Each(Of("hwmon.celsius"))),
    levels("fans", Cpu, Unit::Rpm, Each(Of("hwmon.rpm"))),
    rates(
        "disk",
        Disk,
        Unit::Data,
        Listed(&[
            area("read", Total("diskstats.read_bytes"), Colour::Blue),
            below("written", Total("diskstats.written_bytes"), Colour::Orange),
        ]),
    ),
    ChartDef { at_least: 0.01, ..levels("disk_busy", Disk, Unit::Ratio, Each(Of("diskstats.busy"))) },
    levels("disk_latency", Disk, Unit::Seconds, Listed(&[line("request_time", LATENCY, Colour::Blue)])),
    ChartDef {
        limit: Limit::Whole,
        ..levels("filesystem", Disk, Unit::Ratio, Each(Fill("filesystem.used", "filesystem.available")))
    },
    rates(
        "network",
        Network,
        Unit::Data,
        Repeated(
            "netdev.rx_bytes",
            &[
                area("received", Of("netdev.rx_bytes"), Colour::Blue),
                below("sent", Of("netdev.tx_bytes"), Colour::Orange),
            ],
        ),
    ),
    ChartDef {
        shown: Shown::WhenNotZero,
        ..rates(
            "network_errors",
            Network,
            Unit::Count,
            Listed(&[
                line("rx_errors", Total("netdev.rx_errors"), Colour::Vermilion),
                line("rx_drops", Total("netdev.rx_drops"), Colour::Orange),
                line("tx_errors", Total("netdev.tx_errors"), Colour::Purple),
                line("tx_drops", Total("netdev.tx_drops"), Colour::Blue),
            ]),
        )
    },
    levels(
        "sockets",
        Network,
        Unit::Count,
        Listed(&[
            line("established", Of("sockstat.established"), Colour::Blue),
            line("time_wait", Of("sockstat.time_wait"), Colour::Grey),
            rare(line("close_wait", Of("sockstat.close_wait"), Colour::Vermilion)),
            rare(line("orphan", Of("sockstat.tcp_orphan"), Colour::Orange)),
        ]),
    ),
    ChartDef {
        limit: Limit::Near("sockstat.conntrack_max"),
        ..levels(
            "conntrack",
            Network,
            Unit::Count,
            Listed(&[area("conntrack", Of("sockstat.conntrack"), Colour::Sky)]),
        )
    },
    levels("latency", Reachability, Unit::Seconds, Each(Of("target.seconds"))),
    ChartDef { at_least: 0.1, ..levels("loss", Reachability, Unit::Ratio, Each(Of("target.loss"))) },
    levels(
        "processes",
        System,
        Unit::Count,
        Listed(&[
            line("threads", Of("processes.threads"), Colour::Grey),
            line("processes", Of("processes.total"), Colour::Blue),
            rare(line("zombies", Of("processes.zombies"), Colour::Vermilion)),
            rare(line("blocked", Of("stat.procs_blocked"), Colour::Orange)),
        ]),
    ),
    rates("forks", System, Unit::Count, Listed(&[line("forks", Of("stat.processes"), Colour::Blue)])),
    rates("switches", System, Unit::Count, Listed(&[line("switches", Of("stat.ctxt"), Colour::Blue)])),
    levels("sessions", System, Unit::Count, Listed(&[area("sessions", Of("sessions.count"), Colour::Sky)])),
    levels(
        "objects",
        System,
        Unit::Count,
        Listed(&[
            line("dentries", Of("vfs.dentries"), Colour::Blue),
            line("inodes", Of("vfs.inodes"), Colour::Green),
            line("file_handles", Of("vfs.file_handles"), Colour::Orange),
        ]),
    ),
    levels(
        "cgroups",
        System,
        Unit::Count,
        Listed(&[
            line("cgroups", Of("cgroup.count"), Colour::Blue),
            rare(line("dying", Of("cgroup.dying"), Colour::Vermilion)),
        ]),
    ),
];

/// CPU time in which something ran; waiting for a disk is idle time.
pub(crate) const CPU_BUSY: &[&str] =
    &["stat.user", "stat.nice", "stat.system", "stat.irq", "stat.softirq", "stat.guest"];

/// Time for each request to any disk.
const LATENCY: Value =
    Mean(["diskstats.read_time", "diskstats.write_time"], ["diskstats.reads", "diskstats.writes"]);

#[cfg(test)]
#[path = "charts_tests.rs"]
mod tests;
