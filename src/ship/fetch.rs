//! Reads samples back from an engine to which hosts push, by Prometheus' HTTP API, into logs of our own: whoever reads those then reads
//! the same lines, whichever way they came.
//!
//! Only what is newer than the log is asked for, an hour at a time. The last minute is left for the next run: an engine shows a request's
//! points one after the other. A host that is sampled on this machine is not read, nor what has another sampler's times.

use super::back::{Back, Labels, meant};
use super::error::ShipError;
use super::login::Login;
use crate::base::files;
use crate::base::http::{Client, Exchange};
use crate::base::refusal::Refusal;
use crate::config::{Secret, SourceConfig};
use crate::sample::Sample;
use crate::sample::host::Host;
use crate::store::{self, Layout};
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The folder of the lock under the data folder. No host has such a name.
const FOLDER: &str = ".source";
/// What is asked for at once.
const STRETCH_SECONDS: i64 = 3_600;
/// What is newer than that is not asked for yet.
const YOUNG_SECONDS: i64 = 60;
/// The longest that an answer may take.
const LIMIT_SECONDS: f64 = 30.0;
/// The longest answer: an hour of a large host has a few megabytes. What is read of it takes about three times as much memory, for
/// each core.
const ANSWER_BYTES: u64 = 32 * 1024 * 1024;
const DAY_SECONDS: i64 = 86_400;
/// Each sample of ours has one of them; an imported one may have no uptime.
const CLOCKS: [&str; 2] = ["cronograph_uptime_seconds", "cronograph_imported_info"];

/// What is to be read.
pub struct Fetch<'a> {
    /// The data folder.
    pub data: &'a Path,
    /// The engine.
    pub config: &'a SourceConfig,
    /// Only this host.
    pub host: Option<&'a str>,
    /// Unix time.
    pub now: i64,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Fetched {
    /// Samples that are in the logs now.
    pub samples: u64,
    /// Why the engine, or a host of it, could not be read.
    pub failed: Vec<String>,
}

/// An answer of the API.
#[derive(Debug, Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    result: Vec<Found>,
}

#[derive(Debug, Deserialize)]
struct Found {
    metric: Labels,
    #[serde(default)]
    values: Vec<(f64, String)>,
}

impl Fetch<'_> {
    /// Reads what is new.
    ///
    /// # Errors
    /// The data folder cannot be written. What the engine says stands in what is given back.
    pub fn run(&self) -> Result<Fetched, ShipError> {
        let Some(url) = &self.config.prometheus else { return Ok(Fetched::default()) };
        let folder = self.data.join(FOLDER);
        files::create_private_folder(&folder)?;
        let _lock = match files::lock_path(&folder.join("lock"), 0.0) {
            // Another run reads the same.
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(Fetched::default()),
            lock => lock?,
        };
        let reader =
            Reader { client: Client::new(), url, config: self.config, login: Login::to_read(self.config) };
        let hosts = match reader.hosts(self.now) {
            Ok(hosts) => hosts,
            Err(refusal) => {
                let failed = vec![format!("nothing was read from {}: {refusal}", url.shown_address())];
                return Ok(Fetched { samples: 0, failed });
            }
        };
        let wanted: Vec<String> =
            hosts.into_iter().filter(|host| self.host.is_none_or(|wanted| wanted == host)).collect();
        let read: Vec<Result<(u64, Option<String>), ShipError>> =
            wanted.par_iter().map(|host| self.host(&reader, host)).collect();
        let mut fetched = Fetched::default();
        for result in read {
            let (samples, failure) = result?;
            fetched.samples += samples;
            fetched.failed.extend(failure);
        }
        Ok(fetched)
    }

    /// Reads a host; how many samples, and why it ended early.
    fn host(&self, reader: &Reader<'_>, name: &str) -> Result<(u64, Option<String>), ShipError> {
        let layout = match Layout::new(self.data, name) {
            Ok(layout) => layout,
            Err(error) => return Ok((0, Some(error.to_string()))),
        };
        if layout.state().exists() {
            return Ok((0, None));
        }
        let last = store::tail(&layout, 1)?.pop();
        let mut from = match &last {
            Some(sample) => sample.t + 1,
            None => self.now - i64::from(self.config.days) * DAY_SECONDS,
        };
        let mut log = Log {
            layout: &layout,
            said: None,
            boot: last.and_then(|sample| sample.boot),
            count: 0,
            unmade: None,
        };
        let until = self.now - YOUNG_SECONDS;
        while from < until {
            let to = (from + STRETCH_SECONDS).min(until);
            match reader.samples(name, from, to) {
                Ok(samples) => samples.into_iter().try_for_each(|(t, back)| log.add(t, back))?,
                Err(refusal) => return Ok((log.count, Some(format!("{name} was not read: {refusal}")))),
            }
            from = to;
        }
        let unmade =
            log.unmade.map(|reason| format!("{name}: samples that are not whole were left out: {reason}"));
        Ok((log.count, unmade))
    }
}

