//! Hosts of which something is odd, on their pages and to `doctor`: two machines under one name, a clock that is behind, a month
//! without samples, another version of cronograph, a newer format of the log.

use crate::pages;
use crate::program::cronograph;
use crate::synth::Synth;
use cronograph::base::clock::Clock;
use cronograph::site::build;
use cronograph::store::{Layout, append};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// 2026-11-23T14:07:00Z
const NOW: i64 = 1_795_442_820;
const MIB: f64 = 1024.0 * 1024.0;
const DAY: i64 = 86_400;

/// A data folder with the logs of some hosts, and its pages.
struct Fleet(tempfile::TempDir);

impl Fleet {
    /// Two hosts that are well.
    fn new(now: i64) -> Self {
        let fleet = Self(tempfile::tempdir().unwrap());
        for host in ["web1", "web2"] {
            Synth::new(host, 512.0 * MIB, now - 1_800, now).write(&fleet.data()).unwrap();
        }
        fleet
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// Makes the pages; what `status.json` says of a host.
    fn status(&self, host: &str, now: i64) -> Value {
        build(&pages::inputs(self.data(), self.0.path().join("www"), false), Clock::Fixed(now)).unwrap();
        let status: Value = serde_json::from_str(&self.page("status.json")).unwrap();
        status["hosts"].as_array().unwrap().iter().find(|one| one["name"] == host).unwrap().clone()
    }

    fn page(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join("www").join(name)).unwrap()
    }

