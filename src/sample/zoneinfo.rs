//! Per-CPU page lists: `/proc/zoneinfo`. MemFree leaves these free pages out, by megabytes that jitter.

use super::metric::record;
use super::{Collector, Context, SampleError, parse};

record! {
    /// Free pages that MemFree does not count.
    pub struct Zoneinfo in "zoneinfo" {
        /// Free pages on the per-CPU lists.
        per_cpu_pages "per_cpu_pages" u64 Gauge Memory;
    }
}

impl Collector for Zoneinfo {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        if context.next.made_up_meminfo {
            return Ok(None);
        }
        let page_size = context.root.page_size;
        let pages = context.read("proc/zoneinfo")?.and_then(listed_pages);
        Ok(pages.map(|pages| Self { per_cpu_pages: Some(pages.saturating_mul(page_size)) }))
    }
}

/// The sum of the lines `count: 123`, one for each CPU of each zone.
fn listed_pages(bytes: &[u8]) -> Option<u64> {
    parse::lines(bytes)
        .filter_map(|line| line.trim_ascii_start().strip_prefix(b"count:"))
        .filter_map(parse::first_number)
        .fold(None, |sum: Option<u64>, count| Some(sum.unwrap_or(0).saturating_add(count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_all_cpus_and_zones_add_up() {
        let text = b"Node 0, zone DMA\n  pages free 3840\n  pagesets\n    cpu: 0\n              count: 12\n\
                   \x20             high:  14\n    cpu: 1\n              count: 30\n";
        assert_eq!(listed_pages(text), Some(42));
        assert_eq!(listed_pages(b"Node 0, zone DMA\n"), None);
    }
}
