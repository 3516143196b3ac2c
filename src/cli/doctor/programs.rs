//! Programs that the configuration names: is each there, may it be run. A check that cannot be started fails for ever, and a channel
//! whose program is gone takes no message.

use super::{Finding, Patient};
use crate::config::{ChannelKind, Config};
use crate::sample::command::PATH;
use rustix::fs::{Access, access};
use std::path::PathBuf;

/// Looks at the programs of checks and channels.
pub(super) fn check(patient: &Patient, config: &Config) -> Vec<Finding> {
    let checks = config.check.iter().map(|check| (format!("check {:?}", check.name), &check.command));
    let of_channels = config.channel.iter().filter(|channel| channel.kind == ChannelKind::Command);
    let channels = of_channels.map(|channel| (format!("channel {:?}", channel.name), &channel.command));
    let found = checks.chain(channels).filter_map(|(whose, command)| {
        let fault = fault(patient, command.first()?)?;
        let remedy = "install it, or correct `command` in the configuration: the program by its whole path";
        Some(Finding::wrong(format!("{whose} cannot be started: {fault}"), remedy))
    });
    let local =
        config.channel.iter().filter(|channel| channel.kind == ChannelKind::Mail && channel.smtp.is_none());
    let mails = local.filter_map(|channel| {
        let fault = fault(patient, "sendmail")?;
        let remedy = "install a mail server, or name one by `smtp`";
        Some(Finding::wrong(format!("channel {:?} cannot send: {fault}", channel.name), remedy))
    });
    found.chain(mails).collect()
}

/// What is wrong with a program; it is looked for where it would be started.
fn fault(patient: &Patient, program: &str) -> Option<String> {
    let places: Vec<PathBuf> = if program.contains('/') {
        vec![patient.path(program.trim_start_matches('/'))]
    } else {
        PATH.split(':').map(|folder| patient.path(folder.trim_start_matches('/')).join(program)).collect()
    };
    let there: Vec<&PathBuf> = places.iter().filter(|place| place.is_file()).collect();
    match there.first() {
        None if program.contains('/') => Some(format!("there is no {program}")),
        None => Some(format!("there is no {program} in {PATH}")),
        Some(_) if there.iter().any(|place| access(place.as_path(), Access::EXEC_OK).is_ok()) => None,
        Some(place) => Some(format!("{} is not executable", place.display())),
    }
}
