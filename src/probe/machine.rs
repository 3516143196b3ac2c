//! The world of real experiments: this machine. Memory is read when it has come to rest, as the kernel gives back what a
//! process held some milliseconds after its end (RCU); where others move it all the time, the lowest of many readings is taken,
//! since what is allocated and freed stands above the floor.

use super::ProbeError;
use super::account::Account;
use super::cover::Cover;
use super::process::Runner;
use super::reading::{Catalogue, Reading};
use super::way::Way;
use super::world::{Kind, World};
use crate::base::clock::{Clock, Stopwatch};
use crate::sample::command::Outcome;
use crate::sample::leftover::Leftover;
use crate::sample::{Root, Watcher};
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Memory is at rest when two readings differ by no more than this, after so long at least, and at most.
const AT_REST_BYTES: f64 = 8192.0;
const LEAST_REST_SECONDS: f64 = 0.03;
const MOST_REST_SECONDS: f64 = 0.15;
const STEP: Duration = Duration::from_millis(5);

/// How a command is run.
#[derive(Debug)]
pub struct Setup {
    /// The tree whose `/proc` is read; programs run on this machine all the same.
    pub root: Root,
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// The way.
    pub way: Way,
    /// The user; none for this one.
    pub account: Option<Account>,
    /// After how long a run is killed.
    pub timeout_seconds: f64,
    /// Set when the user wants all to end.
    pub interrupted: Arc<AtomicBool>,
}

/// This machine.
#[derive(Debug)]
pub struct Machine {
    watcher: Watcher,
    runner: Runner,
    command: Vec<OsString>,
    control: Vec<OsString>,
    started: Stopwatch,
}

impl Machine {
    /// Makes ready to run a command.
    ///
    /// # Errors
    /// The tree does not say where its memory is.
    pub fn new(setup: Setup, cover: Option<Cover>) -> Result<Self, ProbeError> {
        let mut watcher = Watcher::new(setup.root, Clock::Real);
        let sample = watcher.memory();
        if Reading::of_memory(&sample).is_none() {
            let reason =
                sample.errors.values().next().cloned().unwrap_or_else(|| "it has no MemTotal".to_owned());
            let path = watcher.root().path("proc/meminfo").display().to_string();
            return Err(ProbeError::NoMemory { path, reason });
        }
        let runner = Runner {
            way: setup.way,
            account: setup.account,
            timeout_seconds: setup.timeout_seconds,
            cover,
            interrupted: setup.interrupted,
            leftover: Leftover::new(),
        };
        let control = vec![OsString::from("true")];
        Ok(Self { watcher, runner, command: setup.command, control, started: Stopwatch::start() })
    }

    /// What programs can get without swapping; where the kernel does not tell, what is free and what is cache.
    pub fn available(&mut self) -> f64 {
        let sample = self.watcher.memory();
        let told = sample.meminfo.as_ref().and_then(|memory| memory.mem_available);
        #[expect(clippy::cast_precision_loss, reason = "bytes of memory")]
        let told = told.map(|bytes| bytes as f64);
        let given_back = || {
            let reading = Reading::of_memory(&sample)?;
            let total: f64 = reading.parts.iter().filter(|bytes| bytes.is_finite()).sum();
            Some(total - reading.staying())
        };
        told.or_else(given_back).unwrap_or(0.0)
    }

    /// Switches scripts off, by their numbers, and all others on.
    ///
    /// # Errors
    /// A permission cannot be changed.
    pub fn switch_off(&mut self, scripts: &[usize]) -> Result<(), ProbeError> {
        match &mut self.runner.cover {
            Some(cover) => cover.switch_off(scripts),
            None => Ok(()),
        }
    }

    /// How many processes were left running, and ends them.
    pub fn end_leftover(&mut self) -> usize {
        self.runner.leftover.end(&std::collections::BTreeSet::new())
    }

    /// The readings of a rest.
    fn rest_and_read(&mut self) -> Vec<Reading> {
        let watch = Stopwatch::start();
        let mut readings: Vec<Reading> = Vec::new();
        let is_real = self.watcher.root().is_real();
        loop {
            readings.extend(Reading::of_memory(&self.watcher.memory()));
            let seconds = watch.seconds();
            if !is_real || seconds > MOST_REST_SECONDS || (seconds > LEAST_REST_SECONDS && at_rest(&readings))
            {
                return readings;
            }
            std::thread::sleep(STEP);
        }
    }
}

fn at_rest(readings: &[Reading]) -> bool {
    let moved = |pair: &[Reading]| (pair[1].staying() - pair[0].staying()).abs();
    readings.len() > 2 && readings.windows(2).last().is_some_and(|pair| moved(pair) <= AT_REST_BYTES)
}

/// Each part as it was lowest; of a machine at rest, as it was last.
fn low(readings: &[Reading]) -> Reading {
    let Some(last) = readings.last() else { return Reading::default() };
    if at_rest(readings) {
        return last.clone();
    }
    let lowest = |part: usize| {
        let bytes = readings.iter().map(|reading| reading.parts[part]);
        bytes.reduce(f64::min).unwrap_or(f64::NAN)
    };
    let parts = (0..last.parts.len()).map(lowest);
    Reading { parts: parts.collect(), things: Vec::new() }
}

impl World for Machine {
    fn run(&mut self, kind: Kind, seconds: f64) -> Result<Outcome, ProbeError> {
        let command = match kind {
            Kind::Command => &self.command,
            Kind::Control => &self.control,
        };
        self.runner.run(command, seconds)
    }

    fn read(&mut self, catalogue: &mut Catalogue) -> Reading {
        Leftover::reap();
        let readings = self.rest_and_read();
        let mut reading = low(&readings);
        let sample = self.watcher.all();
        #[expect(clippy::cast_precision_loss, reason = "a number of processes")]
        let processes = self.runner.leftover.processes().len() as f64;
        reading.add_things(&sample, &self.watcher, processes, catalogue);
        reading
    }

    fn rest(&mut self, seconds: f64) {
        std::thread::sleep(Duration::from_secs_f64(seconds.max(0.0)));
    }

    fn drop_caches(&mut self) -> bool {
        rustix::fs::sync();
        fs_err::write(self.watcher.root().path("proc/sys/vm/drop_caches"), "3").is_ok()
    }

    fn seconds(&self) -> f64 {
        self.started.seconds()
    }

    fn is_interrupted(&self) -> bool {
        self.runner.interrupted.load(Ordering::Relaxed)
    }
}
