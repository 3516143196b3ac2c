//! What `sadf -j FILE -- -A` prints, of sysstat 11 and 12: a host's statistics at each time of a file.
//!
//! MemTotal is not among them. Since 12.7.8 sysstat counts as used what is not available; sysstat 12 before that, what is neither
//! free nor buffers, cache or slab; older ones what is not free. Which one wrote a file shows by itself: one of the sums is the
//! same at every time. Where none is, or several are and differ, MemTotal stays absent.

use super::error::ImportError;
use super::reading::{Found, Number, Value};
use super::sysstat_disks::{no_disks, numbers};
use super::sysstat_table::{NAMED, SEEN, SINGLE};
use crate::sample::disks;
use crate::sample::host::Host;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};
use std::collections::HashSet;

const SOURCE: &str = "sysstat";
/// Shown where disks have numbers in place of names.
const NAMELESS: &str = "disks have numbers in place of names, those that stand on others are left out: `sadf -j FILE -- -A -p` \
                        names them";
/// Megabytes of file systems.
const MIB: f64 = 1_048_576.0;

/// Whether a JSON document is sysstat's.
pub(super) fn is(document: &Json) -> bool {
    document.get(SOURCE).is_some()
}

/// What the document tells, a host after the other.
pub(super) fn read(path: &str, document: &Json) -> Result<Vec<Found>, ImportError> {
    let hosts = document[SOURCE]["hosts"].as_array().filter(|hosts| !hosts.is_empty()).ok_or_else(|| {
        ImportError::format(path, "there is no host in it", "make it with `sadf -j FILE -- -A`")
    })?;
    hosts.iter().map(|host| of_host(path, host)).collect()
}

fn of_host(path: &str, host: &Json) -> Result<Found, ImportError> {
    let mut found = Found { source: SOURCE, name: text(host, "nodename"), files: 1, ..Found::default() };
    found.host = Some(Host {
        name: found.name.clone().unwrap_or_default(),
        kernel: text(host, "release"),
        architecture: text(host, "machine"),
        cores: host["number-of-cpus"].as_u64().and_then(|cpus| u32::try_from(cpus).ok()),
        cronograph: env!("CARGO_PKG_VERSION").to_owned(),
        ..Host::default()
    });
    for restart in host["restarts"].as_array().into_iter().flatten() {
        found.restarts.extend(time(path, &restart["boot"])?);
    }
    found.restarts.sort_unstable();
    let statistics = host["statistics"].as_array().map(Vec::as_slice).unwrap_or_default();
    let facts = Facts {
        page: page_size(host),
        cpus: host["number-of-cpus"].as_f64(),
        total: Total::of(statistics),
        used: used(statistics),
        no_disks: no_disks(statistics),
    };
    if facts.used.iter().any(|name| numbers(name).is_some()) {
        found.notes.insert(NAMELESS.to_owned());
    }
    for record in statistics {
        let stamp = &record["timestamp"];
        let (Some(t), Some(seconds)) = (time(path, stamp)?, stamp["interval"].as_i64()) else { continue };
        // Two runs in one second tell nothing.
        if seconds >= 1 {
            Record { t, seconds, record, found: &mut found, facts: &facts }.take();
        }
    }
    Ok(found)
}

/// What all records of a file have in common.
struct Facts {
    page: Option<f64>,
    cpus: Option<f64>,
    total: Option<Total>,
    /// Disks and interfaces that did anything in this file.
    used: HashSet<String>,
    /// Devices without a name that are no disks.
    no_disks: HashSet<String>,
}

/// Disks and interfaces with anything but zeros at some time.
fn used(statistics: &[Json]) -> HashSet<String> {
    let mut used = HashSet::new();
    for record in statistics {
        for (name, key) in [("disk", "disk-device"), ("network.net-dev", "iface")] {
            let busy = entries(record, name).filter(|entry| !is_idle(entry));
            used.extend(busy.filter_map(|entry| text(entry, key)));
        }
    }
    used
}

/// How MemTotal is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Total {
    /// Used and available.
    Since12_7_8,
    /// Free, used, buffers, cache, slab.
    Twelve,
    /// Free and used.
    Eleven,
}

impl Total {
    const ALL: [Self; 3] = [Self::Since12_7_8, Self::Twelve, Self::Eleven];

    /// The sum that stays the same from one time to the next: at most times, memory may be plugged in. Of several that do,
    /// the one that fits the percentage of used memory, which is rounded.
    fn of(statistics: &[Json]) -> Option<Self> {
        let memory: Vec<&Json> = statistics.iter().map(|record| &record["memory"]).collect();
        let same = |total: Self| {
            let sums: Vec<u64> = memory.iter().filter_map(|memory| total.kib(memory)).collect();
            let same = sums.windows(2).filter(|pair| pair[0] == pair[1]).count();
            if 2 * same >= sums.len() { same } else { 0 }
        };
        let most = Self::ALL.map(same).into_iter().max().filter(|most| *most > 0)?;
        let mut best = Self::ALL.to_vec();
        best.retain(|total| same(*total) == most);
        if best.len() > 1 {
            best.retain(|total| memory.iter().all(|memory| total.fits_percentage(memory)));
        }
        best.first().copied().filter(|_| best.len() == 1)
    }

