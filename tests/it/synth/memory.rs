//! The memory of an invented host. The parts add up to MemTotal by construction: free is what is left, the file
//! cache gives way first, then anonymous memory goes to swap, then the kernel kills.

use super::random::Random;
use super::{MIB, Synth};
use cronograph::sample::{meminfo::Meminfo, zoneinfo::Zoneinfo};

/// What lasts from sample to sample.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    /// Bytes in swap.
    pub(crate) swap_used: f64,
    /// Written to swap since boot.
    pub(crate) swapped_out: f64,
    /// Read back since boot.
    pub(crate) swapped_in: f64,
    /// Processes killed since boot.
    pub(crate) killed: u64,
    /// Bytes that leaked since boot.
    pub(crate) leaked: f64,
    /// Bytes of daemons beside the usual ones.
    pub(crate) daemons: f64,
    /// Anonymous memory of processes.
    pub(crate) anonymous: f64,
    /// Shared memory.
    pub(crate) shared: f64,
    /// Page cache without shared memory.
    pub(crate) cache: f64,
    /// Unreclaimable slab.
    pub(crate) unreclaimable: f64,
    /// Reclaimable slab.
    pub(crate) reclaimable: f64,
}

/// What drives it.
pub(crate) struct Drive {
    /// Seconds since boot.
    pub(crate) uptime: f64,
    /// From 0 to about 1.
    pub(crate) activity: f64,
    /// Tasks, each with a stack of 16 KiB.
    pub(crate) tasks: f64,
}

impl Memory {
    /// Moves on to the next sample and tells what `/proc/meminfo` and `/proc/zoneinfo` would.
    pub(crate) fn step(&mut self, synth: &Synth, drive: &Drive, random: &mut Random) -> (Meminfo, Zoneinfo) {
        let ram = synth.ram;
        let warm = 1.0 - (-drive.uptime / 14_400.0).exp();
        let share = if synth.is_server() { 0.38 } else { 0.13 };
        self.anonymous = ram * share * (0.85 + 0.2 * drive.activity + 0.01 * random.noise()) + self.daemons;
        self.shared = ram * 0.006 + 0.1 * MIB * random.unit();
        self.unreclaimable = 20.0 * MIB + ram * 0.008 + self.leaked + 20_000.0 * random.noise();
        self.reclaimable = ram * 0.02 * (0.4 + 0.6 * warm) + 0.2 * MIB * random.noise();
        let buffers = ram * 0.02 * warm;
        let stacks = drive.tasks * 16_384.0;
        let tables = self.anonymous * 0.01 + drive.tasks * 12_288.0;
        let per_cpu = MIB * synth.cores() as f64;
        let vmalloc = 9.0 * MIB;
        let unaccounted = 5.0 * MIB + ram * 0.002 + 60_000.0 * random.noise();
        let lists = ram * 0.002 * (0.5 + random.unit());
        let kernel =
            self.unreclaimable + self.reclaimable + stacks + tables + per_cpu + vmalloc + unaccounted;
        let rest = ram - kernel - buffers - self.shared - lists;
        self.reclaim(synth, rest, random);
        let wanted = ram * 0.5 * warm * (0.9 + 0.1 * drive.activity);
        let least = ram * 0.03;
        self.cache = wanted.min(rest - self.anonymous - least).max(ram * 0.01);
        let swap_cached = self.swap_used * 0.05;
        let free = (rest - self.anonymous - self.cache - swap_cached).max(ram * 0.005);
        let available = free + 0.8 * self.cache + 0.5 * self.reclaimable - ram * 0.01;
        let meminfo = Meminfo {
            mem_total: kib(ram),
            mem_free: kib(free),
            mem_available: kib(available.max(0.0)),
            buffers: kib(buffers),
            cached: kib(self.cache + self.shared),
            swap_cached: kib(swap_cached),
            anon_pages: kib(self.anonymous),
            mapped: kib(self.cache * 0.3),
            shmem: kib(self.shared),
            k_reclaimable: kib(self.reclaimable),
            s_reclaimable: kib(self.reclaimable),
            s_unreclaim: kib(self.unreclaimable),
            kernel_stack: kib(stacks),
            page_tables: kib(tables),
            sec_page_tables: Some(0),
            percpu: kib(per_cpu),
            vmalloc_used: kib(vmalloc + stacks),
            hugetlb: Some(0),
            huge_pages_total: Some(0),
            huge_pages_free: Some(0),
            hugepagesize: Some(2 << 20),
            anon_huge_pages: kib(self.anonymous * 0.1),
            swap_total: kib(swap_size(synth)),
            swap_free: kib(swap_size(synth) - self.swap_used),
            dirty: kib(0.3 * MIB * drive.activity + 4096.0 * random.unit()),
            writeback: Some(0),
            unevictable: Some(0),
            mlocked: Some(0),
            committed_as: kib(self.anonymous * 1.8),
            ..Meminfo::default()
        };
        (meminfo, Zoneinfo { per_cpu_pages: kib(lists) })
    }

    /// Takes anonymous memory to swap where RAM is short, and kills where swap is full, too.
    fn reclaim(&mut self, synth: &Synth, rest: f64, random: &mut Random) {
        let short = (self.anonymous + synth.ram * 0.04 - rest).max(0.0);
        let swapped = short.min(swap_size(synth));
        self.swapped_out += (swapped - self.swap_used).max(0.0);
        if swapped > 0.0 {
            let back = swapped * 0.002 * random.unit();
            self.swapped_in += back;
            self.swapped_out += back;
        }
        self.swap_used = swapped;
        self.anonymous -= swapped;
        if short > swapped {
            self.killed += 1;
            self.anonymous = (self.anonymous - (short - swapped)).max(4.0 * MIB);
        }
    }
}

/// As much swap as RAM on a small host, 4 GiB on a server.
pub(crate) fn swap_size(synth: &Synth) -> f64 {
    synth.ram.min(4.0 * 1024.0 * MIB)
}

/// The kernel counts in KiB.
pub(crate) fn kib(bytes: f64) -> Option<u64> {
    Some((bytes.max(0.0) / 1024.0).round() as u64 * 1024)
}
