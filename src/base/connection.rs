//! Why there was no connection, in words, whichever library met it: an `io::Error`, in which that of TLS may hide.

use super::refusal::Refusal;
use rustls::{CertificateError, Error as TlsError};
use std::error::Error;
use std::io::{self, ErrorKind};

/// What an error, or what is inside it, means for a connection to `whom`. A certificate that is not good does not become so by
/// itself.
pub fn refusal(whom: &str, error: &(dyn Error + 'static)) -> Refusal {
    let mut cause = Some(error);
    while let Some(inner) = cause {
        if let Some(error) = tls(inner) {
            return protection(whom, error);
        }
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            // A socket with a time limit says either.
            return match io.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                    Refusal::soon(format!("no answer of {whom} in time"))
                }
                _ => Refusal::soon(format!("no connection to {whom}: {io}")),
            };
        }
        cause = inner.source();
    }
    Refusal::soon(format!("no connection to {whom}: {error}"))
}

/// The error of TLS that an error is, or holds.
fn tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    let inside = |io: &'a io::Error| io.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
    error.downcast_ref::<TlsError>().or_else(|| error.downcast_ref::<io::Error>().and_then(inside))
}

/// Reason on a system without certificate authorities: a minimal server has none until somebody installs them.
pub const NO_AUTHORITIES: &str =
    "this system has no certificate authorities: install the package `ca-certificates`";

/// Returns true for the error of a system without certificate authorities.
fn has_no_authorities(error: &TlsError) -> bool {
    // What rustls-platform-verifier says; it has no kind of its own for it.
    matches!(error, TlsError::General(text) if text.starts_with("No CA certificates were loaded"))
}

fn protection(whom: &str, error: &TlsError) -> Refusal {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext,
        UnknownIssuer,
    };
    let what = match error {
        TlsError::InvalidCertificate(UnknownIssuer) => {
            "its certificate is of an authority that is not trusted here"
        }
        TlsError::InvalidCertificate(Expired | ExpiredContext { .. }) => "its certificate has expired",
        TlsError::InvalidCertificate(NotValidYet | NotValidYetContext { .. }) => {
            "its certificate is not valid yet, or a clock is off"
        }
        TlsError::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            "its certificate is for another name"
        }
        TlsError::InvalidCertificate(_) => "its certificate is not good",
        error if has_no_authorities(error) => NO_AUTHORITIES,
        _ => return Refusal::soon(format!("no protected connection to {whom}: {error}")),
    };
    Refusal::lasting(format!("no protected connection to {whom}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::super::refusal::Again;
    use super::*;

    #[test]
    fn what_hides_in_an_error_is_told() {
        let hidden =
            io::Error::new(ErrorKind::InvalidData, TlsError::InvalidCertificate(CertificateError::Expired));
        let told = refusal("it", &hidden);
        assert_eq!(told, Refusal::lasting("no protected connection to it: its certificate has expired"));
        let slow = refusal("it", &io::Error::from(ErrorKind::WouldBlock));
        assert_eq!((slow.reason.as_str(), slow.again), ("no answer of it in time", Again::Soon));
        let closed = refusal("it", &io::Error::from_raw_os_error(111));
        assert_eq!(closed.reason, "no connection to it: Connection refused (os error 111)");
        let bare = TlsError::General("No CA certificates were loaded from the system".to_owned());
        assert!(refusal("it", &bare).reason.ends_with("install the package `ca-certificates`"));
        let other = refusal("it", &TlsError::DecryptError);
        assert_eq!(other.again, Again::Soon);
    }
}