    fn doctor(&self, now: i64) -> String {
        let mut command = cronograph();
        command.args(["doctor", "--host", "web1", "--now", &now.to_string(), "--ordinary-user", "--prefix"]);
        let output = command.arg(self.0.path()).arg("--data").arg(self.data()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The texts of a host's problems.
fn texts(host: &Value) -> Vec<&str> {
    host["problems"].as_array().unwrap().iter().map(|problem| problem["text"].as_str().unwrap()).collect()
}

/// Changes each line of a host's open day.
fn change(data: &Path, host: &str, change: impl Fn(usize, &str) -> String) {
    let path = data.join(host).join("samples/2026-11-23.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let lines = text.lines().enumerate().map(|(index, line)| change(index, line) + "\n");
    fs::write(&path, lines.collect::<String>()).unwrap();
}

#[test]
fn two_machines_under_one_name_are_said() {
    let fleet = Fleet::new(NOW);
    assert_eq!(
        (fleet.status("web2", NOW)["state"].as_str(), fleet.doctor(NOW).contains("two machines")),
        (Some("ok"), false)
    );
    let log = Layout::new(fleet.data(), "web2").unwrap();
    let other = Synth { seed: 2, ..Synth::new("web2", 1024.0 * MIB, NOW - 600, NOW) };
    fs::remove_dir_all(log.samples()).unwrap();
    let first: Vec<_> = Synth::new("web2", 512.0 * MIB, NOW - 600, NOW).samples().collect();
    for (mut one, mut two) in first.into_iter().zip(other.samples()) {
        (one.boot, two.boot) = (Some("aaaaaaaa".to_owned()), Some("bbbbbbbb".to_owned()));
        append(&log, &one).unwrap();
        append(&log, &two).unwrap();
    }
    let host = fleet.status("web2", NOW);
    assert_eq!(host["state"], "warning");
    assert!(
        texts(&host).iter().any(|text| text.starts_with("Two machines write this log in turns")),
        "{host}"
    );
    let said = fleet.doctor(NOW);
    assert!(said.contains("WRONG  two machines write the log of web2 in turns"), "{said}");
    assert!(!said.contains("log of web1 in turns"), "{said}");
}

#[test]
fn samples_that_are_old_when_they_arrive_are_said() {
    // The time at which a file arrives is the real one.
    let now = Clock::Real.now();
    let fleet = Fleet::new(now);
    Synth::new("late", 512.0 * MIB, now - 7_200 - 600, now - 7_200 + 60).write(&fleet.data()).unwrap();
    let host = fleet.status("late", now);
    assert!(texts(&host).iter().any(|text| text.starts_with("Samples are 2 h")), "{:?}", texts(&host));
    let said = fleet.doctor(now);
    assert!(said.contains("samples of late are 2 h") && !said.contains("samples of web"), "{said}");
    // Of a host of which nothing arrives any more nobody knows.
    let later = fleet.status("late", now + 3_600);
    assert!(!texts(&later).iter().any(|text| text.starts_with("Samples are")), "{:?}", texts(&later));
}

#[test]
fn a_host_that_comes_back_after_a_month_is_well_and_its_gap_a_gap() {
    let fleet = Fleet::new(NOW);
    let before = Synth { interval: 300, ..Synth::new("back", 512.0 * MIB, NOW - 33 * DAY, NOW - 29 * DAY) };
    before.write(&fleet.data()).unwrap();
    Synth::new("back", 512.0 * MIB, NOW - 10_800, NOW).write(&fleet.data()).unwrap();
    let host = fleet.status("back", NOW);
    assert_eq!((host["state"].as_str(), texts(&host).len()), (Some("ok"), 0), "{host}");
    let page = fleet.page("index.html");
    let lately = page.split_once("<table class=\"lately\">").unwrap().1;
    assert!(lately.contains("came back after 28 d 21 h"), "{lately}");
    assert!(lately.contains("2 hosts: <a href=\"web1/index.html\">"), "the others are new: {lately}");
    for window in ["6h", "24h", "30d", "1y"] {
        assert!(fleet.page(&format!("back/{window}.html")).contains("chart-memory"), "{window}");
    }
}

#[test]
fn other_versions_are_said_and_fields_that_nobody_knows_are_passed_over() {
    let fleet = Fleet::new(NOW);
    let own = format!("\"cronograph\":\"{}\"", env!("CARGO_PKG_VERSION"));
    let newer = |_: usize, line: &str| {
        line.replace(&own, "\"cronograph\":\"99.0.0\"").replacen(
            "\"boot\"",
            "\"aura\":{\"colour\":[1,2]},\"boot\"",
            1,
        )
    };
    change(&fleet.data(), "web2", newer);
    let host = fleet.status("web2", NOW);
    assert_eq!((host["state"].as_str(), host["cronograph"].as_str()), (Some("ok"), Some("99.0.0")), "{host}");
    assert_eq!(texts(&host), Vec::<&str>::new());
    assert!(fleet.page("index.html").contains("web2: cronograph 99.0.0, newer than the "));
    let said = fleet.doctor(NOW);
    assert!(said.contains("note   cronograph 99.0.0 samples web2; here it is "), "{said}");
}

#[test]
fn a_log_in_a_newer_format_is_not_called_empty() {
    let fleet = Fleet::new(NOW);
    change(&fleet.data(), "web2", |_, line| line.replacen("{\"v\":1,", "{\"v\":2,", 1));
    let host = fleet.status("web2", NOW);
    assert_eq!(texts(&host), ["The log has a format that this cronograph does not know."]);
    assert!(fleet.page("web2/index.html").contains("Update cronograph here, too"));
    let said = fleet.doctor(NOW);
    assert!(said.contains("format 2 is newer than this program knows (1): update it"), "{said}");
}

#[test]
fn a_clock_of_another_host_that_is_ahead_is_said() {
    let fleet = Fleet::new(NOW);
    Synth::new("ahead", 512.0 * MIB, NOW - 600, NOW + 3_660).write(&fleet.data()).unwrap();
    let host = fleet.status("ahead", NOW);
    assert!(texts(&host).iter().any(|text| text.contains("in the future: a clock is off")), "{host}");
    assert!(
        fleet.doctor(NOW).contains("WRONG  the last sample of ahead lies 1 h in the future"),
        "{}",
        fleet.doctor(NOW)
    );
}

#[test]
fn a_group_that_fits_no_host_is_said() {
    let fleet = Fleet::new(NOW);
    let config = fleet.0.path().join("cronograph.toml");
    fs::write(
        &config,
        "[[group]]\nname = \"web\"\nhosts = [\"web*\"]\n[[tag]]\nname = \"old\"\nhosts = [\"*-old\"]\n",
    )
    .unwrap();
    let mut command = cronograph();
    command.arg("doctor").arg("--config").arg(config).args(["--host", "web1", "--now", &NOW.to_string()]);
    let output =
        command.arg("--prefix").arg(fleet.0.path()).arg("--data").arg(fleet.data()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("the tag `old` fits no host") && !said.contains("the group"), "{said}");
}
