//! The real binary, started without the environment of whoever runs the tests.

use assert_cmd::Command;
use std::process::Output;

/// `cronograph` in an empty environment, so that no variable or configuration of this machine matters.
pub(crate) fn cronograph() -> Command {
    let mut command = Command::cargo_bin("cronograph").unwrap();
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/nonexistent").env("TZ", "UTC");
    command
}

/// Standard output of a run that must succeed and have nothing else to say.
pub(crate) fn stdout(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    String::from_utf8(output.stdout).unwrap()
}

/// What a run said on standard error.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
