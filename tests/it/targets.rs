//! `[[target]]` through the real binary: the line never waits for a target, the next one says how they answered.

use crate::program::{cronograph, stderr, stdout};
use crate::servers::{self, Reply, page};
use cronograph::sample::Sample;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const NOW: i64 = 1_795_438_200;

/// A small tree and a configuration.
struct Host {
    folder: TempDir,
    minute: i64,
    certificates: &'static str,
}

impl Host {
    fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let proc = folder.path().join("proc");
        fs_err::create_dir_all(proc.join("sys/kernel/random")).unwrap();
        fs_err::write(proc.join("sys/kernel/random/boot_id"), "01234567-0000-4000-8000-000000000000\n")
            .unwrap();
        fs_err::write(proc.join("meminfo"), "MemTotal: 500000 kB\nMemFree: 200000 kB\n").unwrap();
        let host = Self { folder, minute: 0, certificates: "tests/fixtures/tls/lasting.pem" };
        host.configure(config);
        host
    }

    fn configure(&self, config: &str) {
        fs_err::write(self.folder.path().join("cronograph.toml"), config).unwrap();
    }

    fn log(&self) -> std::path::PathBuf {
        self.folder.path().join("data/x/samples/2026-11-23.jsonl")
    }

    fn command(&self) -> assert_cmd::Command {
        let root = self.folder.path();
        let mut command = cronograph();
        command.args(["sample", "--host", "x", "--now", &(NOW + 60 * self.minute).to_string(), "--root"]);
        command.arg(root).arg("--data").arg(root.join("data"));
        command.arg("--config").arg(root.join("cronograph.toml")).env("SSL_CERT_FILE", self.certificates);
        command
    }

    /// The next minute's sample.
    fn sample(&mut self) -> Sample {
        let uptime = format!("{}.00 1.00\n", 1000 + 60 * self.minute);
        fs_err::write(self.folder.path().join("proc/uptime"), uptime).unwrap();
        assert_eq!(stdout(&mut self.command()), "");
        self.minute += 1;
        let log = fs_err::read_to_string(self.log()).unwrap();
        serde_json::from_str(log.lines().last().unwrap()).unwrap()
    }
}

fn target(name: &str, ask: &str) -> String {
    format!("[[target]]\nname = \"{name}\"\ntimeout_seconds = 10\n{ask}\n")
}

/// A port where nobody listens.
fn closed() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn the_second_line_says_how_the_targets_answered() {
    let (http, https, closed) = (servers::http(|_| page(503)), servers::tls(servers::LASTING), closed());
    let mut host = Host::new(
        &[
            target("site", &format!("http = \"https://localhost:{https}/\"")),
            target("shop", &format!("http = \"http://127.0.0.1:{http}/\"")),
            target("odd", &format!("http = \"http://127.0.0.1:{http}/\"\nstatus = 503")),
            target("ssh", &format!("tcp = \"127.0.0.1:{http}\"")),
            target("gone", &format!("tcp = \"127.0.0.1:{closed}\"")),
            target("name", &format!("dns = \"example.org\"\nserver = \"127.0.0.1:{closed}\"")),
        ]
        .concat(),
    );
    assert!(host.sample().target.is_none(), "nothing is known yet, and nothing is waited for");
    let targets = host.sample().target.unwrap().0;
    let said = |name: &str| {
        let run = &targets[name];
        (run.up, run.status, run.error.as_deref())
    };
    assert_eq!(said("site"), (Some(1), Some(200), None));
    // 2120-01-01 less the time at which it was asked.
    assert_eq!(targets["site"].certificate, Some(4_733_510_400 - NOW));
    assert_eq!(said("shop"), (Some(0), Some(503), Some("status 503")));
    assert_eq!(said("odd"), (Some(1), Some(503), None));
    assert_eq!(said("ssh"), (Some(1), None, None));
    assert_eq!(said("gone"), (Some(0), None, Some("connection refused")));
    assert_eq!(said("name"), (Some(0), None, Some("connection refused")));
    assert!(targets.values().all(|run| run.t == NOW && !run.kind.is_empty()));
    assert!(targets["ssh"].seconds.is_some() && targets["gone"].seconds.is_none());
    let third = host.sample().target.unwrap().0;
    assert!(third.values().all(|run| run.t == NOW + 60), "each line has its own results");
    assert_eq!(third["site"].certificate, Some(4_733_510_400 - NOW - 60));
}

#[test]
fn a_site_that_this_machine_does_not_trust_and_one_without_roots() {
    let port = servers::tls(servers::ENDED);
    let mut host = Host::new(&target("site", &format!("http = \"https://localhost:{port}/\"")));
    host.sample();
    let run = host.sample().target.unwrap().0.remove("site").unwrap();
    assert_eq!((run.up, run.error.as_deref()), (Some(0), Some("the certificate ended 2152 days ago")));
    assert_eq!(run.certificate, Some(1_609_459_200 - NOW));
    host.certificates = "/dev/null";
    host.sample();
    let run = host.sample().target.unwrap().0.remove("site").unwrap();
    assert_eq!((run.up, run.certificate), (None, None), "nothing is known of it");
    assert_eq!(run.error.as_deref(), Some("no root certificates (install ca-certificates)"));
}

