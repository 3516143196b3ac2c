//! A line of a rollup: one bin, with the names of the sample's own line.
//!
//! ```json
//! {"v":1,"t":1763856000,"samples":5,"seconds":300,"meminfo":{"MemTotal":503316480,"MemFree":[mean,min,max]},
//!  "netdev":{"eth0":{"rx_bytes":[increase,min,max]}}}
//! ```
//!
//! * A gauge is `[mean, min, max]`, or one number where all three are equal.
//! * A counter is `[increase, min, max]`: what it grew by, which adds up exactly, and the least and the largest rate
//!   per second; or one number, the increase, where there was only one rate. Its mean rate is increase / seconds.
//! * A fourth number is the count of values or of seconds, where it is another one than the line's.

use super::bins::{Bins, Stat};
use crate::sample::metric::{Kind, Metric, Unit};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt::{self, Write};
use std::ops::Range;

/// The version of the format, `"v"` of each line.
const VERSION: u64 = 1;

/// Digits that are kept of what is not a whole number.
const DIGITS: i32 = 7;

/// All bins as lines, ascending.
pub(super) fn encode(bins: &Bins) -> String {
    let mut order: Vec<usize> = (0..bins.series.len()).collect();
    // Numbers of a collector's own before those of its instances.
    order.sort_by(|a, b| {
        let name =
            |place: &usize| (bins.series[*place].metric.collector, bins.series[*place].instance.as_str());
        name(a).cmp(&name(b))
    });
    let mut cursors = vec![0; bins.series.len()];
    let mut text = String::new();
    for (&start, bin) in &bins.bins {
        let _ = write!(text, "{{\"v\":{VERSION},\"t\":{start},\"samples\":{},\"seconds\":", bin.samples);
        number(&mut text, thousandth(bin.seconds));
        let mut open: Option<(&str, &str)> = None;
        for &place in &order {
            let series = &bins.series[place];
            let Some((_, stat)) = series.stats.get(cursors[place]).filter(|(time, _)| *time == start) else {
                continue;
            };
            cursors[place] += 1;
            let name = (series.metric.collector, series.instance.as_str());
            open_parts(&mut text, open, name);
            open = Some(name);
            let _ = write!(text, "\"{}\":", series.metric.field);
            #[expect(clippy::cast_precision_loss, reason = "samples of a bin are exact in an f64")]
            let usual = if series.metric.kind == Kind::Gauge { bin.samples as f64 } else { bin.seconds };
            value(&mut text, series.metric, stat, usual);
        }
        text.push_str(match open {
            None => "}\n",
            Some((_, "")) => "}}\n",
            Some(_) => "}}}\n",
        });
    }
    text
}

/// Closes what is open of the number before, and opens what the next one lies in.
fn open_parts(text: &mut String, open: Option<(&str, &str)>, next: (&str, &str)) {
    let same_collector = open.is_some_and(|(collector, _)| collector == next.0);
    let same = open == Some(next);
    if same {
        text.push(',');
        return;
    }
    if let Some((_, instance)) = open {
        text.push_str(if instance.is_empty() { "" } else { "}" });
        text.push_str(if same_collector { "" } else { "}" });
    }
    text.push(',');
    if !same_collector {
        let _ = write!(text, "\"{}\":{{", next.0);
    }
    if !next.1.is_empty() {
        let _ = write!(text, "{}:{{", serde_json::Value::from(next.1));
    }
}

fn value(text: &mut String, metric: &Metric, stat: &Stat, usual_weight: f64) {
    let first = match metric.kind {
        Kind::Gauge => rounded_gauge(metric, stat.mean()),
        Kind::Counter => millionth(stat.sum),
    };
    let other_weight = (stat.weight - usual_weight).abs() > 0.0005;
    let single = match metric.kind {
        Kind::Gauge => stat.min == stat.max,
        Kind::Counter => stat.max - stat.min <= 1e-9 * stat.max.abs(),
    };
    if single && !other_weight {
        number(text, first);
        return;
    }
    text.push('[');
    number(text, first);
    for extreme in [stat.min, stat.max] {
        text.push(',');
        number(text, if metric.kind == Kind::Gauge { extreme } else { significant(extreme) });
    }
    if other_weight {
        text.push(',');
        number(text, thousandth(stat.weight));
    }
    text.push(']');
}

/// Bytes and things come in whole numbers where there are many.
fn rounded_gauge(metric: &Metric, mean: f64) -> f64 {
    match metric.unit {
        Unit::Memory | Unit::Data if mean.abs() >= 1e6 => mean.round(),
        _ => significant(mean),
    }
}

/// Writes the shortest text that reads back as the same number.
#[expect(clippy::cast_possible_truncation, reason = "whole numbers up to 2^53 fit")]
fn number(text: &mut String, value: f64) {
    const WHOLE: f64 = (1u64 << 53) as f64;
    // JSON has no infinity.
    let value = if value.is_finite() { value } else { 0.0 };
    if value.abs() < WHOLE && value.trunc() == value {
        let _ = write!(text, "{}", value as i64);
    } else if let Ok(number) = serde_json::to_string(&value) {
        text.push_str(&number);
    }
}

