//! An invented host that moves from sample to sample: its clock, its boots, its counters.

use super::Synth;
use super::memory::{Drive, Memory};
use super::random::Random;
use cronograph::sample::{FORMAT_VERSION, Sample};

/// How long the host is down before it boots again.
const DOWN_SECONDS: i64 = 90;
/// How long a host runs that was up before the log begins.
const EARLIER_SECONDS: i64 = 273_900;
/// Seconds between readings of dear sources.
const SLOW_SECONDS: i64 = 300;

/// The host at one moment.
pub(crate) struct Machine<'a> {
    /// What it is.
    pub(crate) synth: &'a Synth,
    /// Its dice.
    pub(crate) random: Random,
    /// Its memory.
    pub(crate) memory: Memory,
    /// Its running totals since boot.
    pub(crate) totals: Totals,
    /// When it booted.
    pub(crate) boot_time: i64,
    /// How busy it is, from 0 to about 1.
    pub(crate) activity: f64,
    /// How much of the nightly backup runs, 0 or 1.
    pub(crate) backup: f64,
    /// Load averages.
    pub(crate) load: [f64; 3],
    last: i64,
    last_day: i64,
    last_slow: i64,
}

/// Running totals since boot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    /// Per core: user, nice, system, idle, iowait, irq, softirq, steal.
    pub(crate) cores: Vec<[f64; 8]>,
    /// Context switches, forks.
    pub(crate) switches: f64,
    /// Processes started.
    pub(crate) forks: f64,
    /// Waited for CPU, io, memory.
    pub(crate) pressure: [f64; 3],
    /// Bytes read from and written to disk, seconds busy.
    pub(crate) disk: [f64; 3],
    /// Bytes received and sent.
    pub(crate) network: [f64; 2],
    /// Page faults.
    pub(crate) faults: f64,
    /// TCP segments sent again.
    pub(crate) retransmitted: f64,
    /// CPU seconds of each service.
    pub(crate) services: [f64; 5],
}

/// What kind of sample comes now.
pub(crate) struct Beat {
    /// Unix time.
    pub(crate) at: i64,
    /// Seconds since boot.
    pub(crate) uptime: f64,
    /// Dear sources are read.
    pub(crate) slow: bool,
    /// Seconds since the sample before, or since boot.
    pub(crate) elapsed: f64,
}

impl<'a> Machine<'a> {
    /// The host just before the first sample.
    pub(crate) fn new(synth: &'a Synth) -> Self {
        let mut machine = Self {
            synth,
            random: Random::new(
                synth.seed ^ synth.host.bytes().fold(7, |sum, byte| sum * 31 + u64::from(byte)),
            ),
            memory: Memory::default(),
            totals: Totals::default(),
            boot_time: 0,
            activity: 0.3,
            backup: 0.0,
            load: [0.1; 3],
            last: 0,
            last_day: 0,
            last_slow: 0,
        };
        machine.boot(synth.from - EARLIER_SECONDS);
        machine.last = synth.from - synth.interval;
        machine
    }

    fn boot(&mut self, at: i64) {
        self.boot_time = at;
        self.memory = Memory::default();
        self.totals = Totals { cores: vec![[0.0; 8]; self.synth.cores()], ..Totals::default() };
        self.last = at;
        (self.last_day, self.last_slow) = (0, 0);
    }

    /// The sample of this minute, unless the host is down or cron does not run.
    pub(crate) fn sample(&mut self, at: i64) -> Option<Sample> {
        let reboots = &self.synth.reboots;
        if reboots.iter().any(|boot| (boot - DOWN_SECONDS..boot + 10).contains(&at)) {
            return None;
        }
        if let Some(&boot) = reboots.iter().filter(|boot| **boot <= at).max() {
            if boot > self.boot_time {
                self.boot(boot);
            }
        }
        let silent = self.synth.gaps.iter().any(|(from, until)| (*from..*until).contains(&at));
        let beat = self.advance(at, silent);
        (!silent).then(|| self.observe(&beat))
    }

    /// Lets the time pass.
    fn advance(&mut self, at: i64, silent: bool) -> Beat {
        let elapsed = (at - self.last) as f64;
        self.last = at;
        let second = at.rem_euclid(86_400) as f64;
        // Busiest at 15:00 UTC; weekends are quieter; a backup runs from 03:00 to 03:20.
        let day = 0.5 - 0.5 * ((second / 3_600.0 - 3.0) / 24.0 * std::f64::consts::TAU).cos();
        let weekend = if matches!(at.div_euclid(86_400).rem_euclid(7), 2 | 3) { 0.6 } else { 1.0 };
        self.activity = ((0.12 + 0.75 * day * weekend) * (1.0 + 0.18 * self.random.noise())).clamp(0.02, 1.2);
        self.backup = if (10_800.0..12_000.0).contains(&second) { 1.0 } else { 0.0 };
        if let Some((since, rate)) = self.synth.leak {
            let end = self.synth.leak_until.map_or(at, |until| at.min(until));
            self.memory.leaked = rate * (end - since.max(self.boot_time)).max(0) as f64;
        }
        self.memory.daemons =
            self.synth.daemons.iter().filter_map(|daemon| daemon.at(at)).map(|(_, bytes)| bytes).sum();
        self.count(elapsed);
        let slow = !silent && at - self.last_slow >= SLOW_SECONDS;
        if slow {
            self.last_slow = at;
        }
        Beat { at, uptime: (at - self.boot_time) as f64 + 0.37, slow, elapsed }
    }

