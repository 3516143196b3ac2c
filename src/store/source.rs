//! Opens a file of a day, in whatever form it is: what comes out are its lines.

use super::columns;
use super::layout::Form;
use flate2::bufread::MultiGzDecoder;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

/// Bytes read at once.
const BUFFER: usize = 64 * 1024;

/// The lines of a file. Columns are turned into lines as a whole, all else is read as it is asked for.
pub(super) fn open(path: &Path, form: Form) -> io::Result<Box<dyn BufRead + Send>> {
    let plain = BufReader::with_capacity(BUFFER, fs_err::File::open(path)?.into_parts().0);
    Ok(match form {
        Form::Plain => Box::new(plain),
        Form::Gzip => Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(plain))),
        Form::Columns => {
            let mut text = Vec::new();
            MultiGzDecoder::new(plain).take(columns::LARGEST_DAY as u64).read_to_end(&mut text)?;
            Box::new(Cursor::new(columns::decode(&text)?))
        }
    })
}

/// Where a day's lines are now, if the file that they were in went since the folder was listed.
pub(super) fn later_form(path: &Path, form: Form) -> Option<(PathBuf, Form)> {
    let day = path.to_str()?.strip_suffix(form.ending())?;
    let later = Form::ALL.into_iter().skip_while(|other| *other != form).skip(1);
    later.map(|form| (PathBuf::from(format!("{day}{}", form.ending())), form)).find(|(path, _)| path.exists())
}
