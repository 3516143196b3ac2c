//! Which numbers of the log belong to which part of memory, and what growth of a part means.

use super::super::leak::Kind;
use super::super::part::Part;
use super::history::History;
use serde::Serialize;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Bytes: comparable with the part's growth.
    Bytes,
    /// Things: a clue, no share.
    Count,
}

/// Numbers of the log that tell something inside of parts apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    /// The metric's id.
    pub(super) metric: &'static str,
    /// What it is an instance of: one line for a control group, however many of its numbers grow.
    pub(super) family: &'static str,
    /// What it counts.
    pub(super) unit: Unit,
    /// Bytes of this are judged by themselves, too: they may leak while their part shrinks.
    pub(super) judged: Option<Kind>,
    /// The parts that it lies in.
    pub(super) parts: &'static [Part],
}

const fn bytes(metric: &'static str, family: &'static str, parts: &'static [Part]) -> Source {
    Source { metric, family, unit: Unit::Bytes, judged: None, parts }
}

const fn judged(metric: &'static str, family: &'static str, kind: Kind, parts: &'static [Part]) -> Source {
    Source { metric, family, unit: Unit::Bytes, judged: Some(kind), parts }
}

const fn count(metric: &'static str, parts: &'static [Part]) -> Source {
    Source { metric, family: metric, unit: Unit::Count, judged: None, parts }
}

const SLAB: &[Part] = &[Part::SlabUnreclaimable];
const KERNEL: &[Part] = &[
    Part::SlabUnreclaimable,
    Part::KernelStacks,
    Part::PageTables,
    Part::PerCpu,
    Part::Vmalloc,
    Part::Unaccounted,
];
const TASKS: &[Part] = &[Part::KernelStacks, Part::PageTables, Part::Anonymous, Part::SlabUnreclaimable];
const SOCKETS: &[Part] = &[Part::SlabUnreclaimable, Part::Unaccounted];
const GROUPS: &[Part] = &[Part::SlabUnreclaimable, Part::PerCpu];

/// All of them; of a family the more exact number comes first.
pub(super) const SOURCES: &[Source] = &[
    bytes("slabinfo.large_kmalloc", "slab", SLAB),
    bytes("slabinfo.bytes", "slab", &[Part::SlabUnreclaimable, Part::SlabReclaimable]),
    judged("cgroup.slab_unreclaimable", "cgroup", Kind::Kernel, SLAB),
    judged("cgroup.percpu", "cgroup", Kind::Kernel, &[Part::PerCpu]),
    bytes("cgroup.sock", "cgroup", &[Part::Unaccounted]),
    bytes("cgroup.kernel", "cgroup", KERNEL),
    bytes("cgroup.slab_reclaimable", "cgroup", &[Part::SlabReclaimable]),
    bytes("cgroup.anon", "cgroup", &[Part::Anonymous]),
    bytes("cgroup.shmem", "cgroup", &[Part::Shared]),
    bytes("cgroup.file", "cgroup", &[Part::FileCache]),
    bytes("ipc.msg_bytes", "ipc", SLAB),
    bytes("ipc.mqueue_bytes", "mqueue", SLAB),
    bytes("ipc.shm_rss", "shm", &[Part::Shared]),
    judged("tmpfs.used", "tmpfs", Kind::Process, &[Part::Shared]),
    bytes("deleted.memory", "deleted", &[Part::Shared]),
    judged("program.rss", "program", Kind::Process, &[Part::Anonymous]),
    judged("processes.init_rss", "init", Kind::Process, &[Part::Anonymous]),
    judged("processes.bus_rss", "bus", Kind::Process, &[Part::Anonymous]),
    bytes("sockstat.tcp_memory", "sockstat", &[Part::Unaccounted, Part::SlabUnreclaimable]),
    bytes("sockstat.udp_memory", "sockstat", &[Part::Unaccounted, Part::SlabUnreclaimable]),
    count("ipc.semaphores", SLAB),
    count("ipc.msg_queues", SLAB),
    count("ipc.msg_messages", SLAB),
    count("ipc.mqueues", SLAB),
    count("ipc.shm_segments", &[Part::Shared]),
    count("ipc.posix_shm", &[Part::Shared]),
    count("deleted.files", &[Part::Shared]),
    count("slabinfo.net_namespaces", GROUPS),
    count("vfs.mounts", SLAB),
    count("cgroup.count", GROUPS),
    count("cgroup.dying", GROUPS),
    count("sockstat.tcp", SOCKETS),
    count("sockstat.udp", SOCKETS),
    count("sockstat.conntrack", SLAB),
    count("vfs.file_handles", SLAB),
    count("vfs.dentries", &[Part::SlabReclaimable]),
    count("vfs.inodes", &[Part::SlabReclaimable]),
    count("processes.total", TASKS),
    count("processes.threads", TASKS),
    count("processes.zombies", TASKS),
];

/// Reports whether a part is memory that a hypervisor took back, or may have: it looks like a leak and is none.
pub(super) fn is_balloon(part: Part, history: &History) -> bool {
    part == Part::Balloon || part == Part::Unaccounted && history.has_uncounted_balloon()
}

/// What the growth of a part means; `None` for what cannot leak.
pub(super) fn kind_of(part: Part, history: &History) -> Option<Kind> {
    match part {
        Part::SlabUnreclaimable | Part::PerCpu | Part::Vmalloc => Some(Kind::Kernel),
        // Without the per-CPU lists it jitters by megabytes.
        Part::Unaccounted if history.has("zoneinfo.per_cpu_pages") => Some(Kind::Kernel),
        Part::Unaccounted | Part::Balloon => Some(Kind::Other),
        // They follow how many tasks there are, and what these map: by day more than by night.
        Part::KernelStacks | Part::PageTables | Part::SecondaryPageTables => Some(Kind::Process),
        Part::Anonymous | Part::Shared | Part::HugePages | Part::Zswap | Part::Zram => Some(Kind::Process),
        // Of slab as a whole nobody knows how much is cache.
        Part::FileCache
        | Part::Slab
        | Part::Buffers
        | Part::SlabReclaimable
        | Part::KernelReclaimable
        | Part::ZfsArc
        | Part::SwapCache => Some(Kind::Cache),
        Part::HardwareCorrupted | Part::PerCpuPages | Part::Unaccepted | Part::Free => None,
    }
}
