//! What memory is before and after a run: every part of the partition, and the things that hold it. Things are kept by
//! number, since there may be four hundred slab caches and four hundred readings.

use crate::analysis::breakdown::Breakdown;
use crate::analysis::part::{Group, Part};
use crate::sample::metric::{Metric, Visitor};
use crate::sample::{Sample, Watcher};
use std::collections::BTreeMap;

/// Something that is counted or measured beside the parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thing {
    /// The metric's id, as in the log; `probe.…` for what only a probe looks at.
    pub metric: &'static str,
    /// Which slab cache; empty for what there is one of.
    pub instance: String,
}

/// A kind of thing that a run may leave behind, and that lives on without a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftKind {
    /// The metric's id.
    pub metric: &'static str,
    /// The command that lists them.
    pub command: &'static str,
    /// Whether leaving them is a leak by itself, however small they are.
    pub is_leak: bool,
}

const fn left(metric: &'static str, command: &'static str, is_leak: bool) -> LeftKind {
    LeftKind { metric, command, is_leak }
}

/// All of them.
pub const LEFT: [LeftKind; 14] = [
    left(PROCESSES, "ps -ef", true),
    left("ipc.msg_queues", "ipcs -q", true),
    left("ipc.sem_sets", "ipcs -s", true),
    left("ipc.shm_segments", "ipcs -m", true),
    left("ipc.mqueues", "ls /dev/mqueue", true),
    left("ipc.posix_shm", "ls /dev/shm", true),
    left("cgroup.count", "systemd-cgls", true),
    left("cgroup.dying", "cat /sys/fs/cgroup/cgroup.stat", false),
    left("slabinfo.net_namespaces", "ip netns; lsns -t net", false),
    left("vfs.mounts", "findmnt", true),
    left(INTERFACES, "ip link", true),
    left(KEYS, "cat /proc/keys", true),
    left("vfs.file_handles", "lsof", false),
    left("vfs.dentries", "slabtop -o -s c", false),
];
/// What slab caches are measured by.
pub(super) const SLAB_BYTES: &str = "slabinfo.bytes";
pub(super) const SLAB_OBJECTS: &str = "slabinfo.objects";
/// Bytes of a cache's objects in use, of caches that the kernel cannot shrink: they tell of a leak that still finds room in
/// half-full slabs, and of one in a quiet cache beside noisy ones.
pub(super) const IN_USE: &str = "probe.slab_in_use";
/// Slab in no cache.
pub(super) const LARGE_KMALLOC: &str = "slabinfo.large_kmalloc";
/// Processes of the command that outlived it.
pub(super) const PROCESSES: &str = "probe.processes";
const KEYS: &str = "probe.keys";
const INTERFACES: &str = "probe.interfaces";

/// The numbers of things.
#[derive(Debug, Default)]
pub struct Catalogue {
    numbers: BTreeMap<Thing, usize>,
}

impl Catalogue {
    pub(super) fn number(&mut self, metric: &'static str, instance: &str) -> usize {
        let next = self.numbers.len();
        *self.numbers.entry(Thing { metric, instance: instance.to_owned() }).or_insert(next)
    }

    /// Every thing with its number.
    pub fn all(&self) -> impl Iterator<Item = (&Thing, usize)> {
        self.numbers.iter().map(|(thing, number)| (thing, *number))
    }
}

/// One reading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Bytes by `Part as usize`; NaN for one that this kernel does not tell.
    pub parts: Vec<f64>,
    /// By number; NaN for what was not there.
    pub things: Vec<f64>,
}

impl Reading {
    /// The parts of a sample. `None` where it does not say where memory is.
    pub fn of_memory(sample: &Sample) -> Option<Self> {
        let breakdown = Breakdown::of_sample(sample)?;
        let mut parts = vec![f64::NAN; Part::all().count()];
        for (part, bytes) in &breakdown.parts {
            parts[*part as usize] = *bytes;
        }
        Some(Self { parts, things: Vec::new() })
    }

