//! Words for problems and for what a breakdown does not know: one line each, short and exact. Pages and the
//! terminal share them.

use super::breakdown::Unknown;
use super::report::Finding;
use super::report::words::Telling;
use super::state::{ProblemKind, Relation, Resource, Table};
use crate::base::format;
use crate::base::unit::Unit;
use crate::base::words::Words;
use crate::sample::audit::Suspect;
use crate::sample::check::CheckRun;

/// What a problem is, in one line; since when stands beside it. `mount` gives the name by which a mount point is shown: on a page for everyone
/// not its path.
pub fn describe(kind: &ProblemKind, telling: &Telling, mount: &dyn Fn(&str) -> String) -> String {
    let words = telling.words;
    let lang = words.lang();
    let line = |key: &str, values: &[(&str, String)]| fill(words, key, values);
    match kind {
        ProblemKind::Silent { age, leak } => silent(*age, leak.as_deref(), telling),
        ProblemKind::Unreadable { reason } => line("problem.unreadable", &[("reason", reason.clone())]),
        ProblemKind::Clock { ahead } => line("problem.clock", &[("ahead", format::duration(*ahead, lang))]),
        ProblemKind::Late { age } => line("problem.late", &[("age", format::duration(*age, lang))]),
        ProblemKind::TwoMachines => words.get("problem.two_machines").to_owned(),
        ProblemKind::Memory { available, total } => {
            line("problem.memory", &[("available", memory(*available)), ("total", memory(*total))])
        }
        ProblemKind::Swapping { rate } => {
            line("problem.swapping", &[("rate", format::quantity(*rate, Unit::Memory, true))])
        }
        ProblemKind::Leak { finding } => telling.short(finding),
        ProblemKind::SlabUnreclaimable { bytes, share } => {
            line("problem.slab_unreclaimable", &[("bytes", memory(*bytes)), ("share", percent(*share))])
        }
        ProblemKind::Load { load, cores } => {
            line("problem.load", &[("load", count(*load)), ("cores", count(*cores))])
        }
        ProblemKind::Pressure { resource, share } => {
            line(pressure_key(*resource), &[("share", percent(*share))])
        }
        ProblemKind::Steal { share } => line("problem.steal", &[("share", percent(*share))]),
        ProblemKind::Iowait { share } => line("problem.iowait", &[("share", percent(*share))]),
        ProblemKind::OutOfMemory { kills } => words.count("problem.oom", *kills, &[]),
        ProblemKind::Zombies { count: zombies } => line("problem.zombies", &[("count", zombies.to_string())]),
        ProblemKind::Table { table, used, max } => {
            let values = [("share", percent(used / max)), ("used", count(*used)), ("max", count(*max))];
            line(table_key(*table), &values)
        }
        other => of_disks(other, words, mount).unwrap_or_else(|| of_asked(other, words)),
    }
}

/// `No sample for 3 h`, and what leaked before: silence must not hide it.
#[expect(clippy::cast_possible_truncation, reason = "an age in seconds")]
fn silent(age: f64, leak: Option<&Finding>, telling: &Telling) -> String {
    let (words, lang) = (telling.words, telling.words.lang());
    let silent = fill(words, "problem.silent", &[("age", format::duration(age, lang))]);
    let Some(leak) = leak else { return silent };
    // The last sample's day may be long ago.
    let telling = Telling { now: telling.now + age as i64, ..telling.clone() };
    let (what, rate) = (telling.subject(&leak.subject), telling.rate(leak.growth.per_second));
    let mut values = vec![("silent", silent), ("what", what), ("rate", rate)];
    let Some(full) = leak.full else { return fill(words, "problem.silent_leak", &values) };
    values.push(("full", telling.time(full.at)));
    fill(words, "problem.silent_leak_full", &values)
}

/// Disks, file systems, sensors.
fn of_disks(kind: &ProblemKind, words: &Words, mount: &dyn Fn(&str) -> String) -> Option<String> {
    let line = |key: &str, values: &[(&str, String)]| fill(words, key, values);
    Some(match kind {
        ProblemKind::Filesystem { mount: path, share, available } => {
            let available = format::quantity(*available, Unit::Data, false);
            let values = [("mount", mount(path)), ("share", percent(*share)), ("available", available)];
            line("problem.filesystem", &values)
        }
        ProblemKind::Inodes { mount: path, share } => {
            line("problem.inodes", &[("mount", mount(path)), ("share", percent(*share))])
        }
        ProblemKind::ReadOnly { mount: path } => line("problem.read_only", &[("mount", mount(path))]),
        ProblemKind::DiskBusy { disk, share } => {
            line("problem.disk_busy", &[("disk", disk.clone()), ("share", percent(*share))])
        }
        ProblemKind::Temperature { sensor, celsius, critical } => {
            let values =
                [("sensor", sensor.clone()), ("celsius", warmth(*celsius)), ("critical", warmth(*critical))];
            line("problem.temperature", &values)
        }
        ProblemKind::Raid { .. } => raid(kind, words),
        ProblemKind::FilesystemFull { mount: path, seconds, available } => {
            let available = format::quantity(*available, Unit::Data, false);
            let time = format::duration(*seconds, words.lang());
            let values = [("mount", mount(path)), ("time", time), ("available", available)];
            line("problem.filesystem_full", &values)
        }
        _ => return None,
    })
}

