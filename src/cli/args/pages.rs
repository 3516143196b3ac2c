//! Options of the commands that make pages, and of the one that keeps the logs small.

use clap::Args;
use std::path::PathBuf;

/// `cronograph site`
#[derive(Debug, Args)]
#[command(after_help = "\
Example, a crontab line:
  2-59/5 * * * * /usr/local/bin/cronograph site
Example, pages for one look:
  cronograph site --out /tmp/pages
Example, a night three months ago:
  cronograph site --from '2026-08-20 22:00' --to '2026-08-21 06:00' --out /tmp/night")]
pub struct SiteArgs {
    /// Write the pages into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Show the past: all hosts as they were at the end of a stretch that begins then, and the stretch in
    /// all detail; with --out
    #[arg(long, value_name = "TIME", requires = "to", requires = "out")]
    pub from: Option<String>,
    /// The end of the stretch: 15:00, "2026-11-23 15:00", RFC 3339, "2 days ago"
    #[arg(long, value_name = "TIME", requires = "from")]
    pub to: Option<String>,
}

/// `cronograph compact`
#[derive(Debug, Args)]
#[command(after_help = "\
Closed days become rollups of 5 minutes and 1 hour; so do the closed hours of the open day. A day
later days are compressed, and after a week turned into columns, which take a quarter of that.
`[retain]` says how long what is kept.
Where `site` runs, nothing else is needed.
That holds for every host in the data folder: what other machines send goes at the same age, 2 days
later and once it is rolled up. Its compressed days and columns are made by the sender.
Example, a crontab line of a host that only sends its log on:
  17 0 * * * /usr/local/bin/cronograph compact")]
pub struct CompactArgs {
    /// Only this host of the data folder
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
}

/// `cronograph log`
#[derive(Debug, Args)]
#[command(after_help = "\
Example, how large the slab that is never given back was, minute by minute:
  cronograph log --from 03:00 --to 04:00 | jq -r '[.t, .meminfo.SUnreclaim] | @tsv'")]
pub struct LogArgs {
    /// Where the stretch begins: 15:00, 2026-11-23, "2026-11-23 15:00", RFC 3339, "2 days ago"
    /// [default: a day before its end]
    #[arg(long, value_name = "TIME", verbatim_doc_comment)]
    pub from: Option<String>,
    /// Where it ends [default: now]
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Another host of the data folder
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
}

/// `cronograph try`
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  cronograph try --seconds 60 --out ~/cronograph-pages")]
pub struct TryArgs {
    /// How long to watch, a sample each second
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub seconds: u32,
    /// Write samples and pages into this folder, not into a new temporary one
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
