//! `[[target]]`: another machine, site or name that `sample` asks, and what must be true of its words.

use super::field;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The longest time a target may take: they are asked at the same time, and checks come after them.
const LONGEST_TIMEOUT: u32 = 10;
/// A name of the network is no longer.
const LONGEST_HOST: usize = 253;
/// An address that is longer is a mistake.
const LONGEST_ADDRESS: usize = 2000;
/// Where name servers listen.
const DNS_PORT: u16 = 53;

/// `[[target]]`: what `sample` asks whether it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetConfig {
    /// Its name in the log.
    pub name: String,
    /// What is asked.
    pub ask: Ask,
    /// How often.
    pub interval_seconds: u32,
    /// After how long it is given up.
    pub timeout_seconds: u32,
}

/// What a target is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Whether a connection can be made to `host:port`.
    Tcp(String),
    /// A page.
    Http {
        /// Its address.
        address: String,
        /// The status that it must have; absent: any below 400.
        status: Option<u16>,
    },
    /// Echoes of a host.
    Icmp(String),
    /// The addresses of a name.
    Dns {
        /// The name.
        name: String,
        /// The name server, as it is written; absent: the system's first one.
        server: Option<String>,
    },
}

/// The keys as they stand in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct Written {
    #[serde(deserialize_with = "field::name")]
    name: String,
    tcp: Option<String>,
    http: Option<String>,
    icmp: Option<String>,
    dns: Option<String>,
    #[serde(default = "a_minute", deserialize_with = "field::seconds")]
    interval_seconds: u32,
    #[serde(default = "five_seconds", deserialize_with = "timeout")]
    timeout_seconds: u32,
    #[serde(default, deserialize_with = "status")]
    status: Option<u16>,
    #[serde(default, deserialize_with = "server")]
    server: Option<String>,
}

fn a_minute() -> u32 {
    60
}

fn five_seconds() -> u32 {
    5
}

/// The seconds that a target may take.
fn timeout<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let seconds = u32::deserialize(deserializer)?;
    if !(1..=LONGEST_TIMEOUT).contains(&seconds) {
        return Err(D::Error::custom(format!("must be 1 to {LONGEST_TIMEOUT} seconds")));
    }
    Ok(seconds)
}

/// A status of HTTP.
fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    let status = u32::deserialize(deserializer)?;
    let known = u16::try_from(status).ok().filter(|status| (100..=599).contains(status));
    known.map(Some).ok_or_else(|| D::Error::custom("must be a status of HTTP, 100 to 599"))
}

/// A name server: its number, since a name would need a name server.
fn server<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let server = String::deserialize(deserializer)?;
    if server_address(&server).is_none() {
        return Err(D::Error::custom("must be an address like \"192.0.2.53\", or \"192.0.2.53:5353\""));
    }
    Ok(Some(server))
}

/// Where a name server listens: an address, maybe with a port.
pub fn server_address(text: &str) -> Option<SocketAddr> {
    let alone = text.parse::<IpAddr>().map(|address| SocketAddr::new(address, DNS_PORT));
    alone.or_else(|_| text.parse()).ok()
}

