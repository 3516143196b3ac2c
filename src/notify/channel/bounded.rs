//! A connection to a server whose answers are bounded in bytes and time: the library for mail reads a line to its end, however long
//! it is, and allows each line its own time. It talks to a port on loopback, and what lies between lets no more through.
//!
//! TLS passes through as it is: what is protected stays so from end to end.

use crate::base::clock::Stopwatch;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The most that a server may send in one conversation: its answers are short, its certificates have some kilobytes.
pub(super) const ANSWER_BYTES: u64 = 256 * 1024;
/// One address of a server may take so long, so that there is time for the next one.
const CONNECT_SECONDS: f64 = 10.0;

/// A way to a server that is open until its time is over.
pub(super) struct Tunnel {
    /// The port on 127.0.0.1; it takes one connection.
    pub(super) port: u16,
    flooded: Arc<AtomicBool>,
}

impl Tunnel {
    /// Connects to a server, for `seconds` counted by `watch`.
    ///
    /// # Errors
    /// Why there is no connection.
    pub(super) fn open(host: &str, port: u16, watch: Stopwatch, seconds: f64) -> io::Result<Self> {
        let server = connect(host, port, watch, seconds)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let flooded = Arc::new(AtomicBool::new(false));
        let is_flooded = Arc::clone(&flooded);
        let lead = move || {
            let Ok((client, _)) = listener.accept() else { return };
            drop(listener);
            let there = Pump { from: &client, to: &server, watch, seconds };
            let back = Pump { from: &server, to: &client, watch, seconds };
            std::thread::scope(|scope| {
                scope.spawn(|| there.run(u64::MAX, &AtomicBool::default()));
                back.run(ANSWER_BYTES, &is_flooded);
            });
        };
        std::thread::Builder::new().spawn(lead)?;
        Ok(Self { port, flooded })
    }

    /// Returns true if the server sent more than it may.
    pub(super) fn is_flooded(&self) -> bool {
        self.flooded.load(Ordering::Relaxed)
    }
}

/// Connects to the first address of a server that answers.
fn connect(host: &str, port: u16, watch: Stopwatch, seconds: f64) -> io::Result<TcpStream> {
    let mut failure = io::Error::from(ErrorKind::NotFound);
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, left(watch, seconds.min(CONNECT_SECONDS))?) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Returns the rest of a time limit.
fn left(watch: Stopwatch, seconds: f64) -> io::Result<Duration> {
    let left = Duration::try_from_secs_f64(seconds - watch.seconds()).unwrap_or_default();
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// One direction of a connection.
struct Pump<'a> {
    from: &'a TcpStream,
    to: &'a TcpStream,
    watch: Stopwatch,
    seconds: f64,
}

impl Pump<'_> {
    /// Hands on bytes until they end, the time is over, or there are more than `most`, which it marks as a flood.
    fn run(&self, most: u64, is_flooded: &AtomicBool) {
        let copied = self.copy(most);
        // Before the connection is cut: then the library asks.
        is_flooded.store(matches!(copied, Ok(true)), Ordering::Relaxed);
        // What was handed on may not be read yet: only where something is wrong it is lost.
        match copied {
            Ok(false) => drop(self.to.shutdown(Shutdown::Write)),
            _ => [self.from, self.to].iter().for_each(|stream| drop(stream.shutdown(Shutdown::Both))),
        }
    }

    fn copy(&self, most: u64) -> io::Result<bool> {
        let (mut from, mut to) = (self.from, self.to);
        let (mut buffer, mut room) = ([0; 8 * 1024], most);
        loop {
            from.set_read_timeout(Some(left(self.watch, self.seconds)?))?;
            let length = match from.read(&mut buffer) {
                Ok(0) => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                length => length?,
            };
            match room.checked_sub(length as u64) {
                Some(less) => room = less,
                None => return Ok(true),
            }
            to.set_write_timeout(Some(left(self.watch, self.seconds)?))?;
            to.write_all(&buffer[..length])?;
        }
    }
}
