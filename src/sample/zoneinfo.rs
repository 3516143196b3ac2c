//! Per-CPU page lists: `/proc/zoneinfo`. MemFree leaves these free pages out, by megabytes that jitter.

use super::metric::record;

record! {
    /// Free pages that MemFree does not count.
    pub struct Zoneinfo in "zoneinfo" {
        /// Free pages on the per-CPU lists.
        per_cpu_pages "per_cpu_pages" u64 Gauge Memory;
    }
}
