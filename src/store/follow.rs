//! Reads on in a day's files from where it was left: for who hands the log on and must lose no line, whatever order they come in.
//!
//! While a day has its plain file only, a place counts bytes. Once it is compressed, or a file is another one than it was, the place
//! is found by its lines ([`Sent`]): where as many lines add up to the same number, what follows is new. Where lines were put between
//! those that were handed out (`import`), all of them lie outside of the stretches that were handed out. Where neither is so, the
//! whole day is new: rather twice than lost. A day that has both files is read like the reader does: the compressed one, then what the
//! plain one has beside it.

use super::error::StoreError;
use super::layout::{DayFiles, DaySizes, Form, Layout};
use super::line::head;
use super::line_decoder::LineDecoder;
use super::lines::{Ending, next_line};
use super::sent::{Sent, number_of, sum};
use super::source;
use crate::sample::Sample;
use std::collections::HashSet;
use std::io::{self, BufRead, ErrorKind, Read};
use std::path::PathBuf;

/// How far before a place the line is looked for that ends there.
const BEFORE: u64 = 64 * 1024;

/// How far a day's files were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayPlace {
    /// Bytes of the plain file.
    pub plain: u64,
    /// The size of the compressed file when its end was reached; 0: there was none, or it was not.
    pub compressed: u64,
    /// What was handed out.
    pub sent: Sent,
}

/// The samples of one day behind a place.
pub struct Follower {
    layout: Layout,
    files: Vec<OneFile>,
    /// How many of them were opened.
    opened: usize,
    current: Option<Counted>,
    /// Behind what was handed out.
    place: DayPlace,
    /// Behind what was read.
    ahead: DayPlace,
    /// Read, and not handed out yet.
    held: Option<Sample>,
    line: Vec<u8>,
    decoder: LineDecoder,
    /// Its number.
    number: u64,
    /// Where that line begins in its file, uncompressed.
    began: u64,
    /// Lines of the compressed file, while the plain one is to follow.
    seen: Option<HashSet<u64>>,
    /// Lines in whose midst others were put: what lies in its stretches was handed out.
    known: Option<Sent>,
}

/// A file of the day.
struct OneFile {
    path: PathBuf,
    form: Form,
    size: u64,
}

impl DayPlace {
    /// Whether all was read of the files as they are.
    pub fn is_of(&self, layout: &Layout, files: &DayFiles) -> bool {
        layout.sizes(files).both(files) == (self.compressed, self.plain)
    }
}

impl DaySizes {
    /// Of the compressed file that counts, or 0; and of the plain one, or 0.
    pub fn both(&self, files: &DayFiles) -> (u64, u64) {
        let packed = files.packed().and_then(|form| self.of(form));
        (packed.unwrap_or(0), self.plain.unwrap_or(0))
    }
}

impl Follower {
    /// Opens a day behind a place; none where there is nothing new.
    ///
    /// # Errors
    /// [`StoreError::Read`] where a file is there and cannot be read.
    pub fn open(layout: &Layout, files: &DayFiles, place: DayPlace) -> Result<Option<Self>, StoreError> {
        let sizes = layout.sizes(files);
        if sizes.both(files) == (place.compressed, place.plain) {
            return Ok(None);
        }
        let forms = files.packed().into_iter().chain([Form::Plain]);
        let present = forms.filter_map(|form| {
            Some(OneFile { path: layout.file_of(files.day, form), form, size: sizes.of(form)? })
        });
        let files: Vec<OneFile> = present.collect();
        if files.is_empty() {
            return Ok(None);
        }
        let mut follower = Self {
            layout: layout.clone(),
            files,
            opened: 0,
            current: None,
            ahead: place.clone(),
            place,
            held: None,
            line: Vec::new(),
            decoder: LineDecoder::default(),
            number: 0,
            began: 0,
            seen: None,
            known: None,
        };
        follower.go_to_place()?;
        Ok(Some(follower))
    }

