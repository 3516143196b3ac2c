//! From the columns of a window to the series of a chart: sums, shares and totals over instances. What is absent
//! stays absent (NaN); the least and largest of bins are carried along where that is exact.

use super::charts::{LayerDef, Layers, Value};
use crate::analysis::{Group, breakdown};
use crate::chart::{Colour, Shape};
use crate::series::{Column, Frame};

/// Lines in one chart, at most.
const MOST_LINES: usize = 8;
/// Charts of one kind, at most.
const MOST_REPEATED: usize = 4;
/// Colours of lines that stand for instances.
const LINES: [Colour; MOST_LINES] = [
    Colour::Blue,
    Colour::Vermilion,
    Colour::Green,
    Colour::Orange,
    Colour::Purple,
    Colour::Sky,
    Colour::Yellow,
    Colour::Grey,
];

/// What a series is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// By the words `layer.KEY`.
    Layer(&'static str),
    /// A group of the memory breakdown.
    Group(Group),
    /// An instance: a disk, a mount point.
    Instance(String),
}

/// One series of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// What it is called.
    pub name: Name,
    /// Its colour; none: in the legend only.
    pub colour: Option<Colour>,
    /// How it is drawn.
    pub shape: Shape,
    /// Its values.
    pub column: Column,
}

/// The series of one chart, and the instance that the chart is for.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    /// The interface that the chart is for; empty where there is one chart.
    pub instance: String,
    /// Its series from the bottom.
    pub series: Vec<Series>,
}

/// Whether layers that are rare and 0 all the time are wanted: in a picture they are not, as latest values they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum With {
    /// Everything that the host has.
    Rare,
    /// Only what is worth drawing.
    Drawn,
}

/// What of a host its series depend on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Machine {
    /// How many cores it has.
    pub cores: f64,
    /// Fields of meminfo that are not its own.
    pub foreign: Vec<String>,
}

/// The charts that a window has of one kind: none, one, or one for each instance.
pub(crate) fn charts(layers: Layers, frame: &Frame, machine: &Machine, with: With) -> Vec<Drawn> {
    let one = |series: Vec<Series>| {
        if series.is_empty() { Vec::new() } else { vec![Drawn { instance: String::new(), series }] }
    };
    match layers {
        Layers::Breakdown => one(groups(frame, machine, |_| true)),
        Layers::KernelParts => one(groups(frame, machine, is_kernel)),
        Layers::Listed(layers) => one(listed(layers, frame, "", machine.cores, with)),
        Layers::Each(value) => one(each(value, frame, machine.cores)),
        Layers::Repeated(metric, layers) => largest_instances(frame, metric, MOST_REPEATED)
            .into_iter()
            .map(|instance| Drawn { series: listed(layers, frame, &instance, machine.cores, with), instance })
            .collect(),
    }
}

/// A number made of the columns of a window; `None` where the host has none of them.
pub(crate) fn value(value: Value, frame: &Frame, instance: &str, cores: f64) -> Option<Column> {
    match value {
        Value::Of(metric) => column(frame, metric, instance).cloned(),
        Value::Less(total, free) => {
            let (total, free) = (column(frame, total, instance)?, column(frame, free, instance)?);
            // The most is used when the least is free.
            Some(Column {
                mean: zip(&total.mean, &free.mean, |total, free| total - free),
                min: zip(&total.min, &free.max, |total, free| total - free),
                max: zip(&total.max, &free.min, |total, free| total - free),
                ..Column::default()
            })
        }
        Value::Fill(used, available) => {
            let (used, available) = (column(frame, used, instance)?, column(frame, available, instance)?);
            Some(Column {
                mean: zip(&used.mean, &available.mean, fill),
                min: zip(&used.min, &available.max, fill),
                max: zip(&used.max, &available.min, fill),
                ..Column::default()
            })
        }
        Value::PerCore(metrics) => {
            let columns: Vec<&Column> =
                metrics.iter().filter_map(|metric| column(frame, metric, instance)).collect();
            // The clocks of CPUs and of the uptime differ a little; what is not known stays so.
            let divide = |value: f64| (value / cores.max(1.0)).clamp(0.0, 1.0);
            match columns.as_slice() {
                [] => None,
                [one] => Some(map(one, divide)),
                several => Some(map(&Column { mean: sum(several), ..Column::default() }, divide)),
            }
        }
        Value::Total(metric) => {
            let columns = all_instances(frame, metric);
            match columns.as_slice() {
                [] => None,
                [one] => Some((*one).clone()),
                several => Some(Column { mean: sum(several), ..Column::default() }),
            }
        }
        Value::Largest(metric) => largest(&all_instances(frame, metric)),
        Value::Mean(parts, wholes) => {
            let total = |metrics: [&str; 2]| {
                let columns: Vec<&Column> =
                    metrics.iter().flat_map(|metric| all_instances(frame, metric)).collect();
                (!columns.is_empty()).then(|| sum(&columns))
            };
            let mean = zip(&total(parts)?, &total(wholes)?, |time, number| {
                // No request, no time for one.
                if number > 0.0 { time / number } else { f64::NAN }
            });
            Some(Column { mean, ..Column::default() })
        }
    }
}

