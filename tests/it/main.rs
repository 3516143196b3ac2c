//! The integration tests, one crate: each module is a theme.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails says so by a panic"
)]

mod analysis;
mod audit;
mod bisect;
mod channels;
mod chart;
mod check;
mod check_disk;
mod check_quiet;
mod checks;
mod cli;
mod config;
mod docs;
mod doctor;
mod engine;
mod events;
mod explain;
mod field_balloons;
mod field_cases;
mod help;
mod hostile;
mod import;
mod install;
mod layers;
mod leak;
mod leak_patterns;
mod leak_properties;
mod log;
mod logins;
mod metrics;
mod pages;
mod probe;
mod program;
mod prometheus;
mod push;
mod replay;
mod rollup;
mod rules;
mod sample;
mod series;
#[path = "../servers/mod.rs"]
mod servers;
mod services;
mod services_calls;
mod site;
mod site_doubts;
mod site_events;
mod site_fleet;
mod site_span;
mod site_targets;
mod storage_cases;
mod store;
mod story;
mod synth;
mod targets;
mod trend;
mod words;
