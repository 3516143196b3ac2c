//! Which of many sizes has grown most lately: a slow average of each is remembered, and what lies above its own is growing.
//! A leak stays above it for as long as it lasts; what warmed up once sinks back into its average within hours.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An average moves by this part of the way in each beat: with one in 5 minutes it is half there after two hours.
const SLOWNESS: u64 = 32;

/// The slow averages of sizes, by name or number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Averages<K: Ord>(BTreeMap<K, u64>);

impl<K: Ord> Default for Averages<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone> Averages<K> {
    /// The averages after another beat, of what there is now; what is new begins with its size.
    pub(crate) fn after(&self, sizes: impl IntoIterator<Item = (K, u64)>) -> Self {
        let moved = sizes.into_iter().map(|(key, size)| {
            let before = self.0.get(&key).copied().unwrap_or(size);
            let average = if size >= before {
                before + (size - before) / SLOWNESS
            } else {
                before - (before - size).div_ceil(SLOWNESS)
            };
            (key, average)
        });
        Self(moved.collect())
    }

    /// By how much a size lies above its average; 0 where it does not, and for what is new.
    pub(crate) fn growth(&self, key: &K, size: u64) -> u64 {
        self.0.get(key).map_or(0, |average| size.saturating_sub(*average))
    }

    /// Whether this was there.
    pub(crate) fn knows(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }
}

/// The `most` largest by `key`, largest first, without those of which it is 0.
pub(crate) fn most_of<T: Clone>(items: &[T], most: usize, key: impl Fn(&T) -> u64) -> Vec<T> {
    let mut chosen: Vec<(u64, &T)> = items.iter().map(|item| (key(item), item)).collect();
    chosen.retain(|(size, _)| *size > 0);
    // Stable: of equals the first.
    chosen.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    chosen.into_iter().take(most).map(|(_, item)| item.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_stays_above_its_average_and_what_warmed_up_sinks_back() {
        let mut averages = Averages::default();
        let sizes = |beat: u64| [("leak", 1000 + 100 * beat), ("warm", if beat > 2 { 90_000 } else { 0 })];
        for beat in 0..400 {
            averages = averages.after(sizes(beat));
        }
        // A steady growth of 100 a beat lies about 100 * (SLOWNESS - 1) above.
        let [(_, leak), (_, warm)] = sizes(400);
        assert!((3000..3400).contains(&averages.growth(&"leak", leak)), "{}", averages.growth(&"leak", leak));
        assert!(averages.growth(&"warm", warm) < 32);
    }

    #[test]
    fn what_is_new_has_not_grown_and_what_is_gone_is_forgotten() {
        let averages = Averages::default().after([("a", 10)]);
        assert_eq!(
            (averages.growth(&"a", 15), averages.growth(&"a", 5), averages.growth(&"b", 9)),
            (5, 0, 0)
        );
        let averages = averages.after([("b", 9)]);
        assert!(averages.knows(&"b") && !averages.knows(&"a"));
    }

    #[test]
    fn falling_sizes_pull_the_average_all_the_way_down() {
        let mut averages = Averages::default().after([("a", 1000)]);
        for _ in 0..2000 {
            averages = averages.after([("a", 0)]);
        }
        assert_eq!(averages.growth(&"a", 7), 7);
    }

    #[test]
    fn the_largest_without_zeros() {
        assert_eq!(most_of(&[3, 0, 9, 5], 2, |value| *value), [9, 5]);
        assert_eq!(most_of(&[3, 0], 5, |value| *value), [3]);
    }
}