/// What was asked or read, and what the user's own rules say.
fn of_asked(kind: &ProblemKind, words: &Words) -> String {
    let lang = words.lang();
    let line = |key: &str, values: &[(&str, String)]| fill(words, key, values);
    // `Target shop`; without its name on a page for everyone.
    let named = |key: &str, name: &str| format!("{} {name}", words.get(key)).trim_end().to_owned();
    match kind {
        ProblemKind::RebootRequired => line("problem.reboot_required", &[]),
        ProblemKind::BrokenLines { count, place } => {
            words.count("problem.broken_lines", *count, &[("place", place)])
        }
        ProblemKind::Check { name, run } => check(name, run, words),
        ProblemKind::OwnLeak(suspect) => own_leak(suspect, words),
        ProblemKind::Rebooted { uptime } => {
            line("problem.rebooted", &[("ago", format::duration(*uptime, lang))])
        }
        ProblemKind::Traffic { share } => line("problem.traffic", &[("share", percent(*share))]),
        ProblemKind::Service { name, state } => {
            let state = words.find(&format!("service_state.{state}")).unwrap_or(state).to_owned();
            line("problem.service", &[("name", named("problem.service_one", name)), ("state", state)])
        }
        ProblemKind::ServiceRestarts { name, restarts } => {
            words.count("problem.restarts", *restarts, &[("name", &named("problem.service_one", name))])
        }
        ProblemKind::Target { name, error } => {
            let key = if error.is_empty() { "problem.target" } else { "problem.target_why" };
            line(key, &[("name", named("problem.target_one", name)), ("error", error.clone())])
        }
        ProblemKind::Certificate { name, seconds } => {
            let key = if *seconds > 0.0 { "problem.certificate" } else { "problem.certificate_ended" };
            let time = format::duration(seconds.abs(), lang);
            line(key, &[("name", named("problem.target_one", name)), ("time", time)])
        }
        ProblemKind::Undelivered { channel, seconds } => {
            let values = [("channel", channel.clone()), ("time", format::duration(*seconds, lang))];
            line("problem.undelivered", &values)
        }
        ProblemKind::Rule { .. } => rule(kind, words),
        ProblemKind::Collectors { names } => line("problem.collectors", &[("names", names.join(", "))]),
        _ => String::new(),
    }
}

/// Why parts of memory are not known, a line for each reason.
pub fn unknown(reasons: &[Unknown], words: &Words) -> Vec<String> {
    let fields =
        |of: fn(&Unknown) -> Option<&str>| reasons.iter().filter_map(of).collect::<Vec<_>>().join(", ");
    let missing = fields(|reason| match reason {
        Unknown::Missing(field) => Some(field),
        _ => None,
    });
    let foreign = fields(|reason| match reason {
        Unknown::Foreign(field) => Some(field),
        _ => None,
    });
    let mut lines = Vec::new();
    for (key, fields) in [("unknown.missing", missing), ("unknown.foreign", foreign)] {
        if !fields.is_empty() {
            lines.push(words.fill(key, &[("fields", &fields)]));
        }
    }
    lines.extend(
        reasons
            .iter()
            .filter_map(|reason| match reason {
                Unknown::BalloonOutside(bytes) => Some(("unknown.balloon_outside", *bytes)),
                Unknown::Overlap(bytes) => Some(("unknown.overlap", *bytes)),
                Unknown::Missing(_) | Unknown::Foreign(_) => None,
            })
            .map(|(key, bytes)| words.fill(key, &[("bytes", &memory(bytes))])),
    );
    lines
}