fn thousandth(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// Counters have at most six digits after the point: microseconds.
fn millionth(value: f64) -> f64 {
    if value.abs() < 1e9 && value.fract() != 0.0 { (value * 1e6).round() / 1e6 } else { value }
}

#[expect(clippy::cast_possible_truncation, reason = "the exponent of an f64 is small")]
fn significant(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10f64.powi(DIGITS - 1 - value.abs().log10().floor() as i32);
    if scale.is_finite() && scale > 0.0 { (value * scale).round() / scale } else { value }
}

/// Adds a line to `bins`, if its time lies in the range.
///
/// # Errors
/// The line is no bin of this format.
pub(super) fn decode(line: &[u8], range: &Range<i64>, bins: &mut Bins) -> Result<(), serde_json::Error> {
    bins.restart();
    let mut deserializer = serde_json::Deserializer::from_slice(line);
    Line { range, bins }.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// The time of a line.
pub(super) fn time(line: &[u8]) -> Option<i64> {
    #[derive(Deserialize)]
    struct Head {
        t: i64,
    }
    serde_json::from_slice::<Head>(line).ok().map(|head| head.t)
}

/// A name in JSON, which owns its text only where it is escaped.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

struct Line<'a> {
    range: &'a Range<i64>,
    bins: &'a mut Bins,
}

/// Of which bin a number is.
#[derive(Clone, Copy, Default)]
struct Of {
    t: i64,
    samples: f64,
    seconds: f64,
}

impl<'de> DeserializeSeed<'de> for Line<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Line<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a bin")
    }

    #[expect(clippy::cast_precision_loss, reason = "samples of a bin are exact in an f64")]
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut of: Option<Of> = None;
        let mut head = Of::default();
        let mut samples = 0;
        while let Some(Name(key)) = map.next_key()? {
            match key.as_ref() {
                "v" if map.next_value::<u64>()? != VERSION => return Err(A::Error::custom("another format")),
                "v" => {}
                "t" => head.t = map.next_value()?,
                "samples" => samples = map.next_value()?,
                "seconds" => {
                    head.seconds = map.next_value()?;
                    head.samples = samples as f64;
                    if self.range.contains(&head.t) {
                        self.bins.add_bin(head.t, samples, head.seconds);
                        of = Some(head);
                    }
                }
                collector => match of {
                    Some(of) => {
                        map.next_value_seed(Part { bins: self.bins, of, collector, instance: None })?
                    }
                    None => drop(map.next_value::<IgnoredAny>()?),
                },
            }
        }
        Ok(())
    }
}

/// The numbers of a collector, or of one instance of it.
struct Part<'a> {
    bins: &'a mut Bins,
    of: Of,
    collector: &'a str,
    instance: Option<&'a str>,
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("numbers by name")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            let Self { ref mut bins, of, collector, instance } = self;
            map.next_value_seed(Entry { bins, of, collector, instance, name: &name })?;
        }
        Ok(())
    }
}

/// What a name stands for: a number, or an instance with numbers of its own.
struct Entry<'a> {
    bins: &'a mut Bins,
    of: Of,
    collector: &'a str,
    instance: Option<&'a str>,
    name: &'a str,
}

impl Entry<'_> {
    /// Adds a number: `first` is the mean or the increase.
    fn add(self, first: f64, extremes: Option<(f64, f64)>, weight: Option<f64>) {
        let Some(place) = self.bins.named(self.collector, self.name, self.instance.unwrap_or("")) else {
            return;
        };
        let stat = match self.bins.series[place].metric.kind {
            Kind::Gauge => {
                let weight = weight.unwrap_or(self.of.samples);
                let (min, max) = extremes.unwrap_or((first, first));
                Stat { weight, sum: first * weight, min, max }
            }
            Kind::Counter => {
                let weight = weight.unwrap_or(self.of.seconds);
                let rate = first / weight;
                let (min, max) = extremes.unwrap_or((rate, rate));
                Stat { weight, sum: first, min, max }
            }
        };
        if stat.weight > 0.0 {
            self.bins.add_stat(self.of.t, place, &stat);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Entry<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of rollups are f64")]
impl<'de> Visitor<'de> for Entry<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number, [mean, min, max] or the numbers of an instance")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.add(value, None, None);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        let mut next = || sequence.next_element::<f64>();
        let (Some(first), Some(min), Some(max)) = (next()?, next()?, next()?) else {
            return Err(A::Error::custom("fewer than three numbers"));
        };
        let weight = next()?;
        self.add(first, Some((min, max)), weight);
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let Self { bins, of, collector, name, .. } = self;
        Part { bins, of, collector, instance: Some(name) }.visit_map(map)
    }
}
