//! File systems: `/proc/self/mountinfo` and `statvfs(3)`; local ones with a size of their own. Network and pseudo
//! file systems are left out, each device once, and a mount that hangs costs its own entry, never the sample.

use super::metric::record;
use super::mounts::{self, KnownMount, Mount};
use super::root::Volume;
use super::{Collector, Context, SampleError};
use crate::base::clock::Stopwatch;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// File systems by mount point.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filesystems(pub BTreeMap<String, Filesystem>);

record! {
    /// One file system.
    pub struct Filesystem in "filesystem" {
        /// Size.
        total "total" u64 Gauge Data;
        /// Used by files and by the file system itself.
        used "used" u64 Gauge Data;
        /// Free to ordinary users.
        available "available" u64 Gauge Data;
        /// Inodes.
        inodes "inodes" u64 Gauge Count;
        /// Inodes in use.
        inodes_used "inodes_used" u64 Gauge Count;
        also {
            /// What is mounted: `/dev/vda1`.
            device: String,
            /// The kind: `ext4`.
            #[serde(rename = "type")]
            kind: String,
            /// Mounted read-only.
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            read_only: bool,
            /// Read-only although `/etc/fstab` mounts it writable.
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            fstab_writable: bool,
        }
    }
}

/// File systems that are full and read-only by nature.
const IMAGES: [&str; 6] = ["squashfs", "iso9660", "erofs", "udf", "cramfs", "romfs"];

impl Filesystem {
    /// Returns true where nothing is written: however full it is, it stays so.
    pub fn is_still(&self) -> bool {
        self.read_only || IMAGES.contains(&self.kind.as_str())
    }
}

/// How long all file systems that might not answer have together.
const PATIENCE: Duration = Duration::from_secs(2);
/// Seconds before one that did not answer is asked again.
const HUNG_SECONDS: i64 = 3600;

impl Collector for Filesystems {
    /// Which mounts there are is looked up on the slow beat, and when one that is known is gone or is another: with 300
    /// of them it costs more than to ask the few that matter.
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        let known = std::mem::take(&mut context.next.mounts);
        let may_mount_again = known.iter().any(|known| known.mount.automounted);
        if !context.slow && !known.is_empty() && !may_mount_again {
            let ids: Vec<Option<u64>> = known.iter().map(|known| known.id).collect();
            let filesystems = ask_all(context, known.into_iter().map(|known| known.mount).collect());
            if context.next.mounts.iter().map(|known| known.id).eq(ids) {
                return Ok(filesystems);
            }
        }
        let root = context.root;
        let Some(bytes) = context.read("proc/self/mountinfo")? else { return Ok(None) };
        let mut mounts = mounts::select(bytes, |point| root.is_file(point));
        let mut read_only = mounts.meant.iter_mut().filter(|mount| mount.read_only).peekable();
        if read_only.peek().is_some() {
            // A table that cannot be read says nothing.
            let fstab = context.read("etc/fstab").ok().flatten().unwrap_or_default();
            read_only
                .for_each(|mount| mount.fstab_writable = mounts::is_writable_in_fstab(fstab, &mount.point));
        }
        if context.slow {
            (context.tmpfs, context.mounts) = (mounts.tmpfs, Some(mounts.count));
        }
        Ok(ask_all(context, mounts.meant))
    }
}

/// Asks each mount, and remembers it with its answer.
fn ask_all(context: &mut Context<'_>, mounts: Vec<Mount>) -> Option<Filesystems> {
    let now = context.now;
    context.next.hung.retain(|_, since| (0..HUNG_SECONDS).contains(&(now - *since)));
    context.next.mounts = mounts.iter().map(|mount| KnownMount { mount: mount.clone(), id: None }).collect();
    let (sure, doubtful): (Vec<Mount>, Vec<Mount>) = mounts.into_iter().partition(Mount::answers_at_once);
    let mut answers = Vec::new();
    for mount in sure {
        let volume = context.root.statvfs(Path::new(&mount.point)).ok();
        answers.extend(volume.map(|volume| (mount, volume)));
    }
    answers.extend(ask(context, doubtful));
    drop_parts_of_root(&mut answers);
    let mut filesystems = BTreeMap::new();
    for (mount, volume) in answers {
        let known = context.next.mounts.iter_mut().find(|known| known.mount.point == mount.point);
        known.into_iter().for_each(|known| known.id = Some(volume.id));
        filesystems.extend(describe(mount, volume));
    }
    (!filesystems.is_empty()).then_some(Filesystems(filesystems))
}

/// Drops folders that are bound into a container from the disk under its root: the root, an overlay, shows that disk.
fn drop_parts_of_root(answers: &mut Vec<(Mount, Volume)>) {
    let is_root = |mount: &Mount| mount.kind == "overlay" && mount.point == "/";
    let Some(root) = answers.iter().find(|(mount, _)| is_root(mount)).map(|(_, volume)| *volume) else {
        return;
    };
    answers.retain(|(mount, volume)| !mount.bound || is_root(mount) || !volume.is_about(&root));
}

/// Asks file systems that might not answer in a thread of its own, which is left behind if it does not come back in
/// time (the end of the process ends it, or the device's recovery). Which one it was is remembered for an hour.
fn ask(context: &mut Context<'_>, mut mounts: Vec<Mount>) -> Vec<(Mount, Volume)> {
    let mut answers = Vec::new();
    mounts.retain(|mount| !context.next.hung.contains_key(&mount.point));
    if mounts.is_empty() {
        return answers;
    }
    let mut points: Vec<String> = mounts.iter().map(|mount| mount.point.clone()).rev().collect();
    let (sender, receiver) = mpsc::channel();
    let root = context.root.clone();
    let answering = std::thread::Builder::new().stack_size(64 * 1024).spawn(move || {
        for mount in mounts {
            let volume = root.statvfs(Path::new(&mount.point)).ok();
            if sender.send((mount, volume)).is_err() {
                return;
            }
        }
    });
    let patience = Stopwatch::start();
    while answering.is_ok() && !points.is_empty() {
        let rest = PATIENCE.saturating_sub(Duration::from_secs_f64(patience.seconds()));
        let Ok((mount, volume)) = receiver.recv_timeout(rest) else {
            // Those after the one that hangs were not asked.
            context.next.hung.extend(points.pop().map(|point| (point, context.now)));
            break;
        };
        points.pop();
        answers.extend(volume.map(|volume| (mount, volume)));
    }
    answers
}

/// Makes the entry of a mount; a file system of no size is none that a person means.
fn describe(mount: Mount, volume: Volume) -> Option<(String, Filesystem)> {
    let [blocks, free, available] = volume.blocks.map(|blocks| blocks.saturating_mul(volume.block_size));
    let [files, files_free] = volume.files;
    // btrfs and FAT have no number of inodes.
    let has_inodes = files > 0;
    let filesystem = Filesystem {
        total: Some(blocks),
        used: Some(blocks.saturating_sub(free)),
        available: Some(available),
        inodes: has_inodes.then_some(files),
        inodes_used: has_inodes.then(|| files.saturating_sub(files_free)),
        device: mount.device,
        kind: mount.kind,
        read_only: mount.read_only,
        fstab_writable: mount.fstab_writable,
    };
    (blocks > 0).then_some((mount.point, filesystem))
}
