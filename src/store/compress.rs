//! Compresses a closed day: `DAY.jsonl` becomes `DAY.jsonl.gz`, byte by byte as it was, broken lines included.
//!
//! * The compressed file is whole and on the disk before the plain one goes. Killed in between, both are there: the reader
//!   passes over doubles, and the next run finds that the plain one holds nothing new, and removes it.
//! * Lines that come later (a clock that was set back, an rsync) are added as a further member of the gzip file: what was
//!   there keeps its bytes, so that `rsync --append` sends only the new ones.
//! * After some days the lines become columns, which take a quarter of the room ([`turn`]). A day of which not every byte would
//!   come back stays as it is. Late lines make it lines again, until the next run.
//! * Of a log that another machine writes and sends, the plain file would come again with the next rsync: there it is only
//!   removed where the compressed one, which came as well, has all of its lines.

use super::append::{ends_torn, relock};
use super::error::StoreError;
use super::layout::{DayFiles, DaySizes, Form, Layout};
use super::lines::{Ending, next_line};
use super::metered::Metered;
use super::{columns, source};
use crate::base::files;
use crate::base::limits::LARGEST_DAY_IN_COLUMNS;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::HashSet;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

/// What became of a day's plain file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compressed {
    /// Its lines are in the compressed file, and it is gone. The sizes are those before.
    Done(DaySizes),
    /// It stays: another machine writes it and has not sent it compressed.
    Sent,
}

/// Compresses a day, which must be over. `is_own` says that this machine writes the log.
///
/// # Errors
/// [`StoreError`] where a file cannot be read or written; then all of its lines are where they were.
pub fn compress(layout: &Layout, files: &DayFiles, is_own: bool) -> Result<Compressed, StoreError> {
    let (path, packed) = (layout.day_file(files.day), layout.day_file_gz(files.day));
    let read_error = |source| StoreError::Read { path: path.clone(), source };
    let write_error = |source| StoreError::Compress { path: packed.clone(), source };
    let held = relock(layout, &path)?;
    let before = layout.sizes(files);
    let Some(plain) = held else { return Ok(Compressed::Done(before)) };
    let form = files.packed();
    let lines = match form {
        Some(form) => {
            let path = layout.file_of(files.day, form);
            Lines::of(layout, &path, form).map_err(|source| StoreError::Read { path, source })?
        }
        None => Lines::none(),
    };
    let is_new = lines.seen.is_empty() || lines.has_new(layout, &path, &plain).map_err(read_error)?;
    if is_new && !is_own {
        return Ok(Compressed::Sent);
    }
    if is_new {
        if form == Some(Form::Columns) {
            unturn(layout, files).map_err(write_error)?;
        }
        write(layout, &packed, &plain, &lines).map_err(write_error)?;
    }
    // The lock is held until now: nobody has written a line behind our back.
    layout.remove_file(&path).and_then(|()| layout.sync_folder(&layout.samples())).map_err(write_error)?;
    Ok(Compressed::Done(before))
}

/// Makes columns of a day's compressed lines. Of another machine's log only lines go that are in the columns that it sent. False:
/// the day stays as it is.
///
/// # Errors
/// [`StoreError`] where a file cannot be read or written; then all of the day is where it was.
pub fn turn(layout: &Layout, files: &DayFiles, is_own: bool) -> Result<bool, StoreError> {
    let (packed, turned) = (layout.day_file_gz(files.day), layout.file_of(files.day, Form::Columns));
    let read = |path: &Path, form| {
        let mut text = Vec::new();
        let limit = LARGEST_DAY_IN_COLUMNS as u64 + 1;
        let read =
            source::open(layout, path, form).and_then(|source| source.take(limit).read_to_end(&mut text));
        read.map(|_| text).map_err(|source| StoreError::Read { path: path.to_owned(), source })
    };
    let write_error = |source| StoreError::Compress { path: turned.clone(), source };
    let lines = read(&packed, Form::Gzip)?;
    if is_own {
        let Some(text) = columns::encode(&lines) else { return Ok(false) };
        if !columns::decode(text.as_bytes()).is_ok_and(|back| back == lines) {
            return Ok(false);
        }
        source::replace(&turned, Compression::best(), |out| out.write_all(text.as_bytes()))
            .map_err(write_error)?;
    }
    // What is on the disk now is what counts.
    if !read(&turned, Form::Columns).is_ok_and(|back| back.starts_with(&lines)) {
        return Ok(false);
    }
    layout.remove_file(&packed).and_then(|()| layout.sync_folder(&layout.samples())).map_err(write_error)?;
    Ok(true)
}

