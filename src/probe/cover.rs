//! Scripts that are switched off without being touched: in a mount namespace of the run's own, `mount_namespaces(7)`, each is
//! covered by an empty file that is not executable. Paths and names stay what they are, and nobody else sees it. An ordinary
//! user needs a user namespace, `user_namespaces(7)`, in which he keeps his number. Where neither is allowed, a copy of the
//! folder that is the user's own can be used: there the permission to execute is taken, and given back; a link, whose
//! permission is that of what it leads to, is given a hidden name for a while.

use super::ProbeError;
use crate::base::files::TEMPORARY_PREFIX;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{MountPropagationFlags, mount_bind, mount_change};
use rustix::path::DecInt;
use rustix::thread::{UnshareFlags, unshare_unsafe};
use std::ffi::{CStr, CString};
use std::fs::Permissions;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// How scripts are switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covering {
    /// In a mount namespace: root.
    Namespace,
    /// In a mount namespace inside of a user namespace.
    UserNamespace,
    /// By their permissions, in a copy.
    Permissions,
}

/// The scripts of a folder, and which of them are off.
#[derive(Debug)]
pub struct Cover {
    scripts: Vec<PathBuf>,
    covering: Covering,
    /// What covers them.
    blank: NamedTempFile,
    off: Vec<usize>,
    /// How each is switched off in a copy.
    switches: Vec<Switch>,
    /// A file in the copy for as long as permissions are not what they were: a search that is killed leaves it.
    mark: Option<PathBuf>,
}

/// What is changed to switch off a script of a copy.
#[derive(Clone, Debug)]
enum Switch {
    /// A file's permissions: the ones to be given back.
    Mode(u32),
    /// A link's name: the one that it has meanwhile.
    Name(PathBuf),
}

impl Cover {
    /// All are on.
    ///
    /// # Errors
    /// There is no room for an empty file, or a script cannot be looked at.
    pub fn new(scripts: Vec<PathBuf>, covering: Covering) -> Result<Self, ProbeError> {
        let blank = tempfile::Builder::new().permissions(Permissions::from_mode(0o644)).tempfile();
        let blank = blank.map_err(|source| ProbeError::Stream { what: "temporary file", source })?;
        let switch =
            |script: &PathBuf| Switch::of(script, covering).map_err(|source| failed(script, &source));
        let switches = scripts.iter().map(switch).collect::<Result<_, _>>()?;
        let mark = match scripts.first().filter(|_| covering == Covering::Permissions) {
            Some(first) => {
                let mark = first.with_file_name(format!("{TEMPORARY_PREFIX}bisect"));
                fs_err::write(&mark, "").map_err(|source| failed(&mark, &source))?;
                Some(mark)
            }
            None => None,
        };
        Ok(Self { scripts, covering, blank, off: Vec::new(), switches, mark })
    }

    /// Switches off these, by their numbers, and all others on.
    ///
    /// # Errors
    /// A permission cannot be changed.
    pub fn switch_off(&mut self, off: &[usize]) -> Result<(), ProbeError> {
        if self.covering == Covering::Permissions {
            for (number, (script, switch)) in self.scripts.iter().zip(&self.switches).enumerate() {
                switch.turn(script, !off.contains(&number)).map_err(|source| failed(script, &source))?;
            }
        }
        self.off = off.to_vec();
        Ok(())
    }

    /// What the child has to do. `None` where it has nothing to do.
    pub(super) fn in_child(&self) -> Option<InChild> {
        let text = |path: &Path| CString::new(path.as_os_str().as_bytes()).ok();
        let identity = match self.covering {
            Covering::Permissions => return None,
            Covering::Namespace => None,
            Covering::UserNamespace => {
                let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
                Some([format!("{uid} {uid} 1"), format!("{gid} {gid} 1")])
            }
        };
        let targets = self.off.iter().filter_map(|number| text(self.scripts.get(*number)?)).collect();
        Some(InChild { identity, blank: text(self.blank.path())?, targets })
    }
}

fn failed(script: &Path, source: &io::Error) -> ProbeError {
    ProbeError::Scripts { path: script.display().to_string(), reason: cause(source) }
}

