//! Mounts, pools and arrays as they were found in the field: overlays over recorded trees in `tests/fixtures/cases`, through
//! `cronograph sample`, and through `check` where they speak of alerts.

use crate::check::World;
use crate::program::{cronograph, stdout};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// 2026-11-23T12:50:00Z
const NOW: i64 = 1_795_438_200;

fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The tree of a case: its base with the case's own files over it.
fn tree(case: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let case = fixtures("cases").join(case);
    let base = fs::read_to_string(case.join("base")).unwrap();
    copy(&fixtures("hosts").join(base.trim()), folder.path());
    copy(&case.join("root"), folder.path());
    folder
}

/// A tree with mounts of its own.
fn mounted(mountinfo: &str, statvfs: &str) -> TempDir {
    let folder = tree("hidden-mount");
    fs::write(folder.path().join("proc/self/mountinfo"), mountinfo).unwrap();
    fs::write(folder.path().join("statvfs"), statvfs).unwrap();
    folder
}

fn sample(tree: &TempDir) -> Value {
    let data = tempfile::tempdir().unwrap();
    let mut command = cronograph();
    command.args(["sample", "--print", "--now", &NOW.to_string(), "--root"]).arg(tree.path());
    serde_json::from_str(&stdout(command.arg("--data").arg(data.path()))).unwrap()
}

/// File systems of a sample: mount point, device, bytes.
fn filesystems(tree: &TempDir) -> Vec<(String, String, u64)> {
    let sample = sample(tree);
    let found = sample["filesystem"].as_object().unwrap();
    let entry = |(mount, found): (&String, &Value)| {
        (mount.clone(), found["device"].as_str().unwrap().to_owned(), found["total"].as_u64().unwrap())
    };
    found.iter().map(entry).collect()
}

fn points(tree: &TempDir) -> Vec<String> {
    filesystems(tree).into_iter().map(|(mount, _, _)| mount).collect()
}

/// Takes a sample each minute until `now`, and says what `check` fires then: rule, instance, level.
fn fired(world: &World, tree: &TempDir, now: i64) -> Vec<String> {
    for minute in (0..5).rev() {
        let at = now - minute * 60;
        fs::write(tree.path().join("proc/uptime"), format!("{}.00 80000.00\n", at - NOW + 900_000)).unwrap();
        let output = world.run(at, &["sample", "--root", tree.path().to_str().unwrap()]);
        assert!(output.status.success(), "{output:?}");
    }
    world.check(now);
    let text = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    let items = world.got().into_iter().flat_map(|message| message["items"].as_array().unwrap().clone());
    let storage = ["filesystem", "filesystem-full", "inodes", "read-only", "raid"];
    items
        .map(|item| {
            (text(&item, "rule"), text(&item, "instance"), text(&item, "change"), text(&item, "level"))
        })
        .filter(|(rule, ..)| storage.contains(&rule.as_str()))
        .map(|(rule, instance, change, level)| format!("{rule} {instance} {change} {level}"))
        .collect()
}

