//! cronograph: a cron-driven reporter for Linux servers. One way through, no way back; a later stage may
//! know an earlier one, never the reverse (`tests/it/layers.rs` keeps the arrows):
//!
//! ```text
//! /proc, /sys ─ sample ─> event ─> store (the logs) ─ series ─> analysis ─> alert ─> site (pages; pictures by chart)
//!                                            └─ ship (to an engine of metrics)           └──> notify (messages)
//! sysstat, Munin, RRD ─ import ─────────────────> store
//! probe: runs a command many times and watches the same parts of memory
//! ```
//!
//! `cli` parses and dispatches; `config` is what the user decided; `base` is clock, files, units, words.

pub mod base;
pub mod config;

pub mod alert;
pub mod analysis;
pub mod chart;
pub mod event;
pub mod import;
pub mod notify;
pub mod probe;
pub mod sample;
pub mod series;
pub mod ship;
pub mod site;
pub mod store;

pub mod cli;
