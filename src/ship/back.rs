//! From Prometheus' points back to a sample: the inverse of [`super::walk`] and the table of names. What was not sent is not there.

use super::extra;
use super::mapping::{Change, Mapped, table};
use crate::sample::Sample;
use crate::sample::host::Host;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

/// Labels of a series, `__name__` among them.
pub(super) type Labels = BTreeMap<String, String>;

/// A sample in the making.
#[derive(Debug, Default)]
pub(super) struct Back {
    line: Map<String, Value>,
    host: Map<String, Value>,
}

/// The number that a series stands for, if it is one of ours.
pub(super) fn meant(labels: &Labels) -> Option<&'static Mapped> {
    static BY_NAME: OnceLock<HashMap<&str, Vec<&Mapped>>> = OnceLock::new();
    let by_name = BY_NAME.get_or_init(|| {
        let mut names: HashMap<&str, Vec<&Mapped>> = HashMap::new();
        for mapped in table() {
            names.entry(&mapped.name).or_default().push(mapped);
        }
        names
    });
    let is_it = |mapped: &&&Mapped| {
        mapped.fixed.is_none_or(|(name, value)| labels.get(name).is_some_and(|found| found == value))
    };
    by_name.get(labels.get("__name__")?.as_str())?.iter().find(is_it).copied()
}

impl Back {
    /// Adds a number.
    pub(super) fn add(&mut self, mapped: &Mapped, labels: &Labels, value: f64) {
        let label = |name: &str| labels.get(name).map_or("", String::as_str);
        let (section, field) = (mapped.metric.collector, mapped.metric.field);
        if section.is_empty() {
            return self.add_extra(field, &label, value);
        }
        if let Some(mode) = extra::mode_of(field) {
            return self.add_core(label("cpu"), mode, value);
        }
        let value = match mapped.change {
            Change::Kibibytes => value * 1024.0,
            _ => value,
        };
        // What is used is known when all is there.
        let field = match mapped.change {
            Change::FreeOf(_) => format!("{field} free"),
            _ => field.to_owned(),
        };
        let place = match mapped.labels {
            [] => self.section(section),
            [first, ..] => {
                let instance = match section {
                    "hwmon" => format!("{} {}", label("chip"), label("sensor")).trim_end().to_owned(),
                    _ => label(first).to_owned(),
                };
                self.instance(section, &instance, &label)
            }
        };
        set(place, &field, number(value));
    }

    /// The sample, and what is known of the host. An error where something is missing that each has.
    pub(super) fn finish(mut self, t: i64) -> serde_json::Result<(Sample, Option<Host>)> {
        self.line.insert("v".to_owned(), json!(crate::sample::FORMAT_VERSION));
        self.line.insert("t".to_owned(), json!(t));
        if let Some(Value::Object(disks)) = self.line.get_mut("filesystem") {
            for disk in disks.values_mut().filter_map(Value::as_object_mut) {
                for (whole, part) in [("total", "used"), ("inodes", "inodes_used")] {
                    let free = disk.remove(&format!("{part} free"));
                    let free = free.as_ref().and_then(Value::as_f64);
                    if let (Some(whole), Some(free)) = (disk.get(whole).and_then(Value::as_f64), free) {
                        disk.insert(part.to_owned(), number(whole - free));
                    }
                }
            }
        }
        let host = match self.host.contains_key("name") {
            true => serde_json::from_value(Value::Object(self.host)).ok(),
            false => None,
        };
        Ok((serde_json::from_value(Value::Object(self.line))?, host))
    }

    fn section(&mut self, name: &str) -> Option<&mut Map<String, Value>> {
        object(Some(&mut self.line), name)
    }

