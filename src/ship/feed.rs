//! What of a host's log is still to be sent: its days, the oldest first, and the samples of each behind the host's place.
//!
//! A file that is added, replaced or compressed changes the folder; appending to one does not. So while the folder is as it was when
//! all was sent, only the newest days are looked at; each new day changes it, and then all are. A late line in the middle of an old
//! day is found by the next day.

use super::error::ShipError;
use super::place::{self, Facts, HostPlace};
use super::settled;
use crate::base::clock::Clock;
use crate::sample::Sample;
use crate::sample::host::Host;
use crate::store::{DayFiles, DayPlace, Follower, Layout, StoreError, start_of};
use jiff::civil::Date;
use std::collections::VecDeque;
use std::os::unix::fs::MetadataExt;

/// A change that is younger may not be the last one of its tick.
const SETTLED_SECONDS: i64 = 2;

/// A host's log behind its place.
pub(super) struct Feed {
    layout: Layout,
    /// Days that may have something new, the oldest first, each with how far it was read.
    days: VecDeque<(DayFiles, DayPlace)>,
    /// The first of them, open.
    open: Option<Follower>,
    /// The next sample is not before this time.
    next: Option<i64>,
    /// What the log said last of the host, and where.
    host: Option<Host>,
    facts: Option<Facts>,
    /// Days whose end was reached, with how far they were read: behind lines that are no samples, too.
    passed: Vec<(Date, DayPlace)>,
    /// The newest sample that the engine may have already.
    pub(super) doubt: Option<i64>,
    /// When the folder had last changed before it was looked through; none where that may change unseen.
    folder: Option<i64>,
}

/// Behind a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Behind {
    pub(super) day: Date,
    pub(super) place: DayPlace,
    pub(super) facts: Option<Facts>,
}

impl Feed {
    /// The log of a host behind its place.
    pub(super) fn new(layout: Layout, place: Option<&HostPlace>, today: Date) -> Result<Self, ShipError> {
        // Before it is listed: what comes meanwhile is found next time.
        let folder = changed(&layout);
        let unchanged = place.filter(|place| place.folder.is_some() && place.folder == folder);
        let listed = match unchanged {
            // Those that can have grown.
            Some(place) => {
                let old = place::old(place, today).count();
                place.days.keys().skip(old).map(|day| layout.files(*day)).collect()
            }
            None => layout.days()?,
        };
        let mut days = VecDeque::new();
        let records = place.filter(|_| unchanged.is_none()).map(|place| place.settled.records());
        let records = records.unwrap_or_default();
        for files in listed {
            let at = match place.and_then(|place| place.days.get(&files.day)) {
                Some(at) => at.clone(),
                None => match records.get(&files.day).and_then(|record| settled::decode(files.day, record)) {
                    Some(record) if record.is_of(layout.sizes(&files).both(&files)) => continue,
                    Some(record) => DayPlace { sent: record.sent, ..DayPlace::default() },
                    None => DayPlace::default(),
                },
            };
            if !at.is_of(&layout, &files) {
                days.push_back((files, at));
            }
        }
        let next = days.front().map(|(files, _)| start_of(files.day));
        let (facts, doubt) = place.map_or((None, None), |place| (place.facts, place.doubt));
        let passed = Vec::new();
        let mut feed = Self { layout, days, open: None, next, host: None, facts, passed, doubt, folder };
        if !feed.days.is_empty() {
            feed.host = feed.remembered();
        }
        Ok(feed)
    }

    /// When the folder had last changed, where all that was in it has been handed out.
    pub(super) fn settled(&self) -> Option<i64> {
        self.folder.filter(|_| self.days.is_empty())
    }

    /// The host's name.
    pub(super) fn name(&self) -> &str {
        self.layout.host()
    }

    /// A time before which there is nothing more to send; none where there is nothing at all.
    pub(super) fn next(&self) -> Option<i64> {
        self.next
    }

