//! Servers for tests, on loopback, each in a thread: one that answers HTTP as it is told, one that takes mail or does not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A server and what it was sent.
pub(super) struct Receiver {
    pub(super) port: u16,
    got: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    /// One that answers requests with these, one after the other; `""` is no answer at all.
    pub(super) fn http(answers: &[&str]) -> Self {
        let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
        Self::start(move |listener, got| {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                got.lock().unwrap().push(request(&stream));
                if answer.is_empty() {
                    // Until the other side gives up.
                    let _ = stream.read_to_end(&mut Vec::new());
                    continue;
                }
                let _ = stream.write_all(answer.as_bytes());
            }
        })
    }

    /// One that takes mails in these ways, one after the other.
    pub(super) fn smtp(ways: &[Way]) -> Self {
        let ways = ways.to_vec();
        Self::start(move |listener, got| {
            for way in ways {
                let (stream, _) = listener.accept().unwrap();
                let _ = converse(&stream, way, &got);
            }
        })
    }

    fn start(serve: impl FnOnce(TcpListener, Arc<Mutex<Vec<String>>>) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let got = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&got);
        std::thread::spawn(move || serve(listener, shared));
        Self { port, got }
    }

    /// What came so far.
    pub(super) fn got(&self) -> Vec<String> {
        self.got.lock().unwrap().clone()
    }
}

/// An answer of HTTP.
pub(super) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// Head and body of a request.
fn request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    format!("{head}\n{}", String::from_utf8(body).unwrap())
}

/// How a mail server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Takes the mail.
    Takes,
    /// Is gone in the middle of the mail.
    Drops,
    /// Does not want the recipient.
    Refuses,
    /// Asks to come again.
    Busy,
    /// Says nothing.
    Hangs,
    /// Greets without end, in one line.
    Floods,
    /// Greets without end, a byte at a time.
    Drips,
}

fn converse(mut stream: &TcpStream, way: Way, got: &Mutex<Vec<String>>) -> std::io::Result<()> {
    if way == Way::Hangs {
        stream.read_to_end(&mut Vec::new())?;
        return Ok(());
    }
    if way == Way::Floods {
        loop {
            stream.write_all(&[b'2'; 64 * 1024])?;
        }
    }
    if way == Way::Drips {
        loop {
            stream.write_all(b"2")?;
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
    stream.write_all(b"220 here\r\n")?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        match (line.split_whitespace().next().unwrap_or_default(), way) {
            ("EHLO", _) => stream.write_all(b"250-here\r\n250-8BITMIME\r\n250 SIZE 100000\r\n")?,
            ("RCPT", Way::Refuses) => stream.write_all(b"550 5.1.1 no such user hush-password\r\n")?,
            ("RCPT", Way::Busy) => stream.write_all(b"451 4.3.2 try again later\r\n")?,
            ("DATA", Way::Drops) => {
                stream.write_all(b"354 go on\r\n")?;
                reader.read_exact(&mut [0; 100])?;
                return Ok(());
            }
            ("DATA", _) => {
                stream.write_all(b"354 go on\r\n")?;
                let mut mail = String::new();
                while !mail.ends_with("\r\n.\r\n") {
                    reader.read_line(&mut mail)?;
                }
                got.lock().unwrap().push(mail);
                stream.write_all(b"250 taken\r\n")?;
            }
            ("QUIT", _) => return stream.write_all(b"221 bye\r\n"),
            _ => stream.write_all(b"250 fine\r\n")?,
        }
    }
}
