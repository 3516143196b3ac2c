//! `cronograph trend`: the leak finder for anybody's numbers, one result for each series of a CSV.
//!
//! Exit code 3 where one of them leaks.

mod columns;
mod rows;
mod scale;
mod series;
mod time;

use super::args::{TrendArgs, TrendKind};
use super::terminal::{Style, Terminal, left, width, wrap};
use super::{Context, FOUND, output};
use crate::analysis::evidence_text;
use crate::analysis::leak::{self, Growth, Kind, Reason, State, Watch};
use crate::base::escape;
use crate::base::format;
use crate::base::words::Words;
use jiff::tz::TimeZone;
use scale::Measure;
use serde::Serialize;
use series::TrendSeries;
use std::process::ExitCode;

const HOUR: f64 = 3_600.0;
/// Columns of a series' name at most; longer ones move what follows.
const NAME_COLUMNS: usize = 24;

/// One line of `--json`: numbers in the unit of the input, times in unix seconds; null where there is none.
/// `detected_at` and `withdrawn_at` are those of a monitor, which needs more evidence than who asks once.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Found<'a> {
    series: &'a str,
    leaking: bool,
    state: State,
    since: Option<i64>,
    since_error: Option<i64>,
    per_hour: Option<f64>,
    per_hour_low: Option<f64>,
    per_hour_high: Option<f64>,
    full_at: Option<i64>,
    ended_at: Option<i64>,
    detected_at: Option<i64>,
    withdrawn_at: Option<i64>,
    reason: String,
    evidence: Option<leak::LeakEvidence>,
}

/// Runs the command.
pub(super) fn run(args: &TrendArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let zone = context.loaded.time_zone()?;
    let judge = Judge {
        args,
        zone: &zone,
        words: Words::of(context.config().lang),
        measure: Measure::of(args.unit.as_deref()),
        terminal: Terminal::of_stdout(&context.environment),
    };
    let mut leaking = 0_u64;
    let count = rows::read(args.file.as_deref(), &mut |series| {
        let watch = judge.watch(&series);
        leaking += u64::from(watch.verdict.state == State::Leaking);
        Ok(output::print(judge.text(&series, &watch)?)?)
    })?;
    if count.broken > 0 {
        output::say(&format!("cronograph: {} rows skipped, {} used", count.broken, count.used));
    }
    if count.broken_cells > 0 {
        output::say(&format!("cronograph: {} values skipped that are no numbers", count.broken_cells));
    }
    if count.used == 0 {
        let hint = "times are unix seconds, or RFC 3339 such as 2026-11-23T15:00:00Z; values are numbers";
        return Err(output::failure("no row could be used", hint));
    }
    Ok(if leaking > 0 { ExitCode::from(FOUND) } else { ExitCode::SUCCESS })
}

/// What is the same for all series.
struct Judge<'a> {
    args: &'a TrendArgs,
    zone: &'a TimeZone,
    words: &'static Words,
    measure: Measure,
    terminal: Terminal,
}

