//! What the text of a part is beside its numbers. Most lines of a log differ from the one before in nothing else, so that a part is
//! read by comparing what stays and writing the numbers where those of the line before are.
//!
//! Promises: what is read so is what `serde_json` reads from the same text, to the last bit; a text that is not exactly of the
//! shape is refused, and read by `serde_json`.

use super::slots::{Slot, Slots};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ops::Range;

/// Numbers that stand for places while a shape is learned: large enough to be no number of a log by chance.
const FIRST_MARK: u32 = 4_000_000_000;

/// The powers of ten that an `f64` has exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// The text around the numbers.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Shape {
    /// What lies before each number, and after the last one, without a space between.
    fixed: Vec<u8>,
    /// Where in `fixed` each of these ends.
    ends: Vec<usize>,
}

impl Shape {
    /// The shape of `text`, from which `value` was read. `None` where the text is not as we write that value.
    pub(super) fn of<P: Slots + Clone + Serialize>(text: &[u8], value: &P) -> Option<Self> {
        let mut marked = value.clone();
        let mut marks = Vec::new();
        marked.slots(&mut |slot| {
            let mark = FIRST_MARK.saturating_add(u32::try_from(marks.len()).unwrap_or(u32::MAX));
            match slot {
                Slot::U64(place) => *place = mark.into(),
                Slot::I64(place) => *place = mark.into(),
                Slot::F64(place) => {
                    *place = mark.into();
                    return marks.push(format!("{mark}.0"));
                }
            }
            marks.push(mark.to_string());
        });
        let marked = serde_json::to_vec(&marked).ok()?;
        let (ours, theirs) = (numbers(&marked), numbers(text));
        let mut shape = Self::default();
        let mut marks = marks.iter();
        let mut mark = marks.next();
        let (mut after_ours, mut after) = (0, 0);
        // Every mark once and in its order, and all else the same.
        for (our, their) in ours.iter().zip(&theirs) {
            if marked[after_ours..our.start] != text[after..their.start] {
                return None;
            }
            shape.fixed.extend(&text[after..their.start]);
            if mark.is_some_and(|mark| mark.as_bytes() == &marked[our.clone()]) {
                // By chance, or on purpose: which one is the place cannot be told.
                if text[their.clone()] == marked[our.clone()] {
                    return None;
                }
                shape.ends.push(shape.fixed.len());
                mark = marks.next();
            } else if marked[our.clone()] == text[their.clone()] {
                shape.fixed.extend(&text[their.clone()]);
            } else {
                return None;
            }
            (after_ours, after) = (our.end, their.end);
        }
        shape.fixed.extend(&text[after..]);
        shape.ends.push(shape.fixed.len());
        let is_whole = mark.is_none() && ours.len() == theirs.len() && marked[after_ours..] == text[after..];
        is_whole.then_some(shape)
    }

    /// Writes the numbers at the start of `text` to their places in a value of this shape; how long the text of the part is.
    /// `None`: it is of another shape, and some numbers of the value are those of neither.
    pub(super) fn fill<P: Slots>(&self, value: &mut P, text: &[u8]) -> Option<usize> {
        let mut filling = Filling { shape: self, next: 0, start: 0, rest: text, fits: true };
        value.slots(&mut |slot| {
            filling.fits = filling.fits && filling.take(slot).is_some();
        });
        (filling.fits && filling.pass().is_some()).then(|| text.len() - filling.rest.len())
    }
}

/// Where numbers stand in a JSON text that is well-formed.
fn numbers(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'"' => at = string_end(text, at).unwrap_or(text.len()),
            b'-' | b'0'..=b'9' => {
                let length = text[at..].iter().take_while(|byte| is_of_number(byte));
                let end = at + length.count();
                found.push(at..end);
                at = end;
            }
            _ => at += 1,
        }
    }
    found
}

