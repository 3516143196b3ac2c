//! The kernel's slab caches: `/proc/slabinfo`, `slabinfo(5)`; root only, and dear (1.3 ms): read on a slower beat.

use super::metric::record;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The largest slab caches, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slabinfo {
    /// All caches together, in bytes.
    pub total: u64,
    /// The largest ones.
    pub caches: BTreeMap<String, SlabCache>,
}

record! {
    /// One slab cache.
    pub struct SlabCache in "slabinfo" {
        /// Memory of the cache's slabs.
        bytes "bytes" u64 Gauge Memory;
        /// Objects in use.
        objects "objects" u64 Gauge Count;
    }
}
