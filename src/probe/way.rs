//! The ways of running a command: what its standard streams are, and in which environment. A leak may show in one way only:
//! the story's came when the output was no terminal.

use super::process::path_of;
use serde::Serialize;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What a standard stream of the command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// A pseudo-terminal of its own, as at a prompt.
    Tty,
    /// `/dev/null`.
    Null,
    /// A temporary file, emptied after each run.
    File,
    /// A pipe, as under cron or in a monitor.
    Pipe,
}

/// The environment that a command runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Surroundings {
    /// That of this shell.
    Full,
    /// Nothing but PATH.
    Clean,
    /// As cron sets it: HOME, LOGNAME, SHELL, a short PATH; at home.
    Cron,
}

impl Stream {
    /// Every one, those first with which it began.
    pub const ALL: [Self; 4] = [Self::File, Self::Null, Self::Pipe, Self::Tty];

    /// The streams of these names; `all` stands for each.
    pub fn named(names: &[impl AsRef<str>]) -> Vec<Self> {
        named(names, &Self::ALL)
    }
}

impl Surroundings {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Full, Self::Clean, Self::Cron];

    /// The environments of these names; `all` stands for each.
    pub fn named(names: &[impl AsRef<str>]) -> Vec<Self> {
        named(names, &Self::ALL)
    }
}

/// Each once, in the order in which they were named.
fn named<T: Copy + PartialEq + fmt::Display>(names: &[impl AsRef<str>], all: &[T]) -> Vec<T> {
    let mut found: Vec<T> = Vec::new();
    for name in names.iter().map(AsRef::as_ref) {
        let meant = all.iter().filter(|one| name == "all" || one.to_string() == name);
        for one in meant {
            if !found.contains(one) {
                found.push(*one);
            }
        }
    }
    found
}

impl Surroundings {
    /// Whether a program would be found in this environment; in this shell's, the system says when it is started.
    pub fn finds(self, program: &OsStr) -> bool {
        let is_path = program.as_bytes().contains(&b'/');
        let Some(path) = path_of(self).filter(|_| !is_path) else { return true };
        path.split(':').any(|folder| Path::new(folder).join(program).is_file())
    }

    /// The folders in which it looks for programs, if they are not this shell's.
    pub fn path(self) -> Option<&'static str> {
        path_of(self)
    }
}

/// One way of running a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Way {
    /// Standard output, and standard error with it.
    pub stdout: Stream,
    /// Standard input; there is nothing to read.
    pub stdin: Stream,
    /// The environment.
    pub env: Surroundings,
}

/// Every combination, the first named first.
pub fn ways(stdout: &[Stream], stdin: &[Stream], env: &[Surroundings]) -> Vec<Way> {
    let mut ways = Vec::new();
    for env in env {
        for stdin in stdin {
            ways.extend(stdout.iter().map(|stdout| Way { stdout: *stdout, stdin: *stdin, env: *env }));
        }
    }
    ways
}

impl fmt::Display for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Tty => "tty",
            Self::Null => "null",
            Self::File => "file",
            Self::Pipe => "pipe",
        })
    }
}

impl fmt::Display for Surroundings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Full => "full",
            Self::Clean => "clean",
            Self::Cron => "cron",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_streams() {
        assert_eq!(Stream::named(&["tty", "all"]), [Stream::Tty, Stream::File, Stream::Null, Stream::Pipe]);
        assert_eq!(Stream::named(&["screen"]), []);
        assert_eq!(Surroundings::named(&["cron", "cron"]), [Surroundings::Cron]);
    }

    #[test]
    fn cron_finds_less_than_a_shell() {
        assert!(Surroundings::Cron.finds(OsStr::new("sh")) && Surroundings::Clean.finds(OsStr::new("sh")));
        assert!(!Surroundings::Cron.finds(OsStr::new("no-such-program")));
        assert!(Surroundings::Cron.finds(OsStr::new("./no-such-program")), "a path is not looked for");
    }

    #[test]
    fn combinations_in_the_order_in_which_they_were_named() {
        let found =
            ways(&[Stream::File, Stream::Tty], &[Stream::Null], &[Surroundings::Full, Surroundings::Cron]);
        let named: Vec<String> =
            found.iter().map(|way| format!("{} {} {}", way.stdout, way.stdin, way.env)).collect();
        assert_eq!(named, ["file null full", "tty null full", "file null cron", "tty null cron"]);
    }
}
