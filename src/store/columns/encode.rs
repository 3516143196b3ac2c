//! Lines into columns: each line is walked once, and each value hung where it stands in the tree of all keys. Which key follows
//! which in any line is remembered, and gives the order of the rows.

use super::number::{Number, common_divisor};
use super::path::{self, Step, quoted};
use super::{ABSENT, VERSION};
use crate::base::limits::LARGEST_DAY_IN_COLUMNS;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fmt::Write;

/// Deeper than any line of ours.
const DEEPEST: usize = 16;

/// The columns of a day's lines; none where they are not as we write them: compact JSON objects, each ended by a newline,
/// whose keys can be put into one order. Whether all bytes come back is for the caller to find out.
pub(in super::super) fn encode(lines: &[u8]) -> Option<String> {
    if lines.len() > LARGEST_DAY_IN_COLUMNS {
        return None;
    }
    let lines = std::str::from_utf8(lines).ok()?.strip_suffix('\n')?;
    let mut tree = Tree { nodes: vec![Node::default()], line: 0 };
    for line in lines.split('\n') {
        let rest = line.starts_with('{').then(|| tree.value(0, line, 0))??;
        if !rest.is_empty() {
            return None;
        }
        tree.line += 1;
    }
    let mut text = format!("columns {VERSION} lines {}\n", tree.line);
    let mut known = HashMap::new();
    tree.write(0, &mut String::new(), &mut known, &mut text)?;
    Some(text)
}

/// A key, an index, or (the first) the line itself.
#[derive(Default)]
struct Node<'a> {
    step: Option<Step<'a>>,
    /// In the order in which they were met.
    children: Vec<usize>,
    /// What came next to it in some line.
    followers: Vec<usize>,
    /// Its value in each line up to the last that has one, as it stands there.
    cells: Vec<Option<&'a str>>,
}

struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    /// The line that is walked.
    line: usize,
}

impl<'a> Tree<'a> {
    /// Hangs the value that a text begins with under a node; what follows it.
    fn value(&mut self, node: usize, text: &'a str, depth: usize) -> Option<&'a str> {
        let (open, close) = match text.as_bytes().first()? {
            b'{' => ('{', '}'),
            b'[' => ('[', ']'),
            _ => return self.scalar(node, text),
        };
        let mut rest = text.strip_prefix(open)?;
        if depth == DEEPEST {
            return None;
        }
        if rest.starts_with(close) {
            let (cell, behind) = text.split_at(2);
            return self.cell(node, cell, behind);
        }
        let mut before = None;
        for index in 0.. {
            let step = if open == '{' {
                let (key, behind) = rest.starts_with('"').then(|| quoted(rest))??;
                rest = behind.strip_prefix(':')?;
                Step::Key(key)
            } else {
                Step::Index(index)
            };
            let child = self.child(node, step, before);
            before = Some(child);
            rest = self.value(child, rest, depth + 1)?;
            if let Some(behind) = rest.strip_prefix(close) {
                return Some(behind);
            }
            rest = rest.strip_prefix(',')?;
        }
        None
    }

    fn scalar(&mut self, node: usize, text: &'a str) -> Option<&'a str> {
        let (cell, behind) =
            if text.starts_with('"') { quoted(text)? } else { text.split_at(text.find([',', '}', ']'])?) };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        if cell.is_empty() || !cell.starts_with('"') && !cell.bytes().all(plain) {
            return None;
        }
        self.cell(node, cell, behind)
    }

    fn cell(&mut self, node: usize, cell: &'a str, behind: &'a str) -> Option<&'a str> {
        let cells = &mut self.nodes[node].cells;
        // A key that comes twice in one line.
        if cells.len() > self.line {
            return None;
        }
        cells.resize(self.line, None);
        cells.push(Some(cell));
        Some(behind)
    }

    /// The child that a step leads to, mostly the one that came next to the one before already.
    fn child(&mut self, node: usize, step: Step<'a>, before: Option<usize>) -> usize {
        let is_it = |child: &&usize| self.nodes[**child].step == Some(step);
        if let Some(followed) = before.and_then(|before| self.nodes[before].followers.iter().find(is_it)) {
            return *followed;
        }
        let child = self.nodes[node].children.iter().find(is_it).copied().unwrap_or_else(|| {
            self.nodes.push(Node { step: Some(step), ..Node::default() });
            let child = self.nodes.len() - 1;
            self.nodes[node].children.push(child);
            child
        });
        if let Some(before) = before {
            self.nodes[before].followers.push(child);
        }
        child
    }

    /// A node's children, none before one that it follows in some line; none where there is no such order.
    fn ordered(&self, node: usize) -> Option<Vec<usize>> {
        let children = &self.nodes[node].children;
        let mut leaders: HashMap<usize, usize> = HashMap::new();
        for child in children {
            self.nodes[*child].followers.iter().for_each(|next| *leaders.entry(*next).or_default() += 1);
        }
        let free = children.iter().filter(|child| !leaders.contains_key(child));
        let mut free: BinaryHeap<Reverse<usize>> = free.copied().map(Reverse).collect();
        let mut ordered = Vec::with_capacity(children.len());
        while let Some(Reverse(child)) = free.pop() {
            ordered.push(child);
            for next in &self.nodes[child].followers {
                let left = leaders.entry(*next).or_default();
                *left = left.saturating_sub(1);
                if *left == 0 {
                    free.push(Reverse(*next));
                }
            }
        }
        (ordered.len() == children.len()).then_some(ordered)
    }

    /// Writes the rows of a node and of what is below it.
    fn write<'s>(
        &'s self,
        node: usize,
        path: &mut String,
        known: &mut HashMap<&'s [Option<&'a str>], String>,
        text: &mut String,
    ) -> Option<()> {
        let Node { step, cells, .. } = &self.nodes[node];
        let length = path.len();
        if let Some(step) = step {
            path::push(path, *step);
        }
        if !cells.is_empty() {
            text.push_str(path);
            match known.get(cells.as_slice()) {
                Some(same) => {
                    let _ = write!(text, " = {same}");
                }
                None => {
                    row(cells, self.line, text);
                    known.insert(cells, path.clone());
                }
            }
            text.push('\n');
        }
        for child in self.ordered(node)? {
            self.write(child, path, known, text)?;
        }
        path.truncate(length);
        Some(())
    }
}

