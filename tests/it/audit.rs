//! `cronograph sample` watches itself: on a recorded tree, a check that makes the tree's own `/proc/meminfo` grow leaks for
//! real as far as cronograph can see. It is found, named and stopped; a neighbour is not.

use crate::program::{cronograph, stdout};
use cronograph::sample::Sample;
use std::path::Path;
use tempfile::TempDir;

const NOW: i64 = 1_795_438_200;

/// A script that adds so many kB to SUnreclaim.
fn leak(folder: &Path, kib: u32) -> String {
    let meminfo = folder.join("proc/meminfo");
    let path = folder.join("leak.sh");
    let script = format!(
        "#!/bin/sh\necho leaking\nnow=$(sed -n 's/^SUnreclaim: *//p' {0} | cut -d' ' -f1)\n\
         sed \"s/^SUnreclaim:.*/SUnreclaim: $((now + {kib})) kB/\" {0} >{0}.new && mv {0}.new {0}\n",
        meminfo.display()
    );
    fs_err::write(&path, script).unwrap();
    path.display().to_string()
}

/// A small tree and a configuration with two checks.
struct Host {
    folder: TempDir,
    minute: i64,
}

impl Host {
    fn new(stop: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let proc = folder.path().join("proc");
        fs_err::create_dir_all(proc.join("1")).unwrap();
        fs_err::create_dir_all(proc.join("sys/kernel/random")).unwrap();
        fs_err::write(proc.join("sys/kernel/random/boot_id"), "01234567-0000-4000-8000-000000000000\n")
            .unwrap();
        fs_err::write(proc.join("1/stat"), "1 (init) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 900 0\n")
            .unwrap();
        fs_err::write(
            proc.join("meminfo"),
            "MemTotal: 500000 kB\nMemFree: 200000 kB\nSUnreclaim: 30000 kB\n",
        )
        .unwrap();
        let leaking = leak(folder.path(), 1024);
        let config = format!(
            "[self]\nstop_leaking_collectors = {stop}\n\
             [[check]]\nname = \"leaking\"\ncommand = [\"sh\", \"{leaking}\"]\ninterval_seconds = 60\n\
             [[check]]\nname = \"harmless\"\ncommand = [\"sh\", \"-c\", \"echo fine; exit 2\"]\ninterval_seconds = 60\n"
        );
        fs_err::write(folder.path().join("cronograph.toml"), config).unwrap();
        Self { folder, minute: 0 }
    }

    /// The next minute's sample.
    fn sample(&mut self) -> Sample {
        let root = self.folder.path();
        fs_err::write(root.join("proc/uptime"), format!("{}.00 1.00\n", 1000 + 60 * self.minute)).unwrap();
        let mut command = cronograph();
        command
            .args(["sample", "--host", "x", "--now", &(NOW + 60 * self.minute).to_string(), "--root"])
            .arg(root);
        command.arg("--data").arg(root.join("data")).arg("--config").arg(root.join("cronograph.toml"));
        assert_eq!(stdout(&mut command), "");
        self.minute += 1;
        self.last()
    }

    fn last(&self) -> Sample {
        let log = self.folder.path().join("data/x/samples/2026-11-23.jsonl");
        serde_json::from_str(fs_err::read_to_string(log).unwrap().lines().last().unwrap()).unwrap()
    }

    fn unreclaimable(&self) -> u64 {
        self.last().meminfo.unwrap().s_unreclaim.unwrap() / 1024
    }
}

#[test]
fn results_come_with_the_next_sample() {
    let mut host = Host::new(true);
    // The first makes the folder that the results are kept in.
    assert!(host.sample().check.is_none());
    assert!(host.sample().check.is_none());
    let checks = host.sample().check.unwrap().0;
    let harmless = &checks["harmless"];
    assert_eq!(
        (harmless.exit_code, harmless.killed, harmless.output.as_deref()),
        (Some(2), Some(0), Some("fine"))
    );
    assert_eq!((harmless.t, harmless.error.as_deref()), (NOW + 60, None));
    assert_eq!(checks["leaking"].output.as_deref(), Some("leaking"));
    assert_eq!(host.unreclaimable(), 30_000 + 1024);
}

#[test]
fn a_check_that_leaks_is_found_named_and_stopped() {
    let mut host = Host::new(true);
    let found = (0..70)
        .map(|_| host.sample())
        .find(|sample| sample.own_cost.as_ref().unwrap().audit.iter().any(|suspect| suspect.stopped));
    let audit = found.unwrap().own_cost.unwrap().audit;
    assert_eq!(audit.len(), 1, "{audit:?}");
    let suspect = &audit[0];
    assert_eq!(
        (suspect.kind.as_str(), suspect.name.as_str(), suspect.part.as_str()),
        ("check", "leaking", "SUnreclaim")
    );
    assert_eq!(
        (suspect.bytes_per_run, suspect.interval, suspect.leaks),
        (1024 * 1024, Some([1024 * 1024; 2]), true)
    );
    let before = host.unreclaimable();
    let later: Vec<Sample> = (0..5).map(|_| host.sample()).collect();
    assert_eq!(host.unreclaimable(), before, "it is not run any more");
    let checks = &later[4].check.as_ref().unwrap().0;
    assert!(checks.contains_key("harmless") && !checks.contains_key("leaking"));

    // Another command of the same name is run again.
    let path = host.folder.path().join("cronograph.toml");
    let text = fs_err::read_to_string(&path)
        .unwrap()
        .replace("command = [\"sh\", \"/", "command = [\"sh\", \"-u\", \"/");
    fs_err::write(path, text).unwrap();
    host.sample();
    assert!(host.sample().own_cost.unwrap().audit.is_empty());
    host.sample();
    assert!(host.unreclaimable() > before);
}

#[test]
fn who_does_not_want_it_stopped_is_told_all_the_same() {
    let mut host = Host::new(false);
    let found = (0..70)
        .map(|_| host.sample())
        .find(|sample| sample.own_cost.as_ref().unwrap().audit.iter().any(|suspect| suspect.leaks));
    assert!(!found.unwrap().own_cost.unwrap().audit[0].stopped);
    let before = host.unreclaimable();
    host.sample();
    assert_eq!(host.unreclaimable(), before + 1024);
}

#[test]
fn printing_a_sample_runs_nothing() {
    let mut host = Host::new(true);
    host.sample();
    let root = host.folder.path();
    let mut command = cronograph();
    command
        .args(["sample", "--print", "--host", "x", "--root"])
        .arg(root)
        .arg("--data")
        .arg(root.join("data"));
    stdout(command.arg("--config").arg(root.join("cronograph.toml")));
    let meminfo = fs_err::read_to_string(root.join("proc/meminfo")).unwrap();
    assert!(meminfo.contains("SUnreclaim: 30000 kB"));
}
