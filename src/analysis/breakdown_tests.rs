//! Partitions worked out by hand, the traps one by one, and the promise for any input.

use super::*;
use crate::series::{Column, Key};
use proptest::prelude::*;

const MIB: f64 = 1024.0 * 1024.0;

/// A partition of fields given in MiB; names without a dot are meminfo's.
fn breakdown(fields: &[(&str, f64)], foreign: &[&str]) -> Breakdown {
    let foreign: Vec<String> = foreign.iter().map(|name| (*name).to_owned()).collect();
    let lookup = |collector: &str, field: &str| {
        let id = if collector == "meminfo" { field.to_owned() } else { format!("{collector}.{field}") };
        fields.iter().find(|(name, _)| *name == id).map(|(_, mib)| mib * MIB)
    };
    let found = Breakdown::of(&lookup, &foreign).unwrap();
    assert_adds_up(&found);
    found
}

fn assert_adds_up(found: &Breakdown) {
    let sum: f64 = found.parts.iter().map(|(_, bytes)| bytes).sum();
    assert!((sum - found.total).abs() <= found.total * 1e-9, "{sum} of {}: {found:?}", found.total);
    assert!(found.parts.iter().all(|(_, bytes)| *bytes >= 0.0), "{found:?}");
    assert!(found.parts.is_sorted_by_key(|(part, _)| *part), "{found:?}");
}

/// 512 MiB on a kernel that gives everything; 6 MiB are unaccounted.
const MODERN: [(&str, f64); 22] = [
    ("MemTotal", 512.0),
    ("MemFree", 31.0),
    ("Buffers", 10.0),
    ("Cached", 42.0), // 4 of them Shmem
    ("SwapCached", 0.0),
    ("AnonPages", 61.0),
    ("Shmem", 4.0),
    ("KReclaimable", 13.0),
    ("SReclaimable", 12.0),
    ("SUnreclaim", 327.0),
    ("KernelStack", 2.0),
    ("PageTables", 3.0),
    ("SecPageTables", 0.0),
    ("Percpu", 1.0),
    ("VmallocUsed", 11.0), // 2 of them stacks
    ("Hugetlb", 0.0),
    ("HugePages_Total", 0.0),
    ("Hugepagesize", 2.0),
    ("Unaccepted", 0.0),
    ("Mapped", 30.0),
    ("Slab", 339.0),
    ("zoneinfo.per_cpu_pages", 5.0),
];

