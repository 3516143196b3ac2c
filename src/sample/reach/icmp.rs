//! Echoes, as `ping` sends them: by the kernel's datagram sockets of ICMP, which need no privilege where
//! `net.ipv4.ping_group_range` has the user's group in it (systemd sets it so, since 2020; Linux 3.0, icmp(7)). No raw
//! sockets. The kernel writes identifier and checksum, and hands over only the answers to one's own echoes.

use super::answer::{Answer, Failure, Patience};
use super::tcp::resolve;
use crate::base::clock::Stopwatch;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto, socket_with};
use std::io::ErrorKind;
use std::net::{IpAddr, UdpSocket};
use std::time::Duration;

/// How many echoes are sent.
const ECHOES: usize = 3;
/// Seconds between one and the next.
const APART: f64 = 0.2;
/// What an echo carries, so that it is as long as that of `ping`.
const PAYLOAD: usize = 56;
const FORBIDDEN: &str = "the kernel forbids echoes here (sysctl net.ipv4.ping_group_range=\"0 2147483647\")";

/// Sends echoes to a host and waits for their answers. One answer is enough to be up.
pub(super) fn ask(host: &str, patience: Patience) -> Result<Answer, Failure> {
    let address = resolve((host, 0))?.first().map(std::net::SocketAddr::ip);
    let address = address.ok_or_else(|| Failure::down("its name has no address"))?;
    let mut round = Round { socket: open(address, patience)?, address, patience, echoes: Vec::new() };
    round.run();
    Ok(round.answer())
}

/// One echo: when it was sent, and what came of it.
struct Echo {
    sent: f64,
    end: Option<Result<f64, Failure>>,
}

/// Some echoes to one address.
struct Round {
    socket: UdpSocket,
    address: IpAddr,
    patience: Patience,
    echoes: Vec<Echo>,
}

impl Round {
    /// Until every echo has its end, or patience has.
    fn run(&mut self) {
        let watch = Stopwatch::start();
        let mut buffer = [0; 1024];
        while self.echoes.len() < ECHOES || self.echoes.iter().any(|echo| echo.end.is_none()) {
            let Ok(left) = self.patience.left() else { break };
            let next = APART * count(self.echoes.len());
            let is_over = self.echoes.len() == ECHOES;
            if !is_over && watch.seconds() >= next {
                self.send(watch.seconds());
                continue;
            }
            let pause = if is_over { left } else { left.min(seconds(next - watch.seconds())) };
            let heard = self.socket.set_read_timeout(Some(pause.max(Duration::from_millis(1))));
            match heard.and_then(|()| self.socket.recv(&mut buffer)) {
                Ok(length) => self.take(&buffer[..length], watch.seconds()),
                Err(error) if is_pause(error.kind()) => {}
                // A host on the way says that it cannot be reached: of one of them, it does not matter which.
                Err(error) => {
                    let failure = self.patience.failure(&error);
                    if let Some(echo) = self.echoes.iter_mut().find(|echo| echo.end.is_none()) {
                        echo.end = Some(Err(failure));
                    }
                }
            }
        }
    }

    fn send(&mut self, now: f64) {
        let sequence = u16::try_from(self.echoes.len()).unwrap_or_default();
        let sent = self.socket.send(&request(self.address, sequence));
        let end = sent.err().map(|error| Err(self.patience.failure(&error)));
        self.echoes.push(Echo { sent: now, end });
    }

    fn take(&mut self, packet: &[u8], now: f64) {
        let sequence = reply(self.address, packet).map(usize::from);
        if let Some(echo) = sequence.and_then(|sequence| self.echoes.get_mut(sequence)) {
            // One that comes twice has come.
            echo.end.get_or_insert(Ok(now - echo.sent));
        }
    }

