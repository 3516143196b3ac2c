//! What leaves this machine for an engine of metrics: samples as Prometheus' series, by remote write (`push`) and as text.
//!
//! ```text
//! store ─> feed (what is new of a host) ─> walk, table (numbers become series) ─> batch ─> wire, engine (HTTP)
//!                                                                                  └──> place, status (on disk)
//! ```
//!
//! Reads the logs of all hosts as `store` gives them and knows nothing of pages and messages. Names come from one table
//! ([`mapping`]). Promises: counters stay raw, nothing is lost, and what is sent again is the same again.

mod back;
mod batch;
mod engine;
mod error;
mod exposition;
mod extra;
mod feed;
mod fetch;
mod login;
pub mod mapping;
mod place;
mod push;
mod report;
mod settled;
mod status;
mod table;
mod walk;
pub mod wire;

pub use error::ShipError;
pub use exposition::exposition;
pub use fetch::{Fetch, Fetched};
pub use push::{Progress, Push};
pub use report::{Report, Sent, Unwanted};
pub use status::{Status, folder};
