//! Hosts with one thing wrong each, and the healthy one that has no problem at all.

use super::*;
use crate::sample::filesystem::{Filesystem, Filesystems};
use crate::sample::hwmon::{Hwmon, Sensor};
use crate::sample::loadavg::Loadavg;
use crate::sample::mdstat::{Mdstat, RaidArray};
use crate::sample::meminfo::Meminfo;
use crate::sample::processes::Processes;
use crate::sample::sockstat::Sockstat;
use crate::sample::stat::{CoreTimes, Stat};
use crate::sample::vfs::Vfs;
use crate::series::{Column, Key};
use crate::store::BrokenLine;
use std::path::PathBuf;

pub(super) const NOW: i64 = 1_795_448_462;
pub(super) const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

/// A host of one core and 1000 MiB with an hour of minutes behind it.
pub(super) struct Host {
    pub(super) sample: Sample,
    previous: Option<Sample>,
    hour: Frame,
    days: Vec<DaySummary>,
    damage: Damage,
    pub(super) report: Option<Report>,
    now: i64,
}

pub(super) fn healthy() -> Host {
    let memory = Meminfo {
        mem_total: Some(1000 * MIB),
        mem_free: Some(200 * MIB),
        mem_available: Some(500 * MIB),
        cached: Some(300 * MIB),
        shmem: Some(0),
        anon_pages: Some(300 * MIB),
        s_unreclaim: Some(50 * MIB),
        ..Meminfo::default()
    };
    let sample = Sample {
        t: NOW - 20,
        meminfo: Some(memory),
        stat: Some(Stat { cores: vec![CoreTimes::default()], ..Stat::default() }),
        loadavg: Some(Loadavg { load15: Some(0.4), ..Loadavg::default() }),
        filesystem: Some(mounts("/", "ext4", 40, 60)),
        processes: Some(Processes {
            zombies: Some(3),
            threads: Some(200),
            pid_max: Some(32_768),
            threads_max: Some(7_000),
            ..Processes::default()
        }),
        vfs: Some(Vfs { file_handles: Some(1_000), file_handles_max: Some(1 << 62), ..Vfs::default() }),
        sockstat: Some(Sockstat { conntrack: Some(60), conntrack_max: Some(7_680), ..Sockstat::default() }),
        ..Sample::default()
    };
    let times = (0..60).map(|minute| NOW - 20 - (59 - minute) * 60).collect();
    let mut host = Host {
        sample,
        previous: None,
        hour: Frame { from: NOW - 3_600, until: NOW, step: 60, times, ..Frame::default() },
        days: Vec::new(),
        damage: Damage::default(),
        report: None,
        now: NOW,
    };
    for (mode, share) in [("user", 0.2), ("system", 0.1), ("idle", 0.65), ("iowait", 0.02), ("steal", 0.03)] {
        host.constant(&format!("stat.{mode}"), "", share);
    }
    host.constant("diskstats.busy", "vda", 0.1);
    host.constant("pressure.memory_full", "", 0.0);
    host.constant("vmstat.pswpin", "", 0.0);
    host
}

fn mounts(path: &str, kind: &str, used_gib: u64, available_gib: u64) -> Filesystems {
    let filesystem = Filesystem {
        kind: kind.to_owned(),
        used: Some(used_gib * GIB),
        available: Some(available_gib * GIB),
        inodes: Some(1_000_000),
        inodes_used: Some(100_000),
        ..Filesystem::default()
    };
    Filesystems([(path.to_owned(), filesystem)].into())
}

impl Host {
    fn column(&mut self, metric: &str, instance: &str, values: Vec<f64>) {
        self.hour.columns.insert(Key::new(metric, instance), Column { mean: values, ..Column::default() });
    }

    fn constant(&mut self, metric: &str, instance: &str, value: f64) {
        self.column(metric, instance, vec![value; 60]);
    }

    /// A value for the last minutes, and another one before.
    fn lately(&mut self, metric: &str, instance: &str, before: f64, minutes: usize, value: f64) {
        let values = (0..60).map(|row| if row >= 60 - minutes { value } else { before }).collect();
        self.column(metric, instance, values);
    }

