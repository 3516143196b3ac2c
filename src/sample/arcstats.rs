//! The cache of ZFS: `/proc/spl/kstat/zfs/arcstats`. The kernel counts it as used, in SUnreclaim and nowhere.

use super::metric::record;

record! {
    /// The adaptive replacement cache.
    pub struct Arcstats in "arcstats" {
        /// Its size.
        size "size" u64 Gauge Memory;
        /// The size down to which it shrinks when memory is needed.
        c_min "c_min" u64 Gauge Memory;
        /// The size up to which it grows.
        c_max "c_max" u64 Gauge Memory;
    }
}
