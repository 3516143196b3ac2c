//! Memory as the kernel accounts for it: `/proc/meminfo`, `proc_meminfo(5)`. Keys are the kernel's own names,
//! values bytes. In a container some fields are the host's: they are named in `foreign`, and sums leave them out.

use super::audit::Reading;
use super::metric::{Metric, Record, Visitor, record};
use super::{Collector, Context, SampleError, parse};

record! {
    /// The fields that a partition of MemTotal needs, and those that explain them.
    pub struct Meminfo in "meminfo" {
        /// RAM that the kernel manages.
        mem_total "MemTotal" u64 Gauge Memory;
        /// RAM that nothing uses, without the per-CPU page lists.
        mem_free "MemFree" u64 Gauge Memory;
        /// The kernel's estimate of what programs can get without swapping (3.14).
        mem_available "MemAvailable" u64 Gauge Memory;
        /// Block device pages.
        buffers "Buffers" u64 Gauge Memory;
        /// Page cache, with Shmem in it.
        cached "Cached" u64 Gauge Memory;
        /// Pages that are in swap and in memory.
        swap_cached "SwapCached" u64 Gauge Memory;
        /// Anonymous memory of processes.
        anon_pages "AnonPages" u64 Gauge Memory;
        /// File pages that processes have mapped, inside Cached.
        mapped "Mapped" u64 Gauge Memory;
        /// Shared memory and tmpfs, inside Cached.
        shmem "Shmem" u64 Gauge Memory;
        /// Kernel memory that can be given back, with SReclaimable in it (4.20).
        k_reclaimable "KReclaimable" u64 Gauge Memory;
        /// Slab that can be given back.
        s_reclaimable "SReclaimable" u64 Gauge Memory;
        /// Slab that is never given back.
        s_unreclaim "SUnreclaim" u64 Gauge Memory;
        /// All slab, where the source does not say what can be given back: imported lines.
        slab "Slab" u64 Gauge Memory;
        /// Stacks of tasks, which may lie in vmalloc.
        kernel_stack "KernelStack" u64 Gauge Memory;
        /// Page tables of processes.
        page_tables "PageTables" u64 Gauge Memory;
        /// Secondary page tables: KVM, IOMMU (6.1).
        sec_page_tables "SecPageTables" u64 Gauge Memory;
        /// Per-CPU allocations (4.19).
        percpu "Percpu" u64 Gauge Memory;
        /// Memory of vmalloc; 0 on kernels 4.4 to 5.2 means not known.
        vmalloc_used "VmallocUsed" u64 Gauge Memory;
        /// Huge pages of all sizes (4.15).
        hugetlb "Hugetlb" u64 Gauge Memory;
        /// Huge pages of the default size, in number.
        huge_pages_total "HugePages_Total" u64 Gauge Count;
        /// Huge pages of the default size that nobody uses, in number.
        huge_pages_free "HugePages_Free" u64 Gauge Count;
        /// The default size of a huge page.
        hugepagesize "Hugepagesize" u64 Gauge Memory;
        /// Transparent huge pages, inside AnonPages.
        anon_huge_pages "AnonHugePages" u64 Gauge Memory;
        /// Memory that the hypervisor took back.
        balloon "Balloon" u64 Gauge Memory;
        /// Memory that the guest has not accepted yet (6.5).
        unaccepted "Unaccepted" u64 Gauge Memory;
        /// Memory that hardware found broken.
        hardware_corrupted "HardwareCorrupted" u64 Gauge Memory;
        /// Swap space.
        swap_total "SwapTotal" u64 Gauge Memory;
        /// Swap space that nothing uses.
        swap_free "SwapFree" u64 Gauge Memory;
        /// Memory that zswap takes.
        zswap "Zswap" u64 Gauge Memory;
        /// Memory that zswap holds, before compression.
        zswapped "Zswapped" u64 Gauge Memory;
        /// File pages to be written.
        dirty "Dirty" u64 Gauge Memory;
        /// File pages being written.
        writeback "Writeback" u64 Gauge Memory;
        /// Pages that cannot be reclaimed.
        unevictable "Unevictable" u64 Gauge Memory;
        /// Pages that programs locked.
        mlocked "Mlocked" u64 Gauge Memory;
        /// What programs have asked for.
        committed_as "Committed_AS" u64 Gauge Memory;
        also {
            /// The kernel's names of fields here that are the host's, not this container's.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            foreign: Vec<String>,
        }
    }
}

