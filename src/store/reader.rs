//! Reads the samples of a range: only the days that it touches, line by line, whatever happened to the files.
//!
//! What is broken is passed over, counted and located, and never costs a good line. Samples come in the order of the
//! files: ascending, but where a clock jumped. A day that has both a plain and a compressed file (a crash while it
//! was compressed; an rsync that brought it again) is read without doubles.

use super::error::StoreError;
use super::layout::{DayFiles, Form, Layout, day_of};
use super::line::{self, Head};
use super::line_decoder::LineDecoder;
use super::lines::{Ending, next_line};
use super::source;
use crate::sample::Sample;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, ErrorKind};
use std::path::{Path, PathBuf};

/// How many broken lines are kept with their place; all are counted.
const LOCATED: usize = 20;

/// What of a log could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Lines that are no sample, and files that cannot be read (to their end).
    pub broken_lines: u64,
    /// The first of them.
    pub first: Vec<BrokenLine>,
    /// Samples whose time is before that of the sample in front of them: the clock was set back.
    pub out_of_order: u64,
}

/// Where something is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenLine {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; 0 for the file as a whole.
    pub line: u64,
    /// What is wrong.
    pub reason: String,
}

impl Damage {
    /// Whether everything could be read.
    pub fn is_none(&self) -> bool {
        self.broken_lines == 0
    }

    /// Adds what another reader found.
    pub fn merge(&mut self, other: &Self) {
        self.broken_lines += other.broken_lines;
        self.out_of_order += other.out_of_order;
        let room = LOCATED.saturating_sub(self.first.len());
        self.first.extend(other.first.iter().take(room).cloned());
    }

    pub(super) fn add(&mut self, path: &Path, line: u64, reason: String) {
        self.broken_lines += 1;
        if self.first.len() < LOCATED {
            self.first.push(BrokenLine { path: path.to_owned(), line, reason });
        }
    }
}

/// Decides by its bytes whether a line is worth parsing.
type Filter = Box<dyn Fn(i64, &[u8]) -> bool>;

/// The samples of a range, one after the other. Reads one line at a time into a buffer that is used again.
pub struct Reader {
    layout: Layout,
    from: i64,
    until: i64,
    /// Files still to be read, the next one last.
    files: Vec<OneFile>,
    current: Option<(OneFile, Box<dyn BufRead + Send>)>,
    line: Vec<u8>,
    decoder: LineDecoder,
    line_number: u64,
    last_t: i64,
    /// Lines of a day's compressed file, by hash, while its plain one is to follow.
    seen: Option<HashSet<u64>>,
    hasher: RandomState,
    wanted: Option<Filter>,
    damage: Damage,
    skipped: u64,
}

/// A file to be read.
struct OneFile {
    path: PathBuf,
    form: Form,
    /// The day has another file too: its lines must not come twice.
    twin: bool,
    /// May grow while it is read: a line without an end is not broken, it is being written.
    open: bool,
}

impl Reader {
    /// The samples with `from <= t < until`.
    ///
    /// # Errors
    /// [`StoreError::Read`] if the folder cannot be listed, [`StoreError::Time`] for times that are none.
    pub fn range(layout: &Layout, from: i64, until: i64) -> Result<Self, StoreError> {
        let (first, last) = (day_of(from)?, day_of(until.saturating_sub(1).max(from))?);
        let days = layout.days()?;
        let newest = days.last().map(|files| files.day);
        let files = days
            .iter()
            .filter(|files| (first..=last).contains(&files.day))
            .flat_map(|files| files_of(layout, files, Some(files.day) == newest))
            .collect();
        Ok(Self::over(layout, files, from, until))
    }

    /// The samples with `from <= t < until` in the files of the day of `at` alone.
    ///
    /// # Errors
    /// [`StoreError::Read`] if the folder cannot be listed, [`StoreError::Time`] where `at` is none.
    pub fn of_files_at(layout: &Layout, at: i64, from: i64, until: i64) -> Result<Self, StoreError> {
        let day = day_of(at)?;
        let days = layout.days()?;
        let is_newest = days.last().is_some_and(|files| files.day == day);
        let files = days.iter().find(|files| files.day == day);
        let files = files.map(|files| files_of(layout, files, is_newest)).unwrap_or_default();
        Ok(Self::over(layout, files, from, until))
    }

    /// All samples of one day's files.
    pub(super) fn of_day(layout: &Layout, files: &DayFiles) -> Self {
        Self::over(layout, files_of(layout, files, false), i64::MIN, i64::MAX)
    }

    fn over(layout: &Layout, mut files: Vec<OneFile>, from: i64, until: i64) -> Self {
        files.reverse();
        Self {
            layout: layout.clone(),
            from,
            until,
            files,
            current: None,
            line: Vec::new(),
            decoder: LineDecoder::default(),
            line_number: 0,
            last_t: i64::MIN,
            seen: None,
            hasher: RandomState::new(),
            wanted: None,
            damage: Damage::default(),
            skipped: 0,
        }
    }