fn raid(kind: &ProblemKind, words: &Words) -> String {
    let ProblemKind::Raid { array, state, working, members, action } = kind else { return String::new() };
    let key = match action {
        _ if state.starts_with("inactive") => "problem.raid_inactive",
        Some(_) if working < members => "problem.raid_rebuilding",
        None if working < members => "problem.raid_degraded",
        _ => "problem.raid_failed",
    };
    let (action, progress) = action.clone().unwrap_or_default();
    let values = [
        ("array", array.clone()),
        ("state", state.clone()),
        ("working", working.to_string()),
        ("members", members.to_string()),
        ("action", action),
        ("progress", percent(progress)),
    ];
    fill(words, key, &values)
}

/// `queue mail: 512, above 500`.
fn rule(kind: &ProblemKind, words: &Words) -> String {
    let ProblemKind::Rule { name, instance, value, limit, relation } = kind else { return String::new() };
    let name = format!("{name} {instance}").trim_end().to_owned();
    let key = match relation {
        Relation::Above => "problem.rule_above",
        Relation::AtLeast => "problem.rule_at_least",
        Relation::Below => "problem.rule_below",
        Relation::AtMost => "problem.rule_at_most",
        Relation::Is => "problem.rule_is",
        Relation::IsNot => "problem.rule_is_not",
    };
    fill(words, key, &[("name", name), ("value", value.clone()), ("limit", limit.clone())])
}

fn pressure_key(resource: Resource) -> &'static str {
    match resource {
        Resource::Cpu => "problem.pressure_cpu",
        Resource::Io => "problem.pressure_io",
        Resource::Memory => "problem.pressure_memory",
    }
}

fn table_key(table: Table) -> &'static str {
    match table {
        Table::Conntrack => "problem.conntrack",
        Table::FileHandles => "problem.file_handles",
        Table::Threads => "problem.threads",
    }
}

fn fill(words: &Words, key: &str, values: &[(&str, String)]) -> String {
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    words.fill(key, &values)
}

fn check(name: &str, run: &CheckRun, words: &Words) -> String {
    let who = format!("{} {name}", words.get("own_leak.check")).trim_end().to_owned();
    let (key, number) = match (run.exit_code, run.signal) {
        _ if run.killed.unwrap_or(0) > 0 => ("problem.check_killed", 0),
        (Some(code), _) => ("problem.check_failed", code),
        (None, Some(signal)) => ("problem.check_signal", signal),
        (None, None) => ("problem.check_not_run", 0),
    };
    fill(words, key, &[("who", who), ("number", number.to_string())])
}

/// `Check services`; without its name on a page for everyone.
pub(super) fn own_name(suspect: &Suspect, words: &Words) -> String {
    let what = words.get(match suspect.kind.as_str() {
        "check" => "own_leak.check",
        "asking" => return words.get("own_leak.asking").to_owned(),
        _ => "own_leak.collector",
    });
    format!("{what} {}", suspect.name).trim_end().to_owned()
}

/// A collector or a check that leaks; the kernel's names stay, those of processes become words.
fn own_leak(suspect: &Suspect, words: &Words) -> String {
    let part = match suspect.part.as_str() {
        "init_rss" => words.get("own_leak.init").to_owned(),
        "bus_rss" => words.get("own_leak.bus").to_owned(),
        kernel => kernel.to_owned(),
    };
    let end = words.get(if suspect.stopped { "own_leak.stopped" } else { "own_leak.runs_on" });
    #[expect(clippy::cast_precision_loss, reason = "bytes of a run")]
    let bytes = memory(suspect.bytes_per_run as f64);
    let values =
        [("who", own_name(suspect, words)), ("bytes", bytes), ("part", part), ("end", end.to_owned())];
    fill(words, "problem.own_leak", &values)
}

fn memory(bytes: f64) -> String {
    format::quantity(bytes, Unit::Memory, false)
}

fn percent(share: f64) -> String {
    format::quantity(share, Unit::Ratio, false)
}

fn count(number: f64) -> String {
    format::quantity(number, Unit::Count, false)
}

