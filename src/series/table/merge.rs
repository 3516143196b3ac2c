//! Keeps a table within so many cells: where it would have more, two rows become one, and from then on a row takes twice as many
//! samples. Counters lose nothing, since they are totals; of a gauge the later level of a row stays.

use super::{Collecting, Row};

/// Cells of all tables that are filled at the same time, one by each thread: 64 MiB.
const MOST_CELLS: usize = 8 << 20;
/// Cells that a table has in any case …
const LEAST_CELLS: usize = 512 << 10;
/// … and what no table needs more of: 1,400 numbers over a day of minutes.
const ENOUGH_CELLS: usize = 2 << 20;

/// Number of samples a row takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stride {
    samples: usize,
    /// Number of the last row has.
    taken: usize,
    most_cells: usize,
}

/// Returns how many cells a table may have on this machine.
pub(in crate::series) fn most_cells() -> usize {
    (MOST_CELLS / rayon::current_num_threads()).clamp(LEAST_CELLS, ENOUGH_CELLS)
}

impl Default for Stride {
    fn default() -> Self {
        Self { samples: 1, taken: 0, most_cells: most_cells() }
    }
}

impl Stride {
    /// Reports whether rows take several samples.
    pub(super) fn is_merging(self) -> bool {
        self.samples > 1
    }
}

impl Collecting {
    /// Begins a row, or goes on with the last one where that may take more samples. A boot begins a row.
    pub(super) fn begin_row(&mut self, row: Row) {
        let stride = &mut self.stride;
        match self.rows.last_mut().filter(|last| last.boot == row.boot && stride.taken < stride.samples) {
            Some(last) => {
                *last = row;
                stride.taken += 1;
            }
            None => {
                self.rows.push(row);
                stride.taken = 1;
            }
        }
    }

    /// Makes one row of two where the table has too many cells.
    pub(super) fn merge_rows(&mut self) {
        let rows = self.rows.len();
        if rows < 2 || rows.saturating_mul(self.columns.len()) <= self.stride.most_cells {
            return;
        }
        // Whether a row goes into the one behind it.
        let mut goes = vec![false; rows];
        for row in 1..rows {
            goes[row - 1] = self.rows[row - 1].boot == self.rows[row].boot && (row < 2 || !goes[row - 2]);
        }
        for series in &mut self.columns {
            let mut kept = 0;
            let mut before = f64::NAN;
            let last = series.values.len().saturating_sub(1);
            for (row, goes) in goes.iter().take(series.values.len()).enumerate() {
                let value = series.values[row];
                let value = if value.is_nan() { before } else { value };
                before = if *goes { value } else { f64::NAN };
                // What the row before had goes on where this column ends with it.
                if !goes || row == last {
                    series.values[kept] = value;
                    kept += 1;
                }
            }
            series.values.truncate(kept);
        }
        let mut row = 0;
        self.rows.retain(|_| {
            row += 1;
            !goes[row - 1]
        });
        self.stride.samples *= 2;
        self.stride.taken = self.stride.samples;
        let cells = self.rows.len().saturating_mul(self.columns.len());
        if let Some(budget) = self.budget.as_ref().filter(|_| cells > 2 * self.stride.most_cells) {
            budget.exceed("its samples name too many numbers over too many boots".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use crate::sample::meminfo::Meminfo;
    use crate::sample::vmstat::Vmstat;

    #[test]
    fn rows_are_merged_and_no_increase_is_lost() {
        let mut collecting = Collecting::default();
        collecting.stride.most_cells = 40;
        for minute in 0..100_u32 {
            let meminfo = (minute == 3).then(|| Meminfo { mem_free: Some(7), ..Meminfo::default() });
            let boot = if minute < 50 { "a" } else { "b" };
            let vmstat = Some(Vmstat { oom_kill: Some(u64::from(minute)), ..Vmstat::default() });
            let (boot, uptime) = (Some(boot.to_owned()), Some(f64::from(minute) * 60.0));
            let t = i64::from(minute) * 60;
            collecting.add(&Sample { v: 1, t, boot, uptime, vmstat, meminfo, ..Sample::default() });
        }
        assert!(collecting.rows.len() * collecting.columns.len() <= 40, "{}", collecting.rows.len());
        assert_eq!(collecting.rows.last().map(|row| row.t), Some(99 * 60));
        let table = collecting.finish();
        let of = |field: &str| table.columns.iter().find(|series| series.metric.field == field).unwrap();
        let sum = |values: &[f64]| values.iter().filter(|value| !value.is_nan()).sum::<f64>();
        let first_boot = table.rows.iter().filter(|row| row.boot == 0).count();
        let kills = &of("oom_kill").values;
        // From the first row of a boot to its last one.
        let first = table.rows[0].t / 60;
        assert!((sum(&kills[..first_boot]) - (49 - first) as f64).abs() < 1e-9, "{kills:?}");
        assert_eq!(of("MemFree").values.iter().filter(|value| **value == 7.0).count(), 1);
        assert_eq!(of("MemFree").values.len(), table.rows.len());
    }
}
