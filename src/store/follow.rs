//! Reads on in a day's files from where it was left: for who hands the log on and must lose no line, whatever order they come in.
//!
//! A place counts bytes of the uncompressed lines, so that it still holds when the day is compressed. A file that became
//! shorter is another one, and is read from its start. A day that has both files is read like the reader does: the compressed one, then
//! what the plain one has beside it.

use super::error::StoreError;
use super::layout::{DayFiles, Form, Layout};
use super::line::decode;
use super::lines::{Ending, next_line};
use super::source;
use crate::base::hash;
use crate::sample::Sample;
use jiff::civil::Date;
use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Bytes read at once.
const BUFFER: usize = 64 * 1024;

/// How far a day's files were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayPlace {
    /// Bytes of the day's lines; of a compressed file, of what is in it.
    pub read: u64,
    /// Bytes of the plain file where there is a compressed one, too.
    pub beside: u64,
    /// The size of the compressed file when its end was reached; 0: it was not.
    pub compressed: u64,
}

/// The samples of one day behind a place.
pub struct Follower {
    files: Vec<OneFile>,
    place: DayPlace,
    current: Option<(OneFile, Counted)>,
    /// Read, and not handed out yet: the sample, and the place behind it.
    held: Option<(Sample, DayPlace)>,
    line: Vec<u8>,
    /// Lines of the compressed file, while the plain one is to follow.
    seen: Option<HashSet<u64>>,
    /// Lines that are no samples.
    broken: u64,
}

/// A file that is still to be read.
struct OneFile {
    path: PathBuf,
    kind: Kind,
    size: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The day's only file.
    Plain,
    Compressed(Form),
    /// The plain file of a day that has a compressed one.
    Beside,
}

impl Layout {
    /// The files of one day, without listing the others.
    pub fn files_of(&self, day: Date) -> DayFiles {
        let is_there = |form| self.file_of(day, form).is_file();
        DayFiles {
            day,
            plain: self.day_file(day).is_file(),
            gz: is_there(Form::Gzip),
            columns: is_there(Form::Columns),
        }
    }
}

impl Follower {
    /// Opens a day behind a place; none where there is nothing new.
    ///
    /// # Errors
    /// [`StoreError::Read`] where a file is there and cannot be read.
    pub fn open(layout: &Layout, files: &DayFiles, mut place: DayPlace) -> Result<Option<Self>, StoreError> {
        let sizes = layout.sizes(files);
        let mut left = Vec::new();
        if let Some(size) = sizes.plain {
            let kind = if files.packed().is_some() { Kind::Beside } else { Kind::Plain };
            let read = if kind == Kind::Plain { &mut place.read } else { &mut place.beside };
            if size < *read {
                *read = 0;
            }
            if size > *read {
                left.push(OneFile { path: layout.day_file(files.day), kind, size });
            }
        }
        if let Some(form) = files.packed()
            && let Some(size) = sizes.of(form)
            && (size != place.compressed || !left.is_empty())
        {
            left.push(OneFile { path: layout.file_of(files.day, form), kind: Kind::Compressed(form), size });
        }
        if left.is_empty() {
            return Ok(None);
        }
        let seen = (left.len() > 1).then(HashSet::new);
        let follower =
            Self { files: left, place, current: None, held: None, line: Vec::new(), seen, broken: 0 };
        Ok(Some(follower))
    }

    /// The next sample before a time, in the order of the files; none where the next is of later or there is none.
    ///
    /// # Errors
    /// [`StoreError::Read`] where a file cannot be read (to its end).
    pub fn next_before(&mut self, until: i64) -> Result<Option<Sample>, StoreError> {
        if self.held.is_none() {
            self.held = self.read()?;
        }
        match self.held.take() {
            Some((sample, place)) if sample.t < until => {
                self.place = place;
                Ok(Some(sample))
            }
            held => {
                self.held = held;
                Ok(None)
            }
        }
    }

