//! Columns back into lines. What was sent by another host may hold anything: a text that is none of ours is an error, and none
//! grows beyond what a day may have.

use super::number::{MOST_DECIMALS, Number};
use super::path::{self, Owned, quoted};
use super::{ABSENT, VERSION};
use crate::base::limits::{LARGEST_DAY_IN_COLUMNS as LARGEST_DAY, MOST_ROWS};
use std::collections::HashMap;
use std::io::{Error, ErrorKind};

/// The lines of a day.
///
/// # Errors
/// [`ErrorKind::InvalidData`] with the row, where the text is not one of columns.
pub(in super::super) fn decode(text: &[u8]) -> Result<Vec<u8>, Error> {
    let invalid =
        |row: usize| Error::new(ErrorKind::InvalidData, format!("row {row} of the columns cannot be read"));
    let mut rows = std::str::from_utf8(text).map_err(|_| invalid(0))?.lines();
    let count = rows.next().and_then(header).ok_or_else(|| invalid(1))?;
    let mut columns = Columns::default();
    for (number, row) in rows.enumerate() {
        columns.add(row).filter(|()| number < MOST_ROWS).ok_or_else(|| invalid(number + 2))?;
    }
    // Each row is asked for each line.
    if columns.rows.len().saturating_mul(count) > LARGEST_DAY {
        return Err(invalid(1));
    }
    let mut lines = String::with_capacity(text.len().min(LARGEST_DAY));
    for _ in 0..count {
        columns.line(&mut lines).map_err(|column| invalid(column + 2))?;
        if lines.len() > LARGEST_DAY {
            return Err(invalid(1));
        }
    }
    match columns.rows.iter().position(|row| !row.is_at_end()) {
        Some(column) => Err(invalid(column + 2)),
        None => Ok(lines.into_bytes()),
    }
}

/// How many lines there are.
fn header(row: &str) -> Option<usize> {
    let lines = row.strip_prefix(&format!("columns {VERSION} lines "))?;
    lines.parse().ok().filter(|count| *count <= LARGEST_DAY)
}

#[derive(Default)]
struct Columns<'a> {
    rows: Vec<Row<'a>>,
    /// Rows by their names.
    named: HashMap<&'a str, usize>,
}

struct Row<'a> {
    /// The way to it, and how much of that is the way to the row before, too.
    steps: Vec<Owned>,
    words: Words<'a>,
    /// What it has in the line that is being written.
    cell: Cell<'a>,
}

#[derive(Clone, Copy)]
enum Cell<'a> {
    Absent,
    Number(i128, u32),
    Verbatim(&'a str),
}

enum Words<'a> {
    /// Those of an earlier row.
    Same(usize),
    Own(Reading<'a>),
}

/// A row that is being read.
struct Reading<'a> {
    rest: &'a str,
    word: &'a str,
    repeats: usize,
    is_second_order: bool,
    decimals: u32,
    unit: i128,
    value: i128,
    growth: i128,
}

impl<'a> Columns<'a> {
    fn add(&mut self, row: &'a str) -> Option<()> {
        let (name, steps, rest) = path::split(row)?;
        let words = match rest.strip_prefix("= ") {
            Some(same) => Words::Same(*self.named.get(same)?),
            None => Words::Own(Reading::of(rest)?),
        };
        self.named.insert(name, self.rows.len());
        self.rows.push(Row { steps, words, cell: Cell::Absent });
        Some(())
    }

