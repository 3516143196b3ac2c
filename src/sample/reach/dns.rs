//! Whether a name server knows a name: one question over UDP for its IPv4 address, and for its IPv6 one where it has none.
//! The question is sent again at a third and at two thirds of the time, since single packets get lost.

use super::answer::{Answer, Failure, Patience};
use crate::base::clock::Stopwatch;
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE, header_buffer};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

/// How often a question is sent.
const SENDS: u32 = 3;

/// Asks for the addresses of `name`. Without a server, `resolv_conf` names it.
pub(super) fn ask(
    name: &str,
    server: Option<SocketAddr>,
    resolv_conf: &str,
    patience: Patience,
) -> Result<Answer, Failure> {
    let server = server
        .or_else(|| first_server(resolv_conf))
        .ok_or_else(|| Failure::not_asked("no name server in /etc/resolv.conf"))?;
    let any: IpAddr =
        if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).map_err(|error| patience.failure(&error))?;
    // Connected, it hears of nobody else, and of a port where nobody listens.
    socket.connect(server).map_err(|error| patience.failure(&error))?;
    let watch = Stopwatch::start();
    for kind in [TYPE::A, TYPE::AAAA] {
        if question(&socket, name, kind, patience)? {
            return Ok(Answer { seconds: Some(watch.seconds()), ..Answer::default() });
        }
    }
    Err(Failure::down("no address of this name"))
}

/// Sends one question until it is answered. Whether the answer holds what was asked for.
fn question(socket: &UdpSocket, name: &str, kind: TYPE, patience: Patience) -> Result<bool, Failure> {
    let id = random_id();
    let query = encode(id, name, kind).ok_or_else(|| Failure::not_asked("this is no name"))?;
    let mut nonsense = false;
    let pause = patience.left()? / SENDS;
    for _ in 0..SENDS {
        socket.send(&query).map_err(|error| patience.failure(&error))?;
        match wait(socket, id, kind, pause, patience)? {
            Heard::Answer(holds) => return Ok(holds),
            Heard::Nothing => {}
            Heard::Nonsense => nonsense = true,
        }
    }
    Err(if nonsense {
        Failure::down("an answer that cannot be read")
    } else {
        Failure::Down(patience.words())
    })
}

/// What was heard after a question.
enum Heard {
    Answer(bool),
    Nothing,
    Nonsense,
}

/// Listens for a while: for what is not the answer, on and on.
fn wait(
    socket: &UdpSocket,
    id: u16,
    kind: TYPE,
    pause: Duration,
    patience: Patience,
) -> Result<Heard, Failure> {
    let watch = Stopwatch::start();
    let mut heard = Heard::Nothing;
    let mut buffer = [0; 4096];
    while let Some(left) = pause.checked_sub(Duration::from_secs_f64(watch.seconds())) {
        let left = left.max(Duration::from_millis(1));
        socket.set_read_timeout(Some(left)).map_err(|error| patience.failure(&error))?;
        match socket.recv(&mut buffer) {
            Ok(length) => match read(&buffer[..length], id, kind) {
                Some(answer) => return answer.map(Heard::Answer),
                None => heard = Heard::Nonsense,
            },
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(patience.failure(&error)),
        }
    }
    Ok(heard)
}

/// Who knows it cannot forge an answer. The hasher of the standard library is seeded by the kernel.
fn random_id() -> u16 {
    let bytes = RandomState::new().build_hasher().finish().to_le_bytes();
    u16::from_le_bytes([bytes[0], bytes[1]])
}

fn encode(id: u16, name: &str, kind: TYPE) -> Option<Vec<u8>> {
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let name = Name::new(name.strip_suffix('.').unwrap_or(name)).ok()?;
    packet.questions.push(Question::new(name, QTYPE::TYPE(kind), QCLASS::CLASS(CLASS::IN), false));
    packet.build_bytes_vec().ok()
}

/// Whether an answer holds an address; `None` where it is not the answer to this question, or none at all.
fn read(bytes: &[u8], id: u16, kind: TYPE) -> Option<Result<bool, Failure>> {
    let is_answer = header_buffer::has_flags(bytes, PacketFlag::RESPONSE).ok()?;
    if !is_answer || header_buffer::id(bytes).ok()? != id {
        return None;
    }
    // What was cut off would be asked for over TCP: it is there.
    if header_buffer::has_flags(bytes, PacketFlag::TRUNCATION).ok()? {
        return Some(Ok(true));
    }
    let packet = Packet::parse(bytes).ok()?;
    Some(match packet.rcode() {
        RCODE::NoError => Ok(packet.answers.iter().any(|record| {
            matches!((&record.rdata, kind), (RData::A(_), TYPE::A) | (RData::AAAA(_), TYPE::AAAA))
        })),
        code => Err(Failure::down(words(code))),
    })
}

fn words(code: RCODE) -> &'static str {
    match code {
        RCODE::NameError => "no such name",
        RCODE::ServerFailure => "the name server failed",
        RCODE::Refused => "the name server refused",
        RCODE::FormatError => "the name server did not understand the question",
        RCODE::NotImplemented => "the name server does not answer such questions",
        _ => "the name server gave an error",
    }
}

/// The first name server of a `resolv.conf` that is an address.
fn first_server(resolv_conf: &str) -> Option<SocketAddr> {
    let values = resolv_conf.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next()).flatten()
    });
    let mut addresses = values.filter_map(|value| value.parse::<IpAddr>().ok());
    addresses.next().map(|address| SocketAddr::new(address, 53))
}

#[cfg(test)]
#[path = "dns_tests.rs"]
mod tests;
