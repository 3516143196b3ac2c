//! File handles, dentries, inodes: `/proc/sys/fs/{file-nr,dentry-state,inode-nr}`, `proc_sys_fs(5)`.

use super::metric::record;

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
    }
}