#[test]
fn each_has_its_interval_and_what_is_no_longer_asked_is_gone() {
    let port = servers::http(|_| page(200));
    let often = target("often", &format!("tcp = \"127.0.0.1:{port}\"\ninterval_seconds = 0"));
    let seldom = target("seldom", &format!("tcp = \"127.0.0.1:{port}\"\ninterval_seconds = 180"));
    let mut host = Host::new(&format!("{often}{seldom}"));
    let lines: Vec<Vec<String>> = (0..5)
        .map(|_| host.sample().target.map(|all| all.0.into_keys().collect()).unwrap_or_default())
        .collect();
    let both = ["often", "seldom"].as_slice();
    assert_eq!(lines, [&[], both, &["often"], &["often"], both]);
    host.configure(&seldom);
    let names = |sample: Sample| sample.target.map(|all| all.0.into_keys().collect::<Vec<_>>());
    assert_eq!(names(host.sample()), None, "what it answered before is of no interest any more");
    host.configure("");
    host.sample();
    assert_eq!(names(host.sample()), None);
}

#[test]
fn without_targets_nothing_is_opened_and_printing_asks_nobody() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let port = servers::http(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        page(200)
    });
    let mut host = Host::new("");
    host.sample();
    assert!(!host.folder.path().join("data/x/targets").exists());
    host.configure(&target("shop", &format!("http = \"http://127.0.0.1:{port}/\"")));
    stdout(host.command().arg("--print"));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    host.sample();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// Ten targets and ten checks that hang: each hears of it only when the line is there, all are given up, and the run ends by
/// itself before the watch that would end it.
#[test]
fn whoever_hangs_delays_neither_the_line_nor_the_end() {
    let log = Arc::new(Mutex::new(None::<std::path::PathBuf>));
    let lines = Arc::new(Mutex::new(Vec::new()));
    let (path, seen) = (Arc::clone(&log), Arc::clone(&lines));
    let port = servers::http(move |_| {
        let path = path.lock().unwrap().clone().unwrap();
        seen.lock().unwrap().push(lines_of(&path));
        Reply::Nothing
    });
    let config: String = (0..10)
        .map(|number| {
            format!(
                "[[target]]\nname = \"t{number}\"\nhttp = \"http://127.0.0.1:{port}/\"\ntimeout_seconds = 3\n\
                 [[check]]\nname = \"c{number}\"\ncommand = [\"sleep\", \"600\"]\ntimeout_seconds = 1\n"
            )
        })
        .collect();
    let mut host = Host::new(&config);
    *log.lock().unwrap() = Some(host.log());
    assert!(host.sample().target.is_none());
    assert_eq!(*lines.lock().unwrap(), [1; 10], "each was asked, and the line was there by then");
    let targets = host.sample().target.unwrap().0;
    assert_eq!(targets.len(), 10);
    for run in targets.values() {
        assert_eq!((run.up, run.error.as_deref()), (Some(0), Some("no answer within 3 s")));
    }
    // The checks had what remained of the time; in the first run there was no folder yet to keep what came of them.
    host.configure("[[check]]\nname = \"c0\"\ncommand = [\"sleep\", \"600\"]\n");
    let checks = host.sample().check.unwrap().0;
    assert_eq!(checks.values().filter(|run| run.killed == Some(1)).count(), 10);
}

fn lines_of(log: &Path) -> usize {
    fs_err::read_to_string(log).map_or(0, |text| text.lines().count())
}

#[test]
fn a_run_that_still_asks_is_not_disturbed() {
    let port = servers::http(|_| page(200));
    let mut host = Host::new(&target("shop", &format!("tcp = \"127.0.0.1:{port}\"")));
    host.sample();
    let path = host.folder.path().join("data/x/targets");
    let held = fs_err::File::open(&path).unwrap();
    rustix::fs::flock(&held, rustix::fs::FlockOperation::LockExclusive).unwrap();
    assert!(host.sample().target.is_none());
    drop(held);
    assert_eq!(host.sample().target.unwrap().0["shop"].t, NOW, "what it had found out is not lost");
}

#[test]
fn a_file_that_cannot_be_read_costs_what_it_knew() {
    let port = servers::http(|_| page(200));
    let mut host = Host::new(&target("shop", &format!("tcp = \"127.0.0.1:{port}\"")));
    host.sample();
    fs_err::write(host.folder.path().join("data/x/targets"), "{\"targets\":{\"sh").unwrap();
    assert!(host.sample().target.is_none());
    assert!(host.sample().target.is_some());
    let output = host.command().arg("--print").output().unwrap();
    assert_eq!((output.status.success(), stderr(&output).as_str()), (true, ""));
}
