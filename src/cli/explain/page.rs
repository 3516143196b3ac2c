//! What `explain` prints: a title, the table of the parts, the findings in words.

use crate::analysis::ProblemKind;
use crate::analysis::describe;
use crate::analysis::leak::State;
use crate::analysis::report::words::Telling;
use crate::analysis::report::{Finding, PartRow, Report};
use crate::base::escape;
use crate::base::format;
use crate::base::unit::Unit;
use crate::cli::terminal::{Style, Terminal, left, right, width, wrap};
use crate::sample::audit::Suspect;

/// A part of less than this share is dimmed.
const SMALL_SHARE: f64 = 0.002;
/// How far what belongs to a finding is set in.
const INDENT: usize = 2;

/// What the report rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Log {
    /// One sample taken now.
    None,
    /// A log that reaches up to the moment asked for.
    Fresh,
    /// A log that ends so many seconds before.
    Old(i64),
}

/// The whole page.
pub(super) fn text(report: &Report, log: Log, telling: &Telling, terminal: Terminal) -> String {
    let mut page = Page { telling, terminal, lines: Vec::new() };
    page.title(report);
    if let Log::Old(age) = log {
        let age = telling.duration(age);
        let line = telling.words.fill("explain.old", &[("age", &age)]);
        page.paragraph(&line, 0, Style::Warning);
        page.blank();
    }
    page.table(report);
    page.free(report);
    for line in describe::unknown(&report.unknown, telling.words) {
        page.paragraph(&line, 0, Style::Dim);
    }
    page.blank();
    for finding in &report.findings {
        page.finding(finding);
        page.blank();
    }
    let own: Vec<&Suspect> = report.own.iter().filter(|own| own.leaks).collect();
    for own in &own {
        let kind = ProblemKind::OwnLeak((*own).clone());
        page.paragraph(&describe::describe(&kind, telling, &str::to_owned), 0, Style::Critical);
        page.blank();
    }
    if log == Log::None {
        page.paragraph(telling.words.get("explain.no_log"), 0, Style::Plain);
    } else if report.findings.is_empty() && own.is_empty() {
        page.paragraph(&telling.calm(report), 0, Style::Plain);
    } else {
        page.lines.pop();
    }
    page.lines.join("\n") + "\n"
}

struct Page<'a> {
    telling: &'a Telling<'a>,
    terminal: Terminal,
    lines: Vec<String>,
}

/// One line of the table: mark, name, kernel's name, now, change, rate.
struct Row {
    cells: [String; 6],
    style: Style,
}

impl Page<'_> {
    fn blank(&mut self) {
        self.lines.push(String::new());
    }

    /// A text in lines that fit; what comes from elsewhere cannot move the cursor.
    fn paragraph(&mut self, text: &str, indent: usize, style: Style) {
        let text = escape::terminal(text);
        // What continues is set in a little more.
        let continued = if indent > 0 { INDENT } else { 0 };
        let room = self.terminal.columns.saturating_sub(indent + continued);
        for (number, line) in wrap(&text, room).iter().enumerate() {
            let deeper = if number > 0 { continued } else { 0 };
            let line = self.terminal.paint(line, style);
            self.lines.push(format!("{}{line}", " ".repeat(indent + deeper)));
        }
    }

    /// `web-1 · 512 MiB · up 3 d 4 h · 23:41 Asia/Shanghai`
    fn title(&mut self, report: &Report) {
        let words = self.telling.words;
        let total = format::quantity(report.total, Unit::Memory, false);
        let mut title = words.fill("explain.title", &[("host", &report.host), ("total", &total)]);
        let mut add = |text: String| title.push_str(&format!(" · {text}"));
        if let Some(kind) = &report.container {
            add(words.fill("explain.container", &[("kind", kind)]));
        }
        if let Some(uptime) = report.uptime {
            let duration = format::duration(uptime, words.lang());
            add(words.fill("explain.up", &[("duration", &duration)]));
        }
        let zone = format::zone(self.telling.zone, report.at);
        add(format!("{} {zone}", self.telling.date_time(report.at)).trim_end().to_owned());
        self.paragraph(&title, 0, Style::Bold);
        self.blank();
    }

    fn table(&mut self, report: &Report) {
        let shown = report.parts.iter().filter(|row| row.is_shown());
        let rows: Vec<Row> = shown.map(|row| self.row(row, report.total)).collect();
        let words = self.telling.words;
        let since =
            report.since.map(|since| words.fill("explain.since", &[("time", &self.telling.time(since))]));
        let since = since.unwrap_or_default();
        let (place, now) = (words.get("explain.where").to_owned(), words.get("explain.now").to_owned());
        let head = Row {
            cells: [String::new(), place, String::new(), now, since, String::new()],
            style: Style::Bold,
        };
        let columns = self.fit(std::iter::once(&head).chain(&rows));
        for row in std::iter::once(&head).chain(&rows) {
            let line = row_text(row, &columns);
            self.lines.push(self.terminal.paint(line.trim_end(), row.style));
        }
    }

    fn row(&self, row: &PartRow, total: f64) -> Row {
        let (mark, style) = match row.state {
            State::Leaking => ("▲", Style::Critical),
            State::Suspect => ("△", Style::Warning),
            _ if row.bytes < SMALL_SHARE * total => ("", Style::Dim),
            _ => ("", Style::Plain),
        };
        let change = match row.change {
            Some(change) if row.has_changed() => format::change(change, Unit::Memory, false),
            Some(_) => "0".to_owned(),
            None => String::new(),
        };
        let rate = row.growth.map(|growth| self.telling.rate_with_interval(&growth)).unwrap_or_default();
        let now = format::quantity(row.bytes, Unit::Memory, false);
        let name = self.telling.part(row.part);
        Row { cells: [mark.to_owned(), name, row.kernel_name.to_owned(), now, change, rate], style }
    }

    /// The columns' widths. Where they do not fit, first the rates go, which stand below, then the kernel's names.
    fn fit<'a>(&self, rows: impl Iterator<Item = &'a Row>) -> [usize; 6] {
        let mut columns = [1, 0, 0, 0, 0, 0];
        for row in rows {
            for (column, cell) in columns.iter_mut().zip(&row.cells) {
                *column = (*column).max(width(cell));
            }
        }
        for dropped in [5, 2] {
            let used = columns.iter().filter(|column| **column > 0);
            let needed: usize = used.map(|column| column + 2).sum::<usize>() - 3;
            if needed > self.terminal.columns {
                columns[dropped] = 0;
            }
        }
        columns
    }

    fn free(&mut self, report: &Report) {
        self.blank();
        if let Some(text) = self.telling.free(report) {
            self.paragraph(&text, 0, Style::Plain);
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let style = match finding.state {
            State::Leaking => Style::Critical,
            State::Suspect => Style::Warning,
            _ => Style::Bold,
        };
        self.paragraph(&self.telling.headline(finding), 0, style);
        for line in self.telling.details(finding) {
            self.paragraph(&line, INDENT, Style::Plain);
        }
    }
}

fn row_text(row: &Row, columns: &[usize; 6]) -> String {
    let [mark, name, kernel, now, change, rate] = &row.cells;
    let mut line = format!("{} {}", left(mark, columns[0]), left(name, columns[1]));
    if columns[2] > 0 {
        line += &format!("  {}", left(kernel, columns[2]));
    }
    line += &format!("  {}", right(now, columns[3]));
    if columns[4] > 0 {
        line += &format!("  {}", right(change, columns[4]));
    }
    if columns[5] > 0 {
        line += &format!("  {}", left(rate, columns[5]));
    }
    line
}
