//! The memory that one's own runs may leave behind: kernel parts of `/proc/meminfo`, and process 1 and the D-Bus daemons by
//! `/proc/PID/stat`, since asking systemd often has made them grow.

use crate::sample::context::read_into;
use crate::sample::process_stat::ProcessStat;
use crate::sample::{Root, parse};
use serde::{Deserialize, Serialize};

/// How many parts there are.
pub(crate) const COUNT: usize = 7;
/// How many of them are the kernel's.
const KERNEL: usize = 5;

/// What is watched: the kernel's names, and the ids of numbers in the part `processes`.
pub(crate) const PARTS: [&str; COUNT] =
    ["SUnreclaim", "KernelStack", "PageTables", "Percpu", "VmallocUsed", "init_rss", "bus_rss"];

/// The size of each part in KiB; absent where the kernel does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Reading(pub(crate) [Option<i64>; COUNT]);

/// By how many KiB each part has changed.
pub(crate) type Change = [i64; COUNT];

impl Reading {
    /// The kernel's parts of a `/proc/meminfo`, without those that are the host's in this container.
    pub(crate) fn of_meminfo(text: &[u8], foreign: &[String]) -> Self {
        let mut reading = Self::default();
        for line in parse::lines(text) {
            let Some((key, value)) = parse::split_once(line, b':') else { continue };
            let Some(part) = PARTS[..KERNEL].iter().position(|part| part.as_bytes() == key) else { continue };
            if !foreign.iter().any(|name| name == PARTS[part]) {
                reading.0[part] = parse::first_number(value).and_then(|kib| i64::try_from(kib).ok());
            }
        }
        reading
    }

    /// The kernel's parts from their bytes, in the order of `PARTS`, without those that are the host's.
    pub(crate) fn of_kernel(bytes: [Option<u64>; KERNEL], foreign: &[String]) -> Self {
        let mut reading = Self::default();
        for (part, bytes) in bytes.into_iter().enumerate() {
            if !foreign.iter().any(|name| name == PARTS[part]) {
                reading.0[part] = bytes.and_then(|bytes| i64::try_from(bytes / 1024).ok());
            }
        }
        reading
    }

    /// `SUnreclaim` in bytes.
    pub(crate) fn s_unreclaim(&self) -> Option<u64> {
        self.0[0].and_then(|kib| u64::try_from(kib).ok()).map(|kib| kib.saturating_mul(1024))
    }

    /// All parts now; `bus` are the D-Bus daemons.
    pub(crate) fn take(root: &Root, bus: &[u32], foreign: &[String]) -> Self {
        let Ok(folder) = root.open("proc") else { return Self::default() };
        let mut text = Vec::new();
        let mut reading = match read_into(&folder, b"meminfo", &mut text, true) {
            Ok(()) => Self::of_meminfo(&text, foreign),
            Err(_) => Self::default(),
        };
        let mut resident = |pid: u32| {
            read_into(&folder, format!("{pid}/stat").as_bytes(), &mut text, true).ok()?;
            let pages = ProcessStat::parse(&text)?.rss;
            i64::try_from(pages.saturating_mul(root.page_size / 1024)).ok()
        };
        reading.0[KERNEL] = resident(1);
        let daemons: Vec<i64> = bus.iter().filter_map(|pid| resident(*pid)).collect();
        reading.0[KERNEL + 1] = (!daemons.is_empty()).then(|| daemons.iter().sum());
        reading
    }

    /// What has changed since `before`; 0 for a part that is not known.
    pub(crate) fn since(&self, before: &Self) -> Change {
        std::array::from_fn(|part| match (before.0[part], self.0[part]) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_parts_and_what_they_changed() {
        let before = Reading::of_meminfo(b"MemTotal: 9 kB\nSUnreclaim:  100 kB\nPercpu: 8 kB\n", &[]);
        assert_eq!(before.0, [Some(100), None, None, Some(8), None, None, None]);
        let after = Reading::of_meminfo(b"SUnreclaim: 1124 kB\nKernelStack: 5 kB\nPercpu: 4 kB\n", &[]);
        assert_eq!(after.since(&before), [1024, 0, 0, -4, 0, 0, 0]);
        assert_eq!(Reading::of_meminfo(b"Percpu: 4 kB\n", &["Percpu".to_owned()]), Reading::default());
    }

    #[test]
    fn processes_of_a_tree() {
        let folder = tempfile::tempdir().unwrap();
        for (pid, pages) in [(1, 10), (7, 3), (9, 4)] {
            let path = folder.path().join(format!("proc/{pid}"));
            fs_err::create_dir_all(&path).unwrap();
            let line = format!("{pid} (x) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 {pages} 0\n");
            fs_err::write(path.join("stat"), line).unwrap();
        }
        let reading = Reading::take(&Root::recorded(folder.path()), &[7, 9, 11], &[]);
        assert_eq!(reading.0[KERNEL..], [Some(40), Some(28)]);
    }
}
