//! Inputs from the field: small overlays over recorded hosts (`tests/fixtures/cases`), each for a class of them.

use crate::program::{cronograph, stdout};
use cronograph::analysis::traffic;
use cronograph::sample::{Options, Root, Sample, State, take};
use cronograph::series;
use cronograph::store::{Layout, append};
use jiff::civil::date;
use jiff::tz::TimeZone;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// 2026-11-23T12:50:00Z
pub(crate) const NOW: i64 = 1_795_438_200;

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn lay_over(from: &Path, to: &Path) {
    fs_err::create_dir_all(to).unwrap();
    for entry in fs_err::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            lay_over(&entry.path(), &target);
        } else {
            fs_err::copy(entry.path(), target).unwrap();
        }
    }
}

/// A host with a case laid over it.
pub(crate) fn case(name: &str) -> TempDir {
    let case = fixtures().join("cases").join(name);
    let base = fs_err::read_to_string(case.join("base")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    lay_over(&fixtures().join("hosts").join(base.trim()), folder.path());
    for path in fs_err::read_to_string(case.join("removed")).unwrap_or_default().lines() {
        fs_err::remove_file(folder.path().join(path)).unwrap();
    }
    lay_over(&case.join("root"), folder.path());
    folder
}

pub(crate) fn put(root: &Path, path: &str, content: &str) {
    let path = root.join(path);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, content).unwrap();
}

fn link(root: &Path, path: &str, target: &str) {
    let path = root.join(path);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    symlink(target, path).unwrap();
}

pub(crate) fn sample(root: &Path) -> Sample {
    take(&Root::recorded(root), &Options::default(), &State::default(), NOW).0
}

fn disks(root: &Path) -> Vec<String> {
    sample(root).diskstats.map(|disks| disks.0.into_keys().collect()).unwrap_or_default()
}

#[test]
fn free_swap_without_swap_is_absent() {
    let folder = case("lxcfs695");
    let mut command = cronograph();
    command.args(["sample", "--print", "--now", &NOW.to_string(), "--root"]).arg(folder.path());
    let line = stdout(command.arg("--data").arg(tempfile::tempdir().unwrap().path()));
    assert!(line.contains("\"SwapTotal\":0") && !line.contains("SwapFree"), "{line}");
    assert!(!line.contains("\"SUnreclaim\":"), "larger than all memory: {line}");
    assert!(line.contains("\"foreign\":[") && line.contains("\"SUnreclaim\""), "{line}");
}

/// Half an hour of a small host, with one line changed as an older version would have written it.
fn log_with(data: &Path, minute: i64, change: impl Fn(&mut serde_json::Value)) -> Layout {
    let layout = Layout::new(data, "web1").unwrap();
    let first = sample(&fixtures().join("hosts/debian12-vps"));
    let mut lines = String::new();
    for at in 0..=30 {
        let seconds = f64::from(u8::try_from(at).unwrap()) * 60.0;
        let uptime = first.uptime.map(|uptime| uptime + seconds);
        let now = Sample { t: NOW + (at - 30) * 60, uptime, ..first.clone() };
        let mut line = serde_json::to_value(&now).unwrap();
        line["stat"]["idle"] = (first.stat.as_ref().unwrap().idle.unwrap() + seconds).into();
        if at == minute {
            change(&mut line);
        }
        // Version and time come first in a line.
        let fields = line.as_object_mut().unwrap();
        fields.remove("v");
        fields.remove("t");
        lines += &format!("{{\"v\":1,\"t\":{},{}\n", now.t, &line.to_string()[1..]);
    }
    fs_err::create_dir_all(layout.samples()).unwrap();
    fs_err::write(layout.samples().join("2026-11-23.jsonl"), lines).unwrap();
    layout
}

fn page_of(data: &Path) -> String {
    let out = tempfile::tempdir().unwrap();
    let mut command = cronograph();
    command.args(["site", "--now", &(NOW + 20).to_string(), "--data"]).arg(data).arg("--out").arg(out.path());
    command.assert().success();
    fs_err::read_to_string(out.path().join("web1/index.html")).unwrap()
}

