//! What the sample itself cost: the monitor must never be the cause without noticing.

use super::audit::Suspect;
use super::context::read_into;
use super::metric::record;
use super::{Collector, Context, Sample, SampleError, meminfo, parse};
use crate::base::clock::Stopwatch;
use rustix::fs::CWD;
use std::collections::BTreeMap;
use std::io;

record! {
    /// The cost of one run of `cronograph sample`.
    pub struct OwnCost in "self" {
        /// Wall time from the start of the program to the end of the collectors.
        wall "wall" f64 Gauge Seconds;
        /// CPU time, user and system.
        cpu "cpu" f64 Gauge Seconds;
        /// Peak resident memory.
        peak_rss "peak_rss" u64 Gauge Memory;
        /// Bytes that the run wrote, this line included.
        written "written" u64 Gauge Data;
        /// SUnreclaim before the collectors ran.
        s_unreclaim_before "SUnreclaim_before" u64 Gauge Memory;
        /// SUnreclaim after.
        s_unreclaim_after "SUnreclaim_after" u64 Gauge Memory;
        also {
            /// Collectors that took longer than 10 ms, in seconds; none on a healthy host.
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            slow: BTreeMap<String, f64>,
            /// What of one's own seems to leak: collectors and checks.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            audit: Vec<Suspect>,
        }
    }
}

/// Collectors slower than this are named in `slow`.
const SLOW_SECONDS: f64 = 0.01;

impl Collector for OwnCost {
    /// What is known inside of a sample; the command adds what it knows of the whole run with `OwnCost::finish`.
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        let before = context.s_unreclaim;
        context.after = meminfo::kernel_parts(context);
        let after = before.and(context.after.s_unreclaim());
        Ok(Some(Self {
            cpu: Some(cpu_seconds()),
            peak_rss: peak_rss(context),
            s_unreclaim_before: before,
            s_unreclaim_after: after,
            audit: context.previous.suspects.clone(),
            ..Self::default()
        }))
    }
}

impl OwnCost {
    /// Notes how long a collector took, if that is worth a note.
    pub(crate) fn note(slow: &mut BTreeMap<String, f64>, collector: &str, seconds: f64) {
        if seconds >= SLOW_SECONDS {
            slow.insert(collector.to_owned(), milliseconds(seconds));
        }
    }

    /// Completes a sample with the cost of the run up to now: its wall time, and what it writes, which is this
    /// line, with its end, and `state_bytes`.
    pub fn finish(sample: &mut Sample, started: Stopwatch, state_bytes: usize) {
        let Some(cost) = &mut sample.own_cost else { return };
        cost.wall = Some(microseconds(started.seconds()));
        cost.cpu = Some(cpu_seconds());
        cost.written = None;
        let mut counter = Counter(state_bytes as u64 + 1);
        if serde_json::to_writer(&mut counter, sample).is_err() {
            return;
        }
        // The number is part of the line that it counts: with its key, a comma, and as many digits as it then has.
        let without = counter.0 + r#""written":,"#.len() as u64;
        let with = |digits: u32| without + u64::from(digits);
        let digits = (1..20).find(|digits| with(*digits) < 10_u64.pow(*digits));
        if let Some(cost) = &mut sample.own_cost {
            cost.written = digits.map(with);
        }
    }
}

/// Counts what is written to it.
struct Counter(u64);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// CPU time of this process so far.
#[expect(clippy::cast_precision_loss, reason = "seconds of a short process")]
fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    microseconds(time.tv_sec as f64 + time.tv_nsec as f64 / 1e9)
}

/// The peak resident set of this process. Not by `getrusage`, whose maximum may be of the program before `exec`.
/// Of this process even where the sample is of a recorded tree.
fn peak_rss(context: &mut Context<'_>) -> Option<u64> {
    let mut status = context.take_buffer();
    let read = read_into(CWD, b"/proc/self/status", &mut status, true);
    let peak = read.ok().and_then(|()| high_water(&status));
    context.return_buffer(status);
    peak
}

fn high_water(status: &[u8]) -> Option<u64> {
    parse::value_of(status, "VmHWM:").and_then(parse::first_number).map(|kib| kib.saturating_mul(1024))
}

fn microseconds(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}

fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_counts_itself() {
        for state_bytes in [0, 800, 9_000, 99_990] {
            let mut sample = Sample { own_cost: Some(OwnCost::default()), ..Sample::default() };
            OwnCost::finish(&mut sample, Stopwatch::start(), state_bytes);
            let line = serde_json::to_vec(&sample).unwrap().len() + 1;
            assert_eq!(sample.own_cost.unwrap().written, Some((line + state_bytes) as u64));
        }
    }

    #[test]
    fn this_process_has_costs() {
        assert!(cpu_seconds() > 0.0);
        let status = fs_err::read("/proc/self/status").unwrap();
        assert!(high_water(&status).unwrap() > 100_000);
    }
}