    #[expect(clippy::cast_precision_loss, reason = "KiB of memory are exact in an f64")]
    fn fits_percentage(self, memory: &Json) -> bool {
        let percentage = memory["memused"].as_f64().zip(memory["memused-percent"].as_f64());
        percentage.zip(self.kib(memory)).is_none_or(|((used, percentage), total)| {
            (100.0 * used / total as f64 - percentage).abs() < 0.006
        })
    }

    fn kib(self, memory: &Json) -> Option<u64> {
        let keys: &[&str] = match self {
            Self::Since12_7_8 => &["memused", "avail"],
            Self::Twelve => &["memfree", "memused", "buffers", "cached", "slab"],
            Self::Eleven => &["memfree", "memused"],
        };
        keys.iter().try_fold(0_u64, |sum, key| sum.checked_add(memory[key].as_u64()?))
    }
}

/// One time of a file.
struct Record<'a> {
    t: i64,
    seconds: i64,
    record: &'a Json,
    found: &'a mut Found,
    facts: &'a Facts,
}

impl Record<'_> {
    fn take(mut self) {
        self.single();
        self.named();
        self.memory();
        self.cpus();
        self.sockets();
        self.filesystems();
        self.count_rest();
    }

    fn put(&mut self, id: &str, instance: &str, value: f64) {
        if let Some(number) = Number::named(id, instance) {
            self.found.put(self.t, number, Value { value, seconds: self.seconds });
        }
    }

    fn single(&mut self) {
        for (name, key, id, factor) in SINGLE {
            if name == "cpu-load" {
                continue;
            }
            let Some(value) = section(self.record, name)[key].as_f64() else { continue };
            let in_pages = key.starts_with("pgscan") || name == "swap-pages";
            match (in_pages, self.facts.page) {
                (false, _) => self.put(id, "", value * factor),
                (true, Some(page)) => self.put(id, "", value * page),
                (true, None) => self.found.leave_out(&format!("{name}.{key}"), 1),
            }
        }
    }

    fn named(&mut self) {
        for (name, key, field, id, factor) in NAMED {
            for entry in entries(self.record, name) {
                let (Some(instance), Some(value)) = (entry[key].as_str(), entry[field].as_f64()) else {
                    continue;
                };
                let is_other = match key {
                    "iface" => instance == "lo" || instance.starts_with("veth"),
                    _ => !disks::counts_by_name(instance) || self.facts.no_disks.contains(instance),
                };
                if !is_other && self.facts.used.contains(instance) {
                    self.put(id, instance, value * factor);
                }
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "KiB of memory are exact in an f64")]
    fn memory(&mut self) {
        let memory = &self.record["memory"];
        if let Some(total) = self.facts.total.and_then(|total| total.kib(memory)) {
            self.put("meminfo.MemTotal", "", total as f64 * 1024.0);
        }
        if let Some(swap) = sum(memory, &["swpfree", "swpused"]) {
            self.put("meminfo.SwapTotal", "", swap * 1024.0);
        }
        if let Some(huge) = sum(&self.record["hugepages"], &["hugfree", "hugused"]) {
            self.put("meminfo.Hugetlb", "", huge * 1024.0);
        }
    }

    /// Percent of the time of all CPUs that there were.
    #[expect(clippy::cast_precision_loss, reason = "CPUs")]
    fn cpus(&mut self) {
        let name = if self.record.get("cpu-load-all").is_some() { "cpu-load-all" } else { "cpu-load" };
        let record = self.record;
        let all = entries(record, name).find(|entry| matches!(entry["cpu"].as_str(), Some("all" | "-1")));
        let online = entries(record, name)
            .filter(|entry| {
                entry["cpu"].as_str().is_some_and(|cpu| cpu.bytes().all(|byte| byte.is_ascii_digit()))
            })
            // One that is offline has no time at all.
            .filter(|entry| !is_idle(entry))
            .count();
        let cpus = if online > 0 { Some(online as f64) } else { self.facts.cpus };
        let (Some(all), Some(cpus)) = (all, cpus) else { return };
        for (_, key, id, factor) in SINGLE.iter().filter(|(name, ..)| *name == "cpu-load") {
            if let Some(value) = all[key].as_f64() {
                self.put(id, "", value * factor * cpus);
            }
        }
        if let Some(guest) = sum(all, &["guest", "gnice"]) {
            self.put("stat.guest", "", guest * 0.01 * cpus);
        }
    }

    /// Of both versions of IP; without what is told of the sixth, of the fourth.
    fn sockets(&mut self) {
        let (four, six) =
            (section(self.record, "network.net-sock"), section(self.record, "network.net-sock6"));
        for (id, key, other) in [("sockstat.tcp", "tcpsck", "tcp6sck"), ("sockstat.udp", "udpsck", "udp6sck")]
        {
            if let Some(sockets) = four[key].as_f64() {
                self.put(id, "", sockets + six[other].as_f64().unwrap_or(0.0));
            }
        }
    }

    /// To the megabyte, as sysstat rounds them. What ordinary users may use comes to a hundredth of a percent.
    fn filesystems(&mut self) {
        for entry in entries(self.record, "filesystems") {
            let Some(mount) = entry["mountpoint"].as_str() else {
                self.found.leave_out("filesystems (by device: sadf needs -F MOUNT)", 1);
                continue;
            };
            let value = |key: &str| entry[key].as_f64();
            if let (Some(free), Some(used)) = (value("MBfsfree"), value("MBfsused")) {
                self.put("filesystem.total", mount, (free + used) * MIB);
                self.put("filesystem.used", mount, used * MIB);
                if let Some(taken) = value("%ufsused") {
                    self.put(
                        "filesystem.available",
                        mount,
                        (free + used) * MIB * (1.0 - taken / 100.0).max(0.0),
                    );
                }
            }
            if let (Some(free), Some(used)) = (value("Ifree"), value("Iused")) {
                self.put("filesystem.inodes", mount, free + used);
                self.put("filesystem.inodes_used", mount, used);
            }
        }
    }

    /// Counts what has no place.
    fn count_rest(&mut self) {
        let Some(record) = self.record.as_object() else { return };
        for (name, value) in record.iter().filter(|(name, _)| *name != "timestamp") {
            count(self.found, name, value);
        }
    }
}

