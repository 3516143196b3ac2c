//! Memory as the kernel accounts for it: `/proc/meminfo`, `proc_meminfo(5)`. Keys are the kernel's own names,
//! values bytes. In a container some fields are the host's: they are named in `foreign`, and sums leave them out.

use super::metric::record;

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
