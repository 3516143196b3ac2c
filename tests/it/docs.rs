//! What README, CONTRIBUTING and CHANGELOG claim: files that they name exist, commands are those of the program, and
//! the `jq` examples run on a log.

use crate::program::cronograph;
use crate::synth::{GIB, Synth};
use std::path::Path;

const README: &str = include_str!("../../README.md");
const CONTRIBUTING: &str = include_str!("../../CONTRIBUTING.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The targets of a page's links: what stands between `](` and `)`.
fn links(page: &str) -> impl Iterator<Item = &str> {
    page.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

#[test]
fn every_link_leads_somewhere() {
    for link in links(README).chain(links(CONTRIBUTING)) {
        assert!(root().join(link).exists(), "{link}");
    }
}

#[test]
fn the_files_that_contributing_names_exist() {
    let quoted = CONTRIBUTING.split('`').skip(1).step_by(2);
    let paths = quoted.filter(|text| {
        text.starts_with("src/") || text.starts_with("tests/") || text.starts_with("examples/")
    });
    for path in paths.filter(|path| !path.contains("NAME")) {
        assert!(root().join(path).exists(), "{path}");
    }
    for module in include_str!("../../src/lib.rs").lines().filter_map(|line| line.strip_prefix("pub mod ")) {
        let row = format!("| `{}` |", module.trim_end_matches(';'));
        assert!(CONTRIBUTING.contains(&row), "{row}");
    }
}

#[test]
fn every_command_of_the_readme_is_one() {
    // The word after the program's name, in code: blocks that are set in or fenced, and what stands between backticks.
    let mut seen = 0;
    let mut fenced = false;
    for line in README.lines() {
        fenced ^= line.starts_with("```");
        let quoted = line.split('`').skip(1).step_by(2);
        let code: Vec<&str> = if fenced || line.starts_with("    ") { vec![line] } else { quoted.collect() };
        for part in code {
            for rest in part.split("cronograph ").skip(1) {
                let word = rest.split_whitespace().next().unwrap_or("");
                let word = word.trim_end_matches(|letter: char| !letter.is_ascii_lowercase());
                // A host that the program is copied to is no command.
                if !word.chars().all(|letter| letter.is_ascii_lowercase()) {
                    continue;
                }
                if word.is_empty() {
                    continue;
                }
                // Hidden ones have a help, too.
                let help = cronograph().args([word, "--help"]).output().unwrap();
                assert!(help.status.success(), "cronograph {word}: {line}");
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn the_default_places_are_the_programs() {
    for path in [
        "/var/lib/cronograph",
        "/var/www/cronograph",
        "~/.local/share/cronograph/data",
        "~/.config/cronograph/cronograph.toml",
    ] {
        assert!(README.contains(path), "{path}");
        assert!(include_str!("../../examples/cronograph.toml").contains(path), "{path}");
    }
}

#[test]
fn the_changelog_has_the_version_or_what_comes_next() {
    let changelog = include_str!("../../CHANGELOG.md");
    assert!(changelog.contains("## [Unreleased]") || changelog.contains(env!("CARGO_PKG_VERSION")));
}

/// The examples of the log, run by a shell and `jq` where there is one, on a day with every part in it.
#[test]
fn the_jq_examples_run() {
    if !["/usr/bin/jq", "/usr/local/bin/jq"].iter().any(|path| Path::new(path).exists()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let day = 1_795_305_600; // 2026-11-22T00:00:00Z
    Synth::new("web1", GIB, day, day + 7200).write(folder.path()).unwrap();
    let log = folder.path().join("web1/samples/2026-11-22.jsonl");
    let block = README.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let examples: Vec<&str> = block.lines().filter(|line| line.contains("jq ")).collect();
    assert_eq!(examples.len(), 6);
    for example in examples {
        let mut shell = assert_cmd::Command::new("/bin/sh");
        let output = shell.arg("-euc").arg(example).env("log", &log).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{example}");
        assert!(!said.trim().is_empty() && !said.contains("null"), "{example}\n{said}");
    }
}
