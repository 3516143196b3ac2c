//! HTTP requests to services that other people run: with a limit of time, TLS checked against the system's authorities, and what
//! an answer means. A redirect is not followed, since what is sent is a secret.

use super::connection;
use super::escape;
use super::refusal::{Again, Refusal};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{RootCerts, TlsConfig};

/// How much of an answer is looked at.
const ANSWER_BYTES: u64 = 64 * 1024;

/// Sends requests; connections are kept for the next one.
#[derive(Clone, Debug)]
pub struct Client(ureq::Agent);

/// A request.
#[derive(Clone, Debug)]
pub struct Exchange<'a> {
    /// `POST`
    pub method: &'a str,
    /// The address.
    pub url: &'a str,
    /// What of the address may be told.
    pub shown: String,
    /// Names and values.
    pub headers: Vec<(&'a str, &'a str)>,
    /// What is sent.
    pub body: &'a [u8],
}

/// The header that says who sends a request.
pub const AUTHORIZATION: &str = "Authorization";

/// What a request says of who sends it: a token, or a name with its password; none where there is neither.
pub fn authorization(user: Option<&str>, password: Option<&str>, token: Option<&str>) -> Option<String> {
    let login = |(user, password)| format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
    token.map(|token| format!("Bearer {token}")).or_else(|| user.zip(password).map(login))
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    retry_after: Option<String>,
    /// The body, or its start.
    pub body: Vec<u8>,
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// A client with nothing open.
    pub fn new() -> Self {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("cronograph/", env!("CARGO_PKG_VERSION")));
        Self(config.build().into())
    }

    /// Sends a request and waits for the answer, for at most so long.
    ///
    /// # Errors
    /// Why nothing came back, in words that cannot hold the address.
    pub fn exchange(&self, exchange: &Exchange<'_>, seconds: f64) -> Result<Answer, Refusal> {
        self.fetch(exchange, seconds, ANSWER_BYTES)
    }

    /// The same where the answer is what is wanted: so many bytes of it at most.
    ///
    /// # Errors
    /// As [`Client::exchange`].
    pub fn fetch(&self, exchange: &Exchange<'_>, seconds: f64, bytes: u64) -> Result<Answer, Refusal> {
        let mut builder = ureq::http::Request::builder().method(exchange.method).uri(exchange.url);
        for (name, value) in &exchange.headers {
            builder = builder.header(*name, *value);
        }
        let refused = |what: &str| Refusal::lasting(format!("{what} ({})", exchange.shown));
        let prepared =
            builder.body(exchange.body).map_err(|_| refused("no request can be made of this address"))?;
        let limit = Some(Duration::from_secs_f64(seconds));
        let prepared = self.0.configure_request(prepared).timeout_global(limit).build();
        let mut response = self.0.run(prepared).map_err(|error| refusal(&error))?;
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let (status, retry_after) = (response.status().as_u16(), retry_after.map(str::to_owned));
        // The status says enough where the rest of the answer does not come.
        let body = response.body_mut().with_config().limit(bytes).read_to_vec().unwrap_or_default();
        Ok(Answer { status, retry_after, body })
    }
}

/// Why nothing came back, in words that cannot hold the address.
fn refusal(error: &ureq::Error) -> Refusal {
    match error {
        ureq::Error::Timeout(_) => Refusal::soon("no answer of the server in time"),
        ureq::Error::HostNotFound => Refusal::soon("no server of that name is known"),
        ureq::Error::Io(error) => connection::refusal("the server", error),
        ureq::Error::Rustls(error) => connection::refusal("the server", error),
        ureq::Error::Protocol(_) => Refusal::soon("the server's answer is not HTTP"),
        _ => Refusal::soon("no connection to the server"),
    }
}

impl Answer {
    /// Whether the server took it.
    pub fn is_yes(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What the server says, its status and the first line of its answer.
    pub fn said(&self) -> String {
        let said = escape::line_of(&self.body).map_or(String::new(), |line| format!(": {line}"));
        format!("the server answers {}{said}", self.status)
    }

    /// What a status means.
    ///
    /// # Errors
    /// The server did not take it.
    pub fn judge(&self, now: i64) -> Result<(), Refusal> {
        let status = self.status;
        let again = match status {
            200..=299 => return Ok(()),
            300..=399 => {
                let reason =
                    format!("the server answers {status}, go elsewhere, which is not followed with secrets");
                return Err(Refusal::lasting(reason));
            }
            429 | 503 => patience(self, now).map_or(Again::Soon, Again::After),
            408 | 425 | 500..=599 => Again::Soon,
            _ => Again::Mended,
        };
        Err(Refusal { reason: self.said(), again })
    }
}

/// For how many seconds a server wants to be left alone: a header with seconds or a date, or, at Telegram and Discord, a number
/// in the answer.
fn patience(answer: &Answer, now: i64) -> Option<i64> {
    let header = answer.retry_after.as_deref().map(str::trim);
    let in_header = header.and_then(|text| match text.parse::<f64>() {
        Ok(seconds) => Some(whole(seconds)),
        Err(_) => Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_second() - now),
    });
    in_header.or_else(|| {
        let body: Value = serde_json::from_slice(&answer.body).ok()?;
        let seconds = body.pointer("/parameters/retry_after").or_else(|| body.get("retry_after"));
        seconds?.as_f64().map(whole)
    })
}

/// Seconds, rounded up.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and `Again::pause` bounds it")]
fn whole(seconds: f64) -> i64 {
    seconds.ceil() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, retry_after: Option<&str>, body: &str) -> Again {
        let answer = Answer { status, retry_after: retry_after.map(str::to_owned), body: body.into() };
        // 2026-11-23 12:00:00 UTC
        answer.judge(1_795_435_200).unwrap_err().again
    }

    #[test]
    fn what_a_status_means() {
        for (status, again) in [
            (301, Again::Mended),
            (400, Again::Mended),
            (401, Again::Mended),
            (404, Again::Mended),
            (408, Again::Soon),
            (429, Again::Soon),
            (500, Again::Soon),
            (502, Again::Soon),
            (503, Again::Soon),
        ] {
            assert_eq!(judged(status, None, ""), again, "{status}");
        }
    }

    #[test]
    fn how_long_a_server_wants_to_be_left_alone() {
        assert_eq!(judged(429, Some("120"), ""), Again::After(120));
        assert_eq!(judged(503, Some("7"), ""), Again::After(7));
        assert_eq!(judged(429, Some("Mon, 23 Nov 2026 12:05:00 GMT"), ""), Again::After(300));
        assert_eq!(judged(429, None, r#"{"ok":false,"parameters":{"retry_after":33}}"#), Again::After(33));
        assert_eq!(judged(429, None, r#"{"message":"…","retry_after":1.2}"#), Again::After(2));
        assert_eq!(judged(429, Some("later"), ""), Again::Soon);
        assert_eq!(judged(500, Some("7"), ""), Again::Soon);
    }

    #[test]
    fn an_answer_is_told_in_one_harmless_line() {
        let answer =
            Answer { status: 400, retry_after: None, body: b"\n bad\x1b[31m request\nmore".to_vec() };
        let refusal = answer.judge(0).unwrap_err();
        assert_eq!(refusal.reason, "the server answers 400: bad\\u{1b}[31m request");
    }
}
