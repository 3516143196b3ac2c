//! The built-in rules on hosts with one thing wrong each, and on the healthy one of which they find nothing.

use super::book::{Alert, Book};
use super::facts::Known;
use super::machine::Phase;
use super::rule::Rules;
use crate::analysis::report::Report;
use crate::analysis::{Level, ProblemKind};
use crate::sample::Sample;
use crate::sample::audit::Suspect;
use crate::sample::filesystem::{Filesystem, Filesystems};
use crate::sample::hwmon::{Hwmon, Sensor};
use crate::sample::mdstat::{Mdstat, RaidArray};
use crate::sample::meminfo::Meminfo;
use crate::sample::own_cost::OwnCost;
use crate::series::{Column, Frame, Key, Latest, Recent};
use crate::store::Damage;
use std::collections::BTreeMap;

pub(super) const NOW: i64 = 1_795_448_462;
const MIB: f64 = 1024.0 * 1024.0;
const GIB: f64 = 1024.0 * MIB;

/// A host of one core and 1000 MiB with an hour of minutes behind it.
pub(super) struct Host {
    pub(super) latest: Latest,
    pub(super) report: Option<Report>,
    filling: BTreeMap<String, f64>,
    traffic: Option<f64>,
    pub(super) now: i64,
}

pub(super) fn healthy() -> Host {
    let times: Vec<i64> = (0..60).map(|minute| NOW - 20 - (59 - minute) * 60).collect();
    let rates = Frame { from: NOW - 3_600, until: NOW, step: 60, times, ..Frame::default() };
    let sample = Sample { t: NOW - 20, uptime: Some(1e6), ..Sample::default() };
    let latest = Latest {
        sample,
        previous: None,
        rates,
        damage: Damage::default(),
        samples_today: 60,
        recent: Recent::default(),
    };
    let mut host = Host { latest, report: None, filling: BTreeMap::new(), traffic: None, now: NOW };
    for (mode, share) in [("user", 0.2), ("system", 0.1), ("idle", 0.65), ("iowait", 0.02), ("steal", 0.03)] {
        host.constant(&format!("stat.{mode}"), "", share);
    }
    for (metric, value) in [
        ("meminfo.MemTotal", 1000.0 * MIB),
        ("meminfo.MemAvailable", 500.0 * MIB),
        ("loadavg.load15", 0.4),
        ("pressure.memory_full", 0.0),
        ("vmstat.pswpin", 0.0),
        ("vmstat.oom_kill", 0.0),
        ("processes.zombies", 3.0),
        ("processes.threads", 200.0),
        ("processes.pid_max", 32_768.0),
        ("processes.threads_max", 7_000.0),
        ("vfs.file_handles", 1_000.0),
        ("vfs.file_handles_max", 9e18),
        ("sockstat.conntrack", 60.0),
        ("sockstat.conntrack_max", 7_680.0),
    ] {
        host.constant(metric, "", value);
    }
    host.constant("diskstats.busy", "vda", 0.1);
    host.mount("/", "ext4", 40.0, 60.0);
    let stat = crate::sample::stat::Stat { cores: vec![Default::default()], ..Default::default() };
    host.latest.sample.stat = Some(stat);
    host
}

impl Host {
    pub(super) fn column(&mut self, metric: &str, instance: &str, values: Vec<f64>) {
        let column = Column { mean: values, ..Column::default() };
        self.latest.rates.columns.insert(Key::new(metric, instance), column);
    }

    fn constant(&mut self, metric: &str, instance: &str, value: f64) {
        self.column(metric, instance, vec![value; 60]);
    }

    /// A value for the last minutes, and another one before.
    fn lately(&mut self, metric: &str, instance: &str, before: f64, minutes: usize, value: f64) {
        let values = (0..60).map(|row| if row >= 60 - minutes { value } else { before }).collect();
        self.column(metric, instance, values);
    }

    pub(super) fn mount(&mut self, path: &str, kind: &str, used_gib: f64, available_gib: f64) {
        for (metric, value) in [
            ("filesystem.used", used_gib * GIB),
            ("filesystem.available", available_gib * GIB),
            ("filesystem.inodes", 1e6),
            ("filesystem.inodes_used", 1e5),
        ] {
            self.constant(metric, path, value);
        }
        let filesystem = Filesystem { kind: kind.to_owned(), ..Filesystem::default() };
        let mounts = self.latest.sample.filesystem.get_or_insert_with(Filesystems::default);
        mounts.0.insert(path.to_owned(), filesystem);
    }

