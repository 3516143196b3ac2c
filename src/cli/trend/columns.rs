//! Roles of a CSV's columns, from its header and its first rows: the time, the names of the series, the values.
//!
//! * Time: the first of [`TIME_NAMES`] that the header has.
//! * Names: the column `series`; without one, each column of text, and each whose header says that its numbers are names.
//! * Values: the column `value`; without one, each column of numbers.

use super::time;
use crate::cli::output;
use csv::ByteRecord;

/// Headers of a time column, by precedence.
const TIME_NAMES: [&str; 8] = ["unix_time", "timestamp", "time", "_time", "datetime", "date", "ts", "t"];
/// Headers of columns that name a series even if they hold numbers, beside those that end in `_id`.
const LABEL_NAMES: [&str; 7] = ["series", "name", "host", "instance", "metric", "id", "pid"];
/// Headers of columns that are free text.
const IGNORED_NAMES: [&str; 2] = ["note", "comment"];
/// Numbers of a second time column are larger than this: 1973 in unix seconds.
const SMALLEST_TIME: f64 = 1e8;
const HEADER_HINT: &str =
    "the first line names the columns, separated by commas: `unix_time,value`, or `series,unix_time,value`";

/// Columns of a table by their role.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CsvColumns {
    /// The time.
    pub(super) time: NamedColumn,
    /// Positions of the columns that name a series.
    pub(super) labels: Vec<usize>,
    /// The values: each column is a series of its own.
    pub(super) values: Vec<NamedColumn>,
    /// The first line.
    header: String,
}

/// A column and its header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NamedColumn {
    pub(super) index: usize,
    pub(super) name: String,
}

/// Kind of cells in the first rows of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CellKind {
    Empty,
    Numbers,
    Text,
}

impl CsvColumns {
    /// Assigns the roles. `rows` are the first rows after the header.
    ///
    /// # Errors
    /// If there is no column of times or none of values.
    pub(super) fn new(header: &ByteRecord, rows: &[ByteRecord]) -> anyhow::Result<Self> {
        let names: Vec<String> =
            header.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
        let header = names.join(",");
        let position = |wanted: &str| names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
        let Some(time) = TIME_NAMES.iter().copied().find_map(position) else { return Err(no_time(&names)) };
        let (series, value) = (position("series"), position("value"));
        let (mut labels, mut values) = (Vec::from_iter(series), Vec::from_iter(value));
        for (index, name) in names.iter().enumerate().filter(|(index, _)| *index != time) {
            let kind = cell_kind(rows, index);
            if is_in(&IGNORED_NAMES, name) || is_second_time(name, kind, rows, index) {
                continue;
            }
            let is_label = kind == CellKind::Text || is_in(&LABEL_NAMES, name) || ends_in_id(name);
            if is_label && series.is_none() && value != Some(index) {
                labels.push(index);
            }
            // A column of numbers without a header counts the rows.
            if !is_label && value.is_none() && !name.is_empty() {
                values.push(index);
            }
        }
        if values.is_empty() {
            return Err(output::failure(format!("line 1: no column of numbers in {header:?}"), HEADER_HINT));
        }
        let named = |index: usize| NamedColumn { index, name: names.get(index).cloned().unwrap_or_default() };
        Ok(Self { time: named(time), labels, values: values.into_iter().map(named).collect(), header })
    }

    /// Returns the name of a value column's series among those with this label: `label/column`, where there are several
    /// columns; of a table with one, the label, or the header unless it is `value`.
    pub(super) fn series_name(&self, label: &str, value: &NamedColumn) -> String {
        let is_only = self.values.len() == 1;
        match self.labels.is_empty() {
            true if is_only && value.name.eq_ignore_ascii_case("value") => String::new(),
            true => value.name.clone(),
            false if is_only => label.to_owned(),
            false => format!("{label}/{}", value.name),
        }
    }

    /// Returns the way out of an error about rows that seem to belong to several series.
    pub(super) fn mixed_series_hint(&self) -> String {
        format!(
            "if a column names the series, call it `series` (the columns are {:?}); a series has one value for each time, in order",
            self.header
        )
    }
}