/// What the system says, without the path that stands before it already.
pub(super) fn cause(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not do that".to_owned(),
        io::ErrorKind::NotADirectory => "it is no folder".to_owned(),
        _ => {
            let text = error.to_string();
            text.rsplit(": ").next().unwrap_or(&text).to_owned()
        }
    }
}

impl Switch {
    fn of(script: &Path, covering: Covering) -> io::Result<Self> {
        let metadata = fs_err::symlink_metadata(script)?;
        if covering == Covering::Permissions && metadata.is_file() && metadata.nlink() > 1 {
            return Err(io::Error::other(
                "it has another name: in a copy by hard links, the original would change",
            ));
        }
        if metadata.is_symlink() {
            let name = script.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Ok(Self::Name(script.with_file_name(format!("{TEMPORARY_PREFIX}{name}"))));
        }
        Ok(Self::Mode(metadata.permissions().mode()))
    }

    fn turn(&self, script: &Path, on: bool) -> io::Result<()> {
        match self {
            Self::Mode(mode) => {
                let mode = if on { *mode } else { mode & !0o111 };
                fs_err::set_permissions(script, Permissions::from_mode(mode))
            }
            Self::Name(hidden) => {
                let is_hidden = fs_err::symlink_metadata(hidden).is_ok();
                match (on, is_hidden) {
                    (true, true) => fs_err::rename(hidden, script),
                    (false, false) => fs_err::rename(script, hidden),
                    _ => Ok(()),
                }
            }
        }
    }
}

impl Drop for Cover {
    fn drop(&mut self) {
        if self.covering == Covering::Permissions {
            // What is gone meanwhile must not keep the others from what was theirs.
            for (script, switch) in self.scripts.iter().zip(&self.switches) {
                let _ = switch.turn(script, true);
            }
        }
        if let Some(mark) = &self.mark {
            let _ = fs_err::remove_file(mark);
        }
    }
}

/// What a child does between fork and exec, made ready before: no memory is allocated there.
#[derive(Debug)]
pub(super) struct InChild {
    /// The maps of the user namespace, where one is needed.
    identity: Option<[String; 2]>,
    blank: CString,
    targets: Vec<CString>,
}

impl InChild {
    /// Enters the namespaces and covers the scripts. System calls alone.
    pub(super) fn enter(&self) -> io::Result<()> {
        let flags = match self.identity {
            Some(_) => UnshareFlags::NEWNS | UnshareFlags::NEWUSER,
            None => UnshareFlags::NEWNS,
        };
        #[expect(unsafe_code, reason = "rustix marks all of unshare as unsafe for the sake of one flag")]
        // SAFETY: the flag that shares no descriptors any more (FILES) is not among these.
        unsafe { unshare_unsafe(flags) }?;
        if let Some([uid, gid]) = &self.identity {
            write(c"/proc/self/setgroups", "deny")?;
            write(c"/proc/self/uid_map", uid)?;
            write(c"/proc/self/gid_map", gid)?;
        }
        // Nothing that is mounted here may show outside.
        mount_change(c"/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
        for target in &self.targets {
            self.cover(target)?;
        }
        Ok(())
    }

    /// Covers a file. A link is covered itself: what it leads to may be used by others.
    fn cover(&self, target: &CStr) -> rustix::io::Result<()> {
        let file =
            rustix::fs::open(target, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
        let mut path = [0_u8; 40];
        let folder = b"/proc/self/fd/";
        let number = DecInt::new(file.as_raw_fd());
        let digits = number.as_bytes();
        path[..folder.len()].copy_from_slice(folder);
        path[folder.len()..folder.len() + digits.len()].copy_from_slice(digits);
        let path = CStr::from_bytes_until_nul(&path).map_err(|_| Errno::INVAL)?;
        mount_bind(self.blank.as_c_str(), path)
    }
}

fn write(path: &CStr, text: &str) -> rustix::io::Result<()> {
    let file = rustix::fs::open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::io::write(&file, text.as_bytes()).map(drop)
}
