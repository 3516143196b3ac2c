//! Messages: what changed since the last run becomes one notice, which is kept on disk until each channel has taken it.
//!
//! ```text
//! alert ─> notice (what is told) ─> compose (words, by templates) ─> spool (on disk) ─> mail, webhook, command
//! ```

mod evidence;
mod notice;
mod picture;
mod remedy;
mod tell;

pub use evidence::Evidence;
pub use notice::{Change, Fact, Item, Notice, Picture};
pub use picture::{PictureError, Subject};
pub use tell::{Told, notice};
