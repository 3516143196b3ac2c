//! The checks behind a host's state, and their limits with the reason for each.

use super::breakdown::Breakdown;
use super::leak::State;
use super::own;
use super::part::Part;
use super::recent::{column, mean, ratio, since, since_about, sum};
use super::report::{Finding, Subject};
use super::state::{Evidence, Level, Problem, ProblemKind, Resource, Table};
use crate::sample::filesystem::Filesystem;
use crate::sample::mdstat::RaidArray;
use crate::sample::meminfo::Meminfo;

/// Samples that fail to come: three in a row, and not for less than five minutes, so that one slow run of cron or
/// one late rsync is no alarm.
const SILENT_INTERVALS: i64 = 3;
const SILENT_SECONDS: i64 = 300;
/// Clocks of hosts that are not kept differ by seconds; two minutes is one that is off.
const AHEAD_SECONDS: i64 = 120;
/// A condition must last this long, so that a cron job is no alarm.
const LASTING_SECONDS: i64 = 600;
/// A disk may be busy for longer: backups and scrubs are.
const LASTING_DISK_SECONDS: i64 = 1_800;
/// A kill is over at once, and whoever looks in the morning should know of it.
const KILLS_SECONDS: i64 = 86_400;

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
const MIB: f64 = 1024.0 * 1024.0;
/// Available memory: a tenth, but on large hosts a gigabyte is enough for what comes at once.
const MEMORY_WARNING: (f64, f64) = (0.10, GIB);
/// Below this the kernel reclaims what programs need at once.
const MEMORY_CRITICAL: (f64, f64) = (0.04, 384.0 * MIB);
/// Pages read back from swap: 256 pages of 4 KiB each second, each of which a program waited for. What is only
/// written to swap harms nobody.
const SWAP_IN: f64 = MIB;
/// Unreclaimable slab of healthy hosts is a few percent; a quarter is worth a word.
const SLAB_SHARE: f64 = 0.25;
/// A leak that fills memory within a day cannot wait until tomorrow.
const LEAK_CRITICAL_SECONDS: i64 = 86_400;
/// Load of 15 minutes for each core: at 1 the host is used, at 2 half of the tasks wait.
const LOAD: (f64, f64) = (2.0, 5.0);
/// Share of time in which all tasks stall for memory: healthy hosts show less than 1 %.
const STALL_MEMORY: (f64, f64) = (0.05, 0.20);
/// Share of time in which all tasks stall for disks: backups show 20 to 40 %.
const STALL_IO: f64 = 0.50;
/// Share of time in which some task waits for a CPU: busy builds show 50 %.
const STALL_CPU: f64 = 0.90;
/// Share of CPU time that a provider takes away: a few percent is normal on a shared host.
const STEAL: f64 = 0.10;
/// Share of CPU time that waits for disks: a backup on one core shows a quarter.
const IOWAIT: f64 = 0.40;
/// How full a file system is, as `df` counts; large ones only if what is left is little, too.
const FILESYSTEM_WARNING: (f64, f64) = (0.90, 50e9);
const FILESYSTEM_CRITICAL: (f64, f64) = (0.97, 10e9);
/// Share of inodes in use.
const INODES: (f64, f64) = (0.90, 0.97);
/// A disk without idle time for half an hour.
const DISK_BUSY: f64 = 0.95;
/// Degrees below what the hardware calls critical; critical values outside of the range are nonsense of drivers.
const TEMPERATURE_MARGIN: f64 = 5.0;
const TEMPERATURE_RANGE: std::ops::RangeInclusive<f64> = 45.0..=125.0;
/// Zombies: a few come and go everywhere; so many mean that a parent never asks.
const ZOMBIES: u64 = 50;
/// Tables of the kernel: beyond their limit new connections, files, processes fail.
const TABLE: (f64, f64) = (0.80, 0.95);
/// File systems that are full and read-only by nature.
const IMAGES: [&str; 6] = ["squashfs", "iso9660", "erofs", "udf", "cramfs", "romfs"];
/// File systems that the kernel turns read-only after an error.
const JOURNALED: [&str; 4] = ["ext3", "ext4", "xfs", "f2fs"];
/// Where a host always writes.
const WRITABLE: [&str; 3] = ["/", "/var", "/home"];

type Check = fn(&Evidence, &mut Vec<Problem>);

/// Every check, in the order in which problems of one level are shown.
pub(super) const ALL: [Check; 18] = [
    leaks,
    own::leaks,
    own::checks,
    silence,
    raid,
    filesystems,
    kills,
    memory,
    slab,
    pressure,
    load,
    cpu,
    disks,
    temperatures,
    tables,
    zombies,
    reboot,
    reading,
];

fn add(problems: &mut Vec<Problem>, level: Level, kind: ProblemKind, since: Option<i64>) {
    problems.push(Problem { level, kind, since });
}

