//! Load averages: `/proc/loadavg`, `proc_loadavg(5)`.

use super::metric::record;
use super::{Collector, Context, SampleError, parse};

record! {
    /// Tasks that run or wait for a disk, averaged, and how many tasks there are.
    pub struct Loadavg in "loadavg" {
        /// Load average of 1 minute.
        load1 "load1" f64 Gauge Count;
        /// Load average of 5 minutes.
        load5 "load5" f64 Gauge Count;
        /// Load average of 15 minutes.
        load15 "load15" f64 Gauge Count;
        /// Tasks, that is processes and threads.
        tasks "tasks" u64 Gauge Count;
    }
}

impl Collector for Loadavg {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        const PATH: &str = "proc/loadavg";
        let Some(bytes) = context.read_at_once(PATH)? else { return Ok(None) };
        parse(bytes).map(Some).ok_or_else(|| SampleError::parse(PATH, bytes, "three load averages"))
    }
}

/// `0.20 0.18 0.12 1/80 11206`. Not by procfs-core, whose `f32` would print as 0.20000000298023224.
fn parse(bytes: &[u8]) -> Option<Loadavg> {
    let mut fields = parse::fields(bytes);
    let mut load = || fields.next().and_then(parse::fraction);
    let (load1, load5, load15) = (load()?, load()?, load()?);
    let tasks = fields.next().and_then(|field| parse::split_once(field, b'/'));
    Some(Loadavg {
        load1: Some(load1),
        load5: Some(load5),
        load15: Some(load15),
        tasks: tasks.and_then(|(_, all)| parse::number(all)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_averages_and_the_tasks() {
        let load = parse(b"0.20 0.18 12.00 1/80 11206\n").unwrap();
        assert_eq!((load.load1, load.load5, load.load15), (Some(0.2), Some(0.18), Some(12.0)));
        assert_eq!(load.tasks, Some(80));
        assert_eq!(parse(b"0.20 0.18"), None);
    }
}
