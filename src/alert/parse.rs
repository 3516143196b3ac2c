//! Reads the language of rules: `filesystem[/var*].used_percent > 90 and filesystem.available < 50 GB`.
//!
//! ```text
//! condition   comparison {and | or comparison}            `and` binds closer
//! comparison  sum (> >= < <= == !=) number [unit]
//! sum         product {+ | - product}
//! product     value {* | / value}
//! value       number | name [per core] | function ( sum {, sum} ) | (mean | increase) ( sum , time ) | ( sum )
//! name        collector [ [pattern] ] . field
//! ```

use super::expression::{Comparison, Condition, Expression, Function, Operator, Over, Relation};
use super::measure::Measure;
use super::names::{Known, find};

/// A formula within a formula within …: more than this is a mistake.
const DEEPEST: usize = 16;

/// Reads a condition.
///
/// # Errors
/// In words: what is wrong, and where.
pub(super) fn condition(text: &str) -> Result<Condition, String> {
    let mut reader = Reader { text, at: 0, pattern: None, depth: 0 };
    let mut any = vec![vec![reader.comparison()?]];
    loop {
        if reader.takes_word("and") {
            let next = reader.comparison()?;
            if let Some(all) = any.last_mut() {
                all.push(next);
            }
        } else if reader.takes_word("or") {
            any.push(vec![reader.comparison()?]);
        } else {
            reader.ends()?;
            return Ok(Condition { any });
        }
    }
}

/// Reads a condition, or the end of one: `< 85` is about the same value as `about`.
///
/// # Errors
/// As [`condition`].
pub(super) fn continued(text: &str, about: &Condition) -> Result<Condition, String> {
    let starts = |(sign, _): &(&str, Relation)| text.trim_start().starts_with(sign);
    let Some(first) = about.first().filter(|_| Relation::ALL.iter().any(starts)) else {
        return condition(text);
    };
    let mut reader = Reader { text, at: 0, pattern: None, depth: 0 };
    let (relation, limit) = reader.limit(first.measure)?;
    reader.ends()?;
    Ok(Condition { any: vec![vec![Comparison { relation, limit, ..first.clone() }]] })
}

