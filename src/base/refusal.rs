//! Why a server did not take what it was sent, and when it is worth trying again.

use std::fmt;

/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: i64 = 60;
/// The longest pause, and the one where trying again soon would not help.
const LONGEST_PAUSE: i64 = 3_600;
/// A server that asks for more patience than a day does not mean it.
const LONGEST_WISH: i64 = 86_400;

/// What was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why, in one line, without secrets.
    pub reason: String,
    /// When to try again.
    pub again: Again,
}

/// When to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Soon: the network, a server that is down. After one minute, two, four …, at most an hour.
    Soon,
    /// The server said after how many seconds; until then it gets nothing else either.
    After(i64),
    /// It will fail the same way until somebody mends something: each hour.
    Mended,
}

impl Refusal {
    /// It may work in a minute.
    pub fn soon(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), again: Again::Soon }
    }

    /// Somebody must do something.
    pub fn lasting(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), again: Again::Mended }
    }
}

impl Again {
    /// Seconds until the next try, after so many tries.
    pub fn pause(self, tries: u32) -> i64 {
        match self {
            Self::Soon => {
                let doublings = tries.saturating_sub(1).min(16);
                (FIRST_PAUSE << doublings).min(LONGEST_PAUSE)
            }
            Self::After(seconds) => seconds.clamp(1, LONGEST_WISH),
            Self::Mended => LONGEST_PAUSE,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::Again;

    #[test]
    fn pauses_double_up_to_an_hour() {
        let minutes: Vec<i64> = (1..=9).map(|tries| Again::Soon.pause(tries) / 60).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(Again::Soon.pause(u32::MAX), 3_600);
        assert_eq!(Again::Mended.pause(1), 3_600);
        assert_eq!(
            [Again::After(90), Again::After(-5), Again::After(1 << 40)].map(|again| again.pause(3)),
            [90, 1, 86_400]
        );
    }
}