/// How full something is, as `df` counts: what only root may use is neither used nor available.
pub(crate) fn fill(used: f64, available: f64) -> f64 {
    let all = used + available;
    if all > 0.0 { used / all } else { f64::NAN }
}

/// The last value that is there.
pub(crate) fn last(values: &[f64]) -> Option<f64> {
    values.iter().rev().copied().find(|value| value.is_finite())
}

/// The names of a metric's instances, those with the most of it first.
pub(crate) fn largest_instances(frame: &Frame, metric: &str, most: usize) -> Vec<String> {
    let mut instances: Vec<(f64, &str)> = frame
        .instances(metric)
        .into_iter()
        .map(|name| (frame.mean(metric, name).map_or(0.0, mean_of), name))
        .collect();
    instances.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
    instances.into_iter().take(most).map(|(_, name)| name.to_owned()).collect()
}

/// The mean of the values that are there; 0 where none is.
pub(crate) fn mean_of(values: &[f64]) -> f64 {
    let (mut total, mut number) = (0.0, 0.0);
    for value in values.iter().filter(|value| value.is_finite()) {
        total += value;
        number += 1.0;
    }
    if number > 0.0 { total / number } else { 0.0 }
}

fn listed(layers: &[LayerDef], frame: &Frame, instance: &str, cores: f64, with: With) -> Vec<Series> {
    let series = layers.iter().filter_map(|layer| {
        let column = value(layer.value, frame, instance, cores)?;
        let there = if layer.rare && with == With::Drawn { is_ever(&column) } else { has_values(&column) };
        there.then_some(Series {
            name: Name::Layer(layer.key),
            colour: Some(layer.colour),
            shape: layer.shape,
            column,
        })
    });
    series.collect()
}

fn each(of: Value, frame: &Frame, cores: f64) -> Vec<Series> {
    let metric = match of {
        Value::Of(metric) | Value::Fill(metric, _) | Value::Less(metric, _) => metric,
        _ => return Vec::new(),
    };
    let mut lines: Vec<(String, Column)> = frame
        .instances(metric)
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), value(of, frame, name, cores)?)))
        .filter(|(_, column)| has_values(column))
        .collect();
    lines.sort_by(|one, other| {
        mean_of(&other.1.mean).total_cmp(&mean_of(&one.1.mean)).then_with(|| one.0.cmp(&other.0))
    });
    let lines = lines.into_iter().take(MOST_LINES).zip(LINES);
    lines
        .map(|((name, column), colour)| Series {
            name: Name::Instance(name),
            colour: Some(colour),
            shape: Shape::Line,
            column,
        })
        .collect()
}

fn groups(frame: &Frame, machine: &Machine, wanted: impl Fn(Group) -> bool) -> Vec<Series> {
    let groups = breakdown::over(frame, &machine.foreign).into_iter().filter(|(group, _)| wanted(*group));
    groups
        .map(|(group, mean)| Series {
            name: Name::Group(group),
            colour: colour_of(group),
            shape: Shape::Area,
            column: Column { mean, ..extremes(group, frame) },
        })
        .filter(|series| has_values(&series.column))
        .collect()
}

/// The least and largest of each bin, for groups that are one field of the kernel: their range is then that of the
/// samples, not of the means. Where ZFS is, its cache lies inside some of them.
fn extremes(group: Group, frame: &Frame) -> Column {
    let field = match group {
        Group::SlabUnreclaimable => "meminfo.SUnreclaim",
        Group::Anonymous => "meminfo.AnonPages",
        Group::Shared => "meminfo.Shmem",
        _ => return Column::default(),
    };
    let mixed = column(frame, "arcstats.size", "").is_some();
    let field = column(frame, field, "").filter(|_| !mixed);
    field.map(|field| Column { mean: Vec::new(), ..field.clone() }).unwrap_or_default()
}

/// The groups' colours; what is free is the page's own ground.
pub(crate) fn colour_of(group: Group) -> Option<Colour> {
    match group {
        Group::Unaccounted => Some(Colour::Purple),
        Group::SlabUnreclaimable => Some(Colour::Vermilion),
        Group::KernelOther => Some(Colour::Orange),
        Group::Anonymous => Some(Colour::Blue),
        Group::Shared => Some(Colour::Sky),
        Group::Reclaimable => Some(Colour::LightGreen),
        Group::FileCache => Some(Colour::Green),
        Group::Free => None,
    }
}

/// What nothing gives back.
fn is_kernel(group: Group) -> bool {
    matches!(group, Group::Unaccounted | Group::SlabUnreclaimable | Group::KernelOther)
}

fn column<'a>(frame: &'a Frame, metric: &str, instance: &str) -> Option<&'a Column> {
    frame.columns.get(&crate::series::Key::new(metric, instance))
}

