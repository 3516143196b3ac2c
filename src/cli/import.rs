//! `cronograph import`: history that others wrote, as lines of the log. Says what was read, what was written into which days, and
//! what has no place in a sample.

use super::args::ImportArgs;
use super::progress::Progress;
use super::{Context, output};
use crate::base::format;
use crate::base::words::Lang;
use crate::import::{self, Found, Mapping, Unmapped};
use crate::sample::Root;
use crate::store::{self, Filled, Layout};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::ExitCode;

/// So many names of what was left out are told.
const NAMES: usize = 12;

/// Runs the command.
pub(super) fn run(args: &ImportArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let layout = Layout::new(&context.config().data, context.host(&Root::real())?)?;
    let maps = args.map.iter().map(|text| Mapping::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let bar = Progress::new(context.started, "files");
    let found = import::read(&args.files, &maps, &|done| bar.done(done, args.files.len()));
    bar.end();
    let found = found?;
    refuse_other_hosts(&found, &layout, args)?;
    refuse_unmapped(&found)?;
    let zone = context.loaded.time_zone()?;
    for found in &found {
        let samples = import::samples(found);
        let to_come = samples.partition_point(|sample| sample.t <= context.clock.now());
        let filled = store::fill(&layout, &samples[..to_come], args.dry_run)?;
        let told = Told { found, filled: &filled, to_come: samples.len() - to_come, dry: args.dry_run };
        output::print(told.text(layout.host(), context, &zone))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is told of another host must not end up in this one's log by mistake.
fn refuse_other_hosts(found: &[Found], layout: &Layout, args: &ImportArgs) -> anyhow::Result<()> {
    let expected = args.from_host.as_deref().unwrap_or(layout.host());
    let other = found.iter().filter_map(|found| found.name.as_deref()).find(|name| !is_same(name, expected));
    let Some(other) = other else { return Ok(()) };
    let host = layout.host();
    Err(output::failure(
        format!("the files are about a host {other}, and the log would be that of {host}"),
        format!(
            "--host {other} makes a log of its own; --host {host} --from-host {other} says that they are one host"
        ),
    ))
}

/// With or without the domain.
fn is_same(one: &str, other: &str) -> bool {
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
    let has_domain = |name: &str| name.contains('.');
    if has_domain(one) && has_domain(other) {
        one.eq_ignore_ascii_case(other)
    } else {
        short(one) == short(other)
    }
}

/// Sources of which nothing is known are named beside what was imported; alone they are an error.
fn refuse_unmapped(found: &[Found]) -> anyhow::Result<()> {
    if found.iter().any(|found| found.points() > 0) {
        return Ok(());
    }
    let unmapped: Vec<Unmapped> = found.iter().flat_map(|found| found.unmapped.clone()).collect();
    match unmapped_hint(&unmapped) {
        Some((names, hint)) => {
            Err(output::failure(format!("nothing says what these are: {}", names.join(", ")), hint))
        }
        None => Ok(()),
    }
}

/// The names of sources that nothing is known of, and how a mapping of the first one is written.
fn unmapped_hint(unmapped: &[Unmapped]) -> Option<(Vec<String>, String)> {
    let sorted: BTreeSet<&Unmapped> = unmapped.iter().collect();
    let names = sorted.iter().map(|source| format!("{} ({})", source.name, source.about)).collect();
    let hint = format!(
        "say it for each: --map {}=meminfo.MemFree, times a factor where the unit is another: *1024; docs/metrics.md has the numbers",
        sorted.first()?.name
    );
    Some((names, hint))
}

/// What is said of one source.
struct Told<'a> {
    found: &'a Found,
    filled: &'a Filled,
    to_come: usize,
    dry: bool,
}

impl Told<'_> {
    fn text(&self, host: &str, context: &Context, zone: &TimeZone) -> String {
        let source = if self.found.source == "rrd" { "RRD" } else { self.found.source };
        let files = count(self.found.files, "file");
        let mut text = format!("{host}: {files} of {source}, ");
        match self.found.stretch() {
            Some((from, until)) => {
                let at = |t| format!("{} {}", format::date(t, zone, Lang::En), format::minute(t, zone));
                let _ = writeln!(
                    text,
                    "{} from {} to {}",
                    count(self.found.points(), "point"),
                    at(from),
                    at(until)
                );
            }
            None => text.push_str("no point in time\n"),
        }
        text.push_str(&self.written());
        text.push_str(&self.left(context));
        text.push_str(&self.remarks());
        text.push_str(&self.going(context));
        text
    }

    fn written(&self) -> String {
        let days = &self.filled.days;
        let (Some((first, _)), Some((last, _))) = (days.first_key_value(), days.last_key_value()) else {
            return "  nothing new\n".to_owned();
        };
        let verb = if self.dry { "would be written" } else { "written" };
        let lines = count(self.filled.lines(), "line");
        format!("  {lines} {verb} into {}, {first} to {last}\n", count(days.len(), "day"))
    }

    fn left(&self, context: &Context) -> String {
        let mut text = String::new();
        let compact = context.typed().complete("`cronograph compact`").into_owned();
        let open = format!(
            "in a gap of a day that is not compressed yet: again when it is over, or after {compact}"
        );
        for (number, what) in [
            (self.filled.known, "at times of which there are samples"),
            (self.filled.open, open.as_str()),
            (self.to_come, "yet to come"),
        ] {
            if number > 0 {
                let _ = writeln!(text, "  {} not written, {what}", count(number, "line"));
            }
        }
        let left_out = &self.found.left_out;
        if !left_out.is_empty() {
            let mut names: Vec<&str> = left_out.keys().map(String::as_str).take(NAMES).collect();
            let more = format!("{} more", left_out.len().saturating_sub(NAMES));
            names.extend((left_out.len() > NAMES).then_some(more.as_str()));
            let values: u64 = left_out.values().sum();
            let values = if values == 1 { "1 value has".to_owned() } else { format!("{values} values have") };
            let _ = writeln!(text, "  {values} no place in a sample: {}", names.join(", "));
        }
        text
    }

    /// Names that are not imported since nothing is known of them, and how the source would say more.
    fn remarks(&self) -> String {
        let mut text = String::new();
        if let Some((mut names, hint)) = unmapped_hint(&self.found.unmapped) {
            let more = names.len().saturating_sub(NAMES);
            names.truncate(NAMES);
            names.extend((more > 0).then(|| format!("{more} more")));
            let _ =
                writeln!(text, "  not imported, nothing says what these are: {}\n  {hint}", names.join(", "));
        }
        for note in &self.found.notes {
            let _ = writeln!(text, "  {note}");
        }
        text
    }

    /// What `[retain]` lets go.
    fn going(&self, context: &Context) -> String {
        let now = context.clock.now();
        let Some(days) = crate::site::ages(&context.config().retain).samples else { return String::new() };
        let Ok(before) = store::day_of(now - i64::from(days) * 86_400) else { return String::new() };
        let old = self.filled.days.keys().filter(|day| **day < before).count();
        if old == 0 {
            return String::new();
        }
        format!(
            "  {} older than the {days} days of [retain]: their samples go with the next `site` or `compact`, what is rolled up stays\n",
            count(old, "day")
        )
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_may_be_left_out_on_one_side() {
        assert!(is_same("web-1", "web-1.example.org"));
        assert!(is_same("Web-1.example.org", "web-1.example.org"));
        assert!(!is_same("web-1.example.org", "web-1.example.net"));
        assert!(!is_same("web-1", "web-2.example.org"));
    }
}
