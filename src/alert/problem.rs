//! What an alert is about, with its numbers, for the sentence that says so: of the built-in rules by what each is about, of
//! the user's own by value and limit.

use super::expression::{Expression, Relation};
use super::facts::{Known, cores, subject_of};
use super::parse;
use super::rule::Rule;
use super::table::Table;
use crate::analysis::{ProblemKind, state};
use std::sync::LazyLock;

/// What programs can get, whatever the rule about memory says.
static AVAILABLE: LazyLock<Option<Expression>> = LazyLock::new(|| parse::value("memory.available").ok());

/// What a rule found about an instance.
pub(super) fn problem(rule: &Rule, instance: &str, table: &Table<'_>, known: &Known<'_>) -> ProblemKind {
    built_in(rule, instance, table, known).unwrap_or_else(|| of_rule(rule, instance, table))
}

fn of_rule(rule: &Rule, instance: &str, table: &Table<'_>) -> ProblemKind {
    let told = rule.subject().map(|subject| {
        let value = table.latest(&subject.left, instance).map(|value| subject.measure.tell(value));
        (value.unwrap_or_default(), subject.measure.tell(subject.limit), subject.relation)
    });
    let (value, limit, relation) = told.unwrap_or_else(|| (String::new(), String::new(), Relation::Above));
    ProblemKind::Rule { name: rule.name.clone(), instance: instance.to_owned(), value, limit, relation }
}

/// What a built-in rule's finding is looked up in.
#[derive(Clone, Copy)]
struct Lookup<'a> {
    rule: &'a Rule,
    instance: &'a str,
    table: &'a Table<'a>,
    known: &'a Known<'a>,
}

impl Lookup<'_> {
    /// The value that the rule is about.
    fn value(&self) -> Option<f64> {
        self.rule.subject().and_then(|subject| self.table.latest(&subject.left, self.instance))
    }

    /// The last value of a number.
    fn of(&self, metric: &str) -> Option<f64> {
        self.table.last(metric, self.instance)
    }

    fn named(&self) -> String {
        self.instance.to_owned()
    }
}

fn built_in(rule: &Rule, instance: &str, table: &Table<'_>, known: &Known<'_>) -> Option<ProblemKind> {
    let lookup = Lookup { rule, instance, table, known };
    of_memory(lookup).or_else(|| of_disks(lookup)).or_else(|| of_machine(lookup)).or_else(|| of_asked(lookup))
}

/// The machine as a whole.
fn of_machine(lookup: Lookup<'_>) -> Option<ProblemKind> {
    let sample = &lookup.known.latest.sample;
    Some(match lookup.rule.name.as_str() {
        "silent" => ProblemKind::Silent { age: (lookup.known.now - sample.t) as f64 },
        "clock" => ProblemKind::Clock { ahead: lookup.value()? },
        "zombies" => ProblemKind::Zombies { count: whole(lookup.value()?) },
        "conntrack" => full(
            state::Table::Conntrack,
            lookup.of("sockstat.conntrack")?,
            lookup.of("sockstat.conntrack_max")?,
        ),
        "file-handles" => full(
            state::Table::FileHandles,
            lookup.of("vfs.file_handles")?,
            lookup.of("vfs.file_handles_max")?,
        ),
        "threads" => {
            let max = lookup
                .of("processes.pid_max")
                .unwrap_or(f64::NAN)
                .min(lookup.of("processes.threads_max").unwrap_or(f64::NAN));
            full(state::Table::Threads, lookup.of("processes.threads")?, max)
        }
        "reboot" => ProblemKind::Rebooted { uptime: lookup.value()? },
        "traffic" | "traffic-90" | "traffic-used-up" => {
            ProblemKind::Traffic { share: lookup.value()? / 100.0 }
        }
        _ => return None,
    })
}