    /// Where the numbers of an instance lie, with what its labels say beside its name.
    fn instance<'a>(
        &mut self,
        section: &str,
        name: &str,
        label: &dyn Fn(&str) -> &'a str,
    ) -> Option<&mut Map<String, Value>> {
        let part = self.section(section);
        let part = match section {
            "slabinfo" => object(part, "caches"),
            "cgroup" => object(part, "groups"),
            "service" => object(part, "units"),
            _ => part,
        };
        let place = object(part, name)?;
        let texts: &[(&str, &str)] = match section {
            "filesystem" => &[("device", "device"), ("type", "fstype")],
            "perfdata" => &[("check", "check"), ("unit", "unit")],
            _ => &[],
        };
        for (key, from) in texts {
            place.insert((*key).to_owned(), json!(label(from)));
        }
        Some(place)
    }

    /// A core's time in a mode. Cores that were offline have none, and zeros in the log.
    fn add_core(&mut self, cpu: &str, mode: usize, seconds: f64) {
        const MOST_CORES: usize = 8192;
        let Some(core) = cpu.parse().ok().filter(|core: &usize| *core < MOST_CORES) else { return };
        let stat = self.section("stat");
        let cores = stat.and_then(|stat| stat.entry("cores").or_insert_with(|| json!([])).as_array_mut());
        let Some(cores) = cores else { return };
        while cores.len() <= core {
            cores.push(json!([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]));
        }
        cores[core][mode] = json!(seconds);
    }

    fn add_extra<'a>(&mut self, field: &str, label: &dyn Fn(&str) -> &'a str, value: f64) {
        match field {
            "uptime" => drop(self.line.insert(field.to_owned(), json!(value))),
            "reboot_required" => drop(self.line.insert(field.to_owned(), json!(value > 0.0))),
            "imported" => drop(self.line.insert(field.to_owned(), json!(label("source")))),
            "boot" => drop(self.line.insert(field.to_owned(), json!(label("boot")))),
            "host.boot_time" => drop(self.host.insert("boot_time".to_owned(), number(value))),
            "host.…" => self.add_host(label),
            "filesystem.read_only" if value > 0.0 => {
                set(self.instance("filesystem", label("mountpoint"), label), "read_only", json!(true));
            }
            "meminfo.foreign" => push(self.section("meminfo"), "foreign", json!(label("field"))),
            "cgroup.version" => set(self.section("cgroup"), "version", number(value)),
            "mdstat.state" => {
                for key in ["state", "level", "action"] {
                    let text = label(key);
                    if !text.is_empty() || key != "action" {
                        set(self.instance("mdstat", label("device"), label), key, json!(text));
                    }
                }
            }
            "service.manager" => set(self.section("service"), "manager", json!(label("manager"))),
            "service.state" => {
                set(self.instance("service", label("service"), label), "state", json!(label("state")));
            }
            "service.since" => {
                set(self.instance("service", label("service"), label), "since", number(value));
            }
            "target.kind" => {
                set(self.instance("target", label("target"), label), "kind", json!(label("kind")));
            }
            "target.t" | "target.interval" => {
                let key = field.trim_start_matches("target.");
                set(self.instance("target", label("target"), label), key, number(value));
            }
            "check.t" => set(self.instance("check", label("check"), label), "t", number(value)),
            _ => {}
        }
    }

    /// The facts: texts but for two.
    fn add_host<'a>(&mut self, label: &dyn Fn(&str) -> &'a str) {
        for key in extra::HOST_LABELS {
            let text = label(key);
            let value = match key {
                _ if text.is_empty() => continue,
                "cores" | "mhz" => text.parse().map(number).unwrap_or_default(),
                "addresses" => text.split(' ').collect(),
                _ => json!(text),
            };
            self.host.insert(key.to_owned(), value);
        }
    }
}

/// An object in an object; made where it is not there.
fn object<'a>(parent: Option<&'a mut Map<String, Value>>, name: &str) -> Option<&'a mut Map<String, Value>> {
    parent?.entry(name).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
}

/// Puts a value into an object.
fn set(place: Option<&mut Map<String, Value>>, key: &str, value: Value) {
    if let Some(place) = place {
        place.insert(key.to_owned(), value);
    }
}

/// Adds a value to a list in an object.
fn push(place: Option<&mut Map<String, Value>>, key: &str, value: Value) {
    let list = place.and_then(|place| place.entry(key).or_insert_with(|| json!([])).as_array_mut());
    if let Some(list) = list {
        list.push(value);
    }
}

/// A whole number where it is one, as the log writes counts.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole, and within what fits; the casts saturate"
)]
fn number(value: f64) -> Value {
    /// 2^63.
    const LARGE: f64 = 9_223_372_036_854_775_808.0;
    match value {
        _ if value.fract() != 0.0 || value.abs() >= 2.0 * LARGE => json!(value),
        _ if value < 0.0 => json!(value as i64),
        _ => json!(value as u64),
    }
}