    pub(super) fn memory(&mut self) -> &mut Meminfo {
        self.sample.meminfo.as_mut().unwrap()
    }

    fn root(&mut self) -> &mut Filesystem {
        self.sample.filesystem.as_mut().unwrap().0.get_mut("/").unwrap()
    }

    fn judge(&self) -> HostState {
        judge_evidence(&Evidence {
            sample: &self.sample,
            previous: self.previous.as_ref(),
            hour: &self.hour,
            days: &self.days,
            damage: &self.damage,
            report: self.report.as_ref(),
            now: self.now,
        })
    }

    /// The only problem.
    pub(super) fn problem(&self) -> Problem {
        let state = self.judge();
        assert_eq!(state.problems.len(), 1, "{:?}", state.problems);
        assert_eq!(state.level, state.problems[0].level);
        state.problems[0].clone()
    }
}

#[test]
fn a_healthy_host_has_no_problem() {
    assert_eq!(healthy().judge(), HostState::default());
}

#[test]
fn an_empty_sample_has_no_problem() {
    let host = Host { sample: Sample { t: NOW, ..Sample::default() }, hour: Frame::default(), ..healthy() };
    assert_eq!(host.judge(), HostState::default());
}

#[test]
fn silence_is_three_intervals_and_five_minutes() {
    let mut host = healthy();
    host.now = host.sample.t + 300;
    assert_eq!(host.judge().level, Level::Ok);
    host.now += 1;
    assert_eq!(host.problem().kind, ProblemKind::Silent { age: 301.0 });
    // Sampled every ten minutes: half an hour.
    host.hour.step = 600;
    assert_eq!(host.judge().level, Level::Ok);
    host.now = host.sample.t + 1_801;
    let silent = host.problem();
    assert_eq!((silent.level, silent.since), (Level::Silent, Some(host.sample.t)));
}

#[test]
fn a_silent_host_is_silent_whatever_it_said_last() {
    let mut host = healthy();
    host.now += 86_400;
    host.memory().mem_available = Some(1);
    let state = host.judge();
    assert_eq!(state.level, Level::Silent);
    assert_eq!(
        state.problems.iter().map(|problem| problem.level).collect::<Vec<_>>(),
        [Level::Critical, Level::Silent]
    );
}

#[test]
fn a_sample_from_the_future_is_a_clock() {
    let mut host = healthy();
    host.now = host.sample.t - 120;
    assert_eq!(host.judge().level, Level::Ok);
    host.now = host.sample.t - 121;
    assert_eq!(host.problem().kind, ProblemKind::Clock { ahead: 121.0 });
}

#[test]
fn memory_is_short_below_a_tenth() {
    let mut host = healthy();
    host.memory().mem_available = Some(100 * MIB);
    assert_eq!(host.judge().level, Level::Ok);
    host.memory().mem_available = Some(99 * MIB);
    host.lately("meminfo.MemAvailable", "", 500e6, 5, 90e6);
    let problem = host.problem();
    assert_eq!((problem.level, problem.since), (Level::Warning, Some(host.hour.times[55])));
    host.memory().mem_available = Some(39 * MIB);
    assert_eq!(host.problem().level, Level::Critical);
}

#[test]
fn a_gigabyte_is_enough_for_a_large_host() {
    let mut host = healthy();
    *host.memory() = Meminfo {
        mem_total: Some(64 * GIB),
        mem_free: Some(GIB),
        mem_available: Some(2 * GIB),
        ..Meminfo::default()
    };
    assert_eq!(host.judge().level, Level::Ok);
}

#[test]
fn swap_matters_when_pages_come_back_for_minutes() {
    let mut host = healthy();
    host.constant("vmstat.pswpout", "", 50e6);
    host.lately("vmstat.pswpin", "", 0.0, 2, 3e6);
    assert_eq!(host.judge().level, Level::Ok);
    host.lately("vmstat.pswpin", "", 0.0, 20, 3e6);
    let problem = host.problem();
    assert_eq!(problem.kind, ProblemKind::Swapping { rate: 3e6 });
    assert_eq!(problem.since, Some(host.hour.times[40]));
}

