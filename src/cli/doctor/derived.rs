//! What is made from the logs and made again without them being lost: rollups and caches. Files that this user cannot write (a run as
//! another user left them) cost each run the work of the first; one that cannot be understood is made anew by the next run, which is
//! worth knowing where it comes back.

use super::{Finding, Patient};
use crate::store;
use rustix::fs::{Access, access};
use std::path::{Path, PathBuf};

/// What is larger is not read through here.
const LARGEST_BYTES: u64 = 16 * 1024 * 1024;
/// So many hosts are looked at; one run as another user leaves its traces at each.
const MOST_HOSTS: usize = 50;

/// Looks at the files of all hosts, up to some.
pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let hosts = store::hosts(&patient.data).unwrap_or_default();
    let layouts = hosts.iter().take(MOST_HOSTS).filter_map(|host| patient.log(host));
    let (mut locked, mut broken) = (Vec::new(), Vec::new());
    // Whoever does not own the data folder renders nothing of it.
    if access(&patient.data, Access::WRITE_OK).is_err() {
        return Vec::new();
    }
    for layout in layouts {
        let folder = layout.derived();
        let cache = files(&layout.cache());
        let kept: Vec<PathBuf> = ["5m", "1h"]
            .iter()
            .flat_map(|level| files(&folder.join(level)))
            .chain(cache.iter().cloned())
            .collect();
        let is_locked = |path: &&PathBuf| access(path.as_path(), Access::READ_OK | Access::WRITE_OK).is_err();
        match kept.iter().find(is_locked) {
            Some(path) => locked.push((folder, path.clone())),
            None => broken.extend(cache.iter().filter_map(|path| Some((path.clone(), first_broken(path)?)))),
        }
    }
    let locked = locked.first().map(|(folder, path)| {
        Finding::wrong(
            format!(
                "this user cannot write {}: what another user's run left there is made anew each time, or not at all{}",
                path.display(),
                others(locked.len())
            ),
            format!(
                "let one user run all; as root: chown -R --reference={} {}",
                patient.data.display(),
                folder.display()
            ),
        )
    });
    let broken = broken.first().map(|(path, line)| {
        Finding::note(format!(
            "{} line {line} cannot be read; it is made anew from the log by the next run of `site`{}. If that comes back, \
             the disk or another program damages files",
            path.display(),
            others(broken.len())
        ))
    });
    locked.into_iter().chain(broken).collect()
}

fn others(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        count => format!(" (and {} more like it)", count - 1),
    }
}

/// The files of a folder and of those in it, and the folders themselves: a file is replaced in them.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = if folder.is_dir() { vec![folder.to_owned()] } else { Vec::new() };
    for entry in entries {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&entry.path())),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found.sort();
    found
}

/// The first line, from 1, of a file of JSON that is none.
fn first_broken(path: &Path) -> Option<usize> {
    let name = path.file_name()?.to_str()?;
    let is_lines = name.ends_with(".jsonl");
    if !(is_lines || name.ends_with(".json")) || fs_err::metadata(path).ok()?.len() > LARGEST_BYTES {
        return None;
    }
    let text = fs_err::read(path).ok()?;
    let is_broken = |text: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(text).is_err();
    if !is_lines {
        return is_broken(&text).then_some(1);
    }
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    lines.filter(|(_, line)| !line.is_empty()).find(|(_, line)| is_broken(line)).map(|(index, _)| index + 1)
}