    /// Adds what happened in these seconds to the totals.
    fn count(&mut self, elapsed: f64) {
        let cores = self.synth.cores();
        let (busy, backup) = (self.activity, self.backup);
        for core in 0..cores {
            let noise = 1.0 + 0.15 * self.random.noise();
            let user = (0.28 * busy * noise).clamp(0.0, 0.8);
            let system = 0.08 * busy + 0.05 * backup;
            let iowait = 0.01 * busy + 0.25 * backup / cores as f64;
            let steal =
                if self.synth.is_server() { 0.0 } else { 0.012 * (1.0 + self.random.noise()).max(0.0) };
            let softirq = 0.01 * busy;
            let shares = [user, 0.002, system, 0.0, iowait, 0.001, softirq, steal];
            let idle = (1.0 - shares.iter().sum::<f64>()).max(0.0);
            for (total, share) in self.totals.cores[core].iter_mut().zip(shares) {
                *total += share * elapsed;
            }
            self.totals.cores[core][3] += idle * elapsed;
        }
        let wanted = cores as f64 * 0.37 * busy + backup;
        for (load, minutes) in self.load.iter_mut().zip([1.0, 5.0, 15.0]) {
            *load += (wanted - *load) * (1.0 - (-elapsed / 60.0 / minutes).exp());
        }
        let totals = &mut self.totals;
        let short = self.memory.swap_used / self.synth.ram;
        totals.switches += 900.0 * (0.2 + busy) * cores as f64 * elapsed;
        totals.forks += (1.5 + 4.0 * busy) * elapsed;
        totals.faults += (300.0 + 2_000.0 * busy) * elapsed;
        totals.retransmitted += 0.2 * busy * elapsed;
        let waits = [0.015 * busy, 0.004 * busy + 0.2 * backup, 0.1 * short];
        for (total, share) in totals.pressure.iter_mut().zip(waits) {
            *total += share * elapsed;
        }
        let disk = [40e3 * busy + 30e6 * backup, 180e3 * busy + 20e3, 0.006 * busy + 0.45 * backup];
        for (total, rate) in totals.disk.iter_mut().zip(disk) {
            *total += rate * elapsed;
        }
        let scale = if self.synth.is_server() { 20.0 } else { 1.0 };
        totals.network[0] += scale * 60e3 * busy * elapsed;
        totals.network[1] += scale * (220e3 * busy + 900e3 * backup) * elapsed;
        for (total, share) in totals.services.iter_mut().zip([0.12, 0.09, 0.03, 0.004, 0.002]) {
            *total += share * busy * cores as f64 * elapsed;
        }
    }

    /// Writes down what is.
    fn observe(&mut self, beat: &Beat) -> Sample {
        let tasks = self.tasks();
        let drive = Drive { uptime: beat.uptime, activity: self.activity, tasks };
        let (meminfo, zoneinfo) = self.memory.step(self.synth, &drive, &mut self.random);
        let day = beat.at.div_euclid(86_400);
        let facts = day != self.last_day;
        self.last_day = day;
        Sample {
            v: FORMAT_VERSION,
            t: beat.at,
            boot: Some(self.boot_id()[..8].to_owned()),
            uptime: Some(beat.uptime),
            host: facts.then(|| self.host()),
            stat: Some(self.stat()),
            loadavg: Some(self.loadavg()),
            pressure: Some(self.pressure()),
            meminfo: Some(meminfo),
            vmstat: Some(self.vmstat()),
            zoneinfo: Some(zoneinfo),
            slabinfo: (beat.slow && !self.synth.unprivileged).then(|| self.slabinfo()),
            diskstats: Some(self.diskstats()),
            filesystem: Some(self.filesystems()),
            netdev: Some(self.netdev()),
            sockstat: Some(self.sockstat()),
            processes: Some(self.processes(beat)),
            vfs: Some(self.vfs()),
            sessions: Some(self.sessions()),
            hwmon: self.synth.is_server().then(|| self.hwmon()),
            mdstat: self.synth.is_server().then(|| self.mdstat()),
            cgroup: Some(self.cgroups(beat)),
            own_cost: Some(self.own_cost()),
            ..Sample::default()
        }
    }

    /// Tasks, which follow the activity.
    pub(crate) fn tasks(&self) -> f64 {
        let least = if self.synth.is_server() { 600.0 } else { 110.0 };
        (least * (1.0 + 0.1 * self.activity)).round()
    }

    /// Made of host and boot time.
    pub(crate) fn boot_id(&self) -> String {
        let mut dice = Random::new(self.boot_time as u64 ^ self.synth.seed);
        format!("{:08x}-{:04x}-4000-8000-{:012x}", dice.bits() as u32, dice.bits() as u16, dice.bits() >> 16)
    }
}
