//! Points become samples. Rates become counters: what passed is added up, so that the reader's rates are those of the source.
//!
//! * A stretch is what follows without a hole and without a boot. Each has a boot id of its own and counters that begin at 0: no
//!   rate is made over its edges, nor to the host's own samples. Its first line has only the counters, where its first rate begins.
//! * `sadf` does not tell the first record of a file, from which it makes its first rates. Where one file goes on where another ended,
//!   midnight is the mean of what is told around it; a longer pause stays one.
//! * The sums are kept as they are and rounded only in the line: rounding does not add up.
//! * What a line says depends on the source alone: the same files give the same lines.

use super::reading::{Found, Number, Numbers, Value};
use crate::sample::host::Host;
use crate::sample::metric::{Kind, Metric, Visitor};
use crate::sample::{FORMAT_VERSION, Sample};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, HashMap};

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Parts with an entry for each disk, interface or mount point.
pub(super) const WITH_INSTANCES: [&str; 3] = ["diskstats", "filesystem", "netdev"];

/// The samples of what was found, by time.
pub(super) fn samples(found: &Found) -> Vec<Sample> {
    let mut writing =
        Writing { found, shapes: HashMap::new(), samples: Vec::new(), host_day: None, before: None };
    let mut stretch: Option<Stretch> = None;
    for (&t, numbers) in &found.points {
        let seconds = numbers.values().map(|value| value.seconds).min().unwrap_or(0);
        let goes_on = stretch.as_ref().is_some_and(|stretch| {
            follows(stretch.last, t, seconds)
                && !found.restarts.iter().any(|at| (stretch.last + 1..=t).contains(at))
        });
        let start = t - seconds;
        let middle = writing.untold(stretch.as_ref(), start, t);
        if let Some((stretch, middle)) = stretch.as_mut().zip(middle) {
            stretch.add(start, &middle);
            writing.point(stretch, start, &middle);
        } else if !goes_on {
            let after = stretch.as_ref().is_none_or(|before| start > before.last);
            let new = Stretch::begin(start, found);
            if after {
                writing.base(&new, numbers);
            }
            stretch = Some(new);
        }
        if let Some(stretch) = &mut stretch {
            stretch.add(t, numbers);
            writing.point(stretch, t, numbers);
            writing.before = Some(numbers);
        }
    }
    writing.samples
}

/// Whether the seconds before a time begin where the one before ended; clocks tick in whole seconds.
fn follows(last: i64, t: i64, seconds: i64) -> bool {
    t > last && (t - seconds - last).abs() <= (seconds / 20).max(2)
}

/// What follows without a hole.
struct Stretch {
    /// Its boot id: when it begins.
    boot: String,
    /// When the host booted, where the source tells.
    booted: Option<i64>,
    /// The last point.
    last: i64,
    /// Of each counter the sum, and its last time.
    totals: BTreeMap<Number, (f64, i64)>,
}

impl Stretch {
    fn begin(start: i64, found: &Found) -> Self {
        // A program of the boot's own beginning writes that there was one: some seconds after it.
        let booted = found.restarts.iter().rev().find(|at| **at <= start + 2).copied();
        Self { boot: format!("{:08x}", start & 0xffff_ffff), booted, last: start, totals: BTreeMap::new() }
    }

    /// Adds up what passed.
    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    fn add(&mut self, t: i64, numbers: &Numbers) {
        for (number, value) in numbers.iter().filter(|(number, _)| number.metric.kind == Kind::Counter) {
            let start = self.last;
            let (sum, last) = self.totals.entry(number.clone()).or_insert((0.0, start));
            let passed = if follows(*last, t, value.seconds) { t - *last } else { value.seconds };
            *sum += value.value.max(0.0) * passed as f64;
            *last = t;
        }
        self.last = t;
    }
}

/// Lines while they are made.
struct Writing<'a> {
    found: &'a Found,
    /// Whether the log keeps a number as a whole one.
    shapes: HashMap<(&'static str, &'static str), bool>,
    samples: Vec<Sample>,
    /// The day and the stretch that have facts about the host.
    host_day: Option<(i64, String)>,
    /// The point before.
    before: Option<&'a Numbers>,
}

