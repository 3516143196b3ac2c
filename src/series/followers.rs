//! Finds the column of a number without looking it up: the numbers of a sample come in the order of the one before.

/// Which column followed which, last time.
#[derive(Default)]
pub(super) struct Followers {
    /// By the column before, plus one; 0 is the start of a sample.
    next: Vec<usize>,
    last: usize,
}

impl Followers {
    /// A new sample begins.
    pub(super) fn restart(&mut self) {
        self.last = 0;
    }

    /// The column that came next last time: a guess.
    pub(super) fn expected(&self) -> Option<usize> {
        self.next.get(self.last).copied()
    }

    /// Says which one it was.
    pub(super) fn went_to(&mut self, column: usize) {
        if self.next.len() <= self.last {
            self.next.resize(self.last + 1, column);
        }
        self.next[self.last] = column;
        self.last = column + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_wrong_only_where_the_order_changes() {
        let mut followers = Followers::default();
        let mut wrong = 0;
        for sample in [[0, 1, 2, 3].as_slice(), &[0, 1, 2, 3], &[0, 2, 3], &[0, 2, 3]] {
            followers.restart();
            for &column in sample {
                wrong += usize::from(followers.expected() != Some(column));
                followers.went_to(column);
            }
        }
        assert_eq!(wrong, 4 + 1);
    }
}