/// Memory and CPU, and what waits for them.
fn of_memory(lookup: Lookup<'_>) -> Option<ProblemKind> {
    Some(match lookup.rule.name.as_str() {
        "memory" => {
            let available = lookup.table.latest(AVAILABLE.as_ref()?, "")?;
            ProblemKind::Memory { available, total: lookup.of("meminfo.MemTotal")? }
        }
        "container-memory" => {
            let total = lookup.of("cgroup.memory_max")?;
            ProblemKind::Memory { available: total - lookup.of("cgroup.memory_used")?, total }
        }
        "swap" => ProblemKind::Swapping { rate: lookup.value()? },
        "leak" => {
            let findings = &lookup.known.report?.findings;
            let finding = findings.iter().find(|finding| subject_of(finding) == lookup.instance)?;
            ProblemKind::Leak { finding: Box::new(finding.clone()) }
        }
        "load" => {
            ProblemKind::Load { load: lookup.of("loadavg.load15")?, cores: cores(lookup.known.latest)? }
        }
        "pressure-memory" => pressure(state::Resource::Memory, lookup.value()?),
        "pressure-io" => pressure(state::Resource::Io, lookup.value()?),
        "pressure-cpu" => pressure(state::Resource::Cpu, lookup.value()?),
        "steal" => ProblemKind::Steal { share: lookup.value()? / 100.0 },
        "iowait" => ProblemKind::Iowait { share: lookup.value()? / 100.0 },
        "oom" => ProblemKind::OutOfMemory { kills: whole(lookup.value()?) },
        _ => return None,
    })
}

/// Disks, file systems, sensors.
fn of_disks(lookup: Lookup<'_>) -> Option<ProblemKind> {
    Some(match lookup.rule.name.as_str() {
        "filesystem" => ProblemKind::Filesystem {
            mount: lookup.named(),
            share: lookup.value()? / 100.0,
            available: lookup.of("filesystem.available")?,
        },
        "filesystem-full" => ProblemKind::FilesystemFull {
            mount: lookup.named(),
            seconds: lookup.value()?,
            available: lookup.of("filesystem.available")?,
        },
        "inodes" => ProblemKind::Inodes { mount: lookup.named(), share: lookup.value()? / 100.0 },
        "read-only" => ProblemKind::ReadOnly { mount: lookup.named() },
        "disk-busy" => ProblemKind::DiskBusy { disk: lookup.named(), share: lookup.value()?.min(1.0) },
        "temperature" => ProblemKind::Temperature {
            sensor: lookup.named(),
            celsius: lookup.of("hwmon.celsius")?,
            critical: lookup.of("hwmon.critical_celsius")?,
        },
        "raid" => raid(lookup.instance, lookup.known)?,
        _ => return None,
    })
}

/// What is asked: services, targets, checks; and cronograph itself.
fn of_asked(lookup: Lookup<'_>) -> Option<ProblemKind> {
    let sample = &lookup.known.latest.sample;
    Some(match lookup.rule.name.as_str() {
        "check" => {
            let run = sample.check.as_ref()?.0.get(lookup.instance)?;
            ProblemKind::Check { name: lookup.named(), run: Box::new(run.clone()) }
        }
        "service" => {
            let service = sample.service.as_ref()?.units.get(lookup.instance)?;
            ProblemKind::Service { name: lookup.named(), state: service.state.clone() }
        }
        "service-restarts" => {
            ProblemKind::ServiceRestarts { name: lookup.named(), restarts: whole(lookup.value()?) }
        }
        "target" => {
            let run = sample.target.as_ref()?.0.get(lookup.instance)?;
            ProblemKind::Target { name: lookup.named(), error: run.error.clone().unwrap_or_default() }
        }
        "certificate" => ProblemKind::Certificate { name: lookup.named(), seconds: lookup.value()? },
        "own-leak" => {
            let named = |own: &&crate::sample::audit::Suspect| {
                format!("{} {}", own.kind, own.name) == lookup.instance
            };
            ProblemKind::OwnLeak(sample.own_cost.iter().flat_map(|own| &own.audit).find(named)?.clone())
        }
        "messages" => ProblemKind::Undelivered { channel: lookup.named(), seconds: lookup.value()? },
        _ => return None,
    })
}

fn pressure(resource: state::Resource, share: f64) -> ProblemKind {
    ProblemKind::Pressure { resource, share }
}

fn full(table: state::Table, used: f64, max: f64) -> ProblemKind {
    ProblemKind::Table { table, used, max }
}

fn raid(name: &str, known: &Known<'_>) -> Option<ProblemKind> {
    let array = known.latest.sample.mdstat.as_ref()?.0.get(name)?;
    Some(ProblemKind::Raid {
        array: name.to_owned(),
        state: array.state.clone(),
        working: array.working.unwrap_or(0),
        members: array.members.unwrap_or(0),
        action: array.action.clone().zip(array.progress),
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of things, not below 0"
)]
pub(super) fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}