/// The log that is written.
struct Log<'a> {
    layout: &'a Layout,
    /// The day and the facts that were said last.
    said: Option<(i64, Host)>,
    boot: Option<String>,
    count: u64,
    /// Why a sample could not be made of what was read.
    unmade: Option<String>,
}

impl Log<'_> {
    /// Appends a sample, with the facts where a sampler would say them: on a new day, after a boot, when they changed.
    fn add(&mut self, t: i64, back: Back) -> Result<(), ShipError> {
        let (mut sample, host): (Sample, _) = match back.finish(t) {
            Ok(made) => made,
            Err(error) => {
                self.unmade.get_or_insert_with(|| error.to_string());
                return Ok(());
            }
        };
        let day = t.div_euclid(DAY_SECONDS);
        if let Some(host) = host {
            let is_new = self.boot != sample.boot
                || self.said.as_ref().is_none_or(|(known, said)| *known != day || *said != host);
            if is_new {
                self.said = Some((day, host.clone()));
                sample.host = Some(host);
            }
        }
        self.boot.clone_from(&sample.boot);
        store::append(self.layout, &sample)?;
        self.count += 1;
        Ok(())
    }
}

/// The engine.
struct Reader<'a> {
    client: Client,
    url: &'a Secret,
    config: &'a SourceConfig,
    login: Login,
}

impl Reader<'_> {
    /// The hosts that have pushed.
    fn hosts(&self, now: i64) -> Result<Vec<String>, Refusal> {
        let span = self.config.days;
        let of = |clock: &str| format!("count by (instance) (last_over_time({clock}[{span}d]))");
        let found = self.query(&CLOCKS.map(of).join(" or "), now)?;
        Ok(found.into_iter().filter_map(|mut found| found.metric.remove("instance")).collect())
    }

    /// The samples of a stretch of time, in order.
    fn samples(&self, host: &str, from: i64, to: i64) -> Result<BTreeMap<i64, Back>, Refusal> {
        let quoted = host.replace('\\', "\\\\").replace('"', "\\\"");
        let query =
            format!("{{instance=\"{quoted}\",__name__=~\"node_.*|cronograph_.*\"}}[{}s]", to - from + 1);
        let found = self.query(&query, to)?;
        let whole = |(time, text): &(f64, String)| {
            #[expect(clippy::cast_possible_truncation, reason = "unix time")]
            let t = *time as i64;
            let value: f64 = text.parse().ok()?;
            (time.fract() == 0.0 && (from..to).contains(&t)).then_some((t, value))
        };
        // What node_exporter says of the same host has other times.
        let is_clock =
            |found: &&Found| found.metric.get("__name__").is_some_and(|name| CLOCKS.contains(&name.as_str()));
        let clocks = found.iter().filter(is_clock).flat_map(|found| found.values.iter().filter_map(whole));
        let mut samples: BTreeMap<i64, Back> = clocks.map(|(t, _)| (t, Back::default())).collect();
        for series in &found {
            let Some(mapped) = meant(&series.metric) else { continue };
            for (t, value) in series.values.iter().filter_map(whole) {
                if let Some(back) = samples.get_mut(&t) {
                    back.add(mapped, &series.metric, value);
                }
            }
        }
        Ok(samples)
    }

    fn query(&self, query: &str, time: i64) -> Result<Vec<Found>, Refusal> {
        let url = format!("{}/api/v1/query", self.url.reveal().trim_end_matches('/'));
        let body = format!("query={}&time={time}", encoded(query));
        let exchange = Exchange {
            method: "POST",
            url: &url,
            shown: self.url.shown_address(),
            headers: [("Content-Type", "application/x-www-form-urlencoded")]
                .into_iter()
                .chain(self.login.headers())
                .collect(),
            body: body.as_bytes(),
        };
        let answer = self.client.fetch(&exchange, LIMIT_SECONDS, ANSWER_BYTES)?;
        self.login.judge(&answer, time)?;
        let answer: Answer = serde_json::from_slice(&answer.body).map_err(|_| {
            let most = ANSWER_BYTES / 1024 / 1024;
            Refusal::lasting(format!("the server's answer is not Prometheus', or longer than {most} MiB"))
        })?;
        Ok(answer.data.result)
    }
}

/// A value of a form.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
