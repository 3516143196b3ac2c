//! What can be typed: every command, its options and its help. The man page and the shell completions are made
//! from the same definitions. Nothing is interpreted here.

mod check;
mod experiment;
mod import;
mod pages;
mod push;

pub use check::{CheckArgs, MuteArgs};
pub use experiment::{BisectArgs, Growth, ProbeArgs};
pub use import::ImportArgs;
pub use pages::{CompactArgs, LogArgs, SiteArgs, TryArgs};
pub use push::PushArgs;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

/// Shows where the memory of Linux servers goes: samples from cron, static pages from samples.
#[derive(Debug, Parser)]
#[command(name = "cronograph", version, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(after_help = "Start with `cronograph try`; `cronograph install` makes it permanent.")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct CommonArgs {
    /// Read this configuration file
    ///
    /// Without it: /etc/cronograph.toml for root, ~/.config/cronograph/cronograph.toml for anyone else.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Keep the logs under this folder
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Unix time to take for the present one; for tests and replays
    #[arg(long, global = true, hide = true, value_name = "UNIX", allow_negative_numbers = true)]
    pub now: Option<i64>,
}

/// The commands, one file each.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take one sample of this host and append it to the log
    Sample(SampleArgs),
    /// Render the pages of all hosts from their logs
    Site(SiteArgs),
    /// Watch this machine for half a minute and show the pages
    Try(TryArgs),
    /// Write down what you did: a mark on the charts
    Note(NoteArgs),
    /// Take over history that exists: sysstat, Munin, any RRD
    Import(ImportArgs),
    /// Set up cron (or systemd timers) for this user, after showing what would be written
    Install(InstallArgs),
    /// Take out exactly what `install` put in; the logs stay
    Uninstall(UninstallArgs),
    /// Say where the memory is, what leaks, since when, and what grows with it
    Explain(ExplainArgs),
    /// Find what leaks in anybody's numbers, a CSV
    Trend(TrendArgs),
    /// Run a command many times: does each run leave memory behind, how much, in which part
    Probe(ProbeArgs),
    /// Find the script that makes a command leak, without touching any
    Bisect(BisectArgs),
    /// Look at the rules on all hosts, and send what is news
    Check(CheckArgs),
    /// Send no messages of a rule for a while; list what is muted, or end it
    Mute(MuteArgs),
    /// Roll closed hours and days up, compress, let go what is too old; `site` does it, too
    Compact(CompactArgs),
    /// Print the samples of a stretch as JSON lines, whatever form their day has now
    Log(LogArgs),
    /// Send what is new to an engine of metrics: Prometheus remote write
    Push(PushArgs),
    /// Say what is wrong with this set-up and how to mend it
    Doctor(DoctorArgs),
    /// Print the effective configuration, each value with where it comes from
    Config(ConfigArgs),
    /// Print the manual page
    #[command(hide = true)]
    Man,
    /// Print the completions for a shell
    #[command(hide = true)]
    Completions(CompletionsArgs),
}

/// `cronograph sample`
#[derive(Debug, Args)]
#[command(after_help = "\
Example, a crontab line:
  * * * * * /usr/local/bin/cronograph sample
Example, what was written last:
  tail -n 1 /var/lib/cronograph/$(hostname)/samples/$(date -u +%F).jsonl | jq .meminfo
Example, for node_exporter's textfile collector:
  cd /var/lib/prometheus/node-exporter && cronograph sample --print prometheus >new && mv new cronograph.prom")]
pub struct SampleArgs {
    /// Name of this host in the data folder
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Read this recorded tree in place of /
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Print the sample on standard output, and write nothing
    #[arg(long, value_enum, value_name = "FORMAT", num_args = 0..=1, default_missing_value = "json")]
    pub print: Option<Print>,
}

/// How a sample is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Print {
    /// The line of the log
    Json,
    /// Prometheus' text format: what node_exporter has not, for its textfile collector
    Prometheus,
    /// The same with all that node_exporter has, for where there is none
    PrometheusAll,
}

/// `cronograph note`
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  cronograph note 'service check added on all hosts'
Example, afterwards:
  cronograph note --at 15:00 'nginx reconfigured'")]
