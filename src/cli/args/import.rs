//! Options of `import`.

use clap::Args;
use std::path::PathBuf;

/// `cronograph import`
#[derive(Debug, Args)]
#[command(after_help = "\
Files of sysstat (/var/log/sysstat/sa*; read by sadf, package sysstat) and round robin databases of Munin or anything else
(*.rrd; read by rrdtool); or what `sadf -j FILE -- -A`, `rrdtool dump FILE` and `rrdtool xport` print. Munin's names say
what is in them; all files of a host belong into one run. Only times before the first sample of the host and gaps of more
than 15 minutes are filled; what is there stays, and the same files again change nothing.
Example, first what would come of it:
  cronograph import --dry-run /var/log/sysstat/sa??
Example, a host of Munin, on its server:
  cronograph import --host web-1 /var/lib/munin/example.org/web-1.example.org-*.rrd
Example, another host's sysstat over SSH:
  ssh db-1 sadf -j -- -A -F MOUNT | cronograph import --host db-1 -
Example, any database: its sources by name, a factor where the unit is another:
  cronograph import --map temp_free=meminfo.MemFree*1024 --map lan:in=netdev.rx_bytes:eth0 temp_free.rrd lan.rrd")]
pub struct ImportArgs {
    /// The files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Name of the host in the data folder that they are about; without it, this host
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// The name that the files have for the host, where it is another one
    #[arg(long, value_name = "NAME")]
    pub from_host: Option<String>,
    /// Say what a source is: `NAME=NUMBER[:INSTANCE][*FACTOR]`, NUMBER as in docs/metrics.md
    #[arg(long, value_name = "SOURCE")]
    pub map: Vec<String>,
    /// Tell what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}
