//! Reads the lines of a log, one after the other, into one sample that is used again: what a line has as the line before had it stays,
//! and only its numbers are written. A line that is not as we write it is left to `serde_json`.

use super::Sample;
use super::shape::{Shape, value_end};
use super::slots::Slots;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

/// Shapes that are kept of a part: a slow beat and a quick one, and as many again where something comes and goes.
const SHAPES: usize = 4;

/// Bytes of a part whose shape is learned: many times what a small host writes. What is larger is not kept: a log may come from a stranger.
const LARGEST: usize = 16 * 1024;

/// The sample of the line that was read last, and what is known of the shape of its parts.
#[derive(Default)]
pub(crate) struct Decoder {
    sample: Sample,
    parts: super::Parts,
    /// How many lines were read.
    line: u64,
}

impl Decoder {
    /// The sample in a line that begins with version and time; `members` is what follows these. `None`: the line has to be read
    /// another way.
    pub(crate) fn read(&mut self, v: u32, t: i64, members: &[u8]) -> Option<&Sample> {
        self.line += 1;
        (self.sample.v, self.sample.t, self.sample.reboot_required) = (v, t, false);
        let mut at = 0;
        while members.get(at) == Some(&b',') {
            let rest = members.get(at + 1..)?.strip_prefix(b"\"")?;
            let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' '))?;
            let value = rest[length..].strip_prefix(b"\":")?;
            let key = std::str::from_utf8(&rest[..length]).ok()?;
            let length = match key {
                // They stand twice.
                "v" | "t" => return None,
                "reboot_required" if self.sample.reboot_required => return None,
                "reboot_required" => {
                    self.sample.reboot_required = value.starts_with(b"true").then_some(true)?;
                    4
                }
                _ => match self.parts.read(&mut self.sample, key, value, self.line) {
                    Some(length) => length?,
                    // A newer program's.
                    None => {
                        let length = value_end(value, 0)?;
                        serde_json::from_slice::<IgnoredAny>(&value[..length]).ok()?;
                        length
                    }
                },
            };
            at = members.len() - value.len() + length;
        }
        if members.get(at..) != Some(b"}") {
            return None;
        }
        self.parts.leave(&mut self.sample, self.line);
        Some(&self.sample)
    }

    /// Parts that were of no known shape.
    #[cfg(test)]
    pub(crate) fn missed(&self) -> Vec<&'static str> {
        self.parts.missed()
    }

    /// What [`Decoder::read`] gave last.
    pub(crate) fn sample(&self) -> &Sample {
        &self.sample
    }
}

/// One part through the lines.
pub(super) struct Part<P> {
    known: Vec<Known<P>>,
    /// Of which shape the value in the sample is.
    active: Option<usize>,
    /// The next one to be forgotten.
    oldest: usize,
    /// Lines of no known shape since the last that had one.
    pub(super) misses: u32,
    /// The line that had it last.
    line: u64,
}

struct Known<P> {
    shape: Shape,
    /// While it is not the one in the sample.
    value: Option<P>,
}

impl<P> Default for Part<P> {
    fn default() -> Self {
        Self { known: Vec::new(), active: None, oldest: 0, misses: 0, line: 0 }
    }
}

impl<P: Slots + Clone + Serialize + DeserializeOwned> Part<P> {
    /// Reads the value at the start of `text`; how long it is.
    pub(super) fn read(&mut self, value: &mut Option<P>, text: &[u8], line: u64) -> Option<usize> {
        if self.line == line {
            // It stands twice.
            return None;
        }
        self.line = line;
        if let (Some(active), Some(value)) = (self.active, value.as_mut())
            && let Some(length) = self.known[active].shape.fill(value, text)
        {
            self.misses = 0;
            return Some(length);
        }
        self.take(value);
        for (index, known) in self.known.iter_mut().enumerate() {
            let Some(own) = known.value.as_mut() else { continue };
            if let Some(length) = known.shape.fill(own, text) {
                *value = known.value.take();
                (self.active, self.misses) = (Some(index), 0);
                return Some(length);
            }
        }
        let length = value_end(text, 0)?;
        let text = &text[..length];
        *value = Some(serde_json::from_slice(text).ok()?);
        self.misses += 1;
        // What is another one in each line is not worth it.
        if length <= LARGEST && (self.misses as usize <= SHAPES || self.misses.is_power_of_two()) {
            self.learn(value.as_ref().and_then(|value| Shape::of(text, value)));
        }
        Some(length)
    }

    fn learn(&mut self, shape: Option<Shape>) {
        let Some(shape) = shape else { return };
        let known = Known { shape, value: None };
        if self.known.len() < SHAPES {
            self.active = Some(self.known.len());
            self.known.push(known);
        } else {
            self.active = Some(self.oldest);
            self.known[self.oldest] = known;
            self.oldest = (self.oldest + 1) % SHAPES;
        }
    }

    /// Takes the value out of the sample, to be filled again.
    fn take(&mut self, value: &mut Option<P>) {
        let value = value.take();
        if let Some(active) = self.active.take() {
            self.known[active].value = value;
        }
    }

    /// A line is at its end: a part that it has not is absent.
    pub(super) fn leave(&mut self, value: &mut Option<P>, line: u64) {
        if self.line != line {
            self.take(value);
        }
    }
}