/// Counts the numbers under a name that no table has.
fn count(found: &mut Found, name: &str, value: &Json) {
    const NESTED: [&str; 2] = ["network", "psi"];
    match value {
        Json::Array(entries) => entries.iter().for_each(|entry| count(found, name, entry)),
        Json::Object(fields) if NESTED.contains(&name) => {
            fields.iter().for_each(|(key, value)| count(found, &format!("{name}.{key}"), value));
        }
        Json::Object(fields) => count_fields(found, name, fields),
        _ => {}
    }
}

fn count_fields(found: &mut Found, name: &str, fields: &Map<String, Json>) {
    let name = if name == "cpu-load-all" { "cpu-load" } else { name };
    let is_known = |section: &str| {
        SINGLE.iter().any(|(known, ..)| *known == section)
            || NAMED.iter().any(|(known, ..)| *known == section)
            || SEEN.iter().any(|seen| seen.starts_with(&format!("{section}.")))
    };
    if !is_known(name) {
        found.leave_out(name, fields.len() as u64);
        return;
    }
    for key in fields.keys() {
        let taken = SINGLE.iter().any(|(section, known, ..)| *section == name && known == key)
            || NAMED.iter().any(|(section, _, known, ..)| *section == name && known == key)
            || SEEN.contains(&format!("{name}.{key}").as_str());
        if !taken {
            found.leave_out(&format!("{name}.{key}"), 1);
        }
    }
}

/// A section by its name, or nothing.
fn section<'a>(record: &'a Json, name: &str) -> &'a Json {
    name.split('.').fold(record, |json, key| &json[key])
}

/// The entries of a section that is a list.
fn entries<'a>(record: &'a Json, name: &str) -> impl Iterator<Item = &'a Json> + use<'a> {
    section(record, name).as_array().into_iter().flatten()
}

fn sum(json: &Json, keys: &[&str]) -> Option<f64> {
    keys.iter().try_fold(0.0, |sum, key| Some(sum + json[key].as_f64()?))
}

/// Nothing but zeros: an interface or disk without any use, a CPU that is offline.
fn is_idle(entry: &Json) -> bool {
    entry.as_object().is_some_and(|fields| fields.values().filter_map(Json::as_f64).all(|value| value == 0.0))
}

fn text(json: &Json, key: &str) -> Option<String> {
    json[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Bytes of a page, where the architecture has one size only.
fn page_size(host: &Json) -> Option<f64> {
    let machine = host["machine"].as_str()?;
    let is_pc = machine == "x86_64" || (machine.starts_with('i') && machine.ends_with("86"));
    (is_pc || machine == "s390x" || machine.starts_with("riscv")).then_some(4096.0)
}

/// A time: `{"date": "2026-11-26", "time": "09:22:38", "utc": 1, …}`.
fn time(path: &str, stamp: &Json) -> Result<Option<i64>, ImportError> {
    let (Some(date), Some(time)) = (stamp["date"].as_str(), stamp["time"].as_str()) else { return Ok(None) };
    if stamp["utc"].as_i64() == Some(0) {
        let hint = "run `sadf -j FILE -- -A` without -t and -T";
        return Err(ImportError::format(path, format!("{date} {time} is a local time"), hint));
    }
    let parsed = date.parse::<Date>().ok().zip(time.parse::<Time>().ok());
    let timestamp = parsed.and_then(|(date, time)| TimeZone::UTC.to_timestamp(date.to_datetime(time)).ok());
    Ok(timestamp.map(jiff::Timestamp::as_second))
}

#[cfg(test)]
#[path = "sysstat_tests.rs"]
mod tests;
