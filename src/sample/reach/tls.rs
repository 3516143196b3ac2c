//! When the certificate of a site ends, and in plain words why it is not to be believed: a handshake of its own, since the
//! HTTP client does not hand the certificate out. The system's own root certificates decide.

use super::answer::{Failure, Patience};
use super::tcp::connect;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme,
};
use std::sync::{Arc, Mutex};
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// Seconds of a day.
const DAY: i64 = 86_400;
const NO_ROOTS: &str = "no root certificates (install ca-certificates)";

/// Who says whether a certificate is to be believed.
pub(super) type Judge = Arc<dyn ServerCertVerifier>;

/// The judge by the system's own root certificates.
pub(super) fn system_judge(provider: &Arc<CryptoProvider>) -> Result<Judge, Failure> {
    let verifier = rustls_platform_verifier::Verifier::new(Arc::clone(provider));
    verifier.map(|verifier| Arc::new(verifier) as Judge).map_err(|_| Failure::not_asked(NO_ROOTS))
}

/// What a handshake showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// When the certificate ends, unix time.
    pub(super) end: Option<i64>,
    /// Why the handshake failed.
    pub(super) failure: Option<Failure>,
}

/// Shakes hands with `host` at `place` and looks at its certificate.
pub(super) fn look(
    (host, place): (&str, &str),
    judge: &Judge,
    provider: &Arc<CryptoProvider>,
    now: i64,
    patience: Patience,
) -> Seen {
    let witness = Arc::new(Witness { judge: Arc::clone(judge), seen: Mutex::default() });
    let shaken = shake(host, place, &witness, provider, patience);
    let end = witness.seen.lock().ok().and_then(|seen| end_of(seen.as_deref()?));
    let failure = shaken.err().map(|failure| match (failure, end) {
        (Trouble::Tls(_), Some(end)) if end <= now => Failure::Down(ended(now - end)),
        (Trouble::Tls(error), _) => Failure::Down(words(&error)),
        (Trouble::Other(failure), _) => failure,
    });
    Seen { end, failure }
}

/// Why a handshake failed.
enum Trouble {
    Tls(Error),
    Other(Failure),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Tls(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

fn shake(
    host: &str,
    place: &str,
    witness: &Arc<Witness>,
    provider: &Arc<CryptoProvider>,
    patience: Patience,
) -> Result<(), Trouble> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| Failure::down("its name can be in no certificate"))?;
    let config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(witness) as Judge)
        .with_no_client_auth();
    let mut connection = ClientConnection::new(Arc::new(config), name)?;
    let (mut stream, _) = connect(place, patience)?;
    while connection.is_handshaking() {
        let left = Some(patience.left()?);
        let timed = stream.set_read_timeout(left).and_then(|()| stream.set_write_timeout(left));
        timed.map_err(|error| patience.failure(&error))?;
        if let Err(error) = connection.complete_io(&mut stream) {
            let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
            return Err(tls.map_or_else(|| patience.failure(&error).into(), |tls| tls.clone().into()));
        }
    }
    Ok(())
}

/// Notes the certificate, and leaves the judgement to the judge.
#[derive(Debug)]
struct Witness {
    judge: Judge,
    seen: Mutex<Option<Vec<u8>>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Ok(mut seen) = self.seen.lock() {
            *seen = Some(end_entity.to_vec());
        }
        self.judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

/// When a certificate ends, unix time; `None` where it cannot be read.
fn end_of(der: &[u8]) -> Option<i64> {
    let certificate = Certificate::from_der(der).ok()?;
    let end = certificate.tbs_certificate().validity().not_after.to_unix_duration();
    i64::try_from(end.as_secs()).ok()
}

fn ended(seconds: i64) -> String {
    match seconds / DAY {
        0 => "the certificate ended today".to_owned(),
        1 => "the certificate ended a day ago".to_owned(),
        days => format!("the certificate ended {days} days ago"),
    }
}

/// Why a handshake failed, without names.
pub(super) fn words(error: &Error) -> String {
    use CertificateError as Bad;
    let text = match error {
        Error::InvalidCertificate(bad) => match bad {
            Bad::Expired | Bad::ExpiredContext { .. } => "the certificate has ended",
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => "the certificate is not valid yet",
            Bad::UnknownIssuer => "the certificate is of an unknown issuer",
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
                "the certificate is for another name"
            }
            Bad::Revoked => "the certificate was revoked",
            Bad::BadEncoding => "the certificate cannot be read",
            Bad::BadSignature => "the signature of the certificate is wrong",
            Bad::InvalidPurpose | Bad::InvalidPurposeContext { .. } => {
                "the certificate is not one for servers"
            }
            _ => "the certificate is not valid",
        },
        Error::InvalidMessage(_) => "it does not speak TLS",
        Error::AlertReceived(_) => "it refused the TLS handshake",
        Error::PeerIncompatible(_) => "it speaks no TLS that is known here",
        _ => "the TLS handshake failed",
    };
    text.to_owned()
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
