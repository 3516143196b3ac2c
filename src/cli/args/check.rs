//! What can be typed behind `cronograph check` and `cronograph mute`.

use crate::cli::quantity;

use clap::Args;

/// `cronograph check`
#[derive(Debug, Args)]
#[command(after_help = "\
On a terminal it lists what holds; started by cron it says nothing unless a message could not be sent.
Exits 0 where nothing holds, 3 where something does, 1 where a log could not be read or a message was not taken.
Example, what would be sent now:
  cronograph check --dry-run
Example, does a mail arrive:
  cronograph check --test mail")]
pub struct CheckArgs {
    /// Show what would be sent, and send and remember nothing
    #[arg(long, conflicts_with = "test")]
    pub dry_run: bool,
    /// Send a message of invented content over this channel (`[[channel]]` of the configuration), now
    #[arg(long, value_name = "CHANNEL")]
    pub test: Option<String>,
    /// Look at this host of the data folder only
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Wait up to 15 s for this minute's sample of this host, which cron takes at the same time
    #[arg(long)]
    pub wait: bool,
}

/// `cronograph mute`
#[derive(Debug, Args)]
#[command(after_help = "\
What is muted is looked at and shown as ever, and not sent; when the time is over, what still holds is told.
Without a rule it lists what is muted.
Example, no message of a busy disk while a backup runs:
  cronograph mute disk-busy --for 2h --host db1
Example, no more of that:
  cronograph mute disk-busy --host db1 --end")]
pub struct MuteArgs {
    /// The rule's name, or a pattern: `pressure-*`
    #[arg(value_name = "RULE")]
    pub rule: Option<String>,
    /// For how long
    #[arg(long = "for", value_name = "TIME", default_value = "1h", value_parser = quantity::seconds)]
    pub span: f64,
    /// The hosts it is for, a name or a pattern; without it all
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// End it now
    #[arg(long, requires = "rule", conflicts_with = "span")]
    pub end: bool,
}
