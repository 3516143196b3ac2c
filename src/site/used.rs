//! Why "used" differs: the same sample by the formulas of other tools, ours first.

use super::model::{Cell, Table};
use super::now::bytes;
use super::tables::Tables;
use crate::analysis::used;
use crate::base::unit::Unit;

/// The table; tools whose fields this kernel lacks are left out.
pub(crate) fn table(tables: &Tables) -> Option<Table> {
    let scene = tables.scene;
    let rows = used::comparison(&tables.latest.sample).into_iter().filter_map(|used| {
        Some(vec![
            Cell::text(scene.word(&format!("used.{}", used.key))),
            Cell::number(scene.quantity(bytes(used.bytes?), Unit::Memory)),
            Cell::text(used.formula),
        ])
    });
    let mut table = tables.table("used", &["tool", "used", "formula.text"], rows.collect())?;
    table.wide = true;
    Some(table)
}
