//! What conditions are evaluated on: the columns of a window, by metric and instance, and a last row for the present
//! moment, which has what is known beside the samples. Where a value is absent there is NaN.

use super::expression::{Comparison, Condition, Expression, Function, Operator, Over};
use crate::base::glob;
use crate::series::Frame;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Values by instance; the instance is empty where there is only one.
type Instances<'a> = BTreeMap<Cow<'a, str>, Values<'a>>;

/// One column.
#[derive(Debug, Default)]
struct Values<'a> {
    rows: Cow<'a, [f64]>,
    /// What a counter grew by over a gap that ends at a row.
    over_gaps: &'a [(usize, f64)],
}

/// The columns.
#[derive(Debug, Default)]
pub struct Table<'a> {
    times: Vec<i64>,
    /// Seconds between rows as they should be.
    step: i64,
    columns: HashMap<Cow<'a, str>, Instances<'a>>,
}

impl<'a> Table<'a> {
    /// The rows of a window, and one for `now`, which must not be earlier.
    pub fn new(frame: &'a Frame, now: i64) -> Self {
        let mut times = frame.times.clone();
        times.push(now.max(times.last().copied().unwrap_or(now)));
        let mut columns: HashMap<Cow<'a, str>, Instances<'a>> = HashMap::new();
        for (key, column) in &frame.columns {
            let instances = columns.entry(Cow::Borrowed(key.metric.as_str())).or_default();
            let values = Values { rows: Cow::Borrowed(column.mean.as_slice()), over_gaps: &column.over_gaps };
            instances.insert(Cow::Borrowed(key.instance.as_str()), values);
        }
        Self { times, step: frame.step, columns }
    }

    /// Unix times of the rows; the last one is the present moment.
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// What is known of the present moment where nothing else is.
    pub fn fact_if_absent(&mut self, metric: &'static str, instance: &str, value: f64) {
        if !self.columns.get(metric).is_some_and(|instances| instances.contains_key(instance)) {
            self.fact(metric, instance, value);
        }
    }

    /// What is known of the present moment.
    pub fn fact(&mut self, metric: &'static str, instance: &str, value: f64) {
        let mut values = vec![f64::NAN; self.times.len()];
        if let Some(last) = values.last_mut() {
            *last = value;
        }
        self.add(metric, instance, values);
    }

    /// What is the same in every row.
    pub fn constant(&mut self, metric: &'static str, value: f64) {
        self.add(metric, "", vec![value; self.times.len()]);
    }

    fn add(&mut self, metric: &'static str, instance: &str, values: Vec<f64>) {
        let instances = self.columns.entry(Cow::Borrowed(metric)).or_default();
        let values = Values { rows: Cow::Owned(values), over_gaps: &[] };
        instances.insert(Cow::Owned(instance.to_owned()), values);
    }

    /// Leaves out instances of a metric.
    pub fn leave_out(&mut self, metric: &str, is_out: impl Fn(&str) -> bool) {
        if let Some(instances) = self.columns.get_mut(metric) {
            instances.retain(|instance, _| !is_out(instance));
        }
    }

    /// The last value of a column that is there.
    pub fn last(&self, metric: &str, instance: &str) -> Option<f64> {
        self.columns.get(metric)?.get(instance)?.rows.iter().rev().copied().find(|value| value.is_finite())
    }

    /// The last value of an expression that is known, for an instance.
    pub fn latest(&self, expression: &Expression, instance: &str) -> Option<f64> {
        self.values(expression, instance).into_iter().rev().find(|value| !value.is_nan())
    }

