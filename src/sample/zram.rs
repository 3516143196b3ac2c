//! Compressed swap in memory: `/sys/block/zram*/mm_stat` (3.15).

use super::metric::record;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// zram devices by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Zram(pub BTreeMap<String, ZramDevice>);

record! {
    /// One device.
    pub struct ZramDevice in "zram" {
        /// What it holds, before compression.
        original "original" u64 Gauge Memory;
        /// What it takes of RAM.
        used "used" u64 Gauge Memory;
    }
}
