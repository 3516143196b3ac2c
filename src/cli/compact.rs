//! `cronograph compact`: rolls closed days and hours up, compresses the days and turns them into columns, lets go what is too old.
//! Says nothing under cron; on a terminal what it did for each host.

use super::args::CompactArgs;
use super::progress::Progress;
use super::{Context, output};
use crate::series::{self, Compacted};
use crate::site;
use crate::store;
use std::io::IsTerminal;
use std::process::ExitCode;

/// Runs the command.
pub(super) fn run(args: &CompactArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let config = context.config();
    let (own, now) = (context.own_name(), context.clock.now());
    let hosts = match &args.host {
        Some(host) => vec![host.clone()],
        None => store::hosts(&config.data)?,
    };
    let (mut code, bar) = (ExitCode::SUCCESS, Progress::new(context.started, "hosts"));
    for (number, host) in hosts.iter().enumerate() {
        bar.done(number, hosts.len());
        let is_own = own.as_deref() == Some(host.as_str());
        let done = match compact(host, context, now, is_own) {
            Ok(done) => done,
            Err(error) if args.host.is_some() => return Err(error),
            // The others go on: what is wrong with one host must not fill the disk with the logs of all.
            Err(error) => {
                code = ExitCode::FAILURE;
                bar.aside(|| output::say(&format!("cronograph: {host}: {error:#}")));
                continue;
            }
        };
        for reason in &done.failed {
            code = ExitCode::FAILURE;
            bar.aside(|| output::say(&format!("cronograph: {host}: {reason}")));
        }
        if std::io::stdout().is_terminal() {
            bar.aside(|| output::print(line(host, &done)))?;
        }
    }
    bar.end();
    Ok(code)
}

/// Compacts one host.
fn compact(host: &str, context: &Context, now: i64, is_own: bool) -> anyhow::Result<Compacted> {
    let (config, layout) = (context.config(), context.layout(host)?);
    if !layout.samples().exists() {
        let what = format!("there is no log of a host {host:?} under {}", config.data.display());
        return Err(output::failure(what, "name a folder of it, or leave --host out for all of them"));
    }
    let done = series::compact(&layout, now, site::ages(&config.retain), is_own);
    layout.within_limits()?;
    Ok(done?)
}

/// What was done, in a line.
fn line(host: &str, done: &Compacted) -> String {
    let counts = [
        (done.folded, "day", "rolled up"),
        (done.hours, "hour", "of today rolled up"),
        (done.compressed, "day", "compressed"),
        (done.turned, "day", "turned into columns"),
        (done.expired, "day", "let go"),
        (done.sent, "day", "left as another machine sent them"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, unit, what)| format!("{count} {unit}{} {what}", if *count == 1 { "" } else { "s" }))
        .collect();
    let what = if counts.is_empty() { "nothing to do".to_owned() } else { counts.join(", ") };
    format!("{host}: {what}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_done() {
        assert_eq!(line("web-1", &Compacted::default()), "web-1: nothing to do\n");
        let done = Compacted { folded: 3, hours: 1, compressed: 1, ..Compacted::default() };
        let said = "web-1: 3 days rolled up, 1 hour of today rolled up, 1 day compressed\n";
        assert_eq!(line("web-1", &done), said);
    }
}
