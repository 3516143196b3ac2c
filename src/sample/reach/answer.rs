//! What came of asking a target, and why it did not answer: short plain words without any text from elsewhere, so that
//! they can stand on every page.

use crate::base::clock::Stopwatch;
use crate::sample::target::TargetRun;
use std::io::{Error, ErrorKind};
use std::time::Duration;

/// What came of asking a target. It is up where nothing failed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Answer {
    /// Why it is down, or why that is not known.
    pub(super) failure: Option<Failure>,
    /// How long the answer took.
    pub(super) seconds: Option<f64>,
    /// The share of echoes without answer.
    pub(super) loss: Option<f64>,
    /// The status of HTTP.
    pub(super) status: Option<u16>,
    /// When the certificate ends, unix time.
    pub(super) certificate_end: Option<i64>,
}

/// Why there is no good answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It was asked, and is not well.
    Down(String),
    /// It could not be asked, for a reason that lies here: nothing is known of it.
    NotAsked(String),
}

impl Failure {
    /// It is down.
    pub(super) fn down(reason: impl Into<String>) -> Self {
        Self::Down(reason.into())
    }

    /// It could not be asked.
    pub(super) fn not_asked(reason: impl Into<String>) -> Self {
        Self::NotAsked(reason.into())
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }
}

impl Answer {
    /// As a sample says it; `t` is when it was asked.
    pub(super) fn into_run(self, t: i64, kind: &str, interval: u32) -> TargetRun {
        let (up, error) = match self.failure {
            None => (Some(1), None),
            Some(Failure::Down(reason)) => (Some(0), Some(reason)),
            Some(Failure::NotAsked(reason)) => (None, Some(reason)),
        };
        TargetRun {
            t,
            kind: kind.to_owned(),
            interval,
            error,
            up,
            misses: None,
            seconds: self.seconds.map(micros),
            loss: self.loss,
            status: self.status.map(u64::from),
            certificate: self.certificate_end.map(|end| end - t),
        }
    }
}

/// Rounded to whole microseconds: more figures are noise.
fn micros(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}

/// How long an answer is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    watch: Stopwatch,
    timeout_seconds: u32,
}

impl Patience {
    /// From now on so many seconds.
    pub(super) fn of(timeout_seconds: u32) -> Self {
        Self { watch: Stopwatch::start(), timeout_seconds }
    }

    /// What is left of it.
    ///
    /// # Errors
    /// It has run out.
    pub(super) fn left(&self) -> Result<Duration, Failure> {
        let left = f64::from(self.timeout_seconds) - self.watch.seconds();
        Duration::try_from_secs_f64(left)
            .ok()
            .filter(|left| !left.is_zero())
            .ok_or_else(|| Failure::Down(self.words()))
    }

    /// That it has run out.
    pub(super) fn words(&self) -> String {
        format!("no answer within {} s", self.timeout_seconds)
    }

    /// Why a connection failed.
    pub(super) fn failure(&self, error: &Error) -> Failure {
        let words = match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => return Failure::Down(self.words()),
            ErrorKind::ConnectionRefused => "connection refused",
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => "connection reset",
            ErrorKind::ConnectionAborted => "connection aborted",
            ErrorKind::HostUnreachable => "host unreachable",
            ErrorKind::NetworkUnreachable => "network unreachable",
            ErrorKind::NetworkDown => "network down",
            ErrorKind::UnexpectedEof => "the connection was closed before the answer",
            ErrorKind::PermissionDenied => "not permitted (a firewall of this host?)",
            // The kernel's own words name nobody.
            _ => match error.raw_os_error() {
                Some(number) => return Failure::Down(Error::from_raw_os_error(number).to_string()),
                None => "the connection failed",
            },
        };
        Failure::down(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_short_and_plain() {
        let patience = Patience::of(5);
        let words = |error: Error| patience.failure(&error);
        assert_eq!(words(Error::from_raw_os_error(111)), Failure::down("connection refused"));
        assert_eq!(words(Error::from_raw_os_error(110)), Failure::down("no answer within 5 s"));
        assert_eq!(words(Error::from_raw_os_error(113)), Failure::down("host unreachable"));
        let foreign = Error::other("https://user:secret@example.org");
        assert_eq!(words(foreign), Failure::down("the connection failed"));
        assert!(matches!(words(Error::from_raw_os_error(99)), Failure::Down(text) if text.contains("99")));
    }

    #[test]
    fn what_could_not_be_asked_is_neither_up_nor_down() {
        let run = |failure| Answer { failure, ..Answer::default() }.into_run(7, "icmp", 60);
        assert_eq!((run(None).up, run(Some(Failure::down("x"))).up), (Some(1), Some(0)));
        let unknown = run(Some(Failure::not_asked("no thread")));
        assert_eq!((unknown.up, unknown.error.as_deref(), unknown.t), (None, Some("no thread"), 7));
    }

    #[test]
    fn a_certificate_is_measured_when_it_was_asked() {
        let answer =
            Answer { certificate_end: Some(1_000), seconds: Some(0.012_345_678_9), ..Answer::default() };
        let run = answer.into_run(1_300, "http", 60);
        assert_eq!((run.certificate, run.seconds), (Some(-300), Some(0.012_346)));
    }
}
