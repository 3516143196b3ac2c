//! What a host said of itself in one line of its log, of which is known where it begins.

use super::error::StoreError;
use super::layout::{Form, Layout};
use super::line::decode;
use super::lines::next_line;
use super::source;
use crate::sample::Sample;
use crate::sample::host::Host;
use jiff::civil::Date;
use std::io::{self, Read};
use std::path::Path;

impl Layout {
    /// What the host says of itself in the line that begins behind so many bytes of a day's compressed file, or of its plain one.
    ///
    /// # Errors
    /// [`StoreError::Read`] where a file is there and cannot be read.
    pub fn host_at(&self, day: Date, at: u64) -> Result<Option<Host>, StoreError> {
        let files = self.files(day);
        for form in files.packed().into_iter().chain(files.plain.then_some(Form::Plain)) {
            let path = self.file_of(day, form);
            let sample =
                sample_at(self, &path, form, at).map_err(|source| StoreError::Read { path, source })?;
            let own = sample.filter(|sample| sample.imported.is_none());
            if let Some(host) = own.and_then(|sample| sample.host) {
                return Ok(Some(host));
            }
        }
        Ok(None)
    }
}

/// The sample in the line that begins behind so many bytes of a file's lines.
fn sample_at(layout: &Layout, path: &Path, form: Form, at: u64) -> io::Result<Option<Sample>> {
    let mut source = match form {
        Form::Plain => source::plain(layout, path, at)?,
        _ => source::open(layout, path, form)?,
    };
    if form != Form::Plain {
        io::copy(&mut source.by_ref().take(at), &mut io::sink())?;
    }
    let mut line = Vec::new();
    next_line(source.as_mut(), &mut line)?;
    Ok(decode(&line).sample)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use jiff::civil::date;
    use std::io::Write;

    #[test]
    fn a_line_is_found_in_whichever_of_a_days_files_it_is() {
        let data = tempfile::tempdir().unwrap();
        let (layout, day) = (Layout::new(data.path(), "web1").unwrap(), date(2026, 11, 22));
        fs_err::create_dir_all(layout.samples()).unwrap();
        let imported = "{\"v\":1,\"t\":1795305600,\"imported\":\"rrd\",\"host\":{\"name\":\"old\"}}\n";
        let own = "{\"v\":1,\"t\":1795305660}\n{\"v\":1,\"t\":1795305720,\"host\":{\"name\":\"web1\"}}\n";
        let name = |at: usize| layout.host_at(day, at as u64).unwrap().map(|host| host.name);
        let behind = own.find('\n').unwrap() + 1;
        assert_eq!(name(behind), None, "there is no file");
        fs_err::write(layout.day_file(day), own).unwrap();
        assert_eq!(name(behind).as_deref(), Some("web1"));
        // An import puts what is older into a compressed file beside it.
        let compress = |text: &str| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text.as_bytes()).unwrap();
            fs_err::write(layout.day_file_gz(day), encoder.finish().unwrap()).unwrap();
        };
        compress(imported);
        assert_eq!(name(behind).as_deref(), Some("web1"));
        assert_eq!(name(0), None, "neither the imported one nor a line without");
        // And is folded into it.
        compress(&(imported.to_owned() + own));
        fs_err::remove_file(layout.day_file(day)).unwrap();
        assert_eq!((name(imported.len() + behind).as_deref(), name(behind)), (Some("web1"), None));
    }
}
