//! Writes the log of an invented host, to develop pages with and to measure on:
//!
//! ```text
//! cargo run --example synth -- --out /tmp/data --host web-1 --days 30 --size 512M --leak-since -7h
//! cargo run -- site --data /tmp/data --out /tmp/site
//! ```
//!
//! Times are unix seconds, or `-90m`, `-9h`, `-3d` before the end.

#[path = "../tests/it/synth/mod.rs"]
mod synth;

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use cronograph::base::clock::Clock;
use std::path::PathBuf;
use synth::{MIB, Synth};

/// Writes the log of an invented host.
#[derive(Debug, Parser)]
struct Args {
    /// The data folder
    #[arg(long)]
    out: PathBuf,
    /// The host's name
    #[arg(long, default_value = "web-1")]
    host: String,
    /// How many days, or parts of one
    #[arg(long, default_value_t = 1.0)]
    days: f64,
    /// RAM: 512M, 1G, 64G; from 4G on a server with RAID, sensors, containers
    #[arg(long, default_value = "512M")]
    size: String,
    /// Seconds between samples
    #[arg(long, default_value_t = 60)]
    interval: i64,
    /// The end, unix time; default: now
    #[arg(long)]
    until: Option<i64>,
    /// Another seed, another host
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// When unreclaimable slab begins to leak
    #[arg(long, allow_hyphen_values = true)]
    leak_since: Option<String>,
    /// How fast, MiB a minute
    #[arg(long, default_value_t = 1.02)]
    leak_rate: f64,
    /// A stretch without samples: `-5h,-3h`
    #[arg(long, allow_hyphen_values = true)]
    gap: Vec<String>,
    /// When the host booted
    #[arg(long, allow_hyphen_values = true)]
    reboot: Vec<String>,
    /// Break one line of so many
    #[arg(long, default_value_t = 0)]
    broken_every: usize,
    /// Compress closed days
    #[arg(long)]
    gzip: bool,
    /// As an ordinary user would have sampled
    #[arg(long)]
    unprivileged: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let until = args.until.unwrap_or_else(|| Clock::Real.now());
    let from = until - (args.days * 86_400.0) as i64;
    let mut host = Synth::new(&args.host, size(&args.size)?, from - from.rem_euclid(args.interval), until);
    host.interval = args.interval;
    host.seed = args.seed;
    host.broken_every = args.broken_every;
    host.gzip = args.gzip;
    host.unprivileged = args.unprivileged;
    if let Some(since) = &args.leak_since {
        host.leak = Some((moment(since, until)?, args.leak_rate * MIB / 60.0));
    }
    for gap in &args.gap {
        let (from, to) = gap.split_once(',').context("a gap is FROM,UNTIL")?;
        host.gaps.push((moment(from, until)?, moment(to, until)?));
    }
    for boot in &args.reboot {
        host.reboots.push(moment(boot, until)?);
    }
    let lines = host.write(&args.out)?;
    println!("{}: {lines} samples in {}", args.host, args.out.join(&args.host).display());
    Ok(())
}

/// `512M`, `64G`. A little of it is the firmware's and the kernel's own.
fn size(text: &str) -> Result<f64> {
    let (digits, unit) = text.split_at(text.len().saturating_sub(1));
    let factor = match unit {
        "M" => MIB,
        "G" => 1024.0 * MIB,
        _ => return Err(anyhow!("size {text:?}: a number and M or G, as 512M")),
    };
    let number: f64 = digits.parse().with_context(|| format!("size {text:?}"))?;
    Ok((number * factor * 0.96 / 4096.0).round() * 4096.0)
}

/// Unix seconds, or a time before the end.
fn moment(text: &str, until: i64) -> Result<i64> {
    let unit = match text.chars().last() {
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => return text.parse().with_context(|| format!("time {text:?}")),
    };
    let number: i64 = text[..text.len() - 1].parse().with_context(|| format!("time {text:?}"))?;
    Ok(until + number * unit)
}