fn changed(changes: &[(&'static str, f64)]) -> Vec<(&'static str, f64)> {
    let kept = MODERN.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    kept.chain(changes).copied().collect()
}

fn without(names: &[&str]) -> Vec<(&'static str, f64)> {
    MODERN.iter().filter(|(name, _)| !names.contains(name)).copied().collect()
}

#[test]
fn every_byte_is_in_one_part() {
    let found = breakdown(&MODERN, &[]);
    // 512 - (31 + 10 + 42 + 61 + 13 + 327 + 2 + 3 + 1 + (11 - 2) + 5) = 512 - 504 = 8
    let expected = [
        (Part::Unaccounted, 8.0),
        (Part::SlabUnreclaimable, 327.0),
        (Part::KernelStacks, 2.0),
        (Part::PageTables, 3.0),
        (Part::PerCpu, 1.0),
        (Part::Vmalloc, 9.0),
        (Part::Anonymous, 61.0),
        (Part::Shared, 4.0),
        (Part::Buffers, 10.0),
        (Part::SlabReclaimable, 12.0),
        (Part::KernelReclaimable, 1.0),
        (Part::FileCache, 38.0),
        (Part::PerCpuPages, 5.0),
        (Part::Free, 31.0),
    ];
    assert_eq!(found.parts, expected.map(|(part, mib)| (part, mib * MIB)));
    assert_eq!(found.unknown, []);
    assert_eq!(found.group(Group::KernelOther), 15.0 * MIB);
    assert_eq!(found.group(Group::Free), 36.0 * MIB);
    assert_eq!(found.part(Part::ZfsArc), 0.0);
}

#[test]
fn without_the_basics_there_is_none() {
    assert_eq!(Breakdown::of(&|_, _| None, &[]), None);
    assert_eq!(Breakdown::of(&|_, field| (field == "MemTotal").then_some(1.0), &[]), None);
    assert_eq!(Breakdown::of(&|_, _| Some(0.0), &[]), None);
}

#[test]
fn vmalloc_of_0_is_unknown_and_stacks_still_count() {
    // 4.19: VmallocUsed is 0.
    let found = breakdown(&changed(&[("VmallocUsed", 0.0)]), &[]);
    assert_eq!(found.unknown, [Unknown::Missing("VmallocUsed")]);
    assert_eq!((found.part(Part::Vmalloc), found.part(Part::KernelStacks)), (0.0, 2.0 * MIB));
    assert_eq!(found.part(Part::Unaccounted), 17.0 * MIB);
}

#[test]
fn vmalloc_of_3_10_is_address_space() {
    let mut fields =
        without(&["Percpu", "KReclaimable", "Hugetlb", "SecPageTables", "VmallocUsed", "Unaccepted"]);
    fields.push(("VmallocUsed", 180.0));
    let found = breakdown(&fields, &[]);
    assert_eq!(found.part(Part::Vmalloc), 0.0);
    // 8 + 9 of vmalloc + 1 of Percpu + 1 of KReclaimable
    assert_eq!(found.part(Part::Unaccounted), 19.0 * MIB);
    assert_eq!(found.unknown, [Unknown::Missing("Percpu"), Unknown::Missing("VmallocUsed")]);
}

#[test]
fn huge_pages_before_4_15_are_counted_in_pages() {
    let mut fields = without(&["Hugetlb", "HugePages_Total", "Hugepagesize"]);
    // The helper gives MiB: three pages are 3 / 2^20 MiB.
    fields.extend([("HugePages_Total", 3.0 / MIB), ("Hugepagesize", 2.0)]);
    assert_eq!(breakdown(&fields, &[]).part(Part::HugePages), 6.0 * MIB);
    let found = breakdown(&changed(&[("Hugetlb", 4.0)]), &[]);
    assert_eq!((found.part(Part::HugePages), found.part(Part::Unaccounted)), (4.0 * MIB, 4.0 * MIB));
}

#[test]
fn unaccepted_pages_are_free_pages() {
    let found = breakdown(&changed(&[("Unaccepted", 20.0)]), &[]);
    assert_eq!((found.part(Part::Unaccepted), found.part(Part::Free)), (20.0 * MIB, 11.0 * MIB));
    assert_eq!(found.part(Part::Unaccounted), 8.0 * MIB);
}

#[test]
fn a_balloon_is_inside_only_if_it_fits() {
    let inside = breakdown(&changed(&[("Balloon", 6.0)]), &[]);
    assert_eq!((inside.part(Part::Balloon), inside.part(Part::Unaccounted)), (6.0 * MIB, 2.0 * MIB));
    let outside = breakdown(&changed(&[("Balloon", 100.0)]), &[]);
    assert_eq!((outside.part(Part::Balloon), outside.part(Part::Unaccounted)), (0.0, 8.0 * MIB));
    assert_eq!(outside.unknown, [Unknown::BalloonOutside(100.0 * MIB)]);
}

#[test]
fn the_arc_comes_out_of_the_rest_first_and_then_out_of_slab() {
    let found = breakdown(&changed(&[("arcstats.size", 108.0)]), &[]);
    assert_eq!(found.part(Part::ZfsArc), 108.0 * MIB);
    assert_eq!(found.part(Part::Unaccounted), 0.0);
    assert_eq!(found.part(Part::SlabUnreclaimable), 227.0 * MIB);
    assert_eq!(found.group(Group::FileCache), 146.0 * MIB);
}

#[test]
fn compressed_swap_comes_out_of_the_rest() {
    let found = breakdown(&changed(&[("Zswap", 3.0), ("zram.used", 2.0), ("HardwareCorrupted", 1.0)]), &[]);
    assert_eq!((found.part(Part::Zswap), found.part(Part::Zram)), (3.0 * MIB, 2.0 * MIB));
    assert_eq!((found.part(Part::HardwareCorrupted), found.part(Part::Unaccounted)), (MIB, 2.0 * MIB));
    // No more than there is.
    assert_eq!(breakdown(&changed(&[("Zswap", 30.0)]), &[]).part(Part::Zswap), 8.0 * MIB);
}

#[test]
fn the_hosts_fields_are_left_out_and_said_so() {
    let fields =
        changed(&[("SUnreclaim", 9_000.0), ("arcstats.size", 8_000.0), ("zoneinfo.per_cpu_pages", 50.0)]);
    let found = breakdown(&fields, &["SUnreclaim"]);
    assert_eq!(found.part(Part::SlabUnreclaimable), 0.0);
    assert_eq!((found.part(Part::ZfsArc), found.part(Part::PerCpuPages)), (0.0, 0.0));
    // 8 + 327 of slab + 5 of the lists
    assert_eq!(found.part(Part::Unaccounted), 340.0 * MIB);
    assert!(found.unknown.contains(&Unknown::Foreign("SUnreclaim".to_owned())), "{:?}", found.unknown);
}

#[test]
fn an_excess_is_taken_from_the_swap_cache_then_from_free() {
    // 20 MiB in the swap cache, mapped, too: 12 more than were unaccounted.
    let found = breakdown(&changed(&[("SwapCached", 20.0)]), &[]);
    assert_eq!((found.part(Part::SwapCache), found.part(Part::Unaccounted)), (8.0 * MIB, 0.0));
    assert_eq!(found.unknown, [Unknown::Overlap(12.0 * MIB)]);
    // 4 MiB too many (less than 1 %): from the per-CPU lists; no word about it.
    let found = breakdown(&changed(&[("AnonPages", 73.0)]), &[]);
    assert_eq!((found.part(Part::PerCpuPages), found.part(Part::Free)), (MIB, 31.0 * MIB));
    assert_eq!(found.unknown, []);
}

#[test]
fn rows_of_a_window_have_gaps() {
    let column = |values: &[f64]| Column { mean: values.to_vec(), ..Column::default() };
    let mut frame = Frame { times: vec![0, 60, 120], ..Frame::default() };
    for (name, mib) in MODERN {
        let id = if name.contains('.') { name.to_owned() } else { format!("meminfo.{name}") };
        frame.columns.insert(Key::new(&id, ""), column(&[mib * MIB, f64::NAN, mib * MIB]));
    }
    for device in ["zram0", "zram1"] {
        frame.columns.insert(Key::new("zram.used", device), column(&[MIB, MIB, f64::NAN]));
    }
    let groups = over(&frame, &[]);
    let of =
        |group| groups.iter().find(|(known, _)| *known == group).map(|(_, values)| values.clone()).unwrap();
    assert_eq!(of(Group::Anonymous)[0], 63.0 * MIB);
    assert!(of(Group::Anonymous)[1].is_nan());
    assert_eq!(of(Group::Unaccounted)[2], 8.0 * MIB);
    assert!(rows(&frame, &[])[1].is_none());
}

/// Amounts as hosts have them, impossible ones among them.
fn amount() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        1 => Just(None),
        1 => Just(Some(0.0)),
        1 => prop_oneof![Just(Some(f64::NAN)), Just(Some(-1.0)), Just(Some(1e300)), Just(Some(f64::INFINITY))],
        6 => (0_u64..64 << 30).prop_map(|bytes| Some(bytes as f64)),
    ]
}

