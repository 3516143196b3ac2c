//! Processes: `/proc/PID/stat` of all, `proc_pid_stat(5)`; `smaps_rollup` and `status` of the largest, on a slower beat.
//! Names only, never command lines unless the user asks for them.

use super::context::read_into;
use super::metric::record;
use super::{Collector, Context, SampleError, State, parse};
use serde::{Deserialize, Serialize};
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
        /// Anonymous memory that visible processes hold, by the sum of their RSS: shared pages count more than once.
        rss "rss" u64 Gauge Memory;
        also {
            /// Seconds over which `cpu` of the entries below was counted; absent in the first sample.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            interval: Option<f64>,
            /// The largest by memory and by CPU time, largest memory first.
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
        let mut processes = std::mem::take(&mut scan.counts);
        processes.interval = scan.interval;
        processes.pid_max = context.limit("proc/sys/kernel/pid_max");
        processes.threads_max = context.limit("proc/sys/kernel/threads-max");
        processes.top = describe(context, scan.chosen());
        Ok(Some(processes))
    }
}

/// One pass over all processes: the counts, the largest ones, and the CPU ticks for the next sample.
struct Scan {
    counts: Processes,
    interval: Option<f64>,
    page_size: u64,
    largest: Largest,
    busiest: Largest,
    ticks: Vec<(u32, u64)>,
    youngest: u64,
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
            ticks: Vec::with_capacity(context.previous.processes.len() + 64),
            youngest: 0,
        }
    }

    fn walk(&mut self, context: &Context<'_>, mut buffer: Vec<u8>) -> (Vec<u8>, Result<(), SampleError>) {
        let folder = context.proc_folder();
        let mut path = Vec::with_capacity(32);
        let found = context.each_name("proc/", |name, _| {
            if let Some(pid) = parse::number(name).and_then(|pid| u32::try_from(pid).ok()) {
                path.clear();
                path.extend_from_slice(name);
                path.extend_from_slice(b"/stat");
                // One that cannot be read has ended meanwhile, or is hidden from this user.
                if read_into(folder, &path, &mut buffer, true).is_ok() {
                    if let Some(stat) = ProcessStat::parse(&buffer) {
                        self.add(pid, &stat, context.previous);
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

    fn add(&mut self, pid: u32, stat: &ProcessStat<'_>, previous: &State) {
        self.count(stat);
        self.youngest = self.youngest.max(stat.started);
        if stat.ticks > 0 {
            self.ticks.push((pid, stat.ticks));
        }
        // A number that was given to a new process since does not count from the old one's ticks.
        let before = if stat.started > previous.started { 0 } else { previous.ticks(pid) };
        let used = stat.ticks.saturating_sub(before);
        self.largest.offer(stat.rss, pid, used, stat);
        if self.interval.is_some() {
            self.busiest.offer(used, pid, used, stat);
        }
    }

    fn count(&mut self, stat: &ProcessStat<'_>) {
        let counts = &mut self.counts;
        let one = |count: &mut Option<u64>, here: bool| *count = Some(count.unwrap_or(0) + u64::from(here));
        one(&mut counts.total, true);
        one(&mut counts.running, stat.state == b'R');
        one(&mut counts.sleeping, matches!(stat.state, b'S' | b'I'));
        one(&mut counts.disk_sleep, stat.state == b'D');
        one(&mut counts.stopped, matches!(stat.state, b'T' | b't'));
        one(&mut counts.zombies, stat.state == b'Z');
        counts.threads = Some(counts.threads.unwrap_or(0).saturating_add(stat.threads));
        let rss = stat.rss.saturating_mul(self.page_size);
        counts.rss = Some(counts.rss.unwrap_or(0).saturating_add(rss));
    }

    /// The largest by memory, then those of the busiest that are not among them.
    fn chosen(self) -> Vec<Candidate> {
        let mut chosen = self.largest.candidates;
        let more = self.busiest.candidates.into_iter();
        let more: Vec<_> = more.filter(|busy| !chosen.iter().any(|other| other.pid == busy.pid)).collect();
        chosen.extend(more);
        chosen.sort_by_key(|candidate| std::cmp::Reverse(candidate.rss));
        chosen
    }
}

/// What is read of `/proc/PID/stat`. By hand, since procfs-core makes 52 numbers and a string of it, and this is
/// done for each process each minute.
#[derive(Debug, PartialEq)]
struct ProcessStat<'a> {
    name: &'a [u8],
    state: u8,
    ticks: u64,
    threads: u64,
    started: u64,
    rss: u64,
}

impl<'a> ProcessStat<'a> {
    /// `pid (name) state ppid … utime stime … num_threads itrealvalue starttime vsize rss …`. The name may hold
    /// anything, blanks and parentheses, too: it ends at the last `)`.
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let start = bytes.iter().position(|byte| *byte == b'(')? + 1;
        let end = bytes.iter().rposition(|byte| *byte == b')')?;
        let name = bytes.get(start..end)?;
        let mut fields = bytes[end + 1..].split(|byte| *byte == b' ').skip(1);
        let state = *fields.next()?.first()?;
        let mut number = |skip| fields.nth(skip).and_then(parse::number);
        let ticks = number(10)?.saturating_add(number(0)?);
        let threads = number(4)?;
        let started = number(1)?;
        // The count of pages is signed, and was seen below 0.
        let rss = number(1).unwrap_or(0);
        Some(Self { name, state, ticks, threads, started, rss })
    }
}

/// A process that may be shown.
struct Candidate {
    key: u64,
    pid: u32,
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
        let candidate = Candidate { key, pid, name: stat.name.to_vec(), rss: stat.rss, used };
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
        let Ok(Some(status)) = context.read_at_once(&format!("proc/{pid}/status")) else { continue };
        let Some(uid) = parse::value_of(status, "Uid:").and_then(|line| parse::numbers(line).nth(1)) else {
            continue;
        };
        let swap = parse::value_of(status, "VmSwap:").and_then(parse::first_number);
        let dear = context.slow;
        top.push(Process {
            name: parse::text(&candidate.name),
            pid,
            user: users.name(context, uid),
            rss: candidate.rss.saturating_mul(page_size),
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

/// Users' names by number, from `/etc/passwd`, read when the first is asked for.
#[derive(Default)]
struct Users(Option<Vec<(u64, String)>>);

impl Users {
    fn name(&mut self, context: &mut Context<'_>, uid: u64) -> String {
        let users = self.0.get_or_insert_with(|| {
            let bytes = context.read_at_once("etc/passwd").ok().flatten().unwrap_or_default();
            parse::lines(bytes).filter_map(passwd_line).collect()
        });
        let user = users.iter().find(|(number, _)| *number == uid);
        user.map_or_else(|| uid.to_string(), |(_, name)| name.clone())
    }
}

/// `name:password:uid:gid:…`
fn passwd_line(line: &[u8]) -> Option<(u64, String)> {
    let mut fields = line.split(|byte| *byte == b':');
    let name = fields.next()?;
    Some((parse::number(fields.nth(1)?)?, parse::text(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &[u8], rss: &str) -> Vec<u8> {
        let mut line =
            [b"42 (", name, b") S 1 42 42 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 3 0 777 9999 "].concat();
        line.extend_from_slice(rss.as_bytes());
        line.extend_from_slice(b" 18446744073709551615 1 1 0");
        line
    }

    #[test]
    fn names_may_hold_anything() {
        for name in [&b"bash"[..], b"a) R (b", b"tmux: server", b"new\nline", b"\xff\xfe", b""] {
            let line = line(name, "1234");
            let expected = ProcessStat { name, state: b'S', ticks: 300, threads: 3, started: 777, rss: 1234 };
            assert_eq!(ProcessStat::parse(&line), Some(expected));
        }
        assert_eq!(ProcessStat::parse(&line(b"x", "-3")).unwrap().rss, 0);
        assert_eq!(ProcessStat::parse(b"42 (x) S 1"), None);
        assert_eq!(ProcessStat::parse(b") ("), None);
    }

    #[test]
    fn the_largest_are_kept_in_order() {
        let mut largest = Largest::new(2);
        let line = line(b"x", "1");
        let stat = ProcessStat::parse(&line).unwrap();
        for (pid, key) in [(1, 5), (2, 0), (3, 9), (4, 7), (5, 9)] {
            largest.offer(key, pid, 0, &stat);
        }
        let kept: Vec<_> =
            largest.candidates.iter().map(|candidate| (candidate.pid, candidate.key)).collect();
        assert_eq!(kept, [(3, 9), (5, 9)]);
    }

    #[test]
    fn users_of_passwd() {
        assert_eq!(passwd_line(b"www-data:x:33:33::/var/www:/bin/false"), Some((33, "www-data".to_owned())));
        assert_eq!(passwd_line(b"+::::::"), None);
    }
}
