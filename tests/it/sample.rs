//! `cronograph sample` on recorded trees: the whole line of each, what the state changes, odd and hostile hosts.

use crate::program::{cronograph, stderr, stdout};
use cronograph::sample::{Options, Root, Sample, State, take};
use proptest::prelude::*;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// 2026-11-23T12:50:00Z
const NOW: i64 = 1_795_438_200;

fn tree(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hosts").join(name)
}

fn sample_of(root: &Path, previous: &State, now: i64) -> (Sample, State) {
    take(&Root::recorded(root), &Options::default(), previous, now)
}

fn first_sample(root: &Path) -> Sample {
    sample_of(root, &State::default(), NOW).0
}

/// A copy of a tree, to be changed.
fn copy_of(name: &str) -> TempDir {
    fn copy(from: &Path, to: &Path) {
        fs_err::create_dir_all(to).unwrap();
        for entry in fs_err::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &target);
            } else {
                fs_err::copy(entry.path(), target).unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    copy(&tree(name), folder.path());
    folder
}

fn put(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, content).unwrap();
}

/// A line of `/proc/PID/stat`.
fn process(pid: u32, name: &str, ticks: u64, started: u64, rss: u64) -> String {
    format!("{pid} ({name}) S 1 {pid} {pid} 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 {started} 1000 {rss} 0\n")
}

#[test]
fn the_whole_line_of_each_tree() {
    let data = tempfile::tempdir().unwrap();
    for entry in fs_err::read_dir(tree("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let mut command = cronograph();
        command.args(["sample", "--print", "--now", &NOW.to_string(), "--root"]).arg(tree(&name));
        let line = stdout(command.arg("--data").arg(data.path()));
        assert_eq!(line.matches('\n').count(), 1);
        let value: Value = serde_json::from_str(&line).unwrap();
        insta::assert_json_snapshot!(format!("sample_of_{name}"), value, {
            ".self" => "[what this run cost]",
            ".host.cronograph" => "[version]",
            ".service.units.*.since" => "[when the tree was unpacked]",
            ".host.architecture" => "[this machine's]",
        });
    }
}

#[test]
fn two_runs_append_two_lines_and_the_second_is_short() {
    let data = tempfile::tempdir().unwrap();
    for now in [NOW, NOW + 60] {
        let mut command = cronograph();
        command.args(["sample", "--now", &now.to_string(), "--root"]).arg(tree("debian12-vps"));
        assert_eq!(stdout(command.arg("--data").arg(data.path())), "");
    }
    let folder = data.path().join("web1");
    let log = fs_err::read_to_string(folder.join("samples/2026-11-23.jsonl")).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 2);
    let (first, second): (Sample, Sample) =
        (serde_json::from_str(lines[0]).unwrap(), serde_json::from_str(lines[1]).unwrap());
    assert!(first.host.is_some() && first.slabinfo.is_some());
    assert!(second.host.is_none() && second.slabinfo.is_none());
    let details = second.cgroup.unwrap().groups.remove("system.slice/mariadb.service").unwrap();
    assert_eq!((details.memory, details.cpu, details.anon), (Some(92_274_688), Some(1314.3), None));
    // With eight groups and five processes; the goal for a small VPS is about 2 KB.
    assert!(lines[1].len() < 3500, "{}", lines[1].len());

    let state = fs_err::metadata(folder.join("state")).unwrap().len();
    let written = second.own_cost.unwrap().written.unwrap();
    assert_eq!(written, lines[1].len() as u64 + 1 + state);
}

#[test]
fn cpu_is_counted_from_the_sample_before() {
    let folder = copy_of("hidepid");
    let root = folder.path();
    put(root, "proc/10/stat", process(10, "old", 1000, 50, 1));
    put(root, "proc/11/stat", process(11, "idle", 500, 50, 1));
    put(root, "proc/12/stat", process(12, "gone", 900, 60, 1));
    for pid in 10..=12 {
        put(root, &format!("proc/{pid}/status"), "Uid:\t0\t0\t0\t0\n");
    }
    let (first, state) = sample_of(root, &State::default(), NOW);
    let processes = first.processes.unwrap();
    assert_eq!((processes.interval, processes.top[0].cpu), (None, None));

    put(root, "proc/uptime", "90060.00 80000.00\n");
    put(root, "proc/10/stat", process(10, "old", 1250, 50, 1));
    // The number 12 was given to another program meanwhile.
    put(root, "proc/12/stat", process(12, "new", 30, 9_003_000, 1));
    let (second, _) = sample_of(root, &state, NOW + 60);
    let processes = second.processes.unwrap();
    assert_eq!(processes.interval, Some(60.0));
    let cpu = |name: &str| {
        processes.top.iter().find(|process| process.name == name).and_then(|process| process.cpu)
    };
    assert_eq!((cpu("old"), cpu("new"), cpu("idle")), (Some(2.5), Some(0.3), Some(0.0)));
}

