//! The parts of MemTotal and the groups that a picture shows them in, each in the order of the stack from the
//! bottom: what must never grow lies lowest, where the floor is straight; what is given back lies above.

use serde::{Deserialize, Serialize};

/// A part of MemTotal. Its name in JSON is its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What no field holds: pages of drivers, pipes, large buffers; leaked pages.
    Unaccounted,
    /// Slab that is never given back, large kmalloc included.
    SlabUnreclaimable,
    /// All slab, of a source that does not say what of it can be given back.
    Slab,
    /// A stack for each task.
    KernelStacks,
    /// Page tables of processes.
    PageTables,
    /// Page tables of virtual machines and IOMMUs.
    SecondaryPageTables,
    /// A copy for each CPU.
    PerCpu,
    /// vmalloc without kernel stacks.
    Vmalloc,
    /// What a hypervisor took back while MemTotal stayed.
    Balloon,
    /// Pages that hardware broke.
    HardwareCorrupted,
    /// Anonymous memory of processes.
    Anonymous,
    /// Pages that are in swap, too.
    SwapCache,
    /// Anonymous pages compressed by zswap.
    Zswap,
    /// Anonymous pages compressed by zram.
    Zram,
    /// Shared memory and tmpfs.
    Shared,
    /// Huge pages that were set aside, used or not.
    HugePages,
    /// Pages of block devices.
    Buffers,
    /// Slab that is given back when needed.
    SlabReclaimable,
    /// What drivers can give back.
    KernelReclaimable,
    /// Files in memory, without shared memory.
    FileCache,
    /// The cache of ZFS.
    ZfsArc,
    /// Free pages on the lists of each CPU, which MemFree leaves out.
    PerCpuPages,
    /// Free pages that a guest has not accepted from its host yet.
    Unaccepted,
    /// Free.
    Free,
}

/// A group of parts, one colour each in pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// What no field holds.
    Unaccounted,
    /// Slab that is never given back.
    SlabUnreclaimable,
    /// Stacks, page tables, per-CPU, vmalloc.
    KernelOther,
    /// Anonymous memory of processes, compressed swap included.
    Anonymous,
    /// Shared memory, tmpfs, huge pages.
    Shared,
    /// Buffers and reclaimable slab.
    Reclaimable,
    /// File cache, that of ZFS included.
    FileCache,
    /// Free.
    Free,
}

/// Each part with its group, its key in the words, and the kernel's own name for it.
const PARTS: [(Part, Group, &str, &str); 24] = [
    (Part::Unaccounted, Group::Unaccounted, "unaccounted", ""),
    (Part::SlabUnreclaimable, Group::SlabUnreclaimable, "slab_unreclaimable", "SUnreclaim"),
    (Part::Slab, Group::KernelOther, "slab", "Slab"),
    (Part::KernelStacks, Group::KernelOther, "kernel_stacks", "KernelStack"),
    (Part::PageTables, Group::KernelOther, "page_tables", "PageTables"),
    (Part::SecondaryPageTables, Group::KernelOther, "secondary_page_tables", "SecPageTables"),
    (Part::PerCpu, Group::KernelOther, "per_cpu", "Percpu"),
    (Part::Vmalloc, Group::KernelOther, "vmalloc", "VmallocUsed"),
    (Part::Balloon, Group::KernelOther, "balloon", "Balloon"),
    (Part::HardwareCorrupted, Group::KernelOther, "hardware_corrupted", "HardwareCorrupted"),
    (Part::Anonymous, Group::Anonymous, "anonymous", "AnonPages"),
    (Part::SwapCache, Group::Anonymous, "swap_cache", "SwapCached"),
    (Part::Zswap, Group::Anonymous, "zswap", "Zswap"),
    (Part::Zram, Group::Anonymous, "zram", "zram"),
    (Part::Shared, Group::Shared, "shared", "Shmem"),
    (Part::HugePages, Group::Shared, "huge_pages", "Hugetlb"),
    (Part::Buffers, Group::Reclaimable, "buffers", "Buffers"),
    (Part::SlabReclaimable, Group::Reclaimable, "slab_reclaimable", "SReclaimable"),
    (Part::KernelReclaimable, Group::Reclaimable, "kernel_reclaimable", "KReclaimable"),
    (Part::FileCache, Group::FileCache, "file_cache", "Cached"),
    (Part::ZfsArc, Group::FileCache, "zfs_arc", "arcstats"),
    (Part::PerCpuPages, Group::Free, "per_cpu_pages", "zoneinfo"),
    (Part::Unaccepted, Group::Free, "unaccepted", "Unaccepted"),
    (Part::Free, Group::Free, "free", "MemFree"),
];

impl Part {
    /// Every part, from the bottom of the stack.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        PARTS.iter().map(|(part, ..)| *part)
    }

    /// The group that it is shown in.
    pub fn group(self) -> Group {
        PARTS[self as usize].1
    }

    /// Its key in the words: `part.KEY`.
    pub fn key(self) -> &'static str {
        PARTS[self as usize].2
    }

    /// The kernel's own name, which a search finds; empty for what is left over.
    pub fn kernel_name(self) -> &'static str {
        PARTS[self as usize].3
    }
}

impl Group {
    /// Every group, from the bottom of the stack.
    pub const ALL: [Self; 8] = [
        Self::Unaccounted,
        Self::SlabUnreclaimable,
        Self::KernelOther,
        Self::Anonymous,
        Self::Shared,
        Self::Reclaimable,
        Self::FileCache,
        Self::Free,
    ];

    /// Its key in the words: `group.KEY`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Unaccounted => "unaccounted",
            Self::SlabUnreclaimable => "slab_unreclaimable",
            Self::KernelOther => "kernel_other",
            Self::Anonymous => "anonymous",
            Self::Shared => "shared",
            Self::Reclaimable => "reclaimable",
            Self::FileCache => "file_cache",
            Self::Free => "free",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::{Lang, Words};

    #[test]
    fn the_table_is_in_the_order_of_the_parts_and_groups_lie_together() {
        for (index, (part, ..)) in PARTS.iter().enumerate() {
            assert_eq!(*part as usize, index);
        }
        let groups: Vec<Group> = Part::all().map(Part::group).collect();
        assert!(groups.is_sorted());
        for group in Group::ALL {
            assert!(groups.contains(&group), "{group:?}");
        }
    }

    #[test]
    fn every_part_and_group_has_words() {
        for part in Part::all() {
            assert_eq!(serde_json::to_string(&part).unwrap(), format!("{:?}", part.key()));
        }
        for lang in [Lang::En, Lang::Zh] {
            let words = Words::of(lang);
            for key in Part::all().map(|part| format!("part.{}", part.key())) {
                assert!(words.find(&key).is_some(), "{key}");
            }
            for key in Group::ALL.map(|group| format!("group.{}", group.key())) {
                assert!(words.find(&key).is_some(), "{key}");
            }
        }
    }
}