    /// The instances that a condition is about; one without a name where it is about the host, none where the host has
    /// nothing of it.
    pub fn instances(&self, condition: &Condition) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut has_some = false;
        for comparison in condition.comparisons() {
            comparison.left.columns(&mut |metric, wanted| {
                let Some(instances) = self.columns.get(metric) else { return };
                has_some |= metric != "host.cores";
                let fits = |instance: &str| wanted.is_none_or(|wanted| glob::matches(wanted, instance));
                let named = instances.keys().filter(|instance| !instance.is_empty() && fits(instance));
                found.extend(named.map(|instance| instance.to_string()));
            });
        }
        if found.is_empty() && has_some && !names_instances(condition) {
            found.insert(String::new());
        }
        found
    }

    /// The value of an expression in each row, for an instance.
    pub fn values(&self, expression: &Expression, instance: &str) -> Vec<f64> {
        let rows = self.times.len();
        match expression {
            Expression::Number(number) => vec![*number; rows],
            Expression::Column { metric, pattern: wanted } => {
                self.column(metric, wanted.as_deref(), instance)
            }
            Expression::Binary(operator, one, other) => {
                let (one, other) = (self.values(one, instance), self.values(other, instance));
                one.iter().zip(&other).map(|(one, other)| combined(*operator, *one, *other)).collect()
            }
            Expression::Call(function, parts) => {
                let parts: Vec<Vec<f64>> = parts.iter().map(|part| self.values(part, instance)).collect();
                (0..rows).map(|row| together(*function, parts.iter().map(|part| part[row]))).collect()
            }
            Expression::Over(over, inner, seconds) => {
                let values = self.values(inner, instance);
                let over_gaps = self.over_gaps(inner, instance);
                let stretch = Stretch { over: *over, seconds: *seconds, values: &values, over_gaps };
                (0..rows).map(|row| self.over(&stretch, row)).collect()
            }
        }
    }

    /// Whether a condition holds in each row; `None` where it cannot be told.
    pub fn holds(&self, condition: &Condition, instance: &str) -> Vec<Option<bool>> {
        let any: Vec<Vec<Vec<Option<bool>>>> = condition
            .any
            .iter()
            .map(|all| all.iter().map(|comparison| self.compared(comparison, instance)).collect())
            .collect();
        let row = |row: usize| {
            let alternatives = any.iter().map(|all| {
                let all = all.iter().map(|values| values[row]);
                fold(all, true)
            });
            fold(alternatives, false)
        };
        (0..self.times.len()).map(row).collect()
    }

    fn compared(&self, comparison: &Comparison, instance: &str) -> Vec<Option<bool>> {
        let holds =
            |value: &f64| (!value.is_nan()).then(|| comparison.relation.holds(*value, comparison.limit));
        self.values(&comparison.left, instance).iter().map(holds).collect()
    }

    fn column(&self, metric: &str, wanted: Option<&str>, instance: &str) -> Vec<f64> {
        let found = self.found(metric, wanted, instance);
        let mut values = found.map(|values| values.rows.to_vec()).unwrap_or_default();
        values.resize(self.times.len(), f64::NAN);
        values
    }

    fn found(&self, metric: &str, wanted: Option<&str>, instance: &str) -> Option<&Values<'a>> {
        let instances = self.columns.get(metric)?;
        let fits = wanted.is_none_or(|wanted| glob::matches(wanted, instance));
        instances.get(instance).filter(|_| fits).or_else(|| instances.get(""))
    }

    fn over_gaps(&self, expression: &Expression, instance: &str) -> &'a [(usize, f64)] {
        match expression {
            Expression::Column { metric, pattern } => {
                self.found(metric, pattern.as_deref(), instance).map_or(&[], |values| values.over_gaps)
            }
            _ => &[],
        }
    }

    /// A mean must know half of the stretch: what was watched for a minute is not known to last. A value stands for the time
    /// since the row before, of a gap for one interval.
    #[expect(clippy::cast_precision_loss, reason = "seconds and rows")]
    fn over(&self, stretch: &Stretch<'_>, row: usize) -> f64 {
        let Stretch { over, seconds, values, over_gaps } = *stretch;
        // A row without a value of its own has none.
        let gap = |row: usize| over_gaps.iter().find(|(at, _)| *at == row).map(|(_, grown)| *grown);
        if values[row].is_nan() && gap(row).is_none_or(|_| over != Over::Increase) {
            return f64::NAN;
        }
        let from = self.times[row] - seconds;
        let (mut sum, mut count, mut known, mut increase) = (0.0, 0.0, 0, 0.0);
        let (mut rise, mut after) = (0.0, f64::NAN);
        for at in (0..=row).rev().take_while(|at| self.times[*at] > from) {
            let since = at.checked_sub(1).map_or(0, |before| self.times[at] - self.times[before]);
            if values[at].is_finite() {
                known += since.min(2 * self.step).min(self.times[at] - from);
                sum += values[at];
                count += 1.0;
                increase += values[at] * since as f64;
                // From the latest backwards: the value after this one.
                rise += f64::max(after - values[at], 0.0);
                after = values[at];
            } else {
                increase += gap(at).unwrap_or(0.0);
            }
        }
        match over {
            Over::Increase => increase,
            Over::Rise => rise,
            Over::Mean if count > 0.0 && known >= seconds / 2 => sum / count,
            Over::Mean => f64::NAN,
        }
    }
}

