//! The terminal that a result is printed on: how wide it is, whether it shows colours. Text is measured in columns:
//! a Chinese character takes two.

use crate::config::Environment;
use std::io::{IsTerminal, stdout};

/// Where nobody says how wide: what is printed goes to a file or a pipe.
const USUAL_COLUMNS: usize = 100;
/// Narrower than this nothing can be read.
const LEAST_COLUMNS: usize = 40;
/// What is wider is hard to read.
const MOST_COLUMNS: usize = 140;

/// What can be shown.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Terminal {
    /// Columns of a line.
    pub(in crate::cli) columns: usize,
    /// Colours may be used.
    pub(in crate::cli) coloured: bool,
}

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Style {
    /// As everything else.
    Plain,
    /// A heading.
    Bold,
    /// Hardly worth reading.
    Dim,
    /// Something fails or is about to.
    Critical,
    /// Should be looked at.
    Warning,
}

impl Terminal {
    /// The terminal of standard output.
    pub(in crate::cli) fn of_stdout(environment: &Environment) -> Self {
        let is_terminal = stdout().is_terminal();
        let size = || {
            let size = is_terminal.then(|| rustix::termios::tcgetwinsize(stdout()).ok()).flatten()?;
            Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
        };
        let columns = environment.columns.or_else(size).unwrap_or(USUAL_COLUMNS);
        let columns = columns.clamp(LEAST_COLUMNS, MOST_COLUMNS);
        Self { columns, coloured: is_terminal && !environment.plain }
    }

    /// A piece of text in a style.
    pub(in crate::cli) fn paint(self, text: &str, style: Style) -> String {
        let code = match style {
            _ if !self.coloured || text.is_empty() => return text.to_owned(),
            Style::Plain => return text.to_owned(),
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Critical => "1;31",
            Style::Warning => "33",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// How many columns a text takes.
pub(in crate::cli) fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// A text with blanks behind it, up to a width.
pub(in crate::cli) fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// A text with blanks in front of it, up to a width.
pub(in crate::cli) fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Breaks a text into lines of at most so many columns, between words where it has any.
pub(in crate::cli) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().map_or(0, |line| width(line));
        if line > 0 && line + 1 + width(word) > columns {
            lines.push(String::new());
        } else if let Some(line) = lines.last_mut().filter(|line| !line.is_empty()) {
            line.push(' ');
        }
        for letter in word.chars() {
            // A word without an end: Chinese, or a long path.
            if lines.last().is_some_and(|line| width(line) + columns_of(letter) > columns) {
                lines.push(String::new());
            }
            if let Some(line) = lines.last_mut() {
                line.push(letter);
            }
        }
    }
    lines
}

/// East Asian wide characters by Unicode's blocks: ideographs, kana, Hangul, full-width forms and their punctuation.
fn columns_of(letter: char) -> usize {
    let is_wide = matches!(
        u32::from(letter),
        0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f
            | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1f64f | 0x20000..=0x3fffd
    );
    if is_wide { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_character_takes_two_columns() {
        assert_eq!((width("slab"), width("内存"), width("± 2，")), (4, 4, 5));
        assert_eq!(left("内存", 6), "内存  ");
        assert_eq!(right("12 MiB", 8), "  12 MiB");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("一二三四", 5), ["一二", "三四"]);
        assert_eq!(wrap("a-very-long-word b", 6), ["a-very", "-long-", "word b"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn colours_only_where_they_are_wanted() {
        let plain = Terminal { columns: 80, coloured: false };
        assert_eq!(plain.paint("x", Style::Critical), "x");
        assert_eq!(Terminal { coloured: true, ..plain }.paint("x", Style::Dim), "\u{1b}[2mx\u{1b}[0m");
    }
}