/// Makes compressed lines of a day's columns, beside them; from then on the lines count.
fn unturn(layout: &Layout, files: &DayFiles) -> io::Result<()> {
    let mut lines = source::open(layout, &layout.file_of(files.day, Form::Columns), Form::Columns)?;
    let packed = layout.day_file_gz(files.day);
    source::replace(&packed, source::LINES, |mut out| io::copy(&mut lines, &mut out).map(|_| ()))
}

/// Removes a day's files if they are still of these sizes: nothing was appended since. False: they are not.
///
/// # Errors
/// [`StoreError`] where a file cannot be locked or removed.
pub fn remove(layout: &Layout, files: &DayFiles, sizes: DaySizes) -> Result<bool, StoreError> {
    let _held = relock(layout, &layout.day_file(files.day))?;
    let present = layout.files(files.day);
    if layout.sizes(&present) != sizes {
        return Ok(false);
    }
    for form in Form::ALL.into_iter().filter(|form| sizes.of(*form).is_some()) {
        let path = layout.file_of(files.day, form);
        layout.remove_file(&path).map_err(|source| StoreError::Compress { path, source })?;
    }
    Ok(true)
}

/// The lines of a compressed file, by hash.
struct Lines {
    seen: HashSet<u64>,
    /// The last one has no end: what comes behind it must begin a line.
    torn: bool,
    hasher: RandomState,
}

impl Lines {
    fn none() -> Self {
        Self { seen: HashSet::new(), torn: false, hasher: RandomState::new() }
    }

    /// # Errors
    /// Where it is spoilt: behind its end nothing could be read.
    fn of(layout: &Layout, path: &Path, form: Form) -> io::Result<Self> {
        let mut lines = Self::none();
        let mut source = source::open(layout, path, form)?;
        let mut line = Vec::new();
        loop {
            match next_line(source.as_mut(), &mut line)? {
                Ending::End => return Ok(lines),
                ending => lines.torn = ending == Ending::Torn,
            }
            lines.seen.insert(lines.hash(&line));
        }
    }

    fn hash(&self, line: &[u8]) -> u64 {
        self.hasher.hash_one(line.trim_ascii())
    }

    fn knows(&self, line: &[u8]) -> bool {
        line.trim_ascii().is_empty() || self.seen.contains(&self.hash(line))
    }

    fn has_new(&self, layout: &Layout, path: &Path, plain: &File) -> io::Result<bool> {
        let mut has_new = false;
        each_line(layout, path, plain, |line| {
            has_new |= !self.knows(line);
            Ok(())
        })?;
        Ok(has_new)
    }
}

/// Hands over the lines of a file from its start. One that is longer than any sample is no line of ours.
pub(super) fn each_line(
    layout: &Layout,
    path: &Path,
    file: &File,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = file.try_clone()?;
    file.rewind()?;
    let mut source = Metered::new(layout, path, Box::new(BufReader::with_capacity(64 * 1024, file)));
    let mut line = Vec::new();
    loop {
        match next_line(&mut source as &mut dyn BufRead, &mut line)? {
            Ending::End => return Ok(()),
            Ending::TooLong => {}
            Ending::Newline | Ending::Torn => each(&line)?,
        }
    }
}

