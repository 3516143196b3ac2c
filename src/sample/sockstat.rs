//! Sockets: `/proc/net/sockstat{,6}`, `/proc/net/snmp`, `/proc/net/tcp{,6}` (states; on a slower beat where there are
//! many), and connection tracking in `/proc/sys/net/netfilter/`.

use super::metric::record;

record! {
    /// Sockets in use and what they hold.
    pub struct Sockstat in "sockstat" {
        /// Sockets in use.
        used "used" u64 Gauge Count;
        /// TCP sockets in use, version 4 and 6.
        tcp "tcp" u64 Gauge Count;
        /// TCP sockets that no process holds.
        tcp_orphan "tcp_orphan" u64 Gauge Count;
        /// Memory of TCP's buffers.
        tcp_memory "tcp_memory" u64 Gauge Memory;
        /// UDP sockets in use, version 4 and 6.
        udp "udp" u64 Gauge Count;
        /// Memory of UDP's buffers.
        udp_memory "udp_memory" u64 Gauge Memory;
        /// TCP connections that are open.
        established "established" u64 Gauge Count;
        /// TCP sockets that listen.
        listen "listen" u64 Gauge Count;
        /// TCP connections in SYN_SENT or SYN_RECV.
        syn "syn" u64 Gauge Count;
        /// TCP connections in FIN_WAIT1, FIN_WAIT2, LAST_ACK or CLOSING.
        closing "closing" u64 Gauge Count;
        /// TCP connections that the other side has closed and this one has not.
        close_wait "close_wait" u64 Gauge Count;
        /// TCP connections in TIME_WAIT.
        time_wait "time_wait" u64 Gauge Count;
        /// TCP segments sent again.
        retransmitted "retransmitted" u64 Counter Count;
        /// Connections that netfilter tracks.
        conntrack "conntrack" u64 Gauge Count;
        /// Connections that netfilter can track.
        conntrack_max "conntrack_max" u64 Gauge Count;
    }
}
