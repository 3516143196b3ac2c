//! File systems: `/proc/self/mountinfo` and `statvfs(3)`; local ones with a size of their own. Network and pseudo
//! file systems are left out, each device once, and a mount that hangs costs its own entry, never the sample.

use super::metric::record;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// File systems by mount point.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filesystems(pub BTreeMap<String, Filesystem>);

record! {
    /// One file system.
    pub struct Filesystem in "filesystem" {
        /// Size.
        total "total" u64 Gauge Data;
        /// Used by files and by the file system itself.
        used "used" u64 Gauge Data;
        /// Free to ordinary users.
        available "available" u64 Gauge Data;
        /// Inodes.
        inodes "inodes" u64 Gauge Count;
        /// Inodes in use.
        inodes_used "inodes_used" u64 Gauge Count;
        also {
            /// What is mounted: `/dev/vda1`.
            device: String,
            /// The kind: `ext4`.
            #[serde(rename = "type")]
            kind: String,
            /// Mounted read-only.
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            read_only: bool,
        }
    }
}