    /// The next sample before a time, in the order of the files; none where the next is of later or there is none.
    ///
    /// # Errors
    /// [`StoreError::Read`] where a file cannot be read (to its end).
    pub fn next_before(&mut self, until: i64) -> Result<Option<Sample>, StoreError> {
        if self.held.is_none() {
            self.held = self.read().or_else(|error| self.layout.within_limits().and(Err(error)))?;
            if self.held.is_none() {
                self.place.clone_from(&self.ahead);
            }
        }
        let next = self.held.take_if(|sample| sample.t < until);
        if next.is_some() {
            self.place.clone_from(&self.ahead);
        }
        Ok(next)
    }

    /// The time of the sample that comes next, where one was looked at already.
    pub fn next_time(&self) -> Option<i64> {
        self.held.as_ref().map(|sample| sample.t)
    }

    /// Behind what was handed out.
    pub fn place(&self) -> &DayPlace {
        &self.place
    }

    /// Where the line of the sample that was handed out last begins in its file, in uncompressed bytes.
    pub fn began(&self) -> u64 {
        self.began
    }

    /// Goes behind what was handed out.
    fn go_to_place(&mut self) -> Result<(), StoreError> {
        if self.resume()? {
            return Ok(());
        }
        self.rewind();
        if !self.place.sent.is_empty() && !self.find()? {
            self.rewind();
            match self.is_inside()? {
                true => self.known = Some(self.place.sent.clone()),
                false => self.place.sent = Sent::default(),
            }
            self.rewind();
        }
        self.place.clone_from(&self.ahead);
        Ok(())
    }

    /// Goes on behind the place in the plain file, where what is before it is as it was. False: it is not, or there is none.
    fn resume(&mut self) -> Result<bool, StoreError> {
        let (packed, file) = match self.files.as_slice() {
            [file] if self.place.compressed == 0 => (None, file),
            [packed, file] if self.place.compressed == packed.size => (Some(packed), file),
            _ => return Ok(false),
        };
        if file.form != Form::Plain || self.place.plain == 0 {
            return Ok(false);
        }
        let Some(inner) = grown(&self.layout, file, &self.place).map_err(|source| file.failed(source))?
        else {
            return Ok(false);
        };
        self.seen = packed.map(|file| numbers_of(&self.layout, file)).transpose()?;
        self.current = Some(Counted { inner, position: self.place.plain });
        self.opened = self.files.len();
        Ok(true)
    }

    /// Begins anew; what was handed out stays.
    fn rewind(&mut self) {
        self.ahead = DayPlace { sent: self.place.sent.clone(), ..DayPlace::default() };
        (self.opened, self.current) = (0, None);
        self.seen = (self.files.len() > 1).then(HashSet::new);
    }

