//! What an alert is about, with its numbers, for the sentence that says so: of the built-in rules by what each is about, of
//! the user's own by value and limit.

use super::facts::{Known, cores, subject};
use super::rule::Rule;
use super::table::Table;
use crate::analysis::{ProblemKind, state};

/// What a rule found about an instance.
pub(super) fn problem(rule: &Rule, instance: &str, table: &Table<'_>, known: &Known<'_>) -> ProblemKind {
    built_in(rule, instance, table, known).unwrap_or_else(|| of_rule(rule, instance, table))
}

fn of_rule(rule: &Rule, instance: &str, table: &Table<'_>) -> ProblemKind {
    let told = rule.subject().map(|subject| {
        let value = last(&table.values(&subject.left, instance)).map(|value| subject.measure.tell(value));
        (value.unwrap_or_default(), subject.measure.tell(subject.limit), subject.relation.is_upwards())
    });
    let (value, limit, upwards) = told.unwrap_or_default();
    ProblemKind::Rule { name: rule.name.clone(), instance: instance.to_owned(), value, limit, upwards }
}

fn built_in(rule: &Rule, instance: &str, table: &Table<'_>, known: &Known<'_>) -> Option<ProblemKind> {
    let value = || rule.subject().and_then(|subject| last(&table.values(&subject.left, instance)));
    let of = |metric: &str| table.last(metric, instance);
    let named = || instance.to_owned();
    let sample = &known.latest.sample;
    Some(match rule.name.as_str() {
        "silent" => ProblemKind::Silent { age: (known.now - sample.t) as f64 },
        "clock" => ProblemKind::Clock { ahead: value()? },
        "memory" => {
            let available = crate::alert::parse::condition("memory.available > 0").ok()?;
            let available = last(&table.values(&available.first()?.left, ""))?;
            ProblemKind::Memory { available, total: of("meminfo.MemTotal")? }
        }
        "swap" => ProblemKind::Swapping { rate: value()? },
        "leak" => {
            let findings = &known.report?.findings;
            let finding = findings.iter().find(|finding| subject(finding) == instance)?;
            ProblemKind::Leak { finding: Box::new(finding.clone()) }
        }
        "load" => ProblemKind::Load { load: of("loadavg.load15")?, cores: cores(known.latest)? },
        "pressure-memory" => pressure(state::Resource::Memory, value()?),
        "pressure-io" => pressure(state::Resource::Io, value()?),
        "pressure-cpu" => pressure(state::Resource::Cpu, value()?),
        "steal" => ProblemKind::Steal { share: value()? / 100.0 },
        "iowait" => ProblemKind::Iowait { share: value()? / 100.0 },
        "filesystem" => ProblemKind::Filesystem {
            mount: named(),
            share: value()? / 100.0,
            available: of("filesystem.available")?,
        },
        "filesystem-full" => ProblemKind::FilesystemFull {
            mount: named(),
            seconds: value()?,
            available: of("filesystem.available")?,
        },
        "inodes" => ProblemKind::Inodes { mount: named(), share: value()? / 100.0 },
        "read-only" => ProblemKind::ReadOnly { mount: named() },
        "disk-busy" => ProblemKind::DiskBusy { disk: named(), share: value()?.min(1.0) },
        "temperature" => ProblemKind::Temperature {
            sensor: named(),
            celsius: of("hwmon.celsius")?,
            critical: of("hwmon.critical_celsius")?,
        },
        "raid" => raid(instance, known)?,
        "oom" => ProblemKind::OutOfMemory { kills: whole(value()?) },
        "zombies" => ProblemKind::Zombies { count: whole(value()?) },
        "conntrack" => {
            full(state::Table::Conntrack, of("sockstat.conntrack")?, of("sockstat.conntrack_max")?)
        }
        "file-handles" => {
            full(state::Table::FileHandles, of("vfs.file_handles")?, of("vfs.file_handles_max")?)
        }
        "threads" => {
            let max = of("processes.pid_max")
                .unwrap_or(f64::NAN)
                .min(of("processes.threads_max").unwrap_or(f64::NAN));
            full(state::Table::Threads, of("processes.threads")?, max)
        }
        "reboot" => ProblemKind::Rebooted { uptime: value()? },
        "traffic" | "traffic-90" | "traffic-used-up" => ProblemKind::Traffic { share: value()? / 100.0 },
        "check" => {
            let run = sample.check.as_ref()?.0.get(instance)?;
            ProblemKind::Check { name: named(), run: Box::new(run.clone()) }
        }
        "service" => {
            let service = sample.service.as_ref()?.units.get(instance)?;
            ProblemKind::Service { name: named(), state: service.state.clone() }
        }
        "service-restarts" => ProblemKind::ServiceRestarts { name: named(), restarts: whole(value()?) },
        "target" => {
            let run = sample.target.as_ref()?.0.get(instance)?;
            ProblemKind::Target { name: named(), error: run.error.clone().unwrap_or_default() }
        }
        "certificate" => ProblemKind::Certificate { name: named(), seconds: value()? },
        "own-leak" => {
            let named =
                |own: &&crate::sample::audit::Suspect| format!("{} {}", own.kind, own.name) == instance;
            ProblemKind::OwnLeak(sample.own_cost.iter().flat_map(|own| &own.audit).find(named)?.clone())
        }
        "messages" => ProblemKind::Undelivered { channel: named(), seconds: value()? },
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

fn last(values: &[f64]) -> Option<f64> {
    values.iter().rev().copied().find(|value| !value.is_nan())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of things, not below 0"
)]
fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}
