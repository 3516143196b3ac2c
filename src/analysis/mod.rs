//! What the numbers mean: the memory breakdown, what is worth a note, traffic and uptime. Knows series, not HTML.

pub mod breakdown;
pub mod describe;
mod early_growth;
pub mod evidence_text;
pub mod leak;
mod notes;
pub mod part;
pub mod report;
pub mod state;
pub mod traffic;
pub mod uptime;
pub mod used;

pub use breakdown::{Breakdown, Unknown};
pub use notes::{kills, notes};
pub use part::{Group, Part};
pub use state::{Level, Problem, ProblemKind};
