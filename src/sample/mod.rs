//! One observation of one host at one instant: the collectors, and the `Sample` that they fill.
//!
//! A collector is one file (one kernel source, one part of the sample) and one line in the table below.
//! What the kernel does not give is absent; what it gives and could not be read is named in `errors`.

mod addresses;
pub mod audit;
mod beat;
mod bounds;
mod clock_step;
mod context;
mod cpu_model;
pub(crate) mod decoder;
pub(crate) mod disks;
mod error;
mod growth;
mod ledger;
pub(crate) mod leftover;
mod links;
pub mod metric;
mod mount_tree;
mod mounts;
pub(crate) mod parse;
mod process_stat;
mod root;
mod shape;
mod slab_names;
mod slots;
pub(crate) mod state;
mod take;
mod users;
mod watcher;

pub mod arcstats;
pub mod cgroup;
pub mod check;
pub mod command;
pub mod deleted;
pub mod diskstats;
pub mod filesystem;
pub mod host;
pub mod hwmon;
pub mod ipc;
pub mod loadavg;
pub mod mdstat;
pub mod meminfo;
pub mod netdev;
pub mod own_cost;
pub mod perfdata;
pub mod pressure;
pub mod processes;
pub mod program;
pub mod reach;
pub mod service;
pub mod sessions;
pub mod slabinfo;
pub mod sockstat;
pub mod stat;
pub mod target;
pub mod tmpfs;
pub mod vfs;
pub mod vmstat;
pub mod zoneinfo;
pub mod zram;

use crate::base::clock::Stopwatch;
use decoder::Part;
use metric::{Metric, Record, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use beat::Beat;
pub use clock_step::{ClockStep, Reading};
pub use context::Context;
pub use error::SampleError;
pub use root::Root;
pub use state::State;
pub use take::take;
pub use watcher::Watcher;

/// The version of the log's format, `"v"` of each line.
pub const FORMAT_VERSION: u32 = 1;

/// What the user wants of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many processes by memory, and how many by CPU.
    pub top: usize,
    /// Whether command lines of these processes are kept.
    pub command_lines: bool,
    /// How many control groups and slab caches.
    pub groups: usize,
    /// Seconds between readings of dear sources.
    pub slow_interval_seconds: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { top: 5, command_lines: false, groups: 10, slow_interval_seconds: 300 }
    }
}

/// A part of the sample that reads itself from the kernel.
pub trait Collector: Sized {
    /// `Ok(None)`: this kernel, this user or this beat has none. `Err`: it is there and could not be understood,
    /// which costs this part only.
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError>;
}

/// A part of the sample that hands out its numbers.
pub trait Numbers {
    /// Every number it can have.
    fn metrics() -> &'static [&'static [Metric]];
    /// Every number it has.
    fn numbers(&self, visitor: &mut dyn Visitor);
}

/// A part that is one record.
macro_rules! single {
    ($($part:path),* $(,)?) => { $(
        impl Numbers for $part {
            fn metrics() -> &'static [&'static [Metric]] {
                &[<$part as Record>::METRICS]
            }
            fn numbers(&self, visitor: &mut dyn Visitor) {
                Record::numbers(self, "", visitor);
            }
        }
    )* };
}

/// A part that holds a record for each instance, maybe beside numbers of its own.
macro_rules! instances {
    ($($part:path { $field:tt: $record:path $(, $own:path)? }),* $(,)?) => { $(
        impl Numbers for $part {
            fn metrics() -> &'static [&'static [Metric]] {
                &[$(<$own as Record>::METRICS,)? <$record as Record>::METRICS]
            }
            fn numbers(&self, visitor: &mut dyn Visitor) {
                $( <$own as Record>::numbers(self, "", visitor); )?
                for (instance, record) in &self.$field {
                    Record::numbers(record, instance, visitor);
                }
            }
        }
    )* };
}

single!(
    stat::Stat,
    loadavg::Loadavg,
    pressure::Pressure,
    meminfo::Meminfo,
    vmstat::Vmstat,
    zoneinfo::Zoneinfo,
    arcstats::Arcstats,
    vfs::Vfs,
    ipc::Ipc,
    deleted::Deleted,
    sockstat::Sockstat,
    processes::Processes,
    sessions::Sessions,
    own_cost::OwnCost,
);
instances!(
    slabinfo::Slabinfo { caches: slabinfo::SlabCache, slabinfo::Slabinfo },
    tmpfs::Tmpfs { 0: tmpfs::TmpfsMount },
    program::Programs { 0: program::Program },
    check::Checks { 0: check::CheckRun },
    target::Targets { 0: target::TargetRun },
    perfdata::Perfdata { 0: perfdata::Value },
    service::Services { units: service::Service },
    zram::Zram { 0: zram::ZramDevice },
    diskstats::Diskstats { 0: diskstats::Disk },
    filesystem::Filesystems { 0: filesystem::Filesystem },
    netdev::Netdev { 0: netdev::NetworkInterface },
    hwmon::Hwmon { 0: hwmon::Sensor },
    mdstat::Mdstat { 0: mdstat::RaidArray },
    cgroup::Cgroups { groups: cgroup::Cgroup, cgroup::Cgroups },
);

