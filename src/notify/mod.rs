//! Messages: what changed since the last run becomes one notice, which is kept on disk until each channel has taken it.
//!
//! ```text
//! alert ─> notice (what is told) ─> spool (on disk) ─> compose (words, by templates) ─> channel (mail, HTTP, a command)
//! ```
//!
//! Nothing is lost and nothing is sent twice: see [`Spool`] for what that rests on and where it ends. Secrets of the configuration
//! are in no error and no log.

mod channel;
mod compose;
mod error;
mod evidence;
#[cfg(test)]
mod fixture;
mod json;
mod markup;
mod notice;
mod outbox;
mod picture;
mod remedy;
mod sample;
mod spool;
mod tell;
#[cfg(test)]
mod tests;
mod view;

pub use crate::base::refusal::{Again, Refusal};
pub use channel::Channel;
pub use compose::{Composed, Composer, Form, Inline};
pub use error::NotifyError;
pub use evidence::Evidence;
pub use markup::Markup;
pub use notice::{Change, Fact, Item, Notice, Picture, Swatch};
pub use outbox::{Batch, Mark, Outbox};
pub use picture::{PictureError, Subject};
use spool::RUN_SECONDS;
pub use spool::{Aside, Delivery, Failed, Sent, Spool, Wait, waits};
pub use tell::{Told, notice};

use crate::base::clock::Stopwatch;
use std::path::Path;

/// Sends one invented notice over a channel, now, past the spool: does it arrive? `site` is where the pages are.
///
/// # Errors
/// Why it was not taken.
pub fn test(channel: &Channel, composer: &Composer, site: Option<&str>, now: i64) -> Result<(), Refusal> {
    let notice = sample::notice(channel.name(), composer, site, now);
    channel.send(&notice, composer, now, channel.limit())
}

/// Sends messages now, past the spool: where nothing can be written. True where any was taken.
pub fn send_unsaved(batch: &Batch, channels: &[Channel], composer: &Composer, now: i64) -> bool {
    let watch = Stopwatch::start();
    let mut any = false;
    for (name, notice) in &batch.notices {
        let Some(channel) = channels.iter().find(|channel| channel.name() == name) else { continue };
        let seconds = channel.limit().min(RUN_SECONDS - watch.seconds());
        any |= seconds > 0.0 && channel.send(notice, composer, now, seconds).is_ok();
    }
    any
}

/// Writes an invented message by each template of messages, and by files of the user's: does any have a mistake?
///
/// # Errors
/// The first mistake, with file and line.
pub fn rehearse(composer: &Composer, files: &[&Path], now: i64) -> Result<(), NotifyError> {
    let notice = sample::notice("", composer, None, now);
    composer.compose(&notice)?;
    for file in files {
        composer.render_file(file, &notice)?;
    }
    Ok(())
}
