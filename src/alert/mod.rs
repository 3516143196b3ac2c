//! Rules and alerts: what the user wants to be told of, whether it holds on a host, since when, and what of that
//! changed. Knows series and findings, not pages and not how messages travel.
//!
//! ```text
//! rule (parse, names, measure) ─ evaluated on a table (samples, facts) ─> machine ─> book ─> history
//!                                                                                     └──> tell: what is news
//! ```

mod book;
pub mod expression;
mod facts;
mod filling;
mod finds;
mod history;
mod machine;
pub mod measure;
mod mute;
pub mod names;
mod parse;
mod pools;
mod problem;
mod rule;
mod table;
mod tell;
mod told;
mod watch;

#[cfg(test)]
mod book_tests;
#[cfg(test)]
mod built_in_tests;

pub use book::{Alert, Book, Episode, Told};
pub use facts::{cores, subject_of};
pub use finds::finds;
pub use history::{Entry, Place};
pub use machine::{Machine, Phase, Turn};
pub use mute::{Mute, Mutes};
pub(crate) use rule::SILENT;
pub use rule::{DEFAULTS, Rule, RuleError, Rules, built_in};
pub use tell::{Marked, Policy, Telling, What, tellings};
pub use watch::{Shelf, Subject};
