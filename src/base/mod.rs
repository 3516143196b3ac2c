//! What every stage stands on and knows nothing of any of them: clock, files, units, words, statistics.

pub mod clock;
pub mod connection;
pub mod escape;
pub mod files;
pub mod format;
pub mod glob;
pub mod hash;
pub mod hint;
pub mod http;
pub mod limits;
pub mod refusal;
pub mod statistics;
pub mod unit;
pub mod words;
