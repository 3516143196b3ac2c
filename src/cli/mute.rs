//! `cronograph mute`: no messages of a rule for a while. Without a rule it lists what is muted.

use super::args::MuteArgs;
use super::{Context, check, output};
use crate::alert::{Mute, Mutes};
use crate::analysis::report::words::Telling;
use crate::base::glob;
use crate::base::words::Words;
use crate::store;
use std::fmt::Write;
use std::process::ExitCode;

/// Runs the command.
pub(super) fn run(args: &MuteArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let (data, now) = (&context.config().data, context.clock.now());
    let mut mutes = Mutes::load(data);
    let host = args.host.as_deref();
    if args.end {
        if mutes.end(args.rule.as_deref(), host, now) == 0 {
            let rule = args.rule.as_deref().unwrap_or("nothing");
            let on = host.map(|host| format!(" on {host}")).unwrap_or_default();
            let message = if args.rule.is_some() { "is not muted" } else { "is muted" };
            return Err(output::failure(format!("{rule} {message}{on}"), "`cronograph mute` lists what is"));
        }
        mutes.save(data)?;
    } else if let Some(rule) = &args.rule {
        is_known(rule, host, context)?;
        let until = now.saturating_add(args.span.0);
        mutes.add(Mute { rule: rule.clone(), host: host.map(str::to_owned), until }, now);
        mutes.save(data)?;
    }
    output::print(list(&mutes, context, now)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Whether a rule and hosts are there to be muted: a slip of the pen would mute nothing, and nobody would know.
fn is_known(rule: &str, host: Option<&str>, context: &Context) -> anyhow::Result<()> {
    let known = check::rules(context)?.names();
    if !known.iter().any(|name| glob::matches(rule, name)) {
        let known: Vec<String> = known.into_iter().collect();
        return Err(output::failure(
            format!("there is no rule `{rule}`"),
            format!("there are: {}", known.join(", ")),
        ));
    }
    let data = &context.config().data;
    let hosts = store::hosts(data).unwrap_or_default();
    match host.filter(|host| !hosts.iter().any(|known| glob::matches(host, known))) {
        Some(host) => Err(Context::no_host(data, host)),
        None => Ok(()),
    }
}

/// What is muted, a line each.
fn list(mutes: &Mutes, context: &Context, now: i64) -> anyhow::Result<String> {
    let (words, zone) = (Words::of(context.config().lang), context.loaded.time_zone()?);
    let telling = Telling { words, zone: &zone, now };
    let mut page = String::new();
    for mute in mutes.holding(now) {
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
