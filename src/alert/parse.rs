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
/// Parentheses within each other: each takes a part of the stack, and nobody reads more.
const MOST_NESTED: usize = 50;
/// Values of one condition: what is put together of them is as deep as they are many.
const MOST_VALUES: usize = 500;
/// Characters of a text that an error shows.
const SHOWN_CHARACTERS: usize = 60;

/// Reads a condition.
///
/// # Errors
/// In words: what is wrong, and where.
pub(super) fn condition(text: &str) -> Result<Condition, String> {
    let mut reader = Reader::new(text);
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
    let mut reader = Reader::new(text);
    let comparison = reader.limit(first.left.clone(), first.measure)?;
    reader.ends()?;
    Ok(Condition { any: vec![vec![comparison]] })
}

/// Reads a value alone.
///
/// # Errors
/// As [`condition`].
pub(super) fn value(text: &str) -> Result<Expression, String> {
    let mut reader = Reader::new(text);
    let (value, _) = reader.sum()?;
    reader.ends()?;
    Ok(value)
}

/// A value and what it measures.
type Typed = (Expression, Measure);

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The pattern that a formula's names take over.
    pattern: Option<String>,
    depth: usize,
    /// Parentheses that are open.
    nested: usize,
    /// Values that were read.
    values: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, pattern: None, depth: 0, nested: 0, values: 0 }
    }

    fn comparison(&mut self) -> Result<Comparison, String> {
        let (left, measure) = self.sum()?;
        self.limit(left, measure)
    }

    /// The right side, which says of some values what they measure.
    fn limit(&mut self, left: Expression, measure: Measure) -> Result<Comparison, String> {
        let rest = self.rest();
        let Some((sign, relation)) = Relation::ALL.into_iter().find(|(sign, _)| rest.starts_with(sign))
        else {
            return Err(format!("expected >, >=, <, <=, == or != {}", self.place()));
        };
        self.at += sign.len();
        let factor = if self.takes("-") { -1.0 } else { 1.0 };
        let Some(number) = self.number()? else {
            let is_other = self.rest().starts_with(|letter: char| letter.is_alphabetic() || letter == '(');
            return Err(if is_other {
                self.constant(sign)
            } else {
                format!("expected a number {}", self.place())
            });
        };
        let suffix = self.suffix();
        if self.rest().starts_with(['+', '-', '*', '/']) {
            return Err(self.constant(sign));
        }
        let measure = settled(&left, measure, suffix);
        let limit = measure.number(factor * number, suffix)?;
        Ok(Comparison { left, measure, relation, limit })
    }

    /// That values are compared with numbers, and how else it can be said.
    fn constant(&mut self, sign: &str) -> String {
        let place = self.place();
        format!(
            "the right side of `{sign}` must be a number, {place}; put both on the left: `A - B {sign} 0` or `A / B {sign} 1`"
        )
    }

    fn sum(&mut self) -> Result<Typed, String> {
        if self.nested > MOST_NESTED {
            return Err(format!("more than {MOST_NESTED} parentheses within each other, {}", self.place()));
        }
        self.nested += 1;
        let sum = self.terms();
        self.nested -= 1;
        sum
    }

    fn terms(&mut self) -> Result<Typed, String> {
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
                // Of like by like a plain number remains; by a plain number the same thing, scaled.
                Operator::Divide if product.1.is_like(next.1) && !is_number(&next.0) => Measure::COUNT,
                _ if is_number(&product.0) => next.1,
                _ => product.1,
            };
            product = (Expression::Binary(operator, Box::new(product.0), Box::new(next.0)), measure);
        }
    }

    fn value(&mut self) -> Result<Typed, String> {
        self.values += 1;
        if self.values > MOST_VALUES {
            return Err(format!("more than {MOST_VALUES} values in one condition, {}", self.place()));
        }
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
                let mut inner = Reader { pattern, depth: self.depth + 1, ..Reader::new(derived.formula) };
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
        let cut = rest.char_indices().nth(SHOWN_CHARACTERS).map(|(end, _)| format!("{}…", &rest[..end]));
        match cut {
            _ if rest.is_empty() => "at the end".to_owned(),
            Some(cut) => format!("at `{cut}`"),
            None => format!("at `{rest}`"),
        }
    }
}

/// What a value measures beside a limit with that unit: numbers of checks have no unit of their own, and one thing divided by
/// another is a plain number, or a share.
fn settled(left: &Expression, measure: Measure, suffix: &str) -> Measure {
    let (mut of_checks, mut of_others) = (false, false);
    left.columns(&mut |metric, _| {
        let is_of_check = metric.starts_with("perfdata.");
        of_checks |= is_of_check;
        of_others |= !is_of_check;
    });
    if of_checks && !of_others && !left.divides() {
        return Measure::named(suffix).unwrap_or(measure);
    }
    match measure {
        Measure::COUNT if left.divides() && left.is_in_hundreds() => Measure::PERCENT,
        Measure::COUNT if left.divides() && suffix == "%" => Measure::SHARE,
        measure => measure,
    }
}

fn is_number(expression: &Expression) -> bool {
    matches!(expression, Expression::Number(_))
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
