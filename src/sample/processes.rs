//! Processes: `/proc/PID/stat` of all, `proc_pid_stat(5)`; `smaps_rollup` and `status` of the largest, on a slower beat.
//! Names only, never command lines unless the user asks for them.

use super::context::read_into;
use super::growth::Averages;
use super::metric::record;
use super::process_stat::ProcessStat;
use super::state::Daemon;
use super::users::Users;
use super::{Collector, Context, SampleError, State, parse};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

record! {
    /// How many there are, by state, and the largest.
    pub struct Processes in "processes" {
        /// Processes.
        total "total" u64 Gauge Count;
        /// Processes and their threads.
        threads "threads" u64 Gauge Count;
        /// Running or could (R).
        running "running" u64 Gauge Count;
        /// Sleeping (S, I).
        sleeping "sleeping" u64 Gauge Count;
        /// Waiting without being able to be woken, mostly for a disk (D).
        disk_sleep "disk_sleep" u64 Gauge Count;
        /// Stopped or traced (T, t).
        stopped "stopped" u64 Gauge Count;
        /// Ended, but its parent has not asked (Z).
        zombies "zombies" u64 Gauge Count;
        /// The largest number of a process, `kernel.pid_max`.
        pid_max "pid_max" u64 Gauge Count;
        /// The most threads, `kernel.threads-max`.
        threads_max "threads_max" u64 Gauge Count;
        /// Resident memory of process 1: asking systemd often has made it grow.
        init_rss "init_rss" u64 Gauge Memory;
        /// Resident memory of the D-Bus daemons (`dbus-daemon`, `dbus-broker`).
        bus_rss "bus_rss" u64 Gauge Memory;
        /// Anonymous memory that visible processes hold, by the sum of their RSS: shared pages count more than once.
        rss "rss" u64 Gauge Memory;
        also {
            /// Seconds over which `cpu` of the entries below was counted; absent in the first sample.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            interval: Option<f64>,
            /// The largest by memory and by CPU time, largest memory first; on the slow beat also those that grew most
            /// lately, process 1 and the D-Bus daemons.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            top: Vec<Process>,
        }
    }
}

/// One process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// The program's name, as the kernel has it.
    pub name: String,
    /// Its number.
    pub pid: u32,
    /// Who runs it: a name, or the number of a user without one.
    pub user: String,
    /// Resident memory in bytes.
    pub rss: u64,
    /// When it started, in seconds since the boot: another one under the same name is another process. On the slow beat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<f64>,
    /// CPU seconds used in the last `interval`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f64>,
    /// Its share of memory in bytes, shared pages divided among their users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pss: Option<u64>,
    /// Bytes in swap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap: Option<u64>,
    /// The command line, only where `sample.command_lines` asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

impl Collector for Processes {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        let mut scan = Scan::new(context);
        let buffer = context.take_buffer();
        let (buffer, walked) = scan.walk(context, buffer);
        context.return_buffer(buffer);
        walked?;
        context.next.processes = std::mem::take(&mut scan.ticks);
        context.next.started = scan.youngest;
        context.next.daemons = std::mem::take(&mut scan.daemons);
        context.next.bus = std::mem::take(&mut scan.bus);
        if context.slow {
            scan.quiet.sort_unstable();
            context.next.quiet = std::mem::take(&mut scan.quiet);
            context.programs = std::mem::take(&mut scan.programs);
            context.with_memory = scan.sizes.iter().map(|(key, _)| pid_of(*key)).collect();
            context.next.beat.processes = context.beat.processes.after(std::mem::take(&mut scan.sizes));
        }
        let mut processes = std::mem::take(&mut scan.counts);
        processes.interval = scan.interval;
        processes.pid_max = context.limit("proc/sys/kernel/pid_max");
        processes.threads_max = context.limit("proc/sys/kernel/threads-max");
        processes.top = describe(context, scan.chosen());
        Ok(Some(processes))
    }
}

/// A thread of the kernel that used no more CPU than this (half a second) up to the slow beat, or since its start, is
/// quiet: until the next beat it is counted and not read. They are most of the processes of a small host.
const QUIET_TICKS: u64 = 50;

/// How many D-Bus daemons are shown with process 1: the system's, and those of sessions.
const MOST_SPECIAL: usize = 4;

/// The kernel cuts names to 15 bytes.
fn is_bus(name: &[u8]) -> bool {
    name == b"dbus-daemon" || name.starts_with(b"dbus-broker")
}

/// The number of a process has 22 bits at most (`PID_MAX_LIMIT`); with its start it is one's own for ever.
fn key_of(pid: u32, started: u64) -> u64 {
    started << 22 | u64::from(pid)
}

fn pid_of(key: u64) -> u32 {
    (key & ((1 << 22) - 1)) as u32
}