    pub(super) fn make_read_only(&mut self, path: &str) {
        self.latest.sample.filesystem.as_mut().unwrap().0.get_mut(path).unwrap().read_only = true;
    }

    pub(super) fn known(&self) -> Known<'_> {
        Known {
            latest: &self.latest,
            samples: &self.latest.rates,
            report: self.report.as_ref(),
            traffic: self.traffic,
            filling: Some(&self.filling),
            waiting: None,
            unreadable: None,
            now: self.now,
        }
    }

    pub(super) fn look(&self, book: &mut Book) -> Vec<Alert> {
        let rules = Rules::new(&[]).unwrap().of("a");
        book.advance(&rules, &self.known(), &|_| String::new());
        book.alerts.iter().filter(|alert| alert.machine.phase == Phase::Firing).cloned().collect()
    }

    pub(super) fn firing(&self) -> Vec<(String, Level)> {
        let firing = self.look(&mut Book::default());
        firing.into_iter().map(|alert| (alert.rule, alert.machine.level)).collect()
    }

    /// The only alert.
    fn alert(&self) -> Alert {
        let mut firing = self.look(&mut Book::default());
        assert_eq!(firing.len(), 1, "{firing:?}");
        firing.pop().unwrap()
    }

    fn kind(&self) -> ProblemKind {
        self.alert().kind.unwrap()
    }
}

#[test]
fn a_healthy_host_has_no_alert_and_an_empty_one_neither() {
    assert_eq!(healthy().firing(), []);
    let mut empty = healthy();
    empty.latest =
        Latest { rates: Frame::default(), sample: Sample { t: NOW, ..Sample::default() }, ..empty.latest };
    assert_eq!(empty.firing(), []);
}

#[test]
fn silence_is_three_intervals_and_five_minutes() {
    let mut host = healthy();
    host.now = host.latest.sample.t + 300;
    assert_eq!(host.firing(), []);
    host.now += 1;
    assert_eq!(host.kind(), ProblemKind::Silent { age: 301.0, leak: None });
    // Sampled every ten minutes: half an hour.
    host.latest.rates.step = 600;
    assert_eq!(host.firing(), []);
    host.now = host.latest.sample.t + 1_801;
    assert_eq!(host.alert().machine.level, Level::Silent);
}

#[test]
fn a_sample_from_the_future_is_a_clock() {
    let mut host = healthy();
    host.now = host.latest.sample.t - 120;
    assert_eq!(host.firing(), []);
    host.now = host.latest.sample.t - 121;
    assert_eq!(host.kind(), ProblemKind::Clock { ahead: 121.0 });
}

#[test]
fn memory_is_short_below_a_tenth_for_two_minutes() {
    let mut host = healthy();
    host.lately("meminfo.MemAvailable", "", 500.0 * MIB, 2, 99.0 * MIB);
    assert_eq!(host.firing(), []);
    host.lately("meminfo.MemAvailable", "", 500.0 * MIB, 3, 99.0 * MIB);
    let alert = host.alert();
    assert_eq!((alert.machine.level, alert.machine.since), (Level::Warning, host.latest.rates.times[57]));
    assert_eq!(alert.kind, Some(ProblemKind::Memory { available: 99.0 * MIB, total: 1000.0 * MIB }));
    assert_eq!(alert.value, "9.90 %");
    host.lately("meminfo.MemAvailable", "", 500.0 * MIB, 5, 39.0 * MIB);
    assert_eq!(host.alert().machine.level, Level::Critical);
    host.constant("meminfo.MemTotal", "", 64.0 * GIB);
    host.constant("meminfo.MemAvailable", "", 2.0 * GIB);
    assert_eq!(host.firing(), [], "a gigabyte is enough for a large host");
}

#[test]
fn the_arc_of_zfs_can_be_given_back_unless_it_is_the_hosts() {
    let mut host = healthy();
    host.constant("meminfo.MemAvailable", "", 30.0 * MIB);
    host.constant("arcstats.size", "", 300.0 * MIB);
    host.constant("arcstats.c_min", "", 30.0 * MIB);
    assert_eq!(host.firing(), []);
    host.latest.sample.meminfo = Some(Meminfo { foreign: vec!["Slab".to_owned()], ..Meminfo::default() });
    assert_eq!(host.firing(), [("memory".to_owned(), Level::Critical)]);
}

