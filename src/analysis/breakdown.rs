//! The full partition of MemTotal: every byte in exactly one part, the rest *unaccounted*. From `/proc/meminfo`,
//! the per-CPU lists of `/proc/zoneinfo`, zram and the ARC of ZFS. Promises: the parts add up to MemTotal, none is
//! negative, and what a kernel or a container does not tell is named in `unknown`.
//!
//! The traps, each a line of code below (fields that lie inside others are not parts: Mapped, Active, Inactive,
//! Unevictable, Mlocked, Dirty, Writeback, AnonHugePages, Slab, Zswapped):
//! - MemFree leaves out the free pages of the per-CPU lists, megabytes that jitter.
//! - Shmem is inside Cached, SReclaimable inside KReclaimable (4.20).
//! - Kernel stacks may be in KernelStack and in VmallocUsed; they are counted once, as stacks.
//! - VmallocUsed is 0 from 4.4 to 5.2, and before that it was address space, device memory included: both mean
//!   unknown. Kernels whose VmallocUsed counts pages (5.3) all have Percpu, those before 4.4 do not.
//! - Hugetlb came with 4.15; before, the pages of the default size are known.
//! - Unaccepted pages are free pages (`account_freepages`), inside MemFree, not beside it.
//! - meminfo names a balloon since 6.16; before, `/proc/vmstat` counts its pages, that of Hyper-V in neither.
//! - A balloon of virtio takes its pages out of MemTotal, that of VMware does not: only a balloon that fits into
//!   what is unaccounted can be inside.
//! - The ARC lies in pages that no field holds, the rest of it in SUnreclaim; without it every ZFS box "leaks".
//! - Fields are not read at one instant, and a page may be mapped and in the swap cache, too: where the fields add
//!   up to more than MemTotal, the excess is taken from the swap cache, then from the free pages, then from above.

use super::part::{Group, Part};
use crate::sample::Sample;
use crate::sample::metric::{Metric, Visitor};
use crate::series::Frame;
use std::collections::BTreeMap;

/// Where a number comes from, by collector and field: `meminfo`, `SUnreclaim`.
pub type Lookup<'a> = dyn Fn(&str, &str) -> Option<f64> + 'a;

/// The partition of MemTotal at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Breakdown {
    /// MemTotal.
    pub total: f64,
    /// The parts that this host has, from the bottom of the stack; they add up to `total`.
    pub parts: Vec<(Part, f64)>,
    /// What could not be told, and lies in *unaccounted* if it exists.
    pub unknown: Vec<Unknown>,
}

/// Why a part of the partition is not known.
#[derive(Clone, Debug, PartialEq)]
pub enum Unknown {
    /// The kernel does not give this field.
    Missing(&'static str),
    /// In this container the field is the host's.
    Foreign(String),
    /// The hypervisor took so many bytes that MemTotal does not hold any more.
    BalloonOutside(f64),
    /// The fields held so many bytes more than MemTotal, more than reading one after the other explains.
    Overlap(f64),
}

/// The metrics that a partition is made of.
const SOURCES: [(&str, &str); 26] = [
    ("meminfo", "MemTotal"),
    ("meminfo", "MemFree"),
    ("meminfo", "Buffers"),
    ("meminfo", "Cached"),
    ("meminfo", "SwapCached"),
    ("meminfo", "AnonPages"),
    ("meminfo", "Shmem"),
    ("meminfo", "KReclaimable"),
    ("meminfo", "SReclaimable"),
    ("meminfo", "SUnreclaim"),
    ("meminfo", "Slab"),
    ("meminfo", "KernelStack"),
    ("meminfo", "PageTables"),
    ("meminfo", "SecPageTables"),
    ("meminfo", "Percpu"),
    ("meminfo", "VmallocUsed"),
    ("meminfo", "Hugetlb"),
    ("meminfo", "HugePages_Total"),
    ("meminfo", "Hugepagesize"),
    ("meminfo", "Balloon"),
    ("meminfo", "Unaccepted"),
    ("meminfo", "HardwareCorrupted"),
    ("meminfo", "Zswap"),
    ("zoneinfo", "per_cpu_pages"),
    ("arcstats", "size"),
    BALLOON,
];
/// Balloon size by the counters of its driver, where meminfo does not name it.
const BALLOON: (&str, &str) = ("vmstat", "balloon");
/// A source that has an instance for each device.
const ZRAM: (&str, &str) = ("zram", "used");

/// Share of MemTotal above which fields that overlap are worth a word.
const OVERLAP_SHARE: f64 = 0.01;

impl Breakdown {
    /// The partition of one moment. `foreign` names the fields of meminfo that are the host's, not this
    /// container's. `None` without MemTotal and MemFree.
    pub fn of(lookup: &Lookup, foreign: &[String]) -> Option<Self> {
        let mut sources = Sources { lookup, foreign, unknown: foreign_unknown(foreign) };
        let total = sources.field("MemTotal").filter(|total| *total > 0.0)?;
        let mut parts = sources.fields()?;
        // A part larger than all is a container's that nobody marked, or nonsense.
        parts.values_mut().for_each(|bytes| *bytes = bytes.min(total));
        let mut rest = total - parts.values().sum::<f64>();
        sources.name_rest(&mut parts, &mut rest);
        let mut unknown = sources.unknown;
        if rest < 0.0 {
            if -rest > OVERLAP_SHARE * total {
                unknown.push(Unknown::Overlap(-rest));
            }
            take_excess(&mut parts, -rest);
            rest = 0.0;
        }
        parts.insert(Part::Unaccounted, rest);
        Some(Self { total, parts: parts.into_iter().collect(), unknown })
    }

