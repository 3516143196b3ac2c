//! The numbers that a check's program prints behind a bar, as the plugins of Nagios do: `text | 'label'=value[unit];warning;
//! critical;min;max …`, by the Monitoring Plugins' development guidelines. In base units: seconds, bytes. With the line that
//! has the check.

use super::metric::record;
use super::{Collector, Context, SampleError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most numbers of one check.
const MOST_VALUES: usize = 32;
/// A longer label is cut.
const LABEL_CHARACTERS: usize = 64;

/// Numbers by `CHECK LABEL`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Perfdata(pub BTreeMap<String, Value>);

record! {
    /// One number of a check.
    pub struct Value in "perfdata" {
        /// The number; of seconds and bytes in these.
        value "value" f64 Gauge Count;
        /// Where the check warns, if that is one number.
        warning "warning" f64 Gauge Count;
        /// Where it is critical, likewise.
        critical "critical" f64 Gauge Count;
        /// The least that it can be.
        min "min" f64 Gauge Count;
        /// The most that it can be.
        max "max" f64 Gauge Count;
        also {
            /// The check.
            #[serde(default)]
            check: String,
            /// `s`, `B`, `%`, `c` (a counter), or what else the program wrote; empty: a plain number.
            #[serde(default, skip_serializing_if = "String::is_empty")]
            unit: String,
        }
    }
}

impl Collector for Perfdata {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        let values = context.previous.values.clone();
        Ok((!values.is_empty()).then_some(Self(values)))
    }
}

impl Perfdata {
    /// The numbers of a check, by label.
    pub fn of<'a>(&'a self, check: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let own = self.0.iter().filter(move |(_, value)| value.check == check);
        own.map(|(key, value)| (key.get(value.check.len() + 1..).unwrap_or(key), value))
    }
}

/// Takes an output apart: the text of its first line without the numbers, and the numbers by label. Numbers stand behind the first
/// bar of the first line, and behind the first bar of the lines below it up to the end. What is no number there is text.
pub(crate) fn parse(output: &[u8]) -> (Vec<u8>, Vec<(String, Value)>) {
    let text = String::from_utf8_lossy(output);
    let text = text.trim_start();
    let (first, long) = text.split_once('\n').unwrap_or((text, ""));
    let mut values = Vec::new();
    let mut said = first;
    if let Some((before, behind)) = first.split_once('|') {
        read(behind, &mut values);
        if !values.is_empty() {
            said = before;
        }
    }
    if let Some((_, behind)) = long.split_once('|') {
        read(behind, &mut values);
    }
    if said.trim().is_empty() && values.is_empty() {
        said = text;
    }
    (said.trim_end().as_bytes().to_vec(), values)
}

/// Adds the numbers of a list, each label once.
fn read(list: &str, values: &mut Vec<(String, Value)>) {
    let mut rest = list.trim_start();
    while !rest.is_empty() && values.len() < MOST_VALUES {
        let Some((label, behind)) = label(rest) else {
            // Not a label: what follows the next blank may be one.
            rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
            continue;
        };
        let end = behind.find(char::is_whitespace).unwrap_or(behind.len());
        let label: String =
            label.chars().filter(|letter| !letter.is_control()).take(LABEL_CHARACTERS).collect();
        let known = values.iter().any(|(known, _)| *known == label);
        if let Some(value) = value(&behind[..end]).filter(|_| !known && !label.is_empty()) {
            values.push((label, value));
        }
        rest = behind[end..].trim_start();
    }
}

/// A label, in quotes or without, up to its `=`; a quote inside quotes is doubled.
fn label(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('\'') else {
        let (label, rest) = text.split_once('=')?;
        return (!label.contains(char::is_whitespace)).then(|| (label.to_owned(), rest));
    };
    let mut label = String::new();
    let mut rest = quoted;
    loop {
        let (piece, behind) = rest.split_once('\'')?;
        label.push_str(piece);
        match behind.strip_prefix('\'') {
            Some(_) => label.push('\''),
            None => return Some((label, behind.strip_prefix('=')?)),
        }
        rest = &behind[1..];
    }
}

/// `3.640;0.010;5.000;0;`
fn value(text: &str) -> Option<Value> {
    let mut fields = text.split(';');
    let (number, unit) = number(fields.next()?)?;
    let (factor, unit) = base(unit);
    // A range (`10:20`) is no one number.
    let mut limit = || fields.next().and_then(plain).map(|limit| limit * factor);
    Some(Value {
        value: Some(number * factor),
        warning: limit(),
        critical: limit(),
        min: limit(),
        max: limit(),
        check: String::new(),
        unit: unit.to_owned(),
    })
}

/// A number and what stands behind it. Some programs write a decimal comma.
fn number(text: &str) -> Option<(f64, &str)> {
    let end =
        text.find(|letter: char| !matches!(letter, '0'..='9' | '.' | ',' | '-' | '+')).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    // An exponent is no unit.
    if let Some(exponent) = unit.strip_prefix(['e', 'E']) {
        let end =
            exponent.find(|letter: char| !matches!(letter, '0'..='9' | '-' | '+')).unwrap_or(exponent.len());
        if let Some(number) = plain(&text[..digits.len() + 1 + end]) {
            return Some((number, &exponent[end..]));
        }
    }
    Some((plain(digits)?, unit))
}

fn plain(text: &str) -> Option<f64> {
    text.replace(',', ".").parse().ok().filter(|number: &f64| number.is_finite())
}