#[test]
fn an_impossible_value_costs_itself_in_one_sample_only() {
    for minute in [15, 30] {
        let data = tempfile::tempdir().unwrap();
        let layout = log_with(data.path(), minute, |line| {
            line["meminfo"]["SwapFree"] = u64::MAX.into();
            line["meminfo"]["SUnreclaim"] = (1_u64 << 40).into();
            line["meminfo"]["foreign"] = vec!["SUnreclaim"].into();
        });
        let frame = series::window(&layout, series::Window::Hour, NOW + 60).unwrap();
        let at = usize::try_from(minute).unwrap();
        for metric in ["meminfo.SwapFree", "meminfo.SUnreclaim"] {
            let unknown =
                frame.mean(metric, "").unwrap().iter().enumerate().filter(|(_, value)| value.is_nan());
            assert_eq!(unknown.map(|(row, _)| row).collect::<Vec<_>>(), [at], "{metric}");
        }
        assert!(frame.mean("meminfo.Cached", "").unwrap().iter().all(|value| !value.is_nan()));
        let page = page_of(data.path());
        assert!(!page.contains("PiB") && !page.contains("this container's"), "{page}");
        let explained =
            cronograph().args(["explain", "--now", &NOW.to_string(), "--data"]).arg(data.path()).output();
        let explained = String::from_utf8(explained.unwrap().stdout).unwrap();
        assert!(!explained.contains("PiB") && !explained.contains("this container's"), "{explained}");
    }
}

#[test]
fn steal_that_jumps_is_on_no_page() {
    let data = tempfile::tempdir().unwrap();
    log_with(data.path(), 29, |line| {
        line["stat"]["steal"] = 1.2e10.into();
        line["stat"]["cores"][0][7] = 1.2e10.into();
    });
    let page = page_of(data.path());
    let shares = page.split(" %").filter_map(|text| text.rsplit(['>', ' ', ';']).next());
    let shares = shares.filter_map(|text| text.replace(',', "").parse::<f64>().ok());
    assert!(shares.fold(0.0, f64::max) <= 100.0, "{page}");
}

#[test]
fn each_packet_of_a_virtual_machine_counts_once() {
    let folder = case("proxmox-vmbr");
    let root = folder.path();
    // By their names, where sysfs is not there.
    assert!(sample(root).netdev.unwrap().0.values().all(|interface| interface.physical.is_none()));
    assert_eq!(month(root).total, (1_000, 1_000));
    // As sysfs says it, whatever they are called.
    link(root, "sys/class/net/eno1/device", "../../../0000:01:00.0");
    link(root, "sys/class/net/eno1/master", "../vmbr0");
    put(root, "sys/class/net/eno1/upper_vmbr0/ifindex", "3\n");
    for bridge in ["vmbr0", "fwbr100i0"] {
        put(root, &format!("sys/class/net/{bridge}/bridge/bridge_id"), "8000.0\n");
    }
    for other in ["tap100i0", "fwpr100p0", "fwln100i0"] {
        put(root, &format!("sys/class/net/{other}/ifindex"), "9\n");
    }
    let found = sample(root).netdev.unwrap().0;
    let counts = found.iter().filter(|(_, interface)| interface.physical == Some(1));
    assert_eq!(counts.map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["eno1"]);
    assert_eq!(month(root).total, (1_000, 1_000));
}

/// Traffic of the month of two samples between which each interface carried 1,000 bytes in each direction.
fn month(root: &Path) -> traffic::MonthTraffic {
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::new(data.path(), "pve").unwrap();
    let mut now = sample(root);
    append(&layout, &now).unwrap();
    now.t += 60;
    now.uptime = now.uptime.map(|uptime| uptime + 60.0);
    for interface in now.netdev.iter_mut().flat_map(|netdev| netdev.0.values_mut()) {
        interface.rx_bytes = interface.rx_bytes.map(|bytes| bytes + 1_000);
        interface.tx_bytes = interface.tx_bytes.map(|bytes| bytes + 1_000);
        interface.physical = None;
    }
    append(&layout, &now).unwrap();
    let days = series::days(&layout, date(2026, 11, 1), date(2026, 11, 23)).unwrap();
    traffic::month(&days, None, now.t, &TimeZone::UTC).unwrap()
}

