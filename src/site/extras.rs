//! What a host's days tell: when its log begins, traffic of the month against a quota, uptime both ways.

use super::bars;
use super::error::SiteError;
use super::model::{Cell, Table};
use super::now::bytes;
use super::scene::Scene;
use super::tables::{Tables, fullness};
use crate::analysis::traffic::{self, MonthTraffic};
use crate::analysis::uptime::{self, Uptime};
use crate::analysis::{Level, Problem, ProblemKind, kills};
use crate::base::unit::Unit;
use crate::config::TrafficConfig;
use crate::series::{self, DaySummary};
use crate::store::{self, Layout, day_of};
use jiff::civil::Date;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// A sample of this age is the newest that can be expected.
const FRESH_SECONDS: i64 = 600;

/// The periods of the uptime table: window of the words, days.
const PERIODS: [(&str, i64); 3] = [("7d", 7), ("30d", 30), ("1y", 365)];

/// What the days tell.
pub(crate) struct Extras {
    /// When the log begins, unix time; absent where no day has a sample.
    pub first: Option<i64>,
    /// When samples came again after at least a day without any, the last time, and after how many seconds.
    pub back: Option<(i64, i64)>,
    /// What its newest lines say of who writes the log, and by which clock.
    pub doubts: Vec<Problem>,
    /// Processes that were killed for want of memory within a day.
    pub kills: Option<Problem>,
    traffic: Option<MonthTraffic>,
    uptime: Vec<(&'static str, i64, Uptime)>,
}

impl Extras {
    /// Reads the days of a host; in the past nobody asks who writes its log.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub(crate) fn of(
        layout: &Layout,
        scene: &Scene,
        quotas: &[TrafficConfig],
        last: i64,
        is_past: bool,
    ) -> Result<Self, SiteError> {
        // Of a host that is well these numbers are those of its last sample: they change when it has a new one.
        let now = if scene.now - last < FRESH_SECONDS { last.min(scene.now) } else { scene.now };
        // A day more than the longest period tells whether the log began before it.
        let days = series::days(layout, day_of(now - 366 * DAY)?, day_of(now)?)?;
        let quota = traffic::quota_of(quotas, layout.host());
        let uptime = PERIODS.iter().filter_map(|(window, length)| {
            let from = (now - length * DAY).div_euclid(DAY) * DAY;
            Some((*window, from, uptime::uptime(&days, from, now)?))
        });
        Ok(Self {
            first: first_sample(&days),
            back: came_back(&days),
            doubts: if is_past { Vec::new() } else { doubts(layout, scene.now) },
            kills: kills(&days, now),
            traffic: traffic::month(&days, quota, now, &scene.zone),
            uptime: uptime.collect(),
        })
    }

    /// Traffic since the last reset day, by interface; what counts against the quota stands in the note.
    pub(crate) fn traffic(&self, tables: &Tables) -> Option<Table> {
        let month = self.traffic.as_ref()?;
        let scene = tables.scene;
        let row = |name: String, (received, sent): (u64, u64)| {
            let amount = |amount: u64| Cell::number(scene.quantity(bytes(amount), Unit::Data));
            vec![Cell::text(name), amount(received), amount(sent), amount(received.saturating_add(sent))]
        };
        let mut rows: Vec<Vec<Cell>> =
            month.interfaces.iter().map(|(name, traffic)| row(name.clone(), *traffic)).collect();
        if let Some((quota, share)) = month.quota.zip(month.share()) {
            let text = scene.words().fill(
                "traffic.of_quota",
                &[
                    ("counted", &scene.quantity(bytes(month.counted), Unit::Data)),
                    ("quota", &scene.quantity(quota, Unit::Data)),
                ],
            );
            let percent = scene.percent(share);
            let bar = Some(bars::share(share, fullness(share), percent.clone()));
            let filled = Cell { class: fullness(share), bar, ..Cell::number(percent) };
            rows.push(vec![
                Cell::text(scene.word("traffic.quota")),
                Cell::number(text),
                Cell::default(),
                filled,
            ]);
        }
        let mut table = tables.table("traffic", &["interface", "received", "sent", "together"], rows)?;
        table.note = traffic_note(month, scene);
        Some(table)
    }

