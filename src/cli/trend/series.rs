//! Rows with one label become series in order of time.
//!
//! Rows of several series under one label would be judged as one that jumps up and down, or as a leak. Their times give them away:
//! they repeat with other values, or several runs of rows cover the same period, so that their rows alternate. That is an error.

use super::columns::CsvColumns;
use crate::cli::output;

/// Share of rows from which repeated times are no accident.
const REPEATED_SHARE: f64 = 0.01;
/// Share of rows from which alternating runs are no accident, such as a clock that was set back, and their least number.
const ALTERNATING_SHARE: f64 = 0.1;
const ALTERNATING_ROWS: usize = 3;

/// One series, in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TrendSeries {
    /// Its name; empty where nothing in the table names it.
    pub(super) name: String,
    /// Unix times.
    pub(super) times: Vec<i64>,
    /// A value for each.
    pub(super) values: Vec<f64>,
}

/// Rows with the same label, while they are read.
#[derive(Debug)]
pub(super) struct RowGroup {
    /// The label's cells, separated by [`LABEL_SEPARATOR`].
    pub(super) key: Vec<u8>,
    /// Times in the order of the rows; fractions of a second tell rows apart.
    times: Vec<f64>,
    /// Values of each column, NaN where it has none.
    columns: Vec<Vec<f64>>,
    order: RowOrder,
}

/// Separates the cells of a label within a key: the unit separator of ASCII.
pub(super) const LABEL_SEPARATOR: u8 = 0x1f;

/// Order of rows as they were read.
#[derive(Debug, Default)]
struct RowOrder {
    forward: Steps,
    backward: Steps,
    /// Line of the first row with the time of the row before and a different value.
    first_repeated: Option<u64>,
}

/// Steps of time in one direction between a row and the next.
#[derive(Debug, Default)]
struct Steps {
    count: u32,
    /// Line of the first step, and its times.
    first: Option<(u64, f64, f64)>,
}

impl Steps {
    fn add(&mut self, line: u64, from: f64, to: f64) {
        self.count += 1;
        self.first.get_or_insert((line, from, to));
    }
}

/// Rows with the time of another row.
#[derive(Debug, Default)]
struct RepeatedRows {
    same: usize,
    different: usize,
}

impl RowOrder {
    fn is_newest_first(&self) -> bool {
        self.backward.count > 2 * self.forward.count
    }

    /// Returns the steps against the order of most rows.
    fn against(&self) -> &Steps {
        if self.is_newest_first() { &self.forward } else { &self.backward }
    }
}

impl RowGroup {
    pub(super) fn new(key: &[u8], columns: usize) -> Self {
        Self {
            key: key.to_vec(),
            times: Vec::new(),
            columns: vec![Vec::new(); columns],
            order: RowOrder::default(),
        }
    }

