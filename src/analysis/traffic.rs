//! Traffic of the month, as a provider counts it: from a reset day to the next, one direction or both, against a
//! quota. From the days' exact counter increases; days are UTC days, so the edge of a month is exact to the zone's
//! offset.

use crate::config::{TrafficConfig, TrafficCount};
use crate::series::DaySummary;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// A projection needs a day of watching.
const PROJECTION_SECONDS: f64 = 86_400.0;
/// Interfaces whose packets pass another one, too, where the host did not say which do: counted in the list, not in the sum. Bridges,
/// tunnels and the ends of virtual machines and containers by the names that Docker, libvirt, Proxmox, LXC, Kubernetes, WireGuard and
/// others give them.
const VIRTUAL: [&str; 46] = [
    "antrea-gw",
    "bond",
    "br",
    "bridge",
    "cali",
    "cbr",
    "cilium_host",
    "cilium_net",
    "cilium_vxlan",
    "cni",
    "docker",
    "docker_gwbridge",
    "dummy",
    "flannel",
    "fwbr",
    "fwln",
    "fwpr",
    "geneve",
    "gre",
    "gretap",
    "ifb",
    "ipsec",
    "ipvlan",
    "kube-bridge",
    "lxc",
    "lxcbr",
    "lxdbr",
    "macvlan",
    "macvtap",
    "nebula",
    "podman",
    "ppp",
    "sit",
    "tailscale",
    "tap",
    "team",
    "tun",
    "veth",
    "virbr",
    "vlan",
    "vmbr",
    "vnet",
    "vti",
    "vxlan",
    "weave",
    "wg",
];
/// The same, where anything may follow: `tap100i0`, `ztabcdefgh`.
const VIRTUAL_BEGINNINGS: [&str; 11] =
    ["br-", "cali", "fwbr", "fwln", "fwpr", "lxc", "ovs-", "tap", "veth", "vxlan", "zt"];

/// What passed since the last reset day.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthTraffic {
    /// The day of the last reset.
    pub start: Date,
    /// The day of the next one.
    pub end: Date,
    /// The first day that is known, if the log begins later than the month.
    pub known_since: Option<Date>,
    /// Bytes received and sent by each interface.
    pub interfaces: BTreeMap<String, (u64, u64)>,
    /// Bytes received and sent by those that count.
    pub total: (u64, u64),
    /// Bytes that count against the quota.
    pub counted: u64,
    /// What will have been counted at the end, if it goes on like this; absent in the first day.
    pub projected: Option<f64>,
    /// Bytes that the provider allows.
    pub quota: Option<f64>,
    /// Interfaces that count and of which bytes are missing.
    pub incomplete: Vec<String>,
}

impl MonthTraffic {
    /// The share of the quota that is used.
    pub fn share(&self) -> Option<f64> {
        self.quota.filter(|quota| *quota > 0.0).map(|quota| self.counted as f64 / quota)
    }
}

/// The quota that is meant for a host: one that names it before one for all.
pub fn quota_of<'a>(quotas: &'a [TrafficConfig], host: &str) -> Option<&'a TrafficConfig> {
    let named = quotas.iter().find(|quota| quota.host.as_deref() == Some(host));
    named.or_else(|| quotas.iter().find(|quota| quota.host.is_none()))
}

/// Traffic from the last reset day to `now`. `days` are those of the month and may be more.
/// `None` if `now` is no time that a calendar has.
pub fn month(
    days: &[DaySummary],
    quota: Option<&TrafficConfig>,
    now: i64,
    zone: &TimeZone,
) -> Option<MonthTraffic> {
    let (start, end) = period(now, zone, quota.map_or(1, |quota| quota.reset_day))?;
    let of_month = || days.iter().filter(|day| (start..end).contains(&day.day));
    let mut interfaces: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (name, (received, sent)) in of_month().flat_map(|day| &day.traffic) {
        let total = interfaces.entry(name.clone()).or_default();
        *total = (total.0.saturating_add(*received), total.1.saturating_add(*sent));
    }
    let wanted = quota.and_then(|quota| quota.interface.clone());
    let counting = wanted.map_or_else(|| counting(&interfaces, of_month()), |wanted| vec![wanted]);
    let total = counting.iter().filter_map(|name| interfaces.get(name)).fold((0, 0), |sum, traffic| {
        (u64::saturating_add(sum.0, traffic.0), u64::saturating_add(sum.1, traffic.1))
    });
    let is_incomplete = |name: &String| of_month().any(|day| day.incomplete.contains(name));
    let incomplete = counting.into_iter().filter(is_incomplete).collect();
    let counted = match quota.map_or(TrafficCount::Sum, |quota| quota.count) {
        TrafficCount::Sum => total.0.saturating_add(total.1),
        TrafficCount::In => total.0,
        TrafficCount::Out => total.1,
        TrafficCount::Max => total.0.max(total.1),
    };
    let first = days.iter().filter(|day| day.day >= start).min_by_key(|day| day.day);
    Some(MonthTraffic {
        start,
        end,
        known_since: first.map(|day| day.day).filter(|day| *day > start),
        interfaces,
        total,
        counted,
        projected: project(counted as f64, first?.first.max(unix(start, zone)?), now, unix(end, zone)?),
        quota: quota.map(|quota| quota.quota_gb * 1e9),
        incomplete,
    })
}

