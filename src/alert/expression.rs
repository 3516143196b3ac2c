//! A rule's condition as it was understood: numbers of the sample, put together, compared with limits.

use super::measure::Measure;
pub use crate::analysis::state::Relation;

/// Something that has a value at each time, for each instance.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// Always the same.
    Number(f64),
    /// A number of the sample, or of what is known beside it: `filesystem.used`.
    Column {
        /// Its name.
        metric: String,
        /// Which of its instances; none: all that there are.
        pattern: Option<String>,
    },
    /// Two put together.
    Binary(Operator, Box<Self>, Box<Self>),
    /// Several put together.
    Call(Function, Vec<Self>),
    /// Over the seconds up to each time.
    Over(Over, Box<Self>, i64),
}

/// How two are put together. Where one is absent, so is the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// How several are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `sum(a, b)`: of those that are there.
    Sum,
    /// `first(a, b)`: the first that is there.
    First,
    /// `min(a, b)`: the least that is there.
    Min,
}

/// What is made of the values of a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// `mean(a, 10m)`: their mean, where half of the time is known.
    Mean,
    /// `increase(a, 10m)`: by how much a counter grew.
    Increase,
    /// The same of a level: the sum of its rises.
    Rise,
}

impl Relation {
    /// Each with its sign, longer ones first.
    pub const ALL: [(&'static str, Self); 6] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("==", Self::Is),
        ("!=", Self::IsNot),
        (">", Self::Above),
        ("<", Self::Below),
    ];

    /// Whether it holds.
    #[expect(clippy::float_cmp, reason = "exit codes and flags are whole numbers")]
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Above => value > limit,
            Self::AtLeast => value >= limit,
            Self::Below => value < limit,
            Self::AtMost => value <= limit,
            Self::Is => value == limit,
            Self::IsNot => value != limit,
        }
    }

    /// The word of a value's limit in messages.
    pub fn proof(self) -> &'static str {
        match self {
            Self::Above | Self::AtLeast => "proof.above",
            Self::Below | Self::AtMost => "proof.below",
            Self::Is => "proof.is",
            Self::IsNot => "proof.is_not",
        }
    }
}

/// A value against a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The value.
    pub left: Expression,
    /// What it measures.
    pub measure: Measure,
    /// How it is compared.
    pub relation: Relation,
    /// With what.
    pub limit: f64,
}

/// Comparisons: any of the outer ones holds of which all inner ones hold. There is at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// `a and b or c`
    pub any: Vec<Vec<Comparison>>,
}

impl Condition {
    /// The comparison that comes first: its value is what the rule is about.
    pub fn first(&self) -> Option<&Comparison> {
        self.any.first()?.first()
    }

    /// Every comparison.
    pub fn comparisons(&self) -> impl Iterator<Item = &Comparison> {
        self.any.iter().flatten()
    }
}

impl Expression {
    /// Hands every column in it to `each`: name and pattern.
    pub fn columns<'a>(&'a self, each: &mut dyn FnMut(&'a str, Option<&'a str>)) {
        match self {
            Self::Number(_) => {}
            Self::Column { metric, pattern } => each(metric, pattern.as_deref()),
            Self::Binary(_, one, other) => {
                one.columns(each);
                other.columns(each);
            }
            Self::Call(_, parts) => parts.iter().for_each(|part| part.columns(each)),
            Self::Over(_, inner, _) => inner.columns(each),
        }
    }

    /// Whether it is one thing divided by another, not by a plain number.
    pub fn divides(&self) -> bool {
        match self {
            Self::Number(_) | Self::Column { .. } => false,
            Self::Binary(operator, one, other) => {
                let by_another = *operator == Operator::Divide && !matches!(**other, Self::Number(_));
                by_another || one.divides() || other.divides()
            }
            Self::Call(_, parts) => parts.iter().any(Self::divides),
            Self::Over(_, inner, _) => inner.divides(),
        }
    }

    /// Whether it is written in hundredths: `100 * a / b`.
    pub fn is_in_hundreds(&self) -> bool {
        match self {
            Self::Number(_) | Self::Column { .. } => false,
            Self::Binary(Operator::Multiply, one, other) => {
                [one, other].iter().any(|part| ***part == Self::Number(100.0) || part.is_in_hundreds())
            }
            Self::Binary(Operator::Divide, one, _) => one.is_in_hundreds(),
            Self::Binary(_, one, other) => one.is_in_hundreds() || other.is_in_hundreds(),
            Self::Call(_, parts) => parts.iter().any(Self::is_in_hundreds),
            Self::Over(_, inner, _) => inner.is_in_hundreds(),
        }
    }

    /// How many seconds of the past it looks at.
    pub fn reach(&self) -> i64 {
        match self {
            Self::Number(_) | Self::Column { .. } => 0,
            Self::Binary(_, one, other) => one.reach().max(other.reach()),
            Self::Call(_, parts) => parts.iter().map(Self::reach).max().unwrap_or(0),
            Self::Over(_, inner, seconds) => seconds + inner.reach(),
        }
    }
}