/// A value and what it measures.
type Typed = (Expression, Measure);

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The pattern that a formula's names take over.
    pattern: Option<String>,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn comparison(&mut self) -> Result<Comparison, String> {
        let (left, measure) = self.sum()?;
        let (relation, limit) = self.limit(measure)?;
        Ok(Comparison { left, measure, relation, limit })
    }

    fn limit(&mut self, measure: Measure) -> Result<(Relation, f64), String> {
        let rest = self.rest();
        let Some((sign, relation)) = Relation::ALL.into_iter().find(|(sign, _)| rest.starts_with(sign))
        else {
            return Err(format!("expected >, >=, <, <=, == or != {}", self.place()));
        };
        self.at += sign.len();
        let sign = if self.takes("-") { -1.0 } else { 1.0 };
        let number = self.number()?.ok_or_else(|| format!("expected a number {}", self.place()))?;
        let suffix = self.suffix();
        Ok((relation, measure.number(sign * number, suffix)?))
    }

    fn sum(&mut self) -> Result<Typed, String> {
        let mut sum = self.product()?;
        loop {
            let operator = match () {
                () if self.takes("+") => Operator::Add,
                () if self.takes("-") => Operator::Subtract,
                () => return Ok(sum),
            };
            let next = self.product()?;
            let measure = if is_number(&sum.0) { next.1 } else { sum.1 };
            sum = (Expression::Binary(operator, Box::new(sum.0), Box::new(next.0)), measure);
        }
    }

    fn product(&mut self) -> Result<Typed, String> {
        let mut product = self.value()?;
        loop {
            let operator = match () {
                () if self.takes("*") => Operator::Multiply,
                () if self.takes("/") => Operator::Divide,
                () => return Ok(product),
            };
            let next = self.value()?;
            let measure = match operator {
                // Of like by like a share remains; by a plain number the same thing, scaled.
                Operator::Divide if product.1.unit == next.1.unit && !is_number(&next.0) => Measure::SHARE,
                _ if is_number(&product.0) => next.1,
                _ => product.1,
            };
            product = (Expression::Binary(operator, Box::new(product.0), Box::new(next.0)), measure);
        }
    }

    fn value(&mut self) -> Result<Typed, String> {
        if self.takes("(") {
            let inner = self.sum()?;
            self.expects(")")?;
            return Ok(inner);
        }
        if let Some(number) = self.number()? {
            return Ok((Expression::Number(number), Measure::COUNT));
        }
        let word = self.word();
        if word.is_empty() {
            return Err(format!("expected a number's name {}", self.place()));
        }
        if self.takes("(") {
            return self.call(word);
        }
        let value = self.name(word)?;
        if self.takes_word("per") {
            if !self.takes_word("core") {
                return Err(format!("expected `per core` {}", self.place()));
            }
            let cores = Expression::Column { metric: "host.cores".to_owned(), pattern: None };
            return Ok((Expression::Binary(Operator::Divide, Box::new(value.0), Box::new(cores)), value.1));
        }
        Ok(value)
    }

    fn call(&mut self, name: &str) -> Result<Typed, String> {
        let over = match name {
            "mean" => Some(Over::Mean),
            "increase" => Some(Over::Increase),
            _ => None,
        };
        let (first, measure) = self.sum()?;
        if let Some(over) = over {
            self.expects(",")?;
            let number =
                self.number()?.ok_or_else(|| format!("expected a time like 10m {}", self.place()))?;
            let suffix = self.suffix();
            let seconds = Measure::SECONDS.number(number, suffix)?;
            self.expects(")")?;
            if !(1.0..=86_400.0).contains(&seconds) {
                return Err(format!("{name}(…) looks back over at most a day"));
            }
            // What is no rate is a level: its rises are what it grew by.
            let over = if over == Over::Increase && !measure.per_second { Over::Rise } else { over };
            #[expect(clippy::cast_possible_truncation, reason = "at most a day")]
            let over = Expression::Over(over, Box::new(first), seconds.round() as i64);
            let per_second = measure.per_second && name == "mean";
            return Ok((over, Measure { per_second, ..measure }));
        }
        let function = match name {
            "sum" => Function::Sum,
            "first" => Function::First,
            "min" => Function::Min,
            _ => {
                return Err(format!(
                    "there is no function `{name}`; there are mean, increase, sum, first, min"
                ));
            }
        };
        let mut parts = vec![first];
        while self.takes(",") {
            parts.push(self.sum()?.0);
        }
        self.expects(")")?;
        Ok((Expression::Call(function, parts), measure))
    }

    /// `filesystem[/var].used`, of which the first word was read.
    fn name(&mut self, collector: &str) -> Result<Typed, String> {
        let mut pattern = self.pattern.clone();
        if self.text[self.at..].starts_with('[') {
            let inside = &self.text[self.at + 1..];
            let end = inside.find(']').ok_or_else(|| format!("`[` without `]` {}", self.place()))?;
            pattern = Some(inside[..end].trim().to_owned());
            self.at += end + 2;
        }
        let field = if self.text[self.at..].starts_with('.') {
            self.at += 1;
            self.word()
        } else {
            ""
        };
        if field.is_empty() {
            return Err(format!("`{collector}` names no number: write `{collector}.NAME` {}", self.place()));
        }
        let metric = format!("{collector}.{field}");
        let known = find(&metric)?;
        let expression = match known {
            Known::Metric(_) | Known::Fact(_) => Expression::Column { metric, pattern },
            Known::Derived(derived) => {
                if self.depth >= DEEPEST {
                    return Err(format!("`{metric}` is made of itself"));
                }
                let mut inner = Reader { text: derived.formula, at: 0, pattern, depth: self.depth + 1 };
                let (expression, _) = inner.sum()?;
                inner.ends()?;
                expression
            }
        };
        Ok((expression, known.measure()))
    }

    fn rest(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        self.at += if found { sign.len() } else { 0 };
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let before = self.at;
        self.rest();
        let found = self.word() == word;
        if !found {
            self.at = before;
        }
        found
    }

    fn expects(&mut self, sign: &str) -> Result<(), String> {
        if self.takes(sign) { Ok(()) } else { Err(format!("expected `{sign}` {}", self.place())) }
    }

    fn ends(&mut self) -> Result<(), String> {
        if self.rest().is_empty() { Ok(()) } else { Err(format!("expected nothing more {}", self.place())) }
    }

    /// Letters, digits and underscores, from the next that is no space.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end =
            rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn number(&mut self) -> Result<Option<f64>, String> {
        let rest = self.rest();
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        if end == 0 || rest.starts_with('.') {
            return Ok(None);
        }
        self.at += end;
        rest[..end].parse().map(Some).map_err(|_| format!("`{}` is no number", &rest[..end]))
    }

    /// The unit behind a number; empty where there is none, or where a word of the language follows.
    fn suffix(&mut self) -> &'a str {
        let rest = self.rest();
        let is_unit = |letter: char| letter.is_ascii_alphabetic() || "°%".contains(letter);
        let end = rest.find(|letter: char| !is_unit(letter)).unwrap_or(rest.len());
        if end == 0 || ["and", "or"].contains(&&rest[..end]) {
            return "";
        }
        let end = if rest[end..].starts_with("/s") { end + 2 } else { end };
        self.at += end;
        &rest[..end]
    }

    /// Where the reading stands, for errors.
    fn place(&mut self) -> String {
        let rest = self.rest();
        if rest.is_empty() { "at the end".to_owned() } else { format!("at `{rest}`") }
    }
}