/// Fields that lxcfs hands through from the host (its `proc_meminfo_read` rewrites the others for the container).
const HOSTS: [&str; 16] = [
    "KReclaimable",
    "KernelStack",
    "PageTables",
    "SecPageTables",
    "Percpu",
    "VmallocUsed",
    "Hugetlb",
    "HugePages_Total",
    "HugePages_Free",
    "Balloon",
    "Unaccepted",
    "HardwareCorrupted",
    "Zswap",
    "Zswapped",
    "Mlocked",
    "Committed_AS",
];

/// Fields that are the host's where they are larger than MemTotal: lxcfs rewrites them with version 2 of control groups only.
const HOSTS_IF_LARGER: [&str; 3] = ["SReclaimable", "SUnreclaim", "Slab"];

impl Collector for Meminfo {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        const PATH: &str = "proc/meminfo";
        let Some(bytes) = context.read_at_once(PATH)? else { return Ok(None) };
        let mut meminfo = parse(bytes);
        if meminfo.mem_total.is_none() {
            return Err(SampleError::parse(PATH, bytes, "a line MemTotal"));
        }
        meminfo.mark_foreign(context.next.made_up_meminfo);
        meminfo.drop_impossible();
        meminfo.shorten(context.slow);
        context.s_unreclaim = meminfo.s_unreclaim;
        context.before = meminfo.reading();
        context.foreign.clone_from(&meminfo.foreign);
        context.s_reclaimable = meminfo.s_reclaimable;
        context.mem_total = meminfo.mem_total;
        Ok(Some(meminfo))
    }
}

/// The kernel's parts now, for comparison.
///
/// Root could first have the kernel fold its per-CPU counters (`/proc/sys/vm/stat_refresh`), after which the numbers
/// stand still to some kilobytes where they else wander by tens. But that waits for a turn on every CPU: of 400 readings on
/// two CPUs half took 120 us, three times what meminfo itself does, and with the CPUs busy one in a hundred took 4 ms.
/// A sample has not that much to spend, and the leak finder, which looks at minutes, nothing to gain.
pub(crate) fn kernel_parts(context: &mut Context<'_>) -> Reading {
    let foreign = std::mem::take(&mut context.foreign);
    let bytes = context.read_at_once("proc/meminfo").ok().flatten().unwrap_or_default();
    Reading::of_meminfo(bytes, &foreign)
}

/// Lines `MemTotal:  123 kB`, or without a unit. Not by procfs-core, which fails where a field is missing that it
/// thinks every kernel has, and leaves out what it does not know.
fn parse(bytes: &[u8]) -> Meminfo {
    let mut meminfo = Meminfo::default();
    for line in parse::lines(bytes) {
        let Some((key, value)) = parse::split_once(line, b':') else { continue };
        let mut fields = parse::fields(value);
        if let Some(number) = fields.next().and_then(parse::number) {
            let factor = if fields.next() == Some(b"kB") { 1024 } else { 1 };
            meminfo.set(key, number.saturating_mul(factor));
        }
    }
    // Both of its parts are known.
    if meminfo.s_unreclaim.is_some() {
        meminfo.slab = None;
    }
    meminfo
}

impl Meminfo {
    /// Names the fields that are the host's: all that lxcfs hands through.
    fn mark_foreign(&mut self, made_up: bool) {
        let total = self.mem_total.unwrap_or(u64::MAX);
        if made_up && self.s_reclaimable == Some(0) && self.s_unreclaim == Some(0) {
            // lxcfs writes 0 where it does not know (on cgroup v1).
            (self.s_reclaimable, self.s_unreclaim) = (None, None);
        }
        if made_up {
            let mut fields = ForeignFields { total, names: Vec::new() };
            Record::numbers(self, "", &mut fields);
            self.foreign = fields.names;
        }
    }