fn is_of_number(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

/// Behind the string that begins at `at`.
fn string_end(text: &[u8], at: usize) -> Option<usize> {
    let mut end = at + 1;
    loop {
        match text.get(end)? {
            b'"' => return Some(end + 1),
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
}

/// Where the JSON value ends that begins at `at`, if it is well-formed.
pub(super) fn value_end(text: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut end = at;
    loop {
        match text.get(end)? {
            b'"' => {
                end = string_end(text, end)?;
                if depth == 0 {
                    return Some(end);
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return Some(end),
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(end + 1);
                }
            }
            b',' if depth == 0 => return Some(end),
            _ => {}
        }
        end += 1;
    }
}

/// A text on its way into a value.
struct Filling<'a> {
    shape: &'a Shape,
    next: usize,
    start: usize,
    rest: &'a [u8],
    fits: bool,
}

impl Filling<'_> {
    /// Passes over what lies before the next number, or behind the last.
    fn pass(&mut self) -> Option<()> {
        let end = *self.shape.ends.get(self.next)?;
        self.rest = self.rest.strip_prefix(&self.shape.fixed[self.start..end])?;
        (self.next, self.start) = (self.next + 1, end);
        Some(())
    }

    /// `None`: it is none, or one that `serde_json` may read in another way.
    fn take(&mut self, slot: Slot<'_>) -> Option<()> {
        self.pass()?;
        match slot {
            Slot::U64(place) => *place = self.number(Self::whole)?,
            Slot::I64(place) => *place = self.number(Self::integer)?,
            Slot::F64(place) => *place = self.number(Self::decimal)?,
        }
        Some(())
    }

    /// Reads a number `quick`ly, else as `serde_json` does.
    fn number<T: DeserializeOwned>(&mut self, quick: fn(&mut Self) -> Option<T>) -> Option<T> {
        let start = self.rest;
        if let Some(number) = quick(self).filter(|_| !self.rest.first().is_some_and(is_of_number)) {
            return Some(number);
        }
        let length = start.iter().take_while(|byte| is_of_number(byte)).count();
        self.rest = &start[length..];
        serde_json::from_slice(&start[..length]).ok()
    }

    fn sign(&mut self) -> bool {
        let rest = self.rest.strip_prefix(b"-");
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Digits behind `number`, and how many.
    fn digits(&mut self, mut number: u64) -> (u64, usize) {
        let mut count = 0;
        while let Some(digit) =
            self.rest.get(count).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
        {
            number = number.wrapping_mul(10).wrapping_add(digit.into());
            count += 1;
        }
        self.rest = &self.rest[count..];
        (number, count)
    }

    /// One that fits however its digits are; without leading zeros, which JSON has not.
    fn whole(&mut self) -> Option<u64> {
        const MOST_DIGITS: usize = 19;
        let leads = self.rest.first() == Some(&b'0');
        let (number, count) = self.digits(0);
        ((1..=MOST_DIGITS).contains(&count) && (!leads || count == 1)).then_some(number)
    }

    fn integer(&mut self) -> Option<i64> {
        let is_negative = self.sign();
        let number = i64::try_from(self.whole()?).ok()?;
        // A negative zero is no whole number.
        if is_negative { Some(-number).filter(|number| *number != 0) } else { Some(number) }
    }

    /// Digits that an `f64` has exactly, divided by a power of ten that it has exactly: there is one rounding, and one answer.
    fn decimal(&mut self) -> Option<f64> {
        const MOST_DIGITS: usize = 15;
        let is_negative = self.sign();
        let leads = self.rest.first() == Some(&b'0');
        let (mut number, before) = self.digits(0);
        if before == 0 || (leads && before > 1) {
            return None;
        }
        let mut behind = 0;
        if let Some(rest) = self.rest.strip_prefix(b".") {
            self.rest = rest;
            (number, behind) = self.digits(number);
            if behind == 0 {
                return None;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 15 digits")]
        let number = (before + behind <= MOST_DIGITS).then(|| number as f64 / POWERS[behind])?;
        Some(if is_negative { -number } else { number })
    }
}