#[test]
fn a_covered_mount_is_not_shown_and_its_cover_is_asked_alone() {
    assert_eq!(points(&tree("hidden-mount")), ["/"]);
    // The folder above is covered, or the mount lies in what is covered.
    let tree = mounted(
        "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n40 22 254:2 / /srv/a rw - ext4 /dev/vda2 rw\n\
         41 22 0:50 / /srv rw - nfs4 nas:/srv rw\n50 22 254:3 / /b rw - xfs /dev/vda3 rw\n\
         51 50 254:4 / /b/c rw - xfs /dev/vda4 rw\n52 50 254:5 / /b rw - ext4 /dev/vda5 rw\n",
        "/ 4096 100 50 40 9 8\n/srv/a 4096 200 50 40 9 8\n/b 4096 300 50 40 9 8\n/b/c 4096 400 50 40 9 8\n",
    );
    let found = filesystems(&tree);
    assert_eq!(found[1], ("/b".to_owned(), "/dev/vda5".to_owned(), 300 * 4096));
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn local_disks_below_an_automount_are_shown() {
    assert_eq!(points(&tree("automount-nested")), ["/", "/data", "/data/media"]);
    // Of an indirect map, each on a folder of the automount; a share beside it is not asked.
    let tree = mounted(
        "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n30 22 0:40 / /misc rw - autofs /etc/auto.misc rw,indirect\n\
         31 30 254:17 / /misc/disk rw - ext4 /dev/vdb1 rw\n32 30 0:60 / /misc/nas rw - nfs4 nas:/x rw\n\
         33 22 0:41 / /never rw - autofs systemd-1 rw,direct\n",
        "/ 4096 100 50 40 9 8\n/misc/disk 4096 200 50 40 9 8\n/misc/nas 4096 1 1 1 1 1\n/never 1 1 1 1 1 1\n",
    );
    assert_eq!(points(&tree), ["/", "/misc/disk"]);
}

#[test]
fn flash_without_a_block_device_is_shown_once() {
    assert_eq!(points(&tree("ubifs")), ["/", "/data"]);
    // OpenWrt: what is written to the root goes to the overlay's upper layer.
    let tree = mounted(
        "14 1 254:0 / /rom ro - squashfs /dev/root ro\n18 20 0:15 / /overlay rw - ubifs /dev/ubi0_1 rw\n\
         20 1 0:16 / / rw - overlay overlayfs:/overlay rw,lowerdir=/,upperdir=/overlay/upper,workdir=/overlay/work\n\
         21 20 31:5 / /mnt/log rw - jffs2 mtd:log rw\n",
        "/ 4096 20000 9000 8000 0 0\n/overlay 4096 20000 9000 8000 0 0\n/mnt/log 4096 100 90 80 0 0\n/rom 4096 9 0 0 0 0\n",
    );
    assert_eq!(points(&tree), ["/", "/mnt/log"]);
}

#[test]
fn file_systems_of_one_source_are_told_apart_by_their_number() {
    assert_eq!(points(&tree("tmpfs-root")), ["/", "/media/usb", "/tmp"]);
}

#[test]
fn files_bound_into_a_pod_are_no_file_systems() {
    assert_eq!(points(&tree("k8s-pod")), ["/"]);
    let pod = "1 9 0:113 / / rw - overlay overlay rw,lowerdir=/x,upperdir=/y,workdir=/z\n\
        2 1 254:1 /pods/1/app /usr/bin/app ro - ext4 /dev/vda1 rw\n3 1 254:1 /vol/data /data rw - ext4 /dev/vda1 rw\n\
        4 1 254:2 /vol/more /more rw - ext4 /dev/vdb1 rw\n5 1 254:3 /key /srv/key rw - ext4 /dev/vdc1 rw\n";
    let sizes = "/ 4096 900 500 400 9 8\n/usr/bin/app 4096 900 500 400 9 8\n/data 4096 900 500 400 9 8\n\
        /more 4096 800 50 40 9 8\n/srv/key 4096 700 50 40 9 8\n";
    let tree = mounted(pod, sizes);
    fs::create_dir_all(tree.path().join("srv")).unwrap();
    fs::write(tree.path().join("srv/key"), "").unwrap();
    // The folder of the disk below the root is that disk once more; another disk is another one.
    assert_eq!(points(&tree), ["/", "/more"]);
}

#[test]
fn snapshots_are_left_out() {
    let mut mountinfo =
        "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n50 22 0:50 / /tank rw - zfs tank rw\n".to_owned();
    let mut sizes = "/ 4096 100 50 40 9 8\n/tank 131072 1000 900 900 9 8\n".to_owned();
    for day in 0..95 {
        let point = format!("/tank/.zfs/snapshot/day{day}");
        writeln!(mountinfo, "{} 50 0:{} / {point} rw - zfs tank@day{day} ro", 100 + day, 100 + day).unwrap();
        writeln!(sizes, "{point} 131072 {} 900 900 9 8", 950 + day).unwrap();
    }
    assert_eq!(points(&mounted(&mountinfo, &sizes)), ["/", "/tank"]);
}

#[test]
fn a_full_pool_is_one_alert_and_a_full_quota_another() {
    let mut mountinfo = "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n".to_owned();
    let mut sizes = "/ 4096 6158336 3010220 2680110 1572864 1402114\n".to_owned();
    for guest in 100..140 {
        let name = format!("tank/ct/subvol-{guest}-disk-0");
        writeln!(mountinfo, "{guest} 22 0:{guest} / /{name} rw - zfs {name} rw").unwrap();
        writeln!(sizes, "/{name} 131072 {} 10000 10000 9000 8000", 301_000 + 100 * guest).unwrap();
    }
    mountinfo += "200 22 0:200 / /tank/small rw - zfs tank/small rw\n201 22 0:201 / /other rw - zfs other rw\n\
        202 22 0:202 / /other/a rw - zfs other/a rw\n300 22 0:70 /@ /btr rw - btrfs /dev/sdb rw\n\
        301 22 0:70 /@home /btr/home rw - btrfs /dev/sdb rw\n302 22 8:1 / /disk rw - ext4 /dev/sda1 rw\n\
        303 302 8:1 /x /bound rw - ext4 /dev/sda1 rw\n";
    sizes += "/tank/small 131072 1000 1 1 900 800\n/other 131072 9000 8000 8000 900 100\n/other/a 131072 9000 8000 8000 900 100\n\
        /btr 4096 1000 10 10 0 0\n/btr/home 4096 1000 10 10 0 0\n/disk 4096 1000 10 10 99 9\n/bound 4096 1000 10 10 99 9\n";
    let world = World::new("");
    let tree = mounted(&mountinfo, &sizes);
    let mut alerts = fired(&world, &tree, NOW);
    alerts.sort();
    assert_eq!(
        alerts,
        [
            "filesystem /btr fired critical",
            "filesystem /disk fired critical",
            "filesystem /tank/ct/subvol-139-disk-0 fired warning",
            "filesystem /tank/small fired critical",
            "inodes /disk fired warning",
        ]
    );
    // Another one becomes the fullest: that is no news.
    let other = sizes.replace("disk-0 131072 312000 ", "disk-0 131072 319000 ");
    assert_ne!(other, sizes);
    fs::write(tree.path().join("statvfs"), other).unwrap();
    assert_eq!(fired(&world, &tree, NOW + 600), [""; 0]);
}

#[test]
fn a_root_that_is_meant_to_be_read_only_is_no_alert() {
    let tree = tree("ro-root");
    let world = World::new("");
    assert_eq!(fired(&world, &tree, NOW), [""; 0]);
    let out = world.path("www");
    assert!(world.run(NOW, &["site", "--out", out.to_str().unwrap()]).status.success());
    let status: Value = serde_json::from_str(&fs::read_to_string(out.join("status.json")).unwrap()).unwrap();
    let fullest = status["hosts"][0]["numbers"]["fullest_filesystem"].clone();
    let fullest = if fullest.is_null() { status["hosts"][0]["fullest_filesystem"].clone() } else { fullest };
    assert!(fullest.as_f64().unwrap() < 0.6, "{status}");

    // One that was writable turns read-only.
    let mountinfo = tree.path().join("proc/self/mountinfo");
    let mounts = fs::read_to_string(&mountinfo).unwrap();
    fs::write(&mountinfo, mounts.replace("/data rw,", "/data ro,")).unwrap();
    assert_eq!(fired(&world, &tree, NOW + 900), ["read-only /data fired critical"]);
}

#[test]
fn a_root_that_fstab_mounts_writable_is_an_alert_from_the_first_sample_on() {
    let tree = tree("ro-root");
    let fstab =
        "# / is ro\n/dev/mmcblk0p2 / ext4 defaults,noatime 0 1\n/dev/mmcblk0p1 /boot vfat ro,rw 0 2\n";
    fs::write(tree.path().join("etc/fstab"), fstab).unwrap();
    let alerts = fired(&World::new(""), &tree, NOW);
    assert_eq!(alerts, ["read-only / fired critical", "read-only /boot fired critical"]);
}

#[test]
fn slots_that_nothing_ever_filled_are_no_failure() {
    let tree = tree("md-qnap");
    let world = World::new("");
    assert_eq!(fired(&world, &tree, NOW), [""; 0]);
    let mdstat = tree.path().join("proc/mdstat");
    let arrays = fs::read_to_string(&mdstat).unwrap();
    let lost = arrays.replace("sda4[0] sdb4[1]", "sda4[0]").replacen("[32/2] [UU_", "[32/1] [U__", 1);
    fs::write(&mdstat, &lost).unwrap();
    assert_eq!(fired(&world, &tree, NOW + 600), ["raid md13 fired critical"]);
    fs::write(&mdstat, &arrays).unwrap();
    let over = fired(&world, &tree, NOW + 1200);
    assert!(over.len() == 1 && over[0].starts_with("raid md13 resolved"), "{over:?}");
}

#[test]
fn arrays_of_controllers_and_of_synology() {
    let tree = tree("md-qnap");
    let mdstat = "Personalities : [raid1]\n\
        md127 : inactive sdb[1](S) sda[0](S)\n      5288 blocks super external:imsm\n\n\
        md126 : active raid1 sda[1] sdb[0]\n      976 blocks super external:/md127/0 [2/2] [UU]\n\n\
        md0 : active raid1 sda1[0] sdb1[1]\n      2490176 blocks [16/2] [UU______________]\n\n\
        md2 : active raid1 sda5[0](E) sdb5[1]\n      976 blocks super 1.2 [2/2] [EU]\n\n\
        md3 : active raid5 sda6[0] sdc6[2]\n      976 blocks super 1.2 level 5, 64k chunk [3/2] [U_U]\n\n\
        md4 : active raid1 sda7[0] sdb7[1](F)\n      976 blocks [16/1] [U_______________]\n\nunused devices: <none>\n";
    fs::write(tree.path().join("proc/mdstat"), mdstat).unwrap();
    let mut alerts = fired(&World::new(""), &tree, NOW);
    alerts.sort();
    assert_eq!(alerts, ["raid md2 fired critical", "raid md3 fired critical", "raid md4 fired critical"]);
    let arrays = &sample(&tree)["mdstat"];
    assert_eq!(arrays["md127"]["level"], "container");
    assert!(arrays["md127"].get("members").is_none());
    assert_eq!((arrays["md2"]["working"].as_u64(), arrays["md2"]["failed"].as_u64()), (Some(1), Some(1)));
}
