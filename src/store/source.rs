//! Opens a file of a day, in whatever form it is: what comes out are its lines. And writes a compressed one anew.

use super::columns;
use super::layout::{Form, Layout};
use super::metered::Metered;
use crate::base::files;
use crate::base::limits::LARGEST_DAY_IN_COLUMNS;
use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use std::io::{self, BufRead, BufReader, BufWriter, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes read at once.
const BUFFER: usize = 64 * 1024;

/// The lines of a file. Columns are turned into lines as a whole, all else is read as it is asked for.
pub(super) fn open(layout: &Layout, path: &Path, form: Form) -> io::Result<Box<dyn BufRead + Send>> {
    let plain = BufReader::with_capacity(BUFFER, layout.open(path)?);
    let lines: Box<dyn BufRead + Send> = match form {
        Form::Plain => Box::new(plain),
        Form::Gzip => Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(plain))),
        Form::Columns => {
            let mut text = Vec::new();
            MultiGzDecoder::new(plain).take(LARGEST_DAY_IN_COLUMNS as u64).read_to_end(&mut text)?;
            Box::new(Cursor::new(columns::decode(&text)?))
        }
    };
    Ok(Box::new(Metered::new(layout, path, lines)))
}

/// The lines of a plain file behind so many bytes.
pub(super) fn plain(layout: &Layout, path: &Path, from: u64) -> io::Result<Box<dyn BufRead + Send>> {
    let mut file = layout.open(path)?;
    file.seek(SeekFrom::Start(from))?;
    Ok(Box::new(Metered::new(layout, path, Box::new(BufReader::with_capacity(BUFFER, file)))))
}

/// How hard lines are compressed.
pub(super) const LINES: Compression = Compression::new(6);

/// Writes a compressed file in the place of the one that is there, as a whole.
pub(super) fn replace(
    path: &Path,
    level: Compression,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    files::replace_durably(path, |file| {
        let mut encoder = GzEncoder::new(BufWriter::new(file), level);
        write(&mut encoder)?;
        encoder.finish()?.flush()
    })
}

/// Where a day's lines are now, if the file that they were in went since the folder was listed.
pub(super) fn later_form(path: &Path, form: Form) -> Option<(PathBuf, Form)> {
    let day = path.to_str()?.strip_suffix(form.ending())?;
    let later = Form::ALL.into_iter().skip_while(|other| *other != form).skip(1);
    later.map(|form| (PathBuf::from(format!("{day}{}", form.ending())), form)).find(|(path, _)| path.exists())
}
