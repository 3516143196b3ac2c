//! The last day of each service in half hours: ran, did not, failed, not known. From the day's window; told by shapes and words,
//! not by colours alone.

use super::model::{Strip, StripPart};
use super::scene::Scene;
use crate::series::{Frame, Key};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Half hours of a day.
const CELLS: usize = 48;
/// How wide each is drawn.
const CELL_WIDTH: usize = 10;

/// How a service was in half an hour: the worst of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Was {
    /// Nothing is known.
    #[serde(rename = "-")]
    Unknown,
    /// As it should be.
    #[serde(rename = "u")]
    Up,
    /// It did not run.
    #[serde(rename = "d")]
    Down,
    /// It had failed.
    #[serde(rename = "f")]
    Failed,
}

impl Was {
    fn key(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
            Self::Failed => "failed",
        }
    }
}

/// The days of all services, as they are kept with the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Strips {
    from: i64,
    until: i64,
    services: BTreeMap<String, Vec<Was>>,
}

impl Strips {
    /// Of a window.
    pub(crate) fn of(frame: &Frame) -> Self {
        let services = frame.instances("service.failed").into_iter().chain(frame.instances("service.up"));
        let services = services.map(|name| (name.to_owned(), cells(frame, name))).collect();
        Self { from: frame.from, until: frame.until, services }
    }

    /// One service's day, in words and shapes.
    pub(crate) fn strip(&self, name: &str, scene: &Scene) -> Option<Strip> {
        let cells = self.services.get(name)?;
        let mut parts = Vec::new();
        let mut said = Vec::new();
        let mut first = 0;
        for run in cells.chunk_by(|one, other| one == other) {
            let was = run[0];
            let title = scene.words().fill(
                &format!("strip.{}", was.key()),
                &[("from", &self.time(first, scene)), ("until", &self.time(first + run.len(), scene))],
            );
            if was >= Was::Down {
                said.push(title.clone());
            }
            parts.push(StripPart {
                class: was.key(),
                x: first * CELL_WIDTH,
                width: run.len() * CELL_WIDTH,
                title,
            });
            first += run.len();
        }
        let alt = if said.is_empty() {
            scene.word("strip.well")
        } else {
            said.join(scene.words().get("alt.separator_short"))
        };
        Some(Strip { parts, alt, width: CELLS * CELL_WIDTH })
    }

    #[expect(clippy::cast_possible_wrap, reason = "48 cells")]
    fn time(&self, cell: usize, scene: &Scene) -> String {
        scene.minute(self.from + (self.until - self.from) * cell as i64 / CELLS as i64).text
    }
}

fn cells(frame: &Frame, name: &str) -> Vec<Was> {
    let mut cells = vec![Was::Unknown; CELLS];
    let column = |metric: &str| frame.columns.get(&Key::new(metric, name));
    let (up, failed) = (column("service.up"), column("service.failed"));
    // Of bins the worst counts: the least of `up`, the most of `failed`.
    let least = up.map(|up| if up.min.is_empty() { &up.mean } else { &up.min });
    let most = failed.map(|failed| if failed.max.is_empty() { &failed.mean } else { &failed.max });
    let value = |values: Option<&Vec<f64>>, row: usize| {
        values.and_then(|values| values.get(row)).copied().filter(|value| value.is_finite())
    };
    for (row, time) in frame.times.iter().enumerate() {
        let was = match (value(least, row), value(most, row)) {
            (_, Some(failed)) if failed > 0.0 => Was::Failed,
            (Some(up), _) if up < 1.0 => Was::Down,
            (None, None) => Was::Unknown,
            _ => Was::Up,
        };
        let offset = (time - frame.from).max(0).unsigned_abs() as usize * CELLS;
        let length = (frame.until - frame.from).max(1).unsigned_abs() as usize;
        if let Some(cell) = cells.get_mut(offset / length) {
            *cell = (*cell).max(was);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Lang;
    use crate::series::Column;
    use jiff::tz::TimeZone;

    /// Midnight of 2026-11-23.
    const FROM: i64 = 1_795_392_000;

    fn frame() -> Frame {
        let rows = 288;
        let mut up = vec![1.0; rows];
        let mut failed = vec![0.0; rows];
        // 06:00 to 06:10 down, 12:00 failed, nothing known before 01:00.
        up[72..74].fill(0.0);
        (up[144], failed[144]) = (0.0, 1.0);
        up[..12].fill(f64::NAN);
        failed[..12].fill(f64::NAN);
        let times = (0..rows as i64).map(|row| FROM + 300 * row).collect();
        let mut frame = Frame { from: FROM, until: FROM + 86_400, step: 300, times, ..Frame::default() };
        for (metric, mean) in [("service.up", up), ("service.failed", failed)] {
            frame.columns.insert(Key::new(metric, "nginx"), Column { mean, ..Column::default() });
        }
        frame
    }

    #[test]
    fn the_worst_of_each_half_hour() {
        let strips = Strips::of(&frame());
        let cells = &strips.services["nginx"];
        assert_eq!(cells.len(), CELLS);
        assert_eq!(cells[..2], [Was::Unknown; 2]);
        assert_eq!(
            (cells[2], cells[11], cells[12], cells[13], cells[24]),
            (Was::Up, Was::Up, Was::Down, Was::Up, Was::Failed)
        );
        let kept = serde_json::to_string(&strips).unwrap();
        assert_eq!(serde_json::from_str::<Strips>(&kept).unwrap(), strips);
    }

    #[test]
    fn parts_that_are_alike_are_one_and_say_when() {
        let scene = Scene { lang: Lang::En, zone: TimeZone::UTC, public: false, now: FROM + 86_400 };
        let strip = Strips::of(&frame()).strip("nginx", &scene).unwrap();
        let parts: Vec<_> = strip.parts.iter().map(|part| (part.class, part.x, part.width)).collect();
        assert_eq!(
            parts,
            [
                ("unknown", 0, 20),
                ("up", 20, 100),
                ("down", 120, 10),
                ("up", 130, 110),
                ("failed", 240, 10),
                ("up", 250, 230)
            ]
        );
        assert!(strip.alt.contains("06:00") && strip.alt.contains("12:30"), "{}", strip.alt);
        assert!(Strips::of(&frame()).strip("other", &scene).is_none());
    }
}
