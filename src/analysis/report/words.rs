//! Sentences of a report: short and exact, the same in the terminal, on the pages and in messages.

use super::super::describe;
use super::super::evidence_text;
use super::super::leak::{Growth, State};
use super::super::part::Part;
use super::{Companion, Finding, FullAt, Owner, ProcessGrowth, Report, Subject, Unit};
use crate::base::format;
use crate::base::unit;
use crate::base::words::Words;
use crate::event::{self, Event};
use crate::sample::audit::Suspect;
use jiff::tz::TimeZone;

/// Rates are told by the minute, the hour or the day: in the first in which they are so many bytes.
const LEAST_RATE: f64 = 100.0 * 1024.0;
/// So much below the next step a rate is told in the finer one.
const SPANS: [(&str, f64); 3] =
    [("finding.per_minute", 60.0), ("finding.per_hour", 3_600.0), ("finding.per_day", 86_400.0)];

const DAY: i64 = 86_400;
/// What is so near needs no day.
const NEAR_SECONDS: i64 = 20 * 3_600;
/// What is further ahead is told by the day.
const FAR_SECONDS: i64 = 2 * DAY;
/// What stopped growing so long before has ended.
const ENDED_SECONDS: i64 = 900;

/// How a report is told: the language, the zone of its times, the moment at which it is read.
#[derive(Clone, Debug)]
pub struct Telling<'a> {
    /// The words.
    pub words: &'a Words,
    /// The zone of times.
    pub zone: &'a TimeZone,
    /// The moment; times of the same day are told without it.
    pub now: i64,
}

