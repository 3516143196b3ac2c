//! The story's experiments: does each run of a command leave memory behind, how much, in which part; and which script of a
//! folder is it that does. Runs of the command alternate with runs of nothing, and what others do meanwhile is in both.
//!
//! ```text
//! process (runs it, each way) ─ world ─ session (alternates, reads, stops) ─> verdict (by estimate) ─> bisect
//! ```
//! Promises: nothing is left running, no more memory is taken than allowed, no folder is touched, and what cannot be told
//! is not told.

mod account;
mod blocks;
mod cover;
mod estimate;
mod judged;
mod machine;
#[cfg(test)]
mod model;
mod output;
mod process;
mod reading;
mod round;
mod session;
mod slab;
mod terminal;
mod verdict;
mod way;
mod world;

pub mod bisect;
pub mod script;

pub use account::Account;
pub use cover::{Cover, Covering};
pub use estimate::Rule;
pub use machine::{Machine, Setup};
pub use reading::{LEFT, LeftKind, Thing};
pub use round::{Answered, Trace};
pub use session::{Limits, Observed, Progress, Stop, observe};
pub use verdict::{Grown, Judgement, Left, Ran, Slab, Verdict, Why, is_decided, verdict};
pub use way::{Stream, Surroundings, Way, ways};
pub use world::{Kind, World};

use std::io;

/// Why a probe could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The command cannot be started.
    #[error("cannot run {program}: {source}")]
    Start {
        /// As it was typed.
        program: String,
        /// What the system says.
        source: io::Error,
    },
    /// The command was killed, and did not end.
    #[error("the command could not be ended: process {pid} is still there")]
    NoEnd {
        /// Its number.
        pid: u32,
    },
    /// There is no such user.
    #[error("there is no user {name} in {path}")]
    NoUser {
        /// As it was typed.
        name: String,
        /// Where it was looked up.
        path: String,
    },
    /// A pseudo-terminal or a temporary file cannot be made.
    #[error("cannot make a {what} for the command: {source}")]
    Stream {
        /// `pseudo-terminal`, `temporary file`, `pipe`.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// Scripts cannot be switched off: no private mount namespace.
    #[error("this user cannot have a private mount namespace: {source}")]
    NoNamespace {
        /// What the system says.
        source: io::Error,
    },
    /// The tree does not say where its memory is.
    #[error("{path} does not say where the memory is: {reason}")]
    NoMemory {
        /// `/proc/meminfo`
        path: String,
        /// Why.
        reason: String,
    },
    /// A folder of scripts cannot be used.
    #[error("{path}: {reason}")]
    Scripts {
        /// The folder.
        path: String,
        /// Why.
        reason: String,
    },
}