    /// The partition at a sample.
    pub fn of_sample(sample: &Sample) -> Option<Self> {
        let mut numbers = Numbers::default();
        sample.numbers(&mut numbers);
        let foreign = sample.meminfo.as_ref().map_or(&[][..], |memory| &memory.foreign);
        let lookup = |collector: &str, field: &str| {
            let of = |(metric, _): &&(&Metric, f64)| metric.field == field && metric.collector == collector;
            numbers.0.iter().filter(of).map(|(_, value)| *value).reduce(|sum, value| sum + value)
        };
        Self::of(&lookup, foreign)
    }

    /// A part's bytes; 0 for one that this host does not have.
    pub fn part(&self, part: Part) -> f64 {
        self.parts.iter().find(|(known, _)| *known == part).map_or(0.0, |(_, bytes)| *bytes)
    }

    /// A group's bytes.
    pub fn group(&self, group: Group) -> f64 {
        self.parts.iter().filter(|(part, _)| part.group() == group).map(|(_, bytes)| bytes).sum()
    }
}

/// Fields of meminfo that come and go by themselves.
const CHANGING: [&str; 3] = ["Balloon", "HugePages_Total", "Hugepagesize"];
/// A field that is missing in more rows than these is one that the kernel of then did not have.
const LONGEST_HOLE: usize = 10;

/// The rows in which a field is missing that those around them have: its value was impossible. All of it would be unaccounted.
fn holes(frame: &Frame, foreign: &[String]) -> Vec<bool> {
    let mut holes = vec![false; frame.times.len()];
    let fields = SOURCES.iter().filter(|(collector, field)| {
        *collector == "meminfo"
            && !CHANGING.contains(field)
            && !foreign.iter().any(|foreign| foreign == field)
    });
    for values in fields.filter_map(|(collector, field)| frame.mean(&format!("{collector}.{field}"), "")) {
        let mut row = 0;
        for run in values.chunk_by(|one, other| one.is_nan() == other.is_nan()) {
            let is_hole = run[0].is_nan() && run.len() <= LONGEST_HOLE && run.len() < values.len();
            holes[row..row + run.len()].iter_mut().for_each(|hole| *hole |= is_hole);
            row += run.len();
        }
    }
    holes
}

/// The partition of every row of a window, from the mean columns; `None` where the row has no memory, or lacks a field that the rows
/// around it have.
pub fn rows(frame: &Frame, foreign: &[String]) -> Vec<Option<Breakdown>> {
    let holes = holes(frame, foreign);
    let mean = |(collector, field), instance: &str| frame.mean(&format!("{collector}.{field}"), instance);
    let of_source = |source| (source, mean(source, "").into_iter().collect::<Vec<_>>());
    let devices = frame.instances(&format!("{}.{}", ZRAM.0, ZRAM.1));
    let zram = (ZRAM, devices.iter().filter_map(|device| mean(ZRAM, device)).collect());
    let columns: Vec<_> = SOURCES.into_iter().map(of_source).chain([zram]).collect();
    // Few, and asked for in each row: looked through.
    let value = |collector: &str, field: &str, row: usize| {
        let (_, columns) = columns.iter().find(|(source, _)| source.1 == field && source.0 == collector)?;
        let values = columns.iter().filter_map(|column| column.get(row)).filter(|value| !value.is_nan());
        values.copied().reduce(|sum, value| sum + value)
    };
    let of = |row| Breakdown::of(&|collector, field| value(collector, field, row), foreign);
    (0..frame.times.len()).map(|row| of(row).filter(|_| !holes[row])).collect()
}

/// The groups of every row of a window, from the bottom of the stack; NaN where a row has no memory, or none of a group's parts is told
/// (imported samples have slab as a whole only).
pub fn over(frame: &Frame, foreign: &[String]) -> Vec<(Group, Vec<f64>)> {
    let rows = rows(frame, foreign);
    let is_told = |row: &&Breakdown, group| row.parts.iter().any(|(part, _)| part.group() == group);
    let value = |row: &Option<Breakdown>, group| {
        row.as_ref().filter(|row| is_told(row, group)).map_or(f64::NAN, |row| row.group(group))
    };
    let of = |group| rows.iter().map(|row| value(row, group)).collect();
    Group::ALL.map(|group| (group, of(group))).into()
}

/// The sources of one moment, and what they do not tell.
struct Sources<'a> {
    lookup: &'a Lookup<'a>,
    foreign: &'a [String],
    unknown: Vec<Unknown>,
}

