//! Events: `cronograph sample --root` on a tree that changes in between, notes through the binary, and a log of any
//! bytes.

use crate::program::{cronograph, stderr, stdout};
use cronograph::base::words::{Lang, Words};
use cronograph::event::{Change, Event, Kind, describe};
use cronograph::store::{Layout, append_events, event_log};
use proptest::prelude::*;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// 2026-11-23T12:50:00Z
const NOW: i64 = 1_795_438_200;

/// A host with what a sample needs, and a data folder.
struct Host {
    root: TempDir,
    data: TempDir,
}

impl Host {
    fn new() -> Self {
        let host = Self { root: tempfile::tempdir().unwrap(), data: tempfile::tempdir().unwrap() };
        host.put("proc/meminfo", "MemTotal: 496000 kB\nMemFree: 100000 kB\n", 0);
        host.put("proc/stat", "cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n", 0);
        host.put("proc/sys/kernel/hostname", "web1\n", 0);
        host.put("proc/sys/kernel/osrelease", "6.1.0-1\n", 0);
        host.boot("0123abcd-boot", 100_000);
        host
    }

    fn boot(&self, id: &str, uptime: i64) {
        self.put("proc/sys/kernel/random/boot_id", format!("{id}\n"), 0);
        self.put("proc/uptime", format!("{uptime}.00 1.00\n"), 0);
    }

    /// Writes a file, as of so many seconds after `NOW`.
    fn put(&self, path: &str, content: impl AsRef<[u8]>, after: i64) {
        let path = self.root.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, content).unwrap();
        self.touch(&path, after);
    }

    fn touch(&self, path: &Path, after: i64) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(NOW + after).unwrap());
        fs_err::File::open(path).unwrap().set_modified(time).unwrap();
    }

    fn remove(&self, path: &str) {
        fs_err::remove_file(self.root.path().join(path)).unwrap();
    }

    /// Takes a sample so many seconds after `NOW`; of the boot that began with the uptime then.
    fn sample(&self, after: i64) {
        let mut command = cronograph();
        command.args(["sample", "--now", &(NOW + after).to_string(), "--root"]).arg(self.root.path());
        assert_eq!(
            stdout(command.arg("--data").arg(self.data.path()).env("CRONOGRAPH_CONFIG", self.config())),
            ""
        );
    }

    /// The same, with an uptime that fits.
    fn minute(&self, after: i64) {
        self.boot("0123abcd-boot", 100_000 + after);
        self.sample(after);
    }

    fn config(&self) -> std::path::PathBuf {
        let path = self.data.path().join("cronograph.toml");
        if !path.exists() {
            fs_err::write(&path, "lang = \"en\"\n").unwrap();
        }
        path
    }

    fn layout(&self) -> Layout {
        Layout::new(self.data.path(), "web1").unwrap()
    }

    /// What was logged: seconds after `NOW`, and the words.
    fn told(&self) -> Vec<(i64, String)> {
        let log = event_log(&self.layout()).unwrap();
        assert!(log.damage.is_none());
        log.events.iter().map(|event| (event.t - NOW, describe(event, Words::of(Lang::En)))).collect()
    }
}

fn told(list: &[(i64, &str)]) -> Vec<(i64, String)> {
    list.iter().map(|(after, text)| (*after, (*text).to_owned())).collect()
}

const STATUS: &str = "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2\n\n";

#[test]
fn a_first_look_tells_nothing_and_a_deleted_memory_neither() {
    let host = Host::new();
    host.put("etc/crontab", "* * * * * root true\n", -99_999);
    host.put("var/lib/dpkg/status", STATUS, -99_999);
    host.minute(0);
    host.minute(60);
    fs_err::remove_dir_all(host.layout().seen()).unwrap();
    host.put("etc/crontab", "changed\n", 100);
    host.minute(120);
    assert_eq!(host.told(), []);
    assert!(!host.layout().events().exists());
}