/// Interfaces of a host that count, by what sysfs says: files and links under `/sys/class/net`; a link has a target.
fn counted(links: &[(&str, &str)]) -> Vec<String> {
    let folder = case("proxmox-vmbr");
    let root = folder.path();
    let mut table = String::from("Inter-|\n face |\n");
    let mut seen = Vec::new();
    for (path, target) in links {
        let name = path.split('/').next().unwrap();
        if !seen.contains(&name) {
            seen.push(name);
            table += &format!("{name}: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n");
        }
        if target.chars().all(|digit| digit.is_ascii_digit()) || target.starts_with("pf") {
            put(root, &format!("sys/class/net/{path}"), target);
        } else {
            link(root, &format!("sys/class/net/{path}"), target);
        }
    }
    put(root, "proc/net/dev", &table);
    let found = sample(root).netdev.unwrap().0;
    found.into_iter().filter(|(_, interface)| interface.physical == Some(1)).map(|(name, _)| name).collect()
}

#[test]
fn sysfs_says_which_interfaces_are_physical() {
    let bond = [
        ("lan", "device", "../../../0000:01:00.0"),
        ("wan", "device", "../../../0000:01:00.1"),
        ("lan", "master", "../uplink"),
        ("wan", "master", "../uplink"),
        ("uplink", "lower_lan", "../lan"),
        ("uplink.7", "lower_uplink", "../uplink"),
        ("vpn", "ifindex", "9"),
    ];
    let bond: Vec<(String, &str)> =
        bond.iter().map(|(name, file, to)| (format!("{name}/{file}"), *to)).collect();
    let bond: Vec<(&str, &str)> = bond.iter().map(|(path, to)| (path.as_str(), *to)).collect();
    assert_eq!(counted(&bond), ["lan", "wan"], "ports of a bond");
    let azure = [
        ("eth0/device", "../../../vmbus_15"),
        ("eth0/lower_enP1s1", "../enP1s1"),
        ("enP1s1/device", "../../../0001:00:02.0"),
        ("enP1s1/master", "../eth0"),
    ];
    assert_eq!(counted(&azure), ["eth0"], "a function under its synthetic device");
    let switch = [
        ("eth0/device", "../../../1e100000.ethernet"),
        ("lan1/device", "../../../mdio-bus:1f"),
        ("lan1/lower_eth0", "../eth0"),
        ("pf0vf1/device", "../../../0000:01:00.0"),
        ("pf0vf1/phys_port_name", "pf0vf1"),
        ("ib0/device", "../../../0000:02:00.0"),
        ("ib0/ifindex", "4"),
        ("ib0/iflink", "4"),
        ("ib0.8001/device", "../../../0000:02:00.0"),
        ("ib0.8001/ifindex", "5"),
        ("ib0.8001/iflink", "4"),
    ];
    assert_eq!(
        counted(&switch),
        ["eth0", "ib0"],
        "ports of a switch, representors, partitions of InfiniBand"
    );
    assert!(counted(&[("eth0/ifindex", "2"), ("wg0/ifindex", "3")]).is_empty(), "a container: by names");
}

#[test]
fn of_several_paths_to_a_disk_exactly_one_counts() {
    let folder = case("nvme-multipath");
    let root = folder.path();
    assert_eq!(disks(root), ["nvme0n1"]);
    // A kernel that counts on the paths only.
    let table = fs_err::read_to_string(root.join("proc/diskstats")).unwrap();
    let idle = " 259 1 nvme0n1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0";
    let table: Vec<&str> =
        table.lines().map(|line| if line.contains(" nvme0n1 ") { idle } else { line }).collect();
    put(root, "proc/diskstats", &table.join("\n"));
    assert_eq!(disks(root), ["nvme0c0n1"]);
}

#[test]
fn a_network_block_device_is_a_disk_and_what_stands_on_another_is_not() {
    let folder = case("nbd-root");
    let root = folder.path();
    assert_eq!(disks(root), ["nbd0"]);
    let mut table = fs_err::read_to_string(root.join("proc/diskstats")).unwrap();
    for (number, name) in
        [("230:0", "zd0"), ("147:0", "drbd0"), ("252:0", "bcache0"), ("7:0", "loop0"), ("11:0", "sr0")]
    {
        let (major, minor) = number.split_once(':').unwrap();
        table += &format!("{major} {minor} {name} 1 0 8 1 1 0 8 1 0 1 1\n");
        put(root, &format!("sys/block/{name}/size"), "8\n");
    }
    table += "254 0 dm-0 1 0 8 1 1 0 8 1 0 1 1\n";
    put(root, "sys/block/dm-0/slaves/nbd0", "");
    put(root, "proc/diskstats", &table);
    let mounts = |numbers: &[&str]| {
        let line =
            |number: &&str| format!("30 1 {number} / /mnt/{} rw - ext4 /dev/x rw\n", number.replace(':', ""));
        put(root, "proc/self/mountinfo", &numbers.iter().map(line).collect::<String>());
        disks(root)
    };
    assert_eq!(mounts(&["230:0", "147:0", "252:0", "7:0", "254:0"]), ["nbd0"]);
    assert_eq!(mounts(&["254:0", "11:0"]), ["nbd0", "sr0"], "a CD that is mounted");
    // All that a small system has.
    put(root, "proc/diskstats", "7 0 loop0 1 0 8 1 1 0 8 1 0 1 1\n7 1 loop1 1 0 8 1 1 0 8 1 0 1 1\n");
    assert_eq!(mounts(&["7:0"]), ["loop0"]);
}

