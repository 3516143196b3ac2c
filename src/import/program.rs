//! Starts the two programs that read binary files: `sadf` of sysstat, and `rrdtool dump`. Without a shell, found only where the
//! system keeps programs, in an environment of their own; nothing is run with anybody's text but the name of the file.

use super::error::ImportError;
use crate::sample::command::PATH;
use std::path::Path;
use std::process::{Command, Stdio};

/// A program, its arguments around the file's name, and the package that has it.
#[derive(Clone, Copy)]
pub(super) struct Program {
    name: &'static str,
    before: &'static [&'static str],
    after: &'static [&'static str],
    package: &'static str,
}

/// All that a binary file of sysstat holds, as JSON; disks by their names, file systems by where they are mounted.
pub(super) const SADF: Program =
    Program { name: "sadf", before: &["-j"], after: &["--", "-A", "-p", "-F", "MOUNT"], package: "sysstat" };
/// A round robin database as XML.
pub(super) const RRDTOOL: Program =
    Program { name: "rrdtool", before: &["dump"], after: &[], package: "rrdtool" };

impl Program {
    /// What it prints about a file.
    #[expect(clippy::disallowed_methods, reason = "sadf and rrdtool read the formats of their own files")]
    pub(super) fn output(self, path: &Path) -> Result<Vec<u8>, ImportError> {
        let shown = path.display().to_string();
        let failed = |what: String, hint: String| ImportError::Program {
            program: self.name,
            path: shown.clone(),
            what,
            hint,
        };
        // A name that begins with a dash is no option.
        let path = std::path::absolute(path)
            .map_err(|error| failed(error.to_string(), "name the file by its whole path".to_owned()))?;
        let output = Command::new(self.name)
            .args(self.before)
            .arg(path)
            .args(self.after)
            .env_clear()
            .env("PATH", PATH)
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| {
                let hint = format!(
                    "install the package {}, or run `{}` where it is and import what it prints",
                    self.package,
                    self.line()
                );
                failed(error.to_string(), hint)
            })?;
        if output.status.success() && !output.stdout.is_empty() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned();
        Err(failed(said, format!("see what `{}` says", self.line())))
    }

    /// How one would type it.
    fn line(self) -> String {
        let words = [self.before, &["FILE"], self.after].concat();
        format!("{} {}", self.name, words.join(" "))
    }
}
