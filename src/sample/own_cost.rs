//! What the sample itself cost: the monitor must never be the cause without noticing.

use super::metric::record;

record! {
    /// The cost of one run of `cronograph sample`.
    pub struct OwnCost in "self" {
        /// Wall time from the start of the program to the end of the collectors.
        wall "wall" f64 Gauge Seconds;
        /// CPU time, user and system.
        cpu "cpu" f64 Gauge Seconds;
        /// Peak resident memory.
        peak_rss "peak_rss" u64 Gauge Memory;
        /// Bytes that the run wrote, this line included.
        written "written" u64 Gauge Data;
        /// SUnreclaim before the collectors ran.
        s_unreclaim_before "SUnreclaim_before" u64 Gauge Memory;
        /// SUnreclaim after.
        s_unreclaim_after "SUnreclaim_after" u64 Gauge Memory;
    }
}
