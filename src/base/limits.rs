//! The limits on what one host's folder may cost a run, which skips the host where one is exceeded: `[limits]` of the configuration,
//! and those that nobody needs to change.

use serde::Deserialize;

/// The longest line that is read: a hundred times what a busy host writes.
pub const LONGEST_LINE: usize = 1024 * 1024;
/// Bytes of longer lines that are passed over in one run.
pub const MOST_SKIPPED_BYTES: u64 = 64 << 20;
/// A day whose lines are longer than this together is not made columns: all of them are in memory at once.
pub const LARGEST_DAY_IN_COLUMNS: usize = 32 << 20;
/// Rows of a day in columns, a row for each number.
pub const MOST_ROWS: usize = 200_000;
/// Boots that samples of one stretch are of: one each minute for three days.
pub const MOST_BOOTS: usize = 5_000;
/// Entries of a folder of samples that are listed.
pub const MOST_ENTRIES: usize = 50_000;

/// Limits that the user may change, each far above what a real host writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Days that have a log.
    pub days: usize,
    /// Size of one file.
    pub file_bytes: u64,
    /// Lines of one file.
    pub lines: u64,
    /// Numbers that samples of one stretch name: each of each disk, interface, control group …
    pub numbers: usize,
    /// CPU seconds that a run spends on reading one host.
    pub cpu_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { days: 6_000, file_bytes: 16 << 30, lines: 250_000, numbers: 100_000, cpu_seconds: 120 }
    }
}

impl Limits {
    /// The default limits without one on CPU time: for who reads one log once, however long that is.
    pub fn without_time() -> Self {
        Self { cpu_seconds: u64::MAX, ..Self::default() }
    }
}
