//! Rows of a CSV as series. A file whose series stand one after the other is read series by series, so that only
//! one is in memory; standard input, and a file whose series alternate, are read whole.

use crate::cli::output;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::Path;

/// The columns' names; the first is optional.
const COLUMNS: [&str; 3] = ["series", "unix_time", "value"];
/// How the message of a wrong header goes on.
const HEADER_HINT: &str = "the first line must be `unix_time,value` or `series,unix_time,value`";
/// Broken rows that are named; the others are counted.
const NAMED_ROWS: u64 = 20;

/// One series, in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Series {
    /// Its name; empty where the table has no column for it.
    pub(super) name: String,
    /// Unix times.
    pub(super) times: Vec<i64>,
    /// A value for each.
    pub(super) values: Vec<f64>,
}

/// What became of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// Rows that were used.
    pub(super) used: u64,
    /// Rows that were skipped.
    pub(super) broken: u64,
}

/// Reads a table from a file, or from standard input, and hands over its series.
///
/// # Errors
/// If it cannot be read, if its header names no columns, or as `visit` fails.
pub(super) fn read(
    file: Option<&Path>,
    visit: &mut dyn FnMut(Series) -> anyhow::Result<()>,
) -> anyhow::Result<Count> {
    let Some(path) = file.filter(|path| path.as_os_str() != "-") else {
        return Table::of(std::io::stdin().lock())?.whole(visit);
    };
    let explained = |error: std::io::Error| {
        output::failure(error.to_string(), "cronograph trend reads a CSV file, or standard input without one")
    };
    let open = || fs_err::File::open(path).map_err(explained);
    // A pipe can be read but once.
    if !fs_err::metadata(path).map_err(explained)?.is_file() {
        return Table::of(open()?)?.whole(visit);
    }
    if Table::of(open()?)?.stands_in_order()? {
        Table::of(open()?)?.one_by_one(visit)
    } else {
        Table::of(open()?)?.whole(visit)
    }
}

struct Table<R> {
    reader: csv::Reader<R>,
    series: Option<usize>,
    time: usize,
    value: usize,
    count: Count,
}

impl<R: Read> Table<R> {
    fn of(input: R) -> anyhow::Result<Self> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(input);
        let header = reader.byte_headers()?.clone();
        let column = |name: &str| header.iter().position(|field| field.eq_ignore_ascii_case(name.as_bytes()));
        let [series, time, value] = COLUMNS.map(column);
        let Some((time, value)) = time.zip(value) else {
            let found: Vec<String> =
                header.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
            let message = match found.as_slice() {
                [] => "there is no line in it".to_owned(),
                _ => format!("line 1: no column unix_time or value in {:?}", found.join(",")),
            };
            return Err(output::failure(message, HEADER_HINT));
        };
        Ok(Self { reader, series, time, value, count: Count::default() })
    }

    /// Whether each series stands in rows that follow each other.
    fn stands_in_order(mut self) -> anyhow::Result<bool> {
        let Some(column) = self.series else { return Ok(true) };
        let mut done: HashSet<Vec<u8>> = HashSet::new();
        let mut current: Vec<u8> = Vec::new();
        let mut record = csv::ByteRecord::new();
        while self.reader.read_byte_record(&mut record)? {
            let name = record.get(column).unwrap_or_default();
            if name != current {
                if done.contains(name) {
                    return Ok(false);
                }
                done.insert(std::mem::replace(&mut current, name.to_vec()));
            }
        }
        Ok(true)
    }

    fn one_by_one(mut self, visit: &mut dyn FnMut(Series) -> anyhow::Result<()>) -> anyhow::Result<Count> {
        let mut open: Option<Series> = None;
        while let Some((name, time, value)) = self.next_row()? {
            if open.as_ref().is_some_and(|series| series.name != name) {
                open.take().map_or(Ok(()), |series| visit(series.sorted()))?;
            }
            open.get_or_insert_with(|| Series { name, ..Series::default() }).push(time, value);
        }
        open.map_or(Ok(()), |series| visit(series.sorted()))?;
        Ok(self.count)
    }

    fn whole(mut self, visit: &mut dyn FnMut(Series) -> anyhow::Result<()>) -> anyhow::Result<Count> {
        let mut all: Vec<Series> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        while let Some((name, time, value)) = self.next_row()? {
            let place = *places.entry(name).or_insert_with_key(|name| {
                all.push(Series { name: name.clone(), ..Series::default() });
                all.len() - 1
            });
            if let Some(series) = all.get_mut(place) {
                series.push(time, value);
            }
        }
        all.into_iter().try_for_each(|series| visit(series.sorted()))?;
        Ok(self.count)
    }

    /// The next row that can be used; the others are named with their line.
    fn next_row(&mut self) -> anyhow::Result<Option<(String, i64, f64)>> {
        let mut record = csv::ByteRecord::new();
        while self.reader.read_byte_record(&mut record)? {
            match self.row(&record) {
                Ok(row) => {
                    self.count.used += 1;
                    return Ok(Some(row));
                }
                Err(reason) => {
                    self.count.broken += 1;
                    if self.count.broken <= NAMED_ROWS {
                        let line = record.position().map_or(0, csv::Position::line);
                        output::say(&format!("cronograph: line {line}: {reason}, skipped"));
                    }
                }
            }
        }
        Ok(None)
    }

    fn row(&self, record: &csv::ByteRecord) -> Result<(String, i64, f64), String> {
        let field = |column: usize| String::from_utf8_lossy(record.get(column).unwrap_or_default());
        let (time, value) = (field(self.time), field(self.value));
        let unix = unix_time(&time).ok_or_else(|| format!("unix_time {time:?} is no time in seconds"))?;
        let number = value.parse::<f64>().ok().filter(|number| number.is_finite());
        let number = number.ok_or_else(|| format!("value {value:?} is no number"))?;
        Ok((self.series.map_or_else(String::new, |column| field(column).into_owned()), unix, number))
    }
}

