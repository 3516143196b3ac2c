//! CPU times and kernel activity: `/proc/stat`, `proc_stat(5)`. Times in seconds since boot.

use super::metric::{Record, record};
use super::{Collector, Context, SampleError, parse};
use serde::{Deserialize, Serialize};

record! {
    /// All CPUs together, and what the kernel counted.
    pub struct Stat in "stat" {
        /// CPU time of programs, without guests.
        user "user" f64 Counter Seconds;
        /// CPU time of niced programs, without guests.
        nice "nice" f64 Counter Seconds;
        /// CPU time of the kernel.
        system "system" f64 Counter Seconds;
        /// CPU time with nothing to do.
        idle "idle" f64 Counter Seconds;
        /// CPU time with nothing to do but wait for a disk.
        iowait "iowait" f64 Counter Seconds;
        /// CPU time of hardware interrupts.
        irq "irq" f64 Counter Seconds;
        /// CPU time of soft interrupts.
        softirq "softirq" f64 Counter Seconds;
        /// CPU time that the hypervisor gave to others.
        steal "steal" f64 Counter Seconds;
        /// CPU time of virtual machines that run here.
        guest "guest" f64 Counter Seconds;
        /// Context switches.
        context_switches "ctxt" u64 Counter Count;
        /// Processes and threads started.
        forks "processes" u64 Counter Count;
        /// Tasks that run or could.
        running "procs_running" u64 Gauge Count;
        /// Tasks that wait for a disk.
        blocked "procs_blocked" u64 Gauge Count;
        also {
            /// Per core: user, nice, system, idle, iowait, irq, softirq, steal.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            cores: Vec<CoreTimes>,
        }
    }
}

/// One core's seconds since boot: user, nice, system, idle, iowait, irq, softirq, steal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CoreTimes(pub [f64; 8]);

impl Collector for Stat {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        const PATH: &str = "proc/stat";
        let ticks = context.root.ticks_per_second;
        let Some(bytes) = context.read_at_once(PATH)? else { return Ok(None) };
        let stat = parse(bytes, ticks);
        if stat.user.is_none() {
            return Err(SampleError::parse(PATH, bytes, "a line of CPU times"));
        }
        Ok(Some(stat))
    }
}

/// Lines of a key and numbers. Not by procfs-core, which allocates for each core and keeps guests inside user.
fn parse(bytes: &[u8], ticks: u64) -> Stat {
    let mut stat = Stat::default();
    for line in parse::lines(bytes) {
        let Some((key, rest)) = parse::split_once(line, b' ') else { continue };
        match key {
            b"cpu" => total(&mut stat, &Times::parse(rest), ticks),
            b"intr" | b"softirq" => {}
            _ => match key.strip_prefix(b"cpu").and_then(parse::number) {
                Some(core) => add_core(&mut stat.cores, core, &Times::parse(rest), ticks),
                None => {
                    if let Some(value) = parse::first_number(rest) {
                        stat.set(key, value);
                    }
                }
            },
        }
    }
    stat
}

/// user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice, in ticks; as many as the kernel has.
struct Times([Option<u64>; 10]);

impl Times {
    fn parse(line: &[u8]) -> Self {
        let mut numbers = parse::numbers(line);
        let mut times = std::array::from_fn(|_| numbers.next());
        // The kernel counts the time of guests in user and nice, too.
        for (whole, guest) in [(0, 8), (1, 9)] {
            times[whole] = times[whole].map(|time: u64| time.saturating_sub(times[guest].unwrap_or(0)));
        }
        Self(times)
    }
}

fn total(stat: &mut Stat, Times(times): &Times, ticks: u64) {
    let time = |index: usize| times[index].map(|time| parse::seconds(time, ticks));
    stat.user = time(0);
    stat.nice = time(1);
    stat.system = time(2);
    stat.idle = time(3);
    stat.iowait = time(4);
    stat.irq = time(5);
    stat.softirq = time(6);
    stat.steal = time(7);
    let guest = times[8].map(|guest| guest.saturating_add(times[9].unwrap_or(0)));
    stat.guest = guest.map(|time| parse::seconds(time, ticks));
}

/// Puts a core at its number: a core that is offline has no line, and leaves zeros so that the others stay in place.
fn add_core(cores: &mut Vec<CoreTimes>, core: u64, Times(times): &Times, ticks: u64) {
    const MOST_CORES: u64 = 8192;
    if let Some(index) = usize::try_from(core).ok().filter(|_| core < MOST_CORES) {
        if cores.len() <= index {
            cores.resize(index + 1, CoreTimes::default());
        }
        cores[index].0 = std::array::from_fn(|index| parse::seconds(times[index].unwrap_or(0), ticks));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"cpu  1000 200 300 4000 50 6 7 80 100 20\ncpu0 500 100 150 2000 25 3 4 40 50 10\n\
        cpu2 500 100 150 2000 25 3 3 40 50 10\nintr 5 1 2\nctxt 99\nbtime 1\nprocesses 7\n\
        procs_running 2\nprocs_blocked 0\nsoftirq 3 1\n";

    #[test]
    fn guests_are_not_users_and_an_offline_core_keeps_its_place() {
        let stat = parse(TEXT, 100);
        assert_eq!((stat.user, stat.nice, stat.guest), (Some(9.0), Some(1.8), Some(1.2)));
        assert_eq!((stat.idle, stat.steal), (Some(40.0), Some(0.8)));
        assert_eq!(
            (stat.context_switches, stat.forks, stat.running, stat.blocked),
            (Some(99), Some(7), Some(2), Some(0))
        );
        assert_eq!(stat.cores.len(), 3);
        assert_eq!(stat.cores[0].0, [4.5, 0.9, 1.5, 20.0, 0.25, 0.03, 0.04, 0.4]);
        assert_eq!(stat.cores[1], CoreTimes::default());
    }

    #[test]
    fn an_old_kernel_has_fewer_times() {
        let stat = parse(b"cpu 100 0 100 100\n", 100);
        assert_eq!((stat.idle, stat.steal, stat.guest), (Some(1.0), None, None));
    }
}