impl Telling<'_> {
    /// A moment as short as it can be understood: within most of a day, before or after, the time alone.
    pub fn time(&self, unix: i64) -> String {
        if (unix - self.now).abs() < NEAR_SECONDS {
            return format::minute(unix, self.zone);
        }
        format::moment(unix, self.now, self.zone, self.words.lang())
    }

    /// A moment of a title: the time, with its day where that is not today.
    pub fn date_time(&self, unix: i64) -> String {
        format!("{} {}", format::day(unix, self.zone, self.words.lang()), format::minute(unix, self.zone))
    }

    /// A span of time.
    pub fn duration(&self, seconds: i64) -> String {
        format::duration(as_float(seconds), self.words.lang())
    }

    /// What a part is called.
    pub fn part(&self, part: Part) -> String {
        self.words.get(&format!("part.{}", part.key())).to_owned()
    }

    /// What a finding is about. In the middle of a sentence: `kernel, unreclaimable slab`.
    pub fn subject(&self, subject: &Subject) -> String {
        match subject {
            Subject::Part(part) => lower_first(&self.part(*part)),
            Subject::Series { metric, instance } => self.thing(metric, instance),
        }
    }

    fn thing(&self, metric: &str, instance: &str) -> String {
        self.words.fill(&format!("companion.{}", metric.replace('.', "_")), &[("name", instance)])
    }

    /// `+1.02 MiB/min`
    pub fn rate(&self, per_second: f64) -> String {
        let (key, seconds) = span_of(per_second);
        let change = format::change(per_second * seconds, unit::Unit::Memory, false);
        self.words.fill(key, &[("change", &change)])
    }

    /// `+1.02 MiB/min [0.99, 1.04]`
    pub fn rate_with_interval(&self, growth: &Growth) -> String {
        let (_, seconds) = span_of(growth.per_second);
        let scale = format::Scale::of(growth.per_second * seconds, unit::Unit::Memory, false);
        let rate = self.rate(growth.per_second);
        let (low, high) = (scale.number(growth.low * seconds), scale.number(growth.high * seconds));
        self.words.fill("finding.interval", &[("rate", &rate), ("low", &low), ("high", &high)])
    }

    /// `Leaking`, `May leak`, `Leak ended`.
    pub fn state(&self, state: State) -> String {
        self.words.get(state_key(state)).to_owned()
    }

    /// What leaks, since when, how fast, and until when: the first line of a finding.
    pub fn headline(&self, finding: &Finding) -> String {
        let growth = &finding.growth;
        let (state, what) = (self.state(finding.state), self.subject(&finding.subject));
        let since = self.time(growth.since);
        if finding.state == State::Ended {
            let total = self.total(growth);
            let values = [
                ("state", state),
                ("what", what),
                ("since", since),
                ("until", self.time(growth.until)),
                ("total", total),
            ];
            return self.fill("finding.stopped", &values);
        }
        let error = self.duration(growth.since_error);
        let rate = self.rate(growth.per_second);
        let values = [("state", state), ("what", what), ("since", since), ("error", error), ("rate", rate)];
        let what = self.fill("finding.what", &values);
        self.fill(
            "finding.headline",
            &[("what", what), ("full", self.full(finding.full.as_ref(), finding.state))],
        )
    }

    /// What belongs to a finding, a line each: whose it is, what grows with it, what to do next.
    pub fn details(&self, finding: &Finding) -> Vec<String> {
        let mut lines = vec![self.owner(&finding.owner)];
        let mut add = |key: &str, text: String| {
            if !text.is_empty() {
                let label = self.words.get(key).to_owned();
                lines.push(self.fill("finding.line", &[("label", label), ("text", text)]));
            }
        };
        add("finding.evidence", self.evidence(finding));
        add("finding.grows_with", self.grows_with(&finding.grows_with));
        add("finding.changed", self.changed(&finding.events));
        add("finding.next", finding.next.join(" · "));
        add("finding.find", finding.find.join(" · "));
        lines
    }

    /// A finding in one line, without since when: `Kernel, unreclaimable slab leaks 1.02 MiB/min, full at 00:12`.
    pub fn short(&self, finding: &Finding) -> String {
        let what = match &finding.subject {
            Subject::Part(part) => self.part(*part),
            other => self.subject(other),
        };
        let growth = &finding.growth;
        let total = self.total(growth);
        let full = finding.full.map(|full| self.time(full.at));
        let key = match (finding.state, &full) {
            (State::Leaking, Some(_)) => "problem.leak_full",
            (State::Leaking, None) => "problem.leak",
            (State::Suspect, _) => "problem.leak_suspect",
            (State::Ended | State::Ok, _) => "problem.leak_ended",
        };
        let values = [
            ("what", what),
            ("rate", self.rate(growth.per_second)),
            ("full", full.unwrap_or_default()),
            ("total", total),
            ("until", self.time(growth.until)),
        ];
        self.fill(key, &values)
    }

    /// Since when it grows, or grew: `15:02 (± 2 min)`, `15:02 to 23:10`.
    pub fn since(&self, growth: &Growth) -> String {
        let since = self.time(growth.since);
        if growth.until < self.now - ENDED_SECONDS {
            return self.fill("leak.since_until", &[("since", since), ("until", self.time(growth.until))]);
        }
        self.fill("leak.since_error", &[("since", since), ("error", self.duration(growth.since_error))])
    }

    /// By how much it grew.
    pub fn total(&self, growth: &Growth) -> String {
        format::quantity(growth.to_level - growth.from_level, unit::Unit::Memory, false)
    }

    /// What `free` says, and what of that no process accounts for.
    pub fn free(&self, report: &Report) -> Option<String> {
        let memory = |bytes: f64| format::quantity(bytes, unit::Unit::Memory, false);
        let values = [
            ("used", memory(report.used?)),
            ("available", memory(report.available?)),
            ("unowned", memory(report.unowned)),
        ];
        Some(self.fill("explain.unowned", &values))
    }

    /// That no leak was found, in how long a time, and from when one could be.
    pub fn calm(&self, report: &Report) -> String {
        let watched = report.watched_since.map_or(0, |since| report.at - since);
        let duration = ("duration", self.duration(watched));
        match report.judged_from {
            Some(from) => self.fill("explain.calm_early", &[duration, ("time", self.time(from))]),
            None => self.fill("explain.calm", &[duration]),
        }
    }

    /// When memory is full.
    pub fn full(&self, full: Option<&FullAt>, state: State) -> String {
        let Some(full) = full else { return self.words.get("finding.not_soon").to_owned() };
        if full.at <= self.now {
            return self.words.get("finding.full_now").to_owned();
        }
        // Of what is days away the hour is noise.
        let is_far = full.at - self.now > FAR_SECONDS;
        let time = |unix: i64| {
            if is_far { format::day(unix, self.zone, self.words.lang()) } else { self.time(unix) }
        };
        let duration = full.at - self.now;
        let duration = self.duration(if is_far { duration / DAY * DAY } else { duration });
        let (earliest, latest) = (time(full.earliest), full.latest.map(time));
        // Of what is not sure no future is foretold.
        let is = if state == State::Suspect { "finding.would_be" } else { "finding.is" };
        let is = self.words.get(is).to_owned();
        let mut values = vec![("is", is), ("time", time(full.at)), ("duration", duration)];
        let key = match latest.filter(|latest| *latest != earliest) {
            Some(latest) => {
                values.extend([("earliest", earliest), ("latest", latest)]);
                if is_far { "finding.full_far_between" } else { "finding.full_between" }
            }
            None if is_far => "finding.full_far",
            None => "finding.full",
        };
        self.fill(key, &values)
    }

    /// Whose it is, in one sentence.
    pub fn owner(&self, owner: &Owner) -> String {
        match owner {
            Owner::Nobody => self.words.get("finding.nobody").to_owned(),
            Owner::Balloon => self.words.get("finding.balloon").to_owned(),
            Owner::UncountedBalloon => self.words.get("finding.uncounted_balloon").to_owned(),
            Owner::Cronograph(suspect) => self.own(suspect),
            Owner::Process(process) => self.process(process),
            Owner::Program { name, delta, share } => {
                let values = [
                    ("name", name.clone()),
                    ("share", format::quantity(share.min(1.0), unit::Unit::Ratio, false)),
                    ("delta", format::change(*delta, unit::Unit::Memory, false)),
                ];
                self.fill(
                    if name.is_empty() { "finding.process_unnamed" } else { "finding.program" },
                    &values,
                )
            }
            Owner::Tasks => self.words.get("finding.tasks").to_owned(),
            Owner::NoSingleProcess => self.words.get("finding.no_single_process").to_owned(),
            Owner::Unknown => self.words.get("finding.unknown_owner").to_owned(),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "bytes of a run")]
    fn own(&self, suspect: &Suspect) -> String {
        let (key, end) = match (suspect.leaks, suspect.stopped) {
            (false, _) => ("finding.own_trial", ""),
            (true, true) => ("finding.own", "own_leak.stopped"),
            (true, false) => ("finding.own", "own_leak.runs_on"),
        };
        let bytes = format::quantity(suspect.bytes_per_run as f64, unit::Unit::Memory, false);
        let end = self.words.find(end).unwrap_or("").to_owned();
        self.fill(key, &[("who", describe::own_name(suspect, self.words)), ("bytes", bytes), ("end", end)])
    }

    fn process(&self, process: &ProcessGrowth) -> String {
        let values = [
            ("name", process.name.clone()),
            ("pid", process.pid.to_string()),
            ("user", process.user.clone()),
            ("since", self.time(process.started)),
            ("share", format::quantity(process.share.min(1.0), unit::Unit::Ratio, false)),
            ("delta", format::change(process.delta, unit::Unit::Memory, false)),
        ];
        let key = if process.name.is_empty() { "finding.process_unnamed" } else { "finding.process" };
        self.fill(key, &values)
    }

    /// Why the finder says what it says.
    pub fn evidence(&self, finding: &Finding) -> String {
        let growth = &finding.growth;
        let reason = serde_json::to_value(finding.reason).ok();
        let reason = reason.as_ref().and_then(|reason| reason.as_str()).unwrap_or("");
        let is_early = finding.judged_from.is_some();
        let key = format!("evidence.{}", if is_early { "too_early" } else { reason });
        if self.words.find(&key).is_none() {
            return String::new();
        }
        let values = [
            ("total", self.total(growth)),
            ("duration", self.duration(growth.until - growth.since)),
            ("time", finding.judged_from.map(|from| self.time(from)).unwrap_or_default()),
        ];
        let clauses = finding.evidence.filter(|_| finding.state != State::Ended);
        let clauses = clauses.map_or_else(Vec::new, |evidence| evidence_text::clauses(&evidence, self.words));
        let all: Vec<String> = std::iter::once(self.fill(&key, &values)).chain(clauses).collect();
        all.join(self.words.get("trend.separator"))
    }

    /// `slab cache kmalloc-1k (+338 MiB), control groups (+1.20 k)`
    pub fn grows_with(&self, companions: &[Companion]) -> String {
        let items = companions.iter().map(|companion| self.companion(companion));
        items.collect::<Vec<_>>().join(self.words.get("alt.separator_short"))
    }

    /// `15:00 cronograph config: services.command added · 14:58 note "service check on all hosts"`
    pub fn changed(&self, events: &[Event]) -> String {
        let told = events
            .iter()
            .map(|known| format!("{} {}", self.time(known.t), event::describe(known, self.words)));
        told.collect::<Vec<_>>().join(" · ")
    }

    fn companion(&self, companion: &Companion) -> String {
        let what = self.thing(companion.metric, &companion.instance);
        let of = if companion.unit == Unit::Bytes { unit::Unit::Memory } else { unit::Unit::Count };
        let delta = format::change(companion.delta, of, false);
        self.words.fill("companion.item", &[("what", &what), ("delta", &delta)])
    }

    fn fill(&self, key: &str, values: &[(&str, String)]) -> String {
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.words.fill(key, &values)
    }
}

