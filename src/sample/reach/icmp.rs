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
const ECHOES: u16 = 3;
/// Seconds between one and the next.
const APART: f64 = 0.2;
/// What an echo carries, so that it is as long as that of `ping`.
const PAYLOAD: usize = 56;
const FORBIDDEN: &str = "the kernel forbids echoes here (sysctl net.ipv4.ping_group_range=\"0 2147483647\")";

/// Sends echoes to a host and waits for their answers. One answer is enough to be up.
pub(super) fn ask(host: &str, patience: Patience) -> Result<Answer, Failure> {
    let address = resolve((host, 0))?.first().map(std::net::SocketAddr::ip);
    let address = address.ok_or_else(|| Failure::down("its name has no address"))?;
    let trips = echo(address, patience)?;
    let answered: Vec<f64> = trips.iter().flatten().copied().collect();
    if answered.is_empty() {
        let failure = Some(Failure::Down(patience.words()));
        return Ok(Answer { failure, loss: Some(1.0), ..Answer::default() });
    }
    let number = count(answered.len());
    Ok(Answer {
        seconds: Some(answered.iter().sum::<f64>() / number),
        loss: Some(1.0 - number / count(trips.len())),
        ..Answer::default()
    })
}

#[expect(clippy::cast_precision_loss, reason = "a few echoes")]
fn count(number: usize) -> f64 {
    number as f64
}

/// The time of each echo's way there and back; `None` for one that was not answered.
fn echo(address: IpAddr, patience: Patience) -> Result<Vec<Option<f64>>, Failure> {
    let socket = open(address, patience)?;
    let watch = Stopwatch::start();
    let mut sent: Vec<f64> = Vec::new();
    let mut trips = vec![None; usize::from(ECHOES)];
    let mut buffer = [0; 1024];
    while trips.iter().any(Option::is_none) {
        let Ok(left) = patience.left() else { break };
        let next = APART * count(sent.len());
        if sent.len() < trips.len() && watch.seconds() >= next {
            let sequence = u16::try_from(sent.len()).unwrap_or_default();
            sent.push(watch.seconds());
            socket.send(&request(address, sequence)).map_err(|error| patience.failure(&error))?;
            continue;
        }
        let pause = if sent.len() < trips.len() { seconds(next - watch.seconds()) } else { left };
        let pause = pause.min(left).max(Duration::from_millis(1));
        socket.set_read_timeout(Some(pause)).map_err(|error| patience.failure(&error))?;
        match socket.recv(&mut buffer) {
            Ok(length) => {
                let sequence = reply(address, &buffer[..length]).map(usize::from);
                let waited = sequence.and_then(|sequence| Some((sequence, sent.get(sequence)?)));
                if let Some((sequence, since)) = waited {
                    trips[sequence].get_or_insert(watch.seconds() - since);
                }
            }
            Err(error) if is_pause(error.kind()) => {}
            Err(error) => return Err(patience.failure(&error)),
        }
    }
    Ok(trips)
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

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
