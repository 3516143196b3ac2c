//! `cronograph push`: sends what is new in the logs to an engine of metrics, by Prometheus remote write. Cron runs it each minute.
//! Says nothing where all was taken; on a terminal, what was sent.

use super::args::PushArgs;
use super::{Context, check, output};
use crate::base::clock::Stopwatch;
use crate::base::format;
use crate::base::words::Lang;
use crate::ship::{Push, Report, Sent};
use crate::store::{self, Layout};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::tz::TimeZone;
use std::fmt::Write;
use std::io::IsTerminal;
use std::process::ExitCode;

/// What takes less needs no bar.
const BAR_SECONDS: f64 = 1.0;

/// Runs the command.
pub(super) fn run(args: &PushArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let config = context.config();
    // A rehearsal sends nothing: no secret leaves, whoever may read the file.
    if !args.dry_run {
        context.loaded.keeps_secrets()?;
    }
    if config.push.url.is_none() {
        return Err(output::failure(
            "it is not said where samples go",
            format!(
                "add `[push]` and `url = \"http://HOST/api/v1/write\"` to {}",
                context.loaded.path.display()
            ),
        ));
    }
    if args.wait {
        check::await_sample(context);
    }
    let push = Push {
        data: &config.data,
        config: &config.push,
        hosts: hosts(args, context)?,
        now: context.clock.now(),
        is_asked: std::io::stdout().is_terminal() || args.dry_run,
        is_dry: args.dry_run,
    };
    let (bar, watch) = (bar(), Stopwatch::start());
    let report = push.run(&|sent| {
        bar.inc(sent as u64);
        if bar.is_hidden() && watch.seconds() > BAR_SECONDS && std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(4));
        }
        bar.set_message(format!(
            "{} {}",
            samples(bar.position()),
            if args.dry_run { "counted" } else { "sent" }
        ));
    });
    bar.finish_and_clear();
    let report = report?;
    let zone = context.loaded.time_zone()?;
    for line in trouble(&report, push.now, &zone) {
        output::say(&format!("cronograph: {line}"));
    }
    if push.is_dry {
        output::print(preview(&report))?;
    } else if push.is_asked {
        output::print(told(&report, watch.seconds()))?;
    }
    let is_well = report.unwanted.is_empty() && report.failed.is_empty() && report.down.is_none();
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn hosts(args: &PushArgs, context: &Context) -> anyhow::Result<Vec<Layout>> {
    let data = &context.config().data;
    let names = store::hosts(data)?;
    let wanted = match &args.host {
        Some(host) if !names.contains(host) => {
            return Err(output::failure(
                format!("there is no host {host} in {}", data.display()),
                "name one of the folders there, or leave --host out for all",
            ));
        }
        Some(host) => vec![host.clone()],
        None => names,
    };
    Ok(wanted.into_iter().map(|host| Layout::new(data, host)).collect::<Result<_, _>>()?)
}

/// A line that says how far it is, hidden at first.
fn bar() -> ProgressBar {
    let bar = ProgressBar::hidden();
    match ProgressStyle::with_template("{msg}, {elapsed}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// What was not taken, a line each.
fn trouble(report: &Report, now: i64, zone: &TimeZone) -> Vec<String> {
    let mut lines = Vec::new();
    for (host, reason) in &report.failed {
        lines.push(format!("{host}: {reason}"));
    }
    let time = |unix| format::date_time(unix, zone, Lang::En);
    for (host, unwanted) in &report.unwanted {
        lines.push(format!(
            "{host}: {} of {} to {} are not wanted and left out: {}",
            samples(unwanted.samples),
            time(unwanted.first),
            time(unwanted.last),
            unwanted.reason
        ));
    }
    if let Some((refusal, next)) = &report.down {
        let minutes = (next - now).max(0).div_euclid(60).max(1);
        lines.push(format!("nothing more was taken: {refusal}; it is tried again in {minutes} min"));
    }
    lines
}

/// What was sent, in one line.
fn told(report: &Report, seconds: f64) -> String {
    if report.busy {
        return "Another run is sending.\n".to_owned();
    }
    let Sent { samples: count, points } = report.total();
    let refused: u64 = report.unwanted.values().map(|unwanted| unwanted.samples).sum();
    match (count, &report.down) {
        _ if refused > 0 => {
            let sent = samples(count.saturating_sub(refused));
            format!("{sent} sent in {seconds:.1} s, {} refused and left out.\n", grouped(refused))
        }
        (0, Some(_)) => "Nothing was sent.\n".to_owned(),
        (0, None) => "Nothing is new.\n".to_owned(),
        _ => format!(
            "{} of {} sent in {seconds:.1} s, {} numbers.\n",
            samples(count),
            several(report.hosts.len() as u64, "host", "hosts"),
            grouped(points)
        ),
    }
}

/// What would be sent, a line for each host.
fn preview(report: &Report) -> String {
    if report.busy {
        return "Another run is sending.\n".to_owned();
    }
    let mut page = String::new();
    for (host, sent) in &report.hosts {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "{host}  {}, {} numbers", samples(sent.samples), grouped(sent.points));
    }
    if page.is_empty() {
        page.push_str("Nothing is new.\n");
    }
    page
}

fn samples(count: u64) -> String {
    several(count, "sample", "samples")
}

fn several(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// `1,440,000`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_can_be_read() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
