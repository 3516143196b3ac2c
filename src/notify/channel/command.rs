//! A program of the user's: the notice as JSON on its standard input, the subject in `CRONOGRAPH_SUBJECT`.

use super::super::compose::Composer;
use super::super::json;
use super::super::notice::Notice;
use super::program;
use crate::base::refusal::Refusal;
use crate::config::ChannelConfig;

pub(super) struct Program {
    command: Vec<String>,
}

impl Program {
    pub(super) fn of(config: &ChannelConfig) -> Self {
        Self { command: config.command.clone() }
    }

    pub(super) fn send(&self, notice: &Notice, composer: &Composer, seconds: f64) -> Result<(), Refusal> {
        let input = json::of(notice, composer).map_err(|error| Refusal::lasting(error.to_string()))?;
        let subject = composer.subject(notice);
        program::run(&self.command, &[("CRONOGRAPH_SUBJECT", &subject)], input, seconds)
    }
}
