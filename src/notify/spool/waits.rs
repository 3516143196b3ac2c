//! What waits in a spool, for those who only want to know: nothing is made, locked or changed.

use super::entry::Entry;
use super::paths;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// What waits for a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// How many messages.
    pub messages: usize,
    /// Since when the oldest, unix time.
    pub since: i64,
    /// Why the channel took none when it was tried last; none where it was not tried.
    pub reason: Option<String>,
}

/// What waits, by channel; nothing where there is no spool. What is no message is the delivery's to set aside.
///
/// # Errors
/// What the file system says, with the path.
pub fn waits(spool: &Path) -> io::Result<BTreeMap<String, Wait>> {
    let queue = spool.join("queue");
    let mut entries: Vec<Entry> = match fs_err::symlink_metadata(&queue) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
        Ok(_) => paths(&queue)?.iter().filter_map(|path| Entry::read(path).ok()).collect(),
    };
    // A later try has a later next one, as near as matters here: the last reason stays.
    entries.sort_by_key(|entry| (entry.tries > 0, entry.next));
    let mut waits: BTreeMap<String, Wait> = BTreeMap::new();
    for entry in entries {
        let (channel, since) = (entry.channel, entry.notice.t);
        let wait = waits.entry(channel).or_insert(Wait { messages: 0, since, reason: None });
        wait.messages += 1;
        wait.since = wait.since.min(since);
        wait.reason = entry.reason.or_else(|| wait.reason.take());
    }
    Ok(waits)
}
