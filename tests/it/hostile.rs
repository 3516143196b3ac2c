//! A host whose folder holds whatever a broken or hostile machine may put there, beside one that is well: every command ends within
//! the memory that is promised, does its work for the other host, names the bad one, and touches nothing outside.

use crate::program::stderr;
use crate::synth::Synth;
use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::fs::{CWD, Mode, mkfifoat};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

/// 2026-11-23T14:07:00Z
const NOW: i64 = 1_795_442_820;
const TODAY: &str = "2026-11-23.jsonl";
const MIB: f64 = 1024.0 * 1024.0;
/// Asserts the promises about two hosts.
const MEMORY_BYTES: u64 = 513 << 20;

/// A data folder with a host that is well, and `bad`, which is read before it.
struct Fleet {
    folder: tempfile::TempDir,
}

impl Fleet {
    /// `plant` fills the folder of samples of the bad host.
    fn new(plant: impl Fn(&Path)) -> Self {
        let fleet = Self { folder: tempfile::tempdir().unwrap() };
        let two_days = NOW - 2 * 86_400;
        Synth::new("web1", 512.0 * MIB, two_days, two_days + 600).write(&fleet.data()).unwrap();
        Synth::new("web1", 512.0 * MIB, NOW - 1_800, NOW).write(&fleet.data()).unwrap();
        Synth::new("bad", 512.0 * MIB, two_days, two_days + 600).write(&fleet.data()).unwrap();
        std::fs::create_dir(fleet.elsewhere()).unwrap();
        // Where derived files were once, and what is read beside the samples.
        for planted in ["5m", "1h", "cache", ".cronograph"] {
            symlink(fleet.elsewhere(), fleet.data().join("bad").join(planted)).unwrap();
        }
        for planted in ["events.jsonl", "alerts.jsonl"] {
            pipe(&fleet.data().join("bad").join(planted));
        }
        plant(&fleet.data().join("bad/samples"));
        fleet
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("www")
    }

    /// Targets of a host's links.
    fn elsewhere(&self) -> PathBuf {
        self.folder.path().join("elsewhere")
    }

    /// Runs a command now.
    fn run(&self, args: &[&str]) -> Output {
        self.run_at(NOW, args)
    }

    /// Runs a command under the memory limit; it must end by itself.
    fn run_at(&self, now: i64, args: &[&str]) -> Output {
        let mut command = assert_cmd::Command::new("prlimit");
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/nonexistent").env("TZ", "UTC");
        command.arg(format!("--data={MEMORY_BYTES}")).arg(env!("CARGO_BIN_EXE_cronograph")).args(args);
        command.args(["--now", &now.to_string(), "--data"]).arg(self.data());
        let output = command.timeout(Duration::from_secs(300)).output().unwrap();
        assert!(output.status.code().is_some(), "{args:?}: {:?} {}", output.status, stderr(&output));
        output
    }

    /// Runs everything; what `site` says of the bad host.
    fn survives(&self) -> String {
        let out = self.out();
        let site = self.run(&["site", "--out", out.to_str().unwrap()]);
        let read = |page: &str| std::fs::read_to_string(out.join(page)).unwrap();
        assert!(read("web1/index.html").contains("<img"), "the other host is rendered");
        let fleet = read("index.html");
        assert!(fleet.contains("web1") && fleet.contains("bad"));
        let check = self.run(&["check"]);
        assert!(self.data().join(".check/hosts/web1/book.json").exists(), "its rules are evaluated");
        let book = std::fs::read_to_string(self.data().join(".check/hosts/bad/book.json")).unwrap();
        assert!(book.contains("\"rule\":\"unreadable\""), "{book}");
        let log = self.run(&["log", "--host", "web1"]);
        assert_eq!(String::from_utf8(log.stdout).unwrap().lines().count(), 30);
        self.run(&["log", "--host", "bad"]);
        let doctor = self.run(&["doctor", "--host", "web1", "--ordinary-user", "--prefix", "/nonexistent"]);
        let doctor = String::from_utf8(doctor.stdout).unwrap();
        let compact = self.run(&["compact"]);
        assert!(self.data().join(".derived/web1/1h/2026.jsonl.gz").exists(), "{}", stderr(&compact));
        self.run(&["explain", "--host", "bad"]);
        assert!(
            std::fs::read_dir(self.elsewhere()).unwrap().next().is_none(),
            "nothing is written elsewhere"
        );
        let said = stderr(&site);
        assert!(said.contains("cronograph: bad: "), "{said}");
        assert!(stderr(&check).contains("cronograph: bad: "), "{}", stderr(&check));
        assert!(doctor.contains("bad"), "{doctor}");
        said
    }
}

