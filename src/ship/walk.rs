//! Hands out every number of a sample that has a name in Prometheus, in the same order from sample to sample. An instance of
//! several labels is one text here, its parts set apart.

use super::extra::{self, TABLE};
use super::mapping::PART;
use crate::sample::Sample;
use crate::sample::host::Host;
use crate::sample::metric::{Metric, Visitor};
use std::fmt::Write;

/// Receives each number: the metric, the instance, the value as in the log; of what is mapped to what is free, that.
pub(super) trait Sink {
    /// One number.
    fn number(&mut self, metric: &'static Metric, instance: &str, value: f64);
}

/// Hands out a sample. `host` is what was said last of the host, which is not in every line.
pub(super) fn walk(sample: &Sample, host: Option<&Host>, sink: &mut dyn Sink) {
    let mut scratch = String::new();
    clocks(sample, host, sink);
    facts(sample, host, &mut scratch, sink);
    cores(sample, &mut scratch, sink);
    states(sample, &mut scratch, sink);
    sample.numbers(&mut Numbers { sample, whole: 0.0, scratch, sink });
}

fn extra(index: usize, instance: &str, value: f64, sink: &mut dyn Sink) {
    sink.number(&TABLE[index].metric, instance, value);
}

#[expect(clippy::cast_precision_loss, reason = "seconds")]
fn clocks(sample: &Sample, host: Option<&Host>, sink: &mut dyn Sink) {
    extra(extra::TIME, "", sample.t as f64, sink);
    if let Some(uptime) = sample.uptime {
        extra(extra::UPTIME, "", uptime, sink);
    }
    if let Some(boot_time) = host.and_then(|host| host.boot_time) {
        extra(extra::BOOT_TIME, "", boot_time as f64, sink);
    }
    extra(extra::REBOOT_REQUIRED, "", flag(sample.reboot_required), sink);
}

fn facts(sample: &Sample, host: Option<&Host>, scratch: &mut String, sink: &mut dyn Sink) {
    if let Some(boot) = &sample.boot {
        extra(extra::BOOT, boot, 1.0, sink);
    }
    if let Some(source) = &sample.imported {
        extra(extra::IMPORTED, source, 1.0, sink);
    }
    let Some(host) = host else { return };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (kernel, architecture) = (text(&host.kernel), text(&host.architecture));
    join(scratch, &[&host.name, &kernel, &architecture, "Linux"]);
    extra(extra::UNAME, scratch, 1.0, sink);
    if let Some(os) = &host.os {
        extra(extra::OS, os, 1.0, sink);
    }
    let number = |number: Option<String>| number.unwrap_or_default();
    join(
        scratch,
        &[
            &host.name,
            &text(&host.os),
            &kernel,
            &architecture,
            &text(&host.cpu_model),
            &number(host.cores.map(|cores| cores.to_string())),
            &number(host.mhz.map(|mhz| mhz.to_string())),
            &text(&host.boot_id),
            &text(&host.virtualization),
            &text(&host.container),
            &text(&host.interface),
            &host.addresses.join(" "),
            &host.cronograph,
        ],
    );
    extra(extra::HOST, scratch, 1.0, sink);
}

/// A core that is offline has zeros only, and no series.
fn cores(sample: &Sample, scratch: &mut String, sink: &mut dyn Sink) {
    let cores = sample.stat.iter().flat_map(|stat| &stat.cores);
    for (core, times) in cores.enumerate().filter(|(_, times)| times.0.iter().any(|time| *time > 0.0)) {
        scratch.clear();
        // Writing to a string cannot fail.
        let _ = write!(scratch, "{core}");
        for (mode, seconds) in times.0.iter().enumerate() {
            extra(extra::CORES + mode, scratch, *seconds, sink);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds")]
fn states(sample: &Sample, scratch: &mut String, sink: &mut dyn Sink) {
    for field in sample.meminfo.iter().flat_map(|meminfo| &meminfo.foreign) {
        extra(extra::FOREIGN, field, 1.0, sink);
    }
    for (point, filesystem) in sample.filesystem.iter().flat_map(|filesystems| &filesystems.0) {
        join(scratch, &[point, &filesystem.device, &filesystem.kind]);
        extra(extra::READ_ONLY, scratch, flag(filesystem.read_only), sink);
    }
    if let Some(groups) = &sample.cgroup {
        extra(extra::GROUP_VERSION, "", f64::from(groups.version), sink);
    }
    for (device, array) in sample.mdstat.iter().flat_map(|mdstat| &mdstat.0) {
        let action = array.action.as_deref().unwrap_or_default();
        join(scratch, &[device, &array.state, &array.level, action]);
        extra(extra::RAID, scratch, 1.0, sink);
    }
    if let Some(manager) = sample.service.as_ref().and_then(|services| services.manager.as_ref()) {
        extra(extra::MANAGER, manager, 1.0, sink);
    }
    for (name, service) in sample.service.iter().flat_map(|services| &services.units) {
        join(scratch, &[name, &service.state]);
        extra(extra::SERVICE, scratch, 1.0, sink);
        if let Some(since) = service.since {
            extra(extra::SERVICE_SINCE, name, since as f64, sink);
        }
    }
    for (name, target) in sample.target.iter().flat_map(|targets| &targets.0) {
        join(scratch, &[name, &target.kind]);
        extra(extra::TARGET, scratch, 1.0, sink);
        extra(extra::TARGET_TIME, name, target.t as f64, sink);
        extra(extra::TARGET_INTERVAL, name, f64::from(target.interval), sink);
    }
    for (name, check) in sample.check.iter().flat_map(|checks| &checks.0) {
        extra(extra::CHECK_TIME, name, check.t as f64, sink);
    }
}

fn flag(is_set: bool) -> f64 {
    f64::from(u8::from(is_set))
}

/// Several labels as one instance.
fn join(scratch: &mut String, parts: &[&str]) {
    scratch.clear();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            scratch.push(PART);
        }
        match part.contains(PART) {
            false => scratch.push_str(part),
            true => scratch.extend(part.chars().filter(|letter| *letter != PART)),
        }
    }
}

/// The numbers that the collectors declare, with more labels where an instance has them.
struct Numbers<'a> {
    sample: &'a Sample,
    /// The last number of which others are parts.
    whole: f64,
    scratch: String,
    sink: &'a mut dyn Sink,
}

impl Visitor for Numbers<'_> {
    fn number(&mut self, metric: &'static Metric, instance: &str, value: f64) {
        let Self { sample, whole, scratch, sink } = self;
        match metric.collector {
            "filesystem" => {
                let known = sample.filesystem.as_ref().and_then(|filesystems| filesystems.0.get(instance));
                let (device, kind) = known.map_or(("", ""), |known| (&known.device, &known.kind));
                join(scratch, &[instance, device, kind]);
                let value = match metric.field {
                    "total" | "inodes" => {
                        *whole = value;
                        value
                    }
                    "used" | "inodes_used" => *whole - value,
                    _ => value,
                };
                sink.number(metric, scratch, value);
            }
            "hwmon" => {
                let (chip, sensor) = instance.split_once(' ').unwrap_or((instance, ""));
                join(scratch, &[chip, sensor]);
                sink.number(metric, scratch, value);
            }
            "perfdata" => {
                let known = sample.perfdata.as_ref().and_then(|perfdata| perfdata.0.get(instance));
                let (check, unit) = known.map_or(("", ""), |known| (&known.check, &known.unit));
                join(scratch, &[instance, check, unit]);
                sink.number(metric, scratch, value);
            }
            _ => sink.number(metric, instance, value),
        }
    }
}
