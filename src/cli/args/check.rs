//! What can be typed behind `cronograph check`.

use clap::Args;

/// `cronograph check`
#[derive(Debug, Args)]
#[command(after_help = "\
Exits 0 where the channel took the message, 1 where it did not, and then says why.
Example, does a mail arrive:
  cronograph check --test mail")]
pub struct CheckArgs {
    /// Send a message of invented content over this channel (`[[channel]]` of the configuration), now
    #[arg(long, value_name = "CHANNEL", required = true)]
    pub test: String,
    /// Name of this host in the data folder
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
}
