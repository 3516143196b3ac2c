//! What the numbers mean: the memory breakdown, what is wrong now, traffic and uptime. Knows series, not HTML.

pub mod breakdown;
pub mod part;

pub use breakdown::{Breakdown, Unknown};
pub use part::{Group, Part};