impl Writing<'_> {
    /// What is not told between the end of a stretch and the start of the next point, where that is one record.
    fn untold(&self, stretch: Option<&Stretch>, start: i64, t: i64) -> Option<Numbers> {
        let (last, before) = (stretch?.last, self.before?);
        let is_one = self.found.source == "sysstat" && start > last && follows(last, start, t - start);
        let is_boot = self.found.restarts.iter().any(|at| (last + 1..=t).contains(at));
        if !is_one || is_boot || follows(last, t, t - start) {
            return None;
        }
        let after = self.found.points.get(&t)?;
        let both = before.iter().filter_map(|(number, one)| Some((number, one, after.get(number)?)));
        let mean = |one: &Value, other: &Value| Value {
            value: f64::midpoint(one.value, other.value),
            seconds: start - last,
        };
        Some(both.map(|(number, one, other)| (number.clone(), mean(one, other))).collect())
    }

    /// The line from which the first rates of a stretch are made.
    fn base(&mut self, stretch: &Stretch, numbers: &Numbers) {
        let counters = numbers.keys().filter(|number| number.metric.kind == Kind::Counter);
        let zeros: Vec<(Number, f64)> = counters.map(|number| (number.clone(), 0.0)).collect();
        if !zeros.is_empty() {
            self.line(stretch, stretch.last, &zeros);
        }
    }

    fn point(&mut self, stretch: &Stretch, t: i64, numbers: &Numbers) {
        let values = numbers.iter().map(|(number, value)| {
            let value = match number.metric.kind {
                Kind::Gauge => value.value,
                Kind::Counter => stretch.totals.get(number).map_or(0.0, |(sum, _)| *sum),
            };
            (number.clone(), value)
        });
        let values: Vec<(Number, f64)> = values.collect();
        self.line(stretch, t, &values);
    }

    fn line(&mut self, stretch: &Stretch, t: i64, values: &[(Number, f64)]) {
        let mut parts = Map::new();
        for (number, value) in values {
            let whole = *self
                .shapes
                .entry((number.metric.collector, number.metric.field))
                .or_insert_with(|| !accepts(number, &json!(0.5)));
            put(&mut parts, number, &shaped(*value, whole));
        }
        parts.insert("v".to_owned(), FORMAT_VERSION.into());
        parts.insert("t".to_owned(), t.into());
        // Only names and numbers that were tried: it cannot fail.
        let Ok(mut sample) = serde_json::from_value::<Sample>(Json::Object(parts)) else { return };
        sample.boot = Some(stretch.boot.clone());
        #[expect(clippy::cast_precision_loss, reason = "an uptime is exact in an f64")]
        let uptime = stretch.booted.map(|booted| (t - booted) as f64);
        sample.uptime = uptime;
        sample.imported = Some(self.found.source.to_owned());
        let day = (t.div_euclid(DAY), stretch.boot.clone());
        if let Some(host) = self.found.host.as_ref().filter(|_| self.host_day.as_ref() != Some(&day)) {
            sample.host = Some(Host { boot_time: stretch.booted, ..host.clone() });
            self.host_day = Some(day);
        }
        self.samples.push(sample);
    }
}

/// A number as the log keeps it: whole, or to the microsecond.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a negative one is none")]
fn shaped(value: f64, whole: bool) -> Json {
    if whole { json!(value.round().max(0.0) as u64) } else { json!((value * 1e6).round() / 1e6) }
}

/// Whether a sample can hold such a value of a number.
pub(super) fn accepts(number: &Number, value: &Json) -> bool {
    let mut parts = Map::new();
    put(&mut parts, number, value);
    parts.insert("v".to_owned(), FORMAT_VERSION.into());
    parts.insert("t".to_owned(), 0.into());
    let mut seen = Seen { number, is_there: false };
    if let Ok(sample) = serde_json::from_value::<Sample>(Json::Object(parts)) {
        sample.numbers(&mut seen);
    }
    seen.is_there
}

/// Looks for a number in a sample: what serde does not know it passes over.
struct Seen<'a> {
    number: &'a Number,
    is_there: bool,
}

impl Visitor for Seen<'_> {
    fn number(&mut self, metric: &'static Metric, instance: &str, _: f64) {
        self.is_there |= metric == self.number.metric && instance == self.number.instance;
    }
}

