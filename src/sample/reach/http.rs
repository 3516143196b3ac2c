//! Whether a page answers: one GET, redirects followed, the beginning of the body read. No proxy, whoever starts the run. Where
//! it is spoken over TLS, when the certificate ends is told, too.

use super::answer::{Answer, Failure, Patience};
use super::tls::{self, Judge};
use crate::base::clock::Stopwatch;
use rustls::crypto::CryptoProvider;
use std::io::{self, Read};
use std::sync::{Arc, OnceLock};
use ureq::http::{Response, Uri};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body, Error};

/// How much of a body is read.
const BODY_BYTES: u64 = 64 * 1024;
/// How many redirects are followed.
const REDIRECTS: u32 = 5;

/// What all requests of a run share: reading the system's root certificates takes longer than a request.
pub(super) struct Client {
    agent: Agent,
    provider: Arc<CryptoProvider>,
    judge: OnceLock<Result<Judge, Failure>>,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'a> {
    /// Its address.
    pub(super) address: &'a str,
    /// The status that it must have; absent: any below 400.
    pub(super) status: Option<u16>,
    /// When its certificate ends, unix time, if that was seen lately.
    pub(super) certificate_end: Option<i64>,
    /// Unix time.
    pub(super) now: i64,
}

impl Client {
    /// Trusts whom the system trusts.
    pub(super) fn new() -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::clone(&provider))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(REDIRECTS)
            .user_agent(concat!("cronograph/", env!("CARGO_PKG_VERSION")))
            .max_idle_connections(0)
            .build();
        Self { agent: config.new_agent(), provider, judge: OnceLock::new() }
    }

    /// Asks for a page.
    pub(super) fn ask(&self, page: Page<'_>, patience: Patience) -> Result<Answer, Failure> {
        let address: Uri = page.address.parse().map_err(|_| Failure::not_asked("this is no address"))?;
        let mut answer = match self.get(page, patience) {
            Ok(answer) => answer,
            Err(failure) => failure.into(),
        };
        if address.scheme_str() == Some("https") {
            // Where it is well, its certificate need not be looked at each time.
            let known = page.certificate_end.filter(|_| answer.failure.is_none());
            let seen = match known {
                Some(end) => tls::Seen { end: Some(end), failure: None },
                None => self.look(&address, page.now, patience),
            };
            answer.certificate_end = seen.end;
            // The handshake tells better what is wrong with a certificate.
            if answer.failure.is_some() && answer.status.is_none() {
                answer.failure = seen.failure.or(answer.failure);
            }
        }
        Ok(answer)
    }

    fn get(&self, page: Page<'_>, patience: Patience) -> Result<Answer, Failure> {
        let watch = Stopwatch::start();
        let left = Some(patience.left()?);
        let request = self.agent.get(page.address).config().timeout_global(left).build();
        let mut response = request.call().map_err(|error| failure_of(&error, patience))?;
        let status = response.status().as_u16();
        let body = read_body(&mut response);
        let seconds = Some(watch.seconds());
        let is_well = page.status.map_or(status < 400, |wanted| status == wanted);
        let failure = if !is_well {
            Some(Failure::Down(format!("status {status}")))
        } else {
            body.err().map(|error| failure_of(&Error::from(error), patience))
        };
        Ok(Answer { failure, seconds, status: Some(status), ..Answer::default() })
    }

    fn look(&self, address: &Uri, now: i64, patience: Patience) -> tls::Seen {
        let judge = self.judge.get_or_init(|| tls::system_judge(&self.provider));
        let (judge, host) = match (judge, address.host()) {
            (Ok(judge), Some(host)) => (judge, host),
            (Err(failure), _) => return tls::Seen { end: None, failure: Some(failure.clone()) },
            (_, None) => return tls::Seen::default(),
        };
        let place = format!("{host}:{}", address.port_u16().unwrap_or(443));
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        tls::look((bare, &place), judge, &self.provider, now, patience)
    }
}

/// Reads the beginning of a body.
fn read_body(response: &mut Response<Body>) -> io::Result<u64> {
    io::copy(&mut response.body_mut().as_reader().take(BODY_BYTES), &mut io::sink())
}

/// Why a request failed, without names and addresses.
fn failure_of(error: &Error, patience: Patience) -> Failure {
    match error {
        Error::Timeout(_) => Failure::Down(patience.words()),
        Error::HostNotFound => Failure::down("its name has no address"),
        Error::TooManyRedirects => Failure::Down(format!("more than {REDIRECTS} redirects")),
        Error::BadUri(_) | Error::Http(_) => Failure::down("a redirect leads nowhere"),
        Error::Protocol(_) => Failure::down("the answer is not HTTP"),
        Error::LargeResponseHeader(..) => Failure::down("the header of the answer is too long"),
        Error::Rustls(error) => Failure::Down(tls::words(error)),
        Error::Io(error) => of_io(error, patience),
        _ => Failure::down("the request failed"),
    }
}

/// Errors of TLS and of the client itself come as errors of reading, too.
fn of_io(error: &io::Error, patience: Patience) -> Failure {
    let inner = error.get_ref();
    if let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return Failure::Down(tls::words(tls));
    }
    match inner.and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(inner) if !matches!(inner, Error::Io(_)) => failure_of(inner, patience),
        _ => patience.failure(error),
    }
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