#[test]
fn a_quarter_in_slab_is_a_note() {
    let mut host = healthy();
    host.memory().s_unreclaim = Some(300 * MIB);
    let problem = host.problem();
    assert_eq!(problem.level, Level::Ok);
    assert_eq!(problem.kind, ProblemKind::SlabUnreclaimable { bytes: 300.0 * MIB as f64, share: 0.3 });
}

#[test]
fn load_counts_per_core() {
    let mut host = healthy();
    let load15 = |host: &mut Host, load| {
        host.sample.loadavg = Some(Loadavg { load15: Some(load), ..Loadavg::default() })
    };
    load15(&mut host, 2.0);
    assert_eq!(host.problem().kind, ProblemKind::Load { load: 2.0, cores: 1.0 });
    host.sample.stat.as_mut().unwrap().cores = vec![CoreTimes::default(); 4];
    assert_eq!(host.judge().level, Level::Ok);
    load15(&mut host, 20.0);
    assert_eq!(host.problem().level, Level::Critical);
}

#[test]
fn stalls_steal_and_iowait_are_shares_of_time() {
    let mut host = healthy();
    host.lately("pressure.memory_full", "", 0.0, 15, 0.1);
    let problem = host.problem();
    assert!(matches!(problem.kind, ProblemKind::Pressure { resource: Resource::Memory, .. }), "{problem:?}");
    assert_eq!((problem.level, problem.since), (Level::Warning, Some(host.hour.times[45])));

    let mut host = healthy();
    // 0.97 of a core without it: 0.97 / (0.97 + 0.243) leaves a fifth.
    host.constant("stat.steal", "", 0.2425);
    let ProblemKind::Steal { share } = host.problem().kind else { panic!("{:?}", host.problem()) };
    assert!((share - 0.2).abs() < 1e-9, "{share}");

    let mut host = healthy();
    host.constant("stat.iowait", "", 0.98);
    let ProblemKind::Iowait { share } = host.problem().kind else { panic!("{:?}", host.problem()) };
    assert!((share - 0.5).abs() < 1e-9, "{share}");
}

#[test]
fn file_systems_fill_up() {
    let mut host = healthy();
    host.sample.filesystem = Some(mounts("/", "ext4", 91, 9));
    let problem = host.problem();
    assert_eq!(problem.level, Level::Warning);
    host.sample.filesystem = Some(mounts("/", "ext4", 98, 2));
    assert_eq!(host.problem().level, Level::Critical);
    // A tenth of ten terabytes is plenty.
    host.sample.filesystem = Some(mounts("/", "ext4", 9_200, 800));
    assert_eq!(host.judge().level, Level::Ok);
    // An image is full by nature, and so is what is read-only.
    host.sample.filesystem = Some(mounts("/snap", "squashfs", 1, 0));
    assert_eq!(host.judge().level, Level::Ok);
    host.sample.filesystem = Some(mounts("/", "ext4", 40, 60));
    host.root().inodes_used = Some(970_000);
    let kind = ProblemKind::Inodes { mount: "/".to_owned(), share: 0.97 };
    assert_eq!((host.problem().level, host.problem().kind), (Level::Critical, kind));
    host.root().inodes = Some(0);
    assert_eq!(host.judge().level, Level::Ok);
}

#[test]
fn a_root_that_turned_read_only_is_critical() {
    let mut host = healthy();
    host.root().read_only = true;
    assert_eq!(host.problem().level, Level::Critical);
    // Elsewhere it may be meant so, unless it was writable just before.
    host.sample.filesystem = Some(mounts("/usr", "ext4", 1, 1));
    host.sample.filesystem.as_mut().unwrap().0.get_mut("/usr").unwrap().read_only = true;
    assert_eq!(host.judge().level, Level::Ok);
    host.previous = Some(Sample { filesystem: Some(mounts("/usr", "ext4", 1, 1)), ..Sample::default() });
    assert_eq!(host.problem().kind, ProblemKind::ReadOnly { mount: "/usr".to_owned() });
}

#[test]
fn a_disk_must_be_busy_for_half_an_hour() {
    let mut host = healthy();
    host.lately("diskstats.busy", "vda", 0.1, 25, 1.0);
    assert_eq!(host.judge().level, Level::Ok);
    host.lately("diskstats.busy", "vda", 0.1, 40, 1.0);
    assert_eq!(host.problem().kind, ProblemKind::DiskBusy { disk: "vda".to_owned(), share: 1.0 });
}

