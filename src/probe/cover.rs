//! Scripts that are switched off without being touched: in a mount namespace of the run's own, `mount_namespaces(7)`, each is
//! covered by an empty file that is not executable. Paths and names stay what they are, and nobody else sees it. An ordinary
//! user needs a user namespace, `user_namespaces(7)`, in which he keeps his number. Where neither is allowed, a copy of the
//! folder that is the user's own can be used: there the permission to execute is taken, and given back.

use super::ProbeError;
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
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
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
    /// Their modes, to be given back.
    modes: Vec<u32>,
}

impl Cover {
    /// All are on.
    ///
    /// # Errors
    /// There is no room for an empty file, or a script cannot be looked at.
    pub fn new(scripts: Vec<PathBuf>, covering: Covering) -> Result<Self, ProbeError> {
        let blank = tempfile::Builder::new().permissions(Permissions::from_mode(0o644)).tempfile();
        let blank = blank.map_err(|source| ProbeError::Stream { what: "temporary file", source })?;
        let mode = |path: &PathBuf| fs_err::metadata(path).map(|metadata| metadata.permissions().mode());
        let modes = scripts.iter().map(mode).collect::<io::Result<_>>();
        let modes = modes
            .map_err(|source| ProbeError::Scripts { path: String::new(), reason: source.to_string() })?;
        Ok(Self { scripts, covering, blank, off: Vec::new(), modes })
    }

    /// Switches off these, by their numbers, and all others on.
    ///
    /// # Errors
    /// A permission cannot be changed.
    pub fn switch_off(&mut self, off: &[usize]) -> Result<(), ProbeError> {
        if self.covering == Covering::Permissions {
            for (number, script) in self.scripts.iter().enumerate() {
                let mode =
                    if off.contains(&number) { self.modes[number] & !0o111 } else { self.modes[number] };
                fs_err::set_permissions(script, Permissions::from_mode(mode)).map_err(|source| {
                    ProbeError::Scripts { path: script.display().to_string(), reason: source.to_string() }
                })?;
            }
        }
        self.off = off.to_vec();
        Ok(())
    }

    /// What the child has to do. `None` where it has nothing to do.
    pub(super) fn in_child(&self) -> Option<InChild> {
        let text = |path: &std::path::Path| CString::new(path.as_os_str().as_bytes()).ok();
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

impl Drop for Cover {
    fn drop(&mut self) {
        let _ = self.switch_off(&[]);
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
