//! Paging: `/proc/vmstat`. Names are the kernel's; what it counts in pages or KiB is bytes here.

use super::metric::record;

record! {
    /// What the memory management did since boot.
    pub struct Vmstat in "vmstat" {
        /// Read from disks for the page cache.
        pgpgin "pgpgin" u64 Counter Data;
        /// Written to disks from the page cache.
        pgpgout "pgpgout" u64 Counter Data;
        /// Read back from swap.
        pswpin "pswpin" u64 Counter Memory;
        /// Written to swap.
        pswpout "pswpout" u64 Counter Memory;
        /// Page faults.
        pgfault "pgfault" u64 Counter Count;
        /// Page faults that had to wait for a disk.
        pgmajfault "pgmajfault" u64 Counter Count;
        /// Scanned by kswapd for pages to reclaim.
        pgscan_kswapd "pgscan_kswapd" u64 Counter Memory;
        /// Scanned by allocating tasks for pages to reclaim.
        pgscan_direct "pgscan_direct" u64 Counter Memory;
        /// Reclaimed by kswapd.
        pgsteal_kswapd "pgsteal_kswapd" u64 Counter Memory;
        /// Reclaimed by allocating tasks, which had to wait for it.
        pgsteal_direct "pgsteal_direct" u64 Counter Memory;
        /// Processes that the kernel killed for want of memory (4.13).
        oom_kill "oom_kill" u64 Counter Count;
    }
}