#[test]
fn each_source_is_told_with_its_time() {
    let host = Host::new();
    host.put("etc/crontab", "* * * * * root true\n", -99_999);
    host.put("etc/cron.d/old", "x\n", -99_999);
    host.put("etc/init.d/ssh", "#!/bin/sh\n", -99_999);
    host.put("etc/systemd/system/app.service", "[Service]\n", -99_999);
    host.put("var/lib/dpkg/status", STATUS, -99_999);
    host.minute(0);
    host.put("etc/crontab", "* * * * * root true\n*/5 * * * * root secret\n", 10);
    host.put("etc/init.d/decoyd", "#!/bin/sh\n", 20);
    host.put("etc/systemd/system/multi-user.target.wants/app.service", "", 22);
    host.remove("etc/cron.d/old");
    host.touch(&host.root.path().join("etc/cron.d"), 25);
    let nginx = "Package: nginx\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.22\n\n";
    host.put("var/lib/dpkg/status", STATUS.replace("5.2", "5.3") + nginx, 31);
    host.put(
        "var/log/dpkg.log",
        "2026-11-23 12:50:30 install nginx:amd64 <none> 1.22\n2026-11-23 12:50:31 upgrade bash:amd64 5.2 5.3\n",
        31,
    );
    host.minute(60);
    let log = fs_err::read_to_string(host.layout().events()).unwrap();
    assert!(!log.contains("secret"));
    assert_eq!(
        host.told(),
        told(&[
            (10, "crontab /etc/crontab changed: one line more"),
            (20, "init script /etc/init.d/decoyd added"),
            (22, "unit app.service enabled"),
            (25, "crontab /etc/cron.d/old removed"),
            (30, "package nginx 1.22 installed"),
            (31, "package bash 5.2 → 5.3 upgraded"),
        ])
    );
    host.minute(120);
    assert_eq!(host.told().len(), 6, "nothing is told twice");
}

#[test]
fn a_file_that_is_written_again_as_it_was_is_no_change() {
    let host = Host::new();
    host.put("etc/crontab", "* * * * * root true\n", 0);
    host.minute(0);
    host.put("etc/crontab", "* * * * * root true\n", 30);
    host.minute(60);
    assert_eq!(host.told(), []);
}

#[test]
fn a_boot_a_kernel_and_a_clock() {
    let host = Host::new();
    host.minute(0);
    host.put("proc/sys/kernel/osrelease", "6.1.0-2\n", 0);
    host.boot("4567cdef-boot", 40);
    host.sample(300);
    assert_eq!(host.told(), told(&[(260, "boot"), (260, "kernel 6.1.0-1 → 6.1.0-2")]));
    host.boot("4567cdef-boot", 100);
    let mut command = cronograph();
    command.args(["sample", "--now", &(NOW + 7560).to_string(), "--root"]).arg(host.root.path());
    let output = command.arg("--data").arg(host.data.path()).env("CRONOGRAPH_CONFIG", host.config()).output();
    assert_eq!(output.unwrap().status.code(), Some(1), "the sampler says so, too");
    assert_eq!(host.told()[2], (7560, "the clock jumped ahead by 2 h".to_owned()));
}

#[test]
fn keys_of_the_own_configuration_are_named() {
    let host = Host::new();
    host.minute(0);
    fs_err::write(host.config(), "lang = \"en\"\n[sample]\ntop = 7\n").unwrap();
    host.minute(60);
    assert_eq!(host.told(), told(&[(60, "cronograph config: sample.top added")]));
}

#[test]
fn a_kill_is_told_with_its_victim() {
    let host = Host::new();
    host.put("proc/vmstat", "nr_free_pages 5\noom_kill 0\n", 0);
    host.minute(0);
    host.put("proc/vmstat", "nr_free_pages 5\noom_kill 1\n", 0);
    let record = "3,9,100030000000,-;Out of memory: Killed process 812 (mysqld) total-vm:1kB\n";
    host.put("dev/kmsg", record, 0);
    host.minute(60);
    assert_eq!(host.told(), told(&[(30, "the kernel killed a process for want of memory: mysqld")]));
}

