//! `cronograph check --test CHANNEL`: does a message arrive?

use super::args::CheckArgs;
use super::{Context, output};
use crate::notify::{self, Channel, Composer};
use crate::sample::Root;
use std::process::ExitCode;

/// Runs the command.
pub(super) fn run(args: &CheckArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let channels = Channel::all(&context.loaded)?;
    let Some(channel) = channels.iter().find(|channel| channel.name() == args.test) else {
        let names: Vec<&str> = channels.iter().map(Channel::name).collect();
        let hint = match names.as_slice() {
            [] => format!("add a `[[channel]]` to {}", context.loaded.path.display()),
            _ => format!("there are: {}", names.join(", ")),
        };
        return Err(output::failure(format!("there is no channel of the name {:?}", args.test), hint));
    };
    let composer = composer(context)?;
    notify::test(channel, &composer, context.clock.now()).map_err(|refusal| {
        output::failure(
            format!("channel {:?} did not take the message: {refusal}", args.test),
            "nothing is kept of a test; mend it and try again",
        )
    })?;
    output::print(format!("{}: taken\n", args.test))?;
    Ok(ExitCode::SUCCESS)
}

/// What writes messages: the language, the zone and the templates of the pages.
pub(super) fn composer(context: &Context) -> anyhow::Result<Composer> {
    let config = context.config();
    let (zone, host) = (context.loaded.time_zone()?, context.host(&Root::real())?);
    Ok(Composer::new(config.lang, zone, config.site.templates.as_deref(), &host)?)
}
