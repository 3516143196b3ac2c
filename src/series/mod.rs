//! Numbers over time, made from the log: rates from raw counters, gaps, reboots, windows of a fixed step.
//! Knows the log and the sample's metrics; knows nothing of what they mean or how they are drawn.
//!
//! * Rates are made over the uptime, which does not jump, within one boot. A reboot, a counter that falls and a gap
//!   cost one interval and nothing else. A gap is an interval of more than three times the usual one around it.
//! * What cannot be is unknown: more CPU time than there was, a part that is larger than its total. It costs its interval only.
//! * What the slow beat of the sampler leaves out of most samples is carried forward for up to three beats.
//! * Long windows read rollups, which [`fold()`] keeps beside the log; they can be deleted and are made again. Read or made of the
//!   samples, bins are the same numbers.

mod bins;
mod carry;
mod compact;
mod day_before;
mod days;
mod edge;
mod error;
mod fold;
mod followers;
mod frame;
mod hours;
mod index;
mod latest;
mod members;
mod possible;
mod registry;
mod rollup;
mod rollup_line;
#[cfg(test)]
mod rollup_tests;
#[cfg(test)]
mod seam_tests;
mod table;
mod thin;
mod today;
mod window;
mod wrap;
mod written;

pub use compact::{Ages, Compacted, compact};
pub use days::{DaySummary, days};
pub use error::SeriesError;
pub use fold::{Folded, fold};
pub use frame::{Column, Frame, Key};
pub use latest::{Latest, Recent, latest, latest_and_recent, latest_at, rolled_up_at};
pub use window::{Window, samples, window};