#[test]
fn the_slow_beat_comes_after_its_interval_and_after_a_boot() {
    let folder = copy_of("debian12-vps");
    let is_slow = |state: &State, now| {
        let (sample, next) = sample_of(folder.path(), state, now);
        (sample.slabinfo.is_some(), next)
    };
    let (first, state) = is_slow(&State::default(), NOW);
    let (soon, state) = is_slow(&state, NOW + 240);
    let (nearly, _) = is_slow(&state, NOW + 299);
    let (back, _) = is_slow(&state, NOW - 3600);
    assert_eq!((first, soon, nearly, back), (true, false, true, true));

    put(folder.path(), "proc/sys/kernel/random/boot_id", "ffffffff-0000-4000-8000-000000000000\n");
    let (sample, _) = sample_of(folder.path(), &state, NOW + 240);
    assert!(sample.slabinfo.is_some() && sample.host.is_some());
    assert_eq!(sample.boot.as_deref(), Some("ffffffff"));
}

#[test]
fn slab_that_moves_is_looked_into_at_once() {
    let folder = copy_of("debian12-vps");
    let (_, state) = sample_of(folder.path(), &State::default(), NOW);
    let meminfo = fs_err::read_to_string(folder.path().join("proc/meminfo")).unwrap();
    put(
        folder.path(),
        "proc/meminfo",
        meminfo.replace("SUnreclaim:        36840", "SUnreclaim:        46840"),
    );
    assert!(sample_of(folder.path(), &state, NOW + 60).0.slabinfo.is_some());
}

#[test]
fn what_grows_is_listed_long_before_it_is_large() {
    let folder = copy_of("debian12-vps");
    let root = folder.path();
    let slabinfo = fs_err::read_to_string(root.join("proc/slabinfo")).unwrap();
    let line = "leaky_cache 9 9 64 64 1 : tunables 0 0 0 : slabdata";
    let options = Options { top: 1, groups: 1, ..Options::default() };
    let mut state = State::default();
    let mut at = |beat: i64| {
        let slabs = 4 + 16 * beat;
        put(root, "proc/slabinfo", format!("{slabinfo}{line} {slabs} {slabs} 0\n"));
        put(root, "proc/500/stat", process(500, "dbus-daemon", 1, 620, 1150 + 40 * beat as u64));
        let group = root.join("sys/fs/cgroup/system.slice/cron.service/memory.stat");
        let stat = fs_err::read_to_string(&group).unwrap();
        let stat: Vec<_> = stat.lines().filter(|line| !line.starts_with("kernel ")).collect();
        fs_err::write(&group, format!("{}\nkernel {}\n", stat.join("\n"), 100_000 + 64 * 1024 * beat))
            .unwrap();
        let (sample, next) = take(&Root::recorded(root), &options, &state, NOW + 300 * beat);
        state = next;
        sample
    };
    let first = at(0);
    assert!(!first.slabinfo.unwrap().caches.contains_key("leaky_cache"));
    assert!(!first.program.unwrap().0.contains_key("dbus-daemon"));
    let second = at(1);
    assert_eq!(second.slabinfo.unwrap().caches["leaky_cache"].bytes, Some(20 * 4096));
    assert_eq!(second.program.unwrap().0["dbus-daemon"].rss, Some(1190 * 4096));
    let processes = second.processes.unwrap();
    assert_eq!((processes.bus_rss, processes.init_rss.is_some()), (Some(1190 * 4096), true));
    let bus = processes.top.iter().find(|process| process.name == "dbus-daemon").unwrap();
    assert_eq!((bus.started, bus.user.as_str()), (Some(6.2), "101"));
}

