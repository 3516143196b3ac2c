//! Input and output of the finder: series, verdicts and their evidence.

use serde::Serialize;

/// Meaning of the numbers, which decides how much evidence it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A part of the kernel's memory that is never given back: so quiet that minutes are enough.
    Kernel,
    /// Memory of processes: heaps grow, level off and shrink.
    Process,
    /// Memory that is given back when needed: it may grow as long as it likes.
    Cache,
    /// Nothing is known of it.
    Other,
}

/// A series to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// Meaning of the numbers.
    pub kind: Kind,
    /// Unix times, ascending; steps may differ, gaps are welcome.
    pub times: &'a [i64],
    /// A value for each time; NaN where there is none.
    pub values: &'a [f64],
    /// When it began anew: boots of the host, restarts of the process.
    pub breaks: &'a [i64],
    /// Capacity: MemTotal, a limit. Growth that is nothing against it is not worth a word.
    pub capacity: Option<f64>,
}

/// State of a series by the evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// No growth that its own behaviour would not explain.
    #[default]
    Ok,
    /// It leaked, and stopped.
    Ended,
    /// It grows as a leak does, not long enough to be sure.
    Suspect,
    /// It leaks.
    Leaking,
}

/// Growth that a line describes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Growth {
    /// Unix time of the onset.
    pub since: i64,
    /// The onset may be so many seconds earlier or later.
    pub since_error: i64,
    /// The last time at which it grew: the last sample, or the end of the leak.
    pub until: i64,
    /// Units a second (Theil–Sen), and the 95 % interval.
    pub per_second: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The fitted level at the onset.
    pub from_level: f64,
    /// The fitted level at `until`.
    pub to_level: f64,
}

/// Evidence that a growth is a leak. Ratios and shares have no unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LeakEvidence {
    /// Seconds for which it has grown.
    pub lasted: f64,
    /// Seconds for which such a growth must last.
    pub needed: f64,
    /// Squares that the bend explains beyond a flat level, as a multiple of those it leaves, times the number of
    /// independent values.
    pub strength: f64,
    /// Twice the log-likelihood ratio of the bend to the best other shape; negative where the other is better.
    pub other_shapes: f64,
    /// Rise of recent values above those of a day before, as a share of the growth, of its last three days at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above_yesterday: Option<f64>,
    /// Variance about the line since the bend, as a multiple of that before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise: Option<f64>,
    /// The growth as a multiple of the largest earlier rise within as long a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_rise: Option<f64>,
    /// Sum of the doubts that the five tests raise.
    pub doubts: f64,
    /// Sum that a leak may have.
    pub most_doubts: f64,
}

/// Why the finder says what it says: one clause of the evidence, which `describe` makes a sentence of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Too few samples, or over too short a time.
    #[default]
    TooShort,
    /// Nothing grows.
    NoGrowth,
    /// It grows evenly, up to now, and more than it ever did in that time.
    Even,
    /// Memory that is given back when needed may grow.
    Cache,
    /// It grows so far, not long or evenly enough to be sure.
    NotYet,
    /// It grew evenly, then stopped.
    Stopped,
    /// It grew, and was given back.
    GivenBack,
}

/// Verdict on a series at its last sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Verdict {
    /// State by the evidence.
    pub state: State,
    /// The growth that it is about; none where nothing grows.
    pub growth: Option<Growth>,
    /// Evidence as of the last look; none where nothing grows.
    pub evidence: Option<LeakEvidence>,
    /// Why.
    pub reason: Reason,
}
