//! What can be wrong before anything is sent; each error names the file or the key and the way out. What goes wrong while a
//! message is sent is no error of the run: the message waits, and [`super::Delivery`] says why.

use crate::config::ConfigError;
use crate::site::template::TemplateError;

/// Why there are no messages.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The configuration is not fit for it.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// A channel cannot be made of what the configuration says.
    #[error("channel {channel:?}: {key}: {message}")]
    Channel {
        /// Its name.
        channel: String,
        /// The key.
        key: &'static str,
        /// What is wrong with its value.
        message: String,
    },
    /// A template of messages; the text names file and line.
    #[error("{0}\nhint: mend the template or take it out of the templates folder; messages wait until then")]
    Template(String),
    /// The mail could not be put together.
    #[error("the mail cannot be written: {0}")]
    Mail(String),
    /// A file or folder of the spool; the text names it.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// A notice without a name that can be told from others.
    #[error(
        "a notice of the id {0:?} cannot be kept: letters, digits, `-`, `_` and `.` make one, at most 100"
    )]
    Id(String),
}

impl From<TemplateError> for NotifyError {
    fn from(error: TemplateError) -> Self {
        Self::Template(error.to_string())
    }
}
