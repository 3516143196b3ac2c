//! Crontabs, init scripts and units: the files that say what is started when. Their contents are read where `stat`
//! says that a file is another one, to tell a change from a file that was written again as it was; nothing of a
//! content is kept but its hash and how many lines it has.

use super::look::Sight;
use super::tree::{Stamp, Tree};
use super::{Change, Event, Kind};
use crate::base::hash;
use rustix::fs::FileType;
use rustix::io::{Errno, Result};
use std::collections::BTreeMap;

/// As much of a file is compared.
const MOST_BYTES: usize = 256 * 1024;
/// As many files of one source are remembered.
const MOST_FILES: usize = 2000;

/// A source: the name under which it is remembered, the paths whose `stat` is asked for each minute, the files and
/// the folders of it.
struct Source {
    kind: Kind,
    name: &'static str,
    quick: &'static [&'static str],
    files: &'static [&'static str],
    folders: &'static [&'static str],
}

const SOURCES: [Source; 3] = [
    Source {
        kind: Kind::Crontab,
        name: "crontabs",
        quick: &["etc/crontab", "etc/cron.d", "var/spool/cron", "var/spool/cron/crontabs"],
        files: &["etc/crontab", "etc/anacrontab"],
        folders: &[
            "etc/cron.d",
            "etc/cron.hourly",
            "etc/cron.daily",
            "etc/cron.weekly",
            "etc/cron.monthly",
            "etc/crontabs",
            "var/spool/cron",
            "var/spool/cron/crontabs",
            "var/spool/cron/tabs",
        ],
    },
    Source {
        kind: Kind::InitScript,
        name: "init-scripts",
        quick: &["etc/init.d", "etc/rc.local"],
        files: &["etc/rc.local", "etc/rc.d/rc.local"],
        folders: &["etc/init.d", "etc/rc.d/init.d"],
    },
    Source {
        kind: Kind::Unit,
        name: "units",
        quick: &["etc/systemd/system"],
        files: &[],
        folders: &["etc/systemd/system"],
    },
];

/// What is remembered of a file: its stamp, its content's number, its lines.
type Known = (u64, u64, u64);
/// The files of a source, by path.
type Files = BTreeMap<String, Known>;

pub(super) fn look(sight: &mut Sight<'_>) {
    for source in &SOURCES {
        if !sight.has_changed(source.name, source.quick) && !sight.slow {
            continue;
        }
        let file = format!("{}.json", source.name);
        let old: Option<Files> = sight.shelf.load(&file);
        // A folder that cannot be read today is not an empty one.
        let Ok((stamps, closed)) = stamps(&sight.tree, source) else { continue };
        let mut new = read(&sight.tree, &stamps, old.as_ref());
        let inside = |path: &str| closed.iter().any(|closed| path.starts_with(closed));
        let kept = old.iter().flatten().filter(|(path, _)| inside(path));
        new.extend(kept.map(|(path, known)| (path.clone(), *known)));
        if let Some(old) = &old {
            let events = compare(sight, source, old, &new, &stamps);
            sight.events.extend(events);
        }
        if old.as_ref() != Some(&new) {
            sight.shelf.keep(&file, &new);
        }
    }
}

/// The stamps of all files of a source; and the folders, each with a slash behind it, that are not for this user.
fn stamps(tree: &Tree, source: &Source) -> Result<(BTreeMap<String, Stamp>, Vec<String>)> {
    let (mut stamps, mut closed) = (BTreeMap::new(), Vec::new());
    for path in source.files {
        if let Some(stamp) = tree.stat(path)?.filter(is_file) {
            stamps.insert((*path).to_owned(), stamp);
        }
    }
    for folder in source.folders {
        match add_folder(tree, source.kind, folder, &mut stamps) {
            Err(Errno::ACCESS) => closed.push(format!("{folder}/")),
            other => other?,
        }
    }
    Ok((stamps, closed))
}

fn add_folder(tree: &Tree, kind: Kind, folder: &str, stamps: &mut BTreeMap<String, Stamp>) -> Result<()> {
    for name in tree.names(folder)?.into_iter().filter(|name| !is_by_product(name)) {
        let path = format!("{folder}/{name}");
        let Some(stamp) = tree.stat(&path)? else { continue };
        if is_file(&stamp) && stamps.len() < MOST_FILES {
            stamps.insert(path, stamp);
        } else if kind == Kind::Unit && stamp.kind == FileType::Directory && holds_units(&path) {
            add_folder(tree, kind, &path, stamps)?;
        }
    }
    Ok(())
}

fn is_file(stamp: &Stamp) -> bool {
    matches!(stamp.kind, FileType::RegularFile | FileType::Symlink)
}

