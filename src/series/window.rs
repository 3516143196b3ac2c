//! The windows of the pages: how long, in which steps, and the frame of each.

use super::bins::Bins;
use super::error::SeriesError;
use super::frame::Frame;
use super::table::{LEAD_SECONDS, Table};
use crate::store::{Layout, Reader, day_of, start_of};

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// A stretch of time that ends now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Window {
    /// 1 hour.
    Hour,
    /// 6 hours.
    SixHours,
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// 365 days.
    Year,
}

impl Window {
    /// All, the shortest first.
    pub const ALL: [Self; 6] = [Self::Hour, Self::SixHours, Self::Day, Self::Week, Self::Month, Self::Year];

    /// Its length.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Hour => 3600,
            Self::SixHours => 6 * 3600,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 30 * DAY,
            Self::Year => 365 * DAY,
        }
    }

    /// Seconds of a row; 0 where rows are the samples themselves.
    pub fn step(self) -> i64 {
        match self {
            Self::Hour | Self::SixHours | Self::Day => 0,
            Self::Week => 300,
            Self::Month => 3600,
            Self::Year => 6 * 3600,
        }
    }

    /// Its name in addresses: `24h`.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::SixHours => "6h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Year => "1y",
        }
    }

    /// The right edge moves in steps of so many seconds, so that a picture stays the same in between.
    pub fn refresh(self) -> i64 {
        match self {
            Self::Hour => 60,
            Self::SixHours => 300,
            Self::Day => 900,
            Self::Week => 3600,
            Self::Month => 3 * 3600,
            Self::Year => DAY,
        }
    }
}

/// The numbers of one host in the window that ends at `until`.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read.
pub fn window(layout: &Layout, window: Window, until: i64) -> Result<Frame, SeriesError> {
    let from = until.saturating_sub(window.seconds());
    if window.step() == 0 {
        return Ok(table(layout, from, until)?.into_frame(from, until));
    }
    let mut bins = Bins::new(window.step());
    let mut reboots = Vec::new();
    let (first, last) = (day_of(from)?, day_of(until - 1)?);
    for files in layout.days()?.iter().filter(|files| (first..=last).contains(&files.day)) {
        let start = start_of(files.day);
        let (from, until) = (from.max(start), until.min(start + DAY));
        let day = table(layout, from, until)?;
        bins.add_table(&day, from, until);
        reboots.extend(day.reboots(from, until));
    }
    Ok(bins.into_frame(from, until, reboots))
}

/// The samples of a range as a table, and those shortly before it.
pub(super) fn table(layout: &Layout, from: i64, until: i64) -> Result<Table, SeriesError> {
    Ok(Table::of(Reader::range(layout, from.saturating_sub(LEAD_SECONDS), until)?))
}
