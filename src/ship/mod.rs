//! What leaves this machine for an engine of metrics: samples as Prometheus' series, by remote write (`push`) and as text.
//!
//! Reads the logs of all hosts as `store` gives them and knows nothing of pages and messages. Names come from one table
//! ([`mapping`]). Promises: counters stay raw, nothing is lost, and what is sent again is the same again.

mod exposition;
mod extra;
pub mod mapping;
mod walk;

pub use exposition::exposition;
