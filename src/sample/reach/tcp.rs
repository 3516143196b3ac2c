//! Whether a connection can be made: the addresses of a host are tried one after the other, as every program does. And how
//! names become addresses, by the system's own rules.

use super::answer::{Answer, Failure, Patience};
use crate::base::clock::Stopwatch;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// Makes a connection to `host:port` and closes it. The time is that of the address that answered, without the name's.
pub(super) fn ask(place: &str, patience: Patience) -> Result<Answer, Failure> {
    let (_, seconds) = connect(place, patience)?;
    Ok(Answer { seconds: Some(seconds), ..Answer::default() })
}

/// A connection, and how long it took.
pub(super) fn connect(place: &str, patience: Patience) -> Result<(TcpStream, f64), Failure> {
    let addresses = resolve(place)?;
    let mut failure = Failure::Down(patience.words());
    for (index, address) in addresses.iter().enumerate() {
        // An address that does not answer must leave time for those after it.
        let share = patience.left()? / u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let watch = Stopwatch::start();
        match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
            Ok(stream) => return Ok((stream, watch.seconds())),
            Err(error) => failure = patience.failure(&error),
        }
    }
    Err(failure)
}

/// The addresses of a name, or the address that it is. May hang as long as the system's resolver does.
pub(super) fn resolve(place: impl ToSocketAddrs) -> Result<Vec<SocketAddr>, Failure> {
    let addresses: Vec<SocketAddr> = place.to_socket_addrs().map(Iterator::collect).unwrap_or_default();
    if addresses.is_empty() { Err(Failure::down("its name has no address")) } else { Ok(addresses) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn an_open_port_answers_though_nobody_accepts() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let answer = ask(&listener.local_addr().unwrap().to_string(), Patience::of(5)).unwrap();
        assert!(answer.failure.is_none() && answer.seconds.is_some());
    }

    #[test]
    fn a_closed_port_refuses() {
        let place = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        assert_eq!(ask(&place, Patience::of(5)).unwrap_err(), Failure::down("connection refused"));
    }

    #[test]
    fn a_port_whose_queue_is_full_does_not_answer() {
        use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};
        let listener = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        bind(&listener, &SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        listen(&listener, 0).unwrap();
        let address = SocketAddr::try_from(getsockname(&listener).unwrap()).unwrap();
        // Fill it until the kernel drops what comes.
        let mut held = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            held.push(stream);
            assert!(held.len() < 100);
        }
        let failure = ask(&address.to_string(), Patience::of(1)).unwrap_err();
        assert_eq!(failure, Failure::down("no answer within 1 s"));
    }

    #[test]
    fn a_name_that_cannot_be_is_said() {
        assert_eq!(resolve("no such host:1").unwrap_err(), Failure::down("its name has no address"));
    }
}
