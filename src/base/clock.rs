//! The only place that asks what time it is, so that a test or a replay can say instead.

use std::time::{Instant, SystemTime};

/// Where the time comes from: the machine, or a moment that the caller fixed (`--now`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The machine's own clock.
    #[default]
    Real,
    /// Always this unix time in seconds.
    Fixed(i64),
}

impl Clock {
    /// Unix time in whole seconds.
    pub fn now(self) -> i64 {
        match self {
            Self::Real => real_now(),
            Self::Fixed(seconds) => seconds,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one clock")]
fn real_now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Seconds since a time that the machine's own clock gave a file; 0 where that is in the future.
#[expect(clippy::disallowed_methods, reason = "the one clock")]
pub fn seconds_since(time: SystemTime) -> f64 {
    SystemTime::now().duration_since(time).unwrap_or_default().as_secs_f64()
}

/// A running stopwatch on the monotonic clock: measures, never decides.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "the one clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Seconds since the start.
    pub fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