/// Makes `Sample` from the table of collectors.
macro_rules! collectors {
    ($( $field:ident $key:literal : $part:path, )*) => {
        /// One line of the log. Fields that a kernel, a user or a beat does not give are absent.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        pub struct Sample {
            /// Version of the format.
            pub v: u32,
            /// Unix time in seconds.
            pub t: i64,
            /// The first eight digits of the boot id: another one means a reboot.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub boot: Option<String>,
            /// Seconds since boot; rates are made over this clock, which does not jump.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub uptime: Option<f64>,
            /// Not observed but taken from what another program wrote: `sysstat`, `rrd`. Its counters begin at 0
            /// where a stretch of the source begins, which has a `boot` of its own.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub imported: Option<String>,
            /// Facts about the host; not in every line.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub host: Option<host::Host>,
            /// The system asks for a reboot (`/run/reboot-required`).
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            pub reboot_required: bool,
            $(
                #[doc = concat!("The part `", $key, "`.")]
                #[serde(rename = $key, default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$part>,
            )*
            /// Parts that the kernel has and that could not be read: what the reader said.
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            pub errors: BTreeMap<String, String>,
        }

        impl Sample {
            /// Runs every collector, in the order of the table; what fails is named in `errors`. Gives back
            /// the time of those that took long.
            fn collect(&mut self, context: &mut Context<'_>) -> BTreeMap<String, f64> {
                let mut slow = BTreeMap::new();
                $(
                    let before = context.reading();
                    let runs = !context.leaves_out($key);
                    let watch = Stopwatch::start();
                    if runs {
                        match <$part as Collector>::collect(context) {
                            Ok(part) => self.$field = part,
                            Err(error) => {
                                self.errors.insert($key.to_owned(), error.to_string());
                            }
                        }
                    }
                    let seconds = watch.seconds();
                    own_cost::OwnCost::note(&mut slow, $key, seconds);
                    context.note($key, runs, seconds, before);
                )*
                slow
            }

            /// Every number that a sample can have, grouped by record.
            pub fn metrics() -> impl Iterator<Item = &'static Metric> {
                [$( <$part as Numbers>::metrics(), )*].into_iter().flatten().copied().flatten()
            }

            /// Hands every number of this sample to `visitor`.
            pub fn numbers(&self, visitor: &mut dyn Visitor) {
                $( if let Some(part) = &self.$field { Numbers::numbers(part, visitor); } )*
            }
        }

        /// What a decoder knows of each part.
        #[derive(Default)]
        struct Parts {
            boot: Part<String>,
            uptime: Part<f64>,
            imported: Part<String>,
            host: Part<host::Host>,
            errors: Part<BTreeMap<String, String>>,
            $( $field: Part<$part>, )*
        }

        impl Parts {
            /// Reads the value of `key` at the start of `text`; how long it is. `None`: there is no such key.
            fn read(&mut self, sample: &mut Sample, key: &str, text: &[u8], line: u64) -> Option<Option<usize>> {
                Some(match key {
                    $( $key => self.$field.read(&mut sample.$field, text, line), )*
                    "boot" => self.boot.read(&mut sample.boot, text, line),
                    "uptime" => self.uptime.read(&mut sample.uptime, text, line),
                    "imported" => self.imported.read(&mut sample.imported, text, line),
                    "host" => self.host.read(&mut sample.host, text, line),
                    "errors" => {
                        let mut errors = Some(std::mem::take(&mut sample.errors));
                        let length = self.errors.read(&mut errors, text, line);
                        sample.errors = errors.unwrap_or_default();
                        length
                    }
                    _ => return None,
                })
            }

            /// A line is at its end: what it has not is absent.
            fn leave(&mut self, sample: &mut Sample, line: u64) {
                // By name, so that a new field is not forgotten here.
                let Sample { v: _, t: _, reboot_required: _, boot, uptime, imported, host, errors, $( $field, )* } = sample;
                $( self.$field.leave($field, line); )*
                self.boot.leave(boot, line);
                self.uptime.leave(uptime, line);
                self.imported.leave(imported, line);
                self.host.leave(host, line);
                let mut known = Some(std::mem::take(errors));
                self.errors.leave(&mut known, line);
                *errors = known.unwrap_or_default();
            }

            #[cfg(test)]
            fn missed(&self) -> Vec<&'static str> {
                let mut missed = Vec::new();
                $( if self.$field.misses > 0 { missed.push($key); } )*
                missed
            }
        }
    };
}

// `meminfo` comes first and `self` last: what all the others did to memory lies between the two.
collectors! {
    meminfo "meminfo": meminfo::Meminfo,
    stat "stat": stat::Stat,
    loadavg "loadavg": loadavg::Loadavg,
    pressure "pressure": pressure::Pressure,
    vmstat "vmstat": vmstat::Vmstat,
    zoneinfo "zoneinfo": zoneinfo::Zoneinfo,
    slabinfo "slabinfo": slabinfo::Slabinfo,
    zram "zram": zram::Zram,
    arcstats "arcstats": arcstats::Arcstats,
    diskstats "diskstats": diskstats::Diskstats,
    filesystem "filesystem": filesystem::Filesystems,
    tmpfs "tmpfs": tmpfs::Tmpfs,
    netdev "netdev": netdev::Netdev,
    sockstat "sockstat": sockstat::Sockstat,
    processes "processes": processes::Processes,
    program "program": program::Programs,
    deleted "deleted": deleted::Deleted,
    ipc "ipc": ipc::Ipc,
    vfs "vfs": vfs::Vfs,
    sessions "sessions": sessions::Sessions,
    hwmon "hwmon": hwmon::Hwmon,
    mdstat "mdstat": mdstat::Mdstat,
    cgroup "cgroup": cgroup::Cgroups,
    service "service": service::Services,
    check "check": check::Checks,
    target "target": target::Targets,
    perfdata "perfdata": perfdata::Perfdata,
    own_cost "self": own_cost::OwnCost,
}