    /// Adds a row with a value for each column.
    pub(super) fn push(&mut self, line: u64, time: f64, values: &[f64]) {
        if let Some(&last) = self.times.last() {
            if time > last {
                self.order.forward.add(line, last, time);
            } else if time < last {
                self.order.backward.add(line, last, time);
            } else if self
                .columns
                .iter()
                .zip(values)
                .any(|(column, value)| differs(column.last(), Some(value)))
            {
                self.order.first_repeated.get_or_insert(line);
            }
        }
        self.times.push(time);
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(*value);
        }
    }

    /// Hands over the series of each column that has values.
    ///
    /// # Errors
    /// If the rows seem to belong to several series, or as `visit` fails.
    pub(super) fn finish(
        mut self,
        columns: &CsvColumns,
        visit: &mut dyn FnMut(TrendSeries) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let label = String::from_utf8_lossy(&self.key).replace(char::from(LABEL_SEPARATOR), "/");
        let mixed = |(line, reason): (u64, String)| {
            let of = if label.is_empty() { String::new() } else { format!(" in {label:?}") };
            let message = format!("line {line}: several series seem to be mixed{of}: {reason}");
            output::failure(message, columns.mixed_series_hint())
        };
        let alternating = self.sort();
        let repeated = self.repeated_rows();
        // A file that holds the same rows twice is harmless.
        let has_copies = self.is_many(repeated.same);
        if let Some(found) = self.repeated_times(repeated.different) {
            return Err(mixed(found));
        }
        if let Some(found) = self.alternating_runs(alternating).filter(|_| !has_copies) {
            return Err(mixed(found));
        }
        let Self { mut times, columns: all_values, .. } = self;
        let mut left = all_values.len();
        for (column, mut values) in columns.values.iter().zip(all_values) {
            left -= 1;
            // The last one needs no copy: a long series is most of the memory.
            let own = if left == 0 { std::mem::take(&mut times) } else { times.clone() };
            let rows = own.into_iter().zip(&values).filter(|(_, value)| !value.is_nan());
            let times: Vec<i64> = rows.map(|(time, _)| whole_seconds(time)).collect();
            values.retain(|value| !value.is_nan());
            if !values.is_empty() {
                visit(TrendSeries { name: columns.series_name(&label, column), times, values })?;
            }
        }
        Ok(())
    }

    /// Finds the line at which another run of rows over the same period begins.
    fn alternating_runs(&self, alternating: usize) -> Option<(u64, String)> {
        let (line, from, to) = self.order.against().first?;
        #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
        let is_many =
            alternating >= ALTERNATING_ROWS && alternating as f64 > ALTERNATING_SHARE * self.row_count();
        let reason =
            || format!("the time goes from {from} to {to}, and rows before and after that alternate in time");
        is_many.then(|| (line, reason()))
    }

    /// Counts the rows with the time of the row before, once they are sorted.
    fn repeated_rows(&self) -> RepeatedRows {
        let mut found = RepeatedRows::default();
        for (row, pair) in self.times.windows(2).enumerate() {
            if matches!(pair, [one, next] if one < next) {
                continue;
            }
            let is_different =
                self.columns.iter().any(|column| differs(column.get(row), column.get(row + 1)));
            found.different += usize::from(is_different);
            found.same += usize::from(!is_different);
        }
        found
    }

    /// Finds the line from which times repeat with different values.
    fn repeated_times(&self, different: usize) -> Option<(u64, String)> {
        let order = &self.order;
        let against = order.against().first.map(|(line, ..)| line);
        let line = order.first_repeated.into_iter().chain(against).min()?;
        let reason = || format!("{different} rows have the time of another row and a different value");
        self.is_many(different).then(|| (line, reason()))
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
    fn is_many(&self, rows: usize) -> bool {
        rows >= 2 && rows as f64 >= REPEATED_SHARE * self.row_count()
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
    fn row_count(&self) -> f64 {
        self.times.len() as f64
    }

    /// Sorts by time; rows of the same time stay in their order. Returns how many of them then follow a row of another run:
    /// few if files stood in the wrong order, most if two series cover the same period.
    fn sort(&mut self) -> usize {
        if self.order.backward.count == 0 {
            return 0;
        }
        let runs = self.run_numbers();
        let mut permutation: Vec<usize> = (0..self.times.len()).collect();
        permutation.sort_by(|one, other| {
            let time = |row: &usize| self.times.get(*row).copied().unwrap_or(f64::NAN);
            time(one).total_cmp(&time(other))
        });
        for column in std::iter::once(&mut self.times).chain(&mut self.columns) {
            *column = permutation.iter().filter_map(|row| column.get(*row).copied()).collect();
        }
        let is_change = |pair: &&[usize]| matches!(pair, [one, next] if runs.get(*one) != runs.get(*next));
        permutation.windows(2).filter(is_change).count()
    }

    /// Numbers the runs in which the time goes one way, that of most rows.
    fn run_numbers(&self) -> Vec<u32> {
        let is_newest_first = self.order.is_newest_first();
        let mut run = 0;
        let mut last = None;
        let number = |time: &f64| {
            let is_against = last
                .replace(*time)
                .is_some_and(|last| if is_newest_first { *time > last } else { *time < last });
            run += u32::from(is_against);
            run
        };
        self.times.iter().map(number).collect()
    }
}

/// Compares two values of a column; no number differs from an absent one.
fn differs(one: Option<&f64>, other: Option<&f64>) -> bool {
    one.zip(other).is_some_and(|(one, other)| !one.is_nan() && !other.is_nan() && one != other)
}

#[expect(clippy::cast_possible_truncation, reason = "times are checked to lie within a few centuries")]
fn whole_seconds(time: f64) -> i64 {
    time.floor() as i64
}
