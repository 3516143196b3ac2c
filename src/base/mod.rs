//! What every stage stands on and knows nothing of any of them: clock, files, units, words.

pub mod clock;
pub mod files;
pub mod unit;
