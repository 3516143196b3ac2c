//! What the program says about itself: help, manual page and completions come from one set of definitions.

use crate::program::{cronograph, stderr, stdout};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

/// The commands, as `--help` lists them.
const COMMANDS: [&str; 17] = [
    "sample",
    "site",
    "compact",
    "log",
    "try",
    "note",
    "import",
    "install",
    "uninstall",
    "explain",
    "trend",
    "probe",
    "bisect",
    "check",
    "mute",
    "doctor",
    "config",
];

fn help(arguments: &[&str]) -> String {
    stdout(cronograph().args(arguments))
}

#[test]
fn the_program_and_every_command_have_help() {
    insta::assert_snapshot!("cronograph", help(&["--help"]));
    for command in COMMANDS {
        insta::assert_snapshot!(command, help(&[command, "--help"]));
    }
}

#[test]
fn every_command_shows_an_example() {
    for command in COMMANDS {
        assert!(help(&[command, "-h"]).contains("\nExample"), "{command}");
    }
}

#[test]
fn the_manual_page_has_every_command_and_option() {
    let page = help(&["man"]).replace("\\-", "-");
    for command in COMMANDS {
        assert!(page.contains(&format!(".SS cronograph {command}\n")), "{command}");
        let help = help(&[command, "--help"]);
        let options = help.split_whitespace().filter(|word| word.starts_with("--"));
        for option in options.map(|word| word.trim_end_matches([',', '.', ')'])) {
            assert!(page.contains(option), "{command} {option}");
        }
    }
    assert!(!page.contains("completions") && !page.contains("--now"), "what is hidden stays hidden");
}

#[test]
fn the_completions_have_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = help(&["completions", shell]);
        for command in COMMANDS {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn the_version_is_the_packages() {
    assert_eq!(help(&["--version"]), format!("cronograph {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_is_said_on_standard_error_with_code_2() {
    let cases: [&[&str]; 5] =
        [&[], &["sampel"], &["sample", "--hots", "x"], &["try", "--seconds", "0"], &["site", "extra"]];
    for arguments in cases {
        let output = cronograph().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        if !arguments.is_empty() {
            assert!(stderr(&output).starts_with("cronograph: "), "{}", stderr(&output));
        }
    }
    assert!(stderr(&cronograph().arg("sampel").output().unwrap()).contains("'sample'"));
}

/// `cronograph man | head` ends without a word when `head` has gone.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (reader, writer) = UnixStream::pair().unwrap();
    drop(reader);
    let program = assert_cmd::cargo::cargo_bin("cronograph");
    #[expect(clippy::disallowed_methods, reason = "assert_cmd cannot hand over a pipe")]
    let child = std::process::Command::new(program)
        .arg("man")
        .stdout(OwnedFd::from(writer))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(stderr(&output), "");
}
