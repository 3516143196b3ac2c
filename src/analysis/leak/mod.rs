//! The leak finder: whether a series of numbers grows as only a leak does, since when, how fast. Pure: it knows
//! times and values, no host, no words. `explain` and the pages give it each part of memory and each series that
//! belongs to a cache, cgroup or process; `trend` gives it anybody's numbers.
//!
//! ```text
//! values ─ seen ─> bins of a scale ─ repair ─> shape of the growth since each start ─ score ─> a leak?
//!                                                           estimate: since when, how fast <─┘ watch
//! ```

mod ending;
mod estimate;
mod points;
mod repair;
mod scale;
mod score;
mod seen;
mod shape;
mod verdict;
mod watch;

pub use verdict::{Growth, Kind, Reason, Series, State, Verdict};
pub use watch::{Watch, watch};

/// The verdict on a series at its last sample.
pub fn judge(series: &Series) -> Verdict {
    watch(series).verdict
}
