//! What the numbers mean: the memory breakdown, what is wrong now, traffic and uptime. Knows series, not HTML.

pub mod breakdown;
mod checks;
pub mod describe;
pub mod leak;
mod own;
pub mod part;
mod recent;
pub mod report;
pub mod state;
pub mod traffic;
pub mod uptime;
pub mod used;

pub use breakdown::{Breakdown, Unknown};
pub use part::{Group, Part};
pub use state::{HostState, Level, Problem, ProblemKind, judge};
