//! One run that sends: each channel gets what waits for it, in the order in which it was made.
//!
//! A channel that failed in a way that may be over soon is left alone until its pause is over, however many messages wait or come
//! meanwhile. Then the oldest is tried, and the others follow only when it is taken: so a channel that is down is asked once a
//! pause, and nobody reads "resolved" before "critical". A message that the server does not want for itself holds up no other.
//! Channels that work come before those that did not, so that one that hangs does not eat the time of all.

use super::super::channel::Channel;
use super::super::compose::Composer;
use super::super::error::NotifyError;
use super::super::notice::Notice;
use super::Spool;
use super::entry::Entry;
use super::ledger::{Ledger, Line};
use crate::base::clock::Stopwatch;
use crate::base::files;
use crate::base::refusal::{Again, Refusal};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// All that a run may take: cron starts the next one after a minute, and the run has done something else before.
pub(in crate::notify) const RUN_SECONDS: f64 = 40.0;
/// With less time left nothing is begun.
const LEAST_SECONDS: f64 = 2.0;
/// What was set aside is kept so long.
const ASIDE_SECONDS: i64 = 30 * 86_400;

/// What a run sent, and what not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// What was taken.
    pub sent: Vec<Sent>,
    /// What was tried and not taken; it waits.
    pub failed: Vec<Failed>,
    /// What cannot be sent ever, and lies in the folder `aside`.
    pub aside: Vec<Aside>,
    /// How many messages wait now, those that failed among them.
    pub waiting: usize,
    /// Another run is sending, so that this one did not.
    pub busy: bool,
}

/// A message that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The channel's name.
    pub channel: String,
    /// The notice's id.
    pub id: String,
}

/// A message that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The channel's name.
    pub channel: String,
    /// The notice's id.
    pub id: String,
    /// Why, without secrets.
    pub reason: String,
    /// When it is tried next, unix time.
    pub next: i64,
    /// It will not pass by itself: somebody must mend something.
    pub lasting: bool,
}

/// A file that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Where it is now.
    pub path: PathBuf,
    /// Why.
    pub reason: String,
}

/// Whom a message is given to.
pub(super) trait Carrier {
    /// Its name.
    fn name(&self) -> &str;
    /// The longest that a message may take.
    fn limit(&self) -> f64;
    /// Takes it, or not.
    fn carry(&self, notice: &Notice, now: i64, seconds: f64) -> Result<(), Refusal>;
}

/// A channel with the words that it needs.
struct Worded<'a> {
    channel: &'a Channel,
    composer: &'a Composer,
}

impl Carrier for Worded<'_> {
    fn name(&self) -> &str {
        self.channel.name()
    }

    fn limit(&self) -> f64 {
        self.channel.limit()
    }

    fn carry(&self, notice: &Notice, now: i64, seconds: f64) -> Result<(), Refusal> {
        self.channel.send(notice, self.composer, now, seconds)
    }
}

/// A message and its file.
struct Waiting {
    path: PathBuf,
    entry: Entry,
}

/// What waits for a channel.
type Queue<'a> = (&'a dyn Carrier, Vec<Waiting>);

impl Spool {
    /// Sends what is due, for at most 40 seconds; the rest waits for the next run.
    ///
    /// # Errors
    /// Where the spool cannot be read or written. What a channel does not take is no error.
    pub fn deliver(
        &self,
        channels: &[Channel],
        composer: &Composer,
        now: i64,
    ) -> Result<Delivery, NotifyError> {
        let worded: Vec<Worded<'_>> = channels.iter().map(|channel| Worded { channel, composer }).collect();
        let carriers: Vec<&dyn Carrier> = worded.iter().map(|worded| worded as &dyn Carrier).collect();
        self.deliver_by(&carriers, now)
    }

