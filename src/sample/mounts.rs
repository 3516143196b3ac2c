//! File systems that a person means, each once, of the mounts in `/proc/self/mountinfo`.

use super::mount_tree::{MountLine, MountTree, is_inside};
use super::parse;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A file system to be asked for its size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mount {
    /// Where it is mounted.
    pub(crate) point: String,
    /// What is mounted.
    pub(crate) device: String,
    /// The file system's type.
    pub(crate) kind: String,
    /// Whether it is mounted read-only.
    pub(crate) read_only: bool,
    /// A folder or a file of it is mounted, not its root (a bind mount, a subvolume).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) bound: bool,
    /// It was mounted by an automount, which mounts it again for whoever asks after it was unmounted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) automounted: bool,
    /// `/etc/fstab` mounts it writable, although it is read-only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) fstab_writable: bool,
}

/// A mount that was asked, and the file system's id that it gave: another id there means another mount.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KnownMount {
    /// The mount.
    pub(crate) mount: Mount,
    /// The id, where it answered.
    pub(crate) id: Option<u64>,
}

/// Types whose `statfs` answers from memory whatever the device does.
const SURE: [&str; 11] =
    ["ext2", "ext3", "ext4", "xfs", "vfat", "exfat", "f2fs", "jfs", "reiserfs", "tmpfs", "overlay"];
/// Types that have a device and yet are not asked: of images, which are always full; of clusters and of user space,
/// which may not answer.
const NEVER: [&str; 10] =
    ["squashfs", "iso9660", "udf", "erofs", "cramfs", "romfs", "ocfs2", "gfs2", "fuseblk", "devtmpfs"];
/// Types of local disks that have no block device of their own.
const WITHOUT_BLOCK_DEVICE: [&str; 4] = ["btrfs", "bcachefs", "simfs", "ubifs"];
/// Types under which every path may hang.
const REMOTE: [&str; 13] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "ceph",
    "afs",
    "autofs",
    "lustre",
    "glusterfs",
    "virtiofs",
    "ncpfs",
];

impl Mount {
    /// Whether `statvfs` cannot hang.
    pub(crate) fn answers_at_once(&self) -> bool {
        SURE.contains(&self.kind.as_str()) && !self.automounted
    }

    /// Sort key of the mounts of one file system: the lowest stands for it. Its root goes before a folder of it, `/` before
    /// other places, a short path before a long one.
    fn rank(&self) -> (bool, bool, usize) {
        (self.bound, self.point != "/", self.point.len())
    }
}

/// What there is to be seen of mounts.
#[derive(Debug, Default)]
pub(crate) struct Mounts {
    /// Those to be asked, each file system once.
    pub(crate) meant: Vec<Mount>,
    /// Where file systems of memory are mounted, each once.
    pub(crate) tmpfs: Vec<String>,
    /// How many there are of any kind.
    pub(crate) count: u64,
}

/// Selects the mounts that matter. `is_file` tells whether a mount point is a file, over which a container engine binds
/// another file; it is asked for bind mounts of local disks only.
pub(crate) fn select(mountinfo: &[u8], is_file: impl Fn(&str) -> bool) -> Mounts {
    let tree = MountTree::parse(mountinfo);
    let remote = visible_remote(&tree);
    let mut meant: BTreeMap<&[u8], Mount> = BTreeMap::new();
    let mut tmpfs: BTreeMap<&[u8], &[u8]> = BTreeMap::new();
    for (index, line) in tree.lines.iter().enumerate() {
        let (is_memory, is_meant) = (matches!(line.kind, "tmpfs" | "devtmpfs"), is_meant(line));
        // Even to look up a path below a remote mount may hang.
        let hangs = || remote.iter().any(|above| is_inside(line.point, above));
        if !(is_memory || is_meant) || !tree.is_visible(index) || hangs() {
            continue;
        }
        if is_memory && tmpfs.len() < MOST_TMPFS {
            tmpfs.entry(line.device).or_insert(line.point);
        }
        if is_meant {
            let mount = Mount { automounted: tree.is_automounted(index), ..described(line) };
            let known = meant.get(device_of(&tree, line));
            let is_better = known.is_none_or(|known| mount.rank() < known.rank());
            if is_better && !(mount.bound && (is_in_system_folder(line.point) || is_file(&mount.point))) {
                meant.insert(device_of(&tree, line), mount);
            }
        }
    }
    let tmpfs: BTreeSet<String> = tmpfs.into_values().map(unescape).collect();
    let count = tree.lines.len() as u64;
    Mounts { meant: meant.into_values().collect(), tmpfs: tmpfs.into_iter().collect(), count }
}