fn warmth(celsius: f64) -> String {
    format::quantity(celsius, Unit::Celsius, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Lang;

    const MIB: f64 = 1024.0 * 1024.0;

    fn told(kind: &ProblemKind, lang: Lang, mount: &dyn Fn(&str) -> String) -> String {
        let telling = Telling { words: Words::of(lang), zone: &jiff::tz::TimeZone::UTC, now: 0 };
        describe(kind, &telling, mount)
    }

    fn both(kind: &ProblemKind) -> [String; 2] {
        [Lang::En, Lang::Zh].map(|lang| told(kind, lang, &str::to_owned))
    }

    #[test]
    fn ones_own_leaks_are_named() {
        let suspect = |kind: &str, name: &str, part: &str, stopped| {
            let (kind, name, part) = (kind.to_owned(), name.to_owned(), part.to_owned());
            let bytes_per_run = 1024 * 1024;
            ProblemKind::OwnLeak(Suspect { kind, name, part, bytes_per_run, stopped, ..Suspect::default() })
        };
        assert_eq!(
            both(&suspect("check", "services", "SUnreclaim", true)),
            [
                "Check services of cronograph leaks: each run leaves 1.00 MiB behind (SUnreclaim); it is no longer run",
                "cronograph 的检查 services 泄漏：每次运行留下 1.00 MiB（SUnreclaim）；已停止运行"
            ]
        );
        assert_eq!(
            both(&suspect("collector", "hwmon", "init_rss", false))[0],
            "Collector hwmon of cronograph leaks: each run leaves 1.00 MiB behind (process 1); it still runs"
        );

        assert!(
            both(&suspect("asking", "systemd", "init_rss", true))[0]
                .starts_with("systemd query of cronograph leaks: ")
        );
        // As on a page for everyone.
        assert!(
            both(&suspect("check", "", "SUnreclaim", true))[0].starts_with("Check of cronograph leaks: ")
        );
    }

    #[test]
    fn problems_are_plain_sentences() {
        let filesystem =
            ProblemKind::Filesystem { mount: "/srv".to_owned(), share: 0.934, available: 1_230_000_000.0 };
        assert_eq!(
            both(&filesystem),
            ["File system /srv is 93.4 % full, 1.23 GB left", "文件系统 /srv 已用 93.4 %，剩余 1.23 GB"]
        );
        let slab = ProblemKind::SlabUnreclaimable { bytes: 352.0 * MIB, share: 0.7 };
        assert_eq!(
            both(&slab),
            [
                "Unreclaimable slab holds 352 MiB, 70 % of memory",
                "内核不可回收 slab 占 352 MiB，为内存的 70 %"
            ]
        );
        assert_eq!(
            both(&ProblemKind::Silent { age: 11_520.0, leak: None }),
            ["No sample for 3 h 12 min", "已 3 小时 12 分钟没有样本"]
        );
        assert_eq!(
            both(&ProblemKind::OutOfMemory { kills: 1 })[0],
            "The kernel killed a process for want of memory"
        );
        assert_eq!(both(&ProblemKind::OutOfMemory { kills: 2 })[1], "内核因内存不足终止了 2 个进程");
    }

    #[test]
    fn raid_says_what_it_does() {
        let raid = |working, action: Option<(&str, f64)>, state: &str| {
            let action = action.map(|(action, progress)| (action.to_owned(), progress));
            let (array, state) = ("md0".to_owned(), state.to_owned());
            let kind = ProblemKind::Raid { array, state, working, members: 2, action };
            told(&kind, Lang::En, &str::to_owned)
        };
        assert_eq!(raid(1, None, "active"), "RAID md0: 1 of 2 disks work");
        let rebuilding = raid(1, Some(("recovery", 0.345)), "active");
        assert_eq!(rebuilding, "RAID md0: 1 of 2 disks work, recovery at 34.5 %");
        assert_eq!(raid(2, None, "active"), "RAID md0: a disk failed");
        assert_eq!(raid(0, None, "inactive"), "RAID md0 is inactive");
    }

    #[test]
    fn a_page_for_everyone_names_no_path() {
        let kind = ProblemKind::ReadOnly { mount: "/secret".to_owned() };
        let line = told(&kind, Lang::En, &|_| "1".to_owned());
        assert_eq!(line, "File system 1 is read-only");
    }

    #[test]
    fn what_is_unknown_is_said() {
        let reasons = [
            Unknown::Missing("Percpu"),
            Unknown::Overlap(12.0 * MIB),
            Unknown::Missing("VmallocUsed"),
            Unknown::Foreign("SUnreclaim".to_owned()),
            Unknown::BalloonOutside(100.0 * MIB),
        ];
        assert_eq!(
            unknown(&reasons, Words::of(Lang::En)),
            [
                "Not known, so in Unaccounted: Percpu, VmallocUsed",
                "The host's, not this container's, so left out: SUnreclaim",
                "The kernel's fields hold 12.0 MiB more than MemTotal; the excess is taken from swap cache and free",
                "The hypervisor took 100 MiB, which MemTotal no longer holds",
            ]
        );
        assert_eq!(unknown(&reasons, Words::of(Lang::Zh))[0], "未知，计入“未归类”：Percpu, VmallocUsed");
        assert_eq!(unknown(&[], Words::of(Lang::En)), [""; 0]);
    }
}
