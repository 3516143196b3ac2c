//! `cronograph note TEXT`: a line into the host's log of events, to stand as a mark beside the charts.

use super::args::NoteArgs;
use super::{Context, output};
use crate::base::format;
use crate::base::words::{Lang, Words};
use crate::event;
use crate::sample::Root;
use crate::store::{self, Layout};
use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use std::process::ExitCode;

/// Runs the command.
pub(super) fn run(args: &NoteArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let zone = context.loaded.time_zone()?;
    let now = context.clock.now();
    let at = match &args.at {
        Some(text) => moment(text, now, &zone).ok_or_else(|| {
            output::failure(
                format!("--at {text}: that is no time"),
                "write 15:00, \"2026-11-23 15:00\", 2026-11-23T15:00:00Z, or unix seconds",
            )
        })?,
        None => now,
    };
    let Some(event) = event::note(at, &args.text.join(" ")) else {
        return Err(output::failure("the note is empty", "say what happened: cronograph note 'new kernel'"));
    };
    let layout = Layout::new(&context.config().data, context.host(&Root::real())?)?;
    store::append_events(&layout, std::slice::from_ref(&event))?;
    let day = format::date(at, &zone, Lang::En);
    let said = event::describe(&event, Words::of(Lang::En));
    output::print(format!("{}: {day} {} {said}\n", layout.host(), format::minute(at, &zone)))?;
    Ok(ExitCode::SUCCESS)
}

/// A time as people write it: of today where it has no day, of the zone where it has no zone.
fn moment(text: &str, now: i64, zone: &TimeZone) -> Option<i64> {
    let text = text.trim();
    let local = |at: DateTime| zone.to_timestamp(at).ok().map(Timestamp::as_second);
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok().map(Timestamp::as_second);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_second());
    }
    if let Ok(at) = text.parse::<DateTime>() {
        return local(at);
    }
    let time: Time = text.parse().ok()?;
    let today = zone.to_datetime(Timestamp::from_second(now).ok()?).date();
    local(today.to_datetime(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_write_them() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        // 2026-11-23T12:50:00Z
        let at = |text: &str| moment(text, 1_795_438_200, &zone);
        assert_eq!(at("13:50"), Some(1_795_438_200));
        assert_eq!(at("2026-11-23 13:50"), Some(1_795_438_200));
        assert_eq!(at("2026-11-23T12:50:00Z"), Some(1_795_438_200));
        assert_eq!(at("1795438200"), Some(1_795_438_200));
        assert_eq!(at("2026-11-23"), Some(1_795_388_400), "its midnight");
        for wrong in ["", "noon", "25:00", "2026-13-01 10:00"] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }
}