/// The most file systems of memory that are looked at: a node of a cluster has one for each secret.
const MOST_TMPFS: usize = 200;

/// Points of remote mounts that a path may run into. An automount answers where something is mounted below it; a root that
/// is remote is under everything, and this program runs from it.
fn visible_remote<'a>(tree: &MountTree<'a>) -> Vec<&'a [u8]> {
    let is_remote =
        |line: &MountLine<'_>| is_remote(line.kind) && line.kind != "autofs" && line.point != b"/";
    let remote = tree.lines.iter().enumerate().filter(|(_, line)| is_remote(line));
    remote.filter(|(index, _)| tree.is_visible(*index)).map(|(_, line)| line.point).collect()
}

fn is_remote(kind: &str) -> bool {
    REMOTE.contains(&kind) || kind.starts_with("fuse")
}

/// Returns true for a file system of this machine that a person means.
fn is_meant(line: &MountLine<'_>) -> bool {
    match line.kind {
        // Memory that people fill by mistake; the others are the system's own.
        "tmpfs" => matches!(line.point, b"/" | b"/tmp"),
        // The root of a container. Those of others, seen from the host, are parts of a disk that is listed.
        "overlay" => line.point == b"/",
        kind if NEVER.contains(&kind) || is_remote(kind) => false,
        // A snapshot uses the room of its data set.
        "zfs" => !line.source.contains(&b'@'),
        kind if WITHOUT_BLOCK_DEVICE.contains(&kind) => true,
        // Major number 0 is that of file systems without a block device.
        _ => line.source.starts_with(b"/dev/") || !line.device.starts_with(b"0:"),
    }
}

/// Returns the device that tells a file system from others. An overlay has the room of the one that its upper layer lies in.
fn device_of<'a>(tree: &MountTree<'a>, line: &MountLine<'a>) -> &'a [u8] {
    let mut options = line.super_options.split(|byte| *byte == b',').filter(|_| line.kind == "overlay");
    let upper = options.find_map(|option| option.strip_prefix(b"upperdir="));
    let below = upper.and_then(|upper| tree.mount_of(upper)).map(|index| tree.lines[index].device);
    below.unwrap_or(line.device)
}

/// Returns true in folders where container engines bind single files: `/etc/hosts`, `/dev/termination-log`.
fn is_in_system_folder(point: &[u8]) -> bool {
    [&b"/etc"[..], b"/dev"].iter().any(|folder| is_inside(point, folder))
}

fn described(line: &MountLine<'_>) -> Mount {
    Mount {
        point: unescape(line.point),
        device: unescape(line.source),
        kind: line.kind.to_owned(),
        read_only: line.has_option(b"ro"),
        bound: line.root != b"/",
        ..Mount::default()
    }
}

/// Returns true where `/etc/fstab` has a mount point and mounts it writable, `fstab(5)`.
pub(crate) fn is_writable_in_fstab(fstab: &[u8], point: &str) -> bool {
    let entry = parse::lines(fstab).map(|line| parse::fields(line).collect::<Vec<_>>()).find(|fields| {
        let is_comment = fields.first().is_some_and(|first| first.starts_with(b"#"));
        !is_comment && fields.get(1).is_some_and(|named| is_same_point(&unescape(named), point))
    });
    let of_access = |option: &&[u8]| matches!(*option, b"ro" | b"rw");
    entry.is_some_and(|fields| {
        let options = fields.get(3).copied().unwrap_or_default();
        options.split(|byte| *byte == b',').rfind(of_access) != Some(b"ro")
    })
}

fn is_same_point(named: &str, point: &str) -> bool {
    named == point || named.strip_suffix('/') == Some(point)
}

