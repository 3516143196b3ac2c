//! The machine that is written to: where its programs and folders are, and the only calls of other programs
//! that cronograph makes, `crontab` and `systemctl`. Neither has another interface that every system shares.

use crate::cli::args::MachineArgs;
use crate::cli::output::failure;
use anyhow::Context as _;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

/// Names of busybox; Alpine has the applets that need root's rights in a program of their own.
const BUSYBOX: [&str; 2] = ["busybox", "bbsuid"];

/// The kernel follows no more links than this.
const MOST_LINKS: usize = 40;

/// Where things are.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Machine {
    /// What stands for `/`.
    prefix: PathBuf,
    /// Whether the system's own places are written, or the user's.
    pub is_root: bool,
    /// The user's home.
    pub home: Option<PathBuf>,
    crontab: Option<PathBuf>,
    systemctl: Option<PathBuf>,
}

impl Machine {
    /// This machine, or what a test says.
    pub(in crate::cli) fn new(args: &MachineArgs, is_root: bool, home: Option<PathBuf>) -> Self {
        let prefix = args.prefix.clone().unwrap_or_else(|| PathBuf::from("/"));
        let find = |name: &str| {
            let folders = ["usr/bin", "bin", "usr/local/bin", "usr/sbin"];
            let is_there = |path: &PathBuf| path.is_file() || path.is_symlink();
            folders.iter().map(|folder| prefix.join(folder).join(name)).find(is_there)
        };
        Self {
            is_root: is_root && !args.ordinary_user,
            home,
            crontab: args.crontab_program.clone().or_else(|| find("crontab")),
            systemctl: args.systemctl_program.clone().or_else(|| find("systemctl")),
            prefix,
        }
    }

    /// The path of a program on that machine, as it is there.
    pub(in crate::cli) fn program(&self, name: &str) -> Option<String> {
        let folders = ["usr/bin", "bin", "usr/local/bin"];
        let found = folders.iter().find(|folder| self.prefix.join(folder).join(name).is_file())?;
        Some(format!("/{found}/{name}"))
    }

    /// The file that root's cron reads beside all crontabs; `None`: this cron knows no such folder.
    pub(in crate::cli) fn cron_file(&self) -> Option<PathBuf> {
        let folder = self.prefix.join("etc/cron.d");
        // Packages put files there even where no cron is: the folder alone says nothing.
        (self.is_root && folder.is_dir() && self.crontab.is_some()).then(|| folder.join("cronograph"))
    }

    /// Returns true where its cron is busybox's, which reads the crontabs of users and neither `/etc/cron.d` nor `/etc/crontab`.
    pub(in crate::cli) fn has_busybox_cron(&self) -> bool {
        has_busybox_cron(&self.prefix)
    }

    /// The user's crontab, if there is a cron.
    pub(in crate::cli) fn crontab(&self) -> Option<CrontabProgram> {
        self.crontab.clone().map(|program| CrontabProgram { program })
    }

    /// The folder of systemd's units, if systemd runs here.
    pub(in crate::cli) fn unit_folder(&self) -> Option<PathBuf> {
        self.systemctl.as_ref().filter(|_| self.prefix.join("run/systemd/system").is_dir())?;
        match self.is_root {
            true => Some(self.prefix.join("etc/systemd/system")),
            false => self.home.as_ref().map(|home| home.join(".config/systemd/user")),
        }
    }

    /// Calls `systemctl`.
    pub(in crate::cli) fn systemctl(&self, arguments: &[String]) -> anyhow::Result<()> {
        let program = self.systemctl.as_deref().unwrap_or(Path::new("systemctl"));
        let output = call(program, arguments, None)?;
        if output.status.success() {
            return Ok(());
        }
        Err(failed(program, arguments, &output))
    }
}

/// Returns true where `crontab` under a folder that stands for `/` is busybox by another name.
pub(in crate::cli) fn has_busybox_cron(prefix: &Path) -> bool {
    let folders = ["usr/bin", "bin", "usr/local/bin", "usr/sbin"];
    let programs = folders.iter().map(|folder| prefix.join(folder).join("crontab"));
    let Some(mut program) = programs.into_iter().find(|path| path.symlink_metadata().is_ok()) else {
        return false;
    };
    // Links of `/etc/alternatives` lead on; an absolute one begins at the folder.
    for _ in 0..MOST_LINKS {
        let Ok(target) = fs_err::read_link(&program) else { break };
        program = match target.strip_prefix("/") {
            Ok(target) => prefix.join(target),
            Err(_) => program.with_file_name(target),
        };
    }
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_same = |other: &Path| {
        let id = |path: &Path| fs_err::metadata(path).ok().map(|file| (file.dev(), file.ino()));
        id(&program).is_some_and(|program| id(other) == Some(program))
    };
    BUSYBOX.iter().any(|busybox| name.starts_with(busybox))
        || ["bin", "usr/bin"].iter().any(|folder| is_same(&prefix.join(folder).join("busybox")))
}

/// A user's crontab.
pub(in crate::cli) trait Crontab {
    /// Its text; `None`: the user has none.
    fn read(&self) -> anyhow::Result<Option<Vec<u8>>>;
    /// Replaces it; `None`: the user has none any more.
    fn write(&self, text: Option<&[u8]>) -> anyhow::Result<()>;
}

/// The program `crontab`, the one way to a crontab that works with every cron and without rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct CrontabProgram {
    program: PathBuf,
}

impl Crontab for CrontabProgram {
    fn read(&self) -> anyhow::Result<Option<Vec<u8>>> {
        let arguments = ["-l".to_owned()];
        let output = call(&self.program, &arguments, None)?;
        if output.status.success() {
            return Ok(Some(output.stdout));
        }
        // Only what surely means "none" does: an error taken for an empty crontab would lose its lines.
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        let busybox = message.contains("can't open") && message.contains("No such file");
        if message.contains("no crontab for") || busybox {
            return Ok(None);
        }
        Err(failed(&self.program, &arguments, &output))
    }

    fn write(&self, text: Option<&[u8]>) -> anyhow::Result<()> {
        let argument = if text.is_some() { "-" } else { "-r" }.to_owned();
        let output = call(&self.program, std::slice::from_ref(&argument), text)?;
        if !output.status.success() {
            return Err(failed(&self.program, &[argument], &output));
        }
        if self.read()?.unwrap_or_default() != text.unwrap_or_default() {
            return Err(failure(
                "crontab reports success, but `crontab -l` shows another text than the one it was given",
                "look at `crontab -l`, and mend it with `crontab -e`",
            ));
        }
        Ok(())
    }
}

/// What a program said when it failed.
fn failed(program: &Path, arguments: &[String], output: &Output) -> anyhow::Error {
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().lines().collect::<Vec<_>>().join("; ");
    let line = format!("{} {}", program.display(), arguments.join(" "));
    failure(
        format!("`{line}` failed ({}): {said}", output.status),
        "nothing of it was changed; what is shown above can be put in by hand",
    )
}

/// Starts a program, in the language in which we read its messages, and waits for it.
#[expect(
    clippy::disallowed_methods,
    reason = "crontab and systemctl are the interfaces of cron and systemd; called by install and uninstall only"
)]
fn call(program: &Path, arguments: &[String], input: Option<&[u8]>) -> anyhow::Result<Output> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut child = std::process::Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), input) {
        // A program that ends early says why by its exit code; the broken pipe says less.
        let _ = pipe.write_all(bytes);
    }
    child.wait_with_output().with_context(|| format!("cannot wait for {}", program.display()))
}