pub struct NoteArgs {
    /// What happened, in a few words
    #[arg(required = true, value_name = "TEXT")]
    pub text: Vec<String>,
    /// When: 15:00, "2026-11-23 15:00", 2026-11-23T15:00:00Z; without it now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Name of the host in the data folder that the note is about
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
}

/// `cronograph install`
#[derive(Debug, Args)]
#[command(after_help = "\
Example, only a look:
  cronograph install --dry-run
Example, pages into the folder of a web server, without questions:
  cronograph install --out /srv/www/status --yes
Example, a host whose pages are made elsewhere, with a key of its own:
  cronograph install --ship cronograph@hub.example.org: --ship-key /root/.ssh/cronograph")]
pub struct InstallArgs {
    /// Write the pages into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Name of this host in the data folder
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Also send this host's log to the machine that renders all of them, by rsync over ssh
    #[arg(long, value_name = "USER@HOST:DIR")]
    pub ship: Option<String>,
    /// The key that ssh uses for it; without it, those that ssh finds by itself
    #[arg(long, value_name = "FILE", requires = "ship")]
    pub ship_key: Option<PathBuf>,
    /// Send every so many minutes, 1 to 30
    #[arg(long, value_name = "N", requires = "ship", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=30))]
    pub ship_minutes: u8,
    /// What starts the runs; without it cron, or systemd where there is no cron
    #[arg(long, value_enum, value_name = "NAME")]
    pub scheduler: Option<Scheduler>,
    /// Write without asking
    #[arg(long)]
    pub yes: bool,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where this machine is, for tests.
    #[command(flatten)]
    pub machine: MachineArgs,
}

/// `cronograph uninstall`
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  cronograph uninstall --dry-run")]
pub struct UninstallArgs {
    /// Remove without asking
    #[arg(long)]
    pub yes: bool,
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where this machine is, for tests.
    #[command(flatten)]
    pub machine: MachineArgs,
}

/// Another machine for `install` and `uninstall`: tests only.
#[derive(Debug, Default, Args)]
pub struct MachineArgs {
    /// A folder in place of / for all that is written
    #[arg(long, hide = true, value_name = "DIR")]
    pub prefix: Option<PathBuf>,
    /// A program in place of crontab
    #[arg(long, hide = true, value_name = "FILE")]
    pub crontab_program: Option<PathBuf>,
    /// A program in place of systemctl
    #[arg(long, hide = true, value_name = "FILE")]
    pub systemctl_program: Option<PathBuf>,
    /// The path of cronograph to write into the crontab, in place of the running program's
    #[arg(long, hide = true, value_name = "FILE")]
    pub binary: Option<PathBuf>,
    /// Act as an ordinary user even if started by root
    #[arg(long, hide = true)]
    pub ordinary_user: bool,
}

/// What starts the runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scheduler {
    /// The user's crontab; for root a file in /etc/cron.d
    Cron,
    /// A timer unit for each command
    Systemd,
}

/// `cronograph explain`
#[derive(Debug, Args)]
#[command(after_help = "\
TIME is a time of today or yesterday (15:00), a day (2026-11-23), both (2026-11-23 15:00), RFC 3339
(2026-11-23T15:00:00+01:00), or how long ago (2 days ago, 90m ago).
Exits 0 where nothing leaks, 3 where something does.
Example, another host of the data folder as it was last night:
  cronograph explain --host web-2 --at 23:40
Example, what leaks and how fast, for a script:
  cronograph explain --json | jq -r '.findings[] | [.state, .subject.part, .growth.per_second] | @tsv'")]
pub struct ExplainArgs {
    /// Name of a host in the data folder; without it, this host
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Look at the log up to this time; without it, up to now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Count changes from this time; without it, from the onset of the worst leak, else from a day ago
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Print the report as JSON: bytes, seconds, unix times
    #[arg(long)]
    pub json: bool,
    /// Where there is no log, read this recorded tree in place of /
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
}

/// `cronograph trend`
#[derive(Debug, Args)]
#[command(after_help = "\
The first line names the columns: `unix_time,value`, or `series,unix_time,value`. Other names work:
  time    unix_time, timestamp, time, _time, datetime, date, ts or t: unix seconds or RFC 3339
  series  `series`; without it, all columns of text together, and any that is called name, host,
          instance, metric, id, pid or ends in _id; note and comment are left out
  value   `value`; without it, each column of numbers is a series named by its header
