//! `cronograph log`: the samples of a stretch as they were written, a line each, whatever form their day has now.

use super::args::LogArgs;
use super::{Context, moment, output};
use crate::base::escape;
use crate::base::format;
use crate::sample::Root;
use crate::store::Reader;
use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;

/// So far back it begins, unless somebody says otherwise.
const USUAL_SECONDS: i64 = 86_400;

/// Runs the command.
pub(super) fn run(args: &LogArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let (now, zone) = (context.clock.now(), context.loaded.time_zone()?);
    let time = |text: &Option<String>| text.as_ref().map(|text| moment::parse(text, now, &zone)).transpose();
    let until = time(&args.to)?.unwrap_or(now + 1);
    let from = time(&args.from)?.unwrap_or(until - USUAL_SECONDS);
    if from >= until {
        return Err(output::failure(
            "the stretch ends before it begins",
            "--from is the earlier time, --to the later one",
        ));
    }
    let data = &context.config().data;
    let layout = context.layout(context.host(&Root::real())?)?;
    if !layout.samples().exists() {
        let what = format!("there is no log of {} under {}", layout.host(), data.display());
        return Err(output::failure(what, "name a folder of it with --host"));
    }
    let mut reader = Reader::range(&layout, from, until)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut is_empty = true;
    let is_terminal = io::stdout().is_terminal();
    while reader.next_lent().is_some() {
        is_empty = false;
        out.write_all(&shown(reader.line().trim_ascii(), is_terminal))?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    if is_empty {
        let time = |t| format::date_time(t, &zone, context.config().lang);
        let stretch = format!("from {} to {}", time(from), time(until));
        output::say(&format!("cronograph: there is no sample of {} {stretch}", layout.host()));
    }
    if let Some(first) = reader.damage().first.first() {
        let count = reader.damage().broken_lines;
        let place = format!("{}:{}: {}", first.path.display(), first.line, first.reason);
        output::say(&format!("cronograph: {count} broken in these days, the first at {place}"));
    }
    layout.within_limits()?;
    Ok(ExitCode::SUCCESS)
}

/// Returns a line byte by byte as it was written; for a terminal without characters that steer it: names come from anywhere.
fn shown(line: &[u8], is_terminal: bool) -> Cow<'_, [u8]> {
    if is_terminal {
        Cow::Owned(escape::terminal(&String::from_utf8_lossy(line)).into_owned().into_bytes())
    } else {
        Cow::Borrowed(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_steered_and_a_pipe_gets_every_byte() {
        let line = "{\"v\":1,\"name\":\"a\u{202e}b\u{9b}2J\"}".as_bytes();
        assert_eq!(shown(line, false), line);
        assert_eq!(&*shown(line, true), br#"{"v":1,"name":"a\u{202e}b\u{9b}2J"}"#);
    }
}