impl Judge<'_> {
    fn watch(&self, series: &TrendSeries) -> Watch {
        let values: Vec<f64> = series.values.iter().map(|value| value * self.measure.factor).collect();
        let kind = kind(self.args.kind);
        let capacity = self.args.limit.map(|limit| limit * self.measure.factor);
        let series = leak::Series { kind, times: &series.times, values: &values, breaks: &[], capacity };
        let watch = leak::watch(&series);
        Watch { verdict: watch.verdict.asked_once(), ..watch }
    }

    fn text(&self, series: &TrendSeries, watch: &Watch) -> anyhow::Result<String> {
        let found = self.found(series, watch);
        Ok(if self.args.json { serde_json::to_string(&found)? + "\n" } else { self.lines(&found, watch) })
    }

    fn found<'s>(&self, series: &'s TrendSeries, watch: &Watch) -> Found<'s> {
        let verdict = &watch.verdict;
        let growth = verdict.growth.filter(|_| verdict.reason != Reason::Cache);
        let per_hour = |of: fn(&Growth) -> f64| growth.map(|growth| of(&growth) * HOUR / self.measure.factor);
        let has_ended = verdict.state == State::Ended;
        Found {
            series: &series.name,
            leaking: verdict.state == State::Leaking,
            state: if has_ended { State::Ok } else { verdict.state },
            since: growth.map(|growth| growth.since),
            since_error: growth.map(|growth| growth.since_error),
            per_hour: per_hour(|growth| growth.per_second),
            per_hour_low: per_hour(|growth| growth.low),
            per_hour_high: per_hour(|growth| growth.high),
            full_at: growth.filter(|_| !has_ended).and_then(|growth| self.full_at(&growth)),
            ended_at: growth.filter(|_| has_ended).map(|growth| growth.until),
            detected_at: watch.detected_at,
            withdrawn_at: watch.withdrawn_at,
            reason: self.words.get(reason_key(verdict.reason)).to_owned(),
            evidence: verdict.evidence.filter(|_| growth.is_some()),
        }
    }

    fn is_over(&self, watch: &Watch) -> bool {
        let limit = self.args.limit.unwrap_or(f64::INFINITY) * self.measure.factor;
        watch.verdict.growth.is_some_and(|growth| growth.to_level >= limit)
    }

    /// When the line reaches the limit.
    fn full_at(&self, growth: &Growth) -> Option<i64> {
        let room = self.args.limit? * self.measure.factor - growth.to_level;
        let seconds = room.max(0.0) / growth.per_second;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast of floats saturates, and so does the sum"
        )]
        let unix = growth.until.saturating_add(seconds as i64);
        (growth.per_second > 0.0 && seconds < f64::from(u32::MAX)).then_some(unix)
    }

    /// `web-1  leaking  since …, +61.2 MiB/h [60.9, 61.9]: grows evenly, up to now`
    fn lines(&self, found: &Found, watch: &Watch) -> String {
        let style = match watch.verdict.state {
            State::Leaking => Style::Critical,
            State::Suspect => Style::Warning,
            State::Ok | State::Ended => Style::Plain,
        };
        let name = escape::terminal(found.series);
        let name = if name.is_empty() { String::new() } else { format!("{}  ", left(&name, NAME_COLUMNS)) };
        let state = self.words.get(state_key(watch.verdict.state));
        let head = format!("{name}{}  ", left(state, 9));
        let mut said = Vec::new();
        if let (Some(growth), Some(_)) = (watch.verdict.growth, found.since) {
            said.push(self.growth(&growth));
        }
        if found.full_at.is_some() && self.is_over(watch) {
            said.push(self.words.get("trend.over").to_owned());
        } else if let Some(full) = found.full_at {
            said.push(self.words.fill("trend.full", &[("time", &self.time(full))]));
        }
        said.push(found.reason.clone());
        if let Some(evidence) = found.evidence.filter(|_| verdict_is_open(watch)) {
            said.extend(evidence_text::clauses(&evidence, self.words));
        }
        let indent = width(&head);
        let room = self.terminal.columns.saturating_sub(indent).max(20);
        let body = wrap(&said.join(self.words.get("trend.separator")), room)
            .join(&format!("\n{}", " ".repeat(indent)));
        format!("{name}{}  {body}\n", self.terminal.paint(&left(state, 9), style))
    }

    fn growth(&self, growth: &Growth) -> String {
        let [per_hour, low, high] = [growth.per_second, growth.low, growth.high].map(|rate| rate * HOUR);
        #[expect(clippy::cast_precision_loss, reason = "seconds of an interval")]
        let error = format::duration(growth.since_error as f64, self.words.lang());
        let (since, rate) = (self.time(growth.since), self.measure.rate(per_hour, low, high));
        self.words.fill("trend.growth", &[("since", &since), ("error", &error), ("rate", &rate)])
    }

    fn time(&self, unix: i64) -> String {
        format::date_time(unix, self.zone, self.words.lang())
    }
}

/// Reports whether the evidence is shown: for a leak, and for what may be one.
fn verdict_is_open(watch: &Watch) -> bool {
    matches!(watch.verdict.state, State::Leaking | State::Suspect)
}

fn kind(kind: TrendKind) -> Kind {
    match kind {
        TrendKind::Kernel => Kind::Kernel,
        TrendKind::Process => Kind::Process,
        TrendKind::Cache => Kind::Cache,
        TrendKind::Other => Kind::Other,
    }
}

fn state_key(state: State) -> &'static str {
    match state {
        State::Ok => "trend.state.ok",
        State::Ended => "trend.state.ended",
        State::Suspect => "trend.state.suspect",
        State::Leaking => "trend.state.leaking",
    }
}

fn reason_key(reason: Reason) -> &'static str {
    match reason {
        Reason::TooShort => "trend.reason.too_short",
        Reason::NoGrowth => "trend.reason.no_growth",
        Reason::Even => "trend.reason.even",
        Reason::Cache => "trend.reason.cache",
        Reason::NotYet => "trend.reason.not_yet",
        Reason::Stopped => "trend.reason.stopped",
        Reason::GivenBack => "trend.reason.given_back",
    }
}