fn is_in(list: &[&str], name: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn ends_in_id(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("_id")
}

/// Returns the kind of most cells in these rows, empty ones apart.
fn cell_kind(rows: &[ByteRecord], index: usize) -> CellKind {
    let cells = || rows.iter().filter_map(|row| row.get(index)).filter(|cell| !cell.is_empty());
    let numbers = cells().filter(|cell| time::number(cell).is_some()).count();
    match cells().count() {
        0 => CellKind::Empty,
        all if 2 * numbers > all => CellKind::Numbers,
        _ => CellKind::Text,
    }
}

/// Reports whether a column repeats the time in another form, which is neither a name nor a value.
fn is_second_time(name: &str, kind: CellKind, rows: &[ByteRecord], index: usize) -> bool {
    let mut numbers = rows.iter().filter_map(|row| row.get(index)).filter_map(time::number);
    is_in(&TIME_NAMES, name)
        && match kind {
            CellKind::Empty => false,
            CellKind::Text => true,
            CellKind::Numbers => numbers.all(|number| number > SMALLEST_TIME),
        }
}

/// Returns the error of a header without a time column.
fn no_time(names: &[String]) -> anyhow::Error {
    let header = names.join(",");
    let is_row =
        |name: &String| time::number(name.as_bytes()).is_some() || time::unix_seconds(name).is_some();
    if names.is_empty() {
        output::failure("there is no line in it", HEADER_HINT)
    } else if names.iter().any(is_row) {
        let columns = if names.len() == 3 { "series,unix_time,value" } else { "unix_time,value" };
        output::failure(
            format!("line 1: {header:?} is a row; names of the columns must stand before it"),
            format!("add them: (echo {columns}; cat FILE.csv) | cronograph trend"),
        )
    } else {
        let known = TIME_NAMES.join(", ");
        output::failure(
            format!("line 1: no column of times in {header:?}"),
            format!("{HEADER_HINT}; the column of times is called one of {known}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<ByteRecord> {
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        reader.byte_records().map(Result::unwrap).collect()
    }

    fn columns(text: &str) -> anyhow::Result<CsvColumns> {
        let records = records(text);
        CsvColumns::new(&records.first().cloned().unwrap_or_default(), records.get(1..).unwrap_or_default())
    }

    /// Headers by role: time, labels, values.
    fn roles(text: &str) -> (String, String, String) {
        let found = columns(text).unwrap();
        let names: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        let labels: Vec<&str> = found.labels.iter().map(|index| names[*index]).collect();
        let values: Vec<String> = found.values.into_iter().map(|value| value.name).collect();
        (found.time.name, labels.join(","), values.join(","))
    }

    #[track_caller]
    fn assert_roles(text: &str, time: &str, labels: &str, values: &str) {
        assert_eq!(roles(text), (time.to_owned(), labels.to_owned(), values.to_owned()), "{text}");
    }

    #[test]
    fn series_and_value_leave_no_role_to_other_columns() {
        assert_roles("unix_time,value\n60,1\n", "unix_time", "", "value");
        assert_roles("Series,unix_time,value,zone,max\na,60,1,x,2\n", "unix_time", "Series", "value");
        assert_roles("series,unix_time,value\n1,60,1\n", "unix_time", "series", "value");
        assert_roles("unix_time,value,note\n60,1,restarted\n", "unix_time", "", "value");
        assert_roles("unix_time,value,max\n60,1,2\n", "unix_time", "", "value");
    }

    #[test]
    fn any_column_of_text_is_a_name() {
        for name in ["series_id", "name", "host", "metric", "instance", "id", "machine"] {
            assert_roles(&format!("{name},unix_time,value\nweb,60,1\n"), "unix_time", name, "value");
        }
        assert_roles("host,time,mount,used\nweb,60,/,1\n", "time", "host,mount", "used");
    }

    #[test]
    fn numbers_are_names_under_headers_of_names() {
        for name in ["id", "pid", "PID", "host", "host_id"] {
            assert_roles(&format!("{name},unix_time,rss\n7,60,1\n"), "unix_time", name, "rss");
        }
        assert_roles("series,pid,unix_time,rss\na,7,60,1\n", "unix_time", "series", "rss");
    }

    #[test]
    fn each_column_of_numbers_is_a_value() {
        assert_roles("unix_time,used,free,cached\n60,1,2,3\n", "unix_time", "", "used,free,cached");
        assert_roles("host,ts,used,free\nweb,60,,2\n", "ts", "host", "used,free");
        // One that begins later, and one with a cell that is no number.
        assert_roles("t,late,used\n60,,1\n120,,n/a\n180,,3\n", "t", "", "late,used");
        // The index that pandas writes.
        assert_roles(",time,used\n0,60,1\n1,120,2\n", "time", "", "used");
    }

    #[test]
    fn a_second_time_column_has_no_role() {
        assert_roles("date,unix_time,used\n2026-11-23,60,1\n", "unix_time", "", "used");
        assert_roles("time,timestamp,used\n1795392000000,1795392000,1\n", "timestamp", "", "used");
        assert_roles("unix_time,t\n60,21.5\n", "unix_time", "", "t");
        for name in TIME_NAMES {
            assert_roles(&format!("{name},used\n60,1\n"), name, "", "used");
        }
    }

    #[test]
    fn errors_name_the_columns() {
        for (text, expected) in [
            ("", "there is no line in it"),
            ("a,b\n1,2\n", "line 1: no column of times in \"a,b\""),
            ("unix_time,host\n60,web\n", "line 1: no column of numbers in \"unix_time,host\""),
            (
                "1795392000,12345\n",
                "line 1: \"1795392000,12345\" is a row; names of the columns must stand before it",
            ),
            (
                "2026-11-23T15:00:00Z,busy\n",
                "line 1: \"2026-11-23T15:00:00Z,busy\" is a row; names of the columns must stand before it",
            ),
        ] {
            assert_eq!(columns(text).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn names_of_series_say_what_tells_them_apart() {
        let names = |text: &str, label: &str| -> Vec<String> {
            let columns = columns(text).unwrap();
            columns.values.iter().map(|value| columns.series_name(label, value)).collect()
        };
        assert_eq!(names("unix_time,value\n", ""), [""]);
        assert_eq!(names("unix_time,used\n", ""), ["used"]);
        assert_eq!(names("unix_time,used,free\n", ""), ["used", "free"]);
        assert_eq!(names("host,unix_time,used\n", "web"), ["web"]);
        assert_eq!(names("host,unix_time,used,free\n", "web"), ["web/used", "web/free"]);
    }
}
