//! Every metric by its name, and the one that is made here: how busy each core is.

use crate::sample::Sample;
use crate::sample::metric::{Kind, Metric, Unit};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Of the eight times of a core: user, nice, system, irq, softirq, steal; not idle (3) and iowait (4).
const BUSY: [usize; 6] = [0, 1, 2, 5, 6, 7];

/// The share of time in which a core did not idle.
pub(super) static CORE_BUSY: Metric = Metric {
    collector: "stat",
    field: "core_busy",
    unit: Unit::Seconds,
    kind: Kind::Counter,
    about: "Time in which a core had something to do, the hypervisor's share (steal) included.",
};

/// Seconds that a core was busy since boot.
pub(super) fn busy_seconds(times: &[f64; 8]) -> f64 {
    BUSY.iter().map(|index| times[*index]).sum()
}

/// The metric of a collector and a field, if this version knows it.
pub(super) fn find(collector: &str, field: &str) -> Option<&'static Metric> {
    static METRICS: OnceLock<HashMap<(&str, &str), &Metric>> = OnceLock::new();
    METRICS
        .get_or_init(|| {
            Sample::metrics()
                .chain([&CORE_BUSY])
                .map(|metric| ((metric.collector, metric.field), metric))
                .collect()
        })
        .get(&(collector, field))
        .copied()
}