#[test]
fn swap_matters_when_pages_come_back_for_minutes() {
    let mut host = healthy();
    host.constant("vmstat.pswpout", "", 50e6);
    host.lately("vmstat.pswpin", "", 0.0, 2, 3e6);
    assert_eq!(host.firing(), []);
    host.lately("vmstat.pswpin", "", 0.0, 20, 3e6);
    assert_eq!(host.kind(), ProblemKind::Swapping { rate: 3e6 });
}

#[test]
fn load_counts_per_core() {
    let mut host = healthy();
    host.constant("loadavg.load15", "", 2.1);
    assert_eq!(host.kind(), ProblemKind::Load { load: 2.1, cores: 1.0 });
    host.latest.sample.stat.as_mut().unwrap().cores = vec![Default::default(); 4];
    assert_eq!(host.firing(), []);
    host.constant("loadavg.load15", "", 21.0);
    assert_eq!(host.alert().machine.level, Level::Critical);
}

#[test]
fn stalls_steal_and_iowait_are_shares_of_time() {
    let mut host = healthy();
    host.lately("pressure.memory_full", "", 0.0, 15, 0.1);
    assert!(matches!(host.kind(), ProblemKind::Pressure { share, .. } if (share - 0.1).abs() < 1e-9));
    let mut host = healthy();
    // 0.97 of a core without it: 0.97 / (0.97 + 0.2425) leaves a fifth.
    host.constant("stat.steal", "", 0.2425);
    assert!(matches!(host.kind(), ProblemKind::Steal { share } if (share - 0.2).abs() < 1e-9));
    let mut host = healthy();
    host.constant("stat.iowait", "", 0.98);
    assert!(matches!(host.kind(), ProblemKind::Iowait { share } if (share - 0.5).abs() < 1e-9));
}

#[test]
fn file_systems_fill_up() {
    let level = |kind: &str, used, available| {
        let mut host = healthy();
        host.mount("/", kind, used, available);
        host.firing().pop().map_or(Level::Ok, |(_, level)| level)
    };
    assert_eq!(level("ext4", 91.0, 9.0), Level::Warning);
    assert_eq!(level("ext4", 98.0, 2.0), Level::Critical);
    assert_eq!(level("ext4", 9_200.0, 800.0), Level::Ok, "a tenth of ten terabytes is plenty");
    assert_eq!(level("squashfs", 1.0, 0.0), Level::Ok, "an image is full by nature");
    let mut host = healthy();
    host.constant("filesystem.inodes_used", "/", 970_001.0);
    let kind = host.kind();
    assert!(
        matches!(&kind, ProblemKind::Inodes { mount, share } if mount == "/" && *share > 0.97),
        "{kind:?}"
    );
    host.constant("filesystem.inodes", "/", 0.0);
    assert_eq!(host.firing(), [], "btrfs has no number of inodes");
}

#[test]
fn a_file_system_that_fills_within_a_day_is_told_when_it_lasts() {
    let mut host = healthy();
    let mut book = Book::default();
    host.filling.insert("/".to_owned(), 20.0 * 3600.0);
    for minutes in [0, 5, 10] {
        host.now = NOW + minutes * 60;
        host.latest.sample.t = host.now - 20;
        assert_eq!(host.look(&mut book), [], "{minutes}");
    }
    host.now = NOW + 15 * 60;
    host.latest.sample.t = host.now - 20;
    let firing = host.look(&mut book);
    assert!(
        matches!(&firing[0].kind, Some(ProblemKind::FilesystemFull { seconds, .. }) if *seconds == 72_000.0)
    );
}

#[test]
fn a_root_that_turned_read_only_is_critical() {
    let mut host = healthy();
    host.make_read_only("/");
    assert_eq!(host.firing(), [], "it always was, and nothing says that it should be writable");
    host.latest.sample.filesystem.as_mut().unwrap().0.get_mut("/").unwrap().fstab_writable = true;
    assert_eq!(host.alert().machine.level, Level::Critical);
    // What was writable just before is not meant so.
    let mut host = healthy();
    host.mount("/usr", "ext4", 9.0, 91.0);
    let mut book = Book::default();
    host.look(&mut book);
    host.make_read_only("/usr");
    assert_eq!(host.firing(), []);
    let alert = host.look(&mut book).pop().unwrap();
    assert_eq!(alert.kind, Some(ProblemKind::ReadOnly { mount: "/usr".to_owned() }));
    assert_eq!(host.look(&mut book).len(), 1, "as long as it is");
    host.latest.sample.boot = Some("another".to_owned());
    assert_eq!(host.look(&mut book).len(), 0, "after a boot it is meant so");
}