impl Series {
    fn push(&mut self, time: i64, value: f64) {
        self.times.push(time);
        self.values.push(value);
    }

    /// By time; rows of the same time stay as they are.
    fn sorted(mut self) -> Self {
        if !self.times.is_sorted() {
            let mut order: Vec<(i64, f64)> =
                self.times.iter().copied().zip(self.values.iter().copied()).collect();
            order.sort_by_key(|(time, _)| *time);
            (self.times, self.values) = order.into_iter().unzip();
        }
        self
    }
}

/// Seconds, or RFC 3339. A time before 1900 or after 2200 is none.
fn unix_time(text: &str) -> Option<i64> {
    const RANGE: std::ops::Range<i64> = -2_208_988_800..7_258_118_400;
    #[expect(clippy::cast_possible_truncation, reason = "far less than 2^52, or it is out of range")]
    let seconds = |number: f64| number.is_finite().then(|| number.floor() as i64);
    let unix = text.parse::<f64>().ok().and_then(seconds);
    unix.or_else(|| text.parse::<Timestamp>().ok().map(Timestamp::as_second))
        .filter(|unix| RANGE.contains(unix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> (Vec<Series>, Count) {
        let mut all = Vec::new();
        let count = Table::of(text.as_bytes()).unwrap().whole(&mut |series| {
            all.push(series);
            Ok(())
        });
        (all, count.unwrap())
    }

    #[test]
    fn rows_are_sorted_and_broken_ones_counted() {
        let (all, count) = whole("unix_time,value\n120,2\nx,3\n60,1\n180,\n");
        assert_eq!(all, [Series { name: String::new(), times: vec![60, 120], values: vec![1.0, 2.0] }]);
        assert_eq!(count, Count { used: 2, broken: 2 });
    }

    #[test]
    fn series_may_alternate_and_columns_stand_anywhere() {
        let text = "value,Series,unix_time,note\n1,b,60,x\n2,a,60,\n3,b,2026-11-23T15:00:00+01:00\n";
        let (all, _) = whole(text);
        assert_eq!(all.iter().map(|series| series.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(all[0].times, [60, 1_795_442_400]);
        assert!(!Table::of(text.as_bytes()).unwrap().stands_in_order().unwrap());
    }

    #[test]
    fn a_header_without_the_columns_is_an_error() {
        let error = Table::of("time,bytes\n1,2\n".as_bytes()).err().unwrap();
        assert!(error.to_string().contains("time,bytes"), "{error}");
    }

    #[test]
    fn series_in_order_are_read_one_by_one() {
        let text = "series,unix_time,value\na,1,1\na,2,2\nb,1,3\n";
        assert!(Table::of(text.as_bytes()).unwrap().stands_in_order().unwrap());
        let mut names = Vec::new();
        let visit = &mut |series: Series| {
            names.push((series.name, series.values.len()));
            Ok(())
        };
        Table::of(text.as_bytes()).unwrap().one_by_one(visit).unwrap();
        assert_eq!(names, [("a".to_owned(), 2), ("b".to_owned(), 1)]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_rows_or_broken(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let mut input = b"series,unix_time,value\n".to_vec();
            input.extend(bytes);
            let mut rows = 0;
            let visit = &mut |series: Series| {
                proptest::prop_assert!(series.times.is_sorted());
                rows += series.times.len() as u64;
                Ok(())
            };
            let count = Table::of(input.as_slice()).unwrap().whole(&mut |series| visit(series).map_err(|error: proptest::test_runner::TestCaseError| anyhow::anyhow!("{error}")));
            proptest::prop_assert_eq!(count.unwrap().used, rows);
        }
    }
}
