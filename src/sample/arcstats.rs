//! The cache of ZFS: `/proc/spl/kstat/zfs/arcstats`. The kernel counts it as used, in SUnreclaim and nowhere.

use super::metric::{Record, record};
use super::{Collector, Context, SampleError, parse};

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

impl Collector for Arcstats {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        // In a container it is the host's cache.
        if context.next.made_up_meminfo {
            return Ok(None);
        }
        Ok(context.read("proc/spl/kstat/zfs/arcstats")?.map(parse))
    }
}

/// Lines of name, type and value: `size 4 12345`.
fn parse(bytes: &[u8]) -> Arcstats {
    let mut arc = Arcstats::default();
    for line in parse::lines(bytes) {
        let mut fields = parse::fields(line);
        if let (Some(name), Some(_), Some(value)) = (fields.next(), fields.next(), fields.next()) {
            if let Some(value) = parse::number(value) {
                arc.set(name, value);
            }
        }
    }
    arc
}