/// What is made of which values of how many seconds.
#[derive(Clone, Copy)]
struct Stretch<'a> {
    over: Over,
    seconds: i64,
    values: &'a [f64],
    over_gaps: &'a [(usize, f64)],
}

/// Whether a condition has a pattern: where no instance fits, it is about none.
pub(super) fn names_instances(condition: &Condition) -> bool {
    let mut found = false;
    for comparison in condition.comparisons() {
        comparison.left.columns(&mut |_, wanted| found |= wanted.is_some());
    }
    found
}

fn combined(operator: Operator, one: f64, other: f64) -> f64 {
    match operator {
        Operator::Add => one + other,
        Operator::Subtract => one - other,
        Operator::Multiply => one * other,
        Operator::Divide if other == 0.0 => f64::NAN,
        Operator::Divide => one / other,
    }
}

fn together(function: Function, mut values: impl Iterator<Item = f64>) -> f64 {
    match function {
        Function::First => values.find(|value| !value.is_nan()).unwrap_or(f64::NAN),
        Function::Sum => {
            values.filter(|value| !value.is_nan()).reduce(|sum, value| sum + value).unwrap_or(f64::NAN)
        }
        Function::Min => values.fold(f64::NAN, f64::min),
    }
}

/// All hold (`neutral` true) or any holds; one that decides outweighs those that cannot be told.
fn fold(parts: impl Iterator<Item = Option<bool>>, neutral: bool) -> Option<bool> {
    let mut result = Some(neutral);
    for part in parts {
        match part {
            Some(part) if part != neutral => return Some(part),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::parse::condition;
    use crate::series::{Column, Key};

    const ABSENT: f64 = f64::NAN;

    fn frame(columns: &[(&str, &str, &[f64])]) -> Frame {
        let rows = columns.first().map_or(0, |(_, _, values)| values.len()) as i64;
        let mut frame =
            Frame { times: (0..rows).map(|row| row * 60).collect(), step: 60, ..Frame::default() };
        for (metric, instance, values) in columns {
            let column = Column { mean: values.to_vec(), ..Column::default() };
            frame.columns.insert(Key::new(metric, instance), column);
        }
        frame
    }

    fn holds(frame: &Frame, text: &str, instance: &str) -> Vec<Option<bool>> {
        let mut table = Table::new(frame, 1_000);
        table.constant("host.cores", 2.0);
        let mut rows = table.holds(&condition(text).unwrap(), instance);
        assert_eq!(rows.pop(), Some(None), "no sample has been taken at the present moment");
        rows
    }

    #[test]
    fn what_is_absent_cannot_be_told_unless_the_rest_decides() {
        let frame =
            frame(&[("loadavg.load1", "", &[5.0, ABSENT, 5.0]), ("loadavg.load5", "", &[1.0, 1.0, 9.0])]);
        let both = "loadavg.load1 > 2 and loadavg.load5 > 2";
        assert_eq!(holds(&frame, both, ""), [Some(false), Some(false), Some(true)]);
        let either = "loadavg.load1 > 2 or loadavg.load5 > 2";
        assert_eq!(holds(&frame, either, ""), [Some(true), None, Some(true)]);
        assert_eq!(holds(&frame, "loadavg.load1 per core > 2", ""), [Some(true), None, Some(true)]);
    }

    #[test]
    fn instances_by_pattern_and_numbers_of_the_host_beside_them() {
        let frame = frame(&[
            ("filesystem.used", "/", &[90.0]),
            ("filesystem.used", "/var", &[10.0]),
            ("filesystem.available", "/", &[10.0]),
            ("filesystem.available", "/var", &[90.0]),
        ]);
        let table = Table::new(&frame, 60);
        let of = |text: &str| table.instances(&condition(text).unwrap()).into_iter().collect::<Vec<_>>();
        assert_eq!(of("filesystem.used_percent > 80"), ["/", "/var"]);
        assert_eq!(of("filesystem[/v*].used_percent > 80"), ["/var"]);
        assert_eq!(of("filesystem[/x].used_percent > 80"), [""; 0]);
        assert_eq!(of("swap.in > 80"), [""; 0], "nothing is known of swap");
        assert_eq!(holds(&frame, "filesystem.used_percent > 80", "/"), [Some(true)]);
        assert_eq!(holds(&frame, "filesystem.used_percent > 80", "/var"), [Some(false)]);
    }

    #[test]
    fn means_and_increases_over_minutes() {
        let frame = frame(&[("vmstat.pswpin", "", &[6.0, 0.0, ABSENT, 6.0, 0.0])]);
        let table = Table::new(&frame, 1_000);
        let values = |text: &str| table.values(&condition(text).unwrap().first().unwrap().left, "");
        let means = values("mean(swap.in, 3m) > 1");
        assert!(means[0].is_nan() && means[1].is_nan(), "half of three minutes: {means:?}");
        assert!(means[2].is_nan(), "no value of its own");
        // (0, 180]: 0 and 6; (60, 240]: 6 and 0, each for a minute.
        assert_eq!(means[3..5], [3.0, 3.0]);
        assert_eq!(values("increase(swap.in, 10m) > 1")[4], 360.0);
    }

    #[test]
    fn a_sample_each_ten_minutes_has_a_mean_of_ten() {
        let mut slow = frame(&[("loadavg.load1", "", &[1.0, 2.0, 3.0])]);
        (slow.times, slow.step) = (vec![0, 600, 1_200], 600);
        let mean = condition("mean(loadavg.load1, 10m) > 2").unwrap();
        let table = Table::new(&slow, 1_200);
        let values = table.values(&mean.first().unwrap().left, "");
        assert!(values[0].is_nan(), "of the first sample nobody knows for how long it was so");
        assert_eq!(values[1..3], [2.0, 3.0]);
    }

    #[test]
    fn what_a_counter_grew_by_over_a_gap_counts() {
        let mut stalled = frame(&[("vmstat.oom_kill", "", &[0.0, 0.0, ABSENT, 0.0])]);
        stalled.columns.get_mut(&Key::new("vmstat.oom_kill", "")).unwrap().over_gaps = vec![(2, 3.0)];
        stalled.times = vec![0, 60, 660, 720];
        assert_eq!(
            holds(&stalled, "increase(vmstat.oom_kill, 1h) >= 3", "")[1..],
            [Some(false), Some(true), Some(true)]
        );
    }

    #[test]
    fn a_level_rises_by_its_steps_upwards() {
        let frame = frame(&[("service.restarts", "nginx", &[1.0, ABSENT, 3.0, 0.0, 2.0])]);
        let table = Table::new(&frame, 1_000);
        let rises = condition("increase(service.restarts, 10m) >= 3").unwrap();
        assert_eq!(table.values(&rises.first().unwrap().left, "nginx")[4], 4.0);
    }

    #[test]
    fn old_kernels_and_what_is_known_beside_the_samples() {
        let frame = frame(&[
            ("meminfo.MemTotal", "", &[1000.0]),
            ("meminfo.MemFree", "", &[100.0]),
            ("meminfo.Cached", "", &[200.0]),
            ("meminfo.Buffers", "", &[50.0]),
        ]);
        let mut table = Table::new(&frame, 60);
        let value = condition("memory.unavailable_percent > 1").unwrap();
        assert_eq!(table.values(&value.first().unwrap().left, "")[0], 65.0);
        table.fact("leak.certain", "slab", 1.0);
        let leak = condition("leak.certain >= 1").unwrap();
        assert_eq!(table.instances(&leak).into_iter().collect::<Vec<_>>(), ["slab"]);
        assert_eq!(table.holds(&leak, "slab"), [None, Some(true)]);
    }
}
