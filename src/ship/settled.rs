//! How far old days of a host were sent, in twelve letters a day: they hardly change any more, and there are many.
//!
//! A record is four letters for the sizes of the files as all was read and seven for the lines; six more for each stretch of samples, of a
//! day that has not one from its beginning to its end. Records of days that follow each other stand in one text, by the first day.

use crate::base::hash;
use crate::store::{DayPlace, LINE_BITS, Sent, start_of};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The letters of base 64 that are safe everywhere.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Bits of a letter.
const LETTER_BITS: u32 = 6;
/// Letters for the sizes, for the lines, and for a time of the day.
const WIDTHS: [usize; 3] = [4, (LINE_BITS / LETTER_BITS) as usize, 3];
/// Of a day without any sample, in place of stretches.
const NONE: &str = ".";
/// A day that has samples up to so many seconds of its beginning and end has them to these: nothing has a place between.
const EDGE_SECONDS: i64 = 60;
const DAY_SECONDS: i64 = 86_400;
/// So many days that are not there stand as nothing between two blanks; more of them, and a text ends.
const HOLE_DAYS: i32 = 10;

/// The records of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Settled(BTreeMap<Date, String>);

/// A day as it was when all of it had been sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    mark: u64,
    pub(super) sent: Sent,
}

impl Record {
    /// Whether files of these sizes, compressed and plain, are what was read.
    pub(super) fn is_of(&self, sizes: (u64, u64)) -> bool {
        self.mark == mark(sizes)
    }
}

/// A number of two sizes, of 24 bits.
fn mark((compressed, plain): (u64, u64)) -> u64 {
    let number = hash::number(&[compressed.to_le_bytes(), plain.to_le_bytes()].concat());
    (number ^ (number >> 24)) & ((1 << 24) - 1)
}

impl Settled {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each day's record.
    pub(super) fn records(&self) -> BTreeMap<Date, &str> {
        let runs = self.0.iter().flat_map(|(first, text)| {
            let days = (0..).map_while(|days: i32| first.checked_add(days.days()).ok());
            days.zip(text.split(' ')).filter(|(_, record)| !record.is_empty())
        });
        runs.collect()
    }

    /// Records of days in a short form.
    pub(super) fn of<'a>(records: impl IntoIterator<Item = (Date, &'a str)>) -> Self {
        let mut runs: BTreeMap<Date, String> = BTreeMap::new();
        let mut last: Option<Date> = None;
        for (day, record) in records {
            let passed = last.and_then(|last| day.since(last).ok()).map(|passed| passed.get_days());
            match (passed.filter(|days| (1..=HOLE_DAYS + 1).contains(days)), runs.last_entry()) {
                (Some(days), Some(mut run)) => {
                    let run = run.get_mut();
                    (0..days).for_each(|_| run.push(' '));
                    run.push_str(record);
                }
                _ => drop(runs.insert(day, record.to_owned())),
            }
            last = Some(day);
        }
        Self(runs)
    }
}

/// A day's place as a record; none where it has times that are not of the day.
pub(super) fn encode(day: Date, place: &DayPlace) -> Option<String> {
    let mut text = String::new();
    let [sizes, lines, time] = WIDTHS;
    push(&mut text, mark((place.compressed, place.plain)), sizes)?;
    push(&mut text, place.sent.lines, lines)?;
    let start = start_of(day);
    match place.sent.stretches.as_slice() {
        [] => text.push_str(NONE),
        [(first, last)] if (0..EDGE_SECONDS).contains(&(first - start)) && is_last(last - start) => {}
        stretches => {
            for (first, last) in stretches {
                push(&mut text, u64::try_from(first - start).ok()?, time)?;
                push(&mut text, u64::try_from(last - first).ok()?, time)?;
            }
        }
    }
    Some(text)
}

/// Whether a second of a day is of its last ones.
fn is_last(second: i64) -> bool {
    (DAY_SECONDS - EDGE_SECONDS..DAY_SECONDS).contains(&second)
}

/// A record, if it is one.
pub(super) fn decode(day: Date, record: &str) -> Option<Record> {
    let [sizes, lines, time] = WIDTHS;
    let (mark, rest) = pull(record, sizes)?;
    let (lines, mut rest) = pull(rest, lines)?;
    let start = start_of(day);
    let mut stretches = Vec::new();
    match rest {
        "" => stretches.push((start, start + DAY_SECONDS - 1)),
        NONE => rest = "",
        _ => {}
    }
    while !rest.is_empty() {
        let (first, behind) = pull(rest, time)?;
        let (length, behind) = pull(behind, time)?;
        let first = start + i64::try_from(first).ok()?;
        stretches.push((first, first + i64::try_from(length).ok()?));
        rest = behind;
    }
    Some(Record { mark, sent: Sent { lines, stretches } })
}

/// Adds a number in so many letters, the low bits first; none where it has more bits.
fn push(text: &mut String, mut number: u64, letters: usize) -> Option<()> {
    for _ in 0..letters {
        text.push(char::from(LETTERS[(number % 64) as usize]));
        number >>= LETTER_BITS;
    }
    (number == 0).then_some(())
}

/// Takes a number off the front.
fn pull(text: &str, letters: usize) -> Option<(u64, &str)> {
    let (taken, rest) = text.split_at_checked(letters)?;
    let mut number = 0;
    for letter in taken.bytes().rev() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        number = (number << LETTER_BITS) | value as u64;
    }
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const DAY: Date = date(2026, 11, 22);

    fn place(stretches: &[(i64, i64)]) -> DayPlace {
        let stretches = stretches.iter().map(|(a, b)| (start_of(DAY) + a, start_of(DAY) + b)).collect();
        DayPlace { plain: 0, compressed: 123_456, sent: Sent { lines: (1 << LINE_BITS) - 7, stretches } }
    }

    #[test]
    fn a_record_says_the_same_in_few_letters() {
        let whole = place(&[(3, 86_398)]);
        let record = encode(DAY, &whole).unwrap();
        assert_eq!(record.len(), 11);
        let back = decode(DAY, &record).unwrap();
        assert_eq!(back.sent, place(&[(0, 86_399)]).sent);
        assert!(back.is_of((123_456, 0)) && !back.is_of((123_457, 0)) && !back.is_of((0, 123_456)));
        let parts = [(0, 0), (3_600, 7_200), (80_000, 86_399)];
        for stretches in [&[][..], &parts[..], &[(60, 86_399)], &[(0, 86_339)], &[(0, 90_000)]] {
            let place = place(stretches);
            let back = decode(DAY, &encode(DAY, &place).unwrap()).unwrap();
            assert_eq!(back.sent, place.sent, "{stretches:?}");
        }
        assert_eq!(encode(DAY, &place(&[(-1, 5)])), None, "of another day");
        for broken in ["", "AAAA", "AAAABBBBBBBCC", "AAAABBBBBB!", "ÄÄÄÄÄÄÄÄÄÄÄÄ"] {
            assert_eq!(decode(DAY, broken), None, "{broken}");
        }
    }

    #[test]
    fn days_that_follow_each_other_share_a_text() {
        let days = [(1, "a"), (2, "b"), (4, "c"), (20, "d")];
        let days = days.map(|(day, record)| (date(2026, 11, day), record));
        let settled = Settled::of(days);
        let json = serde_json::to_string(&settled).unwrap();
        assert_eq!(json, r#"{"2026-11-01":"a b  c","2026-11-20":"d"}"#);
        assert_eq!(settled.records(), BTreeMap::from(days));
        assert_eq!(Settled::of(settled.records()), settled);
    }
}
