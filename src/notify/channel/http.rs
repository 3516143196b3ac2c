//! Services over HTTP: a request that each of them makes of a notice, and what their answers mean. TLS is checked against the
//! system's authorities; a redirect is not followed, since what is sent is a secret.

use super::super::compose::Composer;
use super::super::error::NotifyError;
use super::super::notice::Notice;
use crate::base::clock::Stopwatch;
use crate::base::http::{Client, Exchange};
use crate::base::refusal::Refusal;
use crate::config::Secret;
use serde_json::Value;

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

    /// As it goes over the wire.
    fn exchange(&self) -> Exchange<'_> {
        Exchange {
            method: &self.method,
            url: self.url.reveal(),
            shown: self.url.shown_address(),
            headers: self.headers.iter().map(|(name, value)| (name.as_str(), value.reveal())).collect(),
            body: &self.body,
        }
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
    let (client, watch) = (Client::new(), Stopwatch::start());
    for request in &requests {
        let left = seconds - watch.seconds();
        if left < 1.0 {
            return Err(Refusal::soon("there was no time left for all of it"));
        }
        let answer = client.exchange(&request.exchange(), left)?;
        answer.judge(now)?;
        if let Some(refusal) =
            serde_json::from_slice(&answer.body).ok().and_then(|body| service.complaint(&body))
        {
            return Err(refusal);
        }
    }
    Ok(())
}
