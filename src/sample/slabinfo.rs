//! The kernel's slab caches: `/proc/slabinfo`, `slabinfo(5)`; root only, and dear (1.3 ms): read on a slower beat.

use super::metric::record;
use super::{Collector, Context, SampleError, parse};
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

impl Collector for Slabinfo {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        if context.next.made_up_meminfo || !(context.slow || has_moved(context)) {
            return Ok(None);
        }
        context.next.slab = context.s_unreclaim;
        let page_size = context.root.page_size;
        let groups = context.options.groups;
        Ok(context.read("proc/slabinfo")?.map(|bytes| largest(bytes, page_size, groups)))
    }
}

/// Whether SUnreclaim is another by 1/128 of all memory (4 MiB of 512) than when the caches were last read.
fn has_moved(context: &Context<'_>) -> bool {
    match (context.previous.slab, context.s_unreclaim, context.mem_total) {
        (Some(then), Some(now), Some(total)) => now.abs_diff(then) > total / 128,
        _ => false,
    }
}

/// `name active_objs num_objs objsize objperslab pagesperslab : tunables … : slabdata active_slabs num_slabs …`
fn largest(bytes: &[u8], page_size: u64, groups: usize) -> Slabinfo {
    let mut caches: Vec<(&[u8], SlabCache)> = Vec::new();
    let mut total = 0_u64;
    for (name, cache) in parse::lines(bytes).filter_map(|line| parse_line(line, page_size)) {
        let size = cache.bytes.unwrap_or(0);
        total = total.saturating_add(size);
        if size > 0 {
            caches.push((name, cache));
        }
    }
    caches.sort_by_key(|(_, cache)| std::cmp::Reverse(cache.bytes));
    caches.truncate(groups);
    Slabinfo { total, caches: caches.into_iter().map(|(name, cache)| (parse::text(name), cache)).collect() }
}

fn parse_line(line: &[u8], page_size: u64) -> Option<(&[u8], SlabCache)> {
    let mut fields = parse::fields(line);
    let name = fields.next()?;
    let objects = parse::number(fields.next()?)?;
    let pages_per_slab = parse::number(fields.nth(3)?)?;
    let slabs = parse::number(fields.nth(8)?)?;
    let bytes = slabs.saturating_mul(pages_per_slab).saturating_mul(page_size);
    Some((name, SlabCache { bytes: Some(bytes), objects: Some(objects) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_caches_and_the_sum_of_all() {
        let text = b"slabinfo - version: 2.1\n# name <active_objs> <num_objs> <objsize>\n\
            dentry 4000 4200 192 21 1 : tunables 0 0 0 : slabdata 200 200 0\n\
            kmalloc-4k 30 32 4096 8 8 : tunables 0 0 0 : slabdata 4 4 0\n\
            empty 0 0 64 64 1 : tunables 0 0 0 : slabdata 0 0 0\n";
        let slab = largest(text, 4096, 1);
        assert_eq!(slab.total, 200 * 4096 + 4 * 8 * 4096);
        let dentry = SlabCache { bytes: Some(200 * 4096), objects: Some(4000) };
        assert_eq!(slab.caches, BTreeMap::from([("dentry".to_owned(), dentry)]));
    }
}