    /// Parses only the lines whose time and bytes `filter` wants; the others are counted, see [`Reader::skipped`].
    #[must_use]
    pub fn wanted(mut self, filter: impl Fn(i64, &[u8]) -> bool + 'static) -> Self {
        self.wanted = Some(Box::new(filter));
        self
    }

    /// What could not be read so far.
    pub fn damage(&self) -> &Damage {
        &self.damage
    }

    /// The line of the sample that came last, as it was written.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// Lines inside the range that the filter did not want and that look whole.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Opens the next file; false: there is none.
    fn open_next(&mut self) -> bool {
        while let Some(file) = self.files.pop() {
            self.line_number = 0;
            if !file.twin {
                self.seen = None;
            } else if file.form != Form::Plain {
                self.seen = Some(HashSet::new());
            }
            match source::open(&self.layout, &file.path, file.form) {
                Ok(opened) => {
                    self.current = Some((file, opened));
                    return true;
                }
                // Compressed, or turned into columns, since the folder was listed.
                Err(error) if error.kind() == ErrorKind::NotFound && !file.twin => {
                    if let Some((path, form)) = source::later_form(&file.path, file.form) {
                        self.files.push(OneFile { path, form, ..file });
                    }
                }
                Err(error) => self.damage.add(&file.path, 0, error.to_string()),
            }
        }
        false
    }

    /// The next sample, lent: quicker than one that is given away.
    pub fn next_lent(&mut self) -> Option<&Sample> {
        while self.layout.within_limits().is_ok() && (self.current.is_some() || self.open_next()) {
            if self.advance() {
                return self.decoder.sample();
            }
        }
        None
    }

    /// Shows every sample that is still to come.
    ///
    /// # Errors
    /// [`StoreError::TooCostly`] where a limit ended it before all were shown.
    pub fn each(&mut self, mut visit: impl FnMut(&Sample)) -> Result<(), StoreError> {
        while let Some(sample) = self.next_lent() {
            visit(sample);
        }
        self.layout.within_limits()
    }

    /// Reads the next line of the file that is open; whether it holds a sample that is wanted.
    fn advance(&mut self) -> bool {
        let Some((file, source)) = &mut self.current else { return false };
        let ending = next_line(source.as_mut(), &mut self.line);
        let open = file.open;
        self.line_number += 1;
        match ending {
            Ok(Ending::End) => self.current = None,
            Ok(Ending::TooLong) => {
                self.note("the line is longer than 1 MiB".to_owned());
            }
            Ok(Ending::Torn) if open && line::decode(&self.line).sample.is_none() => self.current = None,
            Ok(Ending::Newline | Ending::Torn) => return self.take_line(),
            Err(error) => {
                // A compressed file that was cut may end with a whole line all the same.
                self.decoder.read(&self.line);
                self.note(error.to_string());
                self.current = None;
                return self.decoder.sample().is_some_and(|sample| self.in_range(sample.t));
            }
        }
        false
    }

    /// Looks at the line in the buffer; whether it holds a sample that is wanted.
    fn take_line(&mut self) -> bool {
        if let Some(head) = line::head(&self.line)
            && !self.is_wanted(head)
        {
            if !self.line.trim_ascii_end().ends_with(b"}") {
                self.note("the line is torn".to_owned());
            } else if self.in_range(head.t) && self.is_new() {
                self.skipped += 1;
            }
            return false;
        }
        if !self.is_new() {
            return false;
        }
        if let Some(reason) = self.decoder.read(&self.line) {
            self.note(reason);
        }
        let Some(t) = self.decoder.sample().map(|sample| sample.t).filter(|t| self.in_range(*t)) else {
            return false;
        };
        if t < self.last_t {
            self.damage.out_of_order += 1;
        }
        self.last_t = t;
        true
    }

    /// The line is broken.
    fn note(&mut self, reason: String) {
        if let Some((file, _)) = &self.current {
            self.damage.add(&file.path, self.line_number, reason);
        }
    }

    fn in_range(&self, t: i64) -> bool {
        (self.from..self.until).contains(&t)
    }

    fn is_wanted(&self, head: Head) -> bool {
        self.in_range(head.t) && self.wanted.as_ref().is_none_or(|wanted| wanted(head.t, &self.line))
    }

    /// Whether the line was not already read from the day's other file.
    fn is_new(&mut self) -> bool {
        let hash = |line: &[u8]| self.hasher.hash_one(line.trim_ascii());
        match (&mut self.seen, &self.current) {
            (Some(seen), Some((file, _))) if file.form != Form::Plain => {
                seen.insert(hash(&self.line));
                true
            }
            (Some(seen), _) => !seen.contains(&hash(&self.line)),
            (None, _) => true,
        }
    }
}

/// The files of a day: the compressed one first, it holds the earlier lines.
fn files_of(layout: &Layout, files: &DayFiles, newest: bool) -> Vec<OneFile> {
    let packed = files.packed();
    let twin = files.plain && packed.is_some();
    let file = |form: Form, open: bool| OneFile { path: layout.file_of(files.day, form), form, twin, open };
    let plain = files.plain.then(|| file(Form::Plain, newest));
    packed.map(|form| file(form, false)).into_iter().chain(plain).collect()
}

impl Iterator for Reader {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        self.next_lent().cloned()
    }
}
