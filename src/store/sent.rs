//! What of a day was handed out, in a form that stays small and outlives every rewriting of its files: a number of the lines, in whatever
//! order, and the stretches of time in which their samples lie.
//!
//! The number finds the place in a file whose lines are only added to. Where lines of the past were put between them (`import`), the
//! stretches tell these from the others, since an import leaves alone what is closer together than a gap; and the number proves it.

use super::fill::GAP_SECONDS;
use crate::base::hash;

/// What of the sum of lines' numbers is kept: exact as JSON, and seven letters in base 64.
pub const LINE_BITS: u32 = 42;
/// More than a day can have, with gaps between them. Beyond that the closest two become one.
const MOST_STRETCHES: usize = 100;

/// What was handed out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// The sum of the lines' numbers; 0: nothing was.
    pub lines: u64,
    /// The first and the last sample of each stretch without a gap, unix time, ascending.
    pub stretches: Vec<(i64, i64)>,
}

/// The number of a line. A blank one counts for nothing.
pub(super) fn number_of(line: &[u8]) -> u64 {
    match line.trim_ascii() {
        [] => 0,
        line => hash::number(line),
    }
}

/// The sum of two numbers, of 42 bits.
pub(super) fn sum(a: u64, b: u64) -> u64 {
    a.wrapping_add(b) & ((1 << LINE_BITS) - 1)
}

impl Sent {
    /// Whether nothing was handed out.
    pub fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// Whether a time lies in one of the stretches.
    pub(super) fn covers(&self, t: i64) -> bool {
        let after = self.stretches.partition_point(|(first, _)| *first <= t);
        after > 0 && t <= self.stretches[after - 1].1
    }

    /// Adds a sample. A stretch only grows at its end, so that what lies before the next one is never covered without having been handed out.
    pub(super) fn add(&mut self, t: i64) {
        let after = self.stretches.partition_point(|(first, _)| *first <= t);
        match after.checked_sub(1).map(|at| &mut self.stretches[at]) {
            Some((_, last)) if t <= *last + GAP_SECONDS => *last = t.max(*last),
            _ => self.stretches.insert(after, (t, t)),
        }
        if self.stretches.len() > MOST_STRETCHES {
            self.join_closest();
        }
    }

    fn join_closest(&mut self) {
        let gaps = self.stretches.windows(2).map(|pair| pair[1].0 - pair[0].1).enumerate();
        if let Some((at, _)) = gaps.min_by_key(|(_, gap)| *gap) {
            let (_, last) = self.stretches.remove(at + 1);
            self.stretches[at].1 = last;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: &[i64]) -> Sent {
        let mut sent = Sent::default();
        times.iter().for_each(|t| sent.add(*t));
        sent
    }

    #[test]
    fn stretches_end_where_a_gap_is() {
        let sent = of(&[0, 900, 1_801, 1_861]);
        assert_eq!(sent.stretches, [(0, 900), (1_801, 1_861)]);
        let covered = [-1, 0, 450, 900, 901, 1_800, 1_801, 1_861, 1_862].map(|t| sent.covers(t));
        assert_eq!(covered, [false, true, true, true, false, false, true, true, false]);
    }

    #[test]
    fn what_fills_a_gap_covers_only_what_was_handed_out() {
        let mut sent = of(&[0, 60, 3_600, 3_660]);
        sent.add(360);
        sent.add(960);
        assert_eq!((sent.stretches.clone(), sent.covers(3_300)), (vec![(0, 960), (3_600, 3_660)], false));
        // Before the next by less than a gap: it is not joined, since more may lie between.
        sent.add(3_000);
        assert_eq!((sent.covers(3_300), sent.stretches.len()), (false, 3));
        // A clock that was set back.
        sent.add(30);
        assert_eq!(sent.stretches[0], (0, 960));
    }

    #[test]
    fn there_are_never_many() {
        let sent = of(&(0..150).map(|index| index * 2_000 + index * index).collect::<Vec<_>>());
        assert_eq!((sent.stretches.len(), sent.stretches[0]), (100, (0, 102_500)));
    }

    #[test]
    fn numbers_of_lines_add_up_in_any_order() {
        let (a, b) = (number_of(b"{\"v\":1}"), number_of(b" {\"v\":2}\r"));
        assert_eq!(sum(a, b), sum(b, a));
        assert_eq!((number_of(b"{\"v\":2}"), number_of(b" ")), (b, 0));
        assert!(sum(a, (1 << LINE_BITS) - 1) < 1 << LINE_BITS);
    }
}
