//! What is known of a script without running it: the scripts of a folder, the header that the Linux Standard Base asks of
//! init scripts, the package that it came with.

use super::ProbeError;
use super::cover::cause;
use crate::base::escape;
use crate::base::files::TEMPORARY_PREFIX;
use crate::sample::Root;
use crate::sample::command;
use rustix::fs::{Access, access};
use serde::Serialize;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// As much of a script is looked at.
const HEAD_BYTES: usize = 64 * 1024;
/// How long rpm may take.
const RPM_SECONDS: f64 = 10.0;
/// The folders of which an init script or job is never a copy.
const SYSTEM: [&str; 12] =
    ["/etc", "/usr", "/lib", "/lib64", "/bin", "/sbin", "/opt", "/boot", "/var/lib", "/proc", "/sys", "/dev"];

/// What a script says of itself, and where it is from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct About {
    /// `Provides:` of its header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provides: Option<String>,
    /// `Short-Description:`, or `Description:`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The package that owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Whether dpkg says so, which can be told to keep it switched off.
    pub is_dpkg: bool,
}

/// The scripts of a folder, by name: what may be executed, links to such files, too.
///
/// # Errors
/// The folder cannot be read, or holds none.
pub fn scripts(folder: &Path) -> Result<Vec<PathBuf>, ProbeError> {
    let failed = |reason: String| ProbeError::Scripts { path: folder.display().to_string(), reason };
    let folder = fs_err::canonicalize(folder).map_err(|error| failed(cause(&error)))?;
    let entries = fs_err::read_dir(&folder).map_err(|error| failed(cause(&error)))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    let is_mark = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY_PREFIX))
    };
    if paths.iter().any(is_mark) {
        let reason = format!("a search runs here, or was killed ({TEMPORARY_PREFIX}*): make the copy anew");
        return Err(failed(reason));
    }
    paths.retain(|path| path.is_file() && access(path, Access::EXEC_OK).is_ok());
    paths.sort();
    if paths.is_empty() {
        return Err(failed("there is no executable file in it".to_owned()));
    }
    Ok(paths)
}

/// Whether a folder can be somebody's own copy.
pub fn may_be_a_copy(folder: &Path) -> bool {
    let real = fs_err::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    !SYSTEM.iter().any(|system| real.starts_with(system))
}

impl About {
    /// Of a script on this machine.
    pub fn of(root: &Root, script: &Path) -> Self {
        let text = fs_err::read(script).unwrap_or_default();
        let text = String::from_utf8_lossy(&text[..text.len().min(HEAD_BYTES)]).into_owned();
        let about = Self::header(&text);
        if let Some(package) = dpkg(root, script) {
            return Self { package: Some(package), is_dpkg: true, ..about };
        }
        Self { package: rpm(root, script), ..about }
    }

    /// The lines `# Provides: …` between `### BEGIN INIT INFO` and `### END INIT INFO`.
    fn header(text: &str) -> Self {
        let mut about = Self::default();
        let header = text.lines().skip_while(|line| !line.starts_with("### BEGIN INIT INFO"));
        for line in header.skip(1).take_while(|line| !line.starts_with("### END INIT INFO")) {
            let Some((key, value)) = line.trim_start_matches('#').split_once(':') else { continue };
            let value = Some(escape::terminal(value.trim()).into_owned()).filter(|value| !value.is_empty());
            match key.trim().to_ascii_lowercase().as_str() {
                "provides" => about.provides = value,
                "short-description" => about.description = value,
                "description" => about.description = about.description.or(value),
                _ => {}
            }
        }
        about
    }
}

/// The package in whose list of files the script is: `/var/lib/dpkg/info/PACKAGE.list`, a path a line.
fn dpkg(root: &Root, script: &Path) -> Option<String> {
    let wanted = script.as_os_str().as_bytes();
    let lists = fs_err::read_dir(root.path("var/lib/dpkg/info")).ok()?;
    lists.flatten().find_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let package = name.strip_suffix(".list")?;
        let list = fs_err::read(entry.path()).ok()?;
        let is_listed = list.split(|byte| *byte == b'\n').any(|line| line == wanted);
        is_listed.then(|| package.split(':').next().unwrap_or(package).to_owned())
    })
}

/// rpm keeps its list in a database that only rpm reads.
fn rpm(root: &Root, script: &Path) -> Option<String> {
    let has_database = ["var/lib/rpm", "usr/lib/sysimage/rpm"].iter().any(|path| root.path(path).is_dir());
    if !(root.is_real() && has_database) {
        return None;
    }
    let words = ["rpm", "-qf", "--qf", "%{NAME}\\n", "--", script.to_str()?].map(str::to_owned);
    let outcome = command::run(&words, RPM_SECONDS, command::ENOUGH_BYTES);
    outcome.line.filter(|_| outcome.code == Some(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_header_of_an_init_script() {
        let text = "#!/bin/sh\n# Provides: not this\n### BEGIN INIT INFO\n# Provides:          agent\n# Required-Start:\n\
                    # Short-Description: Vendor's agent\n# Description:       Longer.\n### END INIT INFO\n# Provides: nor this\n";
        let about = About::header(text);
        assert_eq!(about.provides.as_deref(), Some("agent"));
        assert_eq!(about.description.as_deref(), Some("Vendor's agent"));
        assert_eq!(About::header("#!/bin/sh\nexit 0\n"), About::default());
    }

    #[test]
    fn the_package_that_lists_it() {
        let folder = tempfile::tempdir().unwrap();
        let info = folder.path().join("var/lib/dpkg/info");
        fs_err::create_dir_all(&info).unwrap();
        fs_err::write(info.join("agent:amd64.list"), "/.\n/etc/init.d\n/etc/init.d/agent\n").unwrap();
        fs_err::write(info.join("agentx.list"), "/etc/init.d/agent2\n").unwrap();
        let root = Root::recorded(folder.path());
        assert_eq!(dpkg(&root, Path::new("/etc/init.d/agent")).as_deref(), Some("agent"));
        assert_eq!(dpkg(&root, Path::new("/etc/init.d")).as_deref(), Some("agent"));
        assert_eq!(dpkg(&root, Path::new("/etc/init.d/agen")), None);
    }

    #[test]
    fn only_what_can_be_executed_is_a_script() {
        let folder = tempfile::tempdir().unwrap();
        for (name, mode) in [("b", 0o755), ("a", 0o700), ("README", 0o644)] {
            fs_err::write(folder.path().join(name), "").unwrap();
            fs_err::set_permissions(folder.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
        }
        fs_err::create_dir(folder.path().join("c")).unwrap();
        let names: Vec<String> = scripts(folder.path())
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["a", "b"]);
        let error = scripts(&folder.path().join("missing")).unwrap_err().to_string();
        assert!(error.ends_with("missing: there is no such folder"), "{error}");
        assert!(may_be_a_copy(folder.path()) && !may_be_a_copy(Path::new("/etc")));
    }
}
