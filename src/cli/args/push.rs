//! What can be typed behind `cronograph push`.

use clap::Args;

/// `cronograph push`
#[derive(Debug, Args)]
#[command(after_help = "\
Where to is said by `[push]` of the configuration; docs/prometheus.md has the names. What was sent is remembered in the folder \
.push of the data folder; without it everything is sent once more.

On a terminal it tells what was sent; started by cron it says nothing unless something was not taken. An engine that does not \
answer is tried for half a minute, then by later runs, less and less often; started by hand it is tried at once.

Exits 0 where all was taken, 1 where something was not.

Example, how much would be sent:
  cronograph push --dry-run
Example, a crontab line (`cronograph install` writes it where `[push]` has a url):
  * * * * * /usr/local/bin/cronograph push --wait")]
pub struct PushArgs {
    /// Send this host of the data folder only
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Count what would be sent, and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Wait up to 15 s for this minute's sample of this host, which cron takes at the same time
    #[arg(long)]
    pub wait: bool,
}
