//! Which mounts are file systems that a person means: `/proc/self/mountinfo`, `proc_pid_mountinfo(5)`.
//!
//! Not by procfs-core, which makes two maps of each mount's options: with 300 mounts of containers that alone would
//! take longer than the rest of the sample.

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
    /// Whether its root is mounted, not a folder of it (a bind mount, a subvolume).
    #[serde(skip)]
    whole: bool,
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
/// Types of local disks whose source is not a path under `/dev`.
const WITHOUT_PATH: [&str; 4] = ["zfs", "btrfs", "bcachefs", "simfs"];
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
        SURE.contains(&self.kind.as_str())
    }

    fn is_meant(&self) -> bool {
        match self.kind.as_str() {
            // Memory that people fill by mistake; the others are the system's own.
            "tmpfs" => matches!(self.point.as_str(), "/" | "/tmp"),
            // The root of a container. Those of others, seen from the host, are parts of a disk that is listed.
            "overlay" => self.point == "/",
            kind if NEVER.contains(&kind) => false,
            kind if WITHOUT_PATH.contains(&kind) => true,
            _ => self.device.starts_with("/dev/"),
        }
    }

    /// Which of several mounts of one device stands for it: of its root, at the root, the shortest path.
    fn rank(&self) -> (bool, bool, usize) {
        (!self.whole, self.point != "/", self.point.len())
    }
}

/// What there is to be seen of mounts.
#[derive(Debug, Default)]
pub(crate) struct Mounts {
    /// Those to be asked, each device once.
    pub(crate) meant: Vec<Mount>,
    /// Where file systems of memory are mounted, each once.
    pub(crate) tmpfs: Vec<String>,
    /// How many there are of any kind.
    pub(crate) count: u64,
}

/// The mounts that matter.
pub(crate) fn select(mountinfo: &[u8]) -> Mounts {
    let mut remote: Vec<String> = Vec::new();
    let mut by_device: BTreeMap<String, Mount> = BTreeMap::new();
    for (mount, is_remote) in parse::lines(mountinfo).filter_map(parse_line) {
        if is_remote {
            remote.push(mount.point + "/");
            continue;
        }
        // What a container engine binds over single files (`/etc/hosts`) is a file, not a file system.
        let file = !mount.whole && mount.point.starts_with("/etc/");
        if file || !mount.is_meant() {
            continue;
        }
        // Mounted over the same point later: the earlier one is hidden.
        by_device.retain(|device, other| other.point != mount.point || *device == mount.device);
        let known = by_device.entry(mount.device.clone()).or_insert_with(|| mount.clone());
        if mount.rank() < known.rank() {
            *known = mount;
        }
    }
    // Even to look up a path below such a mount may hang.
    let reachable = |point: &str| !remote.iter().any(|above| point.starts_with(above));
    Mounts {
        meant: by_device.into_values().filter(|mount| reachable(&mount.point)).collect(),
        tmpfs: tmpfs(mountinfo).into_iter().filter(|point| reachable(point)).collect(),
        count: parse::lines(mountinfo).count() as u64,
    }
}

/// The most file systems of memory that are looked at: a node of a cluster has one for each secret.
const MOST_TMPFS: usize = 200;

/// Where file systems of memory are mounted; of binds of the same one the first.
fn tmpfs(mountinfo: &[u8]) -> BTreeSet<String> {
    let mut by_device: BTreeMap<&[u8], &[u8]> = BTreeMap::new();
    for line in parse::lines(mountinfo) {
        let mut fields = parse::fields(line);
        let (Some(device), Some(point)) = (fields.nth(2), fields.nth(1)) else { continue };
        let kind = fields.skip_while(|field| *field != b"-").nth(1);
        if matches!(kind, Some(b"tmpfs" | b"devtmpfs")) && by_device.len() < MOST_TMPFS {
            by_device.entry(device).or_insert(point);
        }
    }
    by_device.into_values().map(unescape).collect()
}

/// `id parent major:minor root point options [tags] - type source super_options`, and whether it may hang.
/// Most of 300 mounts are dropped here, before anything is allocated for them.
fn parse_line(line: &[u8]) -> Option<(Mount, bool)> {
    let mut fields = parse::fields(line);
    let root = fields.nth(3)?;
    let point = fields.next()?;
    let options = fields.next()?;
    fields.find(|field| *field == b"-")?;
    let kind = std::str::from_utf8(fields.next()?).ok()?;
    let device = fields.next()?;
    let super_options = fields.next().unwrap_or_default();
    let is_remote = REMOTE.contains(&kind) || kind.starts_with("fuse");
    let is_local = device.starts_with(b"/dev/")
        || WITHOUT_PATH.contains(&kind)
        || matches!(kind, "tmpfs" | "overlay") && matches!(point, b"/" | b"/tmp");
    if !is_remote && !is_local {
        return None;
    }
    let read_only = |options: &[u8]| options.split(|byte| *byte == b',').any(|option| option == b"ro");
    let mount = Mount {
        point: unescape(point),
        device: unescape(device),
        kind: kind.to_owned(),
        read_only: read_only(options) || read_only(super_options),
        whole: root == b"/",
    };
    Some((mount, is_remote))
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

    fn points(mountinfo: &str) -> Vec<String> {
        let mut points: Vec<_> =
            select(mountinfo.as_bytes()).meant.into_iter().map(|mount| mount.point).collect();
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
        assert!(select(text.as_bytes()).meant.iter().all(|mount| mount.read_only == (mount.point == "/cd")));
    }

    #[test]
    fn file_systems_of_memory_each_once() {
        let text = "1 0 0:20 / /dev rw - devtmpfs udev rw\n2 0 0:25 / /run rw,nosuid shared:5 - tmpfs tmpfs rw\n\
            3 0 0:25 /lock /var/lock rw - tmpfs tmpfs rw\n4 0 0:9 / /nas rw - nfs4 nas:/x rw\n\
            5 0 0:26 / /nas/tmp rw - tmpfs tmpfs rw\n6 0 254:1 / / rw - ext4 /dev/vda1 rw\n";
        let mounts = select(text.as_bytes());
        assert_eq!((mounts.tmpfs, mounts.count), (vec!["/dev".to_owned(), "/run".to_owned()], 6));
    }

    #[test]
    fn a_mount_over_another_hides_it() {
        let text = "1 0 254:1 / /mnt rw - ext4 /dev/vda1 rw\n2 0 254:2 / /mnt rw - ext4 /dev/vdb rw\n";
        assert_eq!(
            select(text.as_bytes()).meant.iter().map(|mount| mount.device.as_str()).collect::<Vec<_>>(),
            ["/dev/vdb"]
        );
    }
}