    /// The share of the month's quota that is used.
    pub(crate) fn quota_used(&self) -> Option<f64> {
        self.traffic.as_ref().and_then(MonthTraffic::share)
    }

    /// Uptime of each period, both ways.
    pub(crate) fn uptime(&self, tables: &Tables) -> Option<Table> {
        let scene = tables.scene;
        let rows = self.uptime.iter().map(|(window, from, uptime)| {
            let mut period = scene.word(&format!("window.{window}"));
            if uptime.from > *from {
                let since = scene.minute(uptime.from).text;
                period = scene.words().fill("uptime.known_since", &[("period", &period), ("time", &since)]);
            }
            vec![
                Cell::text(period),
                Cell::number(share(uptime.host_up)),
                Cell::number(share(uptime.observed)),
                Cell::number(uptime.boots.to_string()),
            ]
        });
        tables.table("uptime", &["period", "host_up", "observed", "boots"], rows.collect())
    }
}

/// Two machines under one name, samples that are old when they arrive. A flaw there must not cost the page.
#[expect(clippy::cast_precision_loss, reason = "an age in seconds")]
fn doubts(layout: &Layout, now: i64) -> Vec<Problem> {
    let writing = store::writing(layout, now).unwrap_or_default();
    let late = writing.late.map(|age| ProblemKind::Late { age: age as f64 });
    let kinds = late.into_iter().chain(writing.by_two.then_some(ProblemKind::TwoMachines));
    kinds.map(|kind| Problem { level: Level::Warning, kind, since: None }).collect()
}

fn first_sample(days: &[DaySummary]) -> Option<i64> {
    days.iter().filter(|day| day.samples > 0).map(|day| day.first).min()
}

/// The last time at which a log went on after a day or more without a sample: when, and after how many seconds.
fn came_back(days: &[DaySummary]) -> Option<(i64, i64)> {
    let sampled: Vec<&DaySummary> = days.iter().filter(|day| day.samples > 0).collect();
    let gaps = sampled.windows(2).rev().map(|pair| (pair[1].first, pair[1].first - pair[0].last));
    gaps.into_iter().find(|(_, gap)| *gap >= DAY)
}

fn traffic_note(month: &MonthTraffic, scene: &Scene) -> String {
    let words = scene.words();
    let mut notes = vec![
        words.fill("traffic.period", &[("start", &day(month.start, scene)), ("end", &day(month.end, scene))]),
    ];
    if let Some(since) = month.known_since {
        notes.push(words.fill("traffic.known_since", &[("day", &day(since, scene))]));
    }
    if let Some(projected) = month.projected {
        let projected = scene.quantity(projected, Unit::Data);
        notes.push(words.fill("traffic.projected", &[("projected", &projected)]));
    }
    if !month.incomplete.is_empty() {
        notes.push(words.fill("traffic.incomplete", &[("interfaces", &month.incomplete.join(", "))]));
    }
    notes.join(words.get("traffic.separator"))
}

fn day(day: Date, scene: &Scene) -> String {
    day.strftime(scene.words().get("date.day")).to_string()
}

/// A share of time with two decimals, rounded down: 99.996 % of a year is not all of it.
pub(super) fn share(share: f64) -> String {
    if share >= 1.0 { "100 %".to_owned() } else { format!("{:.2} %", (share * 10_000.0).floor() / 100.0) }
}

#[cfg(test)]
mod tests {
    use super::{DaySummary, came_back};

    #[test]
    fn a_log_that_goes_on_after_a_day_and_more_came_back() {
        let day = |first: i64, last: i64| DaySummary { samples: 1, first, last, ..DaySummary::default() };
        let unsampled = DaySummary::default();
        assert_eq!(came_back(&[day(0, 80_000), day(86_400, 170_000)]), None);
        let days =
            [day(0, 80_000), unsampled, day(200_000, 250_000), day(400_000, 400_600), day(432_000, 432_060)];
        assert_eq!(came_back(&days), Some((400_000, 150_000)));
    }

    #[test]
    fn nearly_always_is_not_always() {
        assert_eq!(super::share(1.0), "100 %");
        assert_eq!(super::share(0.999_96), "99.99 %");
        assert_eq!(super::share(0.5), "50.00 %");
    }
}