fn all_instances<'a>(frame: &'a Frame, metric: &str) -> Vec<&'a Column> {
    frame.instances(metric).into_iter().filter_map(|name| column(frame, metric, name)).collect()
}

/// Row by row the sum of what is there; an instance that comes or goes leaves the others standing.
fn sum(columns: &[&Column]) -> Vec<f64> {
    fold(columns, |one, other| one + other)
}

fn largest(columns: &[&Column]) -> Option<Column> {
    let mean = fold(columns, f64::max);
    let peaks: Vec<&[f64]> =
        columns.iter().map(|column| column.max.as_slice()).filter(|max| !max.is_empty()).collect();
    let max = fold_rows(&peaks, f64::max);
    (!mean.is_empty()).then(|| Column { mean, max, ..Column::default() })
}

fn fold(columns: &[&Column], with: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let rows: Vec<&[f64]> = columns.iter().map(|column| column.mean.as_slice()).collect();
    fold_rows(&rows, with)
}

fn fold_rows(columns: &[&[f64]], with: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let mut result = Vec::new();
    for values in columns {
        if result.is_empty() {
            result = values.to_vec();
            continue;
        }
        for (total, value) in result.iter_mut().zip(*values) {
            if total.is_nan() {
                *total = *value;
            } else if value.is_finite() {
                *total = with(*total, *value);
            }
        }
    }
    result
}

fn zip(one: &[f64], other: &[f64], with: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    one.iter().zip(other).map(|(one, other)| with(*one, *other)).collect()
}

fn map(column: &Column, with: impl Fn(f64) -> f64) -> Column {
    let all = |values: &[f64]| values.iter().map(|value| with(*value)).collect();
    Column { mean: all(&column.mean), min: all(&column.min), max: all(&column.max), ..Column::default() }
}

/// Whether it is ever more than nothing.
fn is_ever(column: &Column) -> bool {
    column.mean.iter().any(|value| *value > 0.0)
}

fn has_values(column: &Column) -> bool {
    column.mean.iter().any(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Key;

    const ABSENT: f64 = f64::NAN;

    fn frame(columns: &[(&str, &str, &[f64])]) -> Frame {
        let mut frame = Frame::default();
        for (metric, instance, values) in columns {
            let column = Column { mean: values.to_vec(), ..Column::default() };
            frame.columns.insert(Key::new(metric, instance), column);
        }
        frame
    }

    #[test]
    fn a_disk_that_comes_and_goes_leaves_the_others_standing() {
        let frame = frame(&[
            ("diskstats.read_bytes", "vda", &[1.0, 2.0, ABSENT, 4.0]),
            ("diskstats.read_bytes", "vdb", &[ABSENT, 10.0, ABSENT, 10.0]),
        ]);
        let total = value(Value::Total("diskstats.read_bytes"), &frame, "", 1.0).unwrap();
        assert_eq!(total.mean[..2], [1.0, 12.0]);
        assert!(total.mean[2].is_nan());
        assert_eq!(total.mean[3], 14.0);
    }

    #[test]
    fn no_requests_take_no_time() {
        let frame = frame(&[
            ("diskstats.read_time", "vda", &[0.5, 0.0]),
            ("diskstats.write_time", "vda", &[0.5, 0.0]),
            ("diskstats.reads", "vda", &[50.0, 0.0]),
            ("diskstats.writes", "vda", &[50.0, 0.0]),
        ]);
        let of = Value::Mean(
            ["diskstats.read_time", "diskstats.write_time"],
            ["diskstats.reads", "diskstats.writes"],
        );
        let latency = value(of, &frame, "", 1.0).unwrap();
        assert_eq!(latency.mean[0], 0.01);
        assert!(latency.mean[1].is_nan());
    }

    #[test]
    fn cpu_times_are_shares_of_all_cores() {
        let frame = frame(&[("stat.irq", "", &[0.2]), ("stat.softirq", "", &[0.4])]);
        let share = value(Value::PerCore(&["stat.irq", "stat.softirq"]), &frame, "", 2.0).unwrap();
        assert!((share.mean[0] - 0.3).abs() < 1e-12);
        assert!(value(Value::PerCore(&["stat.steal"]), &frame, "", 2.0).is_none());
    }

    #[test]
    fn the_instances_with_the_most_come_first() {
        let frame = frame(&[
            ("netdev.rx_bytes", "lo0", &[1.0]),
            ("netdev.rx_bytes", "eth0", &[9.0]),
            ("netdev.rx_bytes", "eth1", &[ABSENT]),
        ]);
        assert_eq!(largest_instances(&frame, "netdev.rx_bytes", 2), ["eth0", "lo0"]);
    }

    #[test]
    fn the_last_value_is_the_last_that_is_there() {
        assert_eq!(last(&[1.0, 2.0, ABSENT]), Some(2.0));
        assert_eq!(last(&[ABSENT]), None);
    }
}
