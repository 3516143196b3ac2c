//! A part of what was collected, as if nothing else had been read: a stretch of time in the order of the log.

use super::{Collecting, Row, Series};
use std::collections::HashMap;

impl Collecting {
    /// The samples with `from <= t < until`. What was read before the first of them makes no difference.
    pub(in crate::series) fn stretch(&self, from: i64, until: i64) -> Self {
        let kept: Vec<usize> =
            (0..self.rows.len()).filter(|row| (from..until).contains(&self.rows[*row].t)).collect();
        // Numbered by their order here.
        let mut boots: HashMap<usize, usize> = HashMap::new();
        let mut number = |boot: usize| {
            let next = boots.len();
            *boots.entry(boot).or_insert(next)
        };
        let rows = kept.iter().map(|row| self.rows[*row]);
        let rows = rows.map(|row| Row { boot: number(row.boot), ..row }).collect();
        let of = |series: &Series, row: &usize| series.values.get(*row).copied().unwrap_or(f64::NAN);
        let columns = self.columns.iter().map(|series| Series {
            values: kept.iter().map(|row| of(series, row)).collect(),
            over_gaps: Vec::new(),
            instance: series.instance.clone(),
            ..*series
        });
        let mut columns: Vec<Series> = columns.collect();
        columns.retain(|series| series.values.iter().any(|value| !value.is_nan()));
        Self { rows, columns, ..Self::default() }
    }
}
