//! What can be typed behind `probe` and `bisect`.

use crate::cli::quantity;
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::ffi::OsString;
use std::path::PathBuf;

pub use crate::cli::quantity::Growth;

/// The ways of running a command, and all of them.
const STREAMS: [&str; 5] = ["tty", "null", "file", "pipe", "all"];
const SURROUNDINGS: [&str; 4] = ["full", "clean", "cron", "all"];

/// One of the ways.
fn one_of(names: &[&'static str]) -> PossibleValuesParser {
    PossibleValuesParser::new(names.iter().filter(|name| **name != "all"))
}

/// `cronograph probe`
#[derive(Debug, Args)]
#[command(
    override_usage = "cronograph probe [OPTIONS] -- <CMD>...\n       cronograph probe [OPTIONS] --check <NAME>"
)]
#[command(after_help = "\
Runs of the command alternate with runs of nothing, so that what others do meanwhile cancels out. It ends when it is sure.
It is run for real, up to --runs times, and what leaks meanwhile stays: probe what may be run that often.
Exits 3 where the command leaks, 0 where it does not, 1 where that cannot be told.
Example, the story's: it leaks only when its output is no terminal:
  cronograph probe --stdout all -- service --status-all
Example, a plugin as cron runs it, the answer kept as a mark on the charts:
  cronograph probe --env cron --note -- /usr/lib/nagios/plugins/check_disk -w 10%")]
pub struct ProbeArgs {
    /// What standard output and error are: a terminal of its own, /dev/null, a temporary file, a pipe
    ///
    /// Several, separated by commas, or all of them are tried one after the other.
    #[arg(long, value_parser = STREAMS, value_name = "WAY", value_delimiter = ',', default_value = "pipe")]
    pub stdout: Vec<String>,
    /// What standard input is; there is nothing to read in any
    #[arg(long, value_parser = STREAMS, value_name = "WAY", value_delimiter = ',', default_value = "null")]
    pub stdin: Vec<String>,
    /// The environment: this shell's, nothing but PATH, or cron's in the user's home
    ///
    /// Without it: full, and clean for --check.
    #[arg(long, value_parser = SURROUNDINGS, value_name = "WAY", value_delimiter = ',')]
    pub env: Vec<String>,
    /// Run the command of this check of the configuration
    #[arg(long, value_name = "NAME", conflicts_with = "command")]
    pub check: Option<String>,
    /// Run the command as this user (root only)
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// A leak of fewer bytes a run does not matter: 64KiB; things that are left behind always do
    #[arg(long, value_name = "SIZE", default_value = "4KiB", value_parser = quantity::bytes)]
    pub least: f64,
    /// Have the kernel drop its caches before and after, to prove what is given back (root only)
    #[arg(long)]
    pub drop_caches: bool,
    /// Limits of the experiment.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Keep the answer as a note on the charts
    #[arg(long)]
    pub note: bool,
    /// Print the answer as JSON: bytes, seconds
    #[arg(long)]
    pub json: bool,
    /// Name of this host in the data folder, for --note
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Read this recorded tree in place of /; for tests
    #[arg(long, hide = true, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The command and its arguments; no shell is between
    #[arg(last = true, required_unless_present = "check", value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// When an experiment ends at the latest.
#[derive(Debug, Args)]
pub struct LimitArgs {
    /// Run the command so many times at most
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(4..=2_000))]
    pub runs: u32,
    /// Stop after this time: 90s, 5m
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = quantity::seconds)]
    pub budget: f64,
    /// Kill a run after this time
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = quantity::seconds)]
    pub timeout: f64,
    /// Stop when the runs have left more than this behind: 64MiB, or a share of what is available
    #[arg(long, value_name = "SIZE", default_value = "5%", value_parser = quantity::growth)]
    pub max_growth: Growth,
}

/// `cronograph bisect`
#[derive(Debug, Args)]
#[command(after_help = "\
No script is changed: they are switched off in a mount namespace of each run's own, where an empty file covers them.
The command is run for real, some times in each round: search what may be run that often.
Exits 3 where a culprit was found, 0 where nothing leaks, 1 where that cannot be told.
Example, which init script makes the service check leak:
  cronograph bisect
Example, what writes the greeting at each login:
  cronograph bisect --dir /etc/update-motd.d -- run-parts /etc/update-motd.d
Example, where namespaces are not allowed, in a copy:
  cp -a /etc/update-motd.d /tmp/motd && cronograph bisect --copy --dir /tmp/motd -- run-parts /tmp/motd")]
pub struct BisectArgs {
    /// The folder of the scripts
    #[arg(long, value_name = "DIR", default_value = "/etc/init.d")]
    pub dir: PathBuf,
    /// The folder is a copy of your own: switch its scripts off by their permissions
    #[arg(long)]
    pub copy: bool,
    /// What standard output and error are
    #[arg(long, value_parser = one_of(&STREAMS), value_name = "WAY", default_value = "pipe")]
    pub stdout: String,
    /// What standard input is
    #[arg(long, value_parser = one_of(&STREAMS), value_name = "WAY", default_value = "null")]
    pub stdin: String,
    /// The environment
    #[arg(long, value_parser = one_of(&SURROUNDINGS), value_name = "WAY", default_value = "full")]
    pub env: String,
    /// Limits of each round; the budget is for all of them.
    #[command(flatten)]
    pub limits: BisectLimitArgs,
    /// Keep the answer as a note on the charts
    #[arg(long)]
    pub note: bool,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
    /// Name of this host in the data folder, for --note
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Read this recorded tree in place of /; for tests
    #[arg(long, hide = true, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The command that starts the scripts; without it `service --status-all`
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// When a search ends at the latest.
#[derive(Debug, Args)]
pub struct BisectLimitArgs {
    /// Run the command so many times in each round at most
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(4..=2_000))]
    pub runs: u32,
    /// Stop after this time: 90s, 5m
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = quantity::seconds)]
    pub budget: f64,
    /// Kill a run after this time
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = quantity::seconds)]
    pub timeout: f64,
    /// Stop when all rounds have left more than this behind: 64MiB, or a share of what is available
    #[arg(long, value_name = "SIZE", default_value = "20%", value_parser = quantity::growth)]
    pub max_growth: Growth,
    /// A leak of fewer bytes a run does not matter: 64KiB; things that are left behind always do
    #[arg(long, value_name = "SIZE", default_value = "16KiB", value_parser = quantity::bytes)]
    pub least: f64,
}