#[test]
fn sensors_have_limits_of_their_own() {
    let mut host = healthy();
    let mut sensor = |celsius, critical| {
        let sensor = Sensor { celsius: Some(celsius), critical_celsius: Some(critical), rpm: None };
        host.sample.hwmon = Some(Hwmon([("cpu".to_owned(), sensor)].into()));
        host.judge().level
    };
    assert_eq!(sensor(79.0, 84.8), Level::Ok);
    assert_eq!(sensor(80.0, 84.8), Level::Warning);
    assert_eq!(sensor(85.0, 84.8), Level::Critical);
    assert_eq!(sensor(40.0, 0.0), Level::Ok);
}

#[test]
fn raid_is_critical_until_it_rebuilds() {
    let mut host = healthy();
    let mut array = |working, failed, action: Option<&str>| {
        let array = RaidArray {
            state: "active".to_owned(),
            members: Some(2),
            working: Some(working),
            failed: Some(failed),
            action: action.map(str::to_owned),
            progress: action.map(|_| 0.5),
            ..RaidArray::default()
        };
        host.sample.mdstat = Some(Mdstat([("md0".to_owned(), array)].into()));
        host.judge().level
    };
    assert_eq!(array(2, 0, None), Level::Ok);
    assert_eq!(array(2, 0, Some("check")), Level::Ok);
    assert_eq!(array(1, 1, None), Level::Critical);
    assert_eq!(array(1, 0, Some("recovery")), Level::Warning);
    assert_eq!(array(2, 1, None), Level::Warning);
}

#[test]
fn kills_are_remembered_for_a_day() {
    let mut host = healthy();
    let day = |kills: &[(i64, u64)]| DaySummary { kills: kills.to_vec(), ..DaySummary::default() };
    let last = NOW - 86_399;
    host.days = vec![day(&[(NOW - 86_400, 5), (last, 2)])];
    let problem = host.problem();
    assert_eq!((problem.kind, problem.since), (ProblemKind::OutOfMemory { kills: 2 }, Some(last)));
    host.days = vec![day(&[(last, 2)]), day(&[(NOW - 60, 1)])];
    let problem = host.problem();
    assert_eq!((problem.kind, problem.since), (ProblemKind::OutOfMemory { kills: 3 }, Some(NOW - 60)));
    host.days = vec![day(&[(NOW - 90_000, 2)])];
    assert_eq!(host.judge().level, Level::Ok);
}

#[test]
fn tables_and_zombies() {
    let mut host = healthy();
    host.sample.sockstat.as_mut().unwrap().conntrack = Some(6_200);
    let problem = host.problem();
    assert_eq!(problem.kind, ProblemKind::Table { table: Table::Conntrack, used: 6_200.0, max: 7_680.0 });
    let mut host = healthy();
    host.sample.processes.as_mut().unwrap().threads = Some(6_900);
    assert_eq!(host.problem().level, Level::Critical);
    let mut host = healthy();
    host.sample.processes.as_mut().unwrap().zombies = Some(50);
    assert_eq!(host.problem().kind, ProblemKind::Zombies { count: 50 });
}

#[test]
fn what_could_not_be_read_is_a_note() {
    let mut host = healthy();
    host.sample.reboot_required = true;
    host.sample.errors.insert("mdstat".to_owned(), "permission denied".to_owned());
    let path = PathBuf::from("/var/lib/cronograph/a/samples/2026-11-23.jsonl");
    host.damage.broken_lines = 3;
    host.damage.first = vec![BrokenLine { path, line: 17, reason: String::new() }];
    let state = host.judge();
    assert_eq!(state.level, Level::Ok);
    let kinds: Vec<ProblemKind> = state.problems.into_iter().map(|problem| problem.kind).collect();
    let place = "2026-11-23.jsonl:17".to_owned();
    let expected = [
        ProblemKind::RebootRequired,
        ProblemKind::BrokenLines { count: 3, place },
        ProblemKind::Collectors { names: vec!["mdstat".to_owned()] },
    ];
    assert_eq!(kinds, expected);
}
