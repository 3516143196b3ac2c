//! Software RAID: `/proc/mdstat`, `md(4)`.

use super::metric::record;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Arrays by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mdstat(pub BTreeMap<String, RaidArray>);

record! {
    /// One array.
    pub struct RaidArray in "mdstat" {
        /// Members that it should have.
        members "members" u64 Gauge Count;
        /// Members that work.
        working "working" u64 Gauge Count;
        /// Members that failed.
        failed "failed" u64 Gauge Count;
        /// How far a rebuild, check or reshape is.
        progress "progress" f64 Gauge Ratio;
        also {
            /// `active`, `inactive`, `read-only`.
            state: String,
            /// `raid1`.
            level: String,
            /// What runs: `recovery`, `resync`, `check`, `reshape`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            action: Option<String>,
        }
    }
}