fn is_number(expression: &Expression) -> bool {
    matches!(expression, Expression::Number(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::names::DERIVED;
    use proptest::prelude::*;

    fn column(metric: &str, pattern: Option<&str>) -> Expression {
        Expression::Column { metric: metric.to_owned(), pattern: pattern.map(str::to_owned) }
    }

    #[test]
    fn a_comparison_has_a_value_and_a_limit_in_its_unit() {
        let found = condition("meminfo.SUnreclaim > 500 MiB").unwrap();
        let first = found.first().unwrap();
        assert_eq!(first.left, column("meminfo.SUnreclaim", None));
        assert_eq!((first.relation, first.limit), (Relation::Above, 524_288_000.0));
        let busy = condition("diskstats[sd*].busy>=95%").unwrap();
        let busy = busy.first().unwrap();
        assert_eq!((&busy.left, busy.limit), (&column("diskstats.busy", Some("sd*")), 0.95));
    }

    #[test]
    fn and_binds_closer_than_or() {
        let found = condition("stat.steal > 1 and loadavg.load1 < 2 or loadavg.load5 == 3").unwrap();
        assert_eq!(found.any.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn per_core_and_arithmetic() {
        let found = condition("loadavg.load15 per core > 2").unwrap();
        let cores = Box::new(column("host.cores", None));
        let load = Box::new(column("loadavg.load15", None));
        assert_eq!(found.first().unwrap().left, Expression::Binary(Operator::Divide, load, cores));
        let share = condition("meminfo.SUnreclaim / meminfo.MemTotal > 25 %").unwrap();
        assert_eq!(share.first().unwrap().limit, 0.25);
        let scaled = condition("2 * (meminfo.Shmem + meminfo.Buffers) > 1 GiB").unwrap();
        assert_eq!(scaled.first().unwrap().limit, 1_073_741_824.0);
    }

    #[test]
    fn a_made_name_hands_its_pattern_to_what_it_is_made_of() {
        let found = condition("filesystem[/var].used_percent > 90 %").unwrap();
        let mut patterns = Vec::new();
        found.first().unwrap().left.columns(&mut |metric, pattern| patterns.push((metric, pattern)));
        assert_eq!(patterns[0], ("filesystem.used", Some("/var")));
        assert!(patterns.iter().all(|(_, pattern)| *pattern == Some("/var")));
    }

    #[test]
    fn stretches_of_time() {
        let found = condition("mean(pressure.memory_full, 10m) > 5 %").unwrap();
        let first = found.first().unwrap();
        assert_eq!((first.left.reach(), first.limit), (600, 0.05));
        let kills = condition("increase(vmstat.oom_kill, 1 h) >= 3").unwrap();
        assert_eq!((kills.first().unwrap().limit, kills.first().unwrap().measure.per_second), (3.0, false));
    }

    #[test]
    fn the_end_of_a_condition_is_about_the_same_value() {
        let when = condition("memory.unavailable_percent > 90").unwrap();
        let clear = continued("< 85", &when).unwrap();
        assert_eq!(clear.first().unwrap().left, when.first().unwrap().left);
        assert_eq!((clear.first().unwrap().relation, clear.first().unwrap().limit), (Relation::Below, 85.0));
        assert!(continued("swap.in < 1 MiB/s", &when).is_ok(), "a whole condition is one, too");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, words) in [
            ("", "expected a number's name at the end"),
            ("memory", "`memory` names no number: write `memory.NAME` at the end"),
            ("meminfo.MemFree", "expected >, >=, <, <=, == or != at the end"),
            ("meminfo.MemFree < ", "expected a number at the end"),
            ("meminfo.MemFree < 5 m", "`m` does not fit: this is bytes, written as `500 MiB` or `2 GB`"),
            ("meminfo.MemFree < 5 MiB 7", "expected nothing more at `7`"),
            (
                "median(swap.in) > 1",
                "there is no function `median`; there are mean, increase, sum, first, min",
            ),
            ("mean(swap.in) > 1", "expected `,` at `) > 1`"),
            ("mean(swap.in, 3 w) > 1", "mean(…) looks back over at most a day"),
            ("loadavg.load1 per cpu > 1", "expected `per core` at `cpu > 1`"),
            ("filesystem[/var.used > 1", "`[` without `]` at `[/var.used > 1`"),
        ] {
            assert_eq!(condition(text).unwrap_err(), words, "{text}");
        }
    }

    #[test]
    fn every_made_name_can_be_read() {
        for derived in DERIVED {
            condition(&format!("{} > 1", derived.name))
                .unwrap_or_else(|error| panic!("{}: {error}", derived.name));
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_breaks_it(text in "[ -~°]{0,60}") {
            let _ = condition(&text);
        }
    }
}