/// Sorted, so that sums of means are the same in every run.
type Parts = BTreeMap<Part, f64>;

impl Sources<'_> {
    /// A field of meminfo that is this host's own and a number.
    fn field(&self, name: &str) -> Option<f64> {
        if self.foreign.iter().any(|foreign| foreign == name) {
            return None;
        }
        (self.lookup)("meminfo", name).filter(|value| value.is_finite() && *value >= 0.0)
    }

    /// A number from another file, which in a container is the host's.
    fn beside_meminfo(&self, (collector, field): (&str, &str)) -> Option<f64> {
        (self.lookup)(collector, field)
            .filter(|value| self.foreign.is_empty() && value.is_finite() && *value >= 0.0)
    }

    /// A field without which the partition is poorer: its absence is said.
    fn expected(&mut self, name: &'static str) -> Option<f64> {
        let value = self.field(name);
        if value.is_none() && !self.foreign.iter().any(|foreign| foreign == name) {
            self.unknown.push(Unknown::Missing(name));
        }
        value
    }

    /// The parts that fields hold.
    fn fields(&mut self) -> Option<Parts> {
        let free = self.field("MemFree")?;
        let unaccepted = self.field("Unaccepted").unwrap_or(0.0).min(free);
        let shared = self.expected("Shmem");
        let reclaimable = self.field("SReclaimable");
        // Imported lines have the sum alone.
        let is_split = (self.lookup)("meminfo", "SUnreclaim").is_some();
        let whole_slab = self.field("Slab").filter(|slab| *slab > 0.0 && !is_split);
        let stacks = self.expected("KernelStack");
        let fields = [
            (Part::Free, Some(free - unaccepted)),
            (Part::Anonymous, self.expected("AnonPages")),
            (Part::Shared, shared),
            (
                Part::FileCache,
                self.expected("Cached").map(|cached| (cached - shared.unwrap_or(0.0)).max(0.0)),
            ),
            (Part::Buffers, self.field("Buffers")),
            (Part::SlabUnreclaimable, if whole_slab.is_some() { None } else { self.expected("SUnreclaim") }),
            (Part::Slab, whole_slab),
            (Part::SlabReclaimable, reclaimable),
            (Part::KernelStacks, stacks),
            (Part::PageTables, self.expected("PageTables")),
        ];
        let mut parts: Parts = fields.into_iter().filter_map(|(part, bytes)| Some((part, bytes?))).collect();
        // What a host does not use is no part of it: no row of zeros on every page.
        let mut add = |part, bytes: f64| {
            if bytes > 0.0 {
                parts.insert(part, bytes);
            }
        };
        add(Part::Unaccepted, unaccepted);
        add(Part::PerCpuPages, self.per_cpu_pages());
        add(Part::SwapCache, self.field("SwapCached").unwrap_or(0.0));
        add(Part::KernelReclaimable, self.field("KReclaimable").unwrap_or(0.0) - reclaimable.unwrap_or(0.0));
        add(Part::SecondaryPageTables, self.field("SecPageTables").unwrap_or(0.0));
        add(Part::PerCpu, self.expected("Percpu").unwrap_or(0.0));
        add(Part::Vmalloc, self.vmalloc() - stacks.unwrap_or(0.0));
        add(Part::HugePages, self.huge_pages());
        Some(parts)
    }

    fn per_cpu_pages(&mut self) -> f64 {
        let lists = self.beside_meminfo(("zoneinfo", "per_cpu_pages"));
        if lists.is_none() && self.foreign.is_empty() {
            self.unknown.push(Unknown::Missing("zoneinfo"));
        }
        lists.unwrap_or(0.0)
    }

    /// VmallocUsed where it counts pages.
    fn vmalloc(&mut self) -> f64 {
        match self.field("VmallocUsed") {
            Some(used) if used > 0.0 && self.field("Percpu").is_some() => used,
            _ => {
                if !self.foreign.iter().any(|foreign| foreign == "VmallocUsed") {
                    self.unknown.push(Unknown::Missing("VmallocUsed"));
                }
                0.0
            }
        }
    }

    fn huge_pages(&self) -> f64 {
        let default_size = || Some(self.field("HugePages_Total")? * self.field("Hugepagesize")?);
        self.field("Hugetlb").or_else(default_size).unwrap_or(0.0)
    }

    /// Names, out of what no field holds, what other sources know to be there.
    fn name_rest(&mut self, parts: &mut Parts, rest: &mut f64) {
        let balloon = self.field("Balloon").or_else(|| self.beside_meminfo(BALLOON));
        if let Some(balloon) = balloon.filter(|balloon| *balloon > 0.0) {
            if balloon <= *rest {
                name(Part::Balloon, balloon, parts, rest);
            } else {
                self.unknown.push(Unknown::BalloonOutside(balloon));
            }
        }
        let inside = [
            (Part::HardwareCorrupted, self.field("HardwareCorrupted")),
            (Part::Zswap, self.field("Zswap")),
            (Part::Zram, self.beside_meminfo(ZRAM)),
        ];
        for (part, bytes) in inside {
            name(part, bytes.unwrap_or(0.0), parts, rest);
        }
        let arc = self.beside_meminfo(("arcstats", "size")).unwrap_or(0.0);
        let left = arc - name(Part::ZfsArc, arc, parts, rest);
        if let Some(slab) = parts.get_mut(&Part::SlabUnreclaimable) {
            let from_slab = left.clamp(0.0, *slab);
            if from_slab > 0.0 {
                *slab -= from_slab;
                *parts.entry(Part::ZfsArc).or_default() += from_slab;
            }
        }
    }
}

