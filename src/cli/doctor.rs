//! `cronograph doctor`: what is wrong with this set-up, and how to mend it.
//!
//! Looks, and changes nothing; starts no program, so a crontab that only `crontab -l` can show is named, not read.
//! Exit code 3 where something is wrong. What could not be checked is said and is not counted as wrong.

mod clock;
mod derived;
mod disk;
mod fleet;
mod log;
mod messages;
mod mistakes;
mod pages;
mod programs;
mod push;
mod rules;
mod ship;
mod templates;
mod timer;

use super::args::DoctorArgs;
use super::{Context, FOUND, output};
use crate::base::escape;
use crate::base::hint::Typed;
use crate::base::limits::Limits;
use crate::config::ConfigError;
use crate::sample::Root;
use crate::store::Layout;
use jiff::tz::TimeZone;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What the checks look at.
struct Patient {
    /// What stands for `/`: another folder in tests.
    prefix: PathBuf,
    /// The folder of the logs.
    data: PathBuf,
    /// The folder of the pages.
    out: PathBuf,
    /// This host's log.
    layout: Layout,
    /// Limits of one host.
    limits: Limits,
    /// Unix time.
    now: i64,
    /// The zone of times.
    zone: TimeZone,
    /// The user's home.
    home: Option<PathBuf>,
    /// Whether there is anybody to be told of alerts.
    has_channels: bool,
    /// Whether samples go to an engine of metrics.
    pushes: bool,
}

impl Patient {
    /// The log of a host, within the limits.
    fn log(&self, host: &str) -> Option<Layout> {
        Some(Layout::new(&self.data, host).ok()?.limited(self.limits))
    }

    /// A path of the machine: `etc/cron.d`.
    fn path(&self, relative: &str) -> PathBuf {
        self.prefix.join(relative)
    }
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// As it should be.
    Well,
    /// Worth knowing; not this set-up's fault.
    Note,
    /// Could not be looked at.
    Unknown,
    /// Wrong.
    Wrong,
}

/// What a check says: what is, and how to mend it.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    verdict: Verdict,
    text: String,
    remedy: Option<String>,
}

impl Finding {
    fn well(text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Well, text: text.into(), remedy: None }
    }

    fn note(text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Note, text: text.into(), remedy: None }
    }

    fn unknown(text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unknown, text: text.into(), remedy: Some(remedy.into()) }
    }

    fn wrong(text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Wrong, text: text.into(), remedy: Some(remedy.into()) }
    }
}

/// Runs the command. `mistake`: why the configuration could not be loaded.
pub(super) fn run(
    args: &DoctorArgs,
    context: &Context,
    mistake: Option<ConfigError>,
) -> anyhow::Result<ExitCode> {
    let prefix = args.machine.prefix.clone().unwrap_or_else(|| PathBuf::from("/"));
    let (config, is_known) = (context.config(), mistake.is_none());
    let patient = Patient {
        layout: layout(context)?.limited(config.limits),
        limits: config.limits,
        data: config.data.clone(),
        out: config.out.clone(),
        now: context.clock.now(),
        // A mistake in it is found with the configuration's others.
        zone: context.loaded.time_zone().unwrap_or(TimeZone::UTC),
        home: context.environment.home.clone(),
        has_channels: !config.channel.is_empty(),
        pushes: config.push.url.is_some(),
        prefix,
    };
    let mut findings = mistakes::check(context, mistake);
    findings.extend(examine(&patient));
    if is_known {
        findings.extend(fleet::check(&patient, config));
        findings.extend(programs::check(&patient, config));
        findings.extend(rules::check(&patient, config));
        findings.extend(templates::check(&context.loaded, patient.now));
        findings.extend(messages::check(&patient, &context.loaded));
        findings.extend(push::check(&context.loaded, patient.now));
    }
    let typed = context.typed().and(args.host.as_deref(), args.out.as_deref());
    output::print(page(&findings, &typed))?;
    let wrong = findings.iter().any(|finding| finding.verdict == Verdict::Wrong);
    Ok(if wrong { ExitCode::from(FOUND) } else { ExitCode::SUCCESS })
}

/// Where this host's log is; under the kernel's name for it where the configured one cannot be a folder's.
fn layout(context: &Context) -> anyhow::Result<Layout> {
    let data = &context.config().data;
    match Layout::new(data, context.host(&Root::real())?) {
        Ok(layout) => Ok(layout),
        Err(_) => Ok(Layout::new(data, Context::name_of(&Root::real())?)?),
    }
}

/// All checks, in the order of the data's path.
fn examine(patient: &Patient) -> Vec<Finding> {
    let log = log::age(patient);
    let grows = log.first().is_some_and(|finding| finding.verdict == Verdict::Well);
    // A machine that only renders what others send; not one whose first sample is to come.
    let is_noted = log.first().is_some_and(|finding| finding.verdict == Verdict::Note);
    let renders = is_noted && log::first_sample_is_due(patient).is_none();
    let mut findings = log;
    findings.extend(timer::check(patient, grows, grows && log::is_regular(patient), renders));
    findings.extend(ship::check(patient));
    findings.extend(log::writable(patient));
    findings.extend(disk::check(patient));
    findings.extend(clock::check(patient));
    findings.extend(log::damage(patient));
    findings.extend(derived::check(patient));
    findings.extend(pages::check(patient));
    findings
}

/// A line for each finding, its remedy below, with commands that can be pasted.
fn page(findings: &[Finding], typed: &Typed) -> String {
    let mut page = String::new();
    for finding in findings {
        let word = match finding.verdict {
            Verdict::Well => "ok   ",
            Verdict::Note => "note ",
            Verdict::Unknown => "?    ",
            Verdict::Wrong => "WRONG",
        };
        // Names of hosts and bytes of broken lines come from anywhere. Writing to a string cannot fail.
        let _ = writeln!(page, "{word}  {}", escape::terminal(&finding.text));
        if let Some(remedy) = &finding.remedy {
            let _ = writeln!(page, "       -> {}", escape::terminal(&typed.complete(remedy)));
        }
    }
    page
}

/// The path itself, or the lowest folder above it that is there.
fn nearest(path: &Path) -> Option<&Path> {
    path.ancestors().find(|ancestor| ancestor.exists())
}
