//! The process of a service where no manager tells of it: by its pid file, else by the name of its program among those that
//! init looks after. A pid file whose process is gone is a service that died.

use super::{Service, View};
use crate::sample::context::read_into;
use crate::sample::process_stat::ProcessStat;
use crate::sample::service::unit::Wanted;
use crate::sample::{Context, parse};

/// The kernel cuts names to that.
const NAME_BYTES: usize = 15;

/// What was found of a service's process.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// It runs.
    Runs(Service),
    /// Its pid file names one that is gone.
    Died,
    /// There is none.
    Nothing,
    /// This user does not see the processes of others.
    Hidden,
}

/// Looks for the process of a service.
pub(super) fn find(context: &mut Context<'_>, wanted: &Wanted) -> Found {
    let mut died = false;
    for path in &wanted.pid_files {
        let number = context.read(path).ok().flatten().and_then(parse::first_number);
        let Some(pid) = number.and_then(|pid| u32::try_from(pid).ok()) else { continue };
        match of_pid(context, pid, wanted.program.as_deref()) {
            Some(service) => return Found::Runs(service),
            None => died = true,
        }
    }
    let known = wanted.program.as_deref().map(name_of).filter(|name| !name.is_empty());
    let daemons = context.next.daemons.iter();
    let pid = daemons.filter(|daemon| Some(daemon.name.as_bytes()) == known).map(|daemon| daemon.pid).min();
    match pid.and_then(|pid| of_pid(context, pid, None)) {
        Some(service) => Found::Runs(service),
        None if !context.exists("proc/1/stat") => Found::Hidden,
        None if died => Found::Died,
        None => Found::Nothing,
    }
}

/// The service of a process, if that is the program that it should be.
pub(super) fn of_pid(context: &mut Context<'_>, pid: u32, program: Option<&str>) -> Option<Service> {
    let (name, started, pages) = stat(context, pid)?;
    let fits = program.is_none_or(|program| name == name_of(program) || runs(context, pid, program));
    let since = fits.then(|| started_at(context, started))?;
    let memory = context.slow.then(|| pages.saturating_mul(context.root.page_size));
    Some(Service { memory, failed: Some(0), ..Service::running(since, Some(pid)) })
}

/// The name of a process, its start in ticks and its resident pages; none where it is gone or only waits to be asked for.
fn stat(context: &mut Context<'_>, pid: u32) -> Option<(Vec<u8>, u64, u64)> {
    let mut buffer = context.take_buffer();
    let path = format!("{pid}/stat");
    let read = read_into(context.proc_folder(), path.as_bytes(), &mut buffer, true);
    let stat = read.ok().and_then(|()| ProcessStat::parse(&buffer)).filter(|stat| stat.state != b'Z');
    let facts = stat.map(|stat| (stat.name.to_vec(), stat.started, stat.rss));
    context.return_buffer(buffer);
    facts
}

/// Whether a process runs that program whatever it calls itself.
fn runs(context: &mut Context<'_>, pid: u32, program: &str) -> bool {
    let base = base_of(program).as_bytes();
    if let Some(file) = context.link(&format!("proc/{pid}/exe")) {
        return file.rsplit(|byte| *byte == b'/').next() == Some(base);
    }
    // Scripts: the interpreter's arguments name them. Others' links are not shown to everybody.
    let Ok(Some(words)) = context.read(&format!("proc/{pid}/cmdline")) else { return false };
    words.split(|byte| *byte == 0).take(3).any(|word| word.rsplit(|byte| *byte == b'/').next() == Some(base))
}

/// Resident memory of a process.
pub(super) fn resident(context: &mut Context<'_>, pid: u32) -> Option<u64> {
    let (_, _, pages) = stat(context, pid)?;
    Some(pages.saturating_mul(context.root.page_size))
}

/// Unix time of a start, from ticks since the boot.
#[expect(clippy::cast_possible_truncation, reason = "an uptime has far less than 2^63 seconds")]
fn started_at(context: &Context<'_>, ticks: u64) -> Option<i64> {
    let boot = context.now - context.next.uptime? as i64;
    let seconds = i64::try_from(ticks / context.root.ticks_per_second.max(1)).ok()?;
    Some(boot.saturating_add(seconds).min(context.now))
}

/// Starts of processes are counted in ticks from a boot that is known to the second: the same one may look a second off.
pub(super) fn settle(view: &mut View, written: &View) {
    for (name, service) in view {
        let Some(before) = written.get(name).filter(|before| before.pid == service.pid) else { continue };
        if service.pid.is_some()
            && service.since.zip(before.since).is_some_and(|(now, then)| now.abs_diff(then) <= 2)
        {
            service.since = before.since;
        }
    }
}

/// What the kernel calls a process of that program.
fn name_of(program: &str) -> &[u8] {
    let name = base_of(program).as_bytes();
    &name[..name.len().min(NAME_BYTES)]
}

fn base_of(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}