#[test]
fn a_container_tells_of_no_kills_and_a_restart_of_it_is_a_boot() {
    let host = Host::new();
    host.put("run/systemd/container", "lxc\n", 0);
    host.put("proc/vmstat", "oom_kill 0\n", 0);
    host.minute(0);
    host.put("proc/vmstat", "oom_kill 1\n", 0);
    host.minute(60);
    host.boot("0123abcd-boot", 10);
    host.sample(120);
    assert_eq!(host.told(), told(&[(110, "boot")]));
}

#[test]
fn while_another_run_looks_nothing_is_seen() {
    let host = Host::new();
    host.put("etc/crontab", "one\n", -99_999);
    host.minute(0);
    host.put("etc/crontab", "other\n", 10);
    let seen = fs_err::File::open(host.layout().seen()).unwrap();
    rustix::fs::flock(&seen, rustix::fs::FlockOperation::LockExclusive).unwrap();
    host.minute(60);
    assert_eq!(host.told(), []);
    drop(seen);
    host.minute(120);
    assert_eq!(host.told(), told(&[(10, "crontab /etc/crontab changed")]));
}

/// A line of `/proc/PID/stat`.
fn process(pid: u32, name: &str, started: i64) -> String {
    format!("{pid} ({name}) S 1 {pid} {pid} 0 -1 0 0 0 0 0 9 0 0 0 20 0 1 0 {} 1000 9 0\n", started * 100)
}

#[test]
fn a_daemon_is_told_when_it_has_lived_for_two_beats_and_at_its_true_time() {
    let host = Host::new();
    host.put("proc/9/stat", process(9, "sshd", 5), 0);
    host.minute(0);
    host.put("proc/20/stat", process(20, "decoyd", 100_030), 0);
    host.put("proc/21/stat", process(21, "brief", 100_030), 0);
    host.minute(60);
    assert_eq!(host.told(), []);
    host.remove("proc/21/stat");
    host.minute(120);
    host.minute(660);
    assert_eq!(host.told(), told(&[(30, "service decoyd started")]));
    host.remove("proc/20/stat");
    host.minute(720);
    assert_eq!(host.told().len(), 1, "it may be between an end and a start");
    host.minute(780);
    assert_eq!(host.told()[1], (720, "service decoyd stopped".to_owned()));
}

#[test]
fn a_clock_that_is_set_restarts_no_daemon() {
    let host = Host::new();
    host.put("proc/9/stat", process(9, "sshd", 5), 0);
    host.minute(0);
    // Half an hour ahead of the uptime: said by the sampler, too, with another exit code.
    for after in [1860, 2460] {
        host.boot("0123abcd-boot", 100_000 + after - 1800);
        let mut command = cronograph();
        command.args(["sample", "--now", &(NOW + after).to_string(), "--root"]).arg(host.root.path());
        command.arg("--data").arg(host.data.path()).env("CRONOGRAPH_CONFIG", host.config());
        command.output().unwrap();
    }
    assert_eq!(host.told(), told(&[(1860, "the clock jumped ahead by 30 min")]));
}

#[test]
fn units_of_systemd_are_told_by_their_links() {
    let host = Host::new();
    let start = |unit: &str, after| host.put(&format!("run/systemd/units/invocation:{unit}"), "", after);
    start("cron.service", -5000);
    start("nginx.service", -5000);
    host.minute(0);
    start("nginx.service", 31);
    start("app.service", 32);
    start("run-u5.service", 33);
    host.minute(60);
    host.minute(660);
    assert_eq!(
        host.told(),
        told(&[(31, "service nginx.service restarted"), (32, "service app.service started")])
    );
}

