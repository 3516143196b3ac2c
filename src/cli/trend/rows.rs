//! Rows of a CSV as series. A file whose series stand one after the other is read series by series, so that only
//! one is in memory; standard input, and a file whose series alternate, are read whole.

use super::columns::{CsvColumns, NamedColumn};
use super::series::{LABEL_SEPARATOR, RowGroup, TrendSeries};
use super::time;
use crate::cli::output;
use csv::ByteRecord;
use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::Path;

/// Rows from which the columns' roles are found.
const SAMPLED_ROWS: usize = 100;
/// Broken rows that are named; the others are counted.
const NAMED_ROWS: u64 = 20;

/// Visitor of each series.
type Visit<'a> = &'a mut dyn FnMut(TrendSeries) -> anyhow::Result<()>;

/// Numbers of rows and cells by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RowCount {
    /// Rows that were used.
    pub(super) used: u64,
    /// Rows that were skipped.
    pub(super) broken: u64,
    /// Cells that were skipped in rows that were used.
    pub(super) broken_cells: u64,
}

/// Reads a table from a file, or from standard input, and hands over its series.
///
/// # Errors
/// If it cannot be read, if its header does not name the columns, if series are mixed, or as `visit` fails.
pub(super) fn read(file: Option<&Path>, visit: Visit) -> anyhow::Result<RowCount> {
    let Some(path) = file.filter(|path| path.as_os_str() != "-") else {
        return CsvRows::new(std::io::stdin().lock())?.read_whole(visit);
    };
    let explained = |error: std::io::Error| {
        output::failure(error.to_string(), "cronograph trend reads a CSV file, or standard input without one")
    };
    let open = || fs_err::File::open(path).map_err(explained);
    // A pipe can be read but once.
    if !fs_err::metadata(path).map_err(explained)?.is_file() {
        return CsvRows::new(open()?)?.read_whole(visit);
    }
    if CsvRows::new(open()?)?.has_grouped_series()? {
        CsvRows::new(open()?)?.read_grouped(visit)
    } else {
        CsvRows::new(open()?)?.read_whole(visit)
    }
}

/// Reader of a table's rows.
struct CsvRows<R> {
    reader: csv::Reader<R>,
    columns: CsvColumns,
    /// The first rows, which were read to find the columns.
    sampled: std::vec::IntoIter<ByteRecord>,
    record: ByteRecord,
    row: CsvRow,
    count: RowCount,
}

/// The row that was read last.
#[derive(Default)]
struct CsvRow {
    line: u64,
    /// Cells that name the series.
    key: Vec<u8>,
    time: f64,
    /// Cell of each value column; NaN where it is empty.
    values: Vec<f64>,
}