    fn answer(self) -> Answer {
        let number = count(self.echoes.len());
        let (mut trips, mut failure) = (Vec::new(), None);
        for end in self.echoes.into_iter().filter_map(|echo| echo.end) {
            match end {
                Ok(seconds) => trips.push(seconds),
                Err(reason) => failure = Some(reason),
            }
        }
        if trips.is_empty() {
            let failure = failure.or_else(|| Some(Failure::Down(self.patience.words())));
            return Answer { failure, loss: Some(1.0), ..Answer::default() };
        }
        let answered = count(trips.len());
        Answer {
            seconds: Some(trips.iter().sum::<f64>() / answered),
            loss: Some(1.0 - answered / number),
            ..Answer::default()
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few echoes")]
fn count(number: usize) -> f64 {
    number as f64
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// Nothing came in time.
fn is_pause(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// A socket whose echoes go to that address.
fn open(address: IpAddr, patience: Patience) -> Result<UdpSocket, Failure> {
    let (family, protocol) = match address {
        IpAddr::V4(_) => (AddressFamily::INET, ipproto::ICMP),
        IpAddr::V6(_) => (AddressFamily::INET6, ipproto::ICMPV6),
    };
    let socket = socket_with(family, SocketType::DGRAM, SocketFlags::CLOEXEC, Some(protocol));
    let socket = socket.map_err(|errno| match errno {
        Errno::ACCESS | Errno::PERM => Failure::not_asked(FORBIDDEN),
        Errno::PROTONOSUPPORT | Errno::AFNOSUPPORT => Failure::not_asked("the kernel has no such echoes"),
        other => patience.failure(&other.into()),
    })?;
    // A datagram socket like that of UDP, as far as sending and receiving go.
    let socket = UdpSocket::from(socket);
    socket.connect((address, 0)).map_err(|error| patience.failure(&error))?;
    Ok(socket)
}

/// An echo request, RFC 792 and RFC 4443: type, code, checksum and identifier (both the kernel's to fill), sequence.
fn request(address: IpAddr, sequence: u16) -> Vec<u8> {
    let kind = if address.is_ipv4() { 8 } else { 128 };
    let [high, low] = sequence.to_be_bytes();
    let mut packet = vec![kind, 0, 0, 0, 0, 0, high, low];
    packet.resize(8 + PAYLOAD, b'c');
    packet
}

/// The sequence that an echo reply answers.
fn reply(address: IpAddr, packet: &[u8]) -> Option<u16> {
    let kind = if address.is_ipv4() { 0 } else { 129 };
    match packet {
        [first, 0, _, _, _, _, high, low, ..] if *first == kind => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_replies_are_those_of_the_rfcs() {
        let (v4, v6): (IpAddr, IpAddr) = ([127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into());
        assert_eq!(request(v4, 258)[..8], [8, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!((request(v6, 1)[0], request(v6, 1).len()), (128, 64));
        assert_eq!(reply(v4, &[0, 0, 9, 9, 7, 7, 1, 2, b'c']), Some(258));
        assert_eq!(reply(v6, &[129, 0, 9, 9, 7, 7, 0, 2]), Some(2));
        // A host that cannot be reached, one's own request on the way back, a stump.
        assert_eq!(reply(v4, &[3, 1, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(reply(v4, &request(v4, 1)), None);
        assert_eq!(reply(v4, &[0, 0, 1]), None);
    }

    /// A round whose echoes ended so; nothing is sent.
    fn answer(ends: [Option<Result<f64, Failure>>; 3]) -> Answer {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let echoes = ends.map(|end| Echo { sent: 0.0, end }).into();
        let address = std::net::Ipv4Addr::LOCALHOST.into();
        Round { socket, address, patience: Patience::of(5), echoes }.answer()
    }

    #[test]
    fn one_answer_is_enough_and_what_is_lost_is_counted() {
        let unreachable = || Some(Err(Failure::down("host unreachable")));
        let one = answer([Some(Ok(0.25)), None, unreachable()]);
        assert_eq!((one.failure, one.seconds, one.loss), (None, Some(0.25), Some(1.0 - 1.0 / 3.0)));
        let all = answer([Some(Ok(0.25)), Some(Ok(0.5)), Some(Ok(0.75))]);
        assert_eq!((all.failure, all.seconds, all.loss), (None, Some(0.5), Some(0.0)));
        let none = answer([None, None, None]);
        assert_eq!((none.failure, none.loss), (Some(Failure::down("no answer within 5 s")), Some(1.0)));
        assert_eq!(answer([None, unreachable(), None]).failure, Some(Failure::down("host unreachable")));
    }

    #[test]
    fn an_answer_that_comes_twice_counts_once() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = std::net::Ipv4Addr::LOCALHOST.into();
        let echoes = vec![Echo { sent: 1.0, end: None }];
        let mut round = Round { socket, address, patience: Patience::of(5), echoes };
        round.take(&[0, 0, 0, 0, 0, 0, 0, 0], 1.5);
        round.take(&[0, 0, 0, 0, 0, 0, 0, 0], 9.0);
        round.take(&[0, 0, 0, 0, 0, 0, 0, 7], 9.0);
        assert_eq!(round.answer().seconds, Some(0.5));
    }

    #[test]
    fn this_host_answers_itself_where_the_kernel_allows_it() {
        match ask("127.0.0.1", Patience::of(10)) {
            Ok(answer) => {
                assert_eq!((answer.failure, answer.loss), (None, Some(0.0)));
                assert!(answer.seconds.is_some_and(|seconds| seconds > 0.0));
            }
            Err(failure) => {
                assert_eq!(failure, Failure::not_asked(FORBIDDEN));
                eprintln!("SKIPPED: {FORBIDDEN}");
            }
        }
    }
}