Empty cells are absent values. Rows that cannot be read are named and skipped. Rows stand oldest or
newest first. Times that repeat with other values, or alternate, are refused as mixed series.
How long a growth must last: of the kernel 20 minutes to 2 hours; of anything else 8 to 36 hours,
by how long the series was known before; 24 times less where it would reach the limit within a day.
You ask once, so half of that is enough here: detected_at is when a monitor would have said so.
Exits 0 where nothing leaks, 3 where something does. Fields of --json (null where there is none):
  series, leaking, state (ok, suspect, leaking), since, since_error, per_hour, per_hour_low,
  per_hour_high, full_at, ended_at, detected_at (the first row at which a monitor would have said
  that it leaks, seeing only the rows before), withdrawn_at (when that was taken back), reason,
  evidence
Example, the memory of a process, told in MiB, of 2 GiB:
  cronograph trend --kind process --unit MiB --limit 2048 rss.csv
Example, a table with a column for each number:
  printf '%s\\n' time,used,cached 1795392000,512,90 1795392060,514,90 | cronograph trend --unit MiB
Example, from the logs of a host:
  (echo unix_time,value; zcat -f samples/*.jsonl* | jq -r '[.t, .meminfo.SUnreclaim] | @csv') \\
    | cronograph trend --kind kernel --unit B")]
pub struct TrendArgs {
    /// The CSV; without it, or for -, standard input
    #[arg(value_name = "FILE.csv")]
    pub file: Option<PathBuf>,
    /// What counts as full, in the unit of the values
    #[arg(long, value_name = "NUMBER")]
    pub limit: Option<f64>,
    /// The unit of the values: B, KiB, MiB, GiB, TiB, kB, MB, GB, TB, or a word
    #[arg(long, value_name = "NAME")]
    pub unit: Option<String>,
    /// What the values mean
    #[arg(long, value_enum, value_name = "KIND", default_value_t = TrendKind::Other)]
    pub kind: TrendKind,
    /// Print one line of JSON for each series
    #[arg(long)]
    pub json: bool,
}

/// What values mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum TrendKind {
    /// Memory of the kernel that is never given back: quiet, so minutes are enough
    Kernel,
    /// Memory of processes
    Process,
    /// What is given back when needed: it may grow, and never leaks
    Cache,
    /// Anything else
    Other,
}

/// `cronograph doctor`
#[derive(Debug, Args)]
#[command(after_help = "\
Exits 0 where all is well, 3 where something is wrong.
Example:
  cronograph doctor --config /etc/cronograph.toml")]
pub struct DoctorArgs {
    /// Name of this host in the data folder
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Look at the pages in this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Where this machine is, for tests.
    #[command(flatten)]
    pub machine: MachineArgs,
}

/// `cronograph config`
#[derive(Debug, Args)]
#[command(after_help = "\
Example, a first configuration file:
  cronograph config > cronograph.toml")]
pub struct ConfigArgs {
    /// Name of this host in the data folder
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Write the pages into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `cronograph completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

impl Command {
    /// The flags of this command that outrank the configuration: host and output folder.
    pub fn overrides(&self) -> (Option<&str>, Option<&PathBuf>) {
        match self {
            Self::Sample(args) => (args.host.as_deref(), None),
            Self::Note(args) => (args.host.as_deref(), None),
            Self::Import(args) => (args.host.as_deref(), None),
            Self::Site(args) => (None, args.out.as_ref()),
            Self::Install(args) => (args.host.as_deref(), args.out.as_ref()),
            Self::Explain(args) => (args.host.as_deref(), None),
            Self::Log(args) => (args.host.as_deref(), None),
            Self::Probe(args) => (args.host.as_deref(), None),
            Self::Bisect(args) => (args.host.as_deref(), None),
            Self::Doctor(args) => (args.host.as_deref(), args.out.as_ref()),
            Self::Config(args) => (args.host.as_deref(), args.out.as_ref()),
            Self::Check(_)
            | Self::Compact(_)
            | Self::Mute(_)
            | Self::Push(_)
            | Self::Try(_)
            | Self::Trend(_)
            | Self::Uninstall(_)
            | Self::Man
            | Self::Completions(_) => (None, None),
        }
    }
}
