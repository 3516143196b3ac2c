//! Services over HTTP: a request that each of them makes of a notice, and what their answers mean. TLS is checked against the
//! system's authorities; a redirect is not followed, since what is sent is a secret.

use super::super::compose::Composer;
use super::super::error::NotifyError;
use super::super::notice::Notice;
use super::super::refusal::{Again, Refusal};
use super::connection;
use crate::base::clock::Stopwatch;
use crate::config::Secret;
use crate::sample::command;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{RootCerts, TlsConfig};

/// How much of an answer is looked at.
const ANSWER_BYTES: u64 = 64 * 1024;

/// A service.
pub(super) trait Service: Send + Sync {
    /// What is sent for a notice: one request, or one for each alert.
    fn requests(&self, notice: &Notice, composer: &Composer, now: i64) -> Result<Vec<Request>, NotifyError>;

    /// What an answer complains of though its status is 200.
    fn complaint(&self, _answer: &Value) -> Option<Refusal> {
        None
    }
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) url: Secret,
    pub(super) headers: Vec<(String, Secret)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// A `POST` of JSON.
    pub(super) fn json(url: Secret, body: &Value) -> Self {
        let json = ("Content-Type".to_owned(), Secret::new("application/json; charset=utf-8"));
        Self { method: "POST".to_owned(), url, headers: vec![json], body: body.to_string().into_bytes() }
    }

    /// With one more header.
    pub(super) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), Secret::new(value)));
        self
    }
}

/// An address with its trailing slash removed, to be gone on with.
pub(super) fn base(url: &Option<Secret>) -> String {
    url.as_ref().map(|url| url.reveal().trim_end_matches('/').to_owned()).unwrap_or_default()
}

/// Sends a notice to a service. Of several requests the first that fails ends it; a service that needs several knows an alert
/// again by its key.
pub(super) fn serve(
    service: &dyn Service,
    notice: &Notice,
    composer: &Composer,
    now: i64,
    seconds: f64,
) -> Result<(), Refusal> {
    let requests =
        service.requests(notice, composer, now).map_err(|error| Refusal::lasting(error.to_string()))?;
    let watch = Stopwatch::start();
    for request in &requests {
        let left = seconds - watch.seconds();
        if left < 1.0 {
            return Err(Refusal::soon("there was no time left for all of it"));
        }
        let answer = exchange(request, left)?;
        judge(&answer, now)?;
        if let Some(refusal) =
            serde_json::from_slice(&answer.body).ok().and_then(|body| service.complaint(&body))
        {
            return Err(refusal);
        }
    }
    Ok(())
}

/// What came back.
struct Answer {
    status: u16,
    retry_after: Option<String>,
    body: Vec<u8>,
}

fn exchange(request: &Request, seconds: f64) -> Result<Answer, Refusal> {
    let mut builder =
        ureq::http::Request::builder().method(request.method.as_str()).uri(request.url.reveal());
    for (name, value) in &request.headers {
        builder = builder.header(name, value.reveal());
    }
    let refused = |what: &str| Refusal::lasting(format!("{what} ({})", request.url.shown_address()));
    let prepared =
        builder.body(request.body.clone()).map_err(|_| refused("no request can be made of this address"))?;
    let mut response = agent(seconds).run(prepared).map_err(|error| refusal(&error))?;
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let (status, retry_after) = (response.status().as_u16(), retry_after.map(str::to_owned));
    // The status says enough where the rest of the answer does not come.
    let body = response.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec().unwrap_or_default();
    Ok(Answer { status, retry_after, body })
}

fn agent(seconds: f64) -> ureq::Agent {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = ureq::Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(Duration::from_secs_f64(seconds)))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("cronograph/", env!("CARGO_PKG_VERSION")));
    config.build().into()
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

/// What a status means.
fn judge(answer: &Answer, now: i64) -> Result<(), Refusal> {
    let status = answer.status;
    let said = command::line_of(&answer.body).map_or(String::new(), |line| format!(": {line}"));
    let reason = format!("the server answers {status}{said}");
    let again = match status {
        200..=299 => return Ok(()),
        300..=399 => {
            let reason =
                format!("the server answers {status}, go elsewhere, which is not followed with secrets");
            return Err(Refusal::lasting(reason));
        }
        429 | 503 => patience(answer, now).map_or(Again::Soon, Again::After),
        408 | 425 | 500..=599 => Again::Soon,
        _ => Again::Mended,
    };
    Err(Refusal { reason, again })
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
        judge(&answer, 1_795_435_200).unwrap_err().again
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
        let refusal = judge(&answer, 0).unwrap_err();
        assert_eq!(refusal.reason, "the server answers 400: bad\\u{1b}[31m request");
    }
}
