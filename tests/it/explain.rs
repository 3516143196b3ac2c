//! `cronograph explain` on invented logs and recorded hosts: what it prints, how wide, with which exit code.

use crate::program::cronograph;
use crate::synth::{Daemon, MIB, Synth};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// 2026-11-23T00:00:00Z, a Monday.
const MONDAY: i64 = 1_795_392_000;
const HOUR: i64 = 3_600;

/// Logs under a data folder, and a configuration with a zone.
struct World {
    folder: TempDir,
    now: i64,
}

impl World {
    fn of(synth: &Synth) -> Self {
        let folder = tempfile::tempdir().unwrap();
        synth.write(folder.path()).unwrap();
        std::fs::write(folder.path().join("zone.toml"), "time_zone = \"Asia/Shanghai\"\n").unwrap();
        Self { folder, now: synth.until }
    }

    /// What the owner did.
    fn with_events(self) -> Self {
        let onset = MONDAY + 15 * HOUR;
        let lines = format!(
            "{{\"v\":1,\"t\":{},\"kind\":\"note\",\"subject\":\"service check on all hosts\"}}\n\
             {{\"v\":1,\"t\":{},\"kind\":\"config\",\"change\":\"added\",\"subject\":\"services.command\"}}\n",
            onset - 120,
            onset
        );
        std::fs::write(self.folder.path().join("web-1/events.jsonl"), lines).unwrap();
        self
    }