/// Moves bytes from the rest to a part, as many as there are, and says how many.
fn name(part: Part, bytes: f64, parts: &mut Parts, rest: &mut f64) -> f64 {
    let named = bytes.min(rest.max(0.0));
    if named > 0.0 {
        parts.insert(part, named);
        *rest -= named;
    }
    named.max(0.0)
}

/// Takes what is too much from the parts that are the likeliest to hold it: the swap cache, whose pages may be
/// mapped, too; free pages, which move while meminfo is read; then the others from the top of the stack.
fn take_excess(parts: &mut Parts, mut excess: f64) {
    let order = [Part::SwapCache, Part::PerCpuPages, Part::Free].into_iter().chain(Part::all().rev());
    for part in order {
        if let Some(bytes) = parts.get_mut(&part) {
            let taken = bytes.min(excess);
            *bytes -= taken;
            excess -= taken;
        }
    }
}

/// The host's fields that would have been parts; what lies inside others is not missed.
fn foreign_unknown(foreign: &[String]) -> Vec<Unknown> {
    if foreign.is_empty() {
        return Vec::new();
    }
    let parts: Vec<&str> = Part::all().map(Part::kernel_name).collect();
    foreign.iter().filter(|name| parts.contains(&name.as_str())).cloned().map(Unknown::Foreign).collect()
}

/// The numbers of one sample that a partition may need.
#[derive(Default)]
struct Numbers(Vec<(&'static Metric, f64)>);

impl Visitor for Numbers {
    fn number(&mut self, metric: &'static Metric, _instance: &str, value: f64) {
        let is_balloon = (metric.collector, metric.field) == BALLOON;
        if is_balloon || matches!(metric.collector, "meminfo" | "zoneinfo" | "arcstats" | "zram") {
            self.0.push((metric, value));
        }
    }
}

#[cfg(test)]
#[path = "breakdown_tests.rs"]
mod tests;