/// From the last reset day at or before today to the next.
fn period(now: i64, zone: &TimeZone, reset_day: u8) -> Option<(Date, Date)> {
    let today = Timestamp::from_second(now).ok()?.to_zoned_datetime(zone.clone()).date();
    let reset_in = |month: Date| {
        // The 31st of a short month is its last day.
        let day = i8::try_from(reset_day).unwrap_or(i8::MAX).clamp(1, month.days_in_month());
        Date::new(month.year(), month.month(), day).ok()
    };
    let this = reset_in(today)?;
    if this <= today {
        let next = today.last_of_month().tomorrow().ok()?;
        Some((this, reset_in(next)?))
    } else {
        let before = today.first_of_month().yesterday().ok()?;
        Some((reset_in(before)?, this))
    }
}

fn unix(day: Date, zone: &TimeZone) -> Option<i64> {
    day.to_zoned_datetime(zone.clone()).ok().map(|midnight| midnight.timestamp().as_second())
}

/// Goes on at the mean rate since `from`.
fn project(counted: f64, from: i64, now: i64, end: i64) -> Option<f64> {
    let watched = (now - from) as f64;
    let left = (end - now).max(0) as f64;
    (watched >= PROJECTION_SECONDS).then(|| counted + counted / watched * left)
}

/// The interfaces that count every packet once: as the host said it last, else by their names, else the busiest one.
fn counting<'a>(
    interfaces: &BTreeMap<String, (u64, u64)>,
    days: impl Iterator<Item = &'a DaySummary>,
) -> Vec<String> {
    let physical: BTreeMap<&str, bool> =
        days.flat_map(|day| &day.physical).map(|(name, physical)| (name.as_str(), *physical)).collect();
    let counts = |name: &&String| physical.get(name.as_str()).copied().unwrap_or_else(|| !is_virtual(name));
    let counting: Vec<String> = interfaces.keys().filter(counts).cloned().collect();
    if !counting.is_empty() {
        return counting;
    }
    let busiest = interfaces.iter().max_by_key(|(_, (received, sent))| received.saturating_add(*sent));
    busiest.map(|(name, _)| name.clone()).into_iter().collect()
}