    /// Reads up to where the lines add up to what was handed out. False: they never do.
    fn find(&mut self) -> Result<bool, StoreError> {
        let mut lines = 0;
        while self.next_line()? {
            lines = sum(lines, self.number);
            if lines == self.place.sent.lines {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the lines that lie in the stretches add up to what was handed out, with those that are no samples up to any of these:
    /// how many of them were read is not known.
    fn is_inside(&mut self) -> Result<bool, StoreError> {
        let (mut lines, mut broken) = (0, Vec::new());
        while self.next_line()? {
            self.decoder.read(&self.line);
            match self.decoder.sample() {
                None => broken.push(self.number),
                Some(sample) if self.place.sent.covers(sample.t) => lines = sum(lines, self.number),
                Some(_) => {}
            }
        }
        let wanted = self.place.sent.lines;
        let is_wanted = |number: u64| {
            lines = sum(lines, number);
            lines == wanted
        };
        Ok(std::iter::once(0).chain(broken).any(is_wanted))
    }

    /// Reads up to the next sample that was not handed out.
    fn read(&mut self) -> Result<Option<Sample>, StoreError> {
        while self.next_line()? {
            self.decoder.read(&self.line);
            let sample = self.decoder.sample();
            let is_covered = |known: &Sent| sample.is_none_or(|sample| known.covers(sample.t));
            if self.known.as_ref().is_some_and(is_covered) {
                continue;
            }
            let sent = &mut self.ahead.sent;
            sent.lines = sum(sent.lines, self.number);
            if let Some(sample) = sample {
                sent.add(sample.t);
                return Ok(Some(sample.clone()));
            }
        }
        Ok(None)
    }

    /// Reads the next whole line that is not in both files. False: there is none.
    fn next_line(&mut self) -> Result<bool, StoreError> {
        loop {
            if self.current.is_none() && !self.open_next()? {
                return Ok(false);
            }
            let (Some(source), Some(file)) = (&mut self.current, self.files.get(self.opened - 1)) else {
                return Ok(false);
            };
            let is_packed = file.form != Form::Plain;
            self.began = source.position;
            let ending = match next_line(source, &mut self.line) {
                Ok(ending) => ending,
                // A compressed file that was cut or is damaged holds no more.
                Err(error) if is_packed && is_damage(&error) => Ending::End,
                Err(source) => return Err(file.failed(source)),
            };
            match ending {
                Ending::End => {
                    if is_packed {
                        self.ahead.compressed = file.size;
                    }
                    self.current = None;
                    continue;
                }
                // A line that has no end yet is being written, or was torn.
                Ending::Torn if !is_packed => {
                    self.current = None;
                    continue;
                }
                _ => {}
            }
            if !is_packed {
                self.ahead.plain = source.position;
            }
            if ending == Ending::TooLong {
                continue;
            }
            self.number = number_of(&self.line);
            if !self.is_known(is_packed) {
                return Ok(true);
            }
        }
    }

    /// Whether a line of the plain file was in the compressed one.
    fn is_known(&mut self, is_packed: bool) -> bool {
        let Some(seen) = &mut self.seen else { return false };
        if is_packed {
            seen.insert(self.number);
            return false;
        }
        seen.contains(&self.number)
    }

    /// Opens the next file; false: there is none.
    fn open_next(&mut self) -> Result<bool, StoreError> {
        let Some(file) = self.files.get(self.opened) else { return Ok(false) };
        let inner =
            source::open(&self.layout, &file.path, file.form).map_err(|source| file.failed(source))?;
        self.current = Some(Counted { inner, position: 0 });
        self.opened += 1;
        Ok(true)
    }
}

impl OneFile {
    fn failed(&self, source: io::Error) -> StoreError {
        StoreError::Read { path: self.path.clone(), source }
    }
}

/// A plain file behind a place in it; none where it is another file. That one hardly has the end of a line there, but a log that lost
/// its last lines with the power, and got others since, may: so that line must be one that was handed out.
fn grown(layout: &Layout, file: &OneFile, place: &DayPlace) -> io::Result<Option<Box<dyn BufRead + Send>>> {
    if file.size < place.plain {
        return Ok(None);
    }
    let from = place.plain.saturating_sub(BEFORE);
    let mut source = source::plain(layout, &file.path, from)?;
    let mut before = Vec::new();
    source.by_ref().take(place.plain - from).read_to_end(&mut before)?;
    let Some(lines) = before.strip_suffix(b"\n") else { return Ok(None) };
    // A line whose beginning is further back is not told from another one.
    let last = match lines.iter().rposition(|byte| *byte == b'\n') {
        Some(end) => Some(&lines[end + 1..]),
        None => (from == 0).then_some(lines),
    };
    let is_sent = |line: &[u8]| head(line).is_none_or(|head| place.sent.covers(head.t));
    Ok((place.sent.is_empty() || last.is_some_and(is_sent)).then_some(source))
}

/// The numbers of a compressed file's lines.
fn numbers_of(layout: &Layout, file: &OneFile) -> Result<HashSet<u64>, StoreError> {
    let mut source = source::open(layout, &file.path, file.form).map_err(|source| file.failed(source))?;
    let (mut numbers, mut line) = (HashSet::new(), Vec::new());
    loop {
        match next_line(source.as_mut(), &mut line) {
            Ok(Ending::Newline | Ending::Torn) => drop(numbers.insert(number_of(&line))),
            Ok(Ending::TooLong) => {}
            Ok(Ending::End) => return Ok(numbers),
            Err(error) if is_damage(&error) => return Ok(numbers),
            Err(source) => return Err(file.failed(source)),
        }
    }
}

/// What a compressed file says that does not hold what it should.
fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof)
}

/// A source that knows how far it was read.
struct Counted {
    inner: Box<dyn BufRead + Send>,
    position: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.position += length as u64;
        Ok(length)
    }
}

impl BufRead for Counted {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.position += amount as u64;
        self.inner.consume(amount);
    }
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
