//! `cronograph probe` through the real program, on a recorded tree that the probed command changes: the kernel's answers are
//! files, so each leak is exact and needs no kernel that leaks.

use crate::program::{cronograph, stderr};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// A tree with a small `/proc`, and scripts that let it grow.
pub(crate) struct Tree {
    folder: TempDir,
}

/// Adds `$2` to the line `$1:` of the tree's meminfo, and takes it from MemFree.
const GROW: &str = r#"#!/bin/sh
file=${0%/*}/proc/meminfo
while read -r key value unit; do
    case $key in
        "$1:") value=$((value + $2)) ;;
        MemFree:) value=$((value - $2)) ;;
    esac
    echo "$key $value $unit"
done <"$file" >"$file.new" && mv "$file.new" "$file"
"#;

impl Tree {
    pub(crate) fn new() -> Self {
        let tree = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(tree.path().join("proc/sysvipc")).unwrap();
        let meminfo = "MemTotal: 1000000 kB\nMemFree: 700000 kB\nMemAvailable: 800000 kB\nCached: 100000 kB\nShmem: 1000 kB\n\
                       AnonPages: 90000 kB\nSReclaimable: 10000 kB\nSUnreclaim: 20000 kB\nKernelStack: 2000 kB\nPageTables: 3000 kB\n\
                       Percpu: 500 kB\nVmallocUsed: 4000 kB\n";
        tree.write("proc/meminfo", meminfo);
        tree.write("proc/sysvipc/msg", "key msqid perms cbytes qnum\n");
        tree.script("grow", GROW);
        tree
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    /// An executable script; `$here` in it is this folder.
    pub(crate) fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Written under another name: a file that is open for writing cannot be executed.
        let draft = path.with_extension("draft");
        fs::write(&draft, text.replace("$here", self.path().to_str().unwrap())).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(&draft, &path).unwrap();
        path
    }

    fn probe(&self, options: &[&str], command: &[&str]) -> Output {
        let mut probe = cronograph();
        probe.arg("probe").arg("--root").arg(self.path()).args(options).arg("--").args(command);
        probe.env("COLUMNS", "100").output().unwrap()
    }

    fn json(&self, options: &[&str], command: &[&str]) -> (Value, Option<i32>) {
        let output = self.probe(&[options, &["--json"]].concat(), command);
        (
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output))),
            output.status.code(),
        )
    }

    /// What is printed, without what differs from run to run.
    fn text(&self, options: &[&str], command: &[&str]) -> (String, Option<i32>) {
        let output = self.probe(options, command);
        let text = String::from_utf8(output.stdout).unwrap();
        let timeless = text.lines().map(|line| match line.strip_prefix("  ran      ") {
            Some(ran) => {
                let told: Vec<&str> = ran
                    .split(", ")
                    .filter(|part| !part.ends_with(" each") && !part.ends_with(" in all"))
                    .collect();
                format!("  ran      {}", [&["… each"], told.as_slice()].concat().join(", "))
            }
            None => line.to_owned(),
        });
        (
            timeless.collect::<Vec<_>>().join("\n").replace(self.path().to_str().unwrap(), "$here"),
            output.status.code(),
        )
    }
}

fn program(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_leak_in_numbers() {
    let tree = Tree::new();
    let leaking = tree.script(
        "leak",
        "#!/bin/sh\n$here/grow SUnreclaim 1024\necho 'queue 1 600 0 0' >>$here/proc/sysvipc/msg\n",
    );
    tree.write("proc/sysvipc/msg", "key msqid perms cbytes qnum\n0 1 600 0 0\n");
    let (answer, code) = tree.json(&[], &[program(&leaking)]);
    assert_eq!((code, &answer["judgement"]), (Some(3), &Value::from("leaks")));
    let way = &answer["ways"][0];
    assert_eq!((way["bytes"].as_f64(), way["control"].as_f64()), (Some(1_048_576.0), Some(0.0)));
    assert_eq!(
        (&way["parts"][0]["kernel_name"], way["parts"].as_array().unwrap().len()),
        (&Value::from("SUnreclaim"), 1)
    );
    assert_eq!(way["way"]["stdout"], "pipe");
    assert!(way["seconds"].as_f64().unwrap() > 0.0 && way["runs"].as_u64().unwrap() >= 8);
}

#[test]
fn the_answers_in_words() {
    let tree = Tree::new();
    let leak = tree.script("leak", "#!/bin/sh\n$here/grow SUnreclaim 1024\n$here/grow Percpu 64\n");
    insta::assert_snapshot!("leaks", tree.text(&[], &[program(&leak)]).0);
    let cache = tree.script("cache", "#!/bin/sh\n$here/grow SReclaimable 512\n");
    let (text, code) = tree.text(&[], &[program(&cache), "two words", "it's"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!("cache", text);
    let failing = tree.script("failing", "#!/bin/sh\necho 'no such database' >&2\nexit 4\n");
    insta::assert_snapshot!("failing", tree.text(&[], &[program(&failing)]).0);
    let (text, code) = tree.text(&["--runs", "6"], &[program(&cache)]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!("too_few", text);
}

#[test]
fn a_leak_that_shows_without_a_terminal_only() {
    let tree = Tree::new();
    let leak = tree.script("leak", "#!/bin/sh\n[ -t 1 ] || $here/grow SUnreclaim 1024\n");
    let (text, code) = tree.text(&["--stdout", "all"], &[program(&leak)]);
    assert_eq!(code, Some(3));
    insta::assert_snapshot!("ways", text);
    let input = tree.script("input", "#!/bin/sh\n[ ! -t 0 ] || $here/grow SUnreclaim 1024\n");
    let (answer, _) = tree.json(&["--stdin", "tty,file"], &[program(&input)]);
    let judged: Vec<&str> =
        answer["ways"].as_array().unwrap().iter().filter_map(|way| way["judgement"].as_str()).collect();
    assert_eq!(judged, ["leaks", "clean"]);
}

#[test]
fn what_each_way_gives_a_command() {
    let tree = Tree::new();
    // What it sees, once: a run that prints nothing would fail.
    let look = tree.script(
        "look",
        "#!/bin/sh\n{ env | sort | grep -v ^_=; pwd; for fd in 0 1 2; do [ -t $fd ] && echo tty $fd; done; cat; } >$here/seen\nexit 0\n",
    );
    let seen = |options: &[&str]| {
        let output = tree.probe(&[options, &["--runs", "4"]].concat(), &[program(&look)]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        fs::read_to_string(tree.path().join("seen")).unwrap()
    };
    let here = std::env::current_dir().unwrap();
    let clean = seen(&["--env", "clean"]);
    assert!(clean.starts_with("PATH=/usr/local/sbin:") && !clean.contains("HOME"), "{clean}");
    assert!(clean.contains(here.to_str().unwrap()) && !clean.contains("tty"), "{clean}");
    let cron = seen(&["--env", "cron"]);
    assert!(cron.contains("PATH=/usr/bin:/bin\n") && cron.contains("SHELL=/bin/sh\n"), "{cron}");
    let full = seen(&[]);
    assert!(full.contains("HOME=/nonexistent\n") && full.contains("TZ=UTC\n"), "{full}");
    let terminal = seen(&["--stdout", "tty"]);
    // Its output is in the file; its errors are where the output was to be.
    assert!(terminal.ends_with("\ntty 2\n") && !terminal.contains("tty 0"), "{terminal}");
}

#[test]
fn what_a_command_leaves_running_is_told_and_ended() {
    let tree = Tree::new();
    let daemon = tree.script("daemon", "#!/bin/sh\n(setsid sleep 987 &) >/dev/null 2>&1\n");
    let output = tree.probe(&["--json"], &[program(&daemon)]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["judgement"], "leaks");
    let left = answer["ways"][0]["left"].as_array().unwrap();
    assert!(left.iter().any(|left| left["metric"] == "probe.processes" && left["count"] == 1.0), "{left:?}");
    assert!(
        stderr(&output).contains("processes that the command had left running were ended."),
        "{}",
        stderr(&output)
    );
    assert!(!is_running("sleep\0987\0"));
}

fn is_running(command_line: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .into_iter()
        .any(|entry| fs::read_to_string(entry.path().join("cmdline")).is_ok_and(|line| line == command_line))
}

#[test]
fn what_hangs_is_killed_with_all_that_it_started() {
    let tree = Tree::new();
    let hang = tree.script("hang", "#!/bin/sh\ntrap '' TERM INT\nsetsid sleep 986 &\nsleep 985\n");
    let (text, code) = tree.text(&["--timeout", "0.3"], &[program(&hang)]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!("hung", text);
    assert!(!is_running("sleep\0986\0") && !is_running("sleep\0985\0"));
}

#[test]
fn what_prints_without_end_is_read_and_dropped() {
    let tree = Tree::new();
    let much = tree.script("much", "#!/bin/sh\nhead -c 3000000 /dev/zero\n");
    for stdout in ["pipe", "file", "tty", "null"] {
        let (answer, _) = tree.json(&["--stdout", stdout, "--runs", "4"], &[program(&much)]);
        assert_eq!(
            (&answer["ways"][0]["ran"]["killed"], &answer["ways"][0]["ran"]["failed"]),
            (&Value::from(0), &Value::from(0)),
            "{stdout}"
        );
    }
}

#[test]
fn limits_end_it_with_what_is_known() {
    let tree = Tree::new();
    let leak = tree.script("leak", "#!/bin/sh\n$here/grow SUnreclaim 1024\n");
    let (answer, code) = tree.json(&["--max-growth", "4900KiB"], &[program(&leak)]);
    assert_eq!(
        (code, answer["ways"][0]["runs"].as_u64()),
        (Some(3), Some(3)),
        "three runs that count are proof enough"
    );
    let slow = tree.script("slow", "#!/bin/sh\nsleep 0.2\n");
    let (answer, code) = tree.json(&["--budget", "1s"], &[program(&slow)]);
    assert_eq!((code, &answer["ways"][0]["why"]), (Some(1), &Value::from("budget")));
}

#[test]
fn errors_name_the_way_out() {
    let tree = Tree::new();
    let said = |options: &[&str], command: &[&str]| {
        let output = tree.probe(options, command);
        assert!(output.stdout.is_empty());
        (output.status.code(), stderr(&output))
    };
    let (code, text) = said(&[], &["no-such-program"]);
    assert_eq!(code, Some(1));
    assert!(
        text.starts_with("cronograph: cannot run no-such-program: ") && text.contains("\nhint: "),
        "{text}"
    );
    let (_, text) = said(&["--user", "no-such-user"], &["true"]);
    assert!(text.starts_with("cronograph: there is no user no-such-user in /etc/passwd\nhint: "), "{text}");
    let (_, text) = said(&["--env", "all"], &["no-such-program"]);
    assert!(text.contains("no-such-program is not in the PATH of env clean: /usr/local/sbin:"), "{text}");
    let output = cronograph().args(["probe", "service", "--status-all"]).output().unwrap();
    assert!(
        stderr(&output).ends_with("hint: the command and its arguments stand behind `--`\n"),
        "{}",
        stderr(&output)
    );
    for (wrong, word) in [
        (["--budget", "soon"], "90s"),
        (["--max-growth", "0%"], "64MiB"),
        (["--runs", "1"], "4.."),
        (["--stdout", "screen"], "[possible values: tty, null, file, pipe, all]"),
    ] {
        let (code, text) = said(&wrong, &["true"]);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(word), "{text}");
    }
    let empty = tempfile::tempdir().unwrap();
    let output =
        cronograph().args(["probe", "--root"]).arg(empty.path()).args(["--", "true"]).output().unwrap();
    assert!(stderr(&output).contains("does not say where the memory is"), "{}", stderr(&output));
}

#[test]
fn a_check_of_the_configuration_is_run_as_sample_runs_it() {
    let tree = Tree::new();
    let look = tree.script("look", "#!/bin/sh\nenv >$here/seen\n");
    let config = format!(
        "data = {:?}\n[[check]]\nname = \"services\"\ncommand = [{:?}]\n",
        tree.path().join("data"),
        program(&look)
    );
    tree.write("cronograph.toml", &config);
    let probe = |name: &str| {
        let mut probe = cronograph();
        probe
            .args(["probe", "--note", "--host", "web-1", "--runs", "4", "--check", name, "--root"])
            .arg(tree.path());
        probe.arg("--config").arg(tree.path().join("cronograph.toml")).output().unwrap()
    };
    assert_eq!(probe("services").status.code(), Some(1));
    assert!(!fs::read_to_string(tree.path().join("seen")).unwrap().contains("TZ="));
    let events = fs::read_to_string(tree.path().join("data/web-1/events.jsonl")).unwrap();
    assert!(
        events.contains("\"kind\":\"note\"")
            && events.contains(&format!("probe {}: cannot tell", program(&look))),
        "{events}"
    );
    let output = probe("disks");
    assert!(
        stderr(&output).starts_with("cronograph: there is no check disks\nhint: there is services"),
        "{}",
        stderr(&output)
    );
}