/// Reports whether what passes an interface also passes another one, by its name: a VLAN (`eth0.100`), or a name that only software gives.
fn is_virtual(name: &str) -> bool {
    let number =
        |rest: &str| rest.starts_with(|next: char| next.is_ascii_digit() || next == '-') || rest.is_empty();
    name.contains('.')
        || VIRTUAL.iter().any(|prefix| name.strip_prefix(prefix).is_some_and(number))
        || VIRTUAL_BEGINNINGS.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// 2026-11-23T15:41:02Z
    const NOW: i64 = 1_795_448_462;

    fn day(date: Date, traffic: &[(&str, u64, u64)]) -> DaySummary {
        let first = unix(date, &TimeZone::UTC).unwrap();
        let traffic = traffic.iter().map(|(name, rx, tx)| ((*name).to_owned(), (*rx, *tx))).collect();
        DaySummary { day: date, first, last: first + 86_399, traffic, ..DaySummary::default() }
    }

    fn quota(reset_day: u8, count: TrafficCount) -> TrafficConfig {
        TrafficConfig { host: None, interface: None, quota_gb: 1.0, count, reset_day }
    }

    fn at(year: i16, month: i8, day: i8, hour: i8) -> i64 {
        date(year, month, day)
            .at(hour, 0, 0, 0)
            .to_zoned_datetime(TimeZone::UTC)
            .unwrap()
            .timestamp()
            .as_second()
    }

    #[test]
    fn a_month_goes_from_reset_day_to_reset_day() {
        let utc = TimeZone::UTC;
        let period = |now, reset| period(now, &utc, reset).unwrap();
        assert_eq!(period(NOW, 1), (date(2026, 11, 1), date(2026, 12, 1)));
        assert_eq!(period(NOW, 23), (date(2026, 11, 23), date(2026, 12, 23)));
        assert_eq!(period(NOW, 24), (date(2026, 10, 24), date(2026, 11, 24)));
        // November has 30 days, February 28 or 29; 0 is no day.
        assert_eq!(period(NOW, 31), (date(2026, 10, 31), date(2026, 11, 30)));
        assert_eq!(period(at(2027, 2, 28, 12), 31), (date(2027, 2, 28), date(2027, 3, 31)));
        assert_eq!(period(at(2028, 2, 28, 12), 30), (date(2028, 1, 30), date(2028, 2, 29)));
        assert_eq!(period(at(2027, 1, 5, 0), 10), (date(2026, 12, 10), date(2027, 1, 10)));
        assert_eq!(period(NOW, 0), (date(2026, 11, 1), date(2026, 12, 1)));
    }

    #[test]
    fn the_reset_is_in_the_zone() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        // 2026-11-30T16:00Z is the first of December there.
        let (start, _) = period(at(2026, 11, 30, 16), &shanghai, 1).unwrap();
        assert_eq!(start, date(2026, 12, 1));
        assert_eq!(period(at(2026, 11, 30, 15), &shanghai, 1).unwrap().0, date(2026, 11, 1));
    }

    #[test]
    fn traffic_counts_by_direction() {
        let days = [
            day(date(2026, 10, 31), &[("eth0", 999, 999)]),
            day(date(2026, 11, 1), &[("eth0", 100, 300), ("docker0", 50, 50)]),
            day(date(2026, 11, 2), &[("eth0", 10, 30), ("eth1", 1, 2)]),
        ];
        let of = |quota: &TrafficConfig| month(&days, Some(quota), NOW, &TimeZone::UTC).unwrap();
        let sum = of(&quota(1, TrafficCount::Sum));
        assert_eq!((sum.total, sum.counted), ((111, 332), 443));
        assert_eq!(sum.interfaces["docker0"], (50, 50));
        assert_eq!(of(&quota(1, TrafficCount::In)).counted, 111);
        assert_eq!(of(&quota(1, TrafficCount::Out)).counted, 332);
        assert_eq!(of(&quota(1, TrafficCount::Max)).counted, 332);
        let one = TrafficConfig { interface: Some("eth1".to_owned()), ..quota(1, TrafficCount::Sum) };
        assert_eq!(of(&one).counted, 3);
        assert_eq!(sum.share(), Some(443e-9));
        assert_eq!(sum.known_since, None);
    }

    #[test]
    fn the_end_of_the_month_is_projected() {
        // 10 days of 1 GB each, at midnight after them: 30 at the end.
        let days: Vec<DaySummary> =
            (1..=10).map(|number| day(date(2026, 11, number), &[("eth0", 0, 1_000_000_000)])).collect();
        let found = month(&days, None, at(2026, 11, 11, 0), &TimeZone::UTC).unwrap();
        assert_eq!(found.projected, Some(30e9));
        assert_eq!((found.quota, found.share()), (None, None));
        // The log begins on the 6th: 5 days of 1 GB, 20 to come.
        let found = month(&days[5..], None, at(2026, 11, 11, 0), &TimeZone::UTC).unwrap();
        assert_eq!((found.known_since, found.projected), (Some(date(2026, 11, 6)), Some(25e9)));
        // Half a day is too little to say.
        assert_eq!(month(&days, None, at(2026, 11, 1, 12), &TimeZone::UTC).unwrap().projected, None);
    }

    #[test]
    fn nothing_known_is_nothing() {
        assert_eq!(month(&[], None, NOW, &TimeZone::UTC), None);
        assert_eq!(month(&[], None, i64::MAX, &TimeZone::UTC), None);
    }

    #[test]
    fn a_quota_for_the_host_comes_first() {
        let all = quota(1, TrafficCount::Sum);
        let own = TrafficConfig { host: Some("a".to_owned()), ..quota(2, TrafficCount::Sum) };
        let quotas = [all.clone(), own.clone()];
        assert_eq!(quota_of(&quotas, "a"), Some(&own));
        assert_eq!(quota_of(&quotas, "b"), Some(&all));
        assert_eq!(quota_of(&quotas[1..], "b"), None);
    }

    #[test]
    fn the_host_says_which_interfaces_count() {
        // A synthetic device over a function with another name, and a bridge whose name says nothing.
        let traffic = [("eth0", 100, 10), ("enP1s1", 90, 9), ("lan", 100, 10), ("wg0", 5, 5)];
        let mut one = day(date(2026, 11, 1), &traffic);
        let known = [("eth0", true), ("enP1s1", false), ("lan", false), ("wg0", false)];
        one.physical = known.map(|(name, physical)| (name.to_owned(), physical)).into();
        one.incomplete = ["eth0".to_owned(), "wg0".to_owned()].into();
        let found = month(&[one], None, NOW, &TimeZone::UTC).unwrap();
        assert_eq!((found.total, found.incomplete), ((100, 10), vec!["eth0".to_owned()]));
    }

    #[test]
    fn where_all_names_are_virtual_the_busiest_interface_counts() {
        let days = [day(date(2026, 11, 1), &[("ppp0", 100, 10), ("wg0", 90, 9)])];
        assert_eq!(month(&days, None, NOW, &TimeZone::UTC).unwrap().total, (100, 10));
    }

    #[test]
    fn virtual_interfaces_are_known_by_name() {
        for name in [
            "docker0",
            "br-1a2b",
            "veth12ab",
            "virbr0",
            "wg0",
            "eth0.100",
            "bond0",
            "tun0",
            "calif00",
            "vmbr0",
            "tap100i0",
            "fwpr100p0",
            "fwln100i0",
            "fwbr100i0",
            "ztabcdef12",
            "team0",
            "ppp0",
            "cilium_host",
            "cilium_vxlan",
            "macvtap1",
        ] {
            assert!(is_virtual(name), "{name}");
        }
        for name in ["eth0", "ens3", "enp1s0", "venet0", "wlan0", "enX0", "broadcom", "wwan0"] {
            assert!(!is_virtual(name), "{name}");
        }
    }
}