    /// Adds the things of a sample, and those that the sample does not know.
    pub fn add_things(
        &mut self,
        sample: &Sample,
        watcher: &Watcher,
        processes: f64,
        catalogue: &mut Catalogue,
    ) {
        let mut things = Things { reading: self, catalogue };
        sample.numbers(&mut things);
        things.add(PROCESSES, "", processes);
        things.add_in_use(sample);
        #[expect(clippy::cast_precision_loss, reason = "numbers of things")]
        for (metric, count) in [(KEYS, watcher.keys()), (INTERFACES, watcher.interfaces())] {
            if let Some(count) = count {
                things.add(metric, "", count as f64);
            }
        }
    }

    /// A part's bytes; NaN where they are not known.
    pub fn part(&self, part: Part) -> f64 {
        self.parts.get(part as usize).copied().unwrap_or(f64::NAN)
    }

    /// A thing by its number, if it was there.
    pub(super) fn thing(&self, number: usize) -> Option<f64> {
        self.things.get(number).copied().filter(|value| value.is_finite())
    }

    /// The bytes of the parts that are not given back, those that processes move not counted.
    pub fn of_kernel(&self) -> f64 {
        let of_kernel = staying().filter(|part| !is_of_processes(*part));
        of_kernel.map(|part| self.part(part)).filter(|bytes| bytes.is_finite()).sum()
    }

    /// The bytes of all parts that are not given back.
    pub fn staying(&self) -> f64 {
        staying().map(|part| self.part(part)).filter(|bytes| bytes.is_finite()).sum()
    }
}

struct Things<'a> {
    reading: &'a mut Reading,
    catalogue: &'a mut Catalogue,
}

impl Things<'_> {
    fn add(&mut self, metric: &'static str, instance: &str, value: f64) {
        let number = self.catalogue.number(metric, instance);
        if self.reading.things.len() <= number {
            self.reading.things.resize(number + 1, f64::NAN);
        }
        self.reading.things[number] = value;
    }

    #[expect(clippy::cast_precision_loss, reason = "bytes of memory")]
    fn add_in_use(&mut self, sample: &Sample) {
        let caches = sample.slabinfo.iter().flat_map(|slabinfo| &slabinfo.caches);
        for (name, cache) in caches {
            let kind = cache.kind.filter(|kind| !kind.reclaimable);
            if let Some((kind, objects)) = kind.zip(cache.objects) {
                self.add(IN_USE, name, kind.object_bytes.saturating_mul(objects) as f64);
            }
        }
    }
}

impl Visitor for Things<'_> {
    fn number(&mut self, metric: &'static Metric, instance: &str, value: f64) {
        let known = LEFT.iter().map(|left| left.metric).chain([SLAB_BYTES, SLAB_OBJECTS, LARGE_KMALLOC]);
        // `slabinfo.bytes` without making a text of it four hundred times.
        let is = |id: &str| id.split_once('.') == Some((metric.collector, metric.field));
        if let Some(id) = known.into_iter().find(|id| is(id)) {
            self.add(id, instance, value);
        }
    }
}

/// Parts that are not given back when memory is needed: growth of these that does not end is a leak.
pub(super) fn staying() -> impl Iterator<Item = Part> {
    Part::all().filter(|part| !matches!(part.group(), Group::Reclaimable | Group::FileCache | Group::Free))
}

/// Parts that are given back.
pub(super) fn reclaimable() -> impl Iterator<Item = Part> {
    Part::all().filter(|part| matches!(part.group(), Group::Reclaimable | Group::FileCache))
}

/// Parts that processes of others move all the time, too.
pub(super) fn is_of_processes(part: Part) -> bool {
    matches!(
        part,
        Part::Anonymous
            | Part::SwapCache
            | Part::Zswap
            | Part::Zram
            | Part::PageTables
            | Part::SecondaryPageTables
    )
}
