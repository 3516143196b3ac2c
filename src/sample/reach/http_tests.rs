//! Requests to servers on loopback.

use super::super::test_server::{self, Reply, page, redirect};
use super::*;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::CertificateDer;

fn ask(port: u16, path: &str, status: Option<u16>, timeout: u32) -> Answer {
    let address = format!("http://127.0.0.1:{port}{path}");
    let page = Page { address: &address, status, certificate_end: None, now: 0 };
    Client::new().ask(page, Patience::of(timeout)).unwrap()
}

fn down(reason: &str) -> Option<Failure> {
    Some(Failure::down(reason))
}

#[test]
fn a_page_that_is_there() {
    let port = test_server::http(|head| {
        assert!(head.starts_with("GET /health HTTP/1.1\r\n"), "{head}");
        let agent = concat!("user-agent: cronograph/", env!("CARGO_PKG_VERSION"), "\r\n");
        assert!(head.to_lowercase().contains(agent), "{head}");
        page(200)
    });
    let answer = ask(port, "/health", None, 10);
    assert_eq!((&answer.failure, answer.status, answer.certificate_end), (&None, Some(200), None));
    assert!(answer.seconds.is_some_and(|seconds| seconds > 0.0));
}

#[test]
fn a_status_is_well_below_400_or_as_it_was_asked_for() {
    let port = test_server::http(|head| page(head[5..8].parse().unwrap()));
    assert_eq!(ask(port, "/503", None, 10).failure, down("status 503"));
    assert_eq!(ask(port, "/404", None, 10).status, Some(404));
    assert_eq!(ask(port, "/401", Some(401), 10).failure, None);
    assert_eq!(ask(port, "/200", Some(401), 10).failure, down("status 200"));
}

#[test]
fn redirects_are_followed_but_not_for_ever() {
    let port = test_server::http(|head| match head {
        head if head.starts_with("GET /round") => redirect("/round"),
        head if head.starts_with("GET /old") => redirect("/new"),
        _ => page(204),
    });
    assert_eq!(ask(port, "/old", None, 10).status, Some(204));
    assert_eq!(ask(port, "/round", None, 10).failure, down("more than 5 redirects"));
}

#[test]
fn who_hangs_is_given_up() {
    let port = test_server::http(|_| Reply::Nothing);
    let answer = ask(port, "/", None, 1);
    assert_eq!((answer.failure, answer.seconds), (down("no answer within 1 s"), None));
}

#[test]
fn who_closes_or_speaks_something_else() {
    let port = test_server::http(|_| Reply::Text(String::new()));
    assert!(matches!(ask(port, "/", None, 10).failure, Some(Failure::Down(_))));
    let port = test_server::http(|_| Reply::Text("220 mail.example ESMTP\r\n\r\n".to_owned()));
    assert_eq!(ask(port, "/", None, 10).failure, down("the answer is not HTTP"));
    let port = test_server::http(|_| {
        Reply::Text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbroken off".to_owned())
    });
    let answer = ask(port, "/", None, 10);
    assert!(matches!(answer.failure, Some(Failure::Down(_))));
    assert_eq!(answer.status, Some(200));
}

#[test]
fn of_a_body_without_end_the_beginning_is_enough() {
    let port = test_server::http(|_| Reply::Endless(100 * 1024));
    assert_eq!(ask(port, "/", None, 10).failure, None);
}

#[test]
fn nobody_listens() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert_eq!(ask(port, "/", None, 10).failure, down("connection refused"));
}

#[test]
fn a_site_nobody_vouches_for_is_down_and_its_end_is_known() {
    let client = Client::new();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(test_server::STRANGER)).unwrap();
    let judge = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&client.provider));
    client.judge.set(Ok(judge.build().unwrap() as Judge)).ok().unwrap();
    let address = format!("https://localhost:{}/", test_server::tls(test_server::LASTING));
    let page = Page { address: &address, status: None, certificate_end: Some(5), now: 0 };
    let answer = client.ask(page, Patience::of(10)).unwrap();
    assert_eq!(answer.failure, down("the certificate is of an unknown issuer"));
    // 2120-01-01, and not what was seen before.
    assert_eq!(answer.certificate_end, Some(4_733_510_400));
}
