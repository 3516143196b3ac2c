//! The report on a host's memory on its page: what leaks, since when, how fast, until when, whose it is, what grew
//! with it, what to do next; and the table of all parts with their change. A public page names nobody.

use super::model::{Cell, Column, Fact, Leak, State, Table};
use super::scene::Scene;
use crate::analysis::leak;
use crate::analysis::report::words::Telling;
use crate::analysis::report::{Finding, PartRow, Report};
use crate::base::unit::Unit;
use crate::base::{escape, format};

/// A report as this site may show it.
pub(crate) fn shown(report: Report, scene: &Scene) -> Report {
    if scene.public { report.without_names() } else { report }
}

/// A panel for each finding, worst first.
pub(crate) fn panels(report: Option<&Report>, scene: &Scene) -> Vec<Leak> {
    let Some(report) = report else { return Vec::new() };
    let telling = scene.telling(report.at);
    report.findings.iter().map(|finding| panel(finding, &telling)).collect()
}

fn panel(finding: &Finding, telling: &Telling) -> Leak {
    let class = match finding.state {
        leak::State::Leaking => "critical",
        leak::State::Suspect => "warning",
        leak::State::Ended | leak::State::Ok => "note",
    };
    let mut facts = Vec::new();
    let mut add = |key: &str, value: String| {
        if !value.is_empty() {
            facts.push(Fact {
                label: telling.words.get(&format!("leak.{key}")).to_owned(),
                value: escape::terminal(&value).into_owned(),
            });
        }
    };
    add("since", telling.since(&finding.growth));
    add("rate", telling.rate_with_interval(&finding.growth));
    add("evidence", telling.evidence(finding));
    if finding.state != leak::State::Ended {
        add("full", telling.full(finding.full.as_ref(), finding.state));
    }
    add("owner", telling.owner(&finding.owner));
    add("grows_with", telling.grows_with(&finding.grows_with));
    add("changed", telling.changed(&finding.events));
    Leak {
        state: State { class, word: telling.state(finding.state) },
        what: escape::terminal(&telling.subject(&finding.subject)).into_owned(),
        facts,
        next_label: telling.words.get("leak.next").to_owned(),
        next: finding.next.clone(),
        find_label: telling.words.get("leak.find").to_owned(),
        find_note: if finding.find.iter().any(|command| command.ends_with(" CMD")) {
            telling.words.get("leak.find_note").to_owned()
        } else {
            String::new()
        },
        find: finding.find.clone(),
    }
}

/// Where the memory is: every part that there is any of, and how it changed. `past`: what was last is not now.
pub(crate) fn parts(report: Option<&Report>, scene: &Scene, past: bool) -> Option<Table> {
    let report = report?;
    let telling = scene.telling(report.at);
    let since = report.since.map(|since| telling.time(since)).unwrap_or_default();
    let column = |title: String, numeric: bool| Column { title, numeric };
    let columns = vec![
        column(scene.word("column.part"), false),
        column(scene.word("column.kernel_name"), false),
        column(scene.word(if past { "legend.last" } else { "legend.now" }), true),
        column(scene.words().fill("explain.since", &[("time", &since)]), true),
    ];
    let shown = report.parts.iter().filter(|row| row.is_shown());
    let rows: Vec<Vec<Cell>> = shown.map(|row| cells(row, &telling)).collect();
    let table = Table {
        id: "parts",
        title: scene.word("explain.where"),
        note: telling.free(report).unwrap_or_default(),
        columns,
        rows,
        ..Table::default()
    };
    (!table.rows.is_empty()).then_some(table)
}

fn cells(row: &PartRow, telling: &Telling) -> Vec<Cell> {
    let class = match row.state {
        leak::State::Leaking => "critical",
        leak::State::Suspect => "warning",
        _ => "",
    };
    let change = row.change.map(|change| {
        if row.has_changed() { format::change(change, Unit::Memory, false) } else { "0".to_owned() }
    });
    let marked = |cell: Cell| Cell { class, ..cell };
    vec![
        marked(Cell::text(telling.part(row.part))),
        Cell { class: "kernel-name", ..Cell::text(row.kernel_name) },
        marked(Cell::number(format::quantity(row.bytes, Unit::Memory, false))),
        marked(Cell::maybe(change)),
    ]
}
