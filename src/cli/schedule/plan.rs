//! What `install` and `uninstall` will do, step by step: first shown, then done.

use super::machine::{Crontab, CrontabProgram, Machine};
use super::{Run, block, cron, ship, systemd};
use crate::base::clock::Clock;
use crate::base::{escape, files};
use crate::cli::args::Scheduler;
use crate::cli::output::failure;
use std::fmt::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

/// Something that holds a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Place {
    /// The user's crontab.
    Crontab(CrontabProgram),
    /// A file, and the folders above it as far as they are missing.
    File(PathBuf),
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Change {
    /// A text becomes another one; `None`: there is none.
    Text {
        /// Where.
        place: Place,
        /// What is there.
        before: Option<Vec<u8>>,
        /// What will be there.
        after: Option<Vec<u8>>,
    },
    /// A folder is made.
    Folder {
        /// Where.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// systemd is told.
    Systemctl(Vec<String>),
}

/// The steps, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct Plan {
    /// The steps.
    pub changes: Vec<Change>,
}

impl Plan {
    /// Adds the change of a text, unless nothing would change.
    pub(in crate::cli) fn text(&mut self, place: Place, before: Option<Vec<u8>>, after: Option<Vec<u8>>) {
        if before != after {
            self.changes.push(Change::Text { place, before, after });
        }
    }

    /// Adds what starts the runs.
    pub(in crate::cli) fn schedule(
        &mut self,
        machine: &Machine,
        wish: Option<Scheduler>,
        runs: &[Run],
    ) -> anyhow::Result<()> {
        if wish != Some(Scheduler::Systemd) {
            if let Some(path) = machine.cron_file() {
                let before = read(&path)?;
                if !machine.has_busybox_cron() {
                    return self.put_block(Place::File(path), before, runs, Some("root"));
                }
                // Put there by an earlier version, and never read.
                self.take_block(Place::File(path), before)?;
            }
            if let Some(crontab) = machine.crontab() {
                let before = crontab.read()?;
                return self.put_block(Place::Crontab(crontab), before, runs, None);
            }
        }
        if wish != Some(Scheduler::Cron) {
            if let Some(folder) = machine.unit_folder() {
                return self.add_units(machine, &systemd::units(&folder, runs), runs);
            }
        }
        Err(failure(
            "this machine has neither cron nor systemd to start the runs",
            "install cron, then try again",
        ))
    }

    /// Puts our lines into a crontab.
    fn put_block(
        &mut self,
        place: Place,
        before: Option<Vec<u8>>,
        runs: &[Run],
        user: Option<&str>,
    ) -> anyhow::Result<()> {
        for argument in runs.iter().flat_map(|run| &run.commands).flatten() {
            if let Some(objection) = cron::objection(argument) {
                return Err(failure(
                    format!("`{}` {objection}", escape::terminal(argument)),
                    "move it to a plain path, like /usr/local/bin/cronograph",
                ));
            }
        }
        let text = before.as_deref().unwrap_or_default();
        let mut lines = cron::lines(runs, user);
        if !runs.iter().any(|run| run.name == ship::NAME) {
            // What an earlier run was asked for stays.
            let inside = block::inside(text).map_err(|error| mend(&place, error))?.unwrap_or_default();
            lines.extend(
                inside.lines().filter(|line| ship::told(line).is_some()).map(|line| format!("{line}\n")),
            );
        }
        let after = block::put(text, &lines).map_err(|error| mend(&place, error))?;
        self.text(place, before, Some(after));
        Ok(())
    }

    /// Writes the units and starts the timers; again too, since a changed unit must be read again.
    fn add_units(&mut self, machine: &Machine, units: &[systemd::Unit], runs: &[Run]) -> anyhow::Result<()> {
        for unit in units {
            let after = Some(unit.text.clone().into_bytes());
            self.text(Place::File(unit.path.clone()), read(&unit.path)?, after);
        }
        let changed = self.changes.iter().any(|change| matches!(change, Change::Text { .. }));
        if changed {
            let timers: Vec<String> = runs.iter().map(systemd::timer_name).collect();
            self.systemctl(machine, &["daemon-reload"], &[]);
            self.systemctl(machine, &["enable", "--now"], &timers);
        }
        Ok(())
    }

    /// Takes out what starts the runs, wherever `schedule` can have put it.
    pub(in crate::cli) fn unschedule(&mut self, machine: &Machine, runs: &[Run]) -> anyhow::Result<()> {
        if let Some(path) = machine.cron_file() {
            let before = read(&path)?;
            self.take_block(Place::File(path), before)?;
        }
        if let Some(crontab) = machine.crontab() {
            let before = crontab.read()?;
            self.take_block(Place::Crontab(crontab), before)?;
        }
        let Some(folder) = machine.unit_folder() else { return Ok(()) };
        let (mut present, mut timers) = (Vec::new(), Vec::new());
        for run in runs {
            for unit in systemd::units(&folder, std::slice::from_ref(run)) {
                if let Some(text) = read(&unit.path)? {
                    present.push((unit.path, text));
                    timers.push(systemd::timer_name(run));
                }
            }
        }
        timers.dedup();
        if present.is_empty() {
            return Ok(());
        }
        self.systemctl(machine, &["disable", "--now"], &timers);
        for (path, text) in present {
            self.text(Place::File(path), Some(text), None);
        }
        self.systemctl(machine, &["daemon-reload"], &[]);
        Ok(())
    }

