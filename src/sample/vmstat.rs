//! Paging: `/proc/vmstat`. Names are the kernel's; what it counts in pages or KiB is bytes here.

use super::metric::{Record, record};
use super::{Collector, Context, SampleError, parse};

record! {
    /// What the memory management did since boot.
    pub struct Vmstat in "vmstat" {
        /// Read from disks for the page cache.
        pgpgin "pgpgin" u64 Counter Data;
        /// Written to disks from the page cache.
        pgpgout "pgpgout" u64 Counter Data;
        /// Read back from swap.
        pswpin "pswpin" u64 Counter Memory;
        /// Written to swap.
        pswpout "pswpout" u64 Counter Memory;
        /// Page faults.
        pgfault "pgfault" u64 Counter Count;
        /// Page faults that had to wait for a disk.
        pgmajfault "pgmajfault" u64 Counter Count;
        /// Scanned by kswapd for pages to reclaim.
        pgscan_kswapd "pgscan_kswapd" u64 Counter Memory;
        /// Scanned by allocating tasks for pages to reclaim.
        pgscan_direct "pgscan_direct" u64 Counter Memory;
        /// Reclaimed by kswapd.
        pgsteal_kswapd "pgsteal_kswapd" u64 Counter Memory;
        /// Reclaimed by allocating tasks, which had to wait for it.
        pgsteal_direct "pgsteal_direct" u64 Counter Memory;
        /// Processes that the kernel killed for want of memory (4.13).
        oom_kill "oom_kill" u64 Counter Count;
        /// Taken back by the hypervisor, where the driver of the balloon counts it (VMware; virtio) and ever took some.
        balloon "balloon" u64 Gauge Memory;
    }
}

impl Collector for Vmstat {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        let page_size = context.root.page_size;
        Ok(context.read("proc/vmstat")?.map(|bytes| parse(bytes, page_size)))
    }
}

/// Lines of a name and a number, 190 of which are not for us: `pg`, `ps`, `oom_kill` and `balloon` begin those that are.
fn parse(bytes: &[u8], page_size: u64) -> Vmstat {
    let mut vmstat = Vmstat::default();
    let (mut inflated, mut deflated) = (0, 0);
    for line in parse::lines(bytes) {
        let is_ours =
            [&b"pg"[..], b"psw", b"oom_kill", b"balloon_"].iter().any(|start| line.starts_with(start));
        if !is_ours {
            continue;
        }
        let Some((name, value)) = parse::split_once(line, b' ') else { continue };
        let Some(value) = parse::first_number(value) else { continue };
        match name {
            b"pgfault" | b"pgmajfault" | b"oom_kill" => {
                vmstat.set(name, value);
            }
            b"pgpgin" | b"pgpgout" => {
                vmstat.set(name, value.saturating_mul(1024));
            }
            b"balloon_inflate" => inflated = value,
            b"balloon_deflate" => deflated = value,
            b"pswpin" | b"pswpout" => {
                vmstat.set(name, value.saturating_mul(page_size));
            }
            _ => vmstat.add_reclaim(name, value.saturating_mul(page_size)),
        }
    }
    vmstat.balloon = (inflated > 0).then(|| inflated.saturating_sub(deflated).saturating_mul(page_size));
    vmstat
}

impl Vmstat {
    /// Adds to the counter that `name` is, or is the part of one zone of: before 4.8 there is no
    /// `pgscan_kswapd`, but `pgscan_kswapd_dma`, `pgscan_kswapd_normal` and so on.
    fn add_reclaim(&mut self, name: &[u8], bytes: u64) {
        let counters = [
            (&b"pgscan_kswapd"[..], &mut self.pgscan_kswapd),
            (b"pgscan_direct", &mut self.pgscan_direct),
            (b"pgsteal_kswapd", &mut self.pgsteal_kswapd),
            (b"pgsteal_direct", &mut self.pgsteal_direct),
        ];
        for (prefix, counter) in counters {
            let zone = name.strip_prefix(prefix);
            // pgscan_direct_throttle counts waits, not pages.
            if zone.is_some_and(|zone| zone.is_empty() || (zone[0] == b'_' && zone != b"_throttle")) {
                *counter = Some(counter.unwrap_or(0).saturating_add(bytes));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_become_bytes() {
        let vmstat = parse(
            b"nr_free_pages 7\npgpgin 3\npswpout 2\npgfault 5\noom_kill 1\npgscan_direct 1\n\
            pgscan_direct_throttle 9\n",
            4096,
        );
        assert_eq!((vmstat.pgpgin, vmstat.pswpout, vmstat.pgfault), (Some(3072), Some(8192), Some(5)));
        assert_eq!(
            (vmstat.oom_kill, vmstat.pgscan_direct, vmstat.pgscan_kswapd),
            (Some(1), Some(4096), None)
        );
    }

    #[test]
    fn a_balloon_is_what_was_taken_and_not_given_back() {
        let balloon = |text: &[u8]| parse(text, 4096).balloon;
        assert_eq!(
            balloon(b"balloon_inflate 30720\nballoon_deflate 720\nballoon_migrate 9\n"),
            Some(30_000 * 4096)
        );
        assert_eq!(balloon(b"balloon_inflate 3\nballoon_deflate 3\n"), Some(0));
        assert_eq!((balloon(b"balloon_inflate 0\n"), balloon(b"pgfault 1\n")), (None, None));
    }

    #[test]
    fn zones_of_old_kernels_add_up() {
        let vmstat =
            parse(b"pgsteal_kswapd_dma 1\npgsteal_kswapd_normal 2\npgsteal_kswapd_movable 0\n", 4096);
        assert_eq!(vmstat.pgsteal_kswapd, Some(3 * 4096));
    }
}
