//! Load averages: `/proc/loadavg`, `proc_loadavg(5)`.

use super::metric::record;

record! {
    /// Tasks that run or wait for a disk, averaged, and how many tasks there are.
    pub struct Loadavg in "loadavg" {
        /// Load average of 1 minute.
        load1 "load1" f64 Gauge Count;
        /// Load average of 5 minutes.
        load5 "load5" f64 Gauge Count;
        /// Load average of 15 minutes.
        load15 "load15" f64 Gauge Count;
        /// Tasks, that is processes and threads.
        tasks "tasks" u64 Gauge Count;
    }
}
