//! Which of many scripts make a command leak: delta debugging (Zeller and Hildebrandt's ddmin) over the answers of short
//! experiments. Finds one culprit in about log₂ n rounds, several culprits one after the other, and a smallest set of those
//! that leak only together. Knows neither scripts nor memory: it asks.

use std::collections::BTreeMap;

/// Whether the command leaks with these scripts on and all others off.
pub trait Ask {
    /// What ends a search early.
    type Error;
    /// The answer of a round.
    ///
    /// # Errors
    /// The round could not be made.
    fn leaks(&mut self, on: &[usize]) -> Result<bool, Self::Error>;
}

/// The sets that leak, each without one that it does not need; with none of them on, nothing leaks.
///
/// # Errors
/// What a round says.
pub fn culprits<A: Ask>(ask: &mut A, all: &[usize], found: &mut dyn FnMut(&[usize])) -> Result<(), A::Error> {
    let mut rest: Vec<usize> = all.to_vec();
    let mut asked = Asked { ask, answers: BTreeMap::new() };
    loop {
        let culprit = match asked.quickly(&rest)? {
            Some(one) => vec![one],
            None => asked.smallest(rest.clone())?,
        };
        found(&culprit);
        rest.retain(|script| !culprit.contains(script));
        if rest.is_empty() || !asked.leaks(&rest)? {
            return Ok(());
        }
    }
}

/// Questions with their answers: none is asked twice.
struct Asked<'a, A: Ask> {
    ask: &'a mut A,
    answers: BTreeMap<Vec<usize>, bool>,
}

impl<A: Ask> Asked<'_, A> {
    fn leaks(&mut self, on: &[usize]) -> Result<bool, A::Error> {
        if let Some(answer) = self.answers.get(on) {
            return Ok(*answer);
        }
        let answer = self.ask.leaks(on)?;
        self.answers.insert(on.to_vec(), answer);
        Ok(answer)
    }

    /// Halves what leaks: what is not in the first half is taken to be in the second. That is tried at the end, by itself;
    /// it is not so where two leak only together.
    fn quickly(&mut self, leaking: &[usize]) -> Result<Option<usize>, A::Error> {
        let mut set = leaking;
        while set.len() > 1 {
            let (first, second) = set.split_at(set.len().div_ceil(2));
            set = if self.leaks(first)? { first } else { second };
        }
        match set {
            [one] if self.leaks(&[*one])? => Ok(Some(*one)),
            _ => Ok(None),
        }
    }

    /// A set none of whose members can be left out.
    fn smallest(&mut self, mut set: Vec<usize>) -> Result<Vec<usize>, A::Error> {
        let mut pieces = 2;
        while set.len() > 1 {
            let chunks: Vec<Vec<usize>> = split(&set, pieces);
            if let Some(chunk) = self.first_that_leaks(&chunks)? {
                (set, pieces) = (chunk, 2);
                continue;
            }
            let without =
                |chunk: &Vec<usize>| set.iter().copied().filter(|script| !chunk.contains(script)).collect();
            // Of two halves, each is what the other leaves.
            let complements: Vec<Vec<usize>> =
                if pieces > 2 { chunks.iter().map(without).collect() } else { Vec::new() };
            if let Some(complement) = self.first_that_leaks(&complements)? {
                (set, pieces) = (complement, (pieces - 1).max(2));
            } else if pieces < set.len() {
                pieces = (pieces * 2).min(set.len());
            } else {
                break;
            }
        }
        Ok(set)
    }

    fn first_that_leaks(&mut self, sets: &[Vec<usize>]) -> Result<Option<Vec<usize>>, A::Error> {
        for set in sets {
            if self.leaks(set)? {
                return Ok(Some(set.clone()));
            }
        }
        Ok(None)
    }
}

/// So many pieces of about the same size.
fn split(set: &[usize], pieces: usize) -> Vec<Vec<usize>> {
    let mut rest = set;
    let mut chunks = Vec::with_capacity(pieces);
    for left in (1..=pieces).rev() {
        let (chunk, others) = rest.split_at(rest.len().div_ceil(left).min(rest.len()));
        if !chunk.is_empty() {
            chunks.push(chunk.to_vec());
        }
        rest = others;
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Leaks where all of one of these sets are on.
    struct Model {
        leaking: Vec<Vec<usize>>,
        rounds: usize,
    }

    impl Ask for Model {
        type Error = ();
        fn leaks(&mut self, on: &[usize]) -> Result<bool, ()> {
            self.rounds += 1;
            Ok(self.leaking.iter().any(|set| set.iter().all(|script| on.contains(script))))
        }
    }

    fn search(count: usize, leaking: &[&[usize]]) -> (Vec<Vec<usize>>, usize) {
        let mut model = Model { leaking: leaking.iter().map(|set| set.to_vec()).collect(), rounds: 0 };
        let mut found = Vec::new();
        let all: Vec<usize> = (0..count).collect();
        culprits(&mut model, &all, &mut |set| found.push(set.to_vec())).unwrap();
        (found, model.rounds)
    }

    #[test]
    fn one_of_sixty_in_six_rounds_and_two_to_be_sure() {
        for culprit in [0, 17, 30, 59] {
            let (found, rounds) = search(60, &[&[culprit]]);
            assert_eq!(found, [vec![culprit]]);
            // Six halvings, alone, and without it; the last halving may be the one that is alone.
            assert!((7..=8).contains(&rounds), "{culprit}: {rounds}");
        }
    }

    #[test]
    fn several_one_after_the_other() {
        let (mut found, _) = search(60, &[&[5], &[44], &[45]]);
        found.sort();
        assert_eq!(found, [[5], [44], [45]]);
        assert_eq!(search(2, &[&[0], &[1]]).0, [[0], [1]]);
        assert_eq!(search(1, &[&[0]]).0, [[0]]);
    }

    #[test]
    fn a_pair_that_leaks_only_together() {
        let (found, rounds) = search(60, &[&[3, 58]]);
        assert_eq!(found, [[3, 58]]);
        assert!(rounds < 60, "{rounds}");
    }

    #[test]
    fn pieces_cover_the_set() {
        assert_eq!(split(&[1, 2, 3, 4, 5], 2), [vec![1, 2, 3], vec![4, 5]]);
        assert_eq!(split(&[1, 2], 4), [[1], [2]]);
    }

    proptest! {
        #[test]
        fn what_is_found_leaks_and_needs_each_of_its_members(
            count in 1_usize..40,
            sets in prop::collection::vec(prop::collection::btree_set(0_usize..40, 1..4), 1..4),
        ) {
            let sets: Vec<Vec<usize>> = sets
                .iter()
                .map(|set| set.iter().map(|script| script % count).collect::<std::collections::BTreeSet<_>>().into_iter().collect())
                .collect();
            let refs: Vec<&[usize]> = sets.iter().map(Vec::as_slice).collect();
            let (found, _) = search(count, &refs);
            let leaks = |on: &[usize]| sets.iter().any(|set| set.iter().all(|script| on.contains(script)));
            for culprit in &found {
                prop_assert!(leaks(culprit));
                for left_out in culprit {
                    let fewer: Vec<usize> = culprit.iter().copied().filter(|script| script != left_out).collect();
                    prop_assert!(!leaks(&fewer));
                }
            }
            let named: Vec<usize> = found.concat();
            let rest: Vec<usize> = (0..count).filter(|script| !named.contains(script)).collect();
            prop_assert!(rest.is_empty() || !leaks(&rest));
        }
    }
}
