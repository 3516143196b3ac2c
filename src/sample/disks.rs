//! Which block devices are disks: each byte that is read or written counts once, and none is missed. `/sys/block` lists whole devices,
//! not partitions, and names in `slaves` those that a device stands on (`dm`, `md`).
//!
//! * A device that only stands on another one does not count beside it: a loop device's file, a ZFS volume, DRBD, bcache.
//! * The paths of an NVMe namespace (`nvme0c0n1`, hidden) do not count beside their head (`nvme0n1`), where the kernel counts on that.
//! * A drive for CDs and floppies and raw flash memory count where a file system on them is mounted, a network block device where it is connected.
//! * Where nothing of all that is left, what carries a mounted file system counts.

use super::{Context, parse};
use std::collections::{BTreeMap, BTreeSet};

/// A line of `/proc/diskstats`.
pub(super) struct Device {
    name: String,
    /// As mounts name it: `259:1`.
    number: String,
    /// True if something was read or written.
    is_used: bool,
}

/// Devices in memory.
const MEMORY: [&str; 2] = ["ram", "zram"];
/// Devices that stand on another one without naming it.
const OVER_OTHERS: [&str; 4] = ["loop", "zd", "drbd", "bcache"];
/// Drives whose medium comes and goes, and partitions of flash memory, which overlap.
const IF_MOUNTED: [&str; 3] = ["sr", "fd", "mtdblock"];

impl Device {
    /// A device by its line.
    pub(super) fn parse(name: &str, line: &[u8]) -> Option<Self> {
        let mut numbers = parse::fields(line).take(2).map(parse::text);
        let number = format!("{}:{}", numbers.next()?, numbers.next()?);
        let is_used = parse::fields(line).skip(3).any(|field| field != b"0");
        Some(Self { name: name.to_owned(), number, is_used })
    }
}

/// Reports whether each device counts as a disk.
pub(super) fn counted(context: &mut Context<'_>, devices: Vec<Device>) -> BTreeMap<String, bool> {
    let mounted = mounted(context, &devices);
    let heads: BTreeSet<String> =
        devices.iter().filter(|device| device.is_used).map(|device| device.name.clone()).collect();
    let mut counted = BTreeMap::new();
    let mut spare = Vec::new();
    for device in devices {
        let kind = Kind::of(context, &device.name, mounted.contains(&device.name));
        let counts = match &kind {
            Kind::Disk => true,
            // Before the kernel counted on heads of several paths, they had none of their own.
            Kind::Path(head) => device.is_used && !heads.contains(head),
            Kind::Spare | Kind::None => false,
        };
        if matches!(kind, Kind::Spare) {
            spare.push(device.name.clone());
        }
        counted.insert(device.name, counts);
    }
    let paths = counted.iter().filter(|(_, counts)| **counts);
    let idle_heads: Vec<String> = paths.filter_map(|(name, _)| head_of(name)).collect();
    counted.extend(idle_heads.into_iter().map(|head| (head, false)));
    if !counted.values().any(|counts| *counts) {
        counted.extend(spare.into_iter().map(|name| (name, true)));
    }
    counted
}

enum Kind {
    Disk,
    /// One of the paths to this head.
    Path(String),
    /// It stands on another device, and carries a mounted file system.
    Spare,
    None,
}

impl Kind {
    fn of(context: &mut Context<'_>, name: &str, is_mounted: bool) -> Self {
        // A slash in a name stands as '!' in a path of sysfs.
        let folder = format!("sys/block/{}", name.replace('/', "!"));
        if let Some(head) = head_of(name) {
            return Self::Path(head);
        }
        if is_one_of(&MEMORY, name) || !context.exists(&folder) {
            return Self::None;
        }
        let is_hidden = context.read_number(&format!("{folder}/hidden")) == Some(1);
        let is_over = is_one_of(&OVER_OTHERS, name) || !context.names(&format!("{folder}/slaves")).is_empty();
        let is_empty = match name {
            name if is_one_of(&IF_MOUNTED, name) => !is_mounted,
            name if is_one_of(&["nbd"], name) => context.read_number(&format!("{folder}/size")) == Some(0),
            _ => false,
        };
        match () {
            () if is_hidden || is_empty => Self::None,
            () if !is_over => Self::Disk,
            () if is_mounted => Self::Spare,
            () => Self::None,
        }
    }
}

/// The head of a path to an NVMe namespace: of `nvme0c1n2` it is `nvme0n2`.
fn head_of(name: &str) -> Option<String> {
    let (subsystem, rest) = name.strip_prefix("nvme")?.split_once('c')?;
    let (controller, namespace) = rest.split_once('n')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    [subsystem, controller, namespace]
        .into_iter()
        .all(is_number)
        .then(|| format!("nvme{subsystem}n{namespace}"))
}

/// The whole devices that carry a mounted file system, themselves or in a partition.
fn mounted(context: &mut Context<'_>, devices: &[Device]) -> BTreeSet<String> {
    let text = context.read("proc/self/mountinfo").ok().flatten().unwrap_or_default();
    let mut mounts = BTreeSet::new();
    for line in parse::lines(text) {
        let mut fields = parse::fields(line).skip(2);
        mounts.extend(fields.next().map(parse::text));
        // btrfs gives a number of its own; the source is the second field behind the hyphen.
        let source = fields.skip_while(|field| *field != b"-").nth(2).map(parse::text);
        mounts.extend(source.and_then(|source| source.strip_prefix("/dev/").map(str::to_owned)));
    }
    let mut found = BTreeSet::new();
    for device in
        devices.iter().filter(|device| mounts.contains(&device.number) || mounts.contains(&device.name))
    {
        let whole = devices.iter().filter(|whole| is_partition(&device.name, &whole.name));
        found.insert(device.name.clone());
        found.extend(whole.map(|whole| whole.name.clone()));
    }
    found
}

/// `sda1` of `sda`, `nbd0p2` of `nbd0`.
fn is_partition(name: &str, of: &str) -> bool {
    let ends_in_digit = of.ends_with(|last: char| last.is_ascii_digit());
    let number = name
        .strip_prefix(of)
        .and_then(|rest| if ends_in_digit { rest.strip_prefix('p') } else { Some(rest) });
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Reports whether a device is one of some kinds: `loop7`.
fn is_one_of(kinds: &[&str], name: &str) -> bool {
    let is_number = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
    kinds.iter().any(|kind| name.strip_prefix(kind).is_some_and(is_number))
}

/// The names among those of a host that is known by names only that count: no device that stands on others, nor one in memory, and of
/// several paths the head.
pub(crate) fn counts_by_name(name: &str) -> bool {
    let over = [&MEMORY[..], &OVER_OTHERS, &IF_MOUNTED, &["dm-", "md"]].concat();
    !is_one_of(&over, name) && head_of(name).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_parts_and_paths() {
        assert_eq!(head_of("nvme0c1n2").as_deref(), Some("nvme0n2"));
        assert_eq!((head_of("nvme0n1"), head_of("nvmec0n1")), (None, None));
        assert!(is_partition("nbd0p2", "nbd0") && is_partition("sda1", "sda") && !is_partition("sda", "sda"));
        assert!(!is_partition("loop10", "loop1"));
        for (name, counts) in [
            ("nbd0", true),
            ("vda", true),
            ("zd16", false),
            ("drbd0", false),
            ("bcache1", false),
            ("nvme0c0n1", false),
        ] {
            assert_eq!(counts_by_name(name), counts, "{name}");
        }
    }
}
