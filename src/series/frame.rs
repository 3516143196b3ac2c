//! A window of one host's numbers: rows are instants or bins, columns are metrics. NaN marks what is absent.

use std::collections::HashMap;

/// Names one column: metric id (`netdev.rx_bytes`) and instance (`eth0`, or empty).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// `Metric::id()`.
    pub metric: String,
    /// The disk, interface, group …; empty where there is only one.
    pub instance: String,
}

impl Key {
    /// Names a column.
    pub fn new(metric: &str, instance: &str) -> Self {
        Self { metric: metric.to_owned(), instance: instance.to_owned() }
    }
}

/// One metric over the rows of a frame: a gauge's level, or a counter's rate per second.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    /// The value, or the mean of the bin.
    pub mean: Vec<f64>,
    /// The least of each bin; empty where rows are samples.
    pub min: Vec<f64>,
    /// The largest of each bin; empty where rows are samples.
    pub max: Vec<f64>,
    /// Number of values that each bin of a state (`up`) stands for: a mean over bins of different lengths needs it. Else empty.
    pub weights: Vec<f64>,
    /// Where rows are samples, of a counter: by how much it grew over a gap that ends at a row, which has no rate.
    pub over_gaps: Vec<(usize, f64)>,
}

/// A window of one host's numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// The window: from this unix time on …
    pub from: i64,
    /// … up to this one, exclusive.
    pub until: i64,
    /// Seconds between rows as they should be: the step of the bins, or the usual interval of the samples.
    pub step: i64,
    /// Unix time of each row, ascending: of the sample, or of the bin's start.
    pub times: Vec<i64>,
    /// Columns by name.
    pub columns: HashMap<Key, Column>,
    /// When the host booted, inside the window.
    pub reboots: Vec<i64>,
    /// How many samples the rows stand for.
    pub samples: u64,
}

impl Frame {
    /// The mean values of a column; `None` where the window has none.
    pub fn mean(&self, metric: &str, instance: &str) -> Option<&[f64]> {
        self.columns.get(&Key::new(metric, instance)).map(|column| column.mean.as_slice())
    }

    /// Whether its rows are bins, not samples.
    pub fn is_binned(&self) -> bool {
        self.columns.values().any(|column| !column.min.is_empty())
    }

    /// The instances that a metric has in this window, sorted.
    pub fn instances(&self, metric: &str) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .columns
            .keys()
            .filter(|key| key.metric == metric && !key.instance.is_empty())
            .map(|key| key.instance.as_str())
            .collect();
        names.sort_unstable();
        names
    }
}
