//! Pressure stall information: `/proc/pressure/{cpu,io,memory}` (4.20; `full` of cpu since 5.13).
//! The totals in seconds since boot: their rate is the share of time in which tasks waited.

use super::metric::record;
use super::{Collector, Context, SampleError, parse};

record! {
    /// How long tasks waited for a resource.
    pub struct Pressure in "pressure" {
        /// Time in which some tasks waited for a CPU.
        cpu_some "cpu_some" f64 Counter Seconds;
        /// Time in which some tasks waited for a disk.
        io_some "io_some" f64 Counter Seconds;
        /// Time in which all tasks waited for a disk.
        io_full "io_full" f64 Counter Seconds;
        /// Time in which some tasks waited for memory.
        memory_some "memory_some" f64 Counter Seconds;
        /// Time in which all tasks waited for memory.
        memory_full "memory_full" f64 Counter Seconds;
    }
}

impl Collector for Pressure {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        // Without PSI the files are missing, or opening them says "not supported".
        let Some(cpu) = context.read_at_once("proc/pressure/cpu")?.map(totals) else { return Ok(None) };
        let io = context.read_at_once("proc/pressure/io")?.map(totals).unwrap_or_default();
        let memory = context.read_at_once("proc/pressure/memory")?.map(totals).unwrap_or_default();
        Ok(Some(Self {
            cpu_some: cpu.some,
            io_some: io.some,
            io_full: io.full,
            memory_some: memory.some,
            memory_full: memory.full,
        }))
    }
}

#[derive(Debug, Default, PartialEq)]
struct Totals {
    some: Option<f64>,
    full: Option<f64>,
}

/// `some avg10=0.00 avg60=0.00 avg300=0.00 total=12345`, and `full` likewise. Not by procfs-core, which fails where
/// the line `full` is missing.
fn totals(bytes: &[u8]) -> Totals {
    let total = |kind: &str| {
        let line = parse::value_of(bytes, kind)?;
        let microseconds = parse::fields(line).find_map(|field| field.strip_prefix(b"total="))?;
        parse::number(microseconds).map(parse::milliseconds_of)
    };
    Totals { some: total("some "), full: total("full ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_with_and_without_the_line_full() {
        let some = b"some avg10=0.00 avg60=0.00 avg300=0.00 total=1234567\n";
        assert_eq!(totals(some), Totals { some: Some(1.234), full: None });
        let both = [&some[..], b"full avg10=0.00 avg60=0.00 avg300=0.00 total=2000\n"].concat();
        assert_eq!(totals(&both), Totals { some: Some(1.234), full: Some(0.002) });
    }
}
