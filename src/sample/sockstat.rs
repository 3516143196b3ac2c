//! Sockets: `/proc/net/sockstat{,6}`, `/proc/net/snmp`; connection tracking in `/proc/sys/net/netfilter/`; and on the
//! slow beat the states of TCP sockets from `/proc/net/tcp{,6}`. To read those, the kernel walks a table that it
//! sizes by RAM, however few sockets there are: 50 us on a VPS of 512 MB, 3 ms each with 24 GB.

use super::metric::record;
use super::{Collector, Context, SampleError, parse};

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
        /// TCP connections that are open: ESTABLISHED or CLOSE_WAIT, as the kernel counts them.
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

/// With more TCP sockets than this their states are not counted: a line each, 150 bytes.
const MOST_SOCKETS: u64 = 20_000;

impl Collector for Sockstat {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        let page_size = context.root.page_size;
        let Some(bytes) = context.read_at_once("proc/net/sockstat")? else { return Ok(None) };
        let mut sockstat = Self::default();
        let time_wait = sockstat.version_4(bytes, page_size);
        if let Some(bytes) = context.read_at_once("proc/net/sockstat6")? {
            sockstat.version_6(bytes);
        }
        if let Some(bytes) = context.read("proc/net/snmp")? {
            sockstat.snmp(bytes);
        }
        let sockets = sockstat.tcp.unwrap_or(0).saturating_add(time_wait.unwrap_or(0));
        if context.slow && sockets <= MOST_SOCKETS {
            let mut states = States::default();
            for path in ["proc/net/tcp", "proc/net/tcp6"] {
                states.add(context.read(path)?.unwrap_or_default());
            }
            sockstat.states(&states);
        }
        sockstat.time_wait = time_wait;
        if let Some(most) = context.limit("proc/sys/net/netfilter/nf_conntrack_max") {
            sockstat.conntrack_max = Some(most);
            sockstat.conntrack = context.read_number("proc/sys/net/netfilter/nf_conntrack_count");
        }
        Ok(Some(sockstat))
    }
}

impl Sockstat {
    /// `TCP: inuse 5 orphan 0 tw 2 alloc 7 mem 1`: pairs after a word. Gives `tw`, the sockets in TIME_WAIT,
    /// which `inuse` does not count.
    fn version_4(&mut self, bytes: &[u8], page_size: u64) -> Option<u64> {
        let pages = |line: &[u8]| pair(line, b"mem").map(|pages| pages.saturating_mul(page_size));
        self.used = parse::value_of(bytes, "sockets:").and_then(|line| pair(line, b"used"));
        let tcp = parse::value_of(bytes, "TCP:").unwrap_or_default();
        (self.tcp, self.tcp_orphan, self.tcp_memory) =
            (pair(tcp, b"inuse"), pair(tcp, b"orphan"), pages(tcp));
        let udp = parse::value_of(bytes, "UDP:").unwrap_or_default();
        (self.udp, self.udp_memory) = (pair(udp, b"inuse"), pages(udp));
        pair(tcp, b"tw")
    }

    fn version_6(&mut self, bytes: &[u8]) {
        for (key, sum) in [("TCP6:", &mut self.tcp), ("UDP6:", &mut self.udp)] {
            let more = parse::value_of(bytes, key).and_then(|line| pair(line, b"inuse"));
            *sum = sum.map(|sum| sum.saturating_add(more.unwrap_or(0)));
        }
    }

    /// Two lines `Tcp: `, of names and of numbers.
    fn snmp(&mut self, bytes: &[u8]) {
        let mut lines = parse::lines(bytes).filter_map(|line| line.strip_prefix(b"Tcp:"));
        let (Some(names), Some(values)) = (lines.next(), lines.next()) else { return };
        for (name, value) in parse::fields(names).zip(parse::fields(values)) {
            match name {
                b"CurrEstab" => self.established = parse::number(value),
                b"RetransSegs" => self.retransmitted = parse::number(value),
                _ => {}
            }
        }
    }

    fn states(&mut self, States(states): &States) {
        let sum = |numbers: &[usize]| Some(numbers.iter().map(|number| states[*number]).sum());
        self.syn = sum(&[2, 3, 12]);
        self.closing = sum(&[4, 5, 9, 11]);
        self.close_wait = sum(&[8]);
        self.listen = sum(&[10]);
    }
}

/// The number after the word `key`.
fn pair(line: &[u8], key: &[u8]) -> Option<u64> {
    let mut fields = parse::fields(line);
    fields.find(|field| *field == key)?;
    fields.next().and_then(parse::number)
}

/// How many sockets are in each state, by the numbers of `include/net/tcp_states.h`: 1 ESTABLISHED, 2 SYN_SENT,
/// 3 SYN_RECV, 4 FIN_WAIT1, 5 FIN_WAIT2, 6 TIME_WAIT, 7 CLOSE, 8 CLOSE_WAIT, 9 LAST_ACK, 10 LISTEN, 11 CLOSING,
/// 12 NEW_SYN_RECV.
#[derive(Debug, Default, PartialEq)]
struct States([u64; 16]);

impl States {
    /// `  0: 0100007F:0016 00000000:0000 0A …`: the state is the fourth field, hexadecimal.
    fn add(&mut self, bytes: &[u8]) {
        for line in parse::lines(bytes).skip(1) {
            let state = parse::fields(line).nth(3).and_then(|field| match field {
                [b'0', digit] => char::from(*digit).to_digit(16),
                _ => None,
            });
            if let Some(state) = state {
                self.0[state as usize] += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_of_both_versions_and_their_memory() {
        let mut sockstat = Sockstat::default();
        let text = b"sockets: used 90\nTCP: inuse 5 orphan 1 tw 2 alloc 7 mem 3\nUDP: inuse 4 mem 1\n";
        assert_eq!(sockstat.version_4(text, 4096), Some(2));
        sockstat.version_6(b"TCP6: inuse 3\nUDP6: inuse 2\n");
        assert_eq!((sockstat.used, sockstat.tcp, sockstat.udp), (Some(90), Some(8), Some(6)));
        assert_eq!((sockstat.tcp_memory, sockstat.udp_memory), (Some(12288), Some(4096)));
    }

    #[test]
    fn counters_of_tcp() {
        let mut sockstat = Sockstat::default();
        sockstat.snmp(b"Ip: A\nIp: 1\nTcp: MaxConn CurrEstab RetransSegs\nTcp: -1 6 77\nUdp: X\n");
        assert_eq!((sockstat.established, sockstat.retransmitted), (Some(6), Some(77)));
    }

    #[test]
    fn states_are_counted() {
        let mut states = States::default();
        states.add(b"  sl  local_address rem_address st\n 0: 0:16 0:0 0A x\n 1: 0:16 0:9 01 x\n 2: a b 08\n 3: bad\n");
        let mut sockstat = Sockstat::default();
        sockstat.states(&states);
        assert_eq!((sockstat.listen, sockstat.close_wait, sockstat.closing), (Some(1), Some(1), Some(0)));
    }
}