    /// Adds a word to systemd, the system's or the user's.
    fn systemctl(&mut self, machine: &Machine, verb: &[&str], timers: &[String]) {
        let whose: &[&str] = if machine.is_root { &[] } else { &["--user"] };
        let words = whose.iter().chain(verb).map(|word| (*word).to_owned());
        self.changes.push(Change::Systemctl(words.chain(timers.iter().cloned()).collect()));
    }

    /// Takes our lines out of a crontab; one that is empty then was not there before.
    fn take_block(&mut self, place: Place, before: Option<Vec<u8>>) -> anyhow::Result<()> {
        let rest = block::take(before.as_deref().unwrap_or_default()).map_err(|error| mend(&place, error))?;
        if let Some(rest) = rest {
            self.text(place, before, Some(rest).filter(|rest| !rest.is_empty()));
        }
        Ok(())
    }

    /// What will be done, for a person to read: every line that comes or goes, with two lines around.
    pub(in crate::cli) fn preview(&self) -> String {
        let mut page = String::new();
        for change in &self.changes {
            // Writing to a string cannot fail.
            let _ = match change {
                Change::Text { place, before, after } => {
                    let verb = match (before, after) {
                        (None, _) => "new",
                        (_, None) => "removed",
                        _ => "changed",
                    };
                    writeln!(page, "{} ({verb}):\n{}", place.name(), difference(before, after))
                }
                Change::Folder { path, mode } => {
                    writeln!(page, "{} (new folder, mode {mode:04o})\n", path.display())
                }
                Change::Systemctl(arguments) => writeln!(page, "systemctl {}\n", arguments.join(" ")),
            };
        }
        page
    }

    /// Does it, step by step, the crontab last.
    pub(in crate::cli) fn apply(&self, machine: &Machine) -> anyhow::Result<()> {
        for change in &self.changes {
            match change {
                Change::Text { place, after, .. } => place.write(after.as_deref())?,
                Change::Folder { path, mode } => make_folder(path, *mode)?,
                Change::Systemctl(arguments) => machine.systemctl(arguments)?,
            }
        }
        Ok(())
    }
}

impl Place {
    /// How a person calls it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Crontab(_) => "your crontab".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    fn write(&self, text: Option<&[u8]>) -> anyhow::Result<()> {
        match (self, text) {
            (Self::Crontab(crontab), text) => crontab.write(text)?,
            (Self::File(path), None) => fs_err::remove_file(path)?,
            (Self::File(path), Some(text)) => {
                if let Some(folder) = path.parent() {
                    files::create_folder(folder)?;
                    files::remove_old_leftovers(folder, Clock::Real.now());
                }
                files::write_durable(path, text)?;
            }
        }
        Ok(())
    }
}

/// Makes a folder with a mode that the umask does not cut; those above it as usual.
fn make_folder(path: &std::path::Path, mode: u32) -> anyhow::Result<()> {
    if let Some(parent) = path.parent() {
        files::create_folder(parent)?;
    }
    std::fs::DirBuilder::new().mode(mode).recursive(true).create(path)?;
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
    fs_err::set_permissions(path, permissions)?;
    Ok(())
}

/// A file's bytes; `None`: there is none.
pub(in crate::cli) fn read(path: &std::path::Path) -> anyhow::Result<Option<Vec<u8>>> {
    match fs_err::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A block that cannot be told from the lines of others.
fn mend(place: &Place, error: block::BlockError) -> anyhow::Error {
    failure(format!("{}: {error}", place.name()), "take our lines out by hand, then try again")
}

/// The lines that go and come, with two lines of what stays on each side.
fn difference(before: &Option<Vec<u8>>, after: &Option<Vec<u8>>) -> String {
    const AROUND: usize = 2;
    let text =
        |bytes: &Option<Vec<u8>>| String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
    let (before, after) = (text(before), text(after));
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let mut page = String::new();
    let mut write = |sign: &str, lines: &[&str]| {
        for line in lines {
            let _ = writeln!(page, "{}", format!("  {sign} {}", escape::terminal(line)).trim_end());
        }
    };
    write(" ", &old[head.saturating_sub(AROUND)..head]);
    write("-", &old[head..old.len() - tail]);
    write("+", &new[head..new.len() - tail]);
    write(" ", &old[old.len() - tail..(old.len() - tail + AROUND).min(old.len())]);
    page
}