fn pipe(path: &Path) {
    mkfifoat(CWD, path, Mode::from_raw_mode(0o644)).unwrap();
}

fn compressed(path: &Path, text: &[u8], times: usize) {
    let mut encoder = GzEncoder::new(File::create(path).unwrap(), Compression::fast());
    (0..times).for_each(|_| encoder.write_all(text).unwrap());
    encoder.finish().unwrap();
}

#[test]
fn a_pipe_is_not_waited_for() {
    let fleet = Fleet::new(|samples| pipe(&samples.join(TODAY)));
    let said = fleet.survives();
    assert!(said.contains("not a regular file"), "{said}");
    // What is mended is over.
    std::fs::remove_file(fleet.data().join("bad/samples").join(TODAY)).unwrap();
    Synth::new("bad", 512.0 * MIB, NOW - 1_800, NOW).write(&fleet.data()).unwrap();
    fleet.run_at(NOW + 60, &["check"]);
    let history = std::fs::read_to_string(fleet.data().join(".check/hosts/bad/alerts.jsonl")).unwrap();
    let changes = history.lines().filter(|line| line.contains("\"unreadable\"")).collect::<Vec<_>>();
    assert!(changes.len() == 2 && changes[1].contains("resolved"), "{history}");
}

#[test]
fn a_link_to_an_endless_device_is_not_read() {
    let said = Fleet::new(|samples| symlink("/dev/zero", samples.join(TODAY)).unwrap()).survives();
    assert!(said.contains("symbolic link"), "{said}");
}

#[test]
fn a_folder_that_is_a_link_is_not_followed() {
    let fleet = Fleet::new(|samples| {
        std::fs::remove_dir_all(samples).unwrap();
        symlink(samples.ancestors().nth(3).unwrap().join("elsewhere"), samples).unwrap();
    });
    let said = fleet.survives();
    assert!(said.contains("symbolic link"), "{said}");
}

#[test]
fn a_sparse_file_is_not_read() {
    let plant = |samples: &Path| File::create(samples.join(TODAY)).unwrap().set_len(20 << 30).unwrap();
    let said = Fleet::new(plant).survives();
    assert!(said.contains("too costly") && said.contains("(file_bytes)"), "{said}");
}

#[test]
fn zeros_within_the_limit_of_a_file_are_not_read_to_their_end() {
    let plant = |samples: &Path| File::create(samples.join(TODAY)).unwrap().set_len(15 << 30).unwrap();
    let said = Fleet::new(plant).survives();
    assert!(said.contains("too costly") && said.contains("longer than any sample"), "{said}");
}

#[test]
fn a_bomb_of_newlines_ends_at_the_limit_of_lines() {
    let newlines = vec![b'\n'; 1 << 20];
    let said =
        Fleet::new(|samples| compressed(&samples.join(TODAY.to_owned() + ".gz"), &newlines, 300)).survives();
    assert!(said.contains("too costly") && said.contains("(lines)"), "{said}");
}