/// `multi-user.target.wants`, `nginx.service.d`; not deeper.
fn holds_units(path: &str) -> bool {
    let depth = path.matches('/').count();
    depth <= 3 && [".wants", ".requires", ".d"].iter().any(|end| path.ends_with(end))
}

/// What editors and package managers leave beside a file.
fn is_by_product(name: &str) -> bool {
    name.starts_with(['.', '#'])
        || name.starts_with("tmp.")
        || name.ends_with('~')
        || [".dpkg-", ".rpmnew", ".rpmsave", ".ucf-", ".swp", ".bak"].iter().any(|part| name.contains(part))
}

/// What is known of each file: of one that is as it was, the same; others are read.
fn read(tree: &Tree, stamps: &BTreeMap<String, Stamp>, old: Option<&Files>) -> Files {
    let mut files = Files::new();
    for (path, stamp) in stamps {
        let known = old.and_then(|old| old.get(path));
        if let Some(known) = known.filter(|known| known.0 == stamp.print) {
            files.insert(path.clone(), *known);
            continue;
        }
        let bytes = if stamp.kind == FileType::Symlink {
            tree.link(path).ok()
        } else {
            tree.read(path, 0, MOST_BYTES).ok().flatten()
        };
        // A file that only its owner may read is known by its stamp alone.
        let content = bytes.as_deref().map_or(stamp.print, hash::number);
        let lines = bytes.map_or(0, |bytes| bytes.iter().filter(|byte| **byte == b'\n').count() as u64);
        files.insert(path.clone(), (stamp.print, content, lines));
    }
    files
}

fn compare(
    sight: &Sight<'_>,
    source: &Source,
    old: &Files,
    new: &Files,
    stamps: &BTreeMap<String, Stamp>,
) -> Vec<Event> {
    let mut events = Vec::new();
    for (path, known) in new {
        let at = sight.moment(stamps.get(path).copied());
        match old.get(path) {
            None => events.push(event(at, source.kind, Change::Added, path)),
            Some(before) if before.1 != known.1 => {
                let lines = i64::try_from(known.2).ok().zip(i64::try_from(before.2).ok());
                let lines = lines.map(|(after, before)| after - before);
                let lines = lines.filter(|lines| *lines != 0 && source.kind == Kind::Crontab);
                events.push(Event { lines, ..event(at, source.kind, Change::Changed, path) });
            }
            Some(_) => {}
        }
    }
    for path in old.keys().filter(|path| !new.contains_key(*path)) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let at = sight.moment(sight.tree.stat(folder).ok().flatten());
        events.push(event(at, source.kind, Change::Removed, path));
    }
    events
}

/// What happened to a file; a link among those that a target wants is a unit that was enabled or disabled.
fn event(at: i64, kind: Kind, change: Change, path: &str) -> Event {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let wanted = folder.ends_with(".wants") || folder.ends_with(".requires");
    match change {
        Change::Added if wanted => Event::of(at, kind, Change::Enabled, name),
        Change::Removed if wanted => Event::of(at, kind, Change::Disabled, name),
        _ => Event::of(at, kind, change, format!("/{path}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_editors_leave_behind_is_no_crontab() {
        for name in [".placeholder", "tmp.XXabc", "backup~", "php.dpkg-old", "#x#", "a.swp"] {
            assert!(is_by_product(name), "{name}");
        }
        assert!(!is_by_product("backup") && !is_by_product("e2scrub_all"));
    }

    #[test]
    fn a_link_that_a_target_wants_is_a_unit_enabled() {
        let path = "etc/systemd/system/multi-user.target.wants/nginx.service";
        let event = event(5, Kind::Unit, Change::Added, path);
        assert_eq!((event.change, event.subject.as_str()), (Some(Change::Enabled), "nginx.service"));
        assert!(holds_units("etc/systemd/system/nginx.service.d"));
        assert!(!holds_units("etc/systemd/system/a.d/b.d"));
    }

    #[test]
    fn a_folder_that_is_not_for_this_user_costs_itself_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("var/spool/cron/crontabs");
        fs_err::create_dir_all(&secret).unwrap();
        fs_err::create_dir_all(folder.path().join("etc/cron.d")).unwrap();
        fs_err::write(folder.path().join("etc/cron.d/b"), "x").unwrap();
        fs_err::set_permissions(&secret, PermissionsExt::from_mode(0o0)).unwrap();
        let tree = Tree::open(&crate::sample::Root::recorded(folder.path())).unwrap();
        let (stamps, closed) = stamps(&tree, &SOURCES[0]).unwrap();
        assert_eq!(stamps.keys().collect::<Vec<_>>(), ["etc/cron.d/b"]);
        if !rustix::process::geteuid().is_root() {
            assert_eq!(closed, ["var/spool/cron/crontabs/"]);
        }
    }
}
