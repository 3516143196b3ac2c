//! Block devices: `/proc/diskstats`, `proc_diskstats(5)`; those that are disks by what `/sys/block` says, so that each byte counts once.

use super::metric::record;
use super::{Collector, Context, SampleError, disks, parse};
use procfs_core::DiskStat;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Disks by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Diskstats(pub BTreeMap<String, Disk>);

record! {
    /// One disk since boot.
    pub struct Disk in "diskstats" {
        /// Reads completed.
        reads "reads" u64 Counter Count;
        /// Writes completed.
        writes "writes" u64 Counter Count;
        /// Bytes read.
        read_bytes "read_bytes" u64 Counter Data;
        /// Bytes written.
        written_bytes "written_bytes" u64 Counter Data;
        /// Time that reads took, summed.
        read_time "read_time" f64 Counter Seconds;
        /// Time that writes took, summed.
        write_time "write_time" f64 Counter Seconds;
        /// Time in which the disk was busy.
        busy "busy" f64 Counter Seconds;
    }
}

/// The unit of `/proc/diskstats`, whatever the disk's own sectors are.
const SECTOR_BYTES: u64 = 512;

impl Collector for Diskstats {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        const PATH: &str = "proc/diskstats";
        let mut known = std::mem::take(&mut context.next.disks);
        let Some(bytes) = context.read(PATH)? else { return Ok(None) };
        let mut disks = BTreeMap::new();
        let mut strangers = false;
        for (name, line) in named_lines(bytes) {
            match known.get(name) {
                Some(true) => {
                    disks.insert(name.to_owned(), parse(line, PATH)?);
                }
                Some(false) => {}
                None => strangers = true,
            }
        }
        if strangers {
            // A first sample, or a disk was plugged in: once more, now that it is known which are disks.
            let devices =
                named_lines(bytes).filter_map(|(name, line)| disks::Device::parse(name, line)).collect();
            known = disks::counted(context, devices);
            context.next.disks = known;
            return if context.next.disks.values().any(|counts| *counts) {
                Self::collect(context)
            } else {
                Ok(None)
            };
        }
        context.next.disks = known;
        Ok((!disks.is_empty()).then_some(Self(disks)))
    }
}

fn named_lines(bytes: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    parse::lines(bytes)
        .filter_map(|line| Some((std::str::from_utf8(parse::fields(line).nth(2)?).ok()?, line)))
}

/// `major minor name reads merged sectors ms writes merged sectors ms in_flight ms …`, by procfs-core.
fn parse(line: &[u8], path: &str) -> Result<Disk, SampleError> {
    let expected = "a line of at least 14 fields";
    let text = std::str::from_utf8(line).map_err(|_| SampleError::parse(path, line, expected))?;
    let disk = DiskStat::from_line(text).map_err(|_| SampleError::parse(path, line, expected))?;
    Ok(Disk {
        reads: Some(disk.reads),
        writes: Some(disk.writes),
        read_bytes: Some(disk.sectors_read.saturating_mul(SECTOR_BYTES)),
        written_bytes: Some(disk.sectors_written.saturating_mul(SECTOR_BYTES)),
        read_time: Some(parse::seconds(disk.time_reading, 1000)),
        write_time: Some(parse::seconds(disk.time_writing, 1000)),
        busy: Some(parse::seconds(disk.time_in_progress, 1000)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_3_10_and_one_of_6_x() {
        let old = b" 253       0 vda 100 5 2048 30 200 9 4096 45 0 60 75";
        let disk = parse(old, "proc/diskstats").unwrap();
        assert_eq!((disk.reads, disk.writes), (Some(100), Some(200)));
        assert_eq!((disk.read_bytes, disk.written_bytes), (Some(1 << 20), Some(1 << 21)));
        assert_eq!((disk.read_time, disk.write_time, disk.busy), (Some(0.03), Some(0.045), Some(0.06)));
        let new = [&old[..], b" 1 0 8 1 2 3"].concat();
        assert_eq!(parse(&new, "proc/diskstats").unwrap(), disk);
        assert!(parse(b"253 0 vda 1", "proc/diskstats").is_err());
    }
}