/// Puts a number where it stands in a line.
fn put(parts: &mut Map<String, Json>, number: &Number, value: &Json) {
    let (collector, field) = (number.metric.collector, number.metric.field);
    let part = parts.entry(collector).or_insert_with(|| json!({}));
    if WITH_INSTANCES.contains(&collector) {
        let entry = &mut part[&number.instance];
        if collector == "filesystem" && entry.is_null() {
            // The source knows neither.
            *entry = json!({"device": "", "type": ""});
        }
        entry[field] = value.clone();
    } else {
        part[field] = value.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(id: &str) -> Number {
        Number::named(id, if id.starts_with("netdev") { "eth0" } else { "" }).unwrap()
    }

    fn found(points: &[(i64, i64, f64)], restarts: &[i64]) -> Found {
        let mut found = Found { source: "sysstat", restarts: restarts.to_vec(), ..Found::default() };
        for (t, seconds, value) in points {
            let value = Value { value: *value, seconds: *seconds };
            found.put(*t, number("stat.user"), value);
            found.put(*t, number("netdev.rx_bytes"), value);
            found.put(*t, number("loadavg.load1"), value);
        }
        found
    }

    /// Time, boot, uptime and the counters of each line.
    fn lines(samples: &[Sample]) -> Vec<(i64, &str, Option<f64>, f64, u64)> {
        let counters = |sample: &Sample| {
            let rx = sample.netdev.as_ref().unwrap().0["eth0"].rx_bytes.unwrap();
            (sample.stat.as_ref().unwrap().user.unwrap(), rx)
        };
        let line = |sample: &Sample| (sample.t, counters(sample));
        let all = samples.iter().map(|sample| (sample, line(sample)));
        all.map(|(sample, (t, (user, rx)))| (t, sample.boot.as_deref().unwrap(), sample.uptime, user, rx))
            .collect()
    }

    #[test]
    fn a_stretch_begins_at_nothing_and_adds_up() {
        let samples = samples(&found(&[(1600, 600, 0.5), (2201, 600, 1.5), (4000, 600, 2.0)], &[]));
        assert_eq!(
            lines(&samples),
            [
                (1000, "000003e8", None, 0.0, 0),
                (1600, "000003e8", None, 300.0, 300),
                // Of 600 s, told 601 s later: the rate counts.
                (2201, "000003e8", None, 1201.5, 1202),
                // A hole: another stretch.
                (3400, "00000d48", None, 0.0, 0),
                (4000, "00000d48", None, 1200.0, 1200),
            ]
        );
        assert_eq!(samples[0].loadavg, None, "where a rate begins no level is known");
        assert_eq!(samples[1].loadavg.as_ref().unwrap().load1, Some(0.5));
        assert!(samples.iter().all(|sample| sample.imported.as_deref() == Some("sysstat")));
    }

    #[test]
    fn the_record_between_two_files_is_the_mean_of_those_around_it() {
        let between = samples(&found(&[(1200, 600, 1.0), (2400, 600, 2.0)], &[]));
        let expected = [(600, 0.0, 0), (1200, 600.0, 600), (1800, 1500.0, 1500), (2400, 2700.0, 2700)];
        let seen: Vec<(i64, f64, u64)> =
            lines(&between).iter().map(|(t, _, _, user, rx)| (*t, *user, *rx)).collect();
        assert_eq!(seen, expected);
        assert_eq!(between[2].loadavg.as_ref().unwrap().load1, Some(1.5));
        assert!(between.iter().all(|sample| sample.boot == between[0].boot));
        let booted = samples(&found(&[(1200, 600, 1.0), (2400, 600, 2.0)], &[1700]));
        assert_ne!(booted[2].boot, booted[1].boot, "over a boot nothing is known");
        let mut of_rrd = found(&[(1200, 600, 1.0), (2400, 600, 2.0)], &[]);
        of_rrd.source = "rrd";
        assert_ne!(
            samples(&of_rrd)[2].boot,
            samples(&of_rrd)[1].boot,
            "what RRDtool does not know is not known"
        );
    }

    #[test]
    fn a_boot_parts_what_follows_without_a_hole() {
        let samples = samples(&found(&[(1600, 600, 1.0), (2200, 590, 1.0)], &[1605]));
        let lines = lines(&samples);
        assert_eq!((lines[1].1, lines[1].2), ("000003e8", None));
        assert_eq!((lines[2].0, lines[2].2), (1610, Some(5.0)));
        assert_eq!((lines[3].0, lines[3].2, lines[3].4), (2200, Some(595.0), 590));
    }

    #[test]
    fn a_file_system_and_its_levels() {
        let mut found = Found { source: "rrd", ..Found::default() };
        let used = Number::named("filesystem.used", "/srv").unwrap();
        found.put(600, used, Value { value: 12.4, seconds: 300 });
        let samples = samples(&found);
        assert_eq!(samples.len(), 1, "levels alone need no line before them");
        assert_eq!(samples[0].filesystem.as_ref().unwrap().0["/srv"].used, Some(12));
    }

    #[test]
    fn every_number_without_a_name_inside_can_be_held() {
        for metric in Sample::metrics() {
            let instance = if WITH_INSTANCES.contains(&metric.collector) { "x" } else { "" };
            let number = Number { metric, instance: instance.to_owned() };
            let plain = !matches!(
                metric.collector,
                "slabinfo"
                    | "tmpfs"
                    | "program"
                    | "check"
                    | "target"
                    | "perfdata"
                    | "service"
                    | "zram"
                    | "hwmon"
                    | "mdstat"
                    | "cgroup"
            );
            if plain {
                assert!(accepts(&number, &json!(1)), "{}", metric.id());
            }
        }
    }

    /// Counters by time.
    struct Totals(Vec<f64>);
    impl Visitor for Totals {
        fn number(&mut self, metric: &'static Metric, _: &str, value: f64) {
            if metric.collector == "stat" || metric.collector == "netdev" {
                self.0.push(value);
            }
        }
    }

    /// Returns the values of the two counters on each line: CPU seconds and bytes.
    fn counters_of(samples: &[Sample]) -> Vec<[f64; 2]> {
        let counters = samples.iter().map(|sample| {
            let mut seen = Totals(Vec::new());
            sample.numbers(&mut seen);
            [seen.0[0], seen.0[1]]
        });
        counters.collect()
    }

    /// Largest error of the difference of two totals, in the counters' units.
    ///
    /// A line keeps CPU time to the microsecond and bytes as whole numbers: half of that is lost at each end. A total has the
    /// relative precision of an `f64`. Half an epsilon of it is lost where the interval is added to it and, for CPU time, twice at
    /// each end, where it is multiplied by 10^6 and divided again: 2.5 epsilons. The rate itself is multiplied by the seconds once.
    fn largest_error(total: f64, increase: f64) -> [f64; 2] {
        let of_total = f64::EPSILON * total;
        let of_increase = f64::EPSILON * increase;
        [1e-6 + 2.5 * of_total + of_increase, 1.0 + of_total + of_increase]
    }

    #[test]
    fn a_small_rate_after_a_large_total_is_as_exact_as_the_total() {
        // 300 intervals with 10^7 CPUs make a total of 10^12 s, which an f64 resolves to 1.2e-4 s.
        let (seconds, small) = (341_i64, 1e-3_f64);
        let mut points: Vec<(i64, i64, f64)> = (1..=300).map(|at| (at * seconds, seconds, 1e7)).collect();
        points.push((301 * seconds, seconds, small));
        points.push((302 * seconds, seconds, 0.0));
        let counters = counters_of(&samples(&found(&points, &[])));
        let [before, after, last] = counters[300..] else { panic!("{} lines", counters.len()) };
        let error = (after[0] - before[0] - small * 341.0).abs();
        assert!(error > 2e-6, "the total is not so large that this tests anything: {error}");
        assert!(error <= largest_error(after[0], small * 341.0)[0], "{error}");
        assert!(error / 341.0 < 1e-6, "nobody sees a millionth of a CPU: {error}");
        assert_eq!(last, after, "a rate of 0 adds nothing");
    }

    proptest! {
        #[test]
        fn rates_in_are_rates_out(rates in prop::collection::vec(0.0..1e7_f64, 1..200), seconds in 10..900_i64) {
            let points: Vec<(i64, i64, f64)> =
                rates.iter().zip(1..).map(|(rate, at)| (1_700_000_000 + at * seconds, seconds, *rate)).collect();
            let samples = samples(&found(&points, &[]));
            prop_assert_eq!(samples.len(), rates.len() + 1);
            let counters = counters_of(&samples);
            for ((pair, rate), passed) in counters.windows(2).zip(&rates).zip(samples.windows(2)) {
                let increase = rate * (passed[1].t - passed[0].t) as f64;
                let largest = largest_error(pair[1][0].max(pair[1][1]), increase);
                for ((before, after), largest) in pair[0].iter().zip(pair[1]).zip(largest) {
                    let error = (after - before - increase).abs();
                    prop_assert!(error <= largest, "{} + {} is not {}: off by {}", before, increase, after, error);
                }
            }
            let whole: f64 = rates.iter().map(|rate| rate * seconds as f64).sum();
            let last = counters.last().map_or(0.0, |line| line[1]);
            prop_assert!((last - whole).abs() <= 0.5 + 1e-12 * whole, "{} is not {}", last, whole);
        }
    }
}