    /// What is known of the host.
    pub(super) fn host(&self) -> Option<&Host> {
        self.host.as_ref()
    }

    /// The next sample before a time.
    pub(super) fn sample_before(&mut self, until: i64) -> Result<Option<(Sample, Behind)>, ShipError> {
        while let Some((files, place)) = self.days.front_mut() {
            let day = files.day;
            if start_of(day) >= until && self.open.is_none() {
                break;
            }
            if self.open.is_none() {
                self.open = Follower::open(&self.layout, files, place.clone())?;
            }
            let Some(follower) = &mut self.open else {
                self.days.pop_front();
                continue;
            };
            if let Some(sample) = follower.next_before(until)? {
                place.clone_from(follower.place());
                let place = place.clone();
                // What another program observed says nothing of later samples.
                if sample.host.is_some() && sample.imported.is_none() {
                    self.host.clone_from(&sample.host);
                    self.facts = Some(Facts { day, at: follower.began() });
                }
                self.next = Some(sample.t);
                return Ok(Some((sample, Behind { day, place, facts: self.facts })));
            }
            if let Some(next) = follower.next_time() {
                self.next = Some(next);
                return Ok(None);
            }
            self.passed.push((day, follower.place().clone()));
            self.days.pop_front();
            self.open = None;
        }
        self.next = self.days.front().map(|(files, _)| start_of(files.day));
        Ok(None)
    }

    /// Lets go of the open file; it is opened again when its turn comes.
    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// Gives up on the log: a file of it cannot be read.
    pub(super) fn abandon(&mut self) {
        self.close();
        self.days.clear();
        self.folder = None;
        self.next = None;
    }

    /// The days that have ended since this was asked last.
    pub(super) fn passed(&mut self) -> Vec<(Date, DayPlace)> {
        std::mem::take(&mut self.passed)
    }

    /// The facts that the log said before the place: where it was noted, else the first line of the first day.
    fn remembered(&self) -> Option<Host> {
        let (first, place) = self.days.front()?;
        let facts = match self.facts {
            Some(facts) => facts,
            None if !place.sent.is_empty() => Facts { day: first.day, at: 0 },
            None => return None,
        };
        self.facts_at(facts).ok().flatten()
    }

    /// The facts in the line that was noted; where the day was written anew since, in the last one that was sent of it.
    fn facts_at(&self, facts: Facts) -> Result<Option<Host>, StoreError> {
        let noted = self.layout.host_at(facts.day, facts.at)?;
        if noted.is_some() {
            return Ok(noted);
        }
        let sent = self.days.iter().find(|(files, _)| files.day == facts.day).map(|(_, place)| &place.sent);
        let last = sent.and_then(|sent| sent.stretches.last()).map_or(i64::MAX, |(_, last)| *last);
        let files = self.layout.files(facts.day);
        let Some(mut follower) = Follower::open(&self.layout, &files, DayPlace::default())? else {
            return Ok(None);
        };
        let mut found = None;
        while let Some(sample) = follower.next_before(i64::MAX)? {
            if sample.t <= last && sample.imported.is_none() {
                found = sample.host.or(found);
            }
        }
        Ok(found)
    }
}

