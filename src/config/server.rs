//! A mail server as the configuration names it: `smtps://mail.example.org`, `smtp://[2001:db8::1]:2525`.

use std::net::IpAddr;

/// How the way to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS after STARTTLS, or nothing is sent.
    StartTls,
    /// Nothing: on this machine only.
    None,
}

/// Returns true for names and addresses, without brackets, of this machine: nobody is on the way there.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// How the way to it is protected.
    pub security: Security,
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl Server {
    /// Reads the address of a server.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let (security, usual) = match scheme {
            "smtps" => (Security::Tls, 465),
            "smtp" => (Security::StartTls, 587),
            "smtp+insecure" => (Security::None, 25),
            _ => return Err("does not say how the way is protected".to_owned()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return Err("name and password have keys of their own: `user`, `password`".to_owned());
        }
        let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, port.strip_prefix(':').or(Some(""))),
            None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            Some(port) => {
                port.parse().ok().filter(|port| *port != 0).ok_or("has a port that is none, 1 to 65535")?
            }
            None => usual,
        };
        let is_plain = |letter: char| letter.is_alphanumeric() || "-._:".contains(letter);
        if host.is_empty() || !host.chars().all(is_plain) {
            return Err("names no server".to_owned());
        }
        if security == Security::None && !is_loopback(host) {
            return Err("would send mail and password unprotected over the network".to_owned());
        }
        Ok(Self { security, host: host.to_owned(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_with_and_without_a_port() {
        let server =
            |text: &str| Server::parse(text).map(|server| (server.security, server.host, server.port));
        let is = |security, host: &str, port| Ok((security, host.to_owned(), port));
        assert_eq!(server("smtps://mail.example.org"), is(Security::Tls, "mail.example.org", 465));
        assert_eq!(server("smtp://mail.example.org:2525/"), is(Security::StartTls, "mail.example.org", 2525));
        assert_eq!(server("smtp://[2001:db8::1]"), is(Security::StartTls, "2001:db8::1", 587));
        assert_eq!(server("smtps://[::1]:1465"), is(Security::Tls, "::1", 1465));
        assert_eq!(server("smtp+insecure://127.0.0.1:2500"), is(Security::None, "127.0.0.1", 2500));
    }

    #[test]
    fn what_is_no_server() {
        for text in [
            "mail.example.org",
            "http://mail.example.org",
            "smtps://",
            "smtps://a:b",
            "smtps://a:0",
            "smtps://ada:hunter2@mail.example.org",
            "smtp+insecure://mail.example.org",
            "smtps://a b",
            "smtps://[::1]x",
        ] {
            let reason = Server::parse(text).unwrap_err();
            assert!(!reason.contains("hunter2"), "{reason}");
        }
    }
}