#[test]
fn thousands_of_day_files_are_too_many() {
    let said = Fleet::new(|samples| {
        let first = jiff::civil::date(1990, 1, 1);
        for day in first.series(jiff::Span::new().days(1)).take(12_000) {
            std::fs::write(samples.join(format!("{day}.jsonl")), "{\"v\":1,\"t\":1}\n").unwrap();
        }
    })
    .survives();
    assert!(said.contains("too costly") && said.contains("(days)"), "{said}");
}

#[test]
fn invented_names_are_too_many_numbers() {
    let said = Fleet::new(|samples| {
        let mut file = File::create(samples.join(TODAY)).unwrap();
        for minute in 0..6 {
            let disk = |number: u32| format!("\"d{}\":{{\"reads\":1}}", minute * 20_000 + number);
            let disks: Vec<String> = (0..20_000).map(disk).collect();
            let t = NOW - 360 + i64::from(minute) * 60;
            writeln!(
                file,
                "{{\"v\":1,\"t\":{t},\"boot\":\"a\",\"uptime\":{t}.0,\"diskstats\":{{{}}}}}",
                disks.join(",")
            )
            .unwrap();
        }
    })
    .survives();
    assert!(said.contains("too costly") && said.contains("(numbers)"), "{said}");
}

#[test]
fn a_flood_of_tiny_samples_ends_at_the_limit_of_lines() {
    let said = Fleet::new(|samples| {
        let line = format!("{{\"v\":1,\"t\":{}}}\n", NOW - 60);
        std::fs::write(samples.join(TODAY), line.repeat(600_000)).unwrap();
    })
    .survives();
    assert!(said.contains("too costly") && said.contains("(lines)"), "{said}");
}

/// Asserts that a host within the limits is rendered.
#[test]
fn many_boots_within_a_day_are_rendered() {
    let fleet = Fleet::new(|samples| {
        let line = |number: i64| {
            let t = NOW - 80_000 + number / 3;
            format!("{{\"v\":1,\"t\":{t},\"boot\":\"b{number}\",\"uptime\":1.0}}\n")
        };
        std::fs::write(samples.join(TODAY), (0..200_000).map(line).collect::<String>()).unwrap();
    });
    let out = fleet.out();
    fleet.run(&["site", "--out", out.to_str().unwrap()]);
    assert!(out.join("bad/index.html").exists() && out.join("web1/index.html").exists());
}

#[test]
fn columns_of_millions_of_rows_are_none_of_ours() {
    let fleet = Fleet::new(|samples| {
        let rows: String = (0..2_000_000).map(|row| format!("a{row} 1 0 1 5\n")).collect();
        compressed(
            &samples.join("2026-11-22.columns.gz"),
            format!("columns 1 lines 1\n{rows}").as_bytes(),
            1,
        );
    });
    let out = fleet.out();
    fleet.run(&["site", "--out", out.to_str().unwrap()]);
    assert!(out.join("web1/index.html").exists());
    let log = fleet.run(&["log", "--host", "bad", "--from", &(NOW - 3 * 86_400).to_string()]);
    assert!(stderr(&log).contains("2026-11-22.columns.gz"), "{}", stderr(&log));
}

#[test]
fn a_run_that_hangs_is_said_by_the_next_ones() {
    let fleet = Fleet::new(|_| ());
    let out = fleet.out();
    let site = || fleet.run(&["site", "--out", out.to_str().unwrap()]);
    site();
    let lock = out.join(".cronograph/lock");
    let held = File::open(&lock).unwrap();
    rustix::fs::flock(&held, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let since = held.metadata().unwrap().modified().unwrap();
    held.set_modified(since - Duration::from_secs(700)).unwrap();
    let output = site();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("has held the lock") && said.contains("fuser -v"), "{said}");
    let doctor = fleet.run(&[
        "doctor",
        "--host",
        "web1",
        "--ordinary-user",
        "--prefix",
        "/nonexistent",
        "--out",
        out.to_str().unwrap(),
    ]);
    let doctor = String::from_utf8(doctor.stdout).unwrap();
    assert!(doctor.contains("WRONG  no pages are made: a program has held the lock"), "{doctor}");
}
