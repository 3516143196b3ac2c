//! The table of the user's checks, as they last ran: exit codes in the words of Nagios' plugins, what they said, the numbers that
//! they gave. A public page has none.

use super::model::{Cell, Table};
use super::tables::Tables;
use crate::base::escape;
use crate::base::format;
use crate::base::unit::Unit;
use crate::sample::check::CheckRun;
use crate::sample::perfdata::Value;

/// The table.
pub(crate) fn table(tables: &Tables) -> Option<Table> {
    let scene = tables.scene;
    let checks = tables.latest.sample.check.as_ref().filter(|_| !scene.public)?;
    let rows = checks.0.iter().map(|(name, run)| {
        let class = class(run);
        let said = run.output.as_ref().or(run.error.as_ref());
        vec![
            Cell { class, ..Cell::text(name) },
            Cell { class, ..Cell::text(state(tables, run)) },
            Cell::maybe(run.seconds.map(|seconds| scene.quantity(seconds, Unit::Seconds))),
            Cell::text(scene.minute(run.t).text),
            Cell::text(said.map(|said| escape::terminal(said)).unwrap_or_default()),
            Cell::text(values(tables, name)),
        ]
    });
    let columns = ["check", "condition.text", "took", "when.text", "output.text", "values.text"];
    tables.table("checks", &columns, rows.collect())
}

fn class(run: &CheckRun) -> &'static str {
    match run.exit_code {
        Some(2) => "critical",
        _ if run.has_failed() => "warning",
        _ => "",
    }
}

/// How it ended.
fn state(tables: &Tables, run: &CheckRun) -> String {
    let words = tables.scene.words();
    match (run.exit_code, run.signal) {
        _ if run.killed.unwrap_or(0) > 0 => words.get("table.killed").to_owned(),
        (Some(0), _) => words.get("check_state.ok").to_owned(),
        (Some(1), _) => words.get("check_state.warning").to_owned(),
        (Some(2), _) => words.get("check_state.critical").to_owned(),
        (Some(3), _) => words.get("check_state.unknown").to_owned(),
        (Some(code), _) => words.fill("check_state.other", &[("number", &code.to_string())]),
        (None, Some(signal)) => words.fill("table.signal", &[("number", &signal.to_string())]),
        (None, None) => words.get("table.not_run").to_owned(),
    }
}

/// `load1 3.64, load5 1.42`
fn values(tables: &Tables, check: &str) -> String {
    let all = tables.latest.sample.perfdata.as_ref();
    let shown = all.into_iter().flat_map(|all| all.of(check)).filter_map(|(label, value)| {
        let label = escape::terminal(label).into_owned();
        Some(format!("{label} {}", quantity(value)?))
    });
    shown.collect::<Vec<_>>().join(tables.scene.words().get("alt.separator_short"))
}

fn quantity(value: &Value) -> Option<String> {
    let number = value.value?;
    let plain = format::quantity(number, Unit::Count, false);
    Some(match value.unit.as_str() {
        "s" => format::quantity(number, Unit::Seconds, false),
        "B" => format::quantity(number, Unit::Data, false),
        "%" => format::quantity(number / 100.0, Unit::Ratio, false),
        "" | "c" => plain,
        unit => format!("{plain} {}", escape::terminal(unit)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_their_units() {
        let of = |value, unit: &str| {
            quantity(&Value { value: Some(value), unit: unit.to_owned(), ..Value::default() }).unwrap()
        };
        assert_eq!(of(0.25, "s"), "250 ms");
        assert_eq!(of(20.0, "%"), "20 %");
        assert_eq!(of(3.64, ""), "3.64");
        assert_eq!(of(81.0, "packages"), "81 packages");
        assert_eq!(quantity(&Value::default()), None);
    }

    #[test]
    fn exit_codes_have_the_classes_of_their_words() {
        let of = |exit_code, killed| CheckRun { exit_code, killed, ..CheckRun::default() };
        assert_eq!(class(&of(Some(0), Some(0))), "");
        assert_eq!([Some(1), Some(3), Some(7), None].map(|code| class(&of(code, None))), ["warning"; 4]);
        assert_eq!(class(&of(Some(2), None)), "critical");
        assert_eq!(class(&of(None, Some(1))), "warning");
    }
}