/// The kernel writes blanks, tabs, newlines and backslashes as `\\040` and so on.
fn unescape(bytes: &[u8]) -> String {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, more)) = rest.split_first() {
        let octal =
            more.get(..3).filter(|digits| *first == b'\\' && digits.iter().all(|d| (b'0'..b'8').contains(d)));
        let value = octal.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        plain.push(value.unwrap_or(*first));
        rest = if value.is_some() { &more[3..] } else { more };
    }
    parse::text(&plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(mountinfo: &str) -> Mounts {
        select(mountinfo.as_bytes(), |point| point.ends_with(".conf"))
    }

    fn points(mountinfo: &str) -> Vec<String> {
        let mut points: Vec<_> = selected(mountinfo).meant.into_iter().map(|mount| mount.point).collect();
        points.sort();
        points
    }

    #[test]
    fn each_device_once_at_its_best_place() {
        let text = "1 0 254:1 /var/lib/x /srv rw - ext4 /dev/vda1 rw\n2 0 254:1 / / rw shared:1 - ext4 /dev/vda1 rw\n\
            3 0 254:2 / /home rw - xfs /dev/vdb rw\n4 0 0:5 / /dev rw - devtmpfs udev rw\n\
            5 0 0:40 / /var/lib/docker/overlay2/m rw - overlay overlay rw\n6 0 7:0 / /snap/x ro - squashfs /dev/loop0 ro\n";
        assert_eq!(points(text), ["/", "/home"]);
    }

    #[test]
    fn nothing_under_a_mount_that_may_hang() {
        let text = "1 0 0:9 / /nas rw - nfs4 nas:/x rw\n2 0 254:1 / /nas/local rw - ext4 /dev/vdb rw\n\
            3 0 254:2 / /nasty rw - ext4 /dev/vdc rw\n4 0 0:50 / /mnt/f rw - fuse.sshfs x:/ rw\n";
        assert_eq!(points(text), ["/nasty"]);
    }

    #[test]
    fn a_container_and_escapes() {
        let text = "1 0 0:9 / / rw - overlay overlay rw\n2 0 254:1 /x/hosts /etc/hosts rw - ext4 /dev/vda1 rw\n\
            3 0 254:3 /v /my\\040data rw - ext4 /dev/vdc rw,x\n4 0 254:4 / /cd ro - ext4 /dev/vdd rw\n";
        assert_eq!(points(text), ["/", "/cd", "/my data"]);
        assert!(selected(text).meant.iter().all(|mount| mount.read_only == (mount.point == "/cd")));
    }

    #[test]
    fn a_bound_file_does_not_stand_for_its_disk() {
        let text = "1 0 0:9 / / rw - overlay overlay rw\n2 1 254:1 /x /a.conf rw - ext4 /dev/vda1 rw\n\
            3 1 254:1 /data /var/lib/data rw - ext4 /dev/vda1 rw\n4 1 254:1 /t /dev/termination-log rw - ext4 /dev/vda1 rw\n";
        assert_eq!(points(text), ["/", "/var/lib/data"]);
    }

    #[test]
    fn what_fstab_says_of_a_mount() {
        let fstab = b"# <file system> <mount point>\n/dev/a / ext4 errors=remount-ro 0 1\n/dev/b /boot/ vfat defaults,ro\n\
            #/dev/c /c ext4 rw\n/dev/d /d\\040d ext4 ro,rw\n/dev/e /e\n";
        let writable = |point| is_writable_in_fstab(fstab, point);
        assert_eq!(
            ["/", "/boot", "/c", "/d d", "/e", "/f"].map(writable),
            [true, false, false, true, true, false]
        );
    }

    #[test]
    fn file_systems_of_memory_each_once() {
        let text = "1 0 0:20 / /dev rw - devtmpfs udev rw\n2 0 0:25 / /run rw,nosuid shared:5 - tmpfs tmpfs rw\n\
            3 0 0:25 /lock /var/lock rw - tmpfs tmpfs rw\n4 0 0:9 / /nas rw - nfs4 nas:/x rw\n\
            5 0 0:26 / /nas/tmp rw - tmpfs tmpfs rw\n6 0 254:1 / / rw - ext4 /dev/vda1 rw\n";
        let mounts = selected(text);
        assert_eq!((mounts.tmpfs, mounts.count), (vec!["/dev".to_owned(), "/run".to_owned()], 6));
    }

    #[test]
    fn a_mount_over_another_hides_it() {
        let text = "1 0 254:1 / /mnt rw - ext4 /dev/vda1 rw\n2 0 254:2 / /mnt rw - ext4 /dev/vdb rw\n";
        assert_eq!(
            selected(text).meant.iter().map(|mount| mount.device.as_str()).collect::<Vec<_>>(),
            ["/dev/vdb"]
        );
    }
}
