//! Numbers that look random and repeat: xorshift64* (Vigna 2016) and the distributions that the corpus draws from.
//! Promises the same numbers for a seed on every machine.

use std::f64::consts::TAU;

/// The generator.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xd1b5_4a32_d192_ed03);
        // Near seeds differ in few bits, which takes some turns to spread.
        for _ in 0..4 {
            random.bits();
        }
        random
    }

    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// From 0 to 1, without 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Evenly between two numbers.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Evenly on a logarithmic scale: as often between 1 and 10 as between 10 and 100.
    pub(crate) fn log_between(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    /// Normal, around 0 with deviation 1 (Box–Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.unit().max(1e-300), self.unit());
        (-2.0 * radius.ln()).sqrt() * (TAU * angle).cos()
    }

    /// Exponential: times between calls at a switchboard.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -self.unit().max(1e-300).ln() * mean
    }

    /// Pareto: most are near the least, a few are huge.
    pub(crate) fn pareto(&mut self, least: f64, exponent: f64) -> f64 {
        least / self.unit().max(1e-12).powf(1.0 / exponent)
    }

    /// An index below a count.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.bits() >> 33) as usize % count
    }

    /// One of these.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Whether something of this probability happens.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// How many of many rare things happen.
    pub(crate) fn poisson(&mut self, mean: f64) -> f64 {
        if mean > 30.0 {
            return (mean + mean.sqrt() * self.normal()).max(0.0).round();
        }
        let (limit, mut count, mut product) = ((-mean).exp(), 0.0, 1.0);
        loop {
            product *= self.unit();
            if product <= limit {
                return count;
            }
            count += 1.0;
        }
    }
}

/// Noise that remembers: each value keeps a share of the one before. Its deviation is 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    keep: f64,
    value: f64,
}

impl Memory {
    /// Keeps this share at each step.
    pub(crate) fn keeping(keep: f64) -> Self {
        Self { keep, value: 0.0 }
    }

    /// Forgets over so many seconds, in steps of so many.
    pub(crate) fn over(seconds: f64, step: f64) -> Self {
        Self::keeping((-step / seconds).exp())
    }

    /// The next value.
    pub(crate) fn next(&mut self, random: &mut Random) -> f64 {
        self.value = self.keep * self.value + (1.0 - self.keep * self.keep).sqrt() * random.normal();
        self.value
    }
}
