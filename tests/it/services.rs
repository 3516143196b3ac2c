//! Services on recorded trees of four inits: whole lists and what changed in between, what is told of it as events, the page.
//! Nothing here is asked of a manager: a recorded tree has none.

use crate::program::{cronograph, stdout};
use cronograph::base::words::{Lang, Words};
use cronograph::event::describe;
use cronograph::sample::Sample;
use cronograph::sample::service::{Service, Services};
use cronograph::series;
use cronograph::store::{Layout, event_log};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

/// 2026-11-23T12:50:00Z
const NOW: i64 = 1_795_438_200;

/// A host whose services are those of a fixture.
pub(crate) struct Host {
    pub(crate) root: TempDir,
    data: TempDir,
}

impl Host {
    fn new(fixture: &str) -> Self {
        let host = Self { root: tempfile::tempdir().unwrap(), data: tempfile::tempdir().unwrap() };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/services").join(fixture);
        copy(&from, host.root.path());
        host.put("proc/meminfo", "MemTotal: 496000 kB\nMemFree: 100000 kB\n");
        host.put("proc/stat", "cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n");
        host.put("proc/sys/kernel/hostname", "web1\n");
        host.put("proc/sys/kernel/random/boot_id", "01234567-0000-4000-8000-000000000000\n");
        host.process(1, "init", 1);
        host.configure("");
        host
    }

    pub(crate) fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, content).unwrap();
    }

    fn configure(&self, text: &str) {
        fs_err::write(self.data.path().join("cronograph.toml"), text).unwrap();
    }

    /// A process that init looks after, started so many seconds after the boot, with a hundred pages.
    pub(crate) fn process(&self, pid: u32, name: &str, started: u64) {
        let line = format!(
            "{pid} ({name}) S 1 {pid} {pid} 0 -1 0 0 0 0 0 9 0 0 0 20 0 1 0 {} 1000 100 0\n",
            started * 100
        );
        self.put(&format!("proc/{pid}/stat"), line);
    }

    pub(crate) fn end(&self, pid: u32) {
        fs_err::remove_dir_all(self.root.path().join(format!("proc/{pid}"))).unwrap();
    }

    /// A unit of systemd that became active so many seconds after `NOW`.
    fn start(&self, unit: &str, after: i64) {
        let link = self.root.path().join(format!("run/systemd/units/invocation:{unit}.service"));
        let _ = fs_err::remove_file(&link);
        std::os::unix::fs::symlink("6cd3dad5f4104a84935a864a8be35b44", &link).unwrap();
        touch(&link, after);
        touch(&self.root.path().join("run/systemd/units"), after);
    }

    fn stop(&self, unit: &str, after: i64) {
        fs_err::remove_file(self.root.path().join(format!("run/systemd/units/invocation:{unit}.service")))
            .unwrap();
        touch(&self.root.path().join("run/systemd/units"), after);
    }

    /// A sample so many seconds after `NOW`.
    pub(crate) fn sample(&self, after: i64) -> Sample {
        self.put("proc/uptime", format!("{}.00 1.00\n", 100_000 + after));
        let mut command = cronograph();
        command.args(["sample", "--now", &(NOW + after).to_string(), "--root"]).arg(self.root.path());
        command.arg("--data").arg(self.data.path());
        assert_eq!(stdout(command.env("CRONOGRAPH_CONFIG", self.data.path().join("cronograph.toml"))), "");
        let log = fs_err::read_to_string(self.data.path().join("web1/samples/2026-11-23.jsonl")).unwrap();
        serde_json::from_str(log.lines().last().unwrap()).unwrap()
    }

    pub(crate) fn services(&self, after: i64) -> Option<Services> {
        self.sample(after).service
    }

    fn layout(&self) -> Layout {
        Layout::new(self.data.path(), "web1").unwrap()
    }

    pub(crate) fn latest(&self, after: i64) -> Services {
        series::latest(&self.layout(), NOW + after).unwrap().unwrap().sample.service.unwrap()
    }

    /// What was told: seconds after `NOW`, and the words.
    fn told(&self) -> Vec<(i64, String)> {
        let events = event_log(&self.layout()).unwrap().events;
        events.iter().map(|event| (event.t - NOW, describe(event, Words::of(Lang::En)))).collect()
    }
}

