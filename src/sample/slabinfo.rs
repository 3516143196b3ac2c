//! The kernel's slab caches: `/proc/slabinfo`, `slabinfo(5)`; root only, and dear (1.3 ms): read on a slower beat. The largest,
//! and those that grew most lately. What belongs to no cache (`kmalloc` above 8 KiB) is told from SUnreclaim.

use super::context::Context;
use super::growth::most_of;
use super::metric::record;
use super::{Collector, SampleError, parse, slab_names};
use std::collections::BTreeMap;

record! {
    /// All caches together.
    pub struct Slabinfo in "slabinfo" {
        /// All caches together.
        total "total" u64 Gauge Memory;
        /// Unreclaimable slab that is in no cache: large kmalloc, since 5.4 inside SUnreclaim.
        large_kmalloc "large_kmalloc" u64 Gauge Memory;
        /// Network namespaces, as the slab counts them: some may be free slots.
        net_namespaces "net_namespaces" u64 Gauge Count;
        also {
            /// The largest ones and those that grow.
            caches: BTreeMap<String, SlabCache>,
        }
    }
}

record! {
    /// One slab cache.
    pub struct SlabCache in "slabinfo" {
        /// Memory of the cache's slabs.
        bytes "bytes" u64 Gauge Memory;
        /// Objects in use.
        objects "objects" u64 Gauge Count;
        also {
            /// Other caches that the kernel merged with this one: any of them may be the user. At most three.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            aliases: Vec<String>,
            /// Bytes of an object, and whether the kernel can shrink the cache, where that is known. For who watches at once;
            /// not in the log.
            #[serde(skip)]
            kind: Option<CacheKind>,
        }
    }
}

/// What a cache holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheKind {
    /// Bytes of an object.
    pub object_bytes: u64,
    /// Whether the kernel can shrink it.
    pub reclaimable: bool,
}

/// How many that grow are kept beside the largest ones.
const GROWING: usize = 5;

impl Collector for Slabinfo {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        if context.next.made_up_meminfo || !(context.slow || has_moved(context)) {
            return Ok(None);
        }
        context.next.slab = context.s_unreclaim;
        if context.read("proc/slabinfo")?.is_none() {
            return Ok(None);
        }
        let text = context.take_buffer();
        let page_size = context.root.page_size;
        let caches: Vec<Cache<'_>> =
            parse::lines(&text).filter_map(|line| Cache::parse(line, page_size)).collect();
        let slabinfo = Self::of(context, &caches);
        context.return_buffer(text);
        Ok(Some(slabinfo))
    }
}

/// Whether SUnreclaim is another by 1/128 of all memory (4 MiB of 512) than when the caches were last read.
fn has_moved(context: &Context<'_>) -> bool {
    match (context.previous.slab, context.s_unreclaim, context.mem_total) {
        (Some(then), Some(now), Some(total)) => now.abs_diff(then) > total / 128,
        _ => false,
    }
}

impl Slabinfo {
    fn of(context: &mut Context<'_>, caches: &[Cache<'_>]) -> Self {
        let mut slabinfo = Self {
            total: Some(caches.iter().fold(0, |total, cache| total.saturating_add(cache.bytes))),
            net_namespaces: caches.iter().find(|c| c.name == b"net_namespace").map(|c| c.objects),
            ..Self::default()
        };
        if context.slow {
            slab_names::look_up(context, caches.iter().map(|cache| cache.name));
            slabinfo.large_kmalloc = large_kmalloc(context, caches);
            follow(context, caches);
        }
        let growing = &context.next.growing_slab;
        let largest = most_of(caches, context.options.groups, |cache| cache.bytes).into_iter();
        let others = caches.iter().copied().filter(|cache| cache.is_one_of(growing));
        slabinfo.caches = largest.chain(others).map(|cache| cache.described(context)).collect();
        slabinfo
    }
}

/// Finds out which caches grow; what grows is shown until the next beat, too.
fn follow(context: &mut Context<'_>, caches: &[Cache<'_>]) {
    let before = &context.beat.slab;
    let growing = most_of(caches, GROWING, |cache| before.growth(&cache.text(), cache.bytes));
    let after = before.after(caches.iter().map(|cache| (cache.text(), cache.bytes)));
    context.next.growing_slab = growing.iter().map(Cache::text).collect();
    context.next.beat.slab = after;
}

/// What SUnreclaim holds beyond the caches that cannot shrink; where it is not known which these are, what all slab
/// holds beyond all caches.
fn large_kmalloc(context: &Context<'_>, caches: &[Cache<'_>]) -> Option<u64> {
    let sum = |caches: &mut dyn Iterator<Item = &Cache<'_>>| caches.map(|cache| cache.bytes).sum::<u64>();
    let reclaimable = &context.next.beat.reclaimable;
    if reclaimable.is_empty() {
        let all = context.s_reclaimable?.checked_add(context.s_unreclaim?)?;
        return Some(all.saturating_sub(sum(&mut caches.iter())));
    }
    let unreclaimable = sum(&mut caches.iter().filter(|cache| !cache.is_one_of(reclaimable)));
    Some(context.s_unreclaim?.saturating_sub(unreclaimable))
}

/// A line of the file.
#[derive(Clone, Copy)]
struct Cache<'a> {
    name: &'a [u8],
    bytes: u64,
    objects: u64,
    object_bytes: u64,
}

impl<'a> Cache<'a> {
    /// `name active_objs num_objs objsize objperslab pagesperslab : tunables … : slabdata active_slabs num_slabs …`
    fn parse(line: &'a [u8], page_size: u64) -> Option<Self> {
        let mut fields = parse::fields(line);
        let name = fields.next()?;
        let objects = parse::number(fields.next()?)?;
        let object_bytes = parse::number(fields.nth(1)?)?;
        let pages_per_slab = parse::number(fields.nth(1)?)?;
        let slabs = parse::number(fields.nth(8)?)?;
        let bytes = slabs.saturating_mul(pages_per_slab).saturating_mul(page_size);
        Some(Self { name, bytes, objects, object_bytes })
    }

    fn text(&self) -> String {
        parse::text(self.name)
    }

    fn is_one_of(&self, names: &[String]) -> bool {
        names.iter().any(|name| name.as_bytes() == self.name)
    }

    fn described(self, context: &Context<'_>) -> (String, SlabCache) {
        let name = self.text();
        let aliases = context.next.beat.aliases.get(&name).filter(|_| context.slow).cloned();
        let reclaimable = &context.next.beat.reclaimable;
        let kind = CacheKind { object_bytes: self.object_bytes, reclaimable: self.is_one_of(reclaimable) };
        let cache = SlabCache {
            kind: (!reclaimable.is_empty()).then_some(kind),
            bytes: Some(self.bytes),
            objects: Some(self.objects),
            aliases: aliases.unwrap_or_default(),
        };
        (name, cache)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel() {
        let cache =
            Cache::parse(b"kmalloc-4k 30 32 4096 8 8 : tunables 0 0 0 : slabdata 4 4 0", 4096).unwrap();
        assert_eq!((cache.name, cache.bytes, cache.objects), (&b"kmalloc-4k"[..], 4 * 8 * 4096, 30));
        assert_eq!(cache.object_bytes, 4096);
        assert!(Cache::parse(b"# name <active_objs> <num_objs> <objsize>", 4096).is_none());
        assert!(Cache::parse(b"slabinfo - version: 2.1", 4096).is_none());
    }
}
