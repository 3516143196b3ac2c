//! The table of services, worst first; many that are well do not drown those that are not. A public page has their number only.

use super::model::{Cell, State, Table};
use super::strip::Strips;
use super::tables::Tables;
use crate::base::escape;
use crate::sample::service::{Service, Services};
use std::collections::BTreeMap;

/// Of those that are well so many are shown at once.
const MOST_WELL: usize = 12;

/// The services of a host as it last told.
pub(crate) fn table(tables: &Tables, strips: Option<&Strips>) -> Option<Table> {
    let services = tables.latest.sample.service.as_ref()?;
    if tables.scene.public { counts(tables, services) } else { all(tables, services, strips) }
}

/// How much of a service's state is to be looked at: the less, the more.
fn rank(service: &Service) -> u8 {
    match (service.failed, service.up) {
        (Some(1..), _) => 0,
        (_, Some(0)) => 1,
        _ if matches!(service.state.as_str(), "starting" | "stopping" | "restarting") => 2,
        (_, Some(_)) if service.state == "running" => 3,
        (_, Some(_)) => 4,
        _ => 5,
    }
}

fn all(tables: &Tables, services: &Services, strips: Option<&Strips>) -> Option<Table> {
    let mut sorted: Vec<_> = services.units.iter().collect();
    sorted.sort_by_key(|(name, service)| (rank(service), *name));
    let bad = sorted.iter().filter(|(_, service)| rank(service) < 3).count();
    let mut rows: Vec<Vec<Cell>> =
        sorted.into_iter().map(|(name, service)| row(tables, name, service, strips)).collect();
    let shown = if rows.len() > MOST_WELL { bad.max(MOST_WELL) } else { rows.len() };
    let columns = ["service", "condition.text", "since.text", "memory", "restarts", "day.text"];
    let more = rows.split_off(shown.min(rows.len()));
    let mut table = tables.table("services", &columns, [rows, more].concat())?;
    table.wide = true;
    table.rest = table.rows.split_off(shown.min(table.rows.len()));
    if !table.rest.is_empty() {
        table.rest_title = tables.scene.words().count("services.more", table.rest.len() as u64, &[]);
    }
    Some(table)
}

fn row(tables: &Tables, name: &str, service: &Service, strips: Option<&Strips>) -> Vec<Cell> {
    let scene = tables.scene;
    let state = state(tables, service);
    let class = if state.class == "ok" { "" } else { state.class };
    let restarts = service.restarts.filter(|restarts| *restarts > 0);
    let strip = strips.and_then(|strips| strips.strip(name, scene));
    vec![
        Cell { class, ..Cell::text(escape::terminal(name)) },
        Cell { text: state.word.clone(), state: Some(state), ..Cell::default() },
        Cell::text(service.since.map(|since| scene.minute(since).text).unwrap_or_default()),
        tables.memory(service.memory),
        Cell::maybe(restarts.map(|restarts| restarts.to_string())),
        strip.map_or_else(Cell::default, |strip| Cell {
            text: strip.alt.clone(),
            strip: Some(strip),
            ..Cell::default()
        }),
    ]
}

fn state(tables: &Tables, service: &Service) -> State {
    let class = match rank(service) {
        0 => "critical",
        1 | 2 if service.up == Some(0) => "warning",
        2 => "note",
        _ => "ok",
    };
    let known = ["running", "exited", "starting", "restarting", "stopping", "stopped", "failed", "crashed"];
    let known = known.contains(&service.state.as_str());
    // A newer sampler may know more of them.
    let word = if known {
        tables.scene.word(&format!("service_state.{}", service.state))
    } else {
        service.state.clone()
    };
    State { class, word }
}

/// How many are in which state, without names.
fn counts(tables: &Tables, services: &Services) -> Option<Table> {
    let mut counts: BTreeMap<(u8, &str), (&Service, u64)> = BTreeMap::new();
    for service in services.units.values() {
        counts.entry((rank(service), &service.state)).or_insert((service, 0)).1 += 1;
    }
    let rows = counts.into_values().map(|(service, count)| {
        let state = state(tables, service);
        vec![
            Cell { text: state.word.clone(), state: Some(state), ..Cell::default() },
            Cell::number(count.to_string()),
        ]
    });
    let mut table = tables.table("services", &["condition", "services"], rows.collect())?;
    table.note = String::new();
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_comes_first() {
        let of = |state: &str, up, failed| Service { up, failed, ..Service::of(state) };
        let ranks = [
            of("failed", Some(0), Some(1)),
            of("stopped", Some(0), Some(0)),
            of("starting", None, Some(0)),
            of("running", Some(1), Some(0)),
            of("exited", Some(1), None),
            of("stopped", None, None),
        ];
        assert_eq!(ranks.each_ref().map(rank), [0, 1, 2, 3, 4, 5]);
    }
}
