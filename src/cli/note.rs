//! `cronograph note TEXT`: a line into the host's log of events, to stand as a mark beside the charts.

use super::args::NoteArgs;
use super::{Context, moment, output};
use crate::base::format;
use crate::base::words::{Lang, Words};
use crate::event;
use crate::sample::Root;
use crate::store::{self, Layout};
use std::process::ExitCode;

/// Runs the command.
pub(super) fn run(args: &NoteArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let zone = context.loaded.time_zone()?;
    let now = context.clock.now();
    let at = match &args.at {
        Some(text) => moment::parse(text, now, &zone)?,
        None => now,
    };
    if at > now {
        return Err(output::failure(
            "that is yet to come",
            "a note tells what has happened; leave --at out for now",
        ));
    }
    let Some(event) = event::note(at, &args.text.join(" ")) else {
        return Err(output::failure("the note is empty", "say what happened: cronograph note 'new kernel'"));
    };
    let layout = Layout::new(&context.config().data, context.host(&Root::real())?)?;
    let own = Context::name_of(&Root::real()).ok();
    if args.host.is_some() && own.as_deref() != Some(layout.host()) && !layout.folder().exists() {
        let message = format!("there is no host {} in {}", layout.host(), context.config().data.display());
        return Err(output::failure(
            message,
            "name one of the folders there, or leave --host out for this host",
        ));
    }
    store::append_events(&layout, std::slice::from_ref(&event))?;
    let day = format::date(at, &zone, Lang::En);
    let said = event::describe(&event, Words::of(Lang::En));
    output::print(format!("{}: {day} {} {said}\n", layout.host(), format::minute(at, &zone)))?;
    Ok(ExitCode::SUCCESS)
}
