//! `cronograph uninstall`: takes out exactly what `install` put in. Logs and pages stay.

use super::args::UninstallArgs;
use super::confirm::{self, Consent};
use super::schedule::{self, Place, Plan};
use super::{Context, install, output};
use std::process::ExitCode;

/// Runs the command.
pub(super) fn run(args: &UninstallArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let machine = context.machine(&args.machine);
    let mut plan = Plan::default();
    plan.unschedule(&machine, &schedule::all_runs())?;
    remove_config(&mut plan, context)?;
    if plan.changes.is_empty() {
        output::print("Nothing of cronograph is installed for this user.\n")?;
    } else {
        confirm::carry_out(&plan, &machine, Consent { yes: args.yes, dry_run: args.dry_run })?;
    }
    let config = context.config();
    for (what, folder) in [("logs", &config.data), ("pages", &config.out)] {
        if folder.exists() {
            output::say(&format!("The {what} stay in {}", folder.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The configuration goes if nobody has changed a byte of it since `install` wrote it.
fn remove_config(plan: &mut Plan, context: &Context) -> anyhow::Result<()> {
    let Some(text) = &context.loaded.text else { return Ok(()) };
    let Ok(written) = toml::from_str::<crate::config::Config>(text) else { return Ok(()) };
    if install::config_text(&written.data, &written.out, &written.host)? == *text {
        let path = std::path::absolute(&context.loaded.path)?;
        plan.text(Place::File(path), Some(text.clone().into_bytes()), None);
    } else {
        output::say(&format!("{} has your own changes and stays", context.loaded.path.display()));
    }
    Ok(())
}
