//! The windows of the pages: how long, in which steps, and the frame of each.

use super::bins::Bins;
use super::edge::DayFacts;
use super::error::SeriesError;
use super::frame::Frame;
use super::index::{Entry, Index};
use super::rollup::{self, Level};
use super::table::{Collecting, LEAD_SECONDS, Table};
use super::{fold, hours, rollup_line};
use crate::sample::Sample;
use crate::store::{Layout, Reader, day_of, start_of};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// Boots that are dated closer together are one: the clock moves a little while a host is up.
const SAME_BOOT_SECONDS: i64 = 120;

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
    /// So many seconds that the user asked for, in all detail that there is.
    Span(i64),
}

/// Spans up to this length show samples: a week of minutes.
const LONGEST_SAMPLED: i64 = 7 * DAY;

impl Window {
    /// All that every page has, the shortest first.
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
            Self::Span(seconds) => seconds,
        }
    }

    /// Seconds of a row; 0 where rows are the samples themselves. Those of a span are longer where its samples are gone.
    pub fn step(self) -> i64 {
        match self {
            Self::Hour | Self::SixHours | Self::Day => 0,
            Self::Week => 300,
            Self::Month => 3600,
            Self::Year => 6 * 3600,
            Self::Span(seconds) if seconds <= LONGEST_SAMPLED => 0,
            Self::Span(seconds) if seconds <= 2 * Self::Month.seconds() => 300,
            Self::Span(_) => 3600,
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
            Self::Span(_) => "span",
        }
    }

    /// The right edge moves in steps of so many seconds, so that a picture stays the same in between.
    pub fn refresh(self) -> i64 {
        match self {
            Self::Hour => 60,
            Self::SixHours => 600,
            Self::Day => 900,
            Self::Week => 3600,
            Self::Month => 3 * 3600,
            Self::Year => DAY,
            Self::Span(_) => 1,
        }
    }
}

/// The numbers of one host in the window that ends at `until`.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read.
pub fn window(layout: &Layout, window: Window, until: i64) -> Result<Frame, SeriesError> {
    let from = until.saturating_sub(window.seconds());
    let step = match window {
        Window::Span(_) => window.step().max(kept_step(layout, from, until)?),
        _ => window.step(),
    };
    if step == 0 {
        return Ok(table(layout, from, until)?.into_frame(from, until));
    }
    // The other windows' edges are those of bins; a stretch begins with the bin in which it begins.
    let from = if matches!(window, Window::Span(_)) { from.div_euclid(step) * step } else { from };
    binned(layout, step, from, until)
}

/// The step of the coarsest bins that are all that is left of a day of a stretch; 0 where the samples of each are kept.
fn kept_step(layout: &Layout, from: i64, until: i64) -> Result<i64, SeriesError> {
    let step = |(day, source): (Date, Source)| match source {
        Source::Rollup(entry) if entry.has_no_samples(layout.sizes(&layout.files(day))) => {
            let finest = Level::ALL.into_iter().find(|level| entry.place(*level).is_some());
            finest.map_or(0, Level::step)
        }
        _ => 0,
    };
    Ok(sources(layout, day_of(from)?, day_of(until - 1)?)?.into_iter().map(step).max().unwrap_or(0))
}

/// The samples with `from <= t < until` as a frame; `each` sees them on their way, for what is in no column.
///
/// # Errors
/// [`SeriesError`] if the log cannot be read.
pub fn samples(
    layout: &Layout,
    from: i64,
    until: i64,
    each: &mut dyn FnMut(&Sample),
) -> Result<Frame, SeriesError> {
    let mut collecting = Collecting::of(layout);
    Reader::range(layout, from.saturating_sub(LEAD_SECONDS), until)?.each(|sample| {
        each(sample);
        collecting.add(sample);
    })?;
    Ok(collecting.finish().advancing().into_frame(from, until))
}

/// Bins of `step` seconds: closed days from their rollups, the others from their samples. Either way the same numbers: those
/// that a rollup says.
fn binned(layout: &Layout, step: i64, from: i64, until: i64) -> Result<Frame, SeriesError> {
    let level = Level::for_step(step);
    let mut bins = Bins::new(step);
    let mut reboots = Vec::new();
    for (day, source) in sources(layout, day_of(from)?, day_of(until - 1)?)? {
        let start = start_of(day);
        let range = from.max(start)..until.min(start + DAY);
        let open = match source {
            Source::Samples => hours::add(layout, day, level, &range, &mut bins)?,
            Source::Rollup(_) => None,
        };
        let facts = match (open, source) {
            (Some(facts), _) => facts,
            (None, Source::Rollup(entry)) if !entry.is_thinned(level) => {
                rollup::read(layout, level, &entry, &range, &mut bins)?;
                entry.facts
            }
            (None, _) => {
                let (table, facts) = fold::read_day(layout, day)?;
                let mut of_day = Bins::new(level.step());
                of_day.add_table(&table, start, start + DAY);
                rollup_line::add(&of_day, &range, &mut bins);
                facts
            }
        };
        bins.bound();
        reboots.extend(facts.iter().flat_map(DayFacts::boots));
    }
    reboots.retain(|time| (from..until).contains(time));
    reboots.sort_unstable();
    // Each day of a boot dates it anew, a second earlier or later.
    reboots.dedup_by(|later, earlier| *later - *earlier < SAME_BOOT_SECONDS);
    Ok(bins.into_frame(from, until, reboots))
}

/// Where a day's numbers are read.
pub(super) enum Source {
    /// It is closed and folded.
    Rollup(Box<Entry>),
    /// It is open, or it was not folded as it is now.
    Samples,
}

/// The days of a stretch that there is something of.
pub(super) fn sources(
    layout: &Layout,
    first: Date,
    last: Date,
) -> Result<BTreeMap<Date, Source>, SeriesError> {
    let mut index = Index::load(layout).days;
    let mut sources = BTreeMap::new();
    for files in layout.days()?.into_iter().filter(|files| (first..=last).contains(&files.day)) {
        let folded = index.remove(&files.day).filter(|entry| entry.is_of(layout.sizes(&files)));
        sources.insert(files.day, folded.map_or(Source::Samples, |entry| Source::Rollup(Box::new(entry))));
    }
    // Days whose samples have expired.
    index.retain(|day, _| (first..=last).contains(day));
    sources.extend(index.into_iter().map(|(day, entry)| (day, Source::Rollup(Box::new(entry)))));
    Ok(sources)
}

/// The samples of a range as a table, and those shortly before it.
pub(super) fn table(layout: &Layout, from: i64, until: i64) -> Result<Table, SeriesError> {
    let mut collecting = Collecting::of(layout);
    Reader::range(layout, from.saturating_sub(LEAD_SECONDS), until)?.each(|sample| collecting.add(sample))?;
    Ok(collecting.finish())
}
