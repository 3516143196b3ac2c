//! Numbers over time, made from the log: rates from raw counters, gaps, reboots, windows of a fixed step.
//! Knows the log and the sample's metrics; knows nothing of what they mean or how they are drawn.

mod frame;

pub use frame::{Column, Frame, Key};
