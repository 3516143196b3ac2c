//! CPU times and kernel activity: `/proc/stat`, `proc_stat(5)`. Times in seconds since boot.

use super::metric::record;
use serde::{Deserialize, Serialize};

record! {
    /// All CPUs together, and what the kernel counted.
    pub struct Stat in "stat" {
        /// CPU time of programs, without guests.
        user "user" f64 Counter Seconds;
        /// CPU time of niced programs, without guests.
        nice "nice" f64 Counter Seconds;
        /// CPU time of the kernel.
        system "system" f64 Counter Seconds;
        /// CPU time with nothing to do.
        idle "idle" f64 Counter Seconds;
        /// CPU time with nothing to do but wait for a disk.
        iowait "iowait" f64 Counter Seconds;
        /// CPU time of hardware interrupts.
        irq "irq" f64 Counter Seconds;
        /// CPU time of soft interrupts.
        softirq "softirq" f64 Counter Seconds;
        /// CPU time that the hypervisor gave to others.
        steal "steal" f64 Counter Seconds;
        /// CPU time of virtual machines that run here.
        guest "guest" f64 Counter Seconds;
        /// Context switches.
        context_switches "ctxt" u64 Counter Count;
        /// Processes and threads started.
        forks "processes" u64 Counter Count;
        /// Tasks that run or could.
        running "procs_running" u64 Gauge Count;
        /// Tasks that wait for a disk.
        blocked "procs_blocked" u64 Gauge Count;
        also {
            /// Per core: user, nice, system, idle, iowait, irq, softirq, steal.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            cores: Vec<CoreTimes>,
        }
    }
}

/// One core's seconds since boot: user, nice, system, idle, iowait, irq, softirq, steal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CoreTimes(pub [f64; 8]);
