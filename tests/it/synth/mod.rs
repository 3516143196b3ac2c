//! Invented hosts: whole sample logs made through the library's own types, the same for the same seed. From a
//! 512 MB VPS to a 64 GB server with disks, RAID, sensors and containers; with days and nights, gaps, reboots,
//! a leak of unreclaimable slab, broken lines and compressed days. Tests, benches and `examples/synth.rs` share it.
#![allow(dead_code, reason = "each user takes what it needs")]

mod machine;
mod memory;
mod parts;
mod random;

use cronograph::sample::Sample;
use flate2::{Compression, write::GzEncoder};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use machine::Machine;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Bytes in a MiB.
pub(crate) const MIB: f64 = 1024.0 * 1024.0;
/// Bytes in a GiB.
pub(crate) const GIB: f64 = 1024.0 * MIB;

/// What the host is like and what happens to it.
#[derive(Clone, Debug)]
pub(crate) struct Synth {
    /// Its name, which is the folder's.
    pub(crate) host: String,
    /// RAM in bytes. From 4 GiB on it is a server: two disks in a RAID, sensors, containers.
    pub(crate) ram: f64,
    /// First and last moment, unix time; `until` exclusive.
    pub(crate) from: i64,
    /// The end.
    pub(crate) until: i64,
    /// Seconds between samples.
    pub(crate) interval: i64,
    /// Another seed, another host.
    pub(crate) seed: u64,
    /// Stretches without samples though the host is up.
    pub(crate) gaps: Vec<(i64, i64)>,
    /// When the host boots; it was down for 90 seconds before.
    pub(crate) reboots: Vec<i64>,
    /// Unreclaimable slab that grows: since when, bytes a second. A reboot takes back what leaked.
    pub(crate) leak: Option<(i64, f64)>,
    /// When that growth ends, if it does.
    pub(crate) leak_until: Option<i64>,
    /// Daemons beside the usual ones.
    pub(crate) daemons: Vec<Daemon>,
    /// After every so many lines one is broken; 0: never.
    pub(crate) broken_every: usize,
    /// Days before the last one are `.gz`.
    pub(crate) gzip: bool,
    /// The log of an unprivileged user: no slab caches, no PSS.
    pub(crate) unprivileged: bool,
}

/// A daemon that somebody starts and stops.
#[derive(Clone, Debug)]
pub(crate) struct Daemon {
    /// The name of its process.
    pub(crate) name: &'static str,
    /// When it runs.
    pub(crate) runs: Vec<(i64, i64)>,
    /// Bytes that it holds from its start.
    pub(crate) bytes: f64,
    /// Bytes a second that it takes beside.
    pub(crate) leak: f64,
}

impl Daemon {
    /// Since when it runs, if it does, and what it holds.
    pub(crate) fn at(&self, at: i64) -> Option<(i64, f64)> {
        let run = self.runs.iter().find(|(from, until)| (*from..*until).contains(&at))?;
        Some((run.0, self.bytes + self.leak * (at - run.0) as f64))
    }
}

impl Synth {
    /// A healthy host that is sampled each minute.
    pub(crate) fn new(host: &str, ram: f64, from: i64, until: i64) -> Self {
        Self {
            host: host.to_owned(),
            ram,
            from,
            until,
            interval: 60,
            seed: 1,
            gaps: Vec::new(),
            reboots: Vec::new(),
            leak: None,
            leak_until: None,
            daemons: Vec::new(),
            broken_every: 0,
            gzip: false,
            unprivileged: false,
        }
    }

    /// The VPS of the story: 512 MB, and a leak of 1.02 MiB a minute since a moment.
    pub(crate) fn story(host: &str, from: i64, until: i64, leak_since: i64) -> Self {
        let leak = Some((leak_since, 1.02 * MIB / 60.0));
        Self { leak, ..Self::new(host, 480.0 * MIB, from, until) }
    }

    /// Its samples, in order.
    pub(crate) fn samples(&self) -> impl Iterator<Item = Sample> + '_ {
        let mut machine = Machine::new(self);
        let ticks = (self.until - self.from).max(0) / self.interval;
        (0..ticks).filter_map(move |tick| machine.sample(self.from + tick * self.interval))
    }

    /// Writes the log below `data` as `sample` would have, and says how many lines it has.
    pub(crate) fn write(&self, data: &Path) -> io::Result<u64> {
        let folder = data.join(&self.host).join("samples");
        fs::create_dir_all(&folder)?;
        let mut day: Option<(jiff::civil::Date, Box<dyn Write>)> = None;
        let mut lines = 0;
        for sample in self.samples() {
            let date = date_of(sample.t)?;
            if day.as_ref().is_none_or(|(open, _)| *open != date) {
                close(day.take())?;
                day = Some((date, self.create(&folder, date)?));
            }
            if let Some((_, file)) = &mut day {
                lines += 1;
                let mut line = serde_json::to_vec(&sample)?;
                if self.broken_every > 0 && lines % self.broken_every as u64 == 0 {
                    line.truncate(line.len() / 2);
                }
                line.push(b'\n');
                file.write_all(&line)?;
            }
        }
        close(day)?;
        Ok(lines)
    }

    /// A day's file: the last one open, those before it maybe compressed.
    fn create(&self, folder: &Path, date: jiff::civil::Date) -> io::Result<Box<dyn Write>> {
        let path = folder.join(format!("{date}.jsonl"));
        if self.gzip && date != date_of(self.until - 1)? {
            let file = BufWriter::new(File::create(path.with_extension("jsonl.gz"))?);
            return Ok(Box::new(GzEncoder::new(file, Compression::fast())));
        }
        Ok(Box::new(BufWriter::new(File::create(path)?)))
    }

    /// Whether it has RAID, sensors and containers.
    pub(crate) fn is_server(&self) -> bool {
        self.ram >= 4.0 * GIB
    }

    /// Cores: one for each 2 GiB, at most 16.
    pub(crate) fn cores(&self) -> usize {
        ((self.ram / (2.0 * GIB)).round() as usize).clamp(1, 16)
    }
}

/// Flushes a day's file; a compressed one writes its end when it is dropped.
fn close(day: Option<(jiff::civil::Date, Box<dyn Write>)>) -> io::Result<()> {
    day.map_or(Ok(()), |(_, mut file)| file.flush())
}

fn date_of(unix: i64) -> io::Result<jiff::civil::Date> {
    let at = Timestamp::from_second(unix).map_err(io::Error::other)?;
    Ok(at.to_zoned_datetime(TimeZone::UTC).date())
}

#[cfg(test)]
mod tests;
