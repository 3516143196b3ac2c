//! What rollups promise: nothing is lost between samples, bins, lines and bins of bins.

use super::bins::{Bins, Stat};
use super::rollup_line::{add, decode, encode};
use super::table::Table;
use crate::sample::Sample;
use crate::sample::meminfo::Meminfo;
use crate::sample::netdev::{Netdev, NetworkInterface};
use crate::sample::slabinfo::{SlabCache, Slabinfo};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A multiple of an hour.
const T: i64 = 1_795_392_000;

fn sample(t: i64, boot: &str, uptime: f64, received: u64, free: u64) -> Sample {
    let interface = NetworkInterface { rx_bytes: Some(received), ..Default::default() };
    let mem_total = Some(503_316_480);
    Sample {
        v: 1,
        t,
        boot: Some(boot.to_owned()),
        uptime: Some(uptime),
        meminfo: Some(Meminfo { mem_total, mem_free: Some(free), ..Default::default() }),
        netdev: Some(Netdev(BTreeMap::from([("eth\"0".to_owned(), interface)]))),
        ..Sample::default()
    }
}

fn bins_of(table: &Table, step: i64) -> Bins {
    let mut bins = Bins::new(step);
    bins.add_table(table, i64::MIN, i64::MAX);
    bins
}

/// Each number of each bin.
fn numbers_of(bins: &Bins) -> BTreeMap<(String, String, i64), Stat> {
    let of = |series: &super::bins::BinSeries| {
        let name = (series.metric.id(), series.instance.clone());
        series
            .stats
            .iter()
            .map(|(time, stat)| ((name.0.clone(), name.1.clone(), *time), *stat))
            .collect::<Vec<_>>()
    };
    bins.series.iter().flat_map(of).collect()
}