#[test]
fn slab_that_is_in_no_cache() {
    let sample = first_sample(&tree("debian12-vps"));
    // SUnreclaim less kmalloc-4k, task_struct, kmalloc-64, filp, net_namespace.
    let unreclaimable = 4096 * (151 * 8 + 40 * 8 + 150 + 80 + 8);
    assert_eq!(sample.slabinfo.unwrap().large_kmalloc, Some(36_840 * 1024 - unreclaimable));

    let folder = copy_of("debian12-vps");
    fs_err::remove_dir_all(folder.path().join("sys/kernel")).unwrap();
    let slab = first_sample(folder.path()).slabinfo.unwrap();
    assert_eq!(slab.large_kmalloc, Some((24_880 + 36_840) * 1024 - slab.total.unwrap()));
}

#[test]
fn quiet_threads_of_the_kernel_are_read_on_the_slow_beat_only() {
    let folder = copy_of("hidepid");
    let thread = |ticks| process(20, "kswapd0", ticks, 5, 0).replace("S 1 ", "S 2 ");
    put(folder.path(), "proc/20/stat", thread(10));
    put(folder.path(), "proc/20/status", "Uid:\t0\t0\t0\t0\n");
    let (first, state) = sample_of(folder.path(), &State::default(), NOW);

    // It begins to work: unseen at first, but counted.
    let at = |seconds: i64, ticks, state: &State| {
        put(folder.path(), "proc/uptime", format!("{}.00 80000.00\n", 90_000 + seconds));
        put(folder.path(), "proc/20/stat", thread(ticks));
        let (sample, state) = sample_of(folder.path(), state, NOW + seconds);
        let processes = sample.processes.unwrap();
        let cpu = processes.top.iter().find(|process| process.pid == 20).and_then(|process| process.cpu);
        (processes.total, cpu, state)
    };
    let (total, cpu, state) = at(60, 1000, &state);
    assert_eq!((total, cpu), (first.processes.unwrap().total, None));
    // The slow beat sees that it is not quiet; what it used since is not of this minute.
    let (_, cpu, state) = at(300, 5000, &state);
    assert_eq!(cpu, None);
    let (_, cpu, _) = at(360, 5500, &state);
    assert_eq!(cpu, Some(5.0));
}

#[test]
fn a_mount_that_is_gone_is_noticed_between_beats() {
    let folder = copy_of("debian12-vps");
    let (_, state) = sample_of(folder.path(), &State::default(), NOW);
    let mounts = fs_err::read_to_string(folder.path().join("proc/self/mountinfo")).unwrap();
    put(folder.path(), "proc/self/mountinfo", mounts.replace("/boot/efi", "/mnt/efi"));
    put(folder.path(), "statvfs", "/ 4096 1000 500 400 100 50\n/mnt/efi 512 1000 500 500 0 0\n");
    let points: Vec<String> =
        sample_of(folder.path(), &state, NOW + 60).0.filesystem.unwrap().0.into_keys().collect();
    assert_eq!(points, ["/", "/mnt/efi"]);
}

#[test]
fn facts_come_daily_and_when_they_change() {
    let folder = copy_of("debian12-vps");
    let has_host = |state: &State, now| {
        let (sample, next) = sample_of(folder.path(), state, now);
        (sample.host.is_some(), next)
    };
    let (_, state) = has_host(&State::default(), NOW);
    let (slow, state) = has_host(&state, NOW + 300);
    let midnight = NOW - NOW % 86_400 + 86_400;
    let (next_day, _) = has_host(&state, midnight);
    put(folder.path(), "proc/sys/kernel/hostname", "renamed\n");
    let (renamed, _) = has_host(&state, NOW + 600);
    assert_eq!((slow, next_day, renamed), (false, true, true));
}

