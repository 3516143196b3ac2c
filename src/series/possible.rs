//! Impossible values in bins that older versions folded from samples with such values, and whose samples may be gone: a share of time
//! above 1, a part of memory that is larger than its total. New samples have none (`sample::bounds`, `table::growth`).

use super::frame::{Column, Key};
use crate::sample::meminfo::Meminfo;
use crate::sample::metric::{Metric, Record, Unit, Visitor};
use std::collections::HashMap;

/// CPU seconds per second that no machine has cores for.
const MOST_CORES: f64 = 10_000.0;

/// Reports whether a counter grows by one second per second at most.
pub(super) fn is_share_of_time(metric: &Metric) -> bool {
    matches!(
        (metric.collector, metric.field),
        ("pressure", _) | ("stat", "core_busy") | ("diskstats", "busy")
    )
}

/// Reports whether a counter of CPU time can grow so fast; of others that is not known.
pub(super) fn is_possible(metric: &Metric, rate: f64) -> bool {
    let is_cpu = matches!((metric.collector, metric.unit), ("stat" | "cgroup", Unit::Seconds));
    !is_cpu || rate < MOST_CORES
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
