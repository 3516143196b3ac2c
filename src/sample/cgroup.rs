//! Control groups, v2 and v1: memory and CPU of services and containers, `cgroups(7)`, the kernel's cgroup-v2.rst;
//! and how many groups there are and how many are dying, which cron jobs are known to leak.

use super::metric::record;
use std::collections::BTreeMap;

record! {
    /// The hierarchy as a whole.
    pub struct Cgroups in "cgroup" {
        /// Groups that exist (v2: `nr_descendants`; v1: `num_cgroups` of the memory controller).
        count "count" u64 Gauge Count;
        /// Groups that were removed and still hold memory (v2).
        dying "dying" u64 Gauge Count;
        /// The limit of the group that this host itself runs in, where it is a container.
        memory_max "memory_max" u64 Gauge Memory;
        also {
            /// 1 or 2: where memory is accounted.
            version: u8,
            /// Groups of services and containers by path, the largest ones.
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            groups: BTreeMap<String, Cgroup>,
        }
    }
}

record! {
    /// One service's or container's group.
    pub struct Cgroup in "cgroup" {
        /// Memory charged to it.
        memory "memory" u64 Gauge Memory;
        /// CPU time used.
        cpu "cpu" f64 Counter Seconds;
        /// Anonymous memory of its processes.
        anon "anon" u64 Gauge Memory;
        /// File cache.
        file "file" u64 Gauge Memory;
        /// Kernel memory (5.18).
        kernel "kernel" u64 Gauge Memory;
        /// Slab that can be given back.
        slab_reclaimable "slab_reclaimable" u64 Gauge Memory;
        /// Slab that is never given back.
        slab_unreclaimable "slab_unreclaimable" u64 Gauge Memory;
        /// Per-CPU memory (5.8).
        percpu "percpu" u64 Gauge Memory;
        /// Socket buffers.
        sock "sock" u64 Gauge Memory;
        /// Shared memory and tmpfs.
        shmem "shmem" u64 Gauge Memory;
        /// Swap.
        swap "swap" u64 Gauge Memory;
    }
}