    /// Writes the next line; the row that has nothing left, or nothing that can be read.
    fn line(&mut self, text: &mut String) -> Result<(), usize> {
        // The way to the last value that was written: of the steps that it shares with the next, everything is open.
        let mut open: Option<usize> = None;
        text.push('{');
        for at in 0..self.rows.len() {
            let cell = match &mut self.rows[at].words {
                Words::Same(same) => {
                    let same = *same;
                    self.rows[same].cell
                }
                Words::Own(reading) => reading.next().ok_or(at)?,
            };
            self.rows[at].cell = cell;
            if matches!(cell, Cell::Absent) {
                continue;
            }
            let before = open.map(|before| self.rows[before].steps.as_slice());
            lead(before, &self.rows[at].steps, text);
            match cell {
                Cell::Number(digits, decimals) => Number { digits, decimals }.write(decimals, text),
                Cell::Verbatim(verbatim) => text.push_str(verbatim),
                Cell::Absent => {}
            }
            open = Some(at);
        }
        let last = open.map_or(&[][..], |last| self.rows[last].steps.as_slice());
        close(last, 1, text);
        text.push_str("}\n");
        Ok(())
    }
}

/// Closes what the way to the last value opened and the next does not share, and opens the way to the next.
fn lead(before: Option<&[Owned]>, steps: &[Owned], text: &mut String) {
    let mut from = 0;
    if let Some(before) = before {
        let shared = before.iter().zip(steps).take_while(|(one, other)| one == other).count();
        from = shared.min(steps.len() - 1);
        close(before, from + 1, text);
        text.push(',');
    }
    for (depth, step) in steps.iter().enumerate().skip(from) {
        if depth > from {
            text.push(if matches!(step, Owned::Key(_)) { '{' } else { '[' });
        }
        if let Owned::Key(key) = step {
            text.push_str(key);
            text.push(':');
        }
    }
}

/// Closes what was opened for the steps from the one with this number on.
fn close(steps: &[Owned], from: usize, text: &mut String) {
    for step in steps.iter().skip(from).rev() {
        text.push(if matches!(step, Owned::Key(_)) { '}' } else { ']' });
    }
}

impl Row<'_> {
    fn is_at_end(&self) -> bool {
        match &self.words {
            Words::Same(_) => true,
            Words::Own(reading) => reading.repeats == 0 && reading.rest.is_empty(),
        }
    }
}

impl<'a> Reading<'a> {
    fn of(rest: &'a str) -> Option<Self> {
        let mut parts = rest.splitn(4, ' ');
        let is_second_order = match parts.next()? {
            "1" => false,
            "2" => true,
            _ => return None,
        };
        let decimals = parts.next()?.parse().ok().filter(|decimals| *decimals <= MOST_DECIMALS)?;
        let unit = parts.next()?.parse().ok()?;
        let rest = parts.next()?;
        Some(Self { rest, word: "", repeats: 0, is_second_order, decimals, unit, value: 0, growth: 0 })
    }

    fn next(&mut self) -> Option<Cell<'a>> {
        if self.repeats > 0 {
            self.repeats -= 1;
        } else {
            self.word = self.read()?;
            if let Some(repeats) = self.rest.strip_prefix('x') {
                let end = repeats.find(' ').unwrap_or(repeats.len());
                self.repeats = repeats[..end].parse().ok()?;
                self.rest = repeats[end..].strip_prefix(' ').unwrap_or(&repeats[end..]);
            }
        }
        if self.word == ABSENT {
            return Some(Cell::Absent);
        }
        if let Some(verbatim) = self.word.strip_prefix('!') {
            return Some(Cell::Verbatim(verbatim));
        }
        if self.word.starts_with(['"', '{', '[', 't', 'f', 'n']) {
            return Some(Cell::Verbatim(self.word));
        }
        let number: i128 = self.word.parse().ok()?;
        self.growth = if self.is_second_order { self.growth.checked_add(number)? } else { number };
        self.value = self.value.checked_add(self.growth)?;
        Some(Cell::Number(self.value.checked_mul(self.unit)?, self.decimals))
    }

    /// The next word.
    fn read(&mut self) -> Option<&'a str> {
        let end = if self.rest.starts_with('"') {
            quoted(self.rest)?.0.len()
        } else {
            self.rest.find(' ').unwrap_or(self.rest.len())
        };
        let (word, behind) = self.rest.split_at(end);
        self.rest = behind.strip_prefix(' ').unwrap_or(behind);
        (!word.is_empty()).then_some(word)
    }
}