/// Puts what was there and the lines that it lacks into a new file in its place; all of the plain one where nothing was.
fn write(layout: &Layout, packed: &Path, plain: &File, lines: &Lines) -> io::Result<()> {
    files::replace_durably(packed, |file| {
        match layout.open(packed) {
            Ok(mut old) => io::copy(&mut old, file).map(|_| ())?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut encoder = GzEncoder::new(BufWriter::new(file), source::LINES);
        if lines.seen.is_empty() {
            // Byte by byte: who follows the log counts them.
            let mut plain = plain;
            plain.rewind()?;
            let length = io::copy(&mut plain, &mut encoder)?;
            if ends_torn(plain, length)? {
                encoder.write_all(b"\n")?;
            }
            return encoder.finish()?.flush();
        }
        if lines.torn {
            encoder.write_all(b"\n")?;
        }
        each_line(layout, packed, plain, |line| {
            if lines.knows(line) {
                return Ok(());
            }
            encoder.write_all(line)?;
            encoder.write_all(b"\n")
        })?;
        encoder.finish()?.flush()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Reader;
    use flate2::bufread::MultiGzDecoder;
    use jiff::civil::date;

    const DAY: jiff::civil::Date = date(2025, 11, 23);

    struct World(#[expect(dead_code, reason = "removed with it")] tempfile::TempDir, Layout);

    impl World {
        fn new() -> Self {
            let data = tempfile::tempdir().unwrap();
            let layout = Layout::new(data.path(), "web1").unwrap();
            fs_err::create_dir_all(layout.samples()).unwrap();
            Self(data, layout)
        }

        fn plain(&self, text: &str) {
            fs_err::write(self.1.day_file(DAY), text).unwrap();
        }

        /// Whether it is done.
        fn compress(&self, is_own: bool) -> Result<bool, StoreError> {
            compress(&self.1, &self.1.files(DAY), is_own).map(|done| matches!(done, Compressed::Done(_)))
        }

        fn unpacked(&self) -> String {
            let mut text = String::new();
            let file = BufReader::new(fs_err::File::open(self.1.day_file_gz(DAY)).unwrap());
            MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
            text
        }

        fn times(&self) -> Vec<i64> {
            Reader::range(&self.1, 1_763_856_000, 1_763_942_400).unwrap().map(|sample| sample.t).collect()
        }
    }

    fn line(second: i64) -> String {
        format!("{{\"v\":1,\"t\":{},\"boot\":\"a\",\"uptime\":{second}}}\n", 1_763_856_000 + second)
    }

    #[test]
    fn every_line_stays_as_it_was_and_late_ones_come_behind() {
        let world = World::new();
        let text = [line(0), "{\"v\":1,\"t\":torn\n\n".to_owned(), line(60)].concat();
        world.plain(&text);
        assert!(world.compress(true).unwrap());
        assert_eq!(world.unpacked(), text);
        assert!(!world.1.day_file(DAY).exists());
        let before = fs_err::read(world.1.day_file_gz(DAY)).unwrap();
        // A clock that was set back; the last line was torn by a crash.
        world.plain(&[line(0), line(120), "{\"v\":1".to_owned()].concat());
        world.compress(true).unwrap();
        assert_eq!(world.unpacked(), [text, line(120), "{\"v\":1\n".to_owned()].concat());
        assert!(fs_err::read(world.1.day_file_gz(DAY)).unwrap().starts_with(&before), "rsync --append");
        assert!(world.compress(true).unwrap(), "nothing is left to do");
    }

    #[test]
    fn what_a_killed_run_left_is_finished() {
        let world = World::new();
        world.plain(&[line(0), line(60)].concat());
        world.compress(true).unwrap();
        let whole = fs_err::read(world.1.day_file_gz(DAY)).unwrap();
        // Killed before the plain file was removed.
        world.plain(&[line(0), line(60)].concat());
        let times = world.times();
        assert_eq!(times.len(), 2, "no doubles meanwhile");
        assert!(world.compress(false).unwrap(), "it holds nothing new, whoever wrote it");
        assert_eq!((world.times(), fs_err::read(world.1.day_file_gz(DAY)).unwrap()), (times, whole));
    }

    #[test]
    fn the_log_of_another_machine_stays_until_it_came_compressed() {
        let world = World::new();
        world.plain(&[line(0), line(60)].concat());
        assert!(!world.compress(false).unwrap());
        assert!(world.1.day_file(DAY).exists() && !world.1.day_file_gz(DAY).exists());
    }

    #[test]
    fn behind_a_file_that_somebody_compressed_with_a_torn_line_a_line_begins() {
        let world = World::new();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&[line(0).as_bytes(), b"{\"v\":1,\"t\":17"].concat()).unwrap();
        fs_err::write(world.1.day_file_gz(DAY), encoder.finish().unwrap()).unwrap();
        world.plain(&line(60));
        assert!(world.compress(true).unwrap());
        assert_eq!(world.times().len(), 2);
    }

    #[test]
    fn what_was_appended_meanwhile_is_not_removed() {
        let world = World::new();
        world.plain(&line(0));
        let files = world.1.files(DAY);
        let before = world.1.sizes(&files);
        world.plain(&[line(0), line(60)].concat());
        assert!(!remove(&world.1, &files, before).unwrap());
        assert!(remove(&world.1, &files, world.1.sizes(&files)).unwrap());
        assert!(!world.1.day_file(DAY).exists());
    }

    #[test]
    fn lines_become_columns_and_lines_again_where_some_come_late() {
        let world = World::new();
        let text: String = (0..500).map(|minute| line(minute * 60)).collect();
        world.plain(&text);
        world.compress(true).unwrap();
        let gz = fs_err::metadata(world.1.day_file_gz(DAY)).unwrap().len();
        assert!(turn(&world.1, &world.1.files(DAY), true).unwrap());
        assert_eq!(world.1.files(DAY), DayFiles { columns: true, ..DayFiles::none(DAY) });
        assert!(fs_err::metadata(world.1.file_of(DAY, Form::Columns)).unwrap().len() * 4 < gz);
        let lines = |form| {
            let mut text = String::new();
            source::open(&world.1, &world.1.file_of(DAY, form), form)
                .unwrap()
                .read_to_string(&mut text)
                .unwrap();
            text
        };
        assert_eq!(lines(Form::Columns), text);
        assert_eq!(world.times().len(), 500);
        // Known lines change nothing; a new one comes behind the others.
        world.plain(&line(60));
        assert!(world.compress(true).unwrap());
        assert!(!world.1.day_file_gz(DAY).exists());
        world.plain(&line(90));
        world.compress(true).unwrap();
        assert_eq!((lines(Form::Gzip), world.times().len()), (text.clone() + &line(90), 501));
        // The columns that were there are behind: they go, or come anew.
        assert!(
            !turn(&world.1, &world.1.files(DAY), false).unwrap(),
            "another machine has to send better ones"
        );
        assert!(turn(&world.1, &world.1.files(DAY), true).unwrap());
        assert_eq!((lines(Form::Columns), world.times().len()), (text.clone() + &line(90), 501));
        // The lines of an earlier day's rsync, once the columns came as well.
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        fs_err::write(world.1.day_file_gz(DAY), encoder.finish().unwrap()).unwrap();
        assert!(turn(&world.1, &world.1.files(DAY), false).unwrap());
        assert!(!world.1.day_file_gz(DAY).exists());
    }

    #[test]
    fn a_day_that_would_not_come_back_stays_as_it_is() {
        let world = World::new();
        world.plain(&[line(0), "{\"v\":1,\"t\":torn\n".to_owned()].concat());
        world.compress(true).unwrap();
        assert!(!turn(&world.1, &world.1.files(DAY), true).unwrap());
        assert_eq!(world.1.files(DAY), DayFiles { gz: true, ..DayFiles::none(DAY) });
    }

    #[test]
    fn a_spoilt_file_is_left_alone_with_its_neighbour() {
        let world = World::new();
        world.plain(&[line(0), line(60)].concat());
        world.compress(true).unwrap();
        let whole = fs_err::read(world.1.day_file_gz(DAY)).unwrap();
        fs_err::write(world.1.day_file_gz(DAY), &whole[..whole.len() - 9]).unwrap();
        world.plain(&line(120));
        let error = world.compress(true).unwrap_err().to_string();
        assert!(error.contains("2025-11-23.jsonl.gz"), "{error}");
        assert!(world.1.day_file(DAY).exists(), "the new line is not lost");
    }
}
