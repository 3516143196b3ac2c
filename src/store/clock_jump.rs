//! Notices that the clock has jumped between two samples, by the uptime, which does not jump.
//!
//! A sample is appended whatever the clock says, to the file of the day that the clock says: what was observed is
//! not thrown away. The jump is reported once, by the sampler that sees it; readers stay right since rates are made
//! over the uptime and since samples far ahead of the reader's clock are passed over.

use super::layout::Layout;
use super::tail::{self, Taken};
use crate::sample::{ClockStep, Reading, Sample};
use jiff::Timestamp;
use jiff::civil::Date;
use std::fmt;

/// The clock's step between two samples and what really passed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockJump {
    /// Unix time of the sample before.
    pub before: i64,
    /// Unix time of this sample.
    pub now: i64,
    /// How far it jumped.
    pub step: ClockStep,
}

impl fmt::Display for ClockJump {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, now) = (stamp(self.before), stamp(self.now));
        let direction = if self.step.seconds < 0 { "back" } else { "ahead" };
        write!(formatter, "the clock has jumped {direction}: the sample before was taken at {before}, ")?;
        match self.step.passed {
            Some(passed) => write!(formatter, "{passed:.0} s later it is {now}")?,
            None => write!(formatter, "and after a boot it is {now}")?,
        }
        write!(formatter, "; the sample was kept; see that the clock is synchronised (`timedatectl`)")
    }
}

fn stamp(t: i64) -> String {
    Timestamp::from_second(t).map_or_else(|_| t.to_string(), |timestamp| timestamp.to_string())
}

/// The jump between the sample that was logged last and this one.
///
/// The last one is at the end of this day's file or of the one before it; or, where the clock was ahead, of the newest
/// file. A log that cannot be read tells nothing here: the append itself will say why.
pub(super) fn since_last(layout: &Layout, day: Date, sample: &Sample) -> Option<ClockJump> {
    let days = layout.days().ok()?;
    let until_today = days.iter().rev().find(|files| files.day <= day);
    let newest = days.last().filter(|files| files.day > day);
    let candidates: Vec<Taken> = [until_today, newest]
        .into_iter()
        .flatten()
        .filter_map(|files| tail::last_of(layout, files))
        .collect();
    let same_boot = candidates
        .iter()
        .filter(|last| last.boot.is_some() && last.boot == sample.boot)
        .max_by(|a, b| a.uptime.unwrap_or(0.0).total_cmp(&b.uptime.unwrap_or(0.0)));
    let last = same_boot.or_else(|| candidates.iter().max_by_key(|last| last.t))?;
    let before = Reading { t: last.t, uptime: last.uptime, boot: last.boot.as_deref() };
    let step = Reading::of(sample).step_since(&before)?;
    Some(ClockJump { before: last.t, now: sample.t, step })
}
