//! Memory in file systems of memory: `statvfs(3)` of each tmpfs and devtmpfs that this program sees, `tmpfs(5)`, inside Shmem.
//! On the slow beat; the fullest ones, and none that is empty. Those of other mount namespaces are not seen.

use super::metric::record;
use super::{Collector, Context, SampleError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// File systems of memory by mount point.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tmpfs(pub BTreeMap<String, TmpfsMount>);

record! {
    /// One file system of memory.
    pub struct TmpfsMount in "tmpfs" {
        /// Memory and swap that its files hold.
        used "used" u64 Gauge Memory;
    }
}

impl Collector for Tmpfs {
    /// The mounts are those that the collector of file systems saw.
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        let mut sizes = Vec::new();
        for point in std::mem::take(&mut context.tmpfs) {
            if let Ok(volume) = context.root.statvfs(Path::new(&point)) {
                let blocks = volume.blocks[0].saturating_sub(volume.blocks[1]);
                let used = blocks.saturating_mul(volume.block_size);
                sizes.push((used, point));
            }
        }
        sizes.retain(|(used, _)| *used > 0);
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes.truncate(context.options.groups);
        let mounts: BTreeMap<_, _> =
            sizes.into_iter().map(|(used, point)| (point, TmpfsMount { used: Some(used) })).collect();
        Ok((!mounts.is_empty()).then_some(Self(mounts)))
    }
}