#[test]
fn a_line_reads_as_the_format_says() {
    let mut samples = vec![
        sample(T - 60, "a", 940.0, 1000, 50_000_000),
        sample(T, "a", 1000.0, 1600, 60_000_000),
        sample(T + 60, "a", 1060.0, 2800, 70_000_000),
        sample(T + 120, "a", 1120.0, 2800, 70_000_001),
    ];
    let cache = SlabCache { bytes: Some(4096), objects: Some(3), aliases: Vec::new(), kind: None };
    let caches = BTreeMap::from([("kmalloc-64".to_owned(), cache)]);
    samples[1].slabinfo = Some(Slabinfo { caches, ..Slabinfo::default() });
    let table = Table::of(samples.into_iter());
    let mut bins = Bins::new(300);
    bins.add_table(&table, T, T + 300);
    insta::assert_snapshot!(encode(&bins), @r#"{"v":1,"t":1795392000,"samples":3,"seconds":180,"meminfo":{"MemTotal":503316480,"MemFree":[66666667,60000000,70000001]},"netdev":{"eth\"0":{"rx_bytes":[1800,0,20]}},"slabinfo":{"kmalloc-64":{"bytes":[4096,4096,4096,1],"objects":[3,3,3,1]}}}"#);
}

#[test]
fn what_is_not_known_is_passed_over_and_what_is_broken_named() {
    let mut bins = Bins::new(300);
    let range = T..T + 300;
    let line = br#"{"v":1,"t":1795392000,"samples":2,"seconds":120,"new":{"x":1,"y":{"z":[1,2,3]}},"meminfo":{"MemFree":[5,4,6,7,8],"New":3}}"#;
    decode(line, &range, &mut bins).unwrap();
    let stat = numbers_of(&bins)[&("meminfo.MemFree".to_owned(), String::new(), T)];
    assert_eq!(stat, Stat { weight: 7.0, sum: 35.0, min: 4.0, max: 6.0 });
    assert_eq!(numbers_of(&bins).len(), 1);
    for broken in [
        &line[..60],
        b"{\"v\":2,\"t\":1}",
        b"\0\0",
        b"[]",
        b"{\"v\":1,\"t\":1795392000,\"samples\":1,\"seconds\":1,\"meminfo\":{\"MemFree\":[1]}}",
    ] {
        assert!(decode(broken, &range, &mut bins).is_err());
    }
}

/// Hosts that reboot, pause and lose their counters.
fn logs() -> impl Strategy<Value = Vec<Sample>> {
    let step =
        (prop_oneof![9 => Just(60i64), 1 => 1..4000i64], 0..100u32, 0..1_000_000u64, 0..1_000_000_000u64);
    proptest::collection::vec(step, 2..150).prop_map(|steps| {
        let (mut t, mut boot, mut uptime, mut received) = (T, 0, 1000.0, 0);
        let mut samples = Vec::new();
        for (passed, event, grown, free) in steps {
            t += passed;
            uptime += passed as f64;
            received += grown;
            match event {
                0..3 => (boot, uptime, received) = (boot + 1, 1.5, 10),
                3..6 => received = 0,
                _ => {}
            }
            samples.push(sample(t, &boot.to_string(), uptime, received, free));
        }
        samples
    })
}

/// Numbers of any size that something on a host can have.
fn values() -> impl Strategy<Value = f64> {
    prop_oneof![-1e27..1e27_f64, -1e3..1e3_f64, -1e-6..1e-6_f64]
}

proptest! {
    /// Rates never fall below zero, and mean times seconds is what the counter grew by in the intervals that count.
    #[test]
    fn increases_add_up_over_gaps_and_reboots(samples in logs()) {
        let table = Table::of(samples.iter().cloned());
        let mut expected = 0.0;
        for (pair, row) in samples.windows(2).zip(&table.rows[1..]) {
            let bytes = |sample: &Sample| sample.netdev.as_ref().unwrap().0["eth\"0"].rx_bytes.unwrap();
            if !row.covered.is_nan() && bytes(&pair[1]) >= bytes(&pair[0]) {
                prop_assert_eq!(&pair[0].boot, &pair[1].boot);
                expected += (bytes(&pair[1]) - bytes(&pair[0])) as f64;
            }
        }
        let bins = bins_of(&table, 300);
        let mut again = Bins::new(300);
        for line in encode(&bins).lines() {
            decode(line.as_bytes(), &(i64::MIN..i64::MAX), &mut again).unwrap();
        }
        for bins in [bins, again] {
            let all = numbers_of(&bins);
            let received = all.iter().filter(|((metric, ..), _)| metric == "netdev.rx_bytes").map(|(_, stat)| stat);
            let (mut sum, mut by_mean) = (0.0, 0.0);
            for stat in received {
                prop_assert!(0.0 <= stat.min && stat.min <= stat.max);
                sum += stat.sum;
                by_mean += stat.mean() * stat.weight;
            }
            prop_assert_eq!(sum, expected, "bytes are whole: exact");
            prop_assert!((by_mean - expected).abs() <= 1e-9 * expected);
        }
    }

    /// Bins of an hour made from bins of five minutes, read back from their lines, are the bins of the samples.
    #[test]
    fn a_rollup_of_a_rollup_is_the_rollup_of_the_samples(samples in logs()) {
        let table = Table::of(samples.into_iter());
        let expected = bins_of(&table, 3600);
        let mut folded = Bins::new(3600);
        for line in encode(&bins_of(&table, 300)).lines() {
            decode(line.as_bytes(), &(i64::MIN..i64::MAX), &mut folded).unwrap();
        }
        prop_assert_eq!(folded.bins.len(), expected.bins.len());
        for (start, bin) in &expected.bins {
            prop_assert_eq!(folded.bins[start].samples, bin.samples);
            prop_assert!((folded.bins[start].seconds - bin.seconds).abs() < 0.01);
        }
        let (folded, expected) = (numbers_of(&folded), numbers_of(&expected));
        prop_assert_eq!(folded.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (name, stat) in &expected {
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b.abs() + 1.0;
            let found = folded[name];
            prop_assert!(close(found.mean(), stat.mean()), "{:?} {:?} {:?}", name, found, stat);
            prop_assert!(close(found.min, stat.min) && close(found.max, stat.max), "{:?} {:?} {:?}", name, found, stat);
        }
    }

    /// Bins that are made are those that are read from their lines, to the last bit, whatever the numbers.
    #[test]
    fn what_is_made_is_what_is_read(
        samples in logs(),
        numbers in proptest::collection::vec((values(), 1e-9..1e18_f64, 0.0..90_000.0_f64), 1..30),
    ) {
        let mut made = bins_of(&Table::of(samples.into_iter()), 300);
        for ((any, usual, weight), t) in numbers.into_iter().zip((1..).map(|bin| T + bin * 300_000_000)) {
            made.add_bin(t, 5, weight);
            for (collector, field, value) in [("loadavg", "load1", any), ("stat", "user", usual), ("meminfo", "MemFree", usual)] {
                let place = made.named(collector, field, "").unwrap();
                made.add_stat(t, place, &Stat { weight, sum: value, min: value / 7.0, max: value / 3.0 });
            }
        }
        let range = i64::MIN..i64::MAX;
        let (mut added, mut read) = (Bins::new(300), Bins::new(300));
        add(&made, &range, &mut added);
        for line in encode(&made).lines() {
            decode(line.as_bytes(), &range, &mut read).unwrap();
        }
        prop_assert_eq!(&added.bins, &read.bins);
        let bits = |bins: &Bins| -> BTreeMap<_, _> {
            let of = |Stat { weight, sum, min, max }: Stat| [weight, sum, min, max].map(f64::to_bits);
            numbers_of(bins).into_iter().map(|(name, stat)| (name, of(stat))).collect()
        };
        prop_assert_eq!(bits(&added), bits(&read));
    }

    /// Any bytes in a rollup never panic.
    #[test]
    fn any_bytes_are_survived(bytes: Vec<u8>, cut in 0..400usize) {
        let mut bins = Bins::new(300);
        let range = i64::MIN..i64::MAX;
        let _ = decode(&bytes, &range, &mut bins);
        let samples = [sample(T, "a", 1.0, 0, 1), sample(T + 60, "a", 61.0, 5, 1)];
        let line = encode(&bins_of(&Table::of(samples.into_iter()), 300));
        let _ = decode(&line.as_bytes()[..cut.min(line.len())], &range, &mut bins);
    }
}