impl<R: Read> CsvRows<R> {
    fn new(input: R) -> anyhow::Result<Self> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(input);
        let header = reader.byte_headers()?.clone();
        let sampled: Vec<ByteRecord> = reader.byte_records().take(SAMPLED_ROWS).collect::<Result<_, _>>()?;
        Ok(Self {
            columns: CsvColumns::new(&header, &sampled)?,
            reader,
            sampled: sampled.into_iter(),
            record: ByteRecord::new(),
            row: CsvRow::default(),
            count: RowCount::default(),
        })
    }

    /// Reports whether the rows of each series follow each other.
    fn has_grouped_series(mut self) -> anyhow::Result<bool> {
        if self.columns.labels.is_empty() {
            return Ok(true);
        }
        let mut done: HashSet<Vec<u8>> = HashSet::new();
        let (mut current, mut key) = (Vec::new(), Vec::new());
        while self.next_record()? {
            read_key(&self.record, &self.columns.labels, &mut key);
            if key != current {
                if done.contains(&key) {
                    return Ok(false);
                }
                done.insert(std::mem::replace(&mut current, key.clone()));
            }
        }
        Ok(true)
    }

    fn read_grouped(mut self, visit: Visit) -> anyhow::Result<RowCount> {
        let mut open: Option<RowGroup> = None;
        while self.next_row()? {
            if let Some(group) = open.take_if(|group| group.key != self.row.key) {
                group.finish(&self.columns, visit)?;
            }
            self.row.add_to(open.get_or_insert_with(|| self.new_group()));
        }
        open.map_or(Ok(()), |group| group.finish(&self.columns, visit))?;
        Ok(self.count)
    }

    fn read_whole(mut self, visit: Visit) -> anyhow::Result<RowCount> {
        let mut groups: Vec<RowGroup> = Vec::new();
        let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
        while self.next_row()? {
            let place = places.get(&self.row.key).copied().unwrap_or_else(|| {
                places.insert(self.row.key.clone(), groups.len());
                groups.push(self.new_group());
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(place) {
                self.row.add_to(group);
            }
        }
        groups.into_iter().try_for_each(|group| group.finish(&self.columns, visit))?;
        Ok(self.count)
    }

    fn new_group(&self) -> RowGroup {
        RowGroup::new(&self.row.key, self.columns.values.len())
    }

    /// Reads the next row that can be used into `row`; the others are named with their line.
    fn next_row(&mut self) -> anyhow::Result<bool> {
        while self.next_record()? {
            match self.parse_record() {
                Ok(()) => {
                    self.count.used += 1;
                    return Ok(true);
                }
                Err(reason) => {
                    self.count.broken += 1;
                    self.report(&reason);
                }
            }
        }
        Ok(false)
    }

    fn next_record(&mut self) -> anyhow::Result<bool> {
        if let Some(record) = self.sampled.next() {
            self.record = record;
            return Ok(true);
        }
        Ok(self.reader.read_byte_record(&mut self.record)?)
    }

    fn parse_record(&mut self) -> Result<(), String> {
        let row = &mut self.row;
        row.line = self.record.position().map_or(0, csv::Position::line);
        let time = &self.columns.time;
        row.time = std::str::from_utf8(cell(&self.record, time))
            .ok()
            .and_then(time::unix_seconds)
            .ok_or_else(|| format!("{} is no time in seconds", quoted(&self.record, time)))?;
        read_key(&self.record, &self.columns.labels, &mut row.key);
        row.values.clear();
        let mut bad = Vec::new();
        for column in &self.columns.values {
            let cell = cell(&self.record, column);
            let number = time::number(cell).filter(|number| number.is_finite());
            if number.is_none() && !cell.is_empty() {
                bad.push(column);
            }
            row.values.push(number.unwrap_or(f64::NAN));
        }
        let is_empty = row.values.iter().all(|value| value.is_nan());
        let reason = bad.first().copied().or_else(|| self.columns.values.first().filter(|_| is_empty));
        let reason = reason.map(|column| format!("{} is no number", quoted(&self.record, column)));
        match reason {
            Some(reason) if is_empty => Err(reason),
            Some(reason) => {
                self.count.broken_cells += bad.len() as u64;
                self.report(&reason);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Names what is skipped, as long as it is little.
    fn report(&self, reason: &str) {
        if self.count.broken + self.count.broken_cells <= NAMED_ROWS {
            output::say(&format!("cronograph: line {}: {reason}, skipped", self.row.line));
        }
    }
}

impl CsvRow {
    fn add_to(&self, group: &mut RowGroup) {
        group.push(self.line, self.time, &self.values);
    }
}

fn read_key(record: &ByteRecord, labels: &[usize], key: &mut Vec<u8>) {
    key.clear();
    for (number, label) in labels.iter().enumerate() {
        if number > 0 {
            key.push(LABEL_SEPARATOR);
        }
        key.extend_from_slice(record.get(*label).unwrap_or_default());
    }
}

fn cell<'a>(record: &'a ByteRecord, column: &NamedColumn) -> &'a [u8] {
    record.get(column.index).unwrap_or_default()
}

/// Returns header and text of a cell: `value "x"`.
fn quoted(record: &ByteRecord, column: &NamedColumn) -> String {
    format!("{} {:?}", column.name, String::from_utf8_lossy(cell(record, column)))
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
