//! File handles, dentries, inodes: `/proc/sys/fs/{file-nr,dentry-state,inode-nr}`, `proc_sys_fs(5)`.

use super::metric::record;
use super::{Collector, Context, SampleError, parse};

record! {
    /// What the kernel keeps of files.
    pub struct Vfs in "vfs" {
        /// File handles in use.
        file_handles "file_handles" u64 Gauge Count;
        /// The most file handles.
        file_handles_max "file_handles_max" u64 Gauge Count;
        /// Dentries.
        dentries "dentries" u64 Gauge Count;
        /// Dentries that nothing uses.
        dentries_unused "dentries_unused" u64 Gauge Count;
        /// Dentries of files that do not exist (5.0).
        dentries_negative "dentries_negative" u64 Gauge Count;
        /// Inodes in memory.
        inodes "inodes" u64 Gauge Count;
        /// Inodes in memory that nothing uses.
        inodes_free "inodes_free" u64 Gauge Count;
        /// Mounts that this program sees, on the slow beat.
        mounts "mounts" u64 Gauge Count;
    }
}

impl Collector for Vfs {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        let mut three = |path| -> Result<[Option<u64>; 5], SampleError> {
            let mut numbers = parse::numbers(context.read_at_once(path)?.unwrap_or_default());
            Ok(std::array::from_fn(|_| numbers.next()))
        };
        let [allocated, free, most, ..] = three("proc/sys/fs/file-nr")?;
        let [dentries, dentries_unused, _, _, negative] = three("proc/sys/fs/dentry-state")?;
        let [inodes, inodes_free, ..] = three("proc/sys/fs/inode-nr")?;
        let vfs = Self {
            // `free` has been 0 since 2.6; kernels before counted handles that wait to be used again.
            file_handles: allocated.map(|allocated| allocated.saturating_sub(free.unwrap_or(0))),
            // 2^63 - 1 means that there is no limit.
            file_handles_max: most.filter(|most| *most < i64::MAX as u64),
            dentries,
            dentries_unused,
            // A dummy that is always 0 before 5.0 cannot be told from none: 0 is left out.
            dentries_negative: negative.filter(|count| *count > 0),
            inodes,
            inodes_free,
            mounts: context.mounts,
        };
        Ok((vfs != Self::default()).then_some(vfs))
    }
}