    fn explain(&self, columns: usize, options: &[&str]) -> (String, Option<i32>) {
        let mut command = cronograph();
        command.args(["explain", "--host", "web-1", "--data"]).arg(self.folder.path()).arg("--config");
        command.arg(self.folder.path().join("zone.toml")).args(["--now", &self.now.to_string()]);
        let output = command.args(options).env("COLUMNS", columns.to_string()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        (String::from_utf8(output.stdout).unwrap(), output.status.code())
    }

    /// What is printed 100 columns wide.
    fn page(&self, options: &[&str]) -> (String, Option<i32>) {
        self.explain(100, options)
    }
}

/// The story, so many hours after its onset at 15:00 UTC, which is 23:00 in Shanghai.
fn story(hours: i64) -> Synth {
    let onset = MONDAY + 15 * HOUR;
    let mut synth = Synth::story("web-1", MONDAY - 12 * HOUR, onset + hours * HOUR, onset);
    synth.leak = Some((onset, 1.02 * MIB / 60.0));
    synth
}

#[test]
fn a_young_log_gives_no_false_comfort() {
    let first = MONDAY;
    let leaks = |at: i64| {
        let mut synth = Synth::new("web-1", 480.0 * MIB, first, at);
        synth.leak = Some((first - HOUR, 1.4 * MIB / 60.0));
        World::of(&synth)
    };
    let (text, code) = leaks(first + 33 * 60).page(&[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("May leak: kernel, unreclaimable slab"), "{text}");
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("the log is too short to call it a leak before 11:"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&leaks(first + 33 * 60).page(&["--json"]).0).unwrap();
    assert_eq!(json["findings"][0]["state"], "suspect", "{json:#}");
    assert!(json["findings"][0]["judged_from"].as_i64().unwrap() > first + 2 * HOUR);
    let quiet = World::of(&Synth::new("web-1", 480.0 * MIB, first, first + 40 * 60));
    let (text, _) = quiet.page(&[]);
    assert!(
        text.contains("No steady growth seen in the 39 min watched; a leak can be judged from 11:"),
        "{text}"
    );
}

#[test]
fn the_story_in_words() {
    let world = World::of(&story(4)).with_events();
    let (text, code) = world.page(&[]);
    assert_eq!(code, Some(3), "{text}");
    insta::assert_snapshot!("explain_leaking", text);
    let (text, _) = world.page(&["--since", "2 days ago"]);
    assert!(text.contains("since Sun 22 Nov 20:0"), "the log begins there: {text}");
    assert!(!text.contains("The last sample is"), "{text}");
    let (text, _) = World { now: world.now + 3 * 24 * HOUR, ..world }.page(&[]);
    assert!(text.contains("The last sample is 3 d old: what follows is of then."), "{text}");
    let world = World::of(&story(4)).with_events();
    // Before it began nothing was wrong.
    let (text, code) = world.page(&["--at", "22:55"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("Mon 23 Nov 22:5"), "{text}");
}

#[test]
fn each_width_is_respected() {
    let world = World::of(&story(4)).with_events();
    for columns in [60, 80, 120] {
        let (text, _) = world.explain(columns, &[]);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= columns, "{widest} of {columns}:\n{text}");
        assert!(text.contains("SUnreclaim") || columns == 60);
    }
    insta::assert_snapshot!("explain_narrow", world.explain(60, &[]).0);
}

#[test]
fn what_ended_is_said_to_have_ended() {
    let mut synth = story(9);
    synth.leak_until = Some(MONDAY + 20 * HOUR + 600);
    let (text, code) = World::of(&synth).page(&[]);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!("explain_ended", text);
}

#[test]
fn a_healthy_host_gets_one_calm_sentence() {
    let (text, code) =
        World::of(&Synth::new("web-1", 480.0 * MIB, MONDAY - 30 * HOUR, MONDAY + 9 * HOUR)).page(&[]);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!("explain_healthy", text);
}

#[test]
fn two_leaks_are_told_apart_and_a_process_is_named() {
    let mut synth = story(5);
    let runs = vec![(MONDAY - 11 * HOUR, MONDAY + 30 * HOUR)];
    synth.ram = 1_960.0 * MIB;
    synth.daemons = vec![Daemon { name: "leakyd", runs, bytes: 30.0 * MIB, leak: 40.0 * MIB / HOUR as f64 }];
    let (text, code) = World::of(&synth).page(&[]);
    assert_eq!(code, Some(3), "{text}");
    insta::assert_snapshot!("explain_two", text);
}

#[test]
fn the_report_is_json() {
    let (text, code) = World::of(&story(4)).page(&["--json"]);
    assert_eq!(code, Some(3));
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let parts = report["parts"].as_array().unwrap();
    let sum: i64 = parts.iter().map(|part| part["bytes"].as_i64().unwrap()).sum();
    let total = report["total"].as_i64().unwrap();
    assert!((sum - total).abs() <= parts.len() as i64, "{sum} of {total}");
    assert_eq!(report["findings"][0]["subject"]["part"], "slab_unreclaimable");
    insta::assert_snapshot!("explain_json", text);
}

#[test]
fn chinese_words_stand_in_columns_too() {
    let world = World::of(&story(4)).with_events();
    let config = world.folder.path().join("zone.toml");
    std::fs::write(&config, "time_zone = \"Asia/Shanghai\"\nlang = \"zh\"\n").unwrap();
    insta::assert_snapshot!("explain_zh", world.explain(80, &[]).0);
}

/// A recorded host without a log.
fn live(tree: &str) -> String {
    let tree: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hosts").join(tree);
    let folder = tempfile::tempdir().unwrap();
    let mut command = cronograph();
    command.args(["explain", "--data"]).arg(folder.path()).arg("--root").arg(tree);
    command.args(["--now", &MONDAY.to_string()]).env("COLUMNS", "100").env("TZ", "UTC");
    let output = command.output().unwrap();
    assert_eq!((String::from_utf8_lossy(&output.stderr).as_ref(), output.status.code()), ("", Some(0)));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn without_a_log_one_sample_has_to_do() {
    insta::assert_snapshot!("explain_no_log", live("debian12-vps"));
    insta::assert_snapshot!("explain_container", live("lxc-lxcfs"));
}

#[test]
fn what_cannot_be_done_is_said() {
    let world = World::of(&story(1));
    let mut command = cronograph();
    command.args(["explain", "--host", "nobody", "--data"]).arg(world.folder.path());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("there is no host nobody in") && said.contains("there is web-1"), "{said}");
    let failure = |options: &[&str]| {
        let mut command = cronograph();
        command.args(["explain", "--host", "web-1", "--now", &world.now.to_string(), "--data"]);
        let output = command.arg(world.folder.path()).args(options).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{options:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(failure(&["--at", "2026-01-01"]).contains("it begins "));
    assert!(failure(&["--at", "2027-01-01"]).contains("--at is in the future"));
    assert!(failure(&["--since", "2027-01-01"]).contains("--since is not before now"));
    let mut command = cronograph();
    let output = command.args(["explain", "--at", "soonish"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("\"soonish\" is no time"), "{said}");
}
