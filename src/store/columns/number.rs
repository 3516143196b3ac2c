//! Numbers as whole multiples of a power of ten, and back into the text that our lines have: an integer has no point, a number with
//! one has as few decimals as it needs, and at least one.

use std::fmt::Write;

/// Digits that a number may have, all in all: beyond them it stands as it is.
const MOST_DIGITS: usize = 19;

/// A number without its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// All its digits.
    pub(super) digits: i128,
    /// How many of them stand behind the point.
    pub(super) decimals: u32,
}

impl Number {
    /// Takes a JSON number apart; none where the text is none, or not the one that we would write.
    pub(super) fn of(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, behind) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let fits = !whole.is_empty() && whole.len() + behind.len() <= MOST_DIGITS;
        if !fits || !is_digits(whole) || !is_digits(behind) {
            return None;
        }
        let mut digits: i128 = format!("{whole}{behind}").parse().ok()?;
        if unsigned.len() < text.len() {
            digits = -digits;
        }
        let decimals = u32::try_from(behind.len()).ok()?;
        let number = Self { digits, decimals };
        let mut written = String::new();
        number.write(decimals, &mut written);
        (written == text).then_some(number)
    }

    /// Its digits with so many decimals, which are not fewer than its own.
    pub(super) fn with_decimals(self, decimals: u32) -> Option<i128> {
        self.digits.checked_mul(10i128.checked_pow(decimals - self.decimals)?)
    }

    /// Writes the number that has these digits and `decimals` of them behind the point, as it stands in a line.
    pub(super) fn write(self, decimals: u32, text: &mut String) {
        if decimals == 0 {
            let _ = write!(text, "{}", self.digits);
            return;
        }
        let power = 10u128.pow(decimals.min(MOST_DIGITS as u32));
        let (whole, behind) = (self.digits.unsigned_abs() / power, self.digits.unsigned_abs() % power);
        let sign = if self.digits < 0 { "-" } else { "" };
        let _ = write!(text, "{sign}{whole}.{behind:0width$}", width = decimals as usize);
        while text.ends_with('0') && !text.ends_with(".0") {
            text.pop();
        }
    }
}

/// The most decimals that a row may have.
pub(super) const MOST_DECIMALS: u32 = MOST_DIGITS as u32;

/// The largest whole number that divides both.
pub(super) fn common_divisor(one: u128, other: u128) -> u128 {
    let (mut one, mut other) = (one, other);
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}
