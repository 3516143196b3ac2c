//! Messages: what changed since the last run becomes one notice, which is kept on disk until each channel has taken it.
//!
//! ```text
//! alert ─> notice (what is told) ─> compose (words, by templates) ─> spool (on disk) ─> mail, webhook, command
//! ```

mod notice;

pub use notice::{Change, Fact, Item, Notice, Picture};