/// One pass over all processes: the counts, the largest ones, and the CPU ticks for the next sample.
struct Scan {
    counts: Processes,
    interval: Option<f64>,
    page_size: u64,
    largest: Largest,
    busiest: Largest,
    /// On the slow beat: those that grew most lately, and those that are always shown.
    growing: Largest,
    special: Largest,
    /// On the slow beat: resident memory by program, and by process.
    programs: BTreeMap<Vec<u8>, (u64, u64)>,
    sizes: Vec<(u64, u64)>,
    /// The D-Bus daemons.
    bus: Vec<u32>,
    ticks: Vec<(u32, u64)>,
    youngest: u64,
    slow: bool,
    quiet: Vec<u32>,
    daemons: Vec<Daemon>,
}

impl Scan {
    fn new(context: &Context<'_>) -> Self {
        let top = context.options.top;
        Self {
            counts: Processes::default(),
            interval: context.interval(),
            page_size: context.root.page_size,
            largest: Largest::new(top),
            busiest: Largest::new(top),
            growing: Largest::new(top),
            special: Largest::new(MOST_SPECIAL),
            programs: BTreeMap::new(),
            sizes: Vec::new(),
            bus: Vec::new(),
            ticks: Vec::with_capacity(context.previous.processes.len() + 64),
            youngest: 0,
            slow: context.slow,
            quiet: Vec::new(),
            daemons: Vec::new(),
        }
    }

    fn walk(&mut self, context: &Context<'_>, mut buffer: Vec<u8>) -> (Vec<u8>, Result<(), SampleError>) {
        let folder = context.proc_folder();
        let mut path = Vec::with_capacity(32);
        let found = context.each_name("proc/", |name, _| {
            if let Some(pid) = parse::number(name).and_then(|pid| u32::try_from(pid).ok()) {
                if context.next.quiet.binary_search(&pid).is_ok() {
                    self.add_quiet(pid, context.previous);
                    return ControlFlow::Continue(());
                }
                path.clear();
                path.extend_from_slice(name);
                path.extend_from_slice(b"/stat");
                // One that cannot be read has ended meanwhile, or is hidden from this user.
                if read_into(folder, &path, &mut buffer, true).is_ok() {
                    if let Some(stat) = ProcessStat::parse(&buffer) {
                        self.add(pid, &stat, context.previous, &context.beat.processes);
                    }
                }
            }
            ControlFlow::Continue(())
        });
        // The kernel lists processes by number; a recorded tree may not.
        if !self.ticks.is_sorted() {
            self.ticks.sort_unstable();
        }
        let listed =
            if found { Ok(()) } else { Err(SampleError::parse("proc", b"", "a folder that can be listed")) };
        (buffer, listed)
    }

    fn add(&mut self, pid: u32, stat: &ProcessStat<'_>, previous: &State, averages: &Averages<u64>) {
        self.count(stat.state, stat.threads, stat.rss);
        self.youngest = self.youngest.max(stat.started);
        if stat.ticks > 0 {
            self.ticks.push((pid, stat.ticks));
        }
        if stat.parent == 1 {
            self.daemons.push(Daemon { name: parse::text(stat.name), pid, started: stat.started });
        }
        // A number that was given to a new process since does not count from the old one's ticks.
        let before = if stat.started > previous.started { 0 } else { previous.ticks(pid) };
        let mut used = stat.ticks.saturating_sub(before);
        if self.slow && stat.is_kernel_thread(pid) {
            if used <= QUIET_TICKS && matches!(stat.state, b'S' | b'I') {
                self.quiet.push(pid);
            }
            // Those that were not read meanwhile used this over the whole beat, not since the last sample.
            if previous.quiet.binary_search(&pid).is_ok() {
                used = 0;
            }
        }
        self.largest.offer(stat.rss, pid, used, stat);
        if self.interval.is_some() {
            self.busiest.offer(used, pid, used, stat);
        }
        let rss = stat.rss.saturating_mul(self.page_size);
        if pid == 1 {
            self.counts.init_rss = Some(rss);
        } else if is_bus(stat.name) {
            self.counts.bus_rss = Some(self.counts.bus_rss.unwrap_or(0).saturating_add(rss));
            self.bus.push(pid);
        }
        if self.slow && rss > 0 {
            self.follow(pid, stat, rss, used, averages);
        }
    }

    /// What the slow beat keeps of a process.
    fn follow(&mut self, pid: u32, stat: &ProcessStat<'_>, rss: u64, used: u64, averages: &Averages<u64>) {
        let key = key_of(pid, stat.started);
        self.sizes.push((key, rss));
        match self.programs.get_mut(stat.name) {
            Some((total, count)) => (*total, *count) = (total.saturating_add(rss), *count + 1),
            None => drop(self.programs.insert(stat.name.to_vec(), (rss, 1))),
        }
        self.growing.offer(averages.growth(&key, rss), pid, used, stat);
        if pid == 1 || is_bus(stat.name) {
            self.special.offer(rss, pid, used, stat);
        }
    }

    /// A thread of the kernel that is not read this time.
    fn add_quiet(&mut self, pid: u32, previous: &State) {
        self.count(b'S', 1, 0);
        let ticks = previous.ticks(pid);
        if ticks > 0 {
            self.ticks.push((pid, ticks));
        }
    }

