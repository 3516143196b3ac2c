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
use super::written::{Of, WHOLE, Written, thousandth};
use crate::sample::metric::{Kind, Metric};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt::{self, Write};
use std::ops::Range;

/// The version of the format, `"v"` of each line.
const VERSION: u64 = 1;

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

/// Adds the bins whose start is in the range to others, each number as it would be read from its line: whether bins were read
/// or made shows in none.
#[expect(clippy::cast_precision_loss, reason = "samples of a bin are exact in an f64")]
pub(super) fn add(from: &Bins, range: &Range<i64>, bins: &mut Bins) {
    for (start, bin) in from.bins.range(range.clone()) {
        bins.add_bin(*start, bin.samples, thousandth(bin.seconds));
    }
    for series in &from.series {
        let place = bins.place(series.metric, &series.instance);
        for (start, stat) in series.stats.iter().filter(|(start, _)| range.contains(start)) {
            let Some(bin) = from.bins.get(start) else { continue };
            let of = Of { t: *start, samples: bin.samples as f64, seconds: thousandth(bin.seconds) };
            let usual = if series.metric.kind == Kind::Gauge { of.samples } else { bin.seconds };
            if let Some(stat) = Written::of(series.metric, stat, usual).stat(series.metric.kind, of) {
                bins.add_stat(*start, place, &stat);
            }
        }
    }
}

fn value(text: &mut String, metric: &Metric, stat: &Stat, usual: f64) {
    let written = Written::of(metric, stat, usual);
    let Some((min, max)) = written.extremes else {
        number(text, written.first);
        return;
    };
    text.push('[');
    number(text, written.first);
    for other in [Some(min), Some(max), written.weight].into_iter().flatten() {
        text.push(',');
        number(text, other);
    }
    text.push(']');
}

/// Writes the shortest text that reads back as the same number.
#[expect(clippy::cast_possible_truncation, reason = "whole numbers up to 2^53 fit")]
fn number(text: &mut String, value: f64) {
    if value.abs() < WHOLE && value.trunc() == value {
        let _ = write!(text, "{}", value as i64);
    } else if let Ok(number) = serde_json::to_string(&value) {
        text.push_str(&number);
    }
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
        let kind = self.bins.series[place].metric.kind;
        if let Some(stat) = (Written { first, extremes, weight }).stat(kind, self.of) {
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