proptest! {
    #[test]
    fn any_input_adds_up(
        total in 1_u64..64 << 30,
        free in 0_u64..64 << 30,
        values in proptest::collection::vec(amount(), SOURCES.len() + 1),
        foreign in proptest::sample::subsequence(vec!["SUnreclaim", "Shmem", "Cached", "VmallocUsed"], 0..4),
    ) {
        let mut ids = SOURCES.to_vec();
        ids.push(ZRAM);
        let foreign: Vec<String> = foreign.into_iter().map(str::to_owned).collect();
        let lookup = |collector: &str, field: &str| match (collector, field) {
            ("meminfo", "MemTotal") => Some(total as f64),
            ("meminfo", "MemFree") => Some(free as f64),
            id => ids.iter().position(|known| *known == id).and_then(|index| values[index]),
        };
        let found = Breakdown::of(&lookup, &foreign).unwrap();
        prop_assert!(found.parts.iter().all(|(_, bytes)| *bytes >= 0.0), "{:?}", found);
        let sum: f64 = found.parts.iter().map(|(_, bytes)| bytes).sum();
        // Whole bytes below 2^53 add up without rounding.
        prop_assert_eq!(sum, total as f64, "{:?}", found);
    }
}

#[test]
fn slab_as_a_whole_is_a_part_where_it_is_not_split() {
    let known = |_: &str, field: &str| match field {
        "MemTotal" => Some(100.0 * MIB),
        "MemFree" => Some(60.0 * MIB),
        "Slab" => Some(30.0 * MIB),
        _ => None,
    };
    let found = Breakdown::of(&known, &[]).unwrap();
    assert_eq!((found.part(Part::Slab), found.part(Part::Unaccounted)), (30.0 * MIB, 10.0 * MIB));
    assert!(!found.unknown.contains(&Unknown::Missing("SUnreclaim")), "it is not unaccounted");
    let split =
        |of: &str, field: &str| if field == "SUnreclaim" { Some(20.0 * MIB) } else { known(of, field) };
    let found = Breakdown::of(&split, &[]).unwrap();
    assert_eq!((found.part(Part::Slab), found.part(Part::SlabUnreclaimable)), (0.0, 20.0 * MIB));
}

#[test]
fn a_row_that_lacks_what_its_neighbours_have_has_no_partition() {
    let fields =
        [("MemTotal", 512.0), ("MemFree", 31.0), ("Cached", 42.0), ("AnonPages", 61.0), ("SUnreclaim", 9.0)];
    let mut frame = Frame { times: (0..30).collect(), ..Frame::default() };
    for (field, mib) in fields {
        let mut mean = vec![mib * MIB; 30];
        match field {
            "Cached" => mean[29] = f64::NAN,
            "AnonPages" => mean[7] = f64::NAN,
            // Another kernel.
            "SUnreclaim" => mean[10..25].fill(f64::NAN),
            _ => {}
        }
        frame.columns.insert(Key::new(&format!("meminfo.{field}"), ""), Column { mean, ..Column::default() });
    }
    let unknown: Vec<usize> =
        rows(&frame, &[]).iter().enumerate().filter(|(_, row)| row.is_none()).map(|(row, _)| row).collect();
    assert_eq!(unknown, [7, 29]);
    let unaccounted =
        over(&frame, &[]).into_iter().find(|(group, _)| *group == Group::Unaccounted).unwrap().1;
    assert!(unaccounted[29].is_nan() && unaccounted[28].is_finite());
}
