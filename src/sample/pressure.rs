//! Pressure stall information: `/proc/pressure/{cpu,io,memory}` (4.20; `full` of cpu since 5.13).
//! The totals in seconds since boot: their rate is the share of time in which tasks waited.

use super::metric::record;

record! {
    /// How long tasks waited for a resource.
    pub struct Pressure in "pressure" {
        /// Time in which some tasks waited for a CPU.
        cpu_some "cpu_some" f64 Counter Seconds;
        /// Time in which some tasks waited for a disk.
        io_some "io_some" f64 Counter Seconds;
        /// Time in which all tasks waited for a disk.
        io_full "io_full" f64 Counter Seconds;
        /// Time in which some tasks waited for memory.
        memory_some "memory_some" f64 Counter Seconds;
        /// Time in which all tasks waited for memory.
        memory_full "memory_full" f64 Counter Seconds;
    }
}
