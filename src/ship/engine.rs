//! The engine at the other end: one request of remote write, tried again for a while, and what its answer means.

use super::error::ShipError;
use super::login::Login;
use super::wire;
use crate::base::clock::Stopwatch;
use crate::base::http::{Client, Exchange};
use crate::base::refusal::{Again, Refusal};
use crate::config::{PushConfig, Secret};
use std::time::Duration;

/// What remote write asks for.
const FIXED: [(&str, &str); 3] = [
    ("Content-Type", "application/x-protobuf"),
    ("Content-Encoding", "snappy"),
    ("X-Prometheus-Remote-Write-Version", "0.1.0"),
];
/// The longest that one try may take.
const TRY_SECONDS: f64 = 15.0;
/// For so long a request is tried again: then the run ends, before cron starts many more.
const TROUBLE_SECONDS: f64 = 30.0;
/// The first pause between two tries; each further one is three times as long.
const PAUSE_SECONDS: f64 = 1.0;

/// Where samples go.
pub(super) struct Engine {
    client: Client,
    url: Secret,
    login: Login,
    now: i64,
}

/// What became of a request.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// It has all of it.
    Taken,
    /// It does not want this: too old, out of order, too large, malformed.
    Unwanted {
        /// In its words.
        reason: String,
        /// Whether it was asked before without an answer, so that it may have it.
        again: bool,
    },
    /// It takes nothing now.
    Down(Refusal),
}

impl Engine {
    /// The engine of the configuration, if there is one.
    pub(super) fn of(push: &PushConfig, now: i64) -> Option<Self> {
        let url = push.url.clone()?;
        Some(Self { client: Client::new(), url, login: Login::to_push(push), now })
    }

    /// Sends a request, and again where that may help. `goes_on` is asked before each further try.
    pub(super) fn send(&self, request: &[u8], goes_on: &dyn Fn() -> bool) -> Result<Outcome, ShipError> {
        let body = wire::compress(request)?;
        let (watch, mut pause, mut asked) = (Stopwatch::start(), PAUSE_SECONDS, false);
        loop {
            let refusal = match self.once(&body) {
                Outcome::Down(refusal) => refusal,
                Outcome::Unwanted { reason, .. } => return Ok(Outcome::Unwanted { reason, again: asked }),
                Outcome::Taken => return Ok(Outcome::Taken),
            };
            asked = true;
            let wish = match refusal.again {
                Again::Soon => pause,
                #[expect(clippy::cast_precision_loss, reason = "seconds")]
                Again::After(seconds) => seconds as f64,
                Again::Mended => f64::INFINITY,
            };
            if watch.seconds() + wish > TROUBLE_SECONDS || !goes_on() {
                return Ok(Outcome::Down(refusal));
            }
            std::thread::sleep(Duration::from_secs_f64(wish));
            pause *= 3.0;
        }
    }

    fn once(&self, body: &[u8]) -> Outcome {
        let exchange = Exchange {
            method: "POST",
            url: self.url.reveal(),
            shown: self.url.shown_address(),
            headers: FIXED.into_iter().chain(self.login.headers()).collect(),
            body,
        };
        let answer = match self.client.exchange(&exchange, TRY_SECONDS) {
            Ok(answer) => answer,
            Err(refusal) => return Outcome::Down(refusal),
        };
        match (answer.status, self.login.judge(&answer, self.now)) {
            (_, Ok(())) => Outcome::Taken,
            // Thanos says 409 of what is out of order, Mimir 422 of limits.
            (400 | 409 | 413 | 422, Err(refusal)) => {
                Outcome::Unwanted { reason: refusal.reason, again: false }
            }
            (_, Err(refusal)) => Outcome::Down(refusal),
        }
    }
}
