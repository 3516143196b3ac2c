//! Gauges that come on a slow beat (slab caches, details of control groups) are carried forward between beats.

use super::table::{Row, median};

/// How many beats a value stays valid without a new one.
const BEATS: f64 = 3.0;
/// The slow beat, where nobody set another.
const USUAL_BEAT_SECONDS: f64 = 300.0;

/// Fills the rows between the values of a slow gauge with the value before them.
///
/// What is slow shows by itself: its values are, by the median, further apart than the rows. A value is carried for at
/// most three beats and never over a boot; a gauge that is in every row is not carried at all, so that its gaps stay.
pub(super) fn carry_forward(rows: &[Row], values: &mut [f64], usual_interval: f64) {
    let present: Vec<usize> = (0..values.len()).filter(|row| !values[*row].is_nan()).collect();
    let mut distances: Vec<f64> = present
        .windows(2)
        .filter(|pair| rows[pair[0]].boot == rows[pair[1]].boot)
        .map(|pair| rows[pair[1]].uptime - rows[pair[0]].uptime)
        .collect();
    let Some(beat) = median(&mut distances).filter(|beat| *beat > 1.5 * usual_interval) else { return };
    for (position, &row) in present.iter().enumerate() {
        let next = present.get(position + 1).copied().unwrap_or(values.len());
        for later in row + 1..next {
            let age = rows[later].uptime - rows[row].uptime;
            if rows[later].boot != rows[row].boot || age > BEATS * beat {
                break;
            }
            values[later] = values[row];
        }
    }
}

/// What is told when it changes, and all of it on the slow beat, holds until it is told anew: for three of the longest pauses
/// that there were, and not for less than three usual beats. `ends` says of a row that its line was about the same thing: what
/// it left out holds no more. Pauses are counted in rows, since of a gap nobody knows what would have been told in it.
#[expect(clippy::cast_precision_loss, reason = "rows")]
pub(super) fn carry_changes(
    rows: &[Row],
    values: &mut [f64],
    usual_interval: f64,
    ends: impl Fn(usize) -> bool,
) {
    let present: Vec<usize> = (0..values.len()).filter(|row| !values[*row].is_nan()).collect();
    let in_one_boot = present.windows(2).filter(|pair| rows[pair[0]].boot == rows[pair[1]].boot);
    let pauses = in_one_boot.map(|pair| (pair[1] - pair[0]) as f64 * usual_interval);
    let longest = pauses.fold(USUAL_BEAT_SECONDS, f64::max);
    let mut last: Option<usize> = None;
    for row in 0..values.len() {
        if !values[row].is_nan() || ends(row) {
            last = Some(row).filter(|row| !values[*row].is_nan());
            continue;
        }
        let Some(told) = last.filter(|told| rows[*told].boot == rows[row].boot) else { continue };
        if rows[row].uptime - rows[told].uptime <= BEATS * longest {
            values[row] = values[told];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: i64) -> Vec<Row> {
        (0..count).map(|row| Row { t: row * 60, boot: 0, uptime: row as f64 * 60.0, covered: 60.0 }).collect()
    }

    #[test]
    fn a_slow_beat_is_filled_and_ends_after_three() {
        let mut values = vec![f64::NAN; 30];
        for (row, value) in [(2, 1.0), (7, 2.0), (12, 3.0)] {
            values[row] = value;
        }
        carry_forward(&rows(30), &mut values, 60.0);
        assert!(values[..2].iter().all(|value| value.is_nan()), "nothing is known before the first");
        assert_eq!(values[2..7], [1.0; 5]);
        assert_eq!(values[7..12], [2.0; 5]);
        assert_eq!(values[12..28], [3.0; 16], "15 minutes after the last");
        assert!(values[28..].iter().all(|value| value.is_nan()));
    }

    #[test]
    fn what_is_told_when_it_changes_holds_until_then() {
        let mut values = vec![f64::NAN; 30];
        (values[1], values[2], values[6], values[7]) = (1.0, 1.0, 0.0, 0.0);
        carry_changes(&rows(30), &mut values, 60.0, |_| false);
        assert!(values[0].is_nan());
        assert_eq!(values[1..6], [1.0; 5]);
        assert_eq!(values[6..23], [0.0; 17], "three beats of five minutes after row 7");
        assert!(values[23..].iter().all(|value| value.is_nan()));
    }

    #[test]
    fn a_line_about_the_same_that_leaves_it_out_ends_it() {
        let mut values = vec![f64::NAN; 10];
        values[2] = 0.0;
        carry_changes(&rows(10), &mut values, 60.0, |row| row == 6);
        assert_eq!(values[2..6], [0.0; 4]);
        assert!(values[6..].iter().all(|value| value.is_nan()));
    }

    #[test]
    fn what_every_row_has_keeps_its_holes() {
        let mut values = vec![1.0, 1.0, f64::NAN, 1.0, 1.0];
        carry_forward(&rows(5), &mut values, 60.0);
        assert!(values[2].is_nan());
    }

    #[test]
    fn nothing_is_carried_over_a_boot() {
        let mut rows = rows(8);
        rows[6].boot = 1;
        rows[7].boot = 1;
        let mut values = [1.0, f64::NAN, f64::NAN, 2.0, f64::NAN, f64::NAN, f64::NAN, f64::NAN];
        carry_forward(&rows, &mut values, 60.0);
        assert_eq!(values[..6], [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
        assert!(values[6].is_nan() && values[7].is_nan());
    }
}