    /// The time of the sample that comes next, where one was looked at already.
    pub fn next_time(&self) -> Option<i64> {
        self.held.as_ref().map(|(sample, _)| sample.t)
    }

    /// Behind what was handed out.
    pub fn place(&self) -> DayPlace {
        self.place
    }

    /// Lines that are no samples, so far.
    pub fn broken(&self) -> u64 {
        self.broken
    }

    /// Reads up to the next sample; at the end the place is there.
    fn read(&mut self) -> Result<Option<(Sample, DayPlace)>, StoreError> {
        let mut place = self.place;
        loop {
            if self.current.is_none() && !self.open_next(&mut place)? {
                self.place = place;
                return Ok(None);
            }
            let Some((file, source)) = self.current.as_mut() else { return Ok(None) };
            let ending = match next_line(source, &mut self.line) {
                Ok(ending) => ending,
                // A compressed file that was cut or is damaged holds no more.
                Err(error) if matches!(file.kind, Kind::Compressed(_)) && is_damage(&error) => {
                    self.broken += 1;
                    Ending::End
                }
                Err(source) => return Err(StoreError::Read { path: file.path.clone(), source }),
            };
            let (kind, size) = (file.kind, file.size);
            // A line that has no end yet is being written, or was torn.
            if ending == Ending::Torn && !matches!(kind, Kind::Compressed(_)) {
                self.current = None;
                continue;
            }
            *(if kind == Kind::Beside { &mut place.beside } else { &mut place.read }) = source.position;
            match ending {
                Ending::End => {
                    if let Kind::Compressed(_) = kind {
                        place.compressed = size;
                    }
                    self.current = None;
                }
                Ending::TooLong => self.broken += 1,
                Ending::Newline | Ending::Torn => {
                    if self.is_known(kind) {
                        continue;
                    }
                    let decoded = decode(&self.line);
                    self.broken += u64::from(decoded.damage.is_some());
                    if let Some(sample) = decoded.sample {
                        return Ok(Some((sample, place)));
                    }
                }
            }
        }
    }

    /// Whether a line of the plain file was in the compressed one.
    fn is_known(&mut self, kind: Kind) -> bool {
        let Some(seen) = &mut self.seen else { return false };
        let number = hash::number(self.line.trim_ascii());
        match kind {
            Kind::Compressed(_) => {
                seen.insert(number);
                false
            }
            Kind::Plain | Kind::Beside => seen.contains(&number),
        }
    }

    /// Opens the next file at its place; false: there is none.
    fn open_next(&mut self, place: &mut DayPlace) -> Result<bool, StoreError> {
        let Some(file) = self.files.pop() else { return Ok(false) };
        let source = match file.kind {
            Kind::Compressed(form) => self.compressed(&file.path, form, place),
            Kind::Plain => plain(&file.path, place.read),
            Kind::Beside => plain(&file.path, place.beside),
        };
        let inner = source.map_err(|source| StoreError::Read { path: file.path.clone(), source })?;
        let position = if file.kind == Kind::Beside { place.beside } else { place.read };
        self.current = Some((file, Counted { inner, position }));
        Ok(true)
    }

