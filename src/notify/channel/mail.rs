//! Mail, by a server (SMTP) or by this machine's sendmail.

use super::super::compose::Composer;
use super::super::error::NotifyError;
use super::super::notice::Notice;
use super::smtp::Relay;
use super::{letter, program};
use crate::base::refusal::Refusal;
use crate::config::ChannelConfig;
use lettre::message::Mailbox;

pub(super) struct Mail {
    /// Where nobody said it: cronograph at the sending host.
    from: Option<Mailbox>,
    to: Vec<Mailbox>,
    carrier: Carrier,
}

enum Carrier {
    Server(Relay),
    Sendmail(String),
}

impl Mail {
    pub(super) fn of(config: &ChannelConfig) -> Result<Self, NotifyError> {
        let address = |text: &String, key| {
            text.parse::<Mailbox>().map_err(|error| NotifyError::Channel {
                channel: config.name.clone(),
                key,
                message: format!("{text:?} is no mail address: {error}"),
            })
        };
        Ok(Self {
            from: config.from.as_ref().map(|text| address(text, "from")).transpose()?,
            to: config.to.iter().map(|text| address(text, "to")).collect::<Result<_, _>>()?,
            carrier: match &config.smtp {
                Some(server) => Carrier::Server(Relay::of(config, server)?),
                None => Carrier::Sendmail("sendmail".to_owned()),
            },
        })
    }

    /// By a program in place of sendmail.
    #[cfg(test)]
    pub(super) fn by_sendmail(config: &ChannelConfig, program: &str) -> Result<Self, NotifyError> {
        Ok(Self { carrier: Carrier::Sendmail(program.to_owned()), ..Self::of(config)? })
    }

    /// The password, wherever it was read, for whoever makes sure that it is not told.
    pub(super) fn password(&self) -> Option<&str> {
        match &self.carrier {
            Carrier::Server(relay) => relay.password(),
            Carrier::Sendmail(_) => None,
        }
    }

    pub(super) fn send(&self, notice: &Notice, composer: &Composer, seconds: f64) -> Result<(), Refusal> {
        let lasting = |error: NotifyError| Refusal::lasting(error.to_string());
        let from = self.sender(composer.sender()).map_err(lasting)?;
        let composed = composer.compose(notice).map_err(lasting)?;
        let letter = letter::write(notice, &composed, &from, &self.to).map_err(lasting)?;
        match &self.carrier {
            Carrier::Server(relay) => relay.send(&letter, seconds),
            Carrier::Sendmail(sendmail) => {
                // `-i`: a line with a single dot does not end the mail. What is behind `--` is never an option.
                let mut command =
                    [sendmail, "-i", "-f", from.email.as_ref(), "--"].map(str::to_owned).to_vec();
                command.extend(self.to.iter().map(|address| address.email.to_string()));
                program::run(&command, &[], letter.formatted(), seconds)
            }
        }
    }

    fn sender(&self, host: &str) -> Result<Mailbox, NotifyError> {
        if let Some(from) = &self.from {
            return Ok(from.clone());
        }
        let address = format!("cronograph@{host}").parse().map_err(|_| {
            NotifyError::Mail(format!("{host:?} cannot stand in an address; say `from` in the configuration"))
        })?;
        Ok(Mailbox::new(Some("cronograph".to_owned()), address))
    }
}
