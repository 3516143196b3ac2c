//! The mounts of `/proc/self/mountinfo` as a tree, `proc_pid_mountinfo(5)`: which of them a path leads to, and past which
//! others. Ids, parents and `major:minor` tell mounts apart; names of devices do not.
//!
//! Not by procfs-core, which makes two maps of each mount's options: with 300 mounts of containers that alone would
//! take longer than the rest of the sample.

use super::parse;
use std::collections::HashMap;

/// More mounts than this above one another are a loop in a table that no kernel wrote.
const MOST_NESTED: usize = 64;

/// One line: `id parent major:minor root point options [tags] - type source super_options`, paths as they are escaped there.
#[derive(Clone, Copy, Debug)]
pub(super) struct MountLine<'a> {
    id: u64,
    parent: u64,
    /// `major:minor` of the file system.
    pub(super) device: &'a [u8],
    /// Folder or file of the file system that is mounted.
    pub(super) root: &'a [u8],
    /// Mount point.
    pub(super) point: &'a [u8],
    /// Options of the mount.
    pub(super) options: &'a [u8],
    /// Type of the file system.
    pub(super) kind: &'a str,
    /// Source, as whoever mounted it named it.
    pub(super) source: &'a [u8],
    /// Options of the file system.
    pub(super) super_options: &'a [u8],
}

/// Lines of mountinfo with the ways between them.
#[derive(Debug)]
pub(super) struct MountTree<'a> {
    /// The mounts, in the kernel's order.
    pub(super) lines: Vec<MountLine<'a>>,
    by_id: HashMap<u64, usize>,
    /// The last mount at a point of a parent.
    last_at: HashMap<(u64, &'a [u8]), usize>,
}

impl<'a> MountLine<'a> {
    fn parse(line: &'a [u8]) -> Option<Self> {
        let mut fields = parse::fields(line);
        let (id, parent) = (parse::number(fields.next()?)?, parse::number(fields.next()?)?);
        let (device, root, point, options) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        fields.find(|field| *field == b"-")?;
        let kind = std::str::from_utf8(fields.next()?).ok()?;
        let source = fields.next().unwrap_or_default();
        let super_options = fields.next().unwrap_or_default();
        Some(Self { id, parent, device, root, point, options, kind, source, super_options })
    }

    /// Returns true where the mount or its file system has an option.
    pub(super) fn has_option(&self, wanted: &[u8]) -> bool {
        let options = [self.options, self.super_options];
        options.iter().any(|options| options.split(|byte| *byte == b',').any(|option| option == wanted))
    }
}

impl<'a> MountTree<'a> {
    pub(super) fn parse(mountinfo: &'a [u8]) -> Self {
        let lines: Vec<_> = parse::lines(mountinfo).filter_map(MountLine::parse).collect();
        let by_id = lines.iter().enumerate().map(|(index, line)| (line.id, index)).collect();
        let last_at =
            lines.iter().enumerate().map(|(index, line)| ((line.parent, line.point), index)).collect();
        Self { lines, by_id, last_at }
    }

    /// Returns true where a path leads to the mount: nothing is mounted over it, nor over a folder on the way to it.
    pub(super) fn is_visible(&self, index: usize) -> bool {
        let line = &self.lines[index];
        let cover = self.last_at.get(&(line.id, line.point));
        cover.is_none_or(|cover| *cover == index) && self.chain(index).all(|at| !self.is_covered(at))
    }

    /// Returns true where it was mounted by an automount.
    pub(super) fn is_automounted(&self, index: usize) -> bool {
        self.chain(index).any(|at| self.lines[at].kind == "autofs")
    }

    /// The visible mount that a path leads to.
    pub(super) fn mount_of(&self, path: &[u8]) -> Option<usize> {
        let on_path = (0..self.lines.len()).filter(|at| is_inside(path, self.lines[*at].point));
        on_path.filter(|at| self.is_visible(*at)).max_by_key(|at| self.lines[*at].point.len())
    }