    pub(super) fn deliver_by(&self, carriers: &[&dyn Carrier], now: i64) -> Result<Delivery, NotifyError> {
        let mut delivery = Delivery::default();
        let _sending = match files::lock_path(&self.folder.join("sending"), 0.0) {
            Ok(lock) => lock,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                return Ok(Delivery { waiting: self.waiting()?, busy: true, ..delivery });
            }
            Err(error) => return Err(error.into()),
        };
        self.tidy(now)?;
        let mut queues = self.queues(carriers, &mut delivery)?;
        // Those that never failed, or seldom, first.
        queues.sort_by_key(|(_, messages)| messages.iter().map(|message| message.entry.tries).max());
        let watch = Stopwatch::start();
        for (carrier, messages) in queues {
            self.serve(carrier, messages, now, watch, &mut delivery)?;
        }
        delivery.waiting = self.waiting()?;
        Ok(delivery)
    }

    /// Gives a channel what waits for it, the oldest first.
    fn serve(
        &self,
        carrier: &dyn Carrier,
        messages: Vec<Waiting>,
        now: i64,
        watch: Stopwatch,
        delivery: &mut Delivery,
    ) -> Result<(), NotifyError> {
        if messages.iter().any(|Waiting { entry, .. }| entry.pauses_channel(now)) {
            return Ok(());
        }
        // The pause is the channel's: it grows on whichever message is tried.
        let transient = messages.iter().filter(|message| !message.entry.lasting);
        let mut failures = transient.map(|message| message.entry.tries).max().unwrap_or(0);
        for Waiting { path, mut entry } in messages {
            // What waits for somebody is not tried more often because of others.
            if entry.lasting && !entry.is_due(now) {
                continue;
            }
            let seconds = carrier.limit().min(RUN_SECONDS - watch.seconds());
            if seconds < LEAST_SECONDS {
                return Ok(());
            }
            self.reserve(&entry, now)?;
            match carrier.carry(&entry.notice, now, seconds) {
                Ok(()) => {
                    self.taken(&path, &entry, now)?;
                    failures = 0;
                    delivery.sent.push(Sent { channel: entry.channel, id: entry.notice.id });
                }
                Err(refusal) => {
                    entry.tries = entry.tries.max(failures);
                    entry.refused(&refusal, now);
                    entry.write(&path)?;
                    delivery.failed.push(Failed {
                        channel: entry.channel,
                        id: entry.notice.id,
                        reason: refusal.reason,
                        next: entry.next,
                        lasting: entry.lasting,
                    });
                    if refusal.again != Again::Mended {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// Makes sure, before a message is sent, that it can be remembered: what cannot would be sent again each minute.
    fn reserve(&self, entry: &Entry, now: i64) -> Result<(), NotifyError> {
        let _lock = self.lock()?;
        Ledger::add(&self.ledger_path(), &Line::reserved(now, &entry.notice.id, &entry.channel))
    }

    /// The ledger first: a crash between the two then costs a file that is removed below, not a second message. Where it has no room
    /// for a second line, the reserved one and the missing file say the same.
    fn taken(&self, path: &Path, entry: &Entry, now: i64) -> Result<(), NotifyError> {
        let _lock = self.lock()?;
        let noted = Ledger::add(&self.ledger_path(), &Line::sent(now, &entry.notice.id, &entry.channel));
        fs_err::remove_file(path)?;
        files::sync_folder(&self.queue())?;
        noted
    }

    /// What waits, by channel, each in the order in which it was made. Files that are no messages, and messages for nobody, are
    /// set aside.
    fn queues<'a>(
        &self,
        carriers: &[&'a dyn Carrier],
        delivery: &mut Delivery,
    ) -> Result<Vec<Queue<'a>>, NotifyError> {
        let _lock = self.lock()?;
        let ledger = Ledger::read(&self.ledger_path())?;
        let mut by_channel: BTreeMap<String, Vec<Waiting>> = BTreeMap::new();
        for path in self.waiting_paths()? {
            match Entry::read(&path) {
                Ok(entry) if ledger.has_sent(&entry.notice.id, &entry.channel) => fs_err::remove_file(&path)?,
                Ok(entry) => {
                    by_channel.entry(entry.channel.clone()).or_default().push(Waiting { path, entry })
                }
                Err(reason) => delivery.aside.push(self.set_aside(&path, reason)?),
            }
        }
        let mut queues = Vec::new();
        for (name, mut messages) in by_channel {
            messages.sort_by(|a, b| {
                (a.entry.notice.t, &a.entry.notice.id).cmp(&(b.entry.notice.t, &b.entry.notice.id))
            });
            match carriers.iter().find(|carrier| carrier.name() == name) {
                Some(carrier) => queues.push((*carrier, messages)),
                None => {
                    for message in messages {
                        let reason = format!("there is no channel of the name {name:?} any more");
                        delivery.aside.push(self.set_aside(&message.path, reason)?);
                    }
                }
            }
        }
        Ok(queues)
    }

    fn set_aside(&self, path: &Path, reason: String) -> Result<Aside, NotifyError> {
        let aside = self.aside().join(path.file_name().unwrap_or_default());
        fs_err::rename(path, &aside)?;
        Ok(Aside { path: aside, reason })
    }

    /// Old lines of the ledger, old files that were set aside, and what killed runs left.
    fn tidy(&self, now: i64) -> Result<(), NotifyError> {
        let _lock = self.lock()?;
        files::remove_leftovers(&self.queue())?;
        files::remove_leftovers(&self.folder)?;
        Ledger::read(&self.ledger_path())?.forget(&self.ledger_path(), now)?;
        for entry in fs_err::read_dir(self.aside())? {
            let path = entry?.path();
            let modified = fs_err::metadata(&path)?.modified()?;
            let age = modified.duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default();
            if i64::try_from(age.as_secs()).is_ok_and(|at| at.saturating_add(ASIDE_SECONDS) < now) {
                fs_err::remove_file(&path)?;
            }
        }
        Ok(())
    }
}