#[test]
fn a_sensor_is_named_by_its_device_in_whatever_order_the_kernel_finds_it() {
    let controllers = ["../../../0000:01:00.0/nvme/nvme", "../../../0000:02:00.0/nvme/nvme"];
    let named = |name: &str, swapped: bool| {
        let folder = case(name);
        let at = |number: u32, target: &str| {
            link(folder.path(), &format!("sys/class/hwmon/hwmon{number}/device"), target);
        };
        // The controllers are numbered anew, too.
        at(1, &format!("{}0", controllers[usize::from(swapped)]));
        at(2, &format!("{}1", controllers[usize::from(!swapped)]));
        let drives: [u32; 3] = if swapped { [4, 2, 3] } else { [2, 3, 4] };
        (9..).zip(drives).for_each(|(number, drive)| at(number, &format!("../../../{drive}:0:0:0")));
        let found = sample(folder.path()).hwmon.unwrap().0;
        found.into_iter().map(|(label, sensor)| (label, sensor.celsius.unwrap())).collect::<Vec<_>>()
    };
    let before = named("hwmon-order-before", false);
    let labels: Vec<&str> = before.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(
        labels,
        [
            "drivetemp 2:0:0:0 temp1",
            "drivetemp 3:0:0:0 temp1",
            "drivetemp 4:0:0:0 temp1",
            "nvme 0000:01:00.0 Composite",
            "nvme 0000:02:00.0 Composite"
        ]
    );
    assert_eq!(before, named("hwmon-order-after", true));
}

#[test]
fn the_end_of_a_sensors_scale_is_no_temperature() {
    let found = sample(case("it8728").path()).hwmon.unwrap().0;
    assert!(!found.contains_key("it8728 temp2"), "{found:?}");
    assert_eq!(found["it8728 temp1"].celsius, Some(34.0));
    assert!(found.values().all(|sensor| sensor.celsius.is_none_or(|celsius| celsius < 100.0)));
}

#[test]
fn the_model_of_a_cpu_is_known_where_only_its_numbers_are() {
    let host = |root: &Path| sample(root).host.unwrap();
    let mainframe = host(case("s390x").path());
    assert_eq!(mainframe.cpu_model.as_deref(), Some("IBM/S390 2964 (z13)"));
    assert_eq!(mainframe.mhz, Some(5000.0));
    let folder = case("s390x");
    put(folder.path(), "proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n");
    put(folder.path(), "proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0");
    let expected = "ARM Cortex-A72 (Raspberry Pi 4 Model B Rev 1.4)";
    assert_eq!(host(folder.path()).cpu_model.as_deref(), Some(expected));
}

#[test]
fn a_containers_limit_is_the_size_of_its_memory() {
    let folder = case("docker-limit");
    let found = sample(folder.path());
    let group = found.cgroup.as_ref().unwrap();
    assert_eq!((group.memory_max, group.memory_used), (Some(209_715_200), Some(201_520_896)));
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::new(data.path(), "web1").unwrap();
    for minute in 0..=10_u32 {
        let uptime = found.uptime.map(|uptime| uptime + f64::from(minute) * 60.0);
        let t = NOW + i64::from(minute) * 60 - 600;
        append(&layout, &Sample { t, uptime, ..found.clone() }).unwrap();
    }
    let page = page_of(data.path());
    assert!(page.contains("of 200 MiB") && page.contains("Memory of the container"), "{page}");
    assert!(!page.contains("Nothing is wrong") && page.contains("of 200 MiB memory available"), "{page}");
}