/// A cell that is to be written.
enum Cell<'a> {
    Absent,
    /// A multiple of the row's unit.
    Number(i128),
    /// As it stands in the line.
    Verbatim(&'a str),
}

/// Writes what stands behind the name of a row.
fn row(cells: &[Option<&str>], lines: usize, text: &mut String) {
    let numbers: Vec<Option<Number>> = cells.iter().map(|cell| cell.and_then(Number::of)).collect();
    // Where some have a point, those without one are written otherwise.
    let decimals = numbers.iter().flatten().map(|number| number.decimals).max().unwrap_or(0);
    let scaled: Vec<Option<i128>> = numbers
        .iter()
        .map(|number| {
            number.filter(|number| (number.decimals == 0) == (decimals == 0))?.with_decimals(decimals)
        })
        .collect();
    let unit = scaled.iter().flatten().fold(0, |unit, number| common_divisor(unit, number.unsigned_abs()));
    let unit = i128::try_from(unit.max(1)).unwrap_or(1);
    let cell = |at: usize| match (cells.get(at).copied().flatten(), scaled.get(at).copied().flatten()) {
        (None, _) => Cell::Absent,
        (_, Some(number)) => Cell::Number(number / unit),
        (Some(verbatim), None) => Cell::Verbatim(verbatim),
    };
    let [once, twice] = [1, 2].map(|order| words((0..lines).map(cell), order));
    let (order, words) = if twice.len() < once.len() { (2, twice) } else { (1, once) };
    let _ = write!(text, " {order} {decimals} {unit}{words}");
}

/// The words of a row, each behind a blank.
fn words<'a>(cells: impl Iterator<Item = Cell<'a>>, order: u8) -> String {
    let mut words = String::new();
    let (mut value, mut growth) = (0, 0);
    let (mut last, mut repeats) = (String::new(), 0);
    let repeated = |words: &mut String, repeats: usize| {
        if repeats > 0 {
            let _ = write!(words, " x{repeats}");
        }
    };
    for cell in cells {
        let word = match cell {
            Cell::Absent => ABSENT.to_owned(),
            Cell::Verbatim(text) if text.starts_with(['"', '{', '[', 't', 'f', 'n']) => text.to_owned(),
            Cell::Verbatim(text) => format!("!{text}"),
            Cell::Number(number) => {
                let grown = number - value;
                let word = if order == 2 { grown - growth } else { grown };
                (value, growth) = (number, grown);
                word.to_string()
            }
        };
        if word == last {
            repeats += 1;
        } else {
            repeated(&mut words, std::mem::take(&mut repeats));
            words.push(' ');
            words.push_str(&word);
            last = word;
        }
    }
    repeated(&mut words, repeats);
    words
}