    /// Clears the names of fields that older versions took for a host's because they were larger than MemTotal.
    pub(super) fn unmark_foreign(&mut self) {
        let is_container = self.foreign.iter().any(|name| HOSTS.contains(&name.as_str()));
        self.foreign.retain(|name| is_container && is_handed_through(name));
    }
}

impl Meminfo {
    /// The kernel's parts, as the audit compares them.
    fn reading(&self) -> Reading {
        let parts = [self.s_unreclaim, self.kernel_stack, self.page_tables, self.percpu, self.vmalloc_used];
        Reading::of_kernel(parts, &self.foreign)
    }

    /// Leaves out what says nothing: the size of huge pages where there are none; and between slow beats the fields
    /// that no partition of MemTotal needs.
    fn shorten(&mut self, slow: bool) {
        if self.huge_pages_total == Some(0) {
            (self.huge_pages_free, self.hugepagesize) = (None, None);
        }
        if !slow {
            (self.mapped, self.anon_huge_pages, self.committed_as) = (None, None, None);
            (self.unevictable, self.mlocked) = (None, None);
        }
    }
}

fn is_handed_through(field: &str) -> bool {
    HOSTS.contains(&field) || HOSTS_IF_LARGER.contains(&field)
}

struct ForeignFields {
    total: u64,
    names: Vec<String>,
}

impl Visitor for ForeignFields {
    #[expect(clippy::cast_precision_loss, reason = "exact up to 8 PiB")]
    fn number(&mut self, metric: &'static Metric, _: &str, value: f64) {
        let is_larger = value > self.total as f64;
        if HOSTS.contains(&metric.field) || (is_larger && HOSTS_IF_LARGER.contains(&metric.field)) {
            self.names.push(metric.field.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kilobytes_and_counts() {
        let meminfo = parse(b"MemTotal:  500 kB\nHugePages_Total:   3\nNew_field: 1 kB\nBad: x kB\n");
        assert_eq!((meminfo.mem_total, meminfo.huge_pages_total), (Some(512_000), Some(3)));
        assert_eq!(Meminfo { mem_total: None, huge_pages_total: None, ..meminfo }, Meminfo::default());
    }

    #[test]
    fn slab_that_exceeds_all_memory_is_the_hosts_in_a_container_only() {
        let mut meminfo = parse(b"MemTotal: 500 kB\nSUnreclaim: 501 kB\nSwapTotal: 900 kB\nCached: 501 kB\n");
        meminfo.mark_foreign(false);
        assert!(meminfo.foreign.is_empty());
        meminfo.mark_foreign(true);
        assert_eq!(meminfo.foreign, ["SUnreclaim"]);
    }

    #[test]
    fn what_older_versions_took_for_the_hosts_is_not() {
        let marked = |names: &[&str]| {
            let foreign = names.iter().map(|name| (*name).to_owned()).collect();
            let mut meminfo = Meminfo { foreign, ..Meminfo::default() };
            meminfo.unmark_foreign();
            meminfo.foreign
        };
        assert!(marked(&["SUnreclaim", "Cached"]).is_empty());
        assert_eq!(marked(&["SUnreclaim", "Cached", "Percpu"]), ["SUnreclaim", "Percpu"]);
    }

    #[test]
    fn lxcfs_hands_through_and_writes_zeros() {
        let mut meminfo =
            parse(b"MemTotal: 500 kB\nSReclaimable: 0 kB\nSUnreclaim: 0 kB\nKernelStack: 9 kB\n");
        meminfo.mark_foreign(true);
        assert_eq!((meminfo.s_reclaimable, meminfo.s_unreclaim), (None, None));
        assert_eq!(meminfo.foreign, ["KernelStack"]);
    }
}