/// Warning or critical by two limits; `None` below both.
fn level(value: f64, (warning, critical): (f64, f64)) -> Option<Level> {
    match value {
        value if value >= critical => Some(Level::Critical),
        value if value >= warning => Some(Level::Warning),
        _ => None,
    }
}

fn silence(evidence: &Evidence, problems: &mut Vec<Problem>) {
    let age = evidence.now - evidence.sample.t;
    if age > SILENT_SECONDS.max(SILENT_INTERVALS * evidence.hour.step) {
        add(problems, Level::Silent, ProblemKind::Silent { age: age as f64 }, Some(evidence.sample.t));
    } else if -age > AHEAD_SECONDS {
        add(problems, Level::Warning, ProblemKind::Clock { ahead: -age as f64 }, None);
    }
}

fn raid(evidence: &Evidence, problems: &mut Vec<Problem>) {
    for (name, array) in evidence.sample.mdstat.iter().flat_map(|arrays| &arrays.0) {
        if let Some(level) = raid_level(array) {
            let (working, members) = (array.working.unwrap_or(0), array.members.unwrap_or(0));
            let action = array.action.clone().zip(array.progress);
            let state = array.state.clone();
            add(
                problems,
                level,
                ProblemKind::Raid { array: name.clone(), state, working, members, action },
                None,
            );
        }
    }
}

/// A disk is missing: critical, unless its replacement is being filled.
fn raid_level(array: &RaidArray) -> Option<Level> {
    let short = array.working.zip(array.members).is_some_and(|(working, members)| working < members);
    let recovers = array.action.as_deref() == Some("recovery");
    match (short, recovers) {
        (true, false) => Some(Level::Critical),
        (true, true) => Some(Level::Warning),
        _ if array.failed.unwrap_or(0) > 0 || array.state.starts_with("inactive") => Some(Level::Warning),
        _ => None,
    }
}

fn filesystems(evidence: &Evidence, problems: &mut Vec<Problem>) {
    for (mount, filesystem) in evidence.sample.filesystem.iter().flat_map(|mounts| &mounts.0) {
        if filesystem.read_only {
            if became_read_only(evidence, mount, filesystem) {
                add(problems, Level::Critical, ProblemKind::ReadOnly { mount: mount.clone() }, None);
            }
            // Nothing is written to it: however full, it stays so.
            continue;
        }
        if !IMAGES.contains(&filesystem.kind.as_str()) {
            fullness(evidence, mount, filesystem, problems);
        }
    }
}

/// A file system that was writable a sample ago, or whose place and kind say that it should be.
fn became_read_only(evidence: &Evidence, mount: &str, now: &Filesystem) -> bool {
    let before = evidence.previous.and_then(|sample| sample.filesystem.as_ref()?.0.get(mount));
    before.is_some_and(|before| !before.read_only)
        || (JOURNALED.contains(&now.kind.as_str()) && WRITABLE.contains(&mount))
}

fn fullness(evidence: &Evidence, mount: &str, filesystem: &Filesystem, problems: &mut Vec<Problem>) {
    let hour = evidence.hour;
    if let (Some(used), Some(available)) = (filesystem.used, filesystem.available) {
        let (used, available) = (used as f64, available as f64);
        let share = used / (used + available);
        let over = |(limit, left): (f64, f64)| share >= limit && available < left;
        let found = if over(FILESYSTEM_CRITICAL) {
            Some((Level::Critical, FILESYSTEM_CRITICAL.0))
        } else {
            over(FILESYSTEM_WARNING).then_some((Level::Warning, FILESYSTEM_WARNING.0))
        };
        if let Some((level, limit)) = found {
            let used = column(hour, "filesystem.used", mount);
            let shares = ratio(used, &sum(&[used, column(hour, "filesystem.available", mount)]));
            let since = since(hour, &shares, limit);
            add(
                problems,
                level,
                ProblemKind::Filesystem { mount: mount.to_owned(), share, available },
                since,
            );
        }
    }
    // btrfs has no fixed number of inodes and says 0.
    if let (Some(used), Some(all @ 1..)) = (filesystem.inodes_used, filesystem.inodes) {
        let share = used as f64 / all as f64;
        if let Some(level) = level(share, INODES) {
            add(problems, level, ProblemKind::Inodes { mount: mount.to_owned(), share }, None);
        }
    }
}

fn kills(evidence: &Evidence, problems: &mut Vec<Problem>) {
    let all = evidence.days.iter().flat_map(|day| &day.kills);
    let recent = || all.clone().filter(|(time, _)| evidence.now - time < KILLS_SECONDS);
    if let Some(last) = recent().map(|(time, _)| *time).max() {
        let kills = recent().fold(0, |sum: u64, (_, kills)| sum.saturating_add(*kills));
        add(problems, Level::Warning, ProblemKind::OutOfMemory { kills }, Some(last));
    }
}

