//! The logs on disk: where it is, how a line is appended, how lines are read back whatever happened to them.
//!
//! One JSON object a line, one file a day (UTC), `<data>/<host>/samples/2026-11-23.jsonl`, closed days maybe `.gz`,
//! older ones maybe as columns, `2026-11-01.columns.gz`.
//! Promises: a sample is one write of one whole line; damage costs its own line and never a neighbour; memory does
//! not grow with the log; nothing that another host sent is trusted, its folder's name included.

mod append;
mod budget;
mod clock_jump;
mod columns;
mod compress;
mod error;
mod events;
mod fill;
mod follow;
mod host_at;
mod host_file;
mod hosts;
mod layout;
mod line;
mod line_decoder;
mod lines;
mod metered;
mod reader;
mod sent;
mod source;
mod tail;
mod writing;

pub use append::{Appended, append};
pub use budget::Budget;
pub use clock_jump::ClockJump;
pub use compress::{Compressed, compress, remove, turn};
pub use error::StoreError;
pub(crate) use error::way_out;
pub use events::{EventLog, append_events, append_missing_events, event_log, events};
pub use fill::{Filled, fill};
pub use follow::{DayPlace, Follower};
pub use hosts::hosts;
pub use layout::{CHECK_FOLDER, DERIVED_FOLDER, DayFiles, DaySizes, Layout, day_of, start_of};
pub use reader::{BrokenLine, Damage, Reader};
pub use sent::{LINE_BITS, Sent};
pub use tail::{tail, tail_until};
pub use writing::{Writing, writing};

/// The log of events in a host's folder.
const EVENTS: &str = "events.jsonl";

/// A host `web1` in a data folder of its own, for tests; the folder lasts as long as the first.
#[cfg(test)]
pub(crate) fn scratch() -> (tempfile::TempDir, Layout) {
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::new(data.path(), "web1").unwrap();
    (data, layout)
}
