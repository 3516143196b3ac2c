//! `cronograph config`: the effective configuration, each value with where it comes from.

use super::args::ConfigArgs;
use super::{Context, output};
use std::process::ExitCode;

/// Prints it as TOML that `--config` takes back.
pub(super) fn run(_args: &ConfigArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let loaded = &context.loaded;
    loaded.time_zone()?;
    let file = loaded.path.display();
    let head = match loaded.text {
        Some(_) => format!("# From {file}.\n"),
        None => format!("# There is no {file}: all defaults.\n"),
    };
    output::print(head + &loaded.to_toml())?;
    Ok(ExitCode::SUCCESS)
}
