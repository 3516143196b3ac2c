//! What can be typed behind `cronograph check` and `cronograph mute`.

use crate::cli::quantity;
use crate::config::Span;
use clap::Args;

/// `cronograph check`
#[derive(Debug, Args)]
#[command(after_help = "\
It looks at the built-in rules and those of the configuration (`[[rule]]`, see docs/rules.md).
What is new since the last run goes to the channels (`[[channel]]`, see docs/messages.md), and what
waits is tried again. Cron runs it each minute; `cronograph install` sees to that.
On a terminal it lists what holds; from cron it says nothing unless a message could not be sent.
Exits 0 where nothing holds, 3 where something does, 1 where a log could not be read or a message
was not taken.
Example, what would be sent now, and if nothing, why:
  cronograph check --dry-run
Example, does a mail arrive:
  cronograph check --test mail")]
pub struct CheckArgs {
    /// Show what would be sent, or why nothing is; send and remember nothing
    #[arg(long, conflicts_with = "test")]
    pub dry_run: bool,
    /// Only send a message of invented content over this channel, now, to see that it arrives
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
What is muted is looked at and shown as ever, and not sent; when the time is over, what still
holds is told.
Without a rule it lists what is muted. The names of rules are in docs/rules.md and in every message.
Example, no message of a busy disk while a backup runs:
  cronograph mute disk-busy --for 2h --host db1
Example, no more of that:
  cronograph mute disk-busy --end
Example, no mute of any rule any more:
  cronograph mute --end")]
pub struct MuteArgs {
    /// The rule's name, or a pattern, in quotes: 'pressure-*'; without it, list what is muted
    #[arg(value_name = "RULE")]
    pub rule: Option<String>,
    /// For how long: 90s, 10m, 2h, 3d, 1w
    #[arg(long = "for", value_name = "TIME", default_value = "1h", value_parser = quantity::span)]
    pub span: Span,
    /// The hosts it is for, a name or a pattern, in quotes: 'web*'; without it all
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// End it now; without a rule, every mute
    #[arg(long, conflicts_with = "span")]
    pub end: bool,
}