impl<'de> Deserialize<'de> for TargetConfig {
    /// What concerns several keys is checked while the table is still read, so that the error names its line.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Table;
        impl<'de> Visitor<'de> for Table {
            type Value = TargetConfig;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TargetConfig, A::Error> {
                let written = Written::deserialize(MapAccessDeserializer::new(map))?;
                written.into_target().map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_map(Table)
    }
}

impl Written {
    fn into_target(self) -> Result<TargetConfig, String> {
        let Self { name, interval_seconds, timeout_seconds, status, server, .. } = self;
        let ask = match (self.tcp, self.http, self.icmp, self.dns) {
            (Some(place), None, None, None) => Ask::Tcp(place),
            (None, Some(address), None, None) => Ask::Http { address, status },
            (None, None, Some(host), None) => Ask::Icmp(host),
            (None, None, None, Some(name)) => Ask::Dns { name, server: server.clone() },
            _ => {
                return Err(format!("the target `{name}` needs exactly one of `tcp`, `http`, `icmp`, `dns`"));
            }
        };
        if status.is_some() && !matches!(ask, Ask::Http { .. }) {
            return Err("`status` goes with `http` only".to_owned());
        }
        if server.is_some() && !matches!(ask, Ask::Dns { .. }) {
            return Err("`server` goes with `dns` only".to_owned());
        }
        ask.objection().map_or(Ok(TargetConfig { name, ask, interval_seconds, timeout_seconds }), Err)
    }
}

impl Ask {
    /// Why it can never be asked.
    fn objection(&self) -> Option<String> {
        let (fits, must) = match self {
            Self::Tcp(place) => {
                (is_place(place), "`tcp` must be a host and a port: \"host:22\", \"[2001:db8::1]:22\"")
            }
            Self::Http { address, .. } => {
                (is_address(address), "`http` must be an address like \"https://shop.example/health\"")
            }
            Self::Icmp(host) => (is_host(host), "`icmp` must be a host's name or its address"),
            Self::Dns { name, .. } => {
                (is_name(name), "`dns` must be a name like \"example.org\" (others than ASCII as \"xn--…\")")
            }
        };
        (!fits).then(|| must.to_owned())
    }
}

fn is_host(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"/@?#[]".contains(&byte));
    !text.is_empty() && text.len() <= LONGEST_HOST && plain && (!text.contains(':') || is_v6(text))
}

fn is_v6(text: &str) -> bool {
    text.parse::<std::net::Ipv6Addr>().is_ok()
}

fn is_place(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let host_fits = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inside) => is_v6(inside),
        None => is_host(host) && !host.contains(':'),
    };
    host_fits && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// A user and a password in it would stand in the log of whatever is asked.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest.filter(|_| text.len() <= LONGEST_ADDRESS) else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = if is_place(authority) { is_place(authority) } else { is_place(&format!("{authority}:1")) };
    place && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_name(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        (1..=63).contains(&label.len()) && plain
    };
    name.len() <= LONGEST_HOST && name.split('.').all(label)
}

/// Targets, each under a name of its own.
pub(super) fn targets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<TargetConfig>, D::Error> {
    let targets = Vec::<TargetConfig>::deserialize(deserializer)?;
    field::distinct(&targets, |target| &target.name, "targets")?;
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_with_ports() {
        for good in ["host:22", "192.0.2.1:1", "[2001:db8::1]:65535", "a-b.example:443"] {
            assert!(is_place(good), "{good}");
        }
        for bad in ["host", "host:", ":22", "host:0", "host:65536", "2001:db8::1:22", "[host]:22", "a b:22"] {
            assert!(!is_place(bad), "{bad}");
        }
    }

    #[test]
    fn addresses_of_pages() {
        for good in
            ["http://a", "https://shop.example/health?deep=1", "http://[::1]:8080/x", "http://192.0.2.1:80"]
        {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "shop.example",
            "ftp://a",
            "https://",
            "https:///x",
            "https://u:p@a/",
            "http://a b/",
            "http://a:0/",
            "http://ä/",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn names_and_hosts() {
        assert!(is_name("example.org") && is_name("_dmarc.example.org.") && is_name("localhost"));
        assert!(!is_name("") && !is_name("a..b") && !is_name("ä.example") && !is_name("a b"));
        assert!(!is_name(&"x".repeat(64)));
        assert!(is_host("192.0.2.1") && is_host("2001:db8::1") && is_host("router"));
        assert!(!is_host("") && !is_host("router:1") && !is_host("http://router"));
    }

    #[test]
    fn name_servers_have_a_port_of_their_own() {
        let written = |text| server_address(text).map(|address: SocketAddr| address.to_string());
        assert_eq!(written("192.0.2.53").as_deref(), Some("192.0.2.53:53"));
        assert_eq!(written("[2001:db8::53]:5353").as_deref(), Some("[2001:db8::53]:5353"));
        assert_eq!(written("2001:db8::53").as_deref(), Some("[2001:db8::53]:53"));
        assert_eq!(written("dns.example"), None);
    }
}
