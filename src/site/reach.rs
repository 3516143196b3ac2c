//! The targets that a host asks: how each answered last, and how much of the time it was up. A public page numbers them.

use super::extras::share;
use super::model::{Cell, Table};
use super::scene::Scene;
use super::tables::Tables;
use super::window::WindowView;
use crate::base::escape;
use crate::base::unit::Unit;
use crate::sample::target::TargetRun;
use crate::series::{Frame, Key, Window};
use std::collections::BTreeMap;

/// Seconds of a day.
const DAY: i64 = 86_400;
/// A certificate is renewed a month before its end, or three weeks: two weeks are late.
const CERTIFICATE_DAYS: i64 = 14;
/// The windows of which the table tells how much of them a target was up, and their columns.
const WINDOWS: [(Window, &str); 3] =
    [(Window::Day, "up_day"), (Window::Week, "up_week"), (Window::Month, "up_month")];

/// The share of the time in which each target was up.
pub(crate) type Shares = BTreeMap<String, f64>;

/// The shares of a window. What was asked seldom counts until it was asked again.
pub(crate) fn shares(frame: &Frame) -> Shares {
    let share = |name: &str| {
        let column = frame.columns.get(&Key::new("target.up", name))?;
        // A bin counts as often as the target was asked in it, so that all windows say the same of the same minutes.
        let weights = column.weights.iter().copied().chain(std::iter::repeat(1.0));
        let known = column.mean.iter().zip(weights).filter(|(up, _)| up.is_finite());
        let (up, number) =
            known.fold((0.0, 0.0), |(sum, number), (up, weight)| (sum + up * weight, number + weight));
        (number > 0.0).then(|| up / number)
    };
    let names = frame.instances("target.up").into_iter();
    names.filter_map(|name| Some((name.to_owned(), share(name)?))).collect()
}

/// The shares of the windows that the table shows.
#[derive(Debug, Default)]
pub(crate) struct Reached([Shares; WINDOWS.len()]);

impl Reached {
    /// From the views of all windows.
    pub(crate) fn of(views: &[(Window, WindowView)]) -> Self {
        Self(WINDOWS.map(|(window, _)| {
            let view = views.iter().find(|(other, _)| *other == window);
            view.map(|(_, view)| view.reached.clone()).unwrap_or_default()
        }))
    }

    /// The targets, by name: what was asked, how it answered last, how often it was up.
    pub(crate) fn table(&self, tables: &Tables) -> Option<Table> {
        let scene = tables.scene;
        let targets = tables.latest.sample.target.as_ref()?;
        let rows = targets.0.iter().map(|(name, run)| {
            let mut row = vec![
                Cell { class: class(run), ..Cell::text(tables.targets.of(name)) },
                Cell::text(scene.words().find(&format!("reach.{}", run.kind)).unwrap_or_default()),
                Cell { class: class(run), ..Cell::text(state(run, scene)) },
                Cell::maybe(run.seconds.map(|seconds| scene.quantity(seconds, Unit::Seconds))),
                Cell::maybe(run.loss.map(|loss| scene.percent(loss))),
            ];
            row.extend(self.0.iter().map(|shares| Cell::maybe(shares.get(name).map(|up| share(*up)))));
            row.push(run.certificate.map_or_else(Cell::default, |left| certificate(left, scene)));
            row.push(Cell::text(scene.minute(run.t).text));
            row.push(Cell::text(run.error.as_deref().map(escape::terminal).unwrap_or_default()));
            row
        });
        let columns = ["target", "kind.text", "target_state.text", "latency", "loss"].into_iter();
        let columns = columns.chain(WINDOWS.map(|(_, column)| column));
        let columns: Vec<&str> = columns.chain(["certificate", "when.text", "reason.text"]).collect();
        tables.table("targets", &columns, rows.collect())
    }
}

fn class(run: &TargetRun) -> &'static str {
    if run.up == Some(1) { "" } else { "warning" }
}

fn state(run: &TargetRun, scene: &Scene) -> String {
    scene.word(match run.up {
        Some(1) => "reach.up",
        Some(_) => "reach.down",
        None => "reach.unknown",
    })
}

/// How long a certificate lasts, in days.
#[expect(clippy::cast_precision_loss, reason = "a few years")]
fn certificate(left: i64, scene: &Scene) -> Cell {
    if left <= 0 {
        return Cell { class: "critical", ..Cell::number(scene.word("reach.ended")) };
    }
    let class = if left < CERTIFICATE_DAYS * DAY { "warning" } else { "" };
    let whole = if left < DAY { left } else { left - left % DAY };
    Cell { class, ..Cell::number(scene.duration(whole as f64)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Lang;
    use crate::series::Column;
    use jiff::tz::TimeZone;

    #[test]
    fn the_share_is_of_the_time_that_is_known() {
        let mut frame = Frame::default();
        let mut add = |name: &str, mean: &[f64]| {
            let column = Column { mean: mean.to_vec(), ..Column::default() };
            frame.columns.insert(Key::new("target.up", name), column);
        };
        add("shop", &[1.0, f64::NAN, 0.0, 1.0, 1.0]);
        add("zone", &[0.5, 1.0]);
        add("never asked", &[f64::NAN]);
        let found = shares(&frame);
        assert_eq!(found, Shares::from([("shop".to_owned(), 0.75), ("zone".to_owned(), 0.75)]));
    }

    #[test]
    fn a_bin_counts_as_often_as_the_target_was_asked_in_it() {
        let mut frame = Frame::default();
        let column = Column { mean: vec![0.5, 1.0], weights: vec![60.0, 20.0], ..Column::default() };
        frame.columns.insert(Key::new("target.up", "shop"), column);
        assert_eq!(shares(&frame)["shop"], 50.0 / 80.0);
    }

    #[test]
    fn certificates_are_told_in_days() {
        let scene = Scene { lang: Lang::En, zone: TimeZone::UTC, public: false, now: 0 };
        let cell = |left| {
            let cell = certificate(left, &scene);
            (cell.text, cell.class)
        };
        assert_eq!(cell(82 * DAY + 5_000), ("82 d".to_owned(), ""));
        assert_eq!(cell(14 * DAY - 1), ("13 d".to_owned(), "warning"));
        assert_eq!(cell(7_200), ("2 h".to_owned(), "warning"));
        assert_eq!(cell(-3 * DAY), ("ended".to_owned(), "critical"));
    }
}
