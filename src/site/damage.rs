//! What could not be read: broken lines of the log, and sources that the last sample failed to read. Shown, never
//! hidden: each costs its own numbers and nothing else.

use super::model::{Cell, Table};
use super::tables::Tables;
use crate::analysis::{Breakdown, describe};

/// The tables, where there is something to say.
pub(crate) fn tables(tables: &Tables) -> Vec<Option<Table>> {
    vec![unknown(tables), damage(tables), errors(tables)]
}

/// Parts of memory that this kernel or container does not tell.
fn unknown(tables: &Tables) -> Option<Table> {
    let breakdown = Breakdown::of_sample(&tables.latest.sample)?;
    let words = tables.scene.words();
    let lines = describe::unknown(&breakdown.unknown, words);
    let rows = lines.into_iter().map(|line| vec![Cell::text(line)]);
    tables.table("unknown", &["reason"], rows.collect())
}

fn damage(tables: &Tables) -> Option<Table> {
    let damage = &tables.latest.damage;
    let rows = damage.first.iter().map(|broken| {
        // The day names the file; where the data folder is, is nobody's business.
        let file = broken.path.file_name().map(|name| name.to_string_lossy().into_owned());
        vec![
            Cell::text(file.unwrap_or_default()),
            Cell::number(broken.line.to_string()),
            Cell::text(broken.reason.to_string()),
        ]
    });
    tables.table("damage", &["source", "line", "reason.text"], rows.collect())
}

/// Messages name paths, which a public page does not.
fn errors(tables: &Tables) -> Option<Table> {
    let rows = tables.latest.sample.errors.iter().map(|(source, reason)| {
        let reason = if tables.scene.public { String::new() } else { reason.clone() };
        vec![Cell::text(source), Cell::text(reason)]
    });
    tables.table("errors", &["source", "reason.text"], rows.collect())
}
