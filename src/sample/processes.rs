//! Processes: `/proc/PID/stat` of all, `proc_pid_stat(5)`; `smaps_rollup` and `status` of the largest, on a slower beat.
//! Names only, never command lines unless the user asks for them.

use super::metric::record;
use serde::{Deserialize, Serialize};

record! {
    /// How many there are, by state, and the largest.
    pub struct Processes in "processes" {
        /// Processes.
        total "total" u64 Gauge Count;
        /// Processes and their threads.
        threads "threads" u64 Gauge Count;
        /// Running or could (R).
        running "running" u64 Gauge Count;
        /// Sleeping (S, I).
        sleeping "sleeping" u64 Gauge Count;
        /// Waiting without being able to be woken, mostly for a disk (D).
        disk_sleep "disk_sleep" u64 Gauge Count;
        /// Stopped or traced (T, t).
        stopped "stopped" u64 Gauge Count;
        /// Ended, but its parent has not asked (Z).
        zombies "zombies" u64 Gauge Count;
        /// The largest number of a process, `kernel.pid_max`.
        pid_max "pid_max" u64 Gauge Count;
        /// The most threads, `kernel.threads-max`.
        threads_max "threads_max" u64 Gauge Count;
        /// Anonymous memory that visible processes hold, by the sum of their RSS: shared pages count more than once.
        rss "rss" u64 Gauge Memory;
        also {
            /// Seconds over which `cpu` of the entries below was counted; absent in the first sample.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            interval: Option<f64>,
            /// The largest by memory and by CPU time, largest memory first.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            top: Vec<Process>,
        }
    }
}

/// One process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// The program's name, as the kernel has it.
    pub name: String,
    /// Its number.
    pub pid: u32,
    /// Who runs it: a name, or the number of a user without one.
    pub user: String,
    /// Resident memory in bytes.
    pub rss: u64,
    /// CPU seconds used in the last `interval`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f64>,
    /// Its share of memory in bytes, shared pages divided among their users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pss: Option<u64>,
    /// Bytes in swap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap: Option<u64>,
    /// The command line, only where `sample.command_lines` asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}
