//! The disks of the logs and of the pages: room, inodes, read-only.

use super::{Finding, Patient, nearest};
use crate::base::format;
use crate::base::unit::Unit;
use rustix::fs::{StatVfsMountFlags, statvfs};
use std::path::Path;

/// Some weeks of samples.
const LOW_BYTES: u64 = 50_000_000;

/// A site of one host has some hundred files.
const LOW_INODES: u64 = 1000;

/// Looks at both, once where they are one.
pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (what, path) in [("logs", &patient.data), ("pages", &patient.out)] {
        findings.extend(disk(what, path));
    }
    if findings.is_empty() {
        findings.push(Finding::well("there is room for logs and pages"));
    }
    findings
}

#[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
fn disk(what: &str, path: &Path) -> Option<Finding> {
    let present = nearest(path)?;
    let shown = present.display();
    let disk = match statvfs(present) {
        Ok(disk) => disk,
        Err(error) => {
            let remedy = format!("look at it: df {shown}");
            return Some(Finding::unknown(format!("the disk of the {what} at {shown}: {error}"), remedy));
        }
    };
    if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return Some(Finding::wrong(
            format!("the disk of the {what} is read-only: {shown}"),
            "after an error the kernel mounts a disk read-only: see `dmesg`; else mount it writable",
        ));
    }
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < LOW_BYTES {
        let free = format::quantity(free as f64, Unit::Data, false);
        return Some(Finding::wrong(
            format!("the disk of the {what} has {free} left: {shown}"),
            format!("make room: `du -xh {shown} | sort -h | tail`; old days in samples/ can go"),
        ));
    }
    // Some file systems (btrfs) do not count inodes.
    if disk.f_files > 0 && disk.f_favail < LOW_INODES {
        return Some(Finding::wrong(
            format!("the disk of the {what} has {} inodes left: {shown}", disk.f_favail),
            "many small files fill it: see `df -i`",
        ));
    }
    None
}