    fn count(&mut self, state: u8, threads: u64, rss: u64) {
        let counts = &mut self.counts;
        let one = |count: &mut Option<u64>, here: bool| *count = Some(count.unwrap_or(0) + u64::from(here));
        one(&mut counts.total, true);
        one(&mut counts.running, state == b'R');
        one(&mut counts.sleeping, matches!(state, b'S' | b'I'));
        one(&mut counts.disk_sleep, state == b'D');
        one(&mut counts.stopped, matches!(state, b'T' | b't'));
        one(&mut counts.zombies, state == b'Z');
        counts.threads = Some(counts.threads.unwrap_or(0).saturating_add(threads));
        let rss = rss.saturating_mul(self.page_size);
        counts.rss = Some(counts.rss.unwrap_or(0).saturating_add(rss));
    }

    /// The largest by memory, then those of the others that are not among them.
    fn chosen(self) -> Vec<Candidate> {
        let mut chosen = self.largest.candidates;
        for more in [self.busiest, self.growing, self.special].into_iter().flat_map(|list| list.candidates) {
            if !chosen.iter().any(|other| other.pid == more.pid) {
                chosen.push(more);
            }
        }
        chosen.sort_by_key(|candidate| std::cmp::Reverse(candidate.rss));
        chosen
    }
}

/// A process that may be shown.
struct Candidate {
    key: u64,
    pid: u32,
    started: u64,
    name: Vec<u8>,
    rss: u64,
    used: u64,
}

/// The few largest of many, largest first.
struct Largest {
    most: usize,
    candidates: Vec<Candidate>,
}

impl Largest {
    fn new(most: usize) -> Self {
        Self { most, candidates: Vec::with_capacity(most + 1) }
    }

    fn offer(&mut self, key: u64, pid: u32, used: u64, stat: &ProcessStat<'_>) {
        let full = self.candidates.len() >= self.most;
        if key == 0 || self.most == 0 || (full && self.candidates.last().is_some_and(|last| last.key >= key))
        {
            return;
        }
        let at = self.candidates.partition_point(|candidate| candidate.key >= key);
        let candidate =
            Candidate { key, pid, started: stat.started, name: stat.name.to_vec(), rss: stat.rss, used };
        self.candidates.insert(at, candidate);
        self.candidates.truncate(self.most);
    }
}

/// Names users, and on the slow beat reads what is dear. Those that ended meanwhile are left out.
fn describe(context: &mut Context<'_>, chosen: Vec<Candidate>) -> Vec<Process> {
    let mut users = Users::default();
    let interval = context.interval();
    let (page_size, ticks) = (context.root.page_size, context.root.ticks_per_second);
    let mut top = Vec::with_capacity(chosen.len());
    for candidate in chosen {
        let pid = candidate.pid;
        let Some((user, swap)) = users.of_process(context, pid, candidate.started) else { continue };
        context.next.users.push((pid, candidate.started, user.clone()));
        let dear = context.slow;
        top.push(Process {
            name: parse::text(&candidate.name),
            pid,
            user,
            rss: candidate.rss.saturating_mul(page_size),
            started: dear.then(|| parse::seconds(candidate.started, ticks)),
            cpu: interval.map(|_| parse::seconds(candidate.used, ticks)),
            pss: if dear { proportional(context, pid) } else { None },
            swap: swap.filter(|_| dear).map(|kib| kib.saturating_mul(1024)),
            command: if context.options.command_lines { command_line(context, pid) } else { None },
        });
    }
    top
}

fn proportional(context: &mut Context<'_>, pid: u32) -> Option<u64> {
    let rollup = context.read(&format!("proc/{pid}/smaps_rollup")).ok()??;
    parse::value_of(rollup, "Pss:").and_then(parse::first_number).map(|kib| kib.saturating_mul(1024))
}

/// The arguments, which end with zero bytes, between blanks; kernel threads have none.
fn command_line(context: &mut Context<'_>, pid: u32) -> Option<String> {
    const MOST: usize = 256;
    let bytes = context.read(&format!("proc/{pid}/cmdline")).ok()??;
    let bytes: Vec<u8> = bytes.iter().take(MOST).map(|byte| if *byte == 0 { b' ' } else { *byte }).collect();
    Some(parse::text(&bytes)).filter(|command| !command.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_kept_in_order() {
        let mut largest = Largest::new(2);
        let stat =
            ProcessStat { name: b"x", state: b'S', parent: 1, ticks: 0, threads: 1, started: 1, rss: 1 };
        for (pid, key) in [(1, 5), (2, 0), (3, 9), (4, 7), (5, 9)] {
            largest.offer(key, pid, 0, &stat);
        }
        let kept: Vec<_> =
            largest.candidates.iter().map(|candidate| (candidate.pid, candidate.key)).collect();
        assert_eq!(kept, [(3, 9), (5, 9)]);
    }
}
