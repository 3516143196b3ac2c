//! A name server on loopback that answers as it is told.

use super::*;
use proptest::prelude::*;
use simple_dns::ResourceRecord;
use simple_dns::rdata::{A, AAAA};

/// How the server answers a question: any number of packets.
type Answers = fn(&Packet<'_>) -> Vec<Vec<u8>>;

/// A server that answers until the test is over.
fn server(answers: Answers) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            for answer in answers(&Packet::parse(&buffer[..length]).unwrap()) {
                let _ = socket.send_to(&answer, from);
            }
        }
    });
    address
}

fn asked(answers: Answers, timeout: u32) -> Result<Answer, Failure> {
    ask("example.org", Some(server(answers)), "", Patience::of(timeout))
}

/// An answer with these records, and a code.
fn reply(id: u16, code: RCODE, records: Vec<RData<'static>>) -> Vec<u8> {
    let mut packet = Packet::new_reply(id);
    *packet.rcode_mut() = code;
    let name = Name::new_unchecked("example.org");
    let records = records.into_iter().map(|data| ResourceRecord::new(name.clone(), CLASS::IN, 60, data));
    packet.answers.extend(records);
    packet.build_bytes_vec().unwrap()
}

fn is_v4(question: &Packet<'_>) -> bool {
    question.questions[0].qtype == QTYPE::TYPE(TYPE::A)
}

fn v4() -> RData<'static> {
    RData::A(A { address: 0x0a00_0001 })
}

#[test]
fn an_address_is_an_answer() {
    let answer = asked(|question| vec![reply(question.id(), RCODE::NoError, vec![v4()])], 10).unwrap();
    assert!(answer.seconds.is_some() && answer.failure.is_none());
}

#[test]
fn a_name_that_has_the_newer_kind_of_address_only() {
    let answers: Answers = |question| {
        let records = if is_v4(question) { vec![] } else { vec![RData::AAAA(AAAA { address: 1 })] };
        vec![reply(question.id(), RCODE::NoError, records)]
    };
    assert!(asked(answers, 10).unwrap().failure.is_none());
}

#[test]
fn a_name_without_any() {
    let failure = asked(|question| vec![reply(question.id(), RCODE::NoError, vec![])], 10).unwrap_err();
    assert_eq!(failure, Failure::down("no address of this name"));
}

#[test]
fn codes_become_words() {
    let failure = asked(|question| vec![reply(question.id(), RCODE::NameError, vec![])], 10).unwrap_err();
    assert_eq!(failure, Failure::down("no such name"));
    let failure = asked(|question| vec![reply(question.id(), RCODE::Refused, vec![])], 10).unwrap_err();
    assert_eq!(failure, Failure::down("the name server refused"));
}

#[test]
fn nobody_else_can_answer() {
    let answers: Answers = |question| {
        let wrong = question.id().wrapping_add(1);
        vec![reply(wrong, RCODE::NameError, vec![]), reply(question.id(), RCODE::NoError, vec![v4()])]
    };
    assert!(asked(answers, 10).unwrap().failure.is_none(), "the one with the wrong number is passed over");
    let failure = asked(|question| vec![reply(question.id().wrapping_add(1), RCODE::NoError, vec![v4()])], 1);
    assert_eq!(failure.unwrap_err(), Failure::down("an answer that cannot be read"));
}

#[test]
fn nonsense_and_silence_are_told_apart() {
    let failure = asked(|_| vec![b"nonsense".to_vec()], 1).unwrap_err();
    assert_eq!(failure, Failure::down("an answer that cannot be read"));
    assert_eq!(asked(|_| vec![], 1).unwrap_err(), Failure::down("no answer within 1 s"));
}

#[test]
fn an_answer_that_was_cut_off_is_one() {
    let answers: Answers = |question| {
        let mut answer = reply(question.id(), RCODE::NoError, vec![v4()]);
        answer[2] |= 0b10; // TC
        answer.truncate(20);
        vec![answer]
    };
    assert!(asked(answers, 10).unwrap().failure.is_none());
}

#[test]
fn a_packet_that_is_lost_is_sent_again() {
    let answers: Answers = {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static SEEN: AtomicUsize = AtomicUsize::new(0);
        |question| match SEEN.fetch_add(1, Ordering::Relaxed) {
            0 => vec![],
            _ => vec![reply(question.id(), RCODE::NoError, vec![v4()])],
        }
    };
    assert!(asked(answers, 6).unwrap().failure.is_none());
}

#[test]
fn nobody_listens() {
    let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failure = ask("example.org", Some(closed), "", Patience::of(5)).unwrap_err();
    assert_eq!(failure, Failure::down("connection refused"));
}

#[test]
fn the_systems_first_server() {
    let text =
        "# nameserver 192.0.2.1\nsearch example.org\nnameserver fe80::1%eth0\n nameserver  192.0.2.53 \n";
    assert_eq!(first_server(text), Some("192.0.2.53:53".parse().unwrap()));
    let failure = ask("example.org", None, "search example.org\n", Patience::of(1)).unwrap_err();
    assert_eq!(failure, Failure::not_asked("no name server in /etc/resolv.conf"));
}

proptest! {
    #[test]
    fn no_packet_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..64), id: u16) {
        let _ = read(&bytes, id, TYPE::A);
        // Nor one whose beginning is right.
        let mut answer = reply(id, RCODE::NoError, vec![v4()]);
        answer.truncate(12 + bytes.len());
        answer.extend(bytes);
        let _ = read(&answer, id, TYPE::A);
    }
}
