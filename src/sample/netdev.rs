//! Network interfaces: `/proc/net/dev`, `proc_pid_net(5)`; without loopback. Which of them count, `/sys/class/net` says.

use super::metric::record;
use super::{Collector, Context, SampleError, links, parse};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Interfaces by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Netdev(pub BTreeMap<String, NetworkInterface>);

record! {
    /// One interface since boot.
    pub struct NetworkInterface in "netdev" {
        /// Bytes received.
        rx_bytes "rx_bytes" u64 Counter Data;
        /// Packets received.
        rx_packets "rx_packets" u64 Counter Count;
        /// Packets that came broken.
        rx_errors "rx_errors" u64 Counter Count;
        /// Packets that came and were dropped.
        rx_drops "rx_drops" u64 Counter Count;
        /// Bytes sent.
        tx_bytes "tx_bytes" u64 Counter Data;
        /// Packets sent.
        tx_packets "tx_packets" u64 Counter Count;
        /// Packets that could not be sent.
        tx_errors "tx_errors" u64 Counter Count;
        /// Packets that were dropped before they were sent.
        tx_drops "tx_drops" u64 Counter Count;
        /// 1 where its packets count by themselves, 0 where they pass another interface that counts, too; on the slow beat.
        physical "physical" u64 Gauge Count;
    }
}

impl Collector for Netdev {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        let Some(bytes) = context.read("proc/net/dev")? else { return Ok(None) };
        let mut interfaces: BTreeMap<_, _> = parse::lines(bytes).filter_map(parse).collect();
        if context.slow {
            for (name, physical) in links::physical(context, interfaces.keys()) {
                if let Some(interface) = interfaces.get_mut(&name) {
                    interface.physical = Some(u64::from(physical));
                }
            }
        }
        Ok((!interfaces.is_empty()).then_some(Self(interfaces)))
    }
}

/// `eth0: rx_bytes packets errs drop fifo frame compressed multicast tx_bytes packets errs drop …`. Not by
/// procfs-core, which fails where no blank follows the colon (kernels before 3.x with large numbers).
///
/// Left out: loopback; ends of containers' pairs (`veth…`), whose traffic the bridge and the interface
/// behind it count, too; what never carried a packet.
fn parse(line: &[u8]) -> Option<(String, NetworkInterface)> {
    let (name, rest) = parse::split_once(line, b':')?;
    let name = name.trim_ascii();
    if name == b"lo" || name.starts_with(b"veth") {
        return None;
    }
    let mut numbers = parse::numbers(rest);
    let [rx_bytes, rx_packets, rx_errors, rx_drops, _, _, _, _] = next(&mut numbers)?;
    let [tx_bytes, tx_packets, tx_errors, tx_drops] = next(&mut numbers)?;
    let interface = NetworkInterface {
        rx_bytes: Some(rx_bytes),
        rx_packets: Some(rx_packets),
        rx_errors: Some(rx_errors),
        rx_drops: Some(rx_drops),
        tx_bytes: Some(tx_bytes),
        tx_packets: Some(tx_packets),
        tx_errors: Some(tx_errors),
        tx_drops: Some(tx_drops),
        physical: None,
    };
    (rx_packets > 0 || tx_packets > 0).then(|| (parse::text(name), interface))
}

fn next<const COUNT: usize>(numbers: &mut impl Iterator<Item = u64>) -> Option<[u64; COUNT]> {
    let mut all = [0; COUNT];
    for number in &mut all {
        *number = numbers.next()?;
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_and_without_a_blank() {
        for line in [&b"  eth0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0"[..], b"eth0:1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0"]
        {
            let (name, interface) = parse(line).unwrap();
            assert_eq!(name, "eth0");
            assert_eq!((interface.rx_bytes, interface.rx_drops), (Some(1), Some(4)));
            assert_eq!((interface.tx_bytes, interface.tx_drops), (Some(5), Some(8)));
        }
    }

    #[test]
    fn headings_loopback_pairs_and_idle_ones_are_left_out() {
        for line in [
            &b" face |bytes    packets errs drop fifo frame compressed multicast|bytes"[..],
            b"    lo: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0",
            b"veth01: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0",
            b"  sit0: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
            b"  eth0: 1 2 3",
        ] {
            assert_eq!(parse(line), None);
        }
    }
}
