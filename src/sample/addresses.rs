//! The interface of the default route and its addresses, without opening a socket: `/proc/net/route`,
//! `/proc/net/fib_trie`, `/proc/net/ipv6_route`, `/proc/net/if_inet6`; the format of the latter two is in the
//! kernel's `net/ipv6/route.c` and `addrconf.c`.

use super::{Context, parse};
use procfs_core::net::{RouteEntries, RouteEntry};
use procfs_core::prelude::FromRead;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The main interface, and its addresses as text, version 4 first.
pub(crate) fn of_main_interface(context: &mut Context<'_>) -> (Option<String>, Vec<String>) {
    let mut read = |path: &str| context.read(path).ok().flatten().map(<[u8]>::to_vec).unwrap_or_default();
    // One address family may be switched off; then its files are missing, and that is all.
    let routes =
        RouteEntries::from_read(read("proc/net/route").as_slice()).map(|RouteEntries(routes)| routes);
    let routes = routes.unwrap_or_default();
    let interface = default_interface(&routes).or_else(|| default_interface_v6(&read("proc/net/ipv6_route")));
    let Some(interface) = interface else { return (None, Vec::new()) };
    let v4 = of_interface(&local_addresses(&read("proc/net/fib_trie")), &routes, &interface);
    let v6 = global_addresses_v6(&read("proc/net/if_inet6"), &interface);
    let addresses = v4.iter().map(ToString::to_string).chain(v6.iter().map(ToString::to_string)).collect();
    (Some(interface), addresses)
}

fn default_interface(routes: &[RouteEntry]) -> Option<String> {
    let defaults =
        routes.iter().filter(|route| route.destination.is_unspecified() && route.mask.is_unspecified());
    defaults.min_by_key(|route| route.metrics).map(|route| route.iface.clone())
}

/// `destination prefix source prefix next_hop metric references use flags interface`, hexadecimal. The table ends
/// with a default route over `lo` that rejects everything.
fn default_interface_v6(bytes: &[u8]) -> Option<String> {
    parse::lines(bytes).find_map(|line| {
        let fields: Vec<&[u8]> = parse::fields(line).collect();
        let interface = *fields.get(9)?;
        let is_default = fields[0].iter().all(|digit| *digit == b'0') && fields[1] == b"00";
        (is_default && interface != b"lo").then(|| parse::text(interface))
    })
}

/// The host's own addresses: `|-- 192.0.2.7`, and in the next line `/32 host LOCAL`. Each is in two tables.
fn local_addresses(fib_trie: &[u8]) -> Vec<Ipv4Addr> {
    let mut addresses = Vec::new();
    let mut last: Option<Ipv4Addr> = None;
    for line in parse::lines(fib_trie) {
        let mut fields = parse::fields(line);
        match (fields.next(), fields.next(), fields.next()) {
            (Some(b"|--"), Some(address), _) => {
                last = std::str::from_utf8(address).ok().and_then(|address| address.parse().ok());
            }
            (Some(b"/32"), Some(b"host"), Some(b"LOCAL")) => {
                addresses
                    .extend(last.filter(|address| !address.is_loopback() && !addresses.contains(address)));
            }
            _ => {}
        }
    }
    addresses
}

/// The table of addresses does not name interfaces, that of routes does: an address belongs to the interface into
/// whose network it falls. One that falls into none is alone in its network, as hosters like it, and is the main one's.
fn of_interface(addresses: &[Ipv4Addr], routes: &[RouteEntry], interface: &str) -> Vec<Ipv4Addr> {
    let holds = |route: &RouteEntry, address: Ipv4Addr| {
        !route.mask.is_unspecified() && address & route.mask == route.destination
    };
    let network = |address| {
        let holding = routes.iter().filter(|route| holds(route, address));
        holding.max_by_key(|route| u32::from(route.mask)).map(|route| route.iface.as_str())
    };
    addresses
        .iter()
        .copied()
        .filter(|address| network(*address).is_none_or(|name| name == interface))
        .collect()
}

/// `address interface_number prefix scope flags interface`; scope 00 is global.
fn global_addresses_v6(bytes: &[u8], interface: &str) -> Vec<Ipv6Addr> {
    let lines = parse::lines(bytes).filter_map(|line| {
        let mut fields = parse::fields(line);
        let address = std::str::from_utf8(fields.next()?).ok().filter(|address| address.len() == 32)?;
        let (scope, name) = (fields.nth(2)?, fields.nth(1)?);
        let address = u128::from_str_radix(address, 16).ok()?;
        (scope == b"00" && name == interface.as_bytes()).then(|| Ipv6Addr::from(address))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &[u8] =
        b"Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
        eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
        eth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n\
        docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n";

    #[test]
    fn addresses_go_to_the_interface_of_their_network() {
        let RouteEntries(routes) = RouteEntries::from_read(ROUTES).unwrap();
        assert_eq!(default_interface(&routes).as_deref(), Some("eth0"));
        let trie = b"Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 192.0.2.7\n        /32 host LOCAL\n     |-- 172.17.0.1\n\
            \x20       /32 host LOCAL\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 192.0.2.255\n        /32 link BROADCAST\n\
            Local:\n     |-- 192.0.2.7\n        /32 host LOCAL\n     |-- 198.51.100.9\n        /32 host LOCAL\n";
        let addresses = of_interface(&local_addresses(trie), &routes, "eth0");
        assert_eq!(addresses, [Ipv4Addr::new(192, 0, 2, 7), Ipv4Addr::new(198, 51, 100, 9)]);
    }

    #[test]
    fn version_6() {
        let text = b"20010db8000000000000000000000007 02 40 00 80     eth0\nfe800000000000000000000000000001 02 40 20 80     eth0\n\
            00000000000000000000000000000001 01 80 10 80       lo\n";
        assert_eq!(global_addresses_v6(text, "eth0"), ["2001:db8::7".parse::<Ipv6Addr>().unwrap()]);
        let zeros = "0".repeat(32);
        let routes = format!("{zeros} 00 {zeros} 00 fe800000000000000000000000000001 400 1 0 3 eth0\n");
        assert_eq!(default_interface_v6(routes.as_bytes()).as_deref(), Some("eth0"));
    }
}
