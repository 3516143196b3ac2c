//! A mail server: TLS from the first byte, or STARTTLS and nothing without it; unprotected on this machine only.
//!
//! A server that is slow in everything could hold a run for minutes, each answer just in time: so it is asked in a thread, whose
//! connection is cut when the time is over. What it took all the same is repeated later under the same `Message-ID`.

use super::super::error::NotifyError;
use super::bounded::{ANSWER_BYTES, Tunnel};
use crate::base::clock::Stopwatch;
use crate::base::connection;
use crate::base::escape;
use crate::base::refusal::{Again, Refusal};
use crate::config::{ChannelConfig, Secret, Security, Server};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// Address of the tunnel; the certificate is checked for the name in the configuration.
const LOOPBACK: &str = "127.0.0.1";
/// For one answer.
const ANSWER_SECONDS: f64 = 10.0;
/// Of what a server says, nobody reads more.
const REASON_CHARACTERS: usize = 300;

/// A server and how to log in.
pub(super) struct Relay {
    server: Server,
    tls: Tls,
    login: Option<(String, Secret)>,
}

impl Relay {
    pub(super) fn of(config: &ChannelConfig, address: &str) -> Result<Self, NotifyError> {
        let fault =
            |key, message: String| NotifyError::Channel { channel: config.name.clone(), key, message };
        let server = Server::parse(address).map_err(|message| fault("smtp", message))?;
        let password = match &config.password_file {
            Some(path) => Some(read_password(path).map_err(|message| fault("password_file", message))?),
            None => config.password.clone(),
        };
        let parameters =
            |key| parameters(&server, config.ca_file.as_deref()).map_err(|message| fault(key, message));
        let tls = match server.security {
            Security::None => Tls::None,
            Security::Tls => Tls::Wrapper(parameters("ca_file")?),
            Security::StartTls => Tls::Required(parameters("ca_file")?),
        };
        Ok(Self { server, tls, login: config.user.clone().zip(password) })
    }

    pub(super) fn password(&self) -> Option<&str> {
        self.login.as_ref().map(|(_, password)| password.reveal())
    }

    /// Sends a mail, in at most so many seconds.
    pub(super) fn send(&self, letter: &Message, seconds: f64) -> Result<(), Refusal> {
        let watch = Stopwatch::start();
        let mut builder = SmtpTransport::builder_dangerous(LOOPBACK)
            .tls(self.tls.clone())
            .timeout(Some(Duration::from_secs_f64(seconds.min(ANSWER_SECONDS))));
        if let Some((user, password)) = &self.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
        }
        let (server, envelope, bytes) = (self.server.clone(), letter.envelope().clone(), letter.formatted());
        let (done, waiting) = mpsc::channel();
        // In the thread, since the name of the server may take long to be found.
        let work = move || {
            let sent = match Tunnel::open(&server.host, server.port, watch, seconds) {
                Ok(tunnel) => {
                    let sent = builder.port(tunnel.port).build().send_raw(&envelope, &bytes);
                    sent.map_err(|error| if tunnel.is_flooded() { flood() } else { refusal(&error) })
                }
                Err(error) => Err(connection::refusal("the mail server", &error)),
            };
            drop(done.send(sent));
        };
        std::thread::Builder::new()
            .spawn(work)
            .map_err(|error| Refusal::soon(format!("there is no thread for it: {error}")))?;
        match waiting.recv_timeout(Duration::from_secs_f64(seconds)) {
            Ok(sent) => sent.map(|_| ()),
            Err(_) => Err(Refusal::soon("the mail server took too long")),
        }
    }
}

/// Refusal of a server whose answers do not end.
fn flood() -> Refusal {
    let kilobytes = ANSWER_BYTES / 1024;
    Refusal::lasting(format!(
        "the mail server answers without end: more than {kilobytes} kB in one conversation"
    ))
}

/// What a server's answer means. 4xx and the network: soon again. 5xx: not without somebody's help.
fn refusal(error: &lettre::transport::smtp::Error) -> Refusal {
    let said =
        std::error::Error::source(error).map_or_else(|| error.to_string(), |source| source.to_string());
    let said: String = escape::terminal(&said.replace('\n', " ")).chars().take(REASON_CHARACTERS).collect();
    match error.status() {
        Some(code) if error.is_permanent() => {
            Refusal::lasting(format!("the mail server refuses: {code} {said}"))
        }
        Some(code) => Refusal::soon(format!("the mail server asks to try later: {code} {said}")),
        None if error.is_client() => Refusal::lasting(format!("the mail server cannot do it: {said}")),
        None => connection::refusal("the mail server", error),
    }
}

fn parameters(server: &Server, authority: Option<&Path>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(server.host.clone());
    if let Some(path) = authority {
        let pem = fs_err::read(path).map_err(|error| error.to_string())?;
        let none = || format!("{} holds no certificate in PEM", path.display());
        // A file without any would be taken, and trusted for nothing.
        let begin = b"-----BEGIN CERTIFICATE-----";
        if !pem.windows(begin.len()).any(|window| window == begin) {
            return Err(none());
        }
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|_| none())?);
    }
    builder.build_rustls().map_err(|error| {
        let refusal = connection::refusal("the mail server", &error);
        let hint = "`ca_file` names another authority; a mail server on this machine needs none: \
                    smtp = \"smtp+insecure://localhost\"";
        match refusal.again {
            Again::Mended => format!("{refusal}\nhint: {hint}"),
            _ => format!("TLS cannot be set up: {error}"),
        }
    })
}

/// The first line of a file that only its owner may read.
fn read_password(path: &Path) -> Result<Secret, String> {
    let mode = fs_err::metadata(path).map_err(|error| error.to_string())?.mode() & 0o7777;
    if mode & 0o077 != 0 {
        let path = path.display();
        return Err(format!("others may read {path} (mode {mode:04o})\nhint: chmod 600 {path}"));
    }
    let text = fs_err::read_to_string(path).map_err(|error| error.to_string())?;
    match text.lines().next().map(str::trim_end) {
        Some(line) if !line.is_empty() => Ok(Secret::new(line)),
        _ => Err(format!("{} is empty", path.display())),
    }
}