/// The words of a state: `finding.KEY`.
fn state_key(state: State) -> &'static str {
    match state {
        State::Leaking => "finding.leaking",
        State::Suspect => "finding.suspect",
        State::Ended => "finding.ended",
        State::Ok => "state.ok",
    }
}

fn span_of(per_second: f64) -> (&'static str, f64) {
    let large = SPANS.iter().find(|(_, seconds)| per_second.abs() * seconds >= LEAST_RATE);
    *large.unwrap_or(&SPANS[2])
}

/// `Kernel, unreclaimable slab` as it stands in the middle of a sentence; `ZFS cache` stays.
fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "spans of time")]
fn as_float(seconds: i64) -> f64 {
    seconds as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Lang;

    /// 2026-11-23T15:00:00Z
    const NOW: i64 = 1_795_446_000;

    fn telling(lang: Lang) -> Telling<'static> {
        static UTC: TimeZone = TimeZone::UTC;
        Telling { words: Words::of(lang), zone: &UTC, now: NOW }
    }

    #[test]
    fn a_rate_is_told_in_the_unit_in_which_it_is_a_few() {
        let mib = 1_048_576.0;
        let telling = telling(Lang::En);
        assert_eq!(telling.rate(1.02 * mib / 60.0), "+1.02 MiB/min");
        assert_eq!(telling.rate(1.0 * mib / 3_600.0), "+1.00 MiB/h");
        assert_eq!(telling.rate(1.0 * mib / 86_400.0), "+1.00 MiB/d");
        assert_eq!(telling.rate(10.0 / 86_400.0), "+10 B/d");
        assert_eq!(Telling { words: Words::of(Lang::Zh), ..telling.clone() }.rate(mib), "每分钟 +60.0 MiB");
    }

    #[test]
    fn memory_is_full_soon_later_or_not_at_all() {
        let telling = telling(Lang::En);
        let full =
            |at, earliest, latest| telling.full(Some(&FullAt { at, earliest, latest }), State::Leaking);
        assert_eq!(telling.full(None, State::Leaking), "At this rate memory lasts for more than 90 days.");
        assert_eq!(full(NOW, NOW, None), "Memory is full.");
        let soon = full(NOW + 1_920, NOW + 1_800, Some(NOW + 2_100));
        assert_eq!(soon, "Memory is full at 15:32, in 32 min (between 15:30 and 15:35).");
        let far = full(NOW + 345_000, NOW + 259_200, Some(NOW + 432_000));
        assert_eq!(far, "Memory is full on Fri 27 Nov, in 3 d (between Thu 26 Nov and Sat 28 Nov).");
        let near = FullAt { at: NOW + 1_920, earliest: NOW + 1_920, latest: None };
        assert_eq!(telling.full(Some(&near), State::Suspect), "Memory would be full at 15:32, in 32 min.");
    }
}
