//! For tests: a world that needs no time. What a turn does to memory is said by a function.

use super::ProbeError;
use super::reading::{Catalogue, Reading};
use super::world::{Kind, World};
use crate::analysis::part::Part;
use crate::sample::command::Outcome;
use std::collections::BTreeMap;

/// What is there.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// Bytes above 100 MiB.
    pub(super) parts: BTreeMap<Part, f64>,
    /// By metric and instance.
    pub(super) things: BTreeMap<(&'static str, &'static str), f64>,
}

impl Memory {
    pub(super) fn add(&mut self, part: Part, bytes: f64) {
        *self.parts.entry(part).or_default() += bytes;
    }

    pub(super) fn add_things(&mut self, metric: &'static str, instance: &'static str, count: f64) {
        *self.things.entry((metric, instance)).or_default() += count;
    }
}

/// A turn: what is run, which of its kind it is (from 0), what it does.
type Turn<'a> = dyn FnMut(Kind, usize, &mut Memory) + 'a;

pub(super) struct Model<'a> {
    pub(super) memory: Memory,
    pub(super) turn: Box<Turn<'a>>,
    pub(super) seconds: f64,
    /// How long a run of the command takes.
    pub(super) run_seconds: f64,
    pub(super) hangs: bool,
    /// After so many runs the user interrupts.
    pub(super) interrupted_after: usize,
    pub(super) may_drop: bool,
    pub(super) done: [usize; 2],
}

impl<'a> Model<'a> {
    pub(super) fn new(turn: impl FnMut(Kind, usize, &mut Memory) + 'a) -> Self {
        let mut memory = Memory::default();
        let parts = [
            Part::SlabUnreclaimable,
            Part::KernelStacks,
            Part::Unaccounted,
            Part::Anonymous,
            Part::SlabReclaimable,
            Part::FileCache,
            Part::Free,
        ];
        memory.parts = parts.map(|part| (part, 0.0)).into();
        Self {
            memory,
            turn: Box::new(turn),
            seconds: 0.0,
            run_seconds: 0.05,
            hangs: false,
            interrupted_after: usize::MAX,
            may_drop: false,
            done: [0, 0],
        }
    }

    /// How often the command was run.
    pub(super) fn runs(&self) -> usize {
        self.done[0]
    }
}

impl World for Model<'_> {
    fn run(&mut self, kind: Kind, _seconds: f64) -> Result<Outcome, ProbeError> {
        let place = usize::from(kind == Kind::Control);
        (self.turn)(kind, self.done[place], &mut self.memory);
        self.done[place] += 1;
        let seconds = if kind == Kind::Command { self.run_seconds } else { 0.001 };
        self.seconds += seconds;
        Ok(Outcome {
            code: Some(0),
            seconds,
            killed: self.hangs && kind == Kind::Command,
            ..Outcome::default()
        })
    }

    fn read(&mut self, catalogue: &mut Catalogue) -> Reading {
        let mut reading = Reading { parts: vec![f64::NAN; Part::all().count()], things: Vec::new() };
        for (part, bytes) in &self.memory.parts {
            reading.parts[*part as usize] = 104_857_600.0 + bytes;
        }
        for ((metric, instance), value) in &self.memory.things {
            let number = catalogue.number(metric, instance);
            reading.things.resize(reading.things.len().max(number + 1), f64::NAN);
            reading.things[number] = *value;
        }
        reading
    }

    fn rest(&mut self, seconds: f64) {
        self.seconds += seconds;
    }

    fn drop_caches(&mut self) -> bool {
        if self.may_drop {
            self.memory.parts.insert(Part::SlabReclaimable, 0.0);
            self.memory.parts.insert(Part::FileCache, 0.0);
        }
        self.may_drop
    }

    fn seconds(&self) -> f64 {
        self.seconds
    }

    fn is_interrupted(&self) -> bool {
        self.done[0] >= self.interrupted_after
    }
}

/// Numbers without a pattern, the same in every run: xorshift64*.
pub(super) struct Noise(u64);

impl Noise {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From -1 to 1.
    pub(super) fn next(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        #[expect(clippy::cast_precision_loss, reason = "53 bits")]
        let share = (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64;
        2.0 * share - 1.0
    }
}
