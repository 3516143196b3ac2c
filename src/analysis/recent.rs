//! The last stretch of a window: means over minutes, so that one sample decides nothing, and since when.

use crate::series::Frame;

/// How far a value may fall below its limit without ending the stretch: a load of 2 that dips to 1.5 goes on.
const DIP: f64 = 0.7;

/// A column of a window; empty where there is none.
pub(super) fn column<'a>(frame: &'a Frame, metric: &str, instance: &str) -> &'a [f64] {
    frame.mean(metric, instance).unwrap_or(&[])
}

/// The mean over the last `seconds` of a window, of the values that are there. They must be two at least and span
/// half of the time: what has been watched for a minute is not known to last.
pub(super) fn mean(frame: &Frame, values: &[f64], seconds: i64) -> Option<f64> {
    let last = *frame.times.last()?;
    let rows =
        frame.times.iter().zip(values).filter(|(time, value)| **time > last - seconds && value.is_finite());
    let (mut sum, mut count, mut first) = (0.0, 0.0, last);
    for (time, value) in rows {
        first = first.min(*time);
        sum += value;
        count += 1.0;
    }
    (count >= 2.0 && last - first >= seconds / 2).then(|| sum / count)
}

/// The start of the stretch up to now in which the values stay about at the limit or above; `None` where it began
/// before the window.
pub(super) fn since_about(frame: &Frame, values: &[f64], limit: f64) -> Option<i64> {
    since(frame, values, limit * DIP)
}

/// The start of the stretch up to now in which no value is below `least`.
pub(super) fn since(frame: &Frame, values: &[f64], least: f64) -> Option<i64> {
    let mut start = None;
    for (time, value) in frame.times.iter().zip(values).rev() {
        if value.is_nan() {
            continue;
        }
        if *value < least {
            return start;
        }
        start = Some(*time);
    }
    None
}

/// Row by row one column divided by another.
pub(super) fn ratio(part: &[f64], whole: &[f64]) -> Vec<f64> {
    part.iter().zip(whole).map(|(part, whole)| part / whole).collect()
}

/// Row by row the sum of columns; an absent value counts as none.
pub(super) fn sum(columns: &[&[f64]]) -> Vec<f64> {
    let rows = columns.iter().map(|column| column.len()).max().unwrap_or(0);
    let of = |row: usize| -> f64 {
        let values = columns.iter().filter_map(|column| column.get(row)).filter(|value| value.is_finite());
        values.copied().reduce(|sum, value| sum + value).unwrap_or(f64::NAN)
    };
    (0..rows).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(times: &[i64]) -> Frame {
        Frame { times: times.to_vec(), step: 60, ..Frame::default() }
    }

    #[test]
    fn a_mean_needs_time() {
        let frame = frame(&[0, 60, 120, 180, 240, 300]);
        assert_eq!(mean(&frame, &[9.0, 9.0, 9.0, 1.0, 2.0, 3.0], 180), Some(2.0));
        // From 0 to 240 only, of 600 seconds.
        assert_eq!(mean(&frame, &[1.0, f64::NAN, 1.0, f64::NAN, 4.0, f64::NAN], 700), None);
        assert_eq!(mean(&frame, &[f64::NAN, f64::NAN, f64::NAN, f64::NAN, 4.0, 4.0], 300), None);
        assert_eq!(mean(&frame, &[], 300), None);
        assert_eq!(mean(&self::frame(&[]), &[], 300), None);
    }

    #[test]
    fn since_is_the_start_of_the_last_stretch() {
        let frame = frame(&[0, 60, 120, 180]);
        assert_eq!(since_about(&frame, &[0.0, 10.0, 8.0, 12.0], 10.0), Some(60));
        assert_eq!(since(&frame, &[0.0, 10.0, 8.0, 12.0], 10.0), Some(180));
        assert_eq!(since_about(&frame, &[0.0, 10.0, f64::NAN, 12.0], 10.0), Some(60));
        assert_eq!(since_about(&frame, &[10.0, 10.0, 10.0, 12.0], 10.0), None); // before the window
        assert_eq!(since_about(&frame, &[10.0, 10.0, 10.0, 1.0], 10.0), None); // over
    }

    #[test]
    fn sums_skip_what_is_absent() {
        assert_eq!(sum(&[&[1.0, f64::NAN], &[2.0, 5.0]]), [3.0, 5.0]);
        assert!(sum(&[&[f64::NAN]])[0].is_nan());
        assert_eq!(ratio(&[1.0], &[4.0]), [0.25]);
    }
}
