//! The configuration: the documented example is the defaults, each fixture is a case, and what `cronograph
//! config` prints is a configuration again.

use crate::program::{cronograph, stderr, stdout};
use cronograph::config::Config;
use std::path::{Path, PathBuf};

/// The fixtures of a folder, in order.
fn fixtures(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/configs").join(kind);
    let mut files: Vec<_> = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn the_documented_example_is_the_defaults() {
    let example = include_str!("../../examples/cronograph.toml");
    assert_eq!(toml::from_str::<Config>(example).unwrap(), Config::default());
}

#[test]
fn what_the_example_has_in_comments_is_valid_too() {
    let lines: Vec<&str> = include_str!("../../examples/cronograph.toml").lines().collect();
    let commented =
        |line: &&str| line.starts_with("# ") && (line.contains(" = ") || line.starts_with("# [["));
    let wanted = |line: &&str| commented(line) || line.starts_with('[');
    let mut text = String::new();
    for line in lines.into_iter().filter(wanted) {
        text.push_str(line.trim_start_matches("# "));
        text.push('\n');
    }
    let config: Config = toml::from_str(&text).unwrap();
    assert_eq!(config.traffic[0].interface.as_deref(), Some("eth0"));
    assert_eq!(config.check[0].command, ["service", "--status-all"]);
    assert_eq!((config.target.len(), config.target[0].name.as_str()), (2, "shop"));
    assert!(config.site.style.is_some() && config.site.templates.is_some());
    assert_eq!(config.channel.len(), 6);
}

#[test]
fn every_valid_fixture_survives_being_printed() {
    for path in fixtures("valid") {
        let printed = stdout(cronograph().arg("config").arg("--config").arg(&path));
        let read = |text: &str| toml::from_str::<Config>(text).unwrap();
        // Of secrets, which all are this word, only that they are there.
        let text = fs_err::read_to_string(&path).unwrap().replace("hush", "(set)");
        assert_eq!(read(&printed), read(&text), "{printed}");
        assert!(!printed.contains("hush"));
    }
}

/// Of a rule most keys are not set, and there may be many rules.
#[test]
fn entries_of_lists_show_what_they_have() {
    let mut command = cronograph();
    let printed = stdout(command.args(["config", "--config", "tests/fixtures/configs/valid/rules.toml"]));
    let (_, lists) = printed.split_once("[[rule]]").unwrap();
    assert!(!lists.contains("none"), "{lists}");
    assert_eq!(lists.lines().filter(|line| line.contains("name = ") || line.contains("for = ")).count(), 5);
}

#[test]
fn each_value_says_where_it_comes_from() {
    let mut command = cronograph();
    command.args(["config", "--config", "tests/fixtures/configs/valid/everything.toml", "--data", "/flag"]);
    insta::assert_snapshot!(stdout(command.env("CRONOGRAPH_OUT", "/environment")));
}

#[test]
fn every_invalid_fixture_is_named_with_its_place() {
    let mut messages = String::new();
    for path in fixtures("invalid") {
        let name = path.file_name().unwrap().to_str().unwrap();
        let mut command = cronograph();
        command.current_dir(path.parent().unwrap()).args(["config", "--config", name]);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(output.stdout.is_empty(), "{name}");
        messages.push_str(&stderr(&output));
        messages.push('\n');
    }
    assert!(!messages.contains("hush"), "a secret is shown");
    insta::assert_snapshot!(messages);
}

#[test]
fn a_file_that_was_named_must_exist() {
    let output = cronograph().args(["config", "--config", "/nowhere/c.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("/nowhere/c.toml") && stderr(&output).contains("\nhint: "));
}

#[test]
fn an_ordinary_users_file_lies_under_the_home() {
    let home = tempfile::tempdir().unwrap();
    let mut command = cronograph();
    let printed = stdout(command.arg("config").env("HOME", home.path()));
    // Root has folders of its own, whatever HOME says.
    let is_root = rustix::process::geteuid().is_root();
    let expected = if is_root { "/var/lib/cronograph" } else { home.path().to_str().unwrap() };
    assert!(printed.contains(expected), "{printed}");
}