    /// What a compressed file holds behind the place. What is before it is read, too: it cannot be skipped otherwise.
    fn compressed(
        &mut self,
        path: &Path,
        form: Form,
        place: &mut DayPlace,
    ) -> io::Result<Box<dyn BufRead + Send>> {
        let mut source = source::open(path, form)?;
        let mut passed = 0;
        if self.seen.is_some() {
            while passed < place.read && next_line(source.as_mut(), &mut self.line)? == Ending::Newline {
                passed += self.line.len() as u64 + 1;
                self.is_known(Kind::Compressed(form));
            }
        } else {
            passed = io::copy(&mut source.by_ref().take(place.read), &mut io::sink())?;
        }
        if passed != place.read {
            place.read = 0;
            source = source::open(path, form)?;
        }
        Ok(source)
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

fn plain(path: &Path, from: u64) -> io::Result<Box<dyn BufRead + Send>> {
    let mut file = fs_err::File::open(path)?.into_parts().0;
    file.seek(SeekFrom::Start(from))?;
    Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
}

#[cfg(test)]
mod tests {
    use super::super::lines::LONGEST_LINE;
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    const DAY: i64 = 1_795_305_600;

    struct World {
        _data: tempfile::TempDir,
        layout: Layout,
        place: DayPlace,
    }

    impl World {
        fn new() -> Self {
            let data = tempfile::tempdir().unwrap();
            let layout = Layout::new(data.path(), "web1").unwrap();
            fs_err::create_dir_all(layout.samples()).unwrap();
            Self { _data: data, layout, place: DayPlace::default() }
        }

        fn path(&self, end: &str) -> PathBuf {
            self.layout.samples().join(format!("2026-11-22.jsonl{end}"))
        }

        fn compress(&self, text: &str) {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text.as_bytes()).unwrap();
            fs_err::write(self.path(".gz"), encoder.finish().unwrap()).unwrap();
        }

        /// The minutes of the samples before `until` behind the place, which moves.
        fn read(&mut self, until: i64) -> Vec<i64> {
            let days = self.layout.days().unwrap();
            let Some(mut follower) = Follower::open(&self.layout, &days[0], self.place).unwrap() else {
                return Vec::new();
            };
            let mut minutes = Vec::new();
            while let Some(sample) = follower.next_before(until).unwrap() {
                minutes.push((sample.t - DAY) / 60);
            }
            self.place = follower.place();
            minutes
        }
    }

    fn lines(minutes: std::ops::Range<i64>) -> String {
        minutes.map(|minute| format!("{{\"v\":1,\"t\":{}}}\n", DAY + minute * 60)).collect()
    }

    #[test]
    fn goes_on_where_it_was_left() {
        let mut world = World::new();
        fs_err::write(world.path(""), lines(0..3) + "{\"v\":1,\"t\":17953").unwrap();
        assert_eq!(world.read(DAY + 120), [0, 1]);
        assert_eq!(world.read(i64::MAX), [2], "what is not finished is not read");
        assert_eq!(world.read(i64::MAX), [0; 0]);
        fs_err::write(
            world.path(""),
            lines(0..3) + "broken\n" + &"x".repeat(LONGEST_LINE + 5) + "\n" + &lines(3..5),
        )
        .unwrap();
        assert_eq!(world.read(i64::MAX), [3, 4]);
        // Replaced by a shorter one.
        fs_err::write(world.path(""), lines(7..8)).unwrap();
        assert_eq!(world.read(i64::MAX), [7]);
    }

    #[test]
    fn a_place_outlives_compression() {
        let mut world = World::new();
        fs_err::write(world.path(""), lines(0..3)).unwrap();
        assert_eq!(world.read(DAY + 120), [0, 1]);
        world.compress(&lines(0..4));
        fs_err::remove_file(world.path("")).unwrap();
        assert_eq!(world.read(DAY + 180), [2]);
        assert_eq!(world.read(i64::MAX), [3]);
        assert_eq!(world.read(i64::MAX), [0; 0]);
        assert_ne!(world.place.compressed, 0);
        // Folded in by whoever compacts.
        world.compress(&lines(0..6));
        assert_eq!(world.read(i64::MAX), [4, 5]);
    }

    #[test]
    fn a_day_with_both_files_is_read_without_doubles() {
        let mut world = World::new();
        world.compress(&lines(0..3));
        assert_eq!(world.read(i64::MAX), [0, 1, 2]);
        fs_err::write(world.path(""), lines(0..2) + &lines(5..7)).unwrap();
        assert_eq!(world.read(DAY + 360), [5]);
        assert_eq!(world.read(i64::MAX), [6]);
        assert_eq!(world.read(i64::MAX), [0; 0]);
        fs_err::write(world.path(""), lines(0..2) + &lines(5..9)).unwrap();
        assert_eq!(world.read(i64::MAX), [7, 8]);
    }
}