fn copy(from: &Path, to: &Path) {
    fs_err::create_dir_all(to).unwrap();
    for entry in fs_err::read_dir(from).unwrap() {
        let (source, target) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        let kind = fs_err::symlink_metadata(&source).unwrap().file_type();
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs_err::read_link(&source).unwrap(), target).unwrap();
        } else if kind.is_dir() {
            copy(&source, &target);
        } else if source.file_name().is_some_and(|name| name != ".keep") {
            fs_err::copy(&source, target).unwrap();
        }
    }
}

/// Gives a file, or a link itself, its time.
fn touch(path: &Path, after: i64) {
    let time = Timespec { tv_sec: NOW + after, tv_nsec: 0 };
    let times = Timestamps { last_access: time, last_modification: time };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// What matters of each service: state, up, failed.
pub(crate) fn states(services: &Services) -> BTreeMap<&str, (&str, Option<u64>, Option<u64>)> {
    let of = |service: &'_ Service| (service.up, service.failed);
    let all = services.units.iter();
    all.map(|(name, service)| (name.as_str(), (service.state.as_str(), of(service).0, of(service).1)))
        .collect()
}

fn debian() -> Host {
    let host = Host::new("systemd");
    for unit in ["nginx", "cron", "systemd-sysctl", "dbus", "user@0", "run-r1"] {
        host.start(unit, -9000);
    }
    host
}

#[test]
fn systemd_by_its_files_alone() {
    let host = debian();
    host.put("sys/fs/cgroup/cgroup.controllers", "memory\n");
    host.put("sys/fs/cgroup/system.slice/nginx.service/memory.current", "5242880\n");
    let services = host.services(0).unwrap();
    assert_eq!(services.manager.as_deref(), Some("systemd"));
    let running = ("running", Some(1), None);
    assert_eq!(
        states(&services),
        BTreeMap::from([
            ("cron", running),
            // Without `cups`, which is started when its socket is called, and `e2scrub_reap`, which does its work and ends.
            // Active though nothing enables it.
            ("dbus", running),
            ("getty@tty1", ("stopped", Some(0), None)),
            ("nginx", running),
            ("ssh", ("stopped", Some(0), None)),
            ("systemd-sysctl", ("exited", Some(1), None)),
        ])
    );
    let nginx = &services.units["nginx"];
    assert_eq!((nginx.since, nginx.memory), (Some(NOW - 9000), Some(5_242_880)));
}

#[test]
fn what_is_configured_is_watched_or_left_out() {
    let host = debian();
    host.configure("[services]\nalso = [\"redis-*\", \"no-such\"]\nignore = [\"getty@*\", \"cron.service\"]\nask_systemd = false\n");
    let services = host.services(0).unwrap();
    let states = states(&services);
    assert_eq!(states["redis-server"], ("stopped", Some(0), None));
    assert_eq!(states["no-such"].1, Some(0));
    assert!(!states.contains_key("getty@tty1") && !states.contains_key("cron"));
}

#[test]
fn between_whole_lists_a_line_has_what_changed() {
    let host = debian();
    host.sample(0);
    assert_eq!(host.services(60), None, "a quiet minute has none");
    host.stop("nginx", 70);
    host.start("redis-server", 75);
    let changed = host.services(120).unwrap();
    assert_eq!(changed.manager, None);
    let expected =
        BTreeMap::from([("nginx", ("stopped", Some(0), None)), ("redis-server", ("running", Some(1), None))]);
    assert_eq!(states(&changed), expected);
    assert_eq!(host.services(180), None);
    // Something that nothing enables is not followed any more once it ends.
    host.stop("redis-server", 200);
    host.start("nginx", 210);
    let changed = host.services(240).unwrap();
    assert_eq!(states(&changed)["redis-server"], ("stopped", None, Some(0)));
    assert_eq!(changed.units["nginx"].since, Some(NOW + 210));

    let latest = host.latest(250);
    assert_eq!((latest.manager.as_deref(), latest.units.len()), (Some("systemd"), 7));
    assert_eq!(states(&latest)["nginx"], ("running", Some(1), None));
    let whole = host.services(300).unwrap();
    assert!(whole.manager.is_some() && !whole.units.contains_key("redis-server"));
    assert!(!host.latest(310).units.contains_key("redis-server"), "gone from the newest whole list");
}

pub(crate) fn sysv() -> Host {
    let host = Host::new("sysv");
    // A record of utmp(5): runlevel 2.
    let mut record = vec![0_u8; 384];
    (record[0], record[4]) = (1, b'2');
    host.put("run/utmp", record);
    for (pid, name, started) in [(40, "nginx", 50), (31, "cron", 51), (35, "dbus-daemon", 52)] {
        host.process(pid, name, started);
    }
    host
}

#[test]
fn sysv_by_pid_files_and_processes() {
    let host = sysv();
    let services = host.services(0).unwrap();
    assert_eq!(services.manager.as_deref(), Some("sysv"));
    let running = ("running", Some(1), Some(0));
    // rsync is switched off, procps has no daemon, exim4 is of another runlevel.
    assert_eq!(states(&services), BTreeMap::from([("cron", running), ("dbus", running), ("nginx", running)]));
    let nginx = &services.units["nginx"];
    assert_eq!((nginx.pid, nginx.since, nginx.memory), (Some(40), Some(NOW - 99_950), Some(409_600)));

    assert_eq!(host.services(60), None);
    // Its pid file stays behind, and its number goes to somebody else.
    host.process(40, "bash", 100_050);
    let changed = host.services(120).unwrap();
    assert_eq!(states(&changed), BTreeMap::from([("nginx", ("crashed", Some(0), Some(1)))]));
    host.end(40);
    host.put("run/nginx.pid", "90\n");
    host.process(90, "nginx", 100_150);
    let changed = host.services(180).unwrap();
    assert_eq!((changed.units["nginx"].pid, changed.units["nginx"].up), (Some(90), Some(1)));
}

#[test]
fn a_service_without_its_pid_file_is_found_by_its_name() {
    let host = sysv();
    for path in ["run/nginx.pid", "run/crond.pid"] {
        fs_err::remove_file(host.root.path().join(path)).unwrap();
    }
    host.end(31);
    let services = host.services(0).unwrap();
    assert_eq!(services.units["nginx"].pid, Some(40));
    assert_eq!(states(&services)["cron"], ("stopped", Some(0), Some(0)));
}

#[test]
fn what_a_user_may_not_see_is_not_missed() {
    let host = sysv();
    for pid in [1, 31, 35] {
        host.end(pid);
    }
    host.process(40, "nginx", 50);
    assert_eq!(
        states(&host.services(0).unwrap()),
        BTreeMap::from([("nginx", ("running", Some(1), Some(0)))])
    );
}

#[test]
fn openrc_by_its_folders() {
    let host = Host::new("openrc");
    host.process(2201, "crond", 40);
    host.process(2301, "sshd", 41);
    let services = host.services(0).unwrap();
    assert_eq!(services.manager.as_deref(), Some("openrc"));
    let running = ("running", Some(1), Some(0));
    assert_eq!(
        states(&services),
        BTreeMap::from([
            ("chronyd", ("failed", Some(0), Some(1))),
            ("crond", running),
            ("hostname", ("exited", Some(1), Some(0))),
            ("klogd", ("stopped", Some(0), Some(0))),
            ("sshd", running),
        ])
    );
    host.end(2301);
    assert_eq!(
        states(&host.services(60).unwrap()),
        BTreeMap::from([("sshd", ("crashed", Some(0), Some(1)))])
    );
}

#[test]
fn runit_by_its_supervisors() {
    let host = Host::new("runit");
    host.process(700, "sshd", 40);
    let status = |want: u8| {
        let label = (4_611_686_018_427_387_914_u64 + u64::try_from(NOW).unwrap() - 500).to_be_bytes();
        [&label[..], &[0; 8], &[0, want, 0, 1]].concat()
    };
    for (name, want) in [("sshd", b'u'), ("cronie", b'd'), ("agetty-tty1", b'd'), ("dhcpcd", b'u')] {
        host.put(&format!("var/service/{name}/supervise/status"), status(want));
    }
    let services = host.services(0).unwrap();
    assert_eq!(services.manager.as_deref(), Some("runit"));
    assert_eq!(
        states(&services),
        BTreeMap::from([
            // Without `agetty-tty1`: a file `down` beside it says that nobody misses it.
            ("cronie", ("stopped", Some(0), Some(0))),
            ("dhcpcd", ("restarting", Some(0), Some(1))),
            ("sshd", ("running", Some(1), Some(0))),
        ])
    );
    let sshd = &services.units["sshd"];
    assert_eq!((sshd.pid, sshd.since, sshd.memory), (Some(700), Some(NOW - 500), Some(409_600)));
}

#[test]
fn containers_by_their_groups() {
    let host = Host::new("runit");
    fs_err::remove_dir_all(host.root.path().join("var")).unwrap();
    let group = format!("sys/fs/cgroup/docker/{}", "0123456789abcdef".repeat(4));
    host.put("sys/fs/cgroup/cgroup.controllers", "memory\n");
    host.put(&format!("{group}/memory.current"), "1048576\n");
    touch(&host.root.path().join(&group), -700);
    let services = host.services(0).unwrap();
    assert_eq!(services.manager.as_deref(), Some("containers"));
    let container = &services.units["docker 0123456789ab"];
    assert_eq!(
        (container.up, container.since, container.memory),
        (Some(1), Some(NOW - 700), Some(1_048_576))
    );
}

#[test]
fn a_failure_is_told_once_and_by_that_word() {
    let host = sysv();
    host.sample(0);
    host.sample(60);
    host.end(40);
    for minute in 2..20 {
        host.sample(60 * minute);
    }
    assert_eq!(host.told(), [(120, "service nginx failed".to_owned())]);
    // An orderly stop takes the pid file along.
    fs_err::remove_file(host.root.path().join("run/crond.pid")).unwrap();
    host.end(31);
    for minute in 20..24 {
        host.sample(60 * minute);
    }
    assert_eq!(host.told()[1..], [(1200, "service cron stopped".to_owned())]);
}

#[test]
fn services_of_runit_are_told_though_init_does_not_see_them() {
    let host = Host::new("runit");
    host.process(700, "sshd", 40);
    host.sample(0);
    host.sample(60);
    host.put("var/service/sshd/supervise/stat", "down\n");
    host.put("var/service/sshd/down", "");
    host.end(700);
    for minute in 2..5 {
        host.sample(60 * minute);
    }
    assert_eq!(host.told(), [(120, "service sshd stopped".to_owned())]);
}

#[test]
fn the_page_shows_the_worst_first_and_a_public_one_no_names() {
    let host = sysv();
    host.put("etc/init.d/<b>odd</b>", "#!/bin/sh\nDAEMON=/usr/sbin/odd\n");
    for minute in 0..7 {
        if minute == 3 {
            host.end(40);
        }
        host.sample(60 * minute);
    }
    let build = |config: &str| {
        host.configure(config);
        let out = tempfile::tempdir().unwrap();
        let mut command = cronograph();
        command.args(["site", "--now", &(NOW + 370).to_string(), "--data"]).arg(host.data.path());
        command
            .arg("--out")
            .arg(out.path())
            .env("CRONOGRAPH_CONFIG", host.data.path().join("cronograph.toml"));
        stdout(&mut command);
        fs_err::read_to_string(out.path().join("web1/index.html")).unwrap()
    };
    let page = build("time_zone = \"UTC\"\n");
    let table = &page[page.find("id=\"table-services\"").unwrap()..];
    let at = |text: &str| table.find(text).unwrap_or_else(|| panic!("no {text} in {table}"));
    assert!(at("nginx") < at("cron") && at("cron") < at("dbus"));
    assert!(table.contains("crashed") && table.contains("class=\"failed\""), "{table}");
    let public = build("time_zone = \"UTC\"\n[site]\npublic = true\n");
    let section = &public[public.find("id=\"table-services\"").unwrap()..];
    let section = &section[..section.find("</section>").unwrap()];
    assert!(
        section.contains("crashed") && !section.contains("nginx") && !section.contains("cron"),
        "{section}"
    );
}
