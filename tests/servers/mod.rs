//! Servers on loopback for tests of targets: each listens on a port of its own until the test is over, answers as it is told,
//! and can be told to hang. Shared by unit tests and integration tests.
#![allow(dead_code, unreachable_pub, reason = "each crate of tests uses a part of it")]

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// For `localhost` and 127.0.0.1, until 2120-01-01.
pub const LASTING: &[u8] = include_bytes!("../fixtures/tls/lasting.der");
/// The same, until 2021-01-01.
pub const ENDED: &[u8] = include_bytes!("../fixtures/tls/ended.der");
/// The same, from 2100-01-01 on.
pub const EARLY: &[u8] = include_bytes!("../fixtures/tls/early.der");
/// Of somebody else.
pub const STRANGER: &[u8] = include_bytes!("../fixtures/tls/stranger.der");
const KEY: &[u8] = include_bytes!("../fixtures/tls/key.der");

/// What a server does with a request.
pub enum Reply {
    /// Sends this and closes.
    Text(String),
    /// Sends this many bytes after a head that promises no end.
    Endless(usize),
    /// Keeps the connection and says nothing.
    Nothing,
}

/// A complete answer.
pub fn page(status: u16) -> Reply {
    Reply::Text(format!("HTTP/1.1 {status} Status\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"))
}

/// An answer that leads elsewhere.
pub fn redirect(to: &str) -> Reply {
    let head = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\n";
    Reply::Text(format!("{head}Location: {to}\r\n\r\n"))
}

/// A server that answers each request, given its head, by `reply`. The port.
pub fn http(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> u16 {
    let reply = Arc::new(reply);
    serve(move |stream| answer(stream, &*reply))
}

/// A server with this certificate that answers all requests well. The port.
pub fn tls(certificate: &'static [u8]) -> u16 {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(KEY));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(certificate)], key)
        .unwrap();
    let config = Arc::new(config);
    serve(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        answer(StreamOwned::new(connection, stream), &|_: &str| page(200));
    })
}

/// A server that says this to everyone and closes. The port.
pub fn lines(text: &'static str) -> u16 {
    serve(move |mut stream| {
        let _ = stream.write_all(text.as_bytes());
        let _ = stream.read(&mut [0; 1024]);
    })
}

/// A thread for each connection.
fn serve(each: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let each = Arc::new(each);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let each = Arc::clone(&each);
            std::thread::spawn(move || each(stream));
        }
    });
    port
}

fn answer(mut stream: impl Read + Write, reply: &(dyn Fn(&str) -> Reply + Send + Sync)) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let sent = match reply(&String::from_utf8_lossy(&head)) {
        Reply::Text(text) => stream.write_all(text.as_bytes()),
        Reply::Endless(bytes) => stream
            .write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            .and_then(|()| stream.write_all(&vec![b'x'; bytes]))
            .and_then(|()| stream.flush())
            // Until the other side closes.
            .and_then(|()| stream.read(&mut byte).map(drop)),
        // Until the other side closes.
        Reply::Nothing => stream.read(&mut byte).map(drop),
    };
    let _ = sent.and_then(|()| stream.flush());
}