#[test]
fn a_note_is_appended_and_said() {
    let data = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let mut command = cronograph();
        command.args(["note", "--now", &NOW.to_string(), "--host", "web1", "--data"]).arg(data.path());
        command.args(args);
        command
    };
    let output = run(&["x"]).output().unwrap();
    assert!(stderr(&output).contains("there is no host web1"), "{}", stderr(&output));
    fs_err::create_dir_all(data.path().join("web1")).unwrap();
    let said = stdout(&mut run(&["service", "check\u{1b}[31m", "on all hosts"]));
    assert!(said.starts_with("web1: "), "{said}");
    assert!(said.ends_with("note \"service check [31m on all hosts\"\n"), "{said}");
    stdout(&mut run(&["--at", "2026-11-23T12:00:00Z", "earlier"]));
    let log = event_log(&Layout::new(data.path(), "web1").unwrap()).unwrap();
    let notes: Vec<_> =
        log.events.iter().map(|event| (event.t, event.kind, event.subject.as_str())).collect();
    assert_eq!(
        notes,
        [(NOW - 3000, Kind::Note, "earlier"), (NOW, Kind::Note, "service check [31m on all hosts")]
    );
    let wrong = [
        (&["--at", "noon", "x"][..], "\"noon\" is no time"),
        (&["--at", "2099-01-01", "x"], "yet to come"),
        (&["  "], "empty"),
    ];
    for (args, reason) in wrong {
        let output = run(args).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(reason), "{}", stderr(&output));
    }
}

proptest! {
    // A part of the usual number: a case takes long.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]

    #[test]
    fn any_bytes_in_the_log_cost_no_good_line(
        junk in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..6),
        times in prop::collection::vec(0_i64..9999, 1..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path(), "web1").unwrap();
        let mut bytes = Vec::new();
        let mut junk = junk.into_iter();
        for t in &times {
            if let Some(mut junk) = junk.next() {
                junk.push(b'\n');
                bytes.extend(junk);
            }
            let event = Event { subject: "x".to_owned(), change: Some(Change::Added), ..Event::new(*t, Kind::Unit) };
            serde_json::to_writer(&mut bytes, &event).unwrap();
            bytes.push(b'\n');
        }
        bytes.extend(junk.flatten());
        fs_err::create_dir_all(layout.folder()).unwrap();
        fs_err::write(layout.events(), &bytes).unwrap();
        let mut sorted = times.clone();
        sorted.sort_unstable();
        let read: Vec<i64> = event_log(&layout).unwrap().events.iter().map(|event| event.t).collect();
        prop_assert_eq!(read, sorted);
        append_events(&layout, &[Event::new(1, Kind::Boot)]).unwrap();
        prop_assert_eq!(event_log(&layout).unwrap().events.len(), times.len() + 1);
    }
}

#[test]
fn an_event_that_could_not_be_logged_is_logged_by_the_next_run() {
    let host = Host::new();
    host.put("etc/crontab", "* * * * * root a\n", 0);
    host.sample(0);
    host.put("etc/crontab", "* * * * * root b\n", 30);
    let log = host.layout().events();
    fs_err::create_dir(&log).unwrap();
    let mut command = cronograph();
    command.args(["sample", "--now", &(NOW + 60).to_string(), "--root"]).arg(host.root.path());
    let output =
        command.arg("--data").arg(host.data.path()).env("CRONOGRAPH_CONFIG", host.config()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    fs_err::remove_dir(&log).unwrap();
    host.minute(120);
    host.minute(180);
    assert_eq!(host.told(), [(30, "crontab /etc/crontab changed".to_owned())]);
}

#[test]
fn an_event_that_was_logged_before_a_kill_is_not_logged_again() {
    let host = Host::new();
    host.put("etc/crontab", "* * * * * root a\n", 0);
    host.sample(0);
    host.put("etc/crontab", "* * * * * root b\n", 30);
    host.minute(60);
    // The run was killed between the log and what comes behind it.
    let events = event_log(&host.layout()).unwrap().events;
    let unlogged = host.layout().seen().join("unlogged.json");
    assert!(!unlogged.exists());
    fs_err::write(&unlogged, serde_json::to_vec(&events).unwrap()).unwrap();
    host.minute(120);
    assert_eq!(host.told().len(), 1);
    assert!(!unlogged.exists());
}