fn memory(evidence: &Evidence, problems: &mut Vec<Problem>) {
    let hour = evidence.hour;
    let memory = evidence.sample.meminfo.as_ref();
    let found = memory.and_then(|memory| Some((available(evidence, memory)?, memory.mem_total? as f64)));
    if let Some((available, total)) = found {
        let below = |(share, bytes): (f64, f64)| available < bytes.min(share * total);
        let level = if below(MEMORY_CRITICAL) { Level::Critical } else { Level::Warning };
        if below(MEMORY_WARNING) {
            let limit = MEMORY_WARNING.1.min(MEMORY_WARNING.0 * total);
            let shortage = column(hour, "meminfo.MemAvailable", "").iter().map(|value| limit / value);
            let since = since(hour, &shortage.collect::<Vec<_>>(), 1.0);
            add(problems, level, ProblemKind::Memory { available, total }, since);
        }
    }
    let swapped_in = column(hour, "vmstat.pswpin", "");
    if let Some(rate) = mean(hour, swapped_in, LASTING_SECONDS).filter(|rate| *rate >= SWAP_IN) {
        add(problems, Level::Warning, ProblemKind::Swapping { rate }, since_about(hour, swapped_in, SWAP_IN));
    }
}

/// MemAvailable, estimated before 3.14; and what of the ARC can shrink, which the kernel does not know.
fn available(evidence: &Evidence, memory: &Meminfo) -> Option<f64> {
    let estimate = || {
        let given_back = memory.cached?.saturating_sub(memory.shmem.unwrap_or(0));
        Some(memory.mem_free? + given_back + memory.buffers.unwrap_or(0) + memory.s_reclaimable.unwrap_or(0))
    };
    let arc = evidence.sample.arcstats.as_ref().filter(|_| memory.foreign.is_empty());
    let shrinkable = arc.and_then(|arc| arc.size?.checked_sub(arc.c_min?)).unwrap_or(0);
    Some((memory.mem_available.or_else(estimate)? + shrinkable) as f64)
}

fn leaks(evidence: &Evidence, problems: &mut Vec<Problem>) {
    let Some(report) = evidence.report else { return };
    for finding in &report.findings {
        let level = leak_level(finding, report.at);
        let kind = ProblemKind::Leak { finding: Box::new(finding.clone()) };
        add(problems, level, kind, Some(finding.growth.since));
    }
}

/// Only what is sure disturbs anybody. However slow, it does not stop by itself.
fn leak_level(finding: &Finding, at: i64) -> Level {
    let is_near = finding.full.is_some_and(|full| full.at - at <= LEAK_CRITICAL_SECONDS);
    match finding.state {
        State::Leaking if is_near => Level::Critical,
        State::Leaking => Level::Warning,
        _ => Level::Ok,
    }
}

fn slab(evidence: &Evidence, problems: &mut Vec<Problem>) {
    let slab = Subject::Part(Part::SlabUnreclaimable);
    if evidence.report.is_some_and(|report| report.findings.iter().any(|finding| finding.subject == slab)) {
        return;
    }
    let Some(breakdown) = Breakdown::of_sample(evidence.sample) else { return };
    let bytes = breakdown.part(Part::SlabUnreclaimable);
    let share = bytes / breakdown.total;
    if share >= SLAB_SHARE {
        add(problems, Level::Ok, ProblemKind::SlabUnreclaimable { bytes, share }, None);
    }
}

fn pressure(evidence: &Evidence, problems: &mut Vec<Problem>) {
    let never = f64::INFINITY;
    let limits = [
        (Resource::Memory, "pressure.memory_full", STALL_MEMORY),
        (Resource::Io, "pressure.io_full", (STALL_IO, never)),
        (Resource::Cpu, "pressure.cpu_some", (STALL_CPU, never)),
    ];
    for (resource, metric, limits) in limits {
        let values = column(evidence.hour, metric, "");
        if let Some(share) = mean(evidence.hour, values, LASTING_SECONDS) {
            if let Some(level) = level(share, limits) {
                let since = since_about(evidence.hour, values, limits.0);
                add(problems, level, ProblemKind::Pressure { resource, share }, since);
            }
        }
    }
}

fn load(evidence: &Evidence, problems: &mut Vec<Problem>) {
    let sample = evidence.sample;
    let listed = sample.stat.as_ref().map(|stat| stat.cores.len()).filter(|cores| *cores > 0);
    let named = sample.host.as_ref().and_then(|host| host.cores);
    let Some(cores) = listed.map(|cores| cores as f64).or(named.map(f64::from)) else { return };
    if let Some(load) = sample.loadavg.as_ref().and_then(|load| load.load15) {
        if let Some(level) = level(load / cores, LOAD) {
            let since =
                since_about(evidence.hour, column(evidence.hour, "loadavg.load15", ""), LOAD.0 * cores);
            add(problems, level, ProblemKind::Load { load, cores }, since);
        }
    }
}

