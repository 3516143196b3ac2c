//! `cronograph mute`: no messages of a rule for a while. Without a rule it lists what is muted.

use super::args::MuteArgs;
use super::{Context, check, output};
use crate::alert::{Mute, Mutes};
use crate::analysis::report::words::Telling;
use crate::base::glob;
use crate::base::words::Words;
use std::fmt::Write;
use std::process::ExitCode;

/// Runs the command.
pub(super) fn run(args: &MuteArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let (data, now) = (&context.config().data, context.clock.now());
    let mut mutes = Mutes::load(data);
    let host = args.host.as_deref();
    if let Some(rule) = &args.rule {
        if args.end {
            if !mutes.take(rule, host, now) {
                return Err(output::failure(
                    format!("{rule} is not muted"),
                    "`cronograph mute` lists what is",
                ));
            }
        } else {
            let known = check::rules(context)?.names();
            if !known.iter().any(|name| glob::matches(rule, name)) {
                let known: Vec<String> = known.into_iter().collect();
                return Err(output::failure(
                    format!("there is no rule `{rule}`"),
                    format!("there are: {}", known.join(", ")),
                ));
            }
            #[expect(clippy::cast_possible_truncation, reason = "at most a year")]
            let until = now + args.span.round() as i64;
            mutes.add(Mute { rule: rule.clone(), host: host.map(str::to_owned), until }, now);
        }
        mutes.save(data)?;
    }
    output::print(list(&mutes, context, now)?)?;
    Ok(ExitCode::SUCCESS)
}

/// What is muted, a line each.
fn list(mutes: &Mutes, context: &Context, now: i64) -> anyhow::Result<String> {
    let (words, zone) = (Words::of(context.config().lang), context.loaded.time_zone()?);
    let telling = Telling { words, zone: &zone, now };
    let mut page = String::new();
    for mute in mutes.0.iter().filter(|mute| mute.until > now) {
        let host = mute.host.as_deref().unwrap_or(words.get("mute.everywhere"));
        let values = [("rule", mute.rule.as_str()), ("host", host), ("time", &telling.time(mute.until))];
        // Writing to a string cannot fail.
        let _ = writeln!(page, "{}", words.fill("mute.line", &values));
    }
    if page.is_empty() {
        page = format!("{}\n", words.get("mute.nothing"));
    }
    Ok(page)
}