#[test]
fn a_disk_must_be_busy_for_half_an_hour() {
    let mut host = healthy();
    host.lately("diskstats.busy", "vda", 0.1, 25, 1.0);
    assert_eq!(host.firing(), []);
    host.lately("diskstats.busy", "vda", 0.1, 40, 1.0);
    assert_eq!(host.kind(), ProblemKind::DiskBusy { disk: "vda".to_owned(), share: 1.0 });
}

#[test]
fn sensors_have_limits_of_their_own() {
    let level = |celsius: f64, critical: f64| {
        let mut host = healthy();
        let sensor = Sensor { celsius: Some(celsius), critical_celsius: Some(critical), rpm: None };
        host.latest.sample.hwmon = Some(Hwmon([("cpu".to_owned(), sensor)].into()));
        host.constant("hwmon.celsius", "cpu", celsius);
        host.constant("hwmon.critical_celsius", "cpu", critical);
        host.firing().pop().map_or(Level::Ok, |(_, level)| level)
    };
    assert_eq!((level(79.0, 84.8), level(80.0, 84.8)), (Level::Ok, Level::Warning));
    assert_eq!((level(85.0, 84.8), level(40.0, 0.0)), (Level::Critical, Level::Ok));
}

#[test]
fn raid_is_critical_until_it_rebuilds() {
    let level = |working, failed, action: Option<&str>| {
        let mut host = healthy();
        let array = RaidArray {
            state: "active".to_owned(),
            members: Some(2),
            working: Some(working),
            failed: Some(failed),
            action: action.map(str::to_owned),
            progress: action.map(|_| 0.5),
            ..RaidArray::default()
        };
        host.latest.sample.mdstat = Some(Mdstat([("md0".to_owned(), array)].into()));
        host.firing().pop().map_or(Level::Ok, |(_, level)| level)
    };
    assert_eq!((level(2, 0, None), level(2, 0, Some("check"))), (Level::Ok, Level::Ok));
    assert_eq!((level(1, 1, None), level(1, 0, Some("recovery"))), (Level::Critical, Level::Warning));
    assert_eq!(level(2, 1, None), Level::Warning);
}

#[test]
fn a_check_that_leaks_is_an_alert_though_it_was_stopped() {
    for stopped in [false, true] {
        let mut host = healthy();
        let (kind, name) = ("check".to_owned(), "services".to_owned());
        let suspect = Suspect { kind, name, leaks: true, stopped, ..Suspect::default() };
        let on_trial = Suspect { name: "mail".to_owned(), leaks: false, ..suspect.clone() };
        let audit = vec![suspect.clone(), on_trial];
        host.latest.sample.own_cost = Some(OwnCost { audit, ..OwnCost::default() });
        assert_eq!(host.firing(), [("own-leak".to_owned(), Level::Warning)], "stopped: {stopped}");
        assert_eq!(host.kind(), ProblemKind::OwnLeak(suspect));
    }
}

#[test]
fn kills_tables_zombies_boots_and_quotas() {
    let mut host = healthy();
    let mut kills = vec![0.0; 60];
    kills[50] = 2.0 / 60.0;
    host.column("vmstat.oom_kill", "", kills);
    assert_eq!(host.kind(), ProblemKind::OutOfMemory { kills: 2 });
    let one = |metric: &str, value: f64| {
        let mut host = healthy();
        host.constant(metric, "", value);
        host.firing()
    };
    assert_eq!(one("sockstat.conntrack", 6_200.0), [("conntrack".to_owned(), Level::Warning)]);
    assert_eq!(one("processes.threads", 6_900.0), [("threads".to_owned(), Level::Critical)]);
    assert_eq!(one("processes.zombies", 50.0), [("zombies".to_owned(), Level::Warning)]);
    let mut host = healthy();
    host.latest.sample.uptime = Some(90.0);
    assert_eq!(host.kind(), ProblemKind::Rebooted { uptime: 90.0 });
    let mut host = healthy();
    host.traffic = Some(0.95);
    assert_eq!(host.firing().len(), 2, "80 and 90 %");
}