#[test]
fn a_big_host_in_one_line() {
    let folder = copy_of("hidepid");
    let root = folder.path();
    for pid in 1000..6000 {
        put(root, &format!("proc/{pid}/stat"), process(pid, "worker", u64::from(pid), 5, u64::from(pid)));
        put(root, &format!("proc/{pid}/status"), "Uid:\t1000\t1000\t1000\t1000\n");
    }
    let cores: String = (0..128).map(|core| format!("cpu{core} 1 2 3 4 5 6 7 8 0 0\n")).collect();
    put(root, "proc/stat", format!("cpu  128 256 384 512 640 768 896 1024 0 0\n{cores}ctxt 1\n"));
    let mut mounts = "1 0 254:1 / / rw - ext4 /dev/vda1 rw\n".to_owned();
    for id in 0..300 {
        mounts += &format!(
            "{} 1 0:{} / /var/lib/docker/overlay2/{id:064x}/merged rw - overlay overlay rw\n",
            id + 2,
            id + 50
        );
    }
    put(root, "proc/self/mountinfo", mounts);
    put(root, "statvfs", "/ 4096 1000 500 400 100 50\n");

    let (sample, state) = sample_of(root, &State::default(), NOW);
    assert_eq!(sample.errors.len(), 0);
    assert_eq!(sample.stat.unwrap().cores.len(), 128);
    assert_eq!(sample.filesystem.unwrap().0.len(), 1);
    let processes = sample.processes.unwrap();
    assert_eq!((processes.total, processes.top.len()), (Some(5002), 5));
    assert_eq!(processes.top[0].pid, 5999);
    assert!(state.encode().len() < 80_000, "{}", state.encode().len());
}

#[test]
fn a_broken_part_costs_itself_only() {
    let folder = copy_of("debian12-vps");
    put(folder.path(), "proc/loadavg", "nonsense\n");
    put(folder.path(), "proc/meminfo", "");
    let sample = first_sample(folder.path());
    let failed: Vec<&str> = sample.errors.keys().map(String::as_str).collect();
    assert_eq!(failed, ["loadavg", "meminfo"]);
    assert_eq!(
        sample.errors["loadavg"],
        "/proc/loadavg: \"nonsense\\n\" is not three load averages; please report it with the file"
    );
    assert!(sample.stat.is_some() && sample.processes.is_some() && sample.meminfo.is_none());
}

#[test]
fn no_proc_is_one_clear_line() {
    let (data, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut command = cronograph();
    command.args(["sample", "--host", "x", "--root"]).arg(root.path()).arg("--data").arg(data.path());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).starts_with("cronograph: cannot read /proc: No such file or directory"),
        "{}",
        stderr(&output)
    );
    assert!(!data.path().join("x").exists());
}

#[test]
fn command_lines_only_for_those_who_ask() {
    let folder = copy_of("hidepid");
    put(folder.path(), "proc/41200/cmdline", b"mysql\0-u\0root\0-psecret\0");
    let default = Options::default();
    let asked = Options { command_lines: true, ..default };
    let of = |options| {
        take(&Root::recorded(folder.path()), options, &State::default(), NOW).0.processes.unwrap().top
    };
    assert!(of(&default).iter().all(|process| process.command.is_none()));
    assert!(of(&asked).iter().any(|process| process.command.as_deref() == Some("mysql -u root -psecret")));
}

#[test]
fn this_machine_too() {
    // The machine itself: whatever it is, a sample of it comes to an end and has the main parts.
    let data = tempfile::tempdir().unwrap();
    let mut command = cronograph();
    command
        .timeout(Duration::from_secs(60))
        .args(["sample", "--print", "--host", "here", "--data"])
        .arg(data.path());
    let sample: Sample = serde_json::from_str(&stdout(&mut command)).unwrap();
    assert!(sample.stat.is_some() && sample.meminfo.is_some() && sample.own_cost.unwrap().wall > Some(0.0));
    assert_eq!(sample.errors.len(), 0, "{:?}", sample.errors);
}

/// Every file of a tree.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

proptest! {
    // A part of the usual number: a case takes long.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 8))]

    /// Any bytes in any file, whole or between good ones: a sample is taken, never a panic.
    #[test]
    fn any_bytes_anywhere(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b' '), Just(b'\n'), Just(b'9'), Just(b':')], 0..200),
        place in any::<prop::sample::Index>(),
        whole in any::<bool>(),
        name in prop::sample::select(vec!["debian12-vps", "bare-metal", "kernel-3.10", "lxc-lxcfs"]),
    ) {
        let folder = copy_of(name);
        for path in files(folder.path()) {
            let mut content = fs_err::read(&path).unwrap();
            let at = if content.is_empty() { 0 } else { place.index(content.len()) };
            if whole { content.clone_from(&bytes) } else { content.splice(at..at, bytes.iter().copied()); }
            fs_err::write(&path, content).unwrap();
        }
        let (sample, state) = sample_of(folder.path(), &State::default(), NOW);
        prop_assert!(serde_json::to_string(&sample).is_ok());
        let (sample, _) = sample_of(folder.path(), &state, NOW + 60);
        prop_assert!(serde_json::to_string(&sample).is_ok());
    }
}