/// When the folder of the log last changed, in nanoseconds; none where it did just now: a clock's tick later it could change again
/// and say the same.
fn changed(layout: &Layout) -> Option<i64> {
    let metadata = fs_err::metadata(layout.samples()).ok()?;
    let is_old = metadata.mtime() < Clock::Real.now() - SETTLED_SECONDS;
    is_old.then(|| metadata.mtime().checked_mul(1_000_000_000)?.checked_add(metadata.mtime_nsec())).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store;
    use jiff::civil::date;
    use std::time::{Duration, SystemTime};

    /// Dates the folder's last change; a file system that is not asked keeps it.
    fn date_folder(layout: &Layout, seconds_ago: u64) {
        let folder = std::fs::File::open(layout.samples()).unwrap();
        let now = u64::try_from(Clock::Real.now()).unwrap();
        folder.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(now - seconds_ago)).unwrap();
    }

    fn write(layout: &Layout, day: Date, samples: i64) {
        let lines = (0..samples).map(|index| format!("{{\"v\":1,\"t\":{}}}\n", start_of(day) + index * 60));
        fs_err::write(layout.day_file(day), lines.collect::<String>()).unwrap();
    }

    /// The times of all that is new, and the place behind it.
    fn sent(layout: &Layout, place: &mut HostPlace) -> usize {
        let mut feed = Feed::new(layout.clone(), Some(place), date(2026, 11, 23)).unwrap();
        let mut count = 0;
        while let Some((_, behind)) = feed.sample_before(i64::MAX).unwrap() {
            place.days.insert(behind.day, behind.place);
            count += 1;
        }
        place.days.extend(feed.passed());
        place.folder = feed.settled().or(place.folder);
        count
    }

    #[test]
    fn a_folder_that_did_not_change_is_looked_at_where_it_can_grow() {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path(), "web1").unwrap();
        fs_err::create_dir_all(layout.samples()).unwrap();
        for day in 1..=23 {
            write(&layout, date(2026, 11, day), 2);
        }
        date_folder(&layout, 100);
        let mut place = HostPlace::default();
        assert_eq!(sent(&layout, &mut place), 46);
        assert_eq!((sent(&layout, &mut place), place.folder.is_some()), (0, true));
        // Appended to: today's, and yesterday's late; an old one is found when the folder changes.
        write(&layout, date(2026, 11, 23), 3);
        write(&layout, date(2026, 11, 22), 4);
        write(&layout, date(2026, 11, 2), 7);
        assert_eq!(sent(&layout, &mut place), 3);
        write(&layout, date(2026, 10, 1), 1);
        date_folder(&layout, 50);
        assert_eq!(sent(&layout, &mut place), 6, "a day that comes late, and what an old one got");
        assert_eq!(sent(&layout, &mut place), 0);
    }

    #[test]
    fn days_in_their_short_form_are_not_sent_again_whatever_becomes_of_their_files() {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path(), "web1").unwrap();
        fs_err::create_dir_all(layout.samples()).unwrap();
        let days: Vec<Date> = (2..=9).map(|day| date(2026, 11, day)).collect();
        days.iter().for_each(|day| write(&layout, *day, 20));
        let mut place = HostPlace::default();
        assert_eq!(sent(&layout, &mut place), 160);
        let settle = |place: &mut HostPlace| place::settle(place, Some(&layout), date(2026, 11, 23));
        settle(&mut place);
        assert_eq!(sent(&layout, &mut place), 0);
        assert!(place.days.keys().eq(&days[5..]), "the others are not even looked into");
        // Compressed, with a late line, with an imported one, and a day that comes late.
        for day in &days {
            store::compress(&layout, &layout.files(*day), true).unwrap();
        }
        write(&layout, days[0], 22);
        let imported = Sample {
            v: 1,
            t: start_of(days[2]) + 7_200,
            imported: Some("rrd".to_owned()),
            ..Sample::default()
        };
        assert_eq!(store::fill(&layout, &[imported], false).unwrap().lines(), 1);
        write(&layout, date(2026, 11, 1), 5);
        assert_eq!(sent(&layout, &mut place), 2 + 1 + 5);
        settle(&mut place);
        assert_eq!(sent(&layout, &mut place), 0);
        store::compress(&layout, &layout.files(days[0]), true).unwrap();
        assert_eq!(sent(&layout, &mut place), 0);
    }

    #[test]
    fn a_folder_that_changed_just_now_is_looked_through_again() {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path(), "web1").unwrap();
        fs_err::create_dir_all(layout.samples()).unwrap();
        write(&layout, date(2026, 11, 23), 2);
        date_folder(&layout, 0);
        let mut place = HostPlace::default();
        assert_eq!((sent(&layout, &mut place), place.folder), (2, None));
    }
}