fn cpu(evidence: &Evidence, problems: &mut Vec<Problem>) {
    let hour = evidence.hour;
    let modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest"];
    let columns = modes.map(|mode| column(hour, &format!("stat.{mode}"), ""));
    let all = sum(&columns);
    let mut share = |mode: &str, limit: f64, kind: fn(f64) -> ProblemKind| {
        let values = ratio(column(hour, &format!("stat.{mode}"), ""), &all);
        if let Some(share) = mean(hour, &values, LASTING_SECONDS).filter(|share| *share >= limit) {
            add(problems, Level::Warning, kind(share), since_about(hour, &values, limit));
        }
    };
    share("steal", STEAL, |share| ProblemKind::Steal { share });
    share("iowait", IOWAIT, |share| ProblemKind::Iowait { share });
}

fn disks(evidence: &Evidence, problems: &mut Vec<Problem>) {
    let hour = evidence.hour;
    for disk in hour.instances("diskstats.busy") {
        let values = column(hour, "diskstats.busy", disk);
        if let Some(share) = mean(hour, values, LASTING_DISK_SECONDS).filter(|share| *share >= DISK_BUSY) {
            let kind = ProblemKind::DiskBusy { disk: disk.to_owned(), share: share.min(1.0) };
            add(problems, Level::Warning, kind, since_about(hour, values, DISK_BUSY));
        }
    }
}

fn temperatures(evidence: &Evidence, problems: &mut Vec<Problem>) {
    for (sensor, values) in evidence.sample.hwmon.iter().flat_map(|sensors| &sensors.0) {
        let limit = values.critical_celsius.filter(|critical| TEMPERATURE_RANGE.contains(critical));
        let Some((celsius, critical)) = values.celsius.zip(limit) else { continue };
        if let Some(level) = level(celsius, (critical - TEMPERATURE_MARGIN, critical)) {
            let kind = ProblemKind::Temperature { sensor: sensor.clone(), celsius, critical };
            let hour = column(evidence.hour, "hwmon.celsius", sensor);
            add(problems, level, kind, since(evidence.hour, hour, critical - TEMPERATURE_MARGIN));
        }
    }
}

fn tables(evidence: &Evidence, problems: &mut Vec<Problem>) {
    let sample = evidence.sample;
    let sockets = sample.sockstat.as_ref().and_then(|sockets| sockets.conntrack.zip(sockets.conntrack_max));
    let files = sample.vfs.as_ref().and_then(|files| files.file_handles.zip(files.file_handles_max));
    let threads = sample.processes.as_ref().and_then(|processes| {
        let limits = [processes.pid_max, processes.threads_max];
        processes.threads.zip(limits.into_iter().flatten().min())
    });
    let tables = [(Table::Conntrack, sockets), (Table::FileHandles, files), (Table::Threads, threads)];
    for (table, (used, max)) in tables.into_iter().filter_map(|(table, values)| Some((table, values?))) {
        let (used, max) = (used as f64, max as f64);
        if let Some(level) = level(used / max, TABLE) {
            add(problems, level, ProblemKind::Table { table, used, max }, None);
        }
    }
}

fn zombies(evidence: &Evidence, problems: &mut Vec<Problem>) {
    let count = evidence.sample.processes.as_ref().and_then(|processes| processes.zombies).unwrap_or(0);
    if count >= ZOMBIES {
        let hour = column(evidence.hour, "processes.zombies", "");
        let since = since(evidence.hour, hour, ZOMBIES as f64);
        add(problems, Level::Warning, ProblemKind::Zombies { count }, since);
    }
}

fn reboot(evidence: &Evidence, problems: &mut Vec<Problem>) {
    if evidence.sample.reboot_required {
        add(problems, Level::Ok, ProblemKind::RebootRequired, None);
    }
}

/// What cronograph itself could not read: notes, since the host is not worse for it.
fn reading(evidence: &Evidence, problems: &mut Vec<Problem>) {
    if let Some(first) = evidence.damage.first.first() {
        let file = first.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // Line 0 is the file as a whole.
        let place = if first.line > 0 { format!("{file}:{}", first.line) } else { file };
        let kind = ProblemKind::BrokenLines { count: evidence.damage.broken_lines, place };
        add(problems, Level::Ok, kind, None);
    }
    if !evidence.sample.errors.is_empty() {
        let names = evidence.sample.errors.keys().cloned().collect();
        add(problems, Level::Ok, ProblemKind::Collectors { names }, None);
    }
}
