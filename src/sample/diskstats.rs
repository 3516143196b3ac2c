//! Block devices: `/proc/diskstats`, `proc_diskstats(5)`; whole disks as `/sys/block` lists them, so that nothing
//! counts twice: no partitions, no loop, ram, and no device-mapper or md device over a disk that is listed.

use super::metric::record;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Disks by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Diskstats(pub BTreeMap<String, Disk>);

record! {
    /// One disk since boot.
    pub struct Disk in "diskstats" {
        /// Reads completed.
        reads "reads" u64 Counter Count;
        /// Writes completed.
        writes "writes" u64 Counter Count;
        /// Bytes read.
        read_bytes "read_bytes" u64 Counter Data;
        /// Bytes written.
        written_bytes "written_bytes" u64 Counter Data;
        /// Time that reads took, summed.
        read_time "read_time" f64 Counter Seconds;
        /// Time that writes took, summed.
        write_time "write_time" f64 Counter Seconds;
        /// Time in which the disk was busy.
        busy "busy" f64 Counter Seconds;
    }
}
