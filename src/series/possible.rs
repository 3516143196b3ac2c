//! Impossible values in bins that older versions folded from samples with such values, and whose samples may be gone: a share of time
//! above 1, a part of memory that is larger than its total. New samples have none (`sample::bounds`, `table::growth`).

use super::bins::Stat;
use super::frame::{Column, Key};
use crate::sample::meminfo::Meminfo;
use crate::sample::metric::{Metric, Record, Visitor};
use std::collections::HashMap;

/// CPU seconds per second that no machine has cores for.
const MOST_CORES: f64 = 10_000.0;

/// The bin of a counter as far as it can be.
pub(super) fn possible(metric: &Metric, stat: &Stat) -> Option<Stat> {
    match (metric.collector, metric.field) {
        ("pressure", _) | ("stat", "core_busy") | ("diskstats", "busy") => Some(Stat {
            weight: stat.weight,
            sum: stat.sum.min(stat.weight),
            min: stat.min.min(1.0),
            max: stat.max.min(1.0),
        }),
        ("stat", "user" | "nice" | "system" | "idle" | "iowait" | "irq" | "softirq" | "steal" | "guest") => {
            Some(*stat).filter(|stat| stat.max < MOST_CORES)
        }
        _ => Some(*stat),
    }
}

/// Forgets parts of memory in the bins in which they were once larger than their total: a mean with such a value in it is wrong.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bytes; a negative number becomes 0"
)]
pub(super) fn forget_larger_parts(columns: &mut HashMap<Key, Column>, rows: usize) {
    let mut parts: Vec<(&'static str, &mut Column)> = columns
        .iter_mut()
        .filter_map(|(key, column)| {
            let metric = Meminfo::METRICS.iter().find(|metric| metric.id() == key.metric)?;
            Some((metric.field, column))
        })
        .collect();
    for row in 0..rows {
        let mut memory = Meminfo::default();
        for (field, column) in parts.iter().filter(|(_, column)| column.max[row].is_finite()) {
            memory.set(field.as_bytes(), column.max[row] as u64);
        }
        if !memory.is_impossible() {
            continue;
        }
        memory.drop_impossible();
        let mut kept = Fields(Vec::new());
        memory.numbers("", &mut kept);
        for (_, column) in parts.iter_mut().filter(|(field, _)| !kept.0.contains(field)) {
            (column.mean[row], column.min[row], column.max[row]) = (f64::NAN, f64::NAN, f64::NAN);
        }
    }
}

struct Fields(Vec<&'static str>);

impl Visitor for Fields {
    fn number(&mut self, metric: &'static Metric, _: &str, _: f64) {
        self.0.push(metric.field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::bins::Bins;
    use crate::series::rollup_line;

    #[test]
    fn what_older_versions_folded_is_as_far_as_it_can_be() {
        let mut bins = Bins::new(300);
        for (t, swap) in [(0, "[9e18,0,1.8e19]"), (300, "0")] {
            let line = format!(
                "{{\"v\":1,\"t\":{t},\"samples\":5,\"seconds\":300,\"meminfo\":{{\"MemTotal\":1000,\"MemFree\":400,\
                 \"SwapTotal\":0,\"SwapFree\":{swap}}},\"pressure\":{{\"io_some\":[303,0.9,1.01]}},\
                 \"stat\":{{\"steal\":[1e10,0,2e8],\"user\":[30,0,0.2]}}}}"
            );
            rollup_line::decode(line.as_bytes(), &(0..600), &mut bins).unwrap();
        }
        let frame = bins.into_frame(0, 600, Vec::new());
        let column = |metric: &str| &frame.columns[&Key::new(metric, "")];
        assert!(column("meminfo.SwapFree").mean[0].is_nan());
        assert_eq!(column("meminfo.SwapFree").mean[1], 0.0);
        assert_eq!(column("meminfo.MemFree").mean, [400.0; 2]);
        assert_eq!((column("pressure.io_some").mean[0], column("pressure.io_some").max[0]), (1.0, 1.0));
        assert!(!frame.columns.contains_key(&Key::new("stat.steal", "")));
        assert_eq!(column("stat.user").mean, [0.1; 2]);
    }
}
