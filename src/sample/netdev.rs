//! Network interfaces: `/proc/net/dev`, `proc_pid_net(5)`; without loopback.

use super::metric::record;
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
    }
}