/// The factor to the base unit, and that.
fn base(unit: &str) -> (f64, &str) {
    match unit {
        "us" => (1e-6, "s"),
        "ms" => (1e-3, "s"),
        "KB" => (1024.0, "B"),
        "MB" => (1024.0 * 1024.0, "B"),
        "GB" => (1024.0 * 1024.0 * 1024.0, "B"),
        "TB" => (1024.0 * 1024.0 * 1024.0 * 1024.0, "B"),
        other => (1.0, other.get(..other.len().min(8)).unwrap_or("")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(output: &str) -> (String, Vec<(String, Value)>) {
        let (text, values) = parse(output.as_bytes());
        (String::from_utf8(text).unwrap(), values)
    }

    fn numbers(output: &str) -> Vec<(String, f64, String)> {
        of(output).1.into_iter().map(|(label, value)| (label, value.value.unwrap(), value.unit)).collect()
    }

    #[test]
    fn what_the_plugins_of_debian_print() {
        let (text, values) =
            of("LOAD WARNING - total load average: 3.64, 1.42, 0.96|load1=3.640;0.010;5.000;0; \
                                 load5=1.420;0.010;4.000;0; load15=0.960;0.010;3.000;0; \n");
        assert_eq!(text, "LOAD WARNING - total load average: 3.64, 1.42, 0.96");
        let load1 = Value {
            value: Some(3.64),
            warning: Some(0.01),
            critical: Some(5.0),
            min: Some(0.0),
            ..Value::default()
        };
        assert_eq!((values.len(), &values[0]), (3, &("load1".to_owned(), load1)));

        let disk = "DISK OK - free space: / 59736MiB (64% inode=97%);| \
                    /=34933309440B;243497277849;257024904396;0;270552530944";
        let (text, values) = of(disk);
        assert_eq!(text, "DISK OK - free space: / 59736MiB (64% inode=97%);");
        assert_eq!(
            (values[0].0.as_str(), values[0].1.max, values[0].1.unit.as_str()),
            ("/", Some(270_552_530_944.0), "B")
        );

        // A range is no plain number, and an empty limit none.
        let (_, values) = of("PROCS OK: 93 processes | procs=93;1:200;;0;");
        assert_eq!((values[0].1.warning, values[0].1.critical, values[0].1.min), (None, None, Some(0.0)));
        assert_eq!(
            numbers("APT CRITICAL: 124 packages. |available_upgrades=124;;;0 critical_updates=81;;;0")[1],
            ("critical_updates".to_owned(), 81.0, String::new())
        );
        assert_eq!(of("UNKNOWN: hello"), ("UNKNOWN: hello".to_owned(), Vec::new()));
    }

    #[test]
    fn units_become_base_units_and_limits_with_them() {
        let (_, values) =
            of("PING OK|rta=0.25ms;100;200;0 pl=0%;20;50;0;100 size=2KB;;;;1 'in out'=7c time=5us");
        assert_eq!((values[0].1.value, values[0].1.warning), (Some(0.000_25), Some(0.1)));
        assert_eq!((values[1].1.unit.as_str(), values[1].1.max), ("%", Some(100.0)));
        assert_eq!(
            (values[2].1.value, values[2].1.max, values[2].1.unit.as_str()),
            (Some(2048.0), Some(1024.0), "B")
        );
        assert_eq!((values[3].0.as_str(), values[3].1.unit.as_str()), ("in out", "c"));
        assert!((values[4].1.value.unwrap() - 5e-6).abs() < 1e-18);
    }

    #[test]
    fn long_output_has_numbers_of_its_own() {
        let output = "DISK OK | /=1\nmore text\n/ 1 MB | /boot=2\n/home=3\n/var=4B\n";
        let labels: Vec<String> = of(output).1.into_iter().map(|(label, _)| label).collect();
        assert_eq!(labels, ["/", "/boot", "/home", "/var"]);
        assert_eq!(of(output).0, "DISK OK");
    }

    #[test]
    fn labels_in_quotes_and_odd_ones() {
        assert_eq!(
            numbers("x|'a b=c'=1 'it''s'=2,5 e=1e3B U=U bad = 4 z=0x1f z=6")[..],
            [
                ("a b=c".to_owned(), 1.0, String::new()),
                ("it's".to_owned(), 2.5, String::new()),
                ("e".to_owned(), 1000.0, "B".to_owned()),
                ("z".to_owned(), 0.0, "x1f".to_owned()),
            ]
        );
    }

    #[test]
    fn a_bar_in_text_is_text() {
        assert_eq!(of("state | nothing here"), ("state | nothing here".to_owned(), Vec::new()));
        assert_eq!(of(""), (String::new(), Vec::new()));
        assert_eq!(of("\n\nlate\n").0, "late");
    }

    #[test]
    fn only_so_many() {
        let list: String = (0..99).map(|n| format!("v{n}={n} ")).collect();
        assert_eq!(of(&format!("OK | {list}")).1.len(), MOST_VALUES);
    }

    proptest! {
        #[test]
        fn any_output_is_read(bytes in any::<Vec<u8>>(), text in "[a='|;0-9 .,eU%\n]{0,60}") {
            parse(&bytes);
            for (label, value) in of(&text).1 {
                prop_assert!(!label.is_empty() && value.value.unwrap().is_finite());
            }
        }
    }
}
