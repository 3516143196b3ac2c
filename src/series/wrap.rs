//! Counters of 32 bits, which go on from 0 behind 2^32: those of network interfaces on kernels of 32 bits and of some drivers.

use crate::sample::metric::Metric;

/// Where such a counter ends.
const SIZE: f64 = 4_294_967_296.0;
/// A counter that was below this began anew, and did not wrap.
const NEAR_END: f64 = SIZE * 0.75;
/// Most that an interface with such a counter carries, bytes per second: at 1 Gbit/s it wraps every 34 seconds.
const MOST_PER_SECOND: f64 = 125e6;

/// Growth of a counter that fell, in so many seconds, if it wrapped; `None` where it began anew.
pub(super) fn unwrapped(metric: &Metric, before: f64, now: f64, seconds: f64) -> Option<f64> {
    if metric.collector == "netdev" { wrapped(before, now, seconds) } else { None }
}

/// The same of a counter of a network interface.
pub(super) fn wrapped(before: f64, now: f64, seconds: f64) -> Option<f64> {
    let grown = SIZE - before + now;
    let is_near = (NEAR_END..SIZE).contains(&before) && grown <= SIZE / 2.0;
    (is_near && grown <= seconds * MOST_PER_SECOND).then_some(grown)
}
