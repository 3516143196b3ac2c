//! Disks of sysstat, of which some stand on others and must not count beside them. Without `-p` older versions of `sadf` print
//! `dev8-0`, a major and a minor number (`Documentation/admin-guide/devices.txt`); with it newer ones print the names that the
//! device mapper has for its devices.

use serde_json::Value as Json;
use std::collections::{BTreeMap, HashSet};

/// Majors of devices that hold no data of their own or stand on others: ram, fd, loop, md, sr, drbd, zvol.
const NO_DISKS: [u32; 7] = [1, 2, 7, 9, 11, 147, 230];
/// Majors that the kernel gives to whoever comes first: virtio disks, device mapper, bcache, zram.
const DYNAMIC: std::ops::RangeInclusive<u32> = 234..=254;
/// Beginnings of the names of disks.
const DISK_NAMES: [&str; 12] =
    ["sd", "hd", "vd", "xvd", "nvme", "mmcblk", "dasd", "pmem", "cciss", "ubd", "fio", "rssd"];
/// Rates are rounded: what moves more than disks by less than this may stand on them.
const ROUNDING: f64 = 1.01;

/// Kind of a device by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// A disk.
    Disk,
    /// A device without data of its own.
    NoDisk,
    /// One of a dynamic major.
    Numbered(u32),
    /// One of another name, as those of the device mapper.
    Named,
}

/// Devices of one kind in a file.
#[derive(Debug, Default)]
struct Devices {
    /// Kilobytes of each, per second, summed over the records.
    moved: BTreeMap<String, f64>,
}

/// Major and minor number of a name without a name.
pub(super) fn numbers(name: &str) -> Option<(u32, u32)> {
    let (major, minor) = name.strip_prefix("dev")?.split_once('-')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn kind_of(name: &str) -> Kind {
    match numbers(name) {
        Some((major, _)) if NO_DISKS.contains(&major) => Kind::NoDisk,
        Some((major, _)) if DYNAMIC.contains(&major) => Kind::Numbered(major),
        Some(_) => Kind::Disk,
        // Names of volumes have a dash between those of their group and their own.
        None if DISK_NAMES.iter().any(|start| name.starts_with(start)) && !name.contains('-') => Kind::Disk,
        None => Kind::Named,
    }
}

/// Devices of a file that are no disks, or stand on disks that are listed. Of dynamic majors and other names nothing but the
/// traffic tells which are disks: a device never moves more than what it stands on.
pub(super) fn no_disks(statistics: &[Json]) -> HashSet<String> {
    let mut by_kind: BTreeMap<Kind, Devices> = BTreeMap::new();
    for entry in statistics.iter().filter_map(|record| record["disk"].as_array()).flatten() {
        let Some(name) = entry["disk-device"].as_str() else { continue };
        *by_kind.entry(kind_of(name)).or_default().moved.entry(name.to_owned()).or_default() +=
            traffic(entry);
    }
    let mut on_disks = by_kind.remove(&Kind::Disk).unwrap_or_default().sum();
    let no_disks = by_kind.remove(&Kind::NoDisk).unwrap_or_default();
    let mut left_out: HashSet<String> = no_disks.moved.into_keys().collect();
    let mut doubtful: Vec<Devices> = by_kind.into_values().collect();
    doubtful.sort_by(|one, other| {
        other.may_be_virtio().cmp(&one.may_be_virtio()).then(other.sum().total_cmp(&one.sum()))
    });
    for devices in doubtful {
        if devices.most() > ROUNDING * on_disks {
            on_disks += devices.sum();
        } else {
            left_out.extend(devices.moved.into_keys());
        }
    }
    left_out
}

impl Devices {
    fn sum(&self) -> f64 {
        self.moved.values().sum()
    }

    /// Kilobytes of the busiest one: of several layers each moves the same once more.
    fn most(&self) -> f64 {
        self.moved.values().copied().fold(0.0, f64::max)
    }

    /// Returns true where all minors are those of whole virtio disks, which have 16 each for partitions.
    fn may_be_virtio(&self) -> bool {
        self.moved.keys().all(|name| numbers(name).is_some_and(|(_, minor)| minor % 16 == 0))
    }
}

/// Kilobytes a second in both directions, of sectors where the version prints no more.
fn traffic(entry: &Json) -> f64 {
    let sum = |keys: [&str; 2]| Some(entry[keys[0]].as_f64()? + entry[keys[1]].as_f64()?);
    sum(["rkB", "wkB"]).or_else(|| Some(sum(["rd_sec", "wr_sec"])? / 2.0)).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn left_out(disks: &[(&str, f64)]) -> Vec<String> {
        let disks: Vec<Json> = disks
            .iter()
            .map(|(name, moved)| json!({"disk-device": name, "rd_sec": moved, "wr_sec": 0.0}))
            .collect();
        let mut names: Vec<_> = no_disks(&[json!({ "disk": disks })]).into_iter().collect();
        names.sort();
        names
    }

    #[test]
    fn fixed_majors_are_disks_and_what_stands_on_them_is_not() {
        let disks = [
            ("dev8-0", 3000.0),
            ("dev8-16", 10.0),
            ("dev259-0", 5.0),
            ("dev253-0", 2700.0),
            ("dev253-1", 300.0),
            ("dev9-0", 800.0),
            ("dev11-0", 2.0),
            ("dev7-0", 100.0),
            ("sdx", 1.0),
        ];
        assert_eq!(left_out(&disks), ["dev11-0", "dev253-0", "dev253-1", "dev7-0", "dev9-0"]);
        let named =
            [("sda", 3000.0), ("vg-root", 2999.0), ("luks", 3000.1), ("vda-home", 5.0), ("rbd0", 1.0)];
        assert_eq!(left_out(&named), ["luks", "rbd0", "vda-home", "vg-root"]);
        assert_eq!(left_out(&[("rbd0", 10.0)]), [""; 0], "what is alone is the disk");
    }

    #[test]
    fn virtio_disks_go_before_the_device_mapper_over_them() {
        assert_eq!(
            left_out(&[("dev252-0", 100.0), ("dev253-0", 90.0), ("dev253-1", 9.0)]),
            ["dev253-0", "dev253-1"]
        );
        assert_eq!(
            left_out(&[("dev253-0", 60.0), ("dev253-1", 40.0), ("dev254-0", 100.0)]),
            ["dev253-0", "dev253-1"]
        );
        assert_eq!(left_out(&[("dev254-0", 100.0), ("dev254-16", 1.0)]), [""; 0]);
        // A disk for installing from, and the disk of the machine.
        assert_eq!(left_out(&[("dev8-0", 1.0), ("dev252-0", 100.0)]), [""; 0]);
    }
}