    /// A mount, its parent, and so on up.
    fn chain(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let parent =
            |at: &usize| self.by_id.get(&self.lines[*at].parent).copied().filter(|above| above != at);
        std::iter::successors(Some(index), parent).take(MOST_NESTED)
    }

    /// Returns true where something was mounted later at the same point of the parent, or at a folder above that; the latter
    /// only below a parent that is listed: a root is under what it was mounted over.
    fn is_covered(&self, index: usize) -> bool {
        let line = &self.lines[index];
        let later = |folder| self.last_at.get(&(line.parent, folder)).is_some_and(|other| *other > index);
        let is_listed = self.by_id.contains_key(&line.parent);
        folders(line.point).take(if is_listed { usize::MAX } else { 1 }).any(later)
    }
}

/// Returns true where a path is a folder or lies in it.
pub(super) fn is_inside(path: &[u8], folder: &[u8]) -> bool {
    folders(path).any(|above| above == folder)
}

/// A path, the folder that it lies in, and so on up to `/`.
fn folders(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(path), |path| {
        let slash = path.iter().rposition(|byte| *byte == b'/')?;
        (path.len() > 1).then(|| &path[..slash.max(1)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visible(mountinfo: &str) -> Vec<u64> {
        let tree = MountTree::parse(mountinfo.as_bytes());
        (0..tree.lines.len()).filter(|at| tree.is_visible(*at)).map(|at| tree.lines[at].id).collect()
    }

    #[test]
    fn folders_of_a_path_end_at_the_root() {
        let of = |path: &'static str| {
            folders(path.as_bytes()).map(|path| std::str::from_utf8(path).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(of("/a/bc"), ["/a/bc", "/a", "/"]);
        assert_eq!(of("/"), ["/"]);
        assert!(is_inside(b"/a/bc", b"/a") && is_inside(b"/a", b"/a") && !is_inside(b"/ab", b"/a"));
    }

    #[test]
    fn a_cover_hides_what_is_at_its_point_and_below() {
        let over_root_of_mount = "1 0 8:1 / / rw - ext4 a rw\n2 1 8:2 / /d rw - ext4 b rw\n\
            3 2 8:3 / /d/e rw - ext4 c rw\n4 2 0:9 / /d rw - tmpfs t rw\n5 4 8:4 / /d/e rw - xfs d rw\n";
        assert_eq!(visible(over_root_of_mount), [1, 4, 5]);
        let over_folder_of_parent = "1 0 8:1 / / rw - ext4 a rw\n2 1 8:2 / /d/e rw - ext4 b rw\n\
            3 2 8:3 / /d/e/f rw - ext4 c rw\n4 1 0:9 / /d rw - tmpfs t rw\n5 1 8:5 / /de rw - ext4 e rw\n";
        assert_eq!(visible(over_folder_of_parent), [1, 4, 5]);
        let same_parent =
            "1 0 8:1 / / rw - ext4 a rw\n2 1 8:2 / /d rw - ext4 b rw\n3 1 0:9 / /d rw - tmpfs t rw\n";
        assert_eq!(visible(same_parent), [1, 3]);
    }

    #[test]
    fn a_root_that_was_mounted_last_hides_nothing_of_its_own() {
        let switched =
            "2 9 0:3 / /proc rw - proc proc rw\n3 9 8:2 / /home rw - ext4 b rw\n9 1 8:1 / / rw - ext4 a rw\n";
        assert_eq!(visible(switched), [2, 3, 9]);
        assert_eq!(visible("1 1 0:60 / / rw - zfs a/b rw\n2 1 0:61 / /proc rw - proc proc rw\n"), [1, 2]);
    }

    #[test]
    fn a_loop_of_parents_ends() {
        assert_eq!(visible("1 2 8:1 / /a rw - ext4 a rw\n2 1 8:2 / /b rw - ext4 b rw\n"), [1, 2]);
    }
}
