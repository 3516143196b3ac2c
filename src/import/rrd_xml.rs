//! The XML of `rrdtool dump` and of `rrdtool xport`: the averages of each archive, as numbers.

use super::rrd::{Archive, Database, Source};
use quick_xml::Reader;
use quick_xml::events::Event;

/// Reads either; `Err` says what is wrong.
pub(super) fn read(text: &[u8]) -> Result<Database, String> {
    let mut reader = Reader::from_reader(text);
    let mut reading = Reading::default();
    loop {
        let at = reader.buffer_position();
        match reader.read_event().map_err(|error| format!("at byte {at}: {error}"))? {
            Event::Start(tag) => {
                reading.path.push(String::from_utf8_lossy(tag.name().as_ref()).into_owned());
                reading.begin();
            }
            Event::Text(text) => reading.text.push_str(&String::from_utf8_lossy(&text)),
            Event::GeneralRef(name) => reading.text.push_str(match &*name {
                b"amp" => "&",
                b"lt" => "<",
                b"gt" => ">",
                b"quot" => "\"",
                b"apos" => "'",
                _ => "?",
            }),
            Event::End(_) => {
                reading.end().map_err(|what| format!("at byte {at}: {what}"))?;
                reading.path.pop();
            }
            Event::Eof => return reading.finish(),
            _ => {}
        }
    }
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    /// The tags that are open.
    path: Vec<String>,
    text: String,
    sources: Vec<Source>,
    archives: Vec<Archive>,
    row: Vec<f64>,
    /// Whether the archive that is read holds averages.
    is_average: bool,
    /// Seconds of a row of the finest archive; the last update; of `xport` the end.
    step: i64,
    last: i64,
    end: Option<i64>,
}

impl Reading {
    fn place(&self) -> (&str, &str) {
        let from_end =
            |back: usize| self.path.len().checked_sub(back).map_or("", |at| self.path[at].as_str());
        (from_end(2), from_end(1))
    }

    fn begin(&mut self) {
        self.text.clear();
        match self.place() {
            ("rrd", "ds") => self.sources.push(Source::default()),
            ("rrd", "rra") => {
                self.is_average = false;
                self.archives.push(Archive::default());
            }
            ("xport", "data") => {
                self.is_average = true;
                self.archives.push(Archive { step: self.step, ..Archive::default() });
            }
            (_, "row") => self.row.clear(),
            _ => {}
        }
    }

    fn end(&mut self) -> Result<(), String> {
        let text = self.text.trim().to_owned();
        let number = || text.parse::<i64>().map_err(|_| format!("{text:?} is no whole number"));
        let in_source = self.path.get(1).is_some_and(|tag| tag == "ds");
        match self.place() {
            ("rrd" | "meta", "step") => self.step = number()?,
            ("rrd", "lastupdate") => self.last = number()?,
            ("meta", "end") => self.end = Some(number()?),
            ("legend", "entry") => self.sources.push(Source { name: text, kind: String::new() }),
            ("ds", "name") if in_source => self.source(|source| source.name = text),
            ("ds", "type") if in_source => self.source(|source| source.kind = text),
            ("rra", "cf") => self.is_average = text == "AVERAGE",
            ("rra", "pdp_per_row") => {
                let step = self.step.saturating_mul(number()?);
                self.archives.iter_mut().last().into_iter().for_each(|archive| archive.step = step);
            }
            // NaN, and what old versions write for it.
            ("row", "v") => self.row.push(text.parse().unwrap_or(f64::NAN)),
            (_, "row") if self.is_average => {
                let row = std::mem::take(&mut self.row);
                self.archives
                    .iter_mut()
                    .last()
                    .into_iter()
                    .for_each(|archive| archive.rows.push(row.clone()));
            }
            ("rrd", "rra") if !self.is_average => drop(self.archives.pop()),
            _ => {}
        }
        Ok(())
    }

    fn source(&mut self, set: impl FnOnce(&mut Source)) {
        if let Some(source) = self.sources.last_mut() {
            set(source);
        }
    }

    fn finish(mut self) -> Result<Database, String> {
        if !self.path.is_empty() {
            return Err("it ends within".to_owned());
        }
        if self.sources.is_empty() || self.archives.is_empty() {
            return Err("there is no archive of averages in it".to_owned());
        }
        for archive in &mut self.archives {
            if archive.step <= 0 {
                return Err("an archive has no step".to_owned());
            }
            archive.end = self.end.unwrap_or(self.last - self.last.rem_euclid(archive.step));
        }
        Ok(Database { sources: self.sources, archives: self.archives })
    }
}
