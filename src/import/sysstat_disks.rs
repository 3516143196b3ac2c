//! Disks of sysstat whose names are missing: without `-p` older versions of `sadf` print `dev8-0`, a major and a minor number
//! (`Documentation/admin-guide/devices.txt`). A device that stands on a disk must not count beside it.

use serde_json::Value as Json;
use std::collections::{BTreeMap, HashSet};

/// Majors of devices that hold no data of their own or stand on others: ram, fd, loop, md, sr, drbd, zvol.
const NO_DISKS: [u32; 7] = [1, 2, 7, 9, 11, 147, 230];
/// Majors that the kernel gives to whoever comes first: virtio disks, device mapper, bcache, zram.
const DYNAMIC: std::ops::RangeInclusive<u32> = 234..=254;

/// Major and minor number of a name without a name.
pub(super) fn numbers(name: &str) -> Option<(u32, u32)> {
    let (major, minor) = name.strip_prefix("dev")?.split_once('-')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Numbered devices of a file that are no disks, or stand on disks that are listed. Of dynamic majors nothing but the traffic
/// tells which are disks: a device never moves more than what it stands on.
pub(super) fn no_disks(statistics: &[Json]) -> HashSet<String> {
    let mut by_major: BTreeMap<u32, (f64, HashSet<String>)> = BTreeMap::new();
    for entry in statistics.iter().filter_map(|record| record["disk"].as_array()).flatten() {
        let Some(name) = entry["disk-device"].as_str() else { continue };
        if let Some((major, _)) = numbers(name) {
            let (moved, names) = by_major.entry(major).or_default();
            *moved += traffic(entry);
            names.insert(name.to_owned());
        }
    }
    let is_fixed = |major: &u32| !NO_DISKS.contains(major) && !DYNAMIC.contains(major);
    let fixed = by_major.iter().filter(|(major, _)| is_fixed(major));
    let mut on_disks: f64 = fixed.map(|(_, (moved, _))| moved).sum();
    let mut left_out = HashSet::new();
    let (mut dynamic, others): (Vec<_>, Vec<_>) = by_major
        .into_iter()
        .filter(|(major, _)| !is_fixed(major))
        .partition(|(major, _)| DYNAMIC.contains(major));
    left_out.extend(others.into_iter().flat_map(|(_, (_, names))| names));
    // Partitions of virtio disks have the minors in between: where the traffic is the same, these are the disks.
    let is_virtio = |names: &HashSet<String>| {
        names.iter().all(|name| numbers(name).is_some_and(|(_, minor)| minor % 16 == 0))
    };
    dynamic.sort_by(|(_, one), (_, other)| {
        other.0.total_cmp(&one.0).then(is_virtio(&other.1).cmp(&is_virtio(&one.1)))
    });
    for (_, (moved, names)) in dynamic {
        if moved > on_disks {
            on_disks += moved;
        } else {
            left_out.extend(names);
        }
    }
    left_out
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
