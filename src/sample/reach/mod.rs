//! Asks the targets of the configuration, all at the same time, each in a thread of its own with a small stack. At its deadline
//! a target is given up: a thread that hangs, as in the resolver of names, is left behind and ends with the process.

mod answer;
mod dns;
mod http;
mod icmp;
mod memory;
mod tcp;
#[cfg(test)]
#[path = "../../../tests/servers/mod.rs"]
mod test_server;
#[cfg(test)]
mod tests;
mod tls;

pub use memory::{Memory, MemoryFile};

use super::Root;
use crate::base::clock::Stopwatch;
use answer::{Answer, Failure, Patience};
use http::{Client, Page};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// Enough for a handshake of TLS and for the resolver of glibc.
const STACK_BYTES: usize = 512 * 1024;
/// Whoever gives up by himself gets so long to say so.
const GRACE_SECONDS: f64 = 0.5;

/// Something that is asked whether it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// What it is asked.
    pub question: Question,
    /// How often.
    pub interval_seconds: u32,
    /// After how long it is given up.
    pub timeout_seconds: u32,
}

/// What a target is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// Whether a connection can be made.
    Tcp {
        /// `host:port`
        place: String,
    },
    /// A page.
    Http {
        /// Its address.
        address: String,
        /// The status that it must have; absent: any below 400.
        status: Option<u16>,
    },
    /// Echoes.
    Icmp {
        /// Of whom.
        host: String,
    },
    /// The addresses of a name.
    Dns {
        /// The name.
        name: String,
        /// Who is asked; absent: the system's first name server.
        server: Option<SocketAddr>,
    },
}

impl Question {
    /// Its kind, as the log says it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Tcp { .. } => "tcp",
            Self::Http { .. } => "http",
            Self::Icmp { .. } => "icmp",
            Self::Dns { .. } => "dns",
        }
    }
}

/// A target whose turn it is.
#[derive(Clone, Debug)]
pub struct Asked {
    target: Target,
    /// When its certificate ends, if that was seen lately, and when it was: unix time.
    certificate: Option<(i64, i64)>,
}

impl Asked {
    /// After how long it is given up.
    pub fn timeout_seconds(&self) -> u32 {
        self.target.timeout_seconds
    }
}

/// Asks all of them and puts what came of it into `memory`. Takes no longer than the longest of their times.
pub fn ask(due: &[Asked], memory: &mut Memory, root: &Root, now: i64) {
    let world = World {
        // Found out once for all; a world without such targets needs none.
        client: due.iter().any(|asked| asked.target.question.kind() == "http").then(Client::new),
        resolv_conf: fs_err::read_to_string(root.path("etc/resolv.conf")).unwrap_or_default(),
        now,
    };
    let question = move |asked: &Asked, patience| asked.ask(&world, patience).unwrap_or_else(Answer::from);
    for (asked, answer) in due.iter().zip(gather(due, &Arc::new(question))) {
        memory.learn(asked, answer, now);
    }
}

/// What all threads share.
struct World {
    client: Option<Client>,
    resolv_conf: String,
    now: i64,
}

/// The answer of each by `question`, in their order; of whoever hangs, that it was given up.
fn gather<Q>(due: &[Asked], question: &Arc<Q>) -> Vec<Answer>
where
    Q: Fn(&Asked, Patience) -> Answer + Send + Sync + 'static,
{
    let (sender, receiver) = channel();
    let watch = Stopwatch::start();
    let mut answers: Vec<Option<Answer>> = vec![None; due.len()];
    for (index, asked) in due.iter().enumerate() {
        if let Err(error) = start(index, asked.clone(), Arc::clone(question), sender.clone()) {
            answers[index] = Some(Failure::not_asked(format!("no thread to ask it: {error}")).into());
        }
    }
    // The last thread that ends closes the channel.
    drop(sender);
    let until = |asked: &Asked| f64::from(asked.timeout_seconds()) + GRACE_SECONDS;
    let last = due.iter().map(until).fold(0.0, f64::max);
    while let Ok(left) = Duration::try_from_secs_f64(last - watch.seconds()) {
        let Ok((index, answer)) = receiver.recv_timeout(left) else { break };
        if watch.seconds() <= until(&due[index]) {
            answers[index] = Some(answer);
        }
    }
    let given_up = |asked: &Asked| Failure::Down(Patience::of(asked.timeout_seconds()).words()).into();
    answers.into_iter().zip(due).map(|(answer, asked)| answer.unwrap_or_else(|| given_up(asked))).collect()
}

fn start<Q>(
    index: usize,
    asked: Asked,
    question: Arc<Q>,
    sender: Sender<(usize, Answer)>,
) -> std::io::Result<()>
where
    Q: Fn(&Asked, Patience) -> Answer + Send + Sync + 'static,
{
    let patience = Patience::of(asked.timeout_seconds());
    let work = move || {
        // Nobody listens any more where it comes too late.
        let _ = sender.send((index, question(&asked, patience)));
    };
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).map(drop)
}

impl Asked {
    fn ask(&self, world: &World, patience: Patience) -> Result<Answer, Failure> {
        match &self.target.question {
            Question::Tcp { place } => tcp::ask(place, patience),
            Question::Icmp { host } => icmp::ask(host, patience),
            Question::Dns { name, server } => dns::ask(name, *server, &world.resolv_conf, patience),
            Question::Http { address, status } => {
                let client = world.client.as_ref().ok_or_else(|| Failure::not_asked("no client"))?;
                let (status, certificate_end) = (*status, self.certificate.map(|(end, _)| end));
                client.ask(Page { address, status, certificate_end, now: world.now }, patience)
            }
        }
    }
}
