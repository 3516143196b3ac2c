//! Compressed swap in memory: `/sys/block/zram*/mm_stat` (3.15).

use super::metric::record;
use super::{Collector, Context, SampleError, parse};
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

impl Collector for Zram {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        if context.next.made_up_meminfo {
            return Ok(None);
        }
        if context.slow {
            let mut names = context.names("sys/block");
            names.retain(|name| name.starts_with("zram"));
            context.next.zram = names;
        }
        let mut devices = BTreeMap::new();
        for name in context.next.zram.clone() {
            let device = context.read_at_once(&format!("sys/block/{name}/mm_stat"))?.and_then(parse);
            devices.extend(device.map(|device| (name, device)));
        }
        // One that was not set up is looked at again on the slow beat.
        context.next.zram.retain(|name| devices.contains_key(name));
        Ok((!devices.is_empty()).then_some(Self(devices)))
    }
}

/// `orig_data_size compr_data_size mem_used_total …`; all 0 of a device that was never set up.
fn parse(bytes: &[u8]) -> Option<ZramDevice> {
    let mut numbers = parse::numbers(bytes);
    let (original, _compressed, used) = (numbers.next()?, numbers.next()?, numbers.next()?);
    (original > 0 || used > 0).then_some(ZramDevice { original: Some(original), used: Some(used) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_was_set_up() {
        let device = parse(b"  8192  100 12288 0 12288 0 0 0 0\n").unwrap();
        assert_eq!((device.original, device.used), (Some(8192), Some(12288)));
        assert_eq!(parse(b"0 0 0 0 0 0 0 0 0\n"), None);
    }
}
