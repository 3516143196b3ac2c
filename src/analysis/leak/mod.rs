//! The leak finder: whether a series of numbers grows as only a leak does, since when, how fast. Pure: it knows
//! times and values, no host, no words. `explain` and the pages give it each part of memory and each series that
//! belongs to a cache, cgroup or process; `trend` gives it anybody's numbers. `docs/leaks.md` explains the method.
//!
//! ```text
//! values ─ seen ─> level (bins of a minute to four hours) ─ join ─> fit (bend, steps, …) ─> evidence: a leak?
//!                                                    estimate: since when, how fast; ending <─┘ watch
//! ```

mod ending;
mod estimate;
mod evidence;
mod fit;
mod join;
mod level;
mod points;
mod seen;
mod verdict;
mod watch;

pub use verdict::{Growth, Kind, LeakEvidence, Reason, Series, State, Verdict};
pub use watch::{Watch, watch};

/// The verdict on a series at its last sample.
pub fn judge(series: &Series) -> Verdict {
    watch(series).verdict
}
