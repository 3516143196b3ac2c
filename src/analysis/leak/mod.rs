//! The leak finder: whether a series of numbers grows as only a leak does, since when, how fast. Pure: it knows
//! times and values, no host, no words. `explain` and the pages give it each part of memory and each series that
//! belongs to a cache, cgroup or process; `trend` gives it anybody's numbers.

mod judge;
mod verdict;

pub use judge::judge;
pub use verdict::{Growth, Kind, Reason, Series, State, Verdict};
