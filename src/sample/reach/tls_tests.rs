//! Handshakes with a server on loopback, with certificates that the tests know.

use super::super::test_server::{self, ENDED, LASTING};
use super::*;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use std::net::TcpListener;

/// 2026-11-23T14:07:00Z
const NOW: i64 = 1_795_442_820;
/// 2120-01-01, 2021-01-01.
const ENDS: [i64; 2] = [4_733_510_400, 1_609_459_200];

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// A judge who trusts this certificate and no other.
fn judge(trusted: &'static [u8]) -> Judge {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(trusted)).unwrap();
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build().unwrap()
}

fn seen(served: &'static [u8], trusted: &'static [u8], host: &str) -> Seen {
    let port = test_server::tls(served);
    look((host, &format!("127.0.0.1:{port}")), &judge(trusted), &provider(), NOW, Patience::of(10))
}

#[test]
fn both_ways_to_write_a_time_are_read() {
    assert_eq!([LASTING, ENDED].map(end_of), ENDS.map(Some));
    assert_eq!((end_of(b"nonsense"), end_of(&LASTING[..100])), (None, None));
}

#[test]
fn one_that_is_trusted() {
    assert_eq!(seen(LASTING, LASTING, "localhost"), Seen { end: Some(ENDS[0]), failure: None });
}

#[test]
fn of_an_unknown_issuer_the_end_is_read_all_the_same() {
    let failure = Some(Failure::down("the certificate is of an unknown issuer"));
    assert_eq!(seen(LASTING, test_server::STRANGER, "localhost"), Seen { end: Some(ENDS[0]), failure });
}

#[test]
fn for_another_name() {
    let failure = Some(Failure::down("the certificate is for another name"));
    assert_eq!(seen(LASTING, LASTING, "shop.example"), Seen { end: Some(ENDS[0]), failure });
}

#[test]
fn one_that_has_ended() {
    // From 2021-01-01 to 2026-11-23 are 5 years and 326 days, one of them a leap day.
    let failure = Some(Failure::down("the certificate ended 2152 days ago"));
    assert_eq!(seen(ENDED, ENDED, "localhost"), Seen { end: Some(ENDS[1]), failure });
}

#[test]
fn one_that_is_not_valid_yet() {
    let seen = seen(test_server::EARLY, test_server::EARLY, "localhost");
    assert_eq!(seen.failure, Some(Failure::down("the certificate is not valid yet")));
}

#[test]
fn who_speaks_something_else_or_nothing() {
    let port = test_server::lines("SSH-2.0-OpenSSH_9.2p1\r\n");
    let place = format!("127.0.0.1:{port}");
    let seen = look(("localhost", &place), &judge(LASTING), &provider(), NOW, Patience::of(10));
    assert_eq!(seen, Seen { end: None, failure: Some(Failure::down("it does not speak TLS")) });

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = silent.local_addr().unwrap().to_string();
    let seen = look(("localhost", &place), &judge(LASTING), &provider(), NOW, Patience::of(1));
    assert_eq!(seen, Seen { end: None, failure: Some(Failure::down("no answer within 1 s")) });
}

#[test]
fn days_are_counted_whole() {
    let day = 86_400;
    assert_eq!(ended(day - 1), "the certificate ended today");
    assert_eq!(ended(2 * day - 1), "the certificate ended a day ago");
    assert_eq!(ended(3 * day), "the certificate ended 3 days ago");
}
